"""Docstrings as TSDoc."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpc_worker.codegen.docs import Docstring, code, comment, inline, parse, sentence


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
