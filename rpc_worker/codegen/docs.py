"""Docstrings as TSDoc.

A docstring is text of the user's: nothing in it may end the comment or become a tag of its own.
It comes without its indentation, as `inspect.cleandoc` leaves it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

from rpc_worker.codegen.syntax import WIDTH

if TYPE_CHECKING:
    from collections.abc import Iterable

_SECTION: Final = re.compile(
    r"(Args|Arguments|Parameters|Returns|Yields|Raises|Throws|Keyword Args|Keyword Arguments):\s*"
)
_ENTRY: Final = re.compile(r"\*{0,2}(\w+(?:\.\w+)*)(?:\s*\([^)]*\))?:\s*(.*)")
_UNSEEN: Final = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What no editor shows, turns the direction of text, or is no character at all."""
_TAG: Final = re.compile("(^|[\\s\u200b\ufeff{*+-])@")
"""Where `@` may begin a tag: not in `me@example.org`, nor where a code span begins with it.

TypeScript knows two more blanks than Python.
"""
_WORD: Final = re.compile(r"(?:\{@link [^}]*\}|`[^`]*`|\S)+")
"""What stays on one line: links and code have blanks in them."""
_PARAMETERS: Final = frozenset(
    {"Args", "Arguments", "Parameters", "Keyword Args", "Keyword Arguments"}
)


class Docstring(msgspec.Struct, frozen=True):
    """A docstring in Google's style, taken apart.

    Attributes:
        text: What stands outside of the sections below.
        parameters: What is said of each, by its name in Python.
        returns: What is said of the result.
        raises: What is said of each type of error, by its name.
    """

    text: str
    parameters: dict[str, str]
    returns: str
    raises: dict[str, str]


def parse(docstring: str) -> Docstring:
    """Take a docstring apart. Sections that are not known stay in the text."""
    text: list[str] = []
    sections: dict[str, list[str]] = {}
    current = text
    for line in docstring.splitlines():
        if line and not line[0].isspace():
            heading = _SECTION.fullmatch(line)
            current = text if heading is None else sections.setdefault(heading[1], [])
            if heading is not None:
                continue
        current.append(line)
    parameters: dict[str, str] = {}
    for name, lines in sections.items():
        if name in _PARAMETERS:
            parameters |= _entries(lines)
    return Docstring(
        text=re.sub(r"\n{3,}", "\n\n", "\n".join(text).strip()),
        parameters=parameters,
        returns=_joined([*sections.get("Returns", []), *sections.get("Yields", [])]),
        raises=_entries([*sections.get("Raises", []), *sections.get("Throws", [])]),
    )


def comment(text: str, tags: Iterable[str] = (), *, indent: str = "") -> str:
    """Return a TSDoc comment with a line end, or nothing if there is nothing to say.

    Args:
        text: The user's; it is made harmless.
        tags: Entries such as `@param a - The first.`, broken here where they are too long; the
            user's text in them went through `sentence`, `inline` or `code`.
        indent: What each line begins with.
    """
    body = [_harmless(line).rstrip() for line in text.splitlines()]
    tag_lines = [line for tag in tags for line in _wrapped(tag, WIDTH - len(f"{indent} * "))]
    if body and tag_lines:
        body.append("")
    body += tag_lines
    if not body:
        return ""
    single = f"{indent}/** {body[0]} */"
    if len(body) == 1 and len(single) <= WIDTH:
        return f"{single}\n"
    lines = "".join(f"{indent} * {line}".rstrip() + "\n" for line in body)
    return f"{indent}/**\n{lines}{indent} */\n"


def inline(text: str) -> str:
    """Return the user's text on one line, made harmless."""
    return _harmless(" ".join(text.split()))


def deprecation(text: str | None) -> list[str]:
    """Return the tag that says so, with what to use instead; none for what is not deprecated."""
    return [] if text is None else [f"@deprecated {inline(text)}".rstrip()]


def code(text: str) -> str:
    """Return a literal between backticks, made harmless; blanks in it count."""
    # Only a string has such characters, and may spell them so.
    text = _TAG.sub(r"\1\\u0040", text.replace("`", r"\u0060"))
    return f"`{_printable(text)}`"


def sentence(text: str) -> str:
    """Return the user's text on one line, made harmless, with a full stop."""
    line = inline(text)
    return line if not line or line[-1] in ".!?:)" else f"{line}."


def first_paragraph(docstring: str) -> str:
    """Return what a docstring begins with, on one line."""
    return " ".join(docstring.partition("\n\n")[0].split())


def _wrapped(tag: str, width: int) -> list[str]:
    lines: list[str] = []
    for word in _WORD.findall(tag):
        if not lines:
            lines.append(word)
        elif len(lines[-1]) + len(" ") + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            # At the start of a line, a word with `@` would be a tag.
            lines.append(f"  {word}" if word[0] != "@" else f"  \\{word}")
    return lines


def _entries(lines: list[str]) -> dict[str, str]:
    """Return what a section says, by name; an entry goes on as long as lines are deeper."""
    entries: dict[str, list[str]] = {}
    depth = min((_depth(line) for line in lines if line.strip()), default=0)
    current: list[str] | None = None
    for line in lines:
        entry = _ENTRY.fullmatch(line.strip())
        if entry is not None and _depth(line) == depth:
            current = entries.setdefault(entry[1].rpartition(".")[2], [])
            current.append(entry[2])
        elif current is not None:
            current.append(line)
    return {name: _joined(parts) for name, parts in entries.items()}


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def _joined(lines: list[str]) -> str:
    return " ".join(" ".join(lines).split())


def _harmless(line: str) -> str:
    # TypeScript takes `@` behind any blank for a tag, TSDoc at the start of a line or item, and
    # `@internal` or `@deprecated` change what an editor does with the whole declaration.
    return _printable(_TAG.sub(r"\1\\@", line))


def _printable(line: str) -> str:
    return _UNSEEN.sub("\ufffd", line).replace("*/", "*\\/")
