"""Docstrings as TSDoc."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpc_worker.codegen.docs import Docstring, code, comment, inline, parse, sentence
from rpc_worker.codegen.syntax import literal
from tests.codegen.golden import ADAPTER, CASES

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("docstring", "expected"),
    [
        ("", Docstring("", {}, "", {})),
        ("One line.", Docstring("One line.", {}, "", {})),
        ("One.\n\n    Code.\n", Docstring("One.\n\n    Code.", {}, "", {})),
        (
            "One.\n\nArgs:\n    a: First,\n        and on.\n    *b (int): Two.\n",
            Docstring("One.", {"a": "First, and on.", "b": "Two."}, "", {}),
        ),
        (
            "Args:\n    a: It has\n\n        two: paragraphs.\n",
            Docstring("", {"a": "It has two: paragraphs."}, "", {}),
        ),
        (
            "One.\n\nReturns:\n    A number,\n    or none.\n\nNote:\n    Stays.",
            Docstring("One.\n\nNote:\n    Stays.", {}, "A number, or none.", {}),
        ),
        (
            "Raises:\n    errors.NotFound: No such file.\n    Locked: It is.",
            Docstring("", {}, "", {"NotFound": "No such file.", "Locked": "It is."}),
        ),
        ("Args: are many.", Docstring("Args: are many.", {}, "", {})),
    ],
)
def test_a_docstring_is_taken_apart(docstring: str, expected: Docstring) -> None:
    assert parse(docstring) == expected


@pytest.mark.parametrize(
    ("text", "tags", "expected"),
    [
        ("", [], ""),
        ("One.", [], "/** One. */\n"),
        ("x" * 73, [], f"/** {'x' * 73} */\n"),
        ("x" * 74, [], f"/**\n * {'x' * 74}\n */\n"),
        ("One.\n\n  Two.", [], "/**\n * One.\n *\n *   Two.\n */\n"),
        ("", ["@deprecated"], "/** @deprecated */\n"),
        ("One.", ["@deprecated"], "/**\n * One.\n *\n * @deprecated\n */\n"),
        ("a */ b **/", [], "/** a *\\/ b **\\/ */\n"),
        ("@internal", [], "/** \\@internal */\n"),
        ("{@link x}", [], "/** {\\@link x} */\n"),
        ("me@example.org", [], "/** me@example.org */\n"),
        ("One with @deprecated in it.", [], "/** One with \\@deprecated in it. */\n"),
        ("a\t@b `@c` (@d) `e @f`", [], "/** a\t\\@b `@c` (@d) `e \\@f` */\n"),
        ("- @a\n* @b\n*@c", [], "/**\n * - \\@a\n * * \\@b\n * *\\@c\n */\n"),
        ("a\x00b\u202ec\ud800", [], "/** a\ufffdb\ufffdc\ufffd */\n"),
    ],
)
def test_text_becomes_a_comment(text: str, tags: list[str], expected: str) -> None:
    assert comment(text, tags) == expected


def test_a_long_tag_is_broken_between_words() -> None:
    tag = f"@param x - {'x' * 60} @here {'word ' * 10}{{@link Something}} `a  b`"
    assert comment("", [tag], indent="  ") == (
        f"  /**\n   * @param x - {'x' * 60}\n   *   \\@here {'word ' * 10}\n".replace(" \n", "\n")
        + "   *   {@link Something} `a  b`\n   */\n"
    )


def test_each_line_of_a_comment_is_indented() -> None:
    assert comment("One.\nTwo.", indent="  ") == "  /**\n   * One.\n   * Two.\n   */\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", ""), ("a\n  b", "a b."), ("a.", "a."), ("why?", "why?"), ("@x", "\\@x.")],
)
def test_text_becomes_a_sentence(text: str, expected: str) -> None:
    assert sentence(text) == expected


def test_text_within_a_tag_is_harmless() -> None:
    assert inline("@deprecated\n*/ alert()") == "\\@deprecated *\\/ alert()"


def test_blanks_in_a_literal_count() -> None:
    assert code('"a  b */"') == '`"a  b *\\/"`'


def test_nothing_in_a_literal_ends_its_code_or_begins_a_tag() -> None:
    assert code('"`a` @b {@c me@d"') == r'`"\u0060a\u0060 \u0040b {\u0040c me@d"`'


@given(st.text(alphabet=st.sampled_from("a */@{}\\\n\r\t\x00\u2028\ud800`:Args")))
def test_no_docstring_leaves_its_comment(docstring: str) -> None:
    parsed = parse(docstring)
    said = [f"@param x - {sentence(text)}" for text in parsed.parameters.values()]
    text = comment(parsed.text, said)
    assert text.encode().decode() == text
    assert text.count("*/") == (text != "")
    tags = re.findall(r"(?:^|[\s*-])@\w+|\{@", text, re.MULTILINE)
    assert tags == [tag for tag in tags if tag.endswith("@param")]
    assert len(tags) == len(said)


TAGS = """
const ts = require("typescript");
const fs = require("node:fs");
for (const path of process.argv.slice(1)) {
  const text = fs.readFileSync(path, "utf8");
  (function walk(node) {
    for (const doc of node.jsDoc ?? [])
      for (const tag of doc.tags ?? []) console.log(tag.tagName.text);
    ts.forEachChild(node, walk);
  })(ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true));
}
"""


@pytest.mark.once
@pytest.mark.process
def test_typescript_finds_no_tags_but_ours(tmp_path: Path) -> None:
    # Docstrings that are at their most harmful, and those of the cases.
    hostile = [
        f"{before}{mark}@internal {after}"
        for before in ("", "`", "``", "a ", "` b ", "- ", "* ", "@", "{", "(", "\\", "|")
        for mark in ("", " ", "\t", "`", "\u3000", "\u200b", "\ufeff", "\xa0")
        for after in ("", "`", "x\n@beta", "`\n `@beta")
    ]
    members = [
        comment(text, [f"@param a - {sentence(text)} Default: {code(literal(text))}."])
        + f"  member{index}(a: string): void;\n"
        for index, text in enumerate(hostile)
    ]
    (tmp_path / "hostile.ts").write_text(f"interface Hostile {{\n{''.join(members)}}}\n", "utf-8")
    paths = [tmp_path / "hostile.ts", *sorted(CASES.rglob("expected/*.ts"))]
    ours = [
        tag
        for path in paths
        for tag in re.findall(r"^ *(?:/\*)?\*+ @(\w+)", path.read_text("utf-8"), re.MULTILINE)
    ]
    done = subprocess.run(
        ["node", "-e", TAGS, *map(str, paths)],
        cwd=ADAPTER,
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert done.stdout.split() == ours
    assert ours.count("param") >= len(hostile)
