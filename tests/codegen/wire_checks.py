"""JSON that TypeScript's types must take: what msgspec writes of values, and what it reads."""

from __future__ import annotations

import re

import msgspec

from rpc_worker.markers import dec_hook, enc_hook
from tests.codegen.golden import module_of

# What msgspec makes of a value, and a type that must take it; each in Python and in TypeScript.
ENCODED = [
    (
        "structs",
        "Window(window_title='a', upper_left=Point(1, 2), owner=None, children=[])",
        "Window",
    ),
    ("structs", "Renamed(file_name='a', size=1)", "Renamed"),
    ("structs", "Pair('a', 1)", "Pair"),
    ("structs", "Tree(1, [Tree(2, [], {})], {'a': Tree(3, [], {})})", "Tree"),
    ("structs", "Empty()", "Empty"),
    ("direction", "Settings(theme='a')", "Settings"),
    ("direction", "Settings(theme='a')", "SettingsInput"),
    ("direction", "Received()", "Received"),
    ("direction", "Sparse(name='a')", "Sparse"),
    ("direction", "Sparse(name='a', size=1)", "Sparse"),
    ("direction", "Trailing(1)", "Trailing"),
    ("direction", "Node([Node([])])", "Node"),
    ("structs", "Reserved('a', 1)", "Reserved"),
    ("literals", "[True, False, 1, 'auto']", "Awaited<ReturnType<Literals['bools']>>[]"),
    ("unions", "Circle(1.5)", "Circle"),
    ("unions", "Rectangle(1)", "Rectangle"),
    ("unions", "[Move(1, 2), Draw('red')]", "(Move | Draw)[]"),
    ("dataclass_records", "Job(title='a', steps=[Step('b')])", "Job"),
    ("dataclass_records", "Done(title='a', steps=[Step('b')])", "Done"),
    ("typed_dicts", "Movie(title='a')", "Movie"),
    ("typed_dicts", "Cut(title='a', year=1, minutes=2.5)", "Cut"),
    ("typed_dicts", "Nothing()", "Nothing"),
    ("named_tuples", "Line(Point(1, 2))", "Line"),
    ("attrs_records", "Picture(width=1, height=2, camera=Camera('a'))", "Picture"),
    ("unset", "Change()", "ChangeInput"),
    ("unset", "Loose(1)", "Loose"),
    (
        "enumerations",
        "[Format.JPG, Rating.REJECTED, Mode.READ_ONLY, Odd.Größe]",
        "[Format, Rating, Mode, Odd]",
    ),
    ("generics", "Page([Page([1, None])])", "Page<Page<number | null>>"),
    ("generics", "Swapped((Entry(True, 'a'),))", "Swapped<string, boolean>"),
    ("tags", "[Cat(id=1, lives=9), Dog(id=1)]", "(Cat | Dog)[]"),
    ("tags", "[Get('a'), Put('a')]", "(Get | Put)[]"),
    ("tags", "[Move(1, 2), Line([Move(1, 2)])]", "[Move, Line]"),
    ("tags", "[Started(1), Stopped(), Empty()]", "[Started, Stopped, Empty]"),
    ("reserved_words", "null(1, 'a')", "ReservedWordsNull"),
    ("unicode_names", "写真('a')", "写真"),
    ("literals", "[Kind.LINK, Level.LOUD]", "[Kind, Level]"),
    ("containers", "{Side.LEFT: 1.0}", "Partial<Record<Side, number>>"),
    ("names", "Odd(content_type='a', dollar='b', digit='c', quoted='d')", "Odd"),
    ("documented", "NotFound('a').data", "NotFoundData"),
    ("streams", "Line('a')", "Line"),
    ("callbacks", "Step('a')", "Step"),
    ("events", "FileChange('a')", "FileChange"),
    ("dialogs", "Choice('a')", "Choice"),
]

# What TypeScript may send, and the Python type that must take it.
SENT = [
    ("direction", "SettingsInput", '{"theme": "a"}', "Settings"),
    ("direction", "Sent", "{}", "Sent"),
    ("streams", "LineInput", '{"text": "a"}', "Line"),
    ("callbacks", "StepInput", '{"name": "a"}', "Step"),
    ("dialogs", "ChoiceInput", '{"label": "a"}', "Choice"),
    ("direction", "Sparse", '{"name": "a"}', "Sparse"),
    ("direction", "TrailingInput", "[1]", "Trailing"),
    ("direction", "TrailingInput", "[1, 2]", "Trailing"),
    ("direction", "NodeInput", '{"children": [{"children": []}]}', "Node"),
    ("structs", "Empty", "{}", "Empty"),
    ("unions", "RectangleInput", '{"kind": "rectangle", "width": 1}', "Shape"),
    ("unions", "Move", "[1, 2, 3]", "Move | Draw"),
    ("dataclass_records", "Job", '{"title": "a"}', "Job"),
    ("typed_dicts", "Movie", '{"title": "a"}', "Movie"),
    ("typed_dicts", "Filter", '{"genre": "a"}', "Filter"),
    ("named_tuples", "LineInput", "[[1, 2]]", "Line"),
    ("attrs_records", "PictureInput", '{"width": 1, "height": 2}', "Picture"),
    ("unset", "ChangeInput", '{"rating": null}', "Change"),
    ("tags", "DogInput", '{"kind": "dog", "id": 1}', "Cat | Dog"),
    ("tags", "LineInput", '["l", [["m", 1, 2]]]', "Move | Line"),
    ("sets", "Parameters<Sets['pairs']>[0]", '[[1, "a"]]', "set[tuple[int, str]]"),
    ("keys", "Parameters<Keys['integers']>[0]", '{"1": "a"}', "dict[int, str]"),
    ("literals", "Level", "10", "Level"),
    ("literals", "Parameters<Literals['bools']>[0]", "true", "Literal[True]"),
    ("structs", "Reserved", '["a", 1]', "Reserved"),
    ("containers", "Record<number, string>", '{"1": "a"}', "dict[int, str]"),
    ("containers", "Partial<Record<Side, number>>", '{"left": 1}', "dict[Side, float]"),
]

LIBRARY = {
    *("Awaited", "Parameters", "Partial", "Record", "ReturnType"),
    *("boolean", "null", "number", "string"),
}

CHECKED = sorted({case for case, *_ in [*ENCODED, *SENT]})
"""The cases that are in the tables."""


def wire_check(case: str) -> str:
    """Return TypeScript that assigns JSON to types; what is sent is decoded here."""
    scope = vars(module_of(case))
    lines: list[tuple[str, str]] = []
    for name, value, kind in ENCODED:
        if name == case:
            made = eval(value, scope)
            lines.append((kind, msgspec.json.encode(made, enc_hook=enc_hook).decode()))
    for name, kind, text, annotation in SENT:
        if name == case:
            msgspec.json.decode(text, type=eval(annotation, scope), dec_hook=dec_hook)
            lines.append((kind, text))
    names = {word for kind, _ in lines for word in re.findall(r"(?<!')\b[^\W\d]\w+", kind)}
    imported = ", ".join(sorted(names - LIBRARY))
    return f'import type {{ {imported} }} from "./{case.replace("_", "-")}.js";\n' + "".join(
        f"export const check{index}: {kind} = {text};\n" for index, (kind, text) in enumerate(lines)
    )
