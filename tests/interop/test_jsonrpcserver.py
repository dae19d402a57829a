"""The functions of a jsonrpcserver app, mounted: what they are given, and what becomes of it."""

from __future__ import annotations

import datetime as dt  # noqa: TC003 - it is looked up when the worker starts
import functools
import json
import os
import re
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypedDict

import pytest
from jsonrpcserver import Error, InvalidParams, JsonRpcError, Result, Success, method
from jsonrpcserver import methods as registered
from jsonrpcserver.result import ErrorResult, SuccessResult

from rpc_worker import Event, RpcError, current_call, exclusive, in_process, in_thread, inline
from rpc_worker.contract import find_contract, read_contract
from rpc_worker.errors import ContractError
from rpc_worker.interop.jsonrpcserver import Mounted
from rpc_worker.interop.jsonrpcserver_results import settled
from rpc_worker.mounting import offer
from rpc_worker.worker import StartError
from tests.conversation import notification, request, talk
from tests.dialects.page import callback, line, query, stream, value
from tests.pages import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from rpc_worker.context import CurrentCall

# As in apps that have no annotations.
# mypy: disable-error-code="no-untyped-def"
# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false


def call(implementation: object, name: str, params: object = None, **options: Any) -> Any:
    """Return the result of a call; of an error, its code, message and data."""
    (answer,) = talk(implementation, request(1, name, params), **options)
    if "result" in answer:
        return answer["result"]
    error = answer["error"]
    return error["code"], error["message"], error.get("data")


def code_of(implementation: object, name: str, params: object = None, **options: Any) -> int:
    (answer,) = talk(implementation, request(1, name, params), **options)
    code: int = answer["error"]["code"]
    return code


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return what `@method` fills, empty."""
    functions: dict[str, Any] = {}
    monkeypatch.setattr(registered, "global_methods", functions)
    return functions


# ------------------------------------------------------------------------ what they return


def ok() -> Result:
    return Success([1, None])


def bare() -> Result:
    return Success()


def refused() -> Result:
    return Error(-32001, "no such shelf", {"shelf": 3})


def refused_without_data() -> Result:
    return Error(4, "no")


def unwrapped() -> Any:
    return SuccessResult(3)


def unwrapped_error() -> Any:
    return ErrorResult(4, "no", "data")


def wrong_params() -> Result:
    return InvalidParams("a shelf is a number")


def raising() -> Result:
    raise JsonRpcError(4004, "gone", [1])


NAME: Any = "busy"  # Not all apps check their types.


def named() -> Result:
    return Error(NAME, "no")


def raising_named() -> Result:
    raise JsonRpcError(NAME, "no")


NOT_A_CODE: Final = "an error's code is an integer, such as 4004, not 'busy'"
NAMED: Final = (
    *(-32603, f"Internal error: {NOT_A_CODE}"),
    {"type": "TypeError", "message": NOT_A_CODE},
)


def plain() -> dict[str, int]:
    return {"books": 3}


def declaring() -> int:
    raise RpcError("ours", code=12)


RESULTS: Final[dict[Callable[..., Any], Any]] = {
    ok: [1, None],
    bare: None,
    refused: (-32001, "no such shelf", {"shelf": 3}),
    refused_without_data: (4, "no", None),
    unwrapped: 3,
    unwrapped_error: (4, "no", "data"),
    wrong_params: (-32602, "Invalid params", "a shelf is a number"),
    raising: (4004, "gone", [1]),
    named: NAMED,
    raising_named: NAMED,
    plain: {"books": 3},
    declaring: (12, "ours", None),
}


@pytest.mark.parametrize("mark", [None, inline])
@pytest.mark.parametrize("function", RESULTS)
def test_a_function_may_return_and_raise_what_it_always_did(
    function: Callable[..., Any], mark: Callable[..., Any] | None
) -> None:
    @functools.wraps(function)
    def marked() -> Any:
        return function()

    mounted = Mounted(methods={"f": function if mark is None else mark(marked)})
    assert call(mounted, "f") == RESULTS[function]


def test_functions_can_stay_in_the_main_thread() -> None:
    def where() -> Any:
        return Success(threading.current_thread() is threading.main_thread())

    assert call(Mounted(methods={"f": where}), "f") is False
    assert call(Mounted(methods={"f": where}, inline=True), "f") is True
    assert call(Mounted(methods={"f": in_thread(where)}, inline=True), "f") is False


@pytest.mark.parametrize("function", RESULTS)
def test_so_may_a_coroutine_function(function: Callable[..., Any]) -> None:
    async def suspending() -> Any:
        return function()

    assert call(Mounted(methods={"f": suspending}), "f") == RESULTS[function]


class Shelves:
    """A backend with a contract of its own, whose methods were functions once."""

    async def count(self) -> int:
        return Success(3)  # type: ignore[no-any-return] # pyright: ignore[reportReturnType] - as moved

    def find(self, title: str) -> str:
        if not title:
            raise JsonRpcError(4004, "no title", {"title": title})
        return Error(4, f"no {title}")  # type: ignore[no-any-return] # pyright: ignore[reportReturnType] - as moved

    async def wrong(self) -> int:
        return Success("three")  # type: ignore[no-any-return] # pyright: ignore[reportReturnType] - as moved


def test_so_may_any_handler() -> None:
    assert call(Shelves(), "count") == 3
    assert call(Shelves(), "find", ["Emma"]) == (4, "no Emma", None)
    assert call(Shelves(), "find", [""]) == (4004, "no title", {"title": ""})
    assert code_of(Shelves(), "wrong") == -32003


def test_the_library_that_holds_results_is_not_named() -> None:
    """The next version of jsonrpcserver takes another one, which has one name for both."""

    class Held:
        def __init__(self, value: object) -> None:
            self._inner_value = value

    assert settled(Held(vars(Success(1))["_value"])) == 1
    with pytest.raises(RpcError, match="no"):
        settled(Held(vars(Error(4, "no"))["_error"]))
    other = Held(1)
    assert settled(other) is other


def test_middleware_sees_values_and_errors() -> None:
    seen: list[object] = []

    async def watch(_call: CurrentCall, proceed: Callable[[], Awaitable[Any]]) -> Any:
        try:
            seen.append(await proceed())
        except RpcError as error:
            seen.append(error.code)
            raise
        return "seen"

    mounted = Mounted(methods={"ok": ok, "refused": refused})
    assert call(mounted, "ok", middleware=[watch]) == "seen"
    assert code_of(mounted, "refused", middleware=[watch]) == -32001
    assert seen == [[1, None], -32001]


def test_a_notification_is_not_answered() -> None:
    mounted = Mounted(methods={"refused": refused})
    assert talk(mounted, notification("refused"), request(1, "refused"))[1:] == []


# --------------------------------------------------------------------- what they are given


def test_names_stay_as_they_are(marked: dict[str, Any]) -> None:
    @method
    def get_info(book_title, *, with_cover=False) -> Result:
        return Success([book_title, with_cover])

    @method(name="shelf.get-info")
    async def other() -> Result:
        return Success("other")

    # An app's own modules may be imported after this.
    mounted = Mounted()
    assert set(marked) == {"get_info", "shelf.get-info"}
    assert call(mounted, "get_info", {"book_title": "Emma", "with_cover": True}) == ["Emma", True]
    assert call(mounted, "shelf.get-info") == "other"
    assert code_of(mounted, "getInfo") == -32601
    assert code_of(mounted, "get_info", {"bookTitle": "Emma"}) == -32602
    assert (get_info("a"), other.__name__) == (Success(["a", False]), "other")


def test_the_context_is_the_first_argument() -> None:
    shelf = {"Emma": 1815}

    def year(books, title) -> Result:
        return Success(books[title])

    async def years(books, *titles, **others) -> Result:
        return Success([books[title] for title in (*titles, *others)])

    mounted = Mounted(methods={"year": year, "years": years}, context=shelf)
    assert call(mounted, "year", ["Emma"]) == 1815
    assert call(mounted, "year", {"title": "Emma"}) == 1815
    assert code_of(mounted, "year", {"books": {}, "title": "Emma"}) == -32602
    assert call(mounted, "years", ["Emma", "Emma"]) == [1815, 1815]
    assert call(mounted, "years", {"Emma": True}) == [1815]
    assert code_of(mounted, "years", {"books": {}}) == -32602, "jsonrpcserver's own name for it"


def test_none_is_a_context() -> None:
    mounted = Mounted(methods={"f": lambda context: Success(repr(context))}, context=None)
    assert call(mounted, "f") == "None"


class Book(TypedDict):
    title: str


def checked(
    count: int,
    names: list[str] | None = None,
    kind: Literal["a", "b"] = "a",
    by: dict[str, float] = {},  # noqa: B006 - as it is written
    note: str = None,  # type: ignore[assignment] # noqa: RUF013 # pyright: ignore[reportArgumentType] - as it was written
) -> Result:
    return Success([count, names, kind, by, note])


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ([1], [1, None, "a", {}, None]),
        ([1, ["x"], "b", {"y": 1.5}, "z"], [1, ["x"], "b", {"y": 1.5}, "z"]),
        ({"count": 1, "note": None}, [1, None, "a", {}, None]),
        (["1"], (-32602, "count")),
        ([1, [2]], (-32602, "names")),
        ([1, None, "c"], (-32602, "kind")),
        ({"count": 1, "by": {"y": "z"}}, (-32602, "by")),
        ([], (-32602, "count")),
        ([1, None, "a", {}, None, 6], (-32602, None)),
    ],
)
def test_types_that_json_has_are_checked(params: object, expected: object) -> None:
    found = call(Mounted(methods={"checked": checked}), "checked", params)
    assert (found if isinstance(found, list) else (found[0], found[2]["param"])) == expected


def unchecked(when: dt.datetime, book: Book, missing, note, anything) -> Result:
    return Success([when, book, missing, note, anything])


unchecked.__annotations__ |= {"missing": "Nowhere", "note": "what was said"}


def test_a_whole_number_stays_one() -> None:
    def shown(width: float, more: list[float], most: dict[str, list[float | None]]) -> Result:
        return Success(f"{width} {more} {most}")

    found = call(Mounted(methods={"f": shown}), "f", [3, [3, 3.5], {"a": [3, None]}])
    assert found == "3 [3, 3.5] {'a': [3, None]}"
    assert code_of(Mounted(methods={"f": shown}), "f", ["3", [], {}]) == -32602


def test_of_any_other_type_is_given_what_json_has() -> None:
    given = ["yesterday", {"title": 1, "more": [2]}, 3, None, {"4": 5.5}]
    assert call(Mounted(methods={"f": unchecked}), "f", given) == given


_MISSING: Final = object()


def test_a_default_that_json_lacks_is_the_functions_own() -> None:
    def add(title, shelf=_MISSING, *, seen: list[str] = []) -> Result:  # noqa: B006 - as said
        seen.append(title)
        return Success([shelf is _MISSING, seen])

    mounted = Mounted(methods={"add": add})
    assert call(mounted, "add", ["Emma"]) == [True, ["Emma"]]
    assert call(mounted, "add", {"title": "Emma", "shelf": 3}) == [False, ["Emma", "Emma"]]
    assert code_of(mounted, "add", {"shelf": 3}) == -32602
    assert code_of(mounted, "add", "Emma") == -32602


def test_arguments_may_have_any_name() -> None:
    def f(self, /, *args, **kwargs) -> Result:
        return Success([self, list(args), kwargs])

    def g(signal=1, timeoutMs=2, _private=3, self=4, called=5) -> Result:  # noqa: N803 - as said
        return Success([signal, timeoutMs, _private, self, called])

    mounted = Mounted(methods={"f": f, "g": g})
    assert call(mounted, "f", [1, 2]) == [1, [2], {}]
    assert code_of(mounted, "f", {"other": 1}) == -32602
    named = {"signal": 6, "timeoutMs": 7, "_private": 8, "self": 9, "called": 0}
    assert call(mounted, "g", named) == [6, 7, 8, 9, 0]


def test_a_validator_sees_the_request() -> None:
    seen: list[Any] = []

    def validate(message: dict[str, Any]) -> None:
        seen.append(message)
        if message.get("params") == ["bad"]:
            raise ValueError("nothing is bad")

    mounted = Mounted(methods={"f": lambda text="": Success(text)}, validator=validate)
    assert call(mounted, "f") == ""
    assert call(mounted, "f", {"text": "good"}) == "good"
    code, message, _ = call(mounted, "f", ["bad"])
    assert (code, message) == (-32600, "Invalid request: the validator refuses it: nothing is bad")
    assert code_of(mounted, "g") == -32601
    assert talk(mounted, notification("f", ["a"])) == []
    assert talk(mounted, notification("f", ["bad"])) == [], "nobody waits for an answer"
    assert seen == [
        {"jsonrpc": "2.0", "method": "f", "id": 1},
        {"jsonrpc": "2.0", "method": "f", "params": {"text": "good"}, "id": 1},
        {"jsonrpc": "2.0", "method": "f", "params": ["bad"], "id": 1},
        {"jsonrpc": "2.0", "method": "f", "params": ["a"]},
        {"jsonrpc": "2.0", "method": "f", "params": ["bad"]},
    ]


def test_a_function_of_a_kkrpc_pages_is_refused_where_any_values_are_taken() -> None:
    def star(*values) -> Result:
        return Success([*values])

    mounted = Mounted(methods={"star": star})
    for given in (callback("f"), value(stream("s"))):
        (answer,) = talk(mounted, line(query("a", "star", value(1), given)) + b"\n")
        assert answer["e"]["n"] == "InvalidParams"
        assert "star: argument 2: expected a value, received a " in answer["e"]["m"]
    (answer,) = talk(mounted, line(query("a", "star", value(1), value(None))) + b"\n")
    assert answer["v"] == [1, None]


# ----------------------------------------------------------------------------- where they run


def test_they_run_where_those_of_a_worker_do() -> None:
    def where() -> Result:
        return Success(threading.current_thread() is threading.main_thread())

    async def on_the_loop() -> Result:
        return Success(current_call().id)

    @inline
    def at_once() -> Result:
        return where()

    functions = {"where": where, "at_once": at_once, "loop": on_the_loop}
    mounted = Mounted(methods=functions)
    assert [call(mounted, name) for name in functions] == [False, True, 1]
    (bound, *_) = Mounted(methods={"alone": exclusive(where)}).bound().values()
    assert bound.exclusive


@in_process
def process_of(context: list[int], plus: int) -> Result:
    if plus < 0:
        return Error(4, "negative")
    if plus > 99:
        raise JsonRpcError(5, "too much")
    return Success([os.getpid() != context[0], plus + context[1]])


@pytest.mark.process
def test_a_function_may_run_in_a_process() -> None:
    mounted = Mounted(methods={"f": process_of}, context=[os.getpid(), 1])
    assert call(mounted, "f", [2]) == [True, 3]
    assert call(mounted, "f", [-2]) == (4, "negative", None)
    assert call(mounted, "f", [100]) == (5, "too much", None)


# ------------------------------------------------------------------------- beside a contract


class LibraryAPI(Protocol):
    """What the library offers."""

    moved: Event[str]

    async def get_year(self, title: str) -> int: ...


class Library(LibraryAPI):
    moved: Event[str]

    async def get_year(self, title: str) -> int:
        return len(title)


def test_they_are_served_beside_a_contract() -> None:
    mounted = Mounted(Library(), methods={"get_year": lambda: Success("theirs"), "ok": ok})
    assert call(mounted, "getYear", ["Emma"]) == 4
    assert call(mounted, "get_year") == "theirs"
    assert call(mounted, "ok") == [1, None]
    contract, bindings = offer(mounted)
    # A client that was generated from the contract fits it still.
    assert contract.digest == read_contract(find_contract(Library)).digest
    assert (contract.name, [*contract.methods]) == ("LibraryAPI", ["getYear", "get_year", "ok"])
    assert [*bindings.events] == ["moved"]
    assert offer(Mounted(Library(), methods={"ok": ok}), LibraryAPI)[0].name == "LibraryAPI"


def test_they_are_described() -> None:
    def put(title: str, shelf=1, *_more) -> Result:  # noqa: ARG001 - they are what is described
        """Put a book on a shelf.

        It must have a title.
        """
        return Success()

    (answer,) = talk(Mounted(Library(), methods={"put": put}), request(1, "rpc.discover"))
    own, theirs = answer["result"]["methods"]
    assert own["name"] == "getYear"
    assert theirs == {
        "name": "put",
        "summary": "Put a book on a shelf.",
        "description": "Put a book on a shelf.\n\nIt must have a title.",
        "paramStructure": "either",
        "params": [
            {"name": "title", "required": True, "schema": {"type": "string"}},
            {"name": "shelf", "required": False, "schema": {"default": 1}},
        ],
        "result": {"name": "result", "schema": {}},
    }


async def items():
    yield 1


MISFITS: Final = {
    "getYear": (
        ok,
        "the mounted function 'getYear'",
        "LibraryAPI has a method of that name, which stands for one thing on the wire",
    ),
    "moved": (
        ok,
        "the mounted function 'moved'",
        "LibraryAPI has an event of that name, which stands for one thing on the wire",
    ),
    "rpc.ok": (
        ok,
        "the mounted function 'rpc.ok'",
        "names that start with rpc. are reserved on the wire",
    ),
    "$/ok": (
        ok,
        "the mounted function '$/ok'",
        "names that start with $/ are reserved on the wire",
    ),
    "items": (
        items,
        f"{__name__}.items, mounted as items",
        "expected a function that returns; found yield",
    ),
    "dir": (
        dict,
        "builtins.dict, mounted as dir",
        "its parameters are not known: no signature found for builtin type <class 'dict'>",
    ),
}


@pytest.mark.parametrize("name", MISFITS)
def test_what_cannot_be_mounted_is_refused_before_anything_is_served(name: str) -> None:
    function, where, problem = MISFITS[name]
    with pytest.raises(ContractError) as found:
        offer(Mounted(Library(), methods={name: function}))
    (misfit,) = found.value.misfits
    assert (misfit.where, misfit.problem) == (where, problem)
    assert misfit.advice.endswith(".")


def test_all_misfits_are_told_at_once() -> None:
    methods: dict[str, Any] = {"none": ok, "keyword": lambda *, a: a, "items": items}
    with pytest.raises(ContractError) as found:
        offer(Mounted(methods=methods, context=1))
    assert [m.problem for m in found.value.misfits[:2]] == 2 * [
        "it has no first argument for the context"
    ]
    assert len(found.value.misfits) == 3
    with pytest.raises(ContractError, match="no function is marked @method"):
        offer(Mounted(methods={}))


def test_a_contract_needs_somebody_who_implements_it() -> None:
    with pytest.raises(StartError, match=r"write Mounted\(Backend\(\), …\)"):
        offer(Mounted(methods={"ok": ok}), LibraryAPI)
    with pytest.raises(StartError, match="serve was given"):
        offer(Mounted(len, methods={"ok": ok}))
    with pytest.raises(ContractError, match="found the class itself"):
        offer(Mounted(Library, methods={"ok": ok}))


# ------------------------------------------------------------------------- the process

APP: Final = """
from jsonrpcserver import InvalidParams, Success, method
from rpc_worker.interop.jsonrpcserver import Mounted, serve

@method
def get_year(title):
    return Success(1815) if title == "Emma" else InvalidParams(title)

@method
async def greet(name="you"):
    return Success(f"hello {name}")

class Backend:
    async def add(self, a: int, b: int) -> int:
        return a + b

app = Mounted(Backend())

if __name__ == "__main__":
    serve(Mounted(), name="the library")
"""


def run(folder: Path, *arguments: str, lines: bytes = b"") -> tuple[int, list[Any], str]:
    (folder / "library.py").write_text(APP)
    (folder / "bare.py").write_text("import jsonrpcserver\n")
    (folder / "marked.py").write_text(APP.replace("app = Mounted(Backend())", ""))
    (folder / "several.py").write_text(f"{APP}\nother = Mounted()\n")
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        input=lines,
        capture_output=True,
        timeout=30,
        check=False,
    )
    return done.returncode, [*map(json.loads, done.stdout.splitlines())], done.stderr.decode()


@pytest.mark.process
@pytest.mark.parametrize(
    ("command", "name"),
    [
        (["library.py"], "the library"),
        (["-m", "rpc_worker", "run", "marked"], "jsonrpcserver"),
        (["-m", "rpc_worker", "run", "library"], "Backend"),
        (["-m", "rpc_worker", "run", "library:app"], "Backend"),
    ],
)
def test_an_app_is_served_on_pipes(tmp_path: Path, command: list[str], name: str) -> None:
    lines = request(1, "get_year", ["Emma"]) + request(2, "greet") + request(3, "get_year", [""])
    code, (ready, *answers), errors = run(tmp_path, *command, lines=lines)
    assert (ready["method"], ready["params"]["name"]) == ("$/ready", name)
    found = {answer["id"]: answer.get("result", answer.get("error")) for answer in answers}
    refused = {"code": -32602, "message": "Invalid params", "data": ""}
    assert found == {1: 1815, 2: "hello you", 3: refused}
    others = [it for it in errors.splitlines() if " mounts nothing while " not in it]
    assert (code, others) == (0, [])


@pytest.mark.process
@pytest.mark.parametrize(
    ("target", "message"),
    [
        (
            "bare",
            (
                "bare names a module only; write the object behind a colon, as in bare:backend. "
                "A module alone is served if jsonrpcserver's @method is in it"
            ),
        ),
        (
            "nobody",
            (
                "nobody: there is no module 'nobody' in {here} or in the Python that runs this "
                "({python}). Run the command in the folder that has the module, or install it"
            ),
        ),
        (
            "marked --contract marked:Backend",
            (
                "Backend is a contract, and nothing is served that could implement it; write "
                "Mounted(Backend(), …), or leave the contract out"
            ),
        ),
        (
            "marked:greet",
            "marked:greet is a function of a jsonrpcserver app; name its module alone: marked",
        ),
        (
            "several",
            "several mounts several apps; name one of them: several:app, several:other",
        ),
    ],
)
def test_a_module_that_is_no_app_is_told(tmp_path: Path, target: str, message: str) -> None:
    code, (fatal,), _ = run(tmp_path, "-m", "rpc_worker", "run", *target.split())
    message = message.format(here=tmp_path, python=sys.executable)
    assert (code, fatal["params"]["message"]) == (1, f"The worker cannot start: {message}")


@pytest.mark.process
@pytest.mark.parametrize(("module", "told"), [("marked", True), ("library", False)])
def test_a_context_that_is_not_mounted_is_missed(tmp_path: Path, module: str, told: bool) -> None:
    code, (ready,), errors = run(tmp_path, "-m", "rpc_worker", "run", module)
    assert (code, ready["method"]) == (0, "$/ready")
    text = "marked mounts nothing while it is imported: its functions are served without a context"
    assert (text in errors) is told


@pytest.mark.process
def test_there_is_no_client_to_generate(tmp_path: Path) -> None:
    code, _, errors = run(tmp_path, "-m", "rpc_worker", "generate", "library:app", "--out", "rpc")
    assert code == 2
    assert "library:app is an app of functions that are mounted" in errors


@pytest.mark.process
def test_who_does_not_use_it_does_not_import_it(tmp_path: Path) -> None:
    (tmp_path / "worker.py").write_text(
        "import sys, rpc_worker\n"
        "class Backend:\n"
        "    async def loaded(self) -> list[str]:\n"
        "        return [n for n in sys.modules if 'jsonrpcserver' in n or 'interop' in n]\n"
        "    async def fail(self) -> int:\n"
        "        raise ValueError\n"
        "rpc_worker.serve(Backend())\n"
    )
    lines = request(1, "fail") + request(2, "loaded")
    _, (_ready, _failed, answer), _ = run(tmp_path, "worker.py", lines=lines)
    assert answer["result"] == []


def test_one_module_has_an_import_of_it() -> None:
    """What freezes a worker follows imports, wherever they stand."""
    found = {
        file.relative_to(CHECKOUT).as_posix()
        for file in (CHECKOUT / "rpc_worker").rglob("*.py")
        if re.search(r"^ *(from|import) jsonrpcserver\b", file.read_text("utf-8"), re.MULTILINE)
    }
    assert found == {"rpc_worker/interop/jsonrpcserver.py"}


@pytest.mark.process
def test_who_lacks_it_is_told_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "without.py").write_text(
        "import sys\nsys.modules['jsonrpcserver'] = None\nimport rpc_worker.interop.jsonrpcserver\n"
    )
    code, _, errors = run(tmp_path, "without.py")
    assert code == 1
    assert errors.rstrip().endswith('pip install "jsonrpcserver>=5.0.9"')


# ------------------------------------------------------------------------- the example

EXAMPLE: Final = CHECKOUT / "examples" / "jsonrpcserver"
ASKED: Final[list[tuple[str, object]]] = [
    ("ping", []),
    ("get_runtime", {}),
    ("find_book", ["Emma"]),
    ("find_book", {"title": "Persuasion"}),
    ("add_book", {"title": "Persuasion", "year": 1817}),
    ("add_book", ["", 0]),
    ("find_book", {"title": "Persuasion"}),
    ("shelf.clear", []),
    ("shelf.clear", []),
]


def answers(file: str) -> list[Any]:
    """Return what a script of the example answers, one request after the other."""
    with subprocess.Popen(
        [sys.executable, "-u", EXAMPLE / file], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        deadline = threading.Timer(30, process.kill)
        deadline.start()
        found: list[Any] = []
        for identity, (name, params) in enumerate(ASKED):
            process.stdin.write(notification("ping") + request(identity, name, params))
            process.stdin.flush()
            for line in process.stdout:
                # A loop of one's own may write a blank line where nothing is to be answered.
                answer = json.loads(line) if line.strip() else {}
                if answer.get("id") == identity:
                    found.append(answer)
                    break
        process.stdin.close()
        assert process.wait() == 0
        deadline.cancel()
    return found


@pytest.mark.process
def test_the_example_is_a_worker_by_two_lines() -> None:
    before, after = (
        (EXAMPLE / file).read_text(encoding="utf-8").splitlines()
        for file in ("before.py", "after.py")
    )
    changed = [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]]
    assert [new.strip() for _, new in changed] == [
        "from rpc_worker.interop.jsonrpcserver import Mounted, serve",
        "serve(Mounted(context=shelf))",
    ]
    expected = answers("before.py")
    assert len(expected) == len(ASKED)
    assert answers("after.py") == expected
