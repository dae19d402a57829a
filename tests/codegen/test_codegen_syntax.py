"""Literals, names and broken lines."""

from __future__ import annotations

import pytest

from rpc_worker.codegen.syntax import (
    free_name,
    kebab,
    key,
    listed,
    literal,
    lower_camel,
    method_name,
    parameter_name,
    pascal,
    property_name,
    split_arguments,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1, "1"),
        (True, "true"),
        (False, "false"),
        (-2, "-2"),
        ("a", '"a"'),
        # The quotes of which there are fewer, as formatters have it.
        ('say "hi"', "'say \"hi\"'"),
        ("it's", '"it\'s"'),
        ('it\'s "so"', "'it\\'s \"so\"'"),
        ("\"it's\\'\"", '"\\"it\'s\\\\\'\\""'),
        ("back\\slash", '"back\\\\slash"'),
        ("line\nend\ttab", '"line\\nend\\ttab"'),
        ("Größe", '"Größe"'),
        ("\u2028", '"\\u{2028}"'),
        ("\u202e", '"\\u{202e}"'),
        ("\ud800", '"\\u{d800}"'),
    ],
)
def test_a_literal(value: str | int, expected: str) -> None:
    assert literal(value) == expected


@pytest.mark.parametrize(
    ("name", "as_method", "as_property", "as_key"),
    [
        ("plain", "plain", "plain", "plain"),
        ("$ref", "$ref", "$ref", "$ref"),
        ("delete", "delete", "delete", "delete"),
        ("größe", "größe", "größe", "größe"),
        ("名前2", "名前2", "名前2", "名前2"),
        # In an interface, `new(…)` is no method.
        ("new", '"new"', "new", "new"),
        ("content-type", '"content-type"', '"content-type"', '"content-type"'),
        ("1st", '"1st"', '"1st"', '"1st"'),
        ("", '""', '""', '""'),
        # Not every version of JavaScript takes what lies beyond the first plane for a letter.
        ("𐐀", '"𐐀"', '"𐐀"', '"𐐀"'),
        ("🎉", '"🎉"', '"🎉"', '"🎉"'),
        # In an object literal, it sets the prototype.
        ("__proto__", "__proto__", "__proto__", '["__proto__"]'),
    ],
)
def test_a_name_is_quoted_where_it_must_be(
    name: str, as_method: str, as_property: str, as_key: str
) -> None:
    assert (method_name(name), property_name(name), key(name)) == (as_method, as_property, as_key)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("A", ["A"]),
        ("A, B", ["A", "B"]),
        ("Record<string, A>, [B, C]", ["Record<string, A>", "[B, C]"]),
        ('"a, b", (a: A, b: B) => C', ['"a, b"', "(a: A, b: B) => C"]),
        (r'"\"," | { a: A, b: B }, C', [r'"\"," | { a: A, b: B }', "C"]),
    ],
)
def test_arguments_are_split_at_their_own_commas(text: str, expected: list[str]) -> None:
    assert split_arguments(text) == expected


@pytest.mark.parametrize(
    ("name", "file", "constant", "kind"),
    [
        ("Backend", "backend", "backend", "Backend"),
        ("FileStore", "file-store", "fileStore", "FileStore"),
        ("HTTPFileStore", "http-file-store", "httpFileStore", "HTTPFileStore"),
        ("file_store", "file-store", "fileStore", "FileStore"),
        ("API", "api", "api", "API"),
        ("Area51", "area51", "area51", "Area51"),
        ("_1", "1", "_1", "_1"),
        ("__", "__", "__", "_"),
    ],
)
def test_a_class_name_in_other_spellings(name: str, file: str, constant: str, kind: str) -> None:
    assert (kebab(name), lower_camel(name), pascal(name)) == (file, constant, kind)


def test_names_become_one() -> None:
    assert pascal("FileStore", "trash_can", "2d") == "FileStoreTrashCan2d"
    assert pascal("_2d", "Item") == "_2dItem"


def test_a_parameter_avoids_reserved_words_and_others() -> None:
    assert parameter_name("path", []) == "path"
    assert parameter_name("this", []) == "this_"
    assert parameter_name("delete", ["delete_"]) == "delete__"
    assert free_name("options", ["options", "options2"]) == "options3"


def test_a_list_is_broken_where_it_does_not_fit() -> None:
    items = ["a" * 36, "b" * 36]
    line = f"({items[0]}, {items[1]})"
    assert listed("(", items, ")", indent="  ", used=2) == line
    broken = f"(\n    {items[0]},\n    {items[1]},\n  )"
    assert listed("(", items, ")", indent="  ", used=3) == broken
