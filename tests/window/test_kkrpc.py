"""In a window, a page that has kkrpc: with the worker on Node that it was written for, and with a
worker in Python in its place. The page is the same for both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.window.driving import ROOT, TARGET, App, Failed, running

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.window

PROBE = TARGET / "debug" / "probe"
WORKERS = {
    "node": ["node", str(ROOT / "frontend-adapter" / "test" / "kkrpc-worker.mjs")],
    "python": ["python", str(ROOT / "frontend-adapter" / "test" / "worker" / "kkrpc.py")],
}

CALLS: list[tuple[str, Any]] = [
    ("api.add(5, 3)", 8),
    ("api.math.square(7)", 49),
    ("api.echo('straße \\u2028 \\ud83d\\ude00\\r')", "straße \u2028 \U0001f600\r"),
    ("api.echo({ list: [1, null, true, { a: {} }] })", {"list": [1, None, True, {"a": {}}]}),
    ("api.greet('you', undefined)", "Hello, you"),
    ("api.nothing().then((nothing) => [nothing === undefined])", [True]),
    ("api.find('')", None),
]

OPEN = """
    const [relay, worker, [command, ...rest]] = args;
    const name = `kkrpc-${worker}`;
    const io = relay === "plugin"
      ? new probe.TauriIo(name)
      : new probe.TauriPluginJsIo(name, { command, args: rest });
"""


@pytest.fixture(scope="module")
def window() -> Iterator[App]:
    with running(PROBE) as app:
        app.until("return globalThis.probe !== undefined")
        yield app


@pytest.fixture(scope="module", params=["plugin", "js"])
def relay(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture(scope="module", params=WORKERS)
def worker(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture(scope="module")
def app(window: App, relay: str, worker: str) -> App:
    script = f"""
        {OPEN}
        globalThis.asked = [];
        const expose = {{ confirm: async (question) => asked.push(question) > 0 }};
        globalThis.api = new probe.RPCChannel(io, {{ expose }}).getAPI();
    """
    window.run(script, relay, worker, WORKERS[worker])
    return window


def test_nothing_to_expose_is_enough_to_call(window: App, relay: str, worker: str) -> None:
    script = f"""
        {OPEN}
        const channel = new probe.RPCChannel(io, {{ expose: {{}} }});
        const api = channel.getAPI();
        const told = [await api.add(5, 3), (await api.getSystemInfo()).runtime];
        io.destroy();
        return told;
    """
    assert window.run(script, relay, worker, WORKERS[worker]) == [8, worker]


@pytest.mark.parametrize(("call", "result"), CALLS)
def test_calls(app: App, call: str, result: Any) -> None:
    assert app.run(f"return {call}") == result


def test_a_callback(app: App) -> None:
    script = "const told = []; return [await api.each([1, 2, 3], (n) => told.push(n)), told];"
    assert app.run(script) == [3, [1, 2, 3]]


def test_dates_bytes_and_big_integers(app: App) -> None:
    script = """
        const begins = new Date("2026-02-28T12:30:00.250Z");
        const picture = new Uint8Array([1, 2, 255]);
        const meeting = { title: "about it", begins, picture, seats: 2n ** 70n };
        const moved = await api.postpone(meeting, 2);
        return [moved.begins.toISOString(), [...moved.picture], String(moved.seats)];
    """
    assert app.run(script) == ["2026-03-02T12:30:00.250Z", [255, 2, 1], str(2**71)]


def test_an_error(app: App) -> None:
    with pytest.raises(Failed, match="it went wrong"):
        app.run("return api.fail('it went wrong')")


def test_a_call_to_the_page(app: App) -> None:
    script = "asked.length = 0; return [await api.ask('Really?'), asked]"
    assert app.run(script) == [True, ["Really?"]]


def test_a_thousand_calls_at_once(app: App) -> None:
    script = """
        const numbers = Array.from({ length: 1000 }, (_, number) => number);
        return Promise.all(numbers.map((number) => api.add(number, 1)));
    """
    assert app.run(script) == list(range(1, 1001))


def test_beside_a_window_with_a_generated_client(window: App) -> None:
    """Both on the same pipe, of the worker that the probe has anyway."""
    script = """
        const io = new probe.TauriIo("probe");
        const api = new probe.RPCChannel(io, { expose: {} }).getAPI();
        const calls = [api.add(5, 3), worker.add(19, 23), api.echo("a"), worker.echo("b")];
        return Promise.all(calls);
    """
    assert window.run(script) == [8, 42, "a", "b"]
