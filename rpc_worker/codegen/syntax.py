"""The words and marks of TypeScript: literals, names, line width. Knows nothing of contracts."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

WIDTH: Final = 80
"""Where lines are broken: the width that most formatters of TypeScript come with."""

_WORDS: Final = """
    arguments await break case catch class const continue debugger default delete do else enum
    eval export extends false finally for function if implements import in instanceof interface
    let new null package private protected public return static super switch this throw true try
    typeof var void while with yield
"""
_TYPE_WORDS: Final = """
    abstract any asserts bigint boolean infer intrinsic is keyof never number object readonly
    string symbol undefined unique unknown
"""
_LIBRARY_TYPES: Final = """
    ArrayBuffer AsyncIterable Date Iterable Partial Promise Record Uint8Array
"""
"""Those that the generated types are written with."""

RESERVED_WORDS: Final = frozenset(_WORDS.split())
"""What a constant or a parameter cannot be called in a module."""

RESERVED_TYPES: Final = RESERVED_WORDS.union(_TYPE_WORDS.split(), _LIBRARY_TYPES.split())
"""What a type cannot be called here."""

_LETTERS: Final = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Nl"})
_PARTS: Final = frozenset({"Mn", "Mc", "Nd", "Pc"})
"""Categories of characters that a name begins with, or goes on with."""
_ESCAPED: Final = re.compile(r"\\(.)")
_STRING_OR_ANY: Final = re.compile(r'"(?:[^"\\]|\\.)*"|.')
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Categories of characters that an editor does not show, or that no file in UTF-8 can hold."""


def literal(value: str | int) -> str:
    """Return a string, an integer or a bool as TypeScript spells it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return str(int(value))
    text = json.dumps(value, ensure_ascii=False)
    if value.count('"') > value.count("'"):
        inner = _ESCAPED.sub(lambda found: '"' if found[1] == '"' else found[0], text[1:-1])
        text = "'" + inner.replace("'", r"\'") + "'"
    return "".join(_escape(c) if unicodedata.category(c) in _UNSEEN else c for c in text)


def property_name(name: str) -> str:
    """Return the name of a property in an interface, quoted where it must be.

    It stands as it is if every version of JavaScript takes it for a name.
    """
    start = name[:1] in {"$", "_"} or unicodedata.category(name[:1] or " ") in _LETTERS
    rest = all(c == "$" or unicodedata.category(c) in _LETTERS | _PARTS for c in name[1:])
    in_one_unit = all(ord(character) < 2**16 for character in name)
    return name if start and rest and in_one_unit else literal(name)


def method_name(name: str) -> str:
    """Return the name of a method in an interface, quoted where it must be."""
    # `new(…)` in an interface is a constructor, not a method.
    return literal(name) if name == "new" else property_name(name)


def key(name: str) -> str:
    """Return the name of a member in an object literal."""
    # `{ __proto__: … }` sets the prototype; only the computed form is a member.
    return f"[{literal(name)}]" if name == "__proto__" else property_name(name)


def parameter_name(name: str, taken: Collection[str]) -> str:
    """Return a name for a parameter that is no reserved word and not taken."""
    while name in RESERVED_WORDS or name in taken:
        name += "_"
    return name


def free_name(name: str, taken: Collection[str]) -> str:
    """Return the name, or the first of `name2`, `name3`, … that is not taken."""
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name}{number}"
    return free


def pascal(*names: str) -> str:
    """Return `FileStore` for `file_store`, `fileStore` and `FileStore`, and for `file`, `store`."""
    words = [word for name in names for word in name.split("_")]
    return _identifier("".join(word[:1].upper() + word[1:] for word in words))


def kebab(name: str) -> str:
    """Return `http-file-store` for `HTTPFileStore`."""
    return "-".join(_words(name)).lower()


def lower_camel(name: str) -> str:
    """Return `httpFileStore` for `HTTPFileStore`."""
    first, *rest = _words(name)
    return _identifier(first.lower() + "".join(word[:1].upper() + word[1:] for word in rest))


def listed(opening: str, items: Sequence[str], closing: str, *, indent: str, used: int) -> str:
    """Return items between brackets: on one line if `used` more characters fit, else one a line.

    Args:
        opening: The bracket, with a blank behind it if its inner side wants one.
        items: Without commas.
        closing: The bracket, with a blank before it if its inner side wants one.
        indent: That of the line on which the bracket opens.
        used: How many characters of that line are taken by what stands before and behind.
    """
    line = f"{opening}{', '.join(items)}{closing}"
    if "\n" not in line and len(indent) + used + len(line) <= WIDTH:
        return line
    inner = "".join(f"{indent}  {item},\n" for item in items)
    return f"{opening.rstrip()}\n{inner}{indent}{closing.lstrip()}"


def split_arguments(text: str) -> list[str]:
    """Return what commas separate, but for those within brackets and strings."""
    parts, depth = [""], 0
    for piece in _STRING_OR_ANY.findall(text):
        depth += (piece in "([{<") - (piece in ")]}>")
        if piece == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += piece
    return [part.strip() for part in parts if part.strip()]


def _identifier(name: str) -> str:
    # Without its underscores, `_2d` begins with a digit, and `__` is nothing.
    return name if name.isidentifier() else f"_{name}"


def _words(name: str) -> list[str]:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_+", " ", name)
    return spaced.split() or [name]


def _escape(character: str) -> str:
    return f"\\u{{{ord(character):x}}}"
