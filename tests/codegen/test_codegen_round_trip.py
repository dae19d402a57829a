"""What Python writes, the generated client reads as its types say, and writes the same again."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec
import pytest

from rpc_worker import BigInt, RpcError
from rpc_worker.markers import dec_hook, enc_hook
from tests.codegen.golden import ADAPTER, ends_of, module_of, write_project

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

NOW: Final = dt.datetime(2026, 1, 31, 13, 45, 0, 123000, tzinfo=dt.UTC)
SHORT: Final = dt.timedelta(seconds=1.5)

# A case, what carries the value (a parameter, or the result), and the value in Python.
VALUES = [
    ("dates", "now returns", "NOW"),
    ("dates", "next takes after", "None"),
    (
        "dates",
        "next returns",
        "Meeting(begins=NOW, reminders=[NOW], day=dt.date(2026, 1, 31), at=dt.time(13, 45))",
    ),
    (
        "dates",
        "plan takes series",
        (
            "Series('a', {'b': Meeting(begins=NOW, ends=NOW, "
            "reminders=[], day=dt.date(2026, 1, 31), at=dt.time(13, 45))})"
        ),
    ),
    ("dates", "plan returns", "{'a': NOW, '__proto__': NOW}"),
    ("durations", "length returns", "SHORT"),
    ("durations", "tracks returns", "[Track('a', SHORT), Track('b', dt.timedelta(), SHORT)]"),
    ("binary", "read returns", "bytes(range(256))"),
    ("binary", "folder returns", "Folder({'a': Blob(b'ab', 'c'), 'd': Blob(b'', 'e')})"),
    ("binary", "send takes sent", "Sent([b'', b'a', b'ab', b'abc'])"),
    ("binary", "send returns", "Received(None)"),
    ("big_integers", "factorial returns", "BigInt(2**200)"),
    ("big_integers", "transfer returns", "Account(BigInt(-1), None, 3)"),
    ("big_integers", "sums returns", "{'a': BigInt(0), 'b': BigInt(2**64)}"),
    ("sets", "days takes moments", "{NOW}"),
    ("keys", "names returns", "{'a': Photo(NOW), 'b': None}"),
    ("keys", "either returns", "{'a': {'b': Photo(NOW)}, 'c': {}}"),
    (
        "recursion",
        "walk returns",
        "Folder('a', [Folder('b', [File('c', NOW, Folder('d', []))])])",
    ),
    ("recursion", "find returns", "File('a', NOW)"),
    ("recursion", "find returns", "Folder('a', [])"),
    ("unset", "change returns", "Change(title='a')"),
    ("unset", "change returns", "Change(taken=NOW)"),
    ("generics", "photos returns", "Page([Photo('a', NOW)], 'b')"),
    ("generics", "entry takes entry", "Entry('a', Photo('b', NOW))"),
    ("generics", "entry returns", "Entry(1, NOW)"),
    ("generics", "tree returns", "Tree(Photo('a', NOW), [Tree(Photo('b', NOW), [])])"),
    ("generics", "box returns", "Box(b'a', {'b': b'c'})"),
    ("generics", "album returns", "Album([Photo('a', NOW)], title='b')"),
    ("aliases", "content returns", "{'a': b'b'}"),
    ("aliases", "change takes drawing", "Drawing(1, NOW, [Circle(1)])"),
    (
        "converted_values",
        "deep returns",
        (
            "Deep(Plain('a', [1]), "
            "[Row(1, BigInt(2**70), NOW), Row(2, BigInt(3))], [[NOW], []], "
            "{'a': {'b': Position(SHORT, 'c')}}, ('a', b'b', (SHORT, 1)), "
            "{'plain': 'a', 'content_type': b'b'}, None)"
        ),
    ),
    ("converted_values", "rows takes rows", "[Row(1, BigInt(2), NOW)]"),
    ("converted_values", "rows returns", "{1: [Row(1, BigInt(2)), None]}"),
    ("converted_values", "pair returns", "[(b'a', 'YQ==')]"),
    # Told apart by their form: each of them, and what none of them is.
    ("converted_unions", "optional takes when", "None"),
    ("converted_unions", "forms takes value", "NOW"),
    ("converted_unions", "forms takes value", "[b'a']"),
    ("converted_unions", "forms takes value", "Single(NOW)"),
    ("converted_unions", "forms takes value", "1"),
    ("converted_unions", "forms returns", "True"),
    ("converted_unions", "lists takes value", "(NOW, 1)"),
    ("converted_unions", "lists takes value", "'2026-01-31T13:45:00Z'"),
    ("converted_unions", "lists returns", "[SHORT]"),
    ("converted_unions", "tagged returns", "[Note('a'), Photo(NOW, b'b'), Clip(SHORT), None]"),
    ("converted_unions", "mixed takes item", "Clip(SHORT)"),
    ("converted_unions", "mixed takes item", "[NOW]"),
    ("converted_unions", "mixed takes item", "b'a'"),
    ("converted_unions", "mixed returns", "Note('a')"),
    ("converted_unions", "mixed returns", "'YQ=='"),
    ("converted_unions", "arrays takes event", "Open(NOW)"),
    ("converted_unions", "arrays returns", "Close(4)"),
    ("converted_unions", "arrays returns", "{'0': NOW}"),
    ("converted_unions", "dicts takes value", "{'a': b'b', 'c': None}"),
    ("converted_unions", "dicts takes value", "0.5"),
    ("photo_library", "change returns", "[]"),
    ("media_conversion", "probe returns", "Media('a', SHORT, [Audio('b', 2)], 3)"),
    ("speech_to_text", "transcribe returns", "[Segment([Word('a', SHORT, SHORT)], 'b')]"),
    (
        "file_sync",
        "compare returns",
        "[Conflict(Entry('a', 1, NOW, b'b'), Entry('a', 1, NOW))]",
    ),
]

# An error, and its data in Python.
ERRORS = [
    ("converted_places", "fails", "Overexposed(NOW, [Shot(NOW, b'a')])"),
    ("file_sync", "folders.add", "Offline(NOW, SHORT)"),
    ("file_sync", "sync", "QuotaExceeded(BigInt(2**70), BigInt(0))"),
]

RUN = """
import { pathToFileURL } from "node:url";
const told = (value) => {
  if (typeof value === "bigint") return { bigint: String(value) };
  if (value instanceof Date) return { Date: value.toISOString() };
  if (value instanceof Uint8Array) return { Uint8Array: [...value] };
  if (Array.isArray(value)) return value.map(told);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, told(inner)]));
};
const found = [];
const [files, given] = process.argv.slice(1).map((text) => JSON.parse(text));
for (const [file, path, kind, name, wire] of given) {
  const module = await import(pathToFileURL(files[file]));
  const descriptor = Object.values(module).find((value) => value.members && value.contract);
  const method = path.split(".").reduce((outer, key) => outer.members[key], descriptor);
  const [, codec] = (method.raises ?? []).find(([error]) => error.name === name) ?? [];
  const role = kind === "takes" ? method.takes[name] : method.returns;
  const [read, write] = codec
    ? [codec.decode, codec.encode]
    : [(value) => role.take(value), (value) => role.offer(value)];
  const value = read(JSON.parse(wire));
  found.push([told(value), JSON.stringify(write(value))]);
}
console.log(JSON.stringify(found));
"""


def wire_of(value: Any) -> str:
    return msgspec.json.encode(value, enc_hook=enc_hook).decode()


def told(value: Any) -> Any:
    """Return what TypeScript has for a value, so that JSON can tell it."""
    plain = (dt.datetime, dt.timedelta, bytes)
    return _told(msgspec.to_builtins(value, builtin_types=plain, enc_hook=_kept, str_keys=True))


def _kept(value: Any) -> Any:
    assert isinstance(value, BigInt)
    return {"bigint": str(int(value))}


def _told(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return {"Date": f"{value:%Y-%m-%dT%H:%M:%S}.{value.microsecond // 1000:03}Z"}
    if isinstance(value, dt.timedelta):
        return value / dt.timedelta(milliseconds=1)
    if isinstance(value, bytes):
        return {"Uint8Array": [*value]}
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        return {key: _told(inner) for key, inner in members.items()}
    if isinstance(value, list | tuple | set):
        return [_told(inner) for inner in cast("Iterable[Any]", value)]
    return value


@pytest.mark.process
def test_every_value_goes_there_and_back(tmp_path: Path) -> None:
    write_project(tmp_path)
    cases = sorted({case for case, *_ in [*VALUES, *ERRORS]})
    files = {case: case.replace("_", "-") for case in cases}
    done = subprocess.run(
        [
            str(ADAPTER / "node_modules" / ".bin" / "esbuild"),
            *(f"{case}/{file}.ts" for case, file in files.items()),
            *("--bundle", "--format=esm", "--outdir=out", "--out-extension:.js=.mjs"),
            *("--log-level=error", "--preserve-symlinks"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.stderr == ""
    given: list[tuple[str, ...]] = []
    values: list[tuple[Any, Any]] = []
    for case, place, text in VALUES:
        value = _evaluated(case, text)
        path, kind, *name = place.split(" ")
        annotation = _annotation(case, path, "".join(name))
        given.append((case, path, kind, "".join(name), wire_of(value)))
        values.append((value, annotation))
    for case, path, text in ERRORS:
        error: RpcError = _evaluated(case, text)
        given.append((case, path, "raises", type(error).__name__, wire_of(error.data)))
        values.append((error.data, type(error).data_type))
    paths = {case: str(tmp_path / "out" / case / f"{file}.mjs") for case, file in files.items()}
    ran = subprocess.run(
        ["node", "--input-type=module", "-e", RUN, json.dumps(paths), json.dumps(given)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.stderr == ""
    results = json.loads(ran.stdout)
    for sent, (value, annotation), (found, written) in zip(given, values, results, strict=True):
        assert found == told(value), sent
        assert msgspec.json.decode(written, type=annotation, dec_hook=dec_hook) == value, sent


def _evaluated(case: str, text: str) -> Any:
    return eval(text, {**vars(module_of(case)), "NOW": NOW, "SHORT": SHORT, "dt": dt})


def _annotation(case: str, path: str, parameter: str) -> Any:
    contracts, _ = ends_of(module_of(case))
    (contract,) = contracts.values()
    method = contract.methods[path]
    if not parameter:
        return method.result_annotation
    return next(p.annotation for p in method.parameters if p.wire == parameter)
