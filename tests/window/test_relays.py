"""In a window, with each other relay that an app may have: by hand, and two plugins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.window.driving import TARGET, App, Failed, descendants, gone, running

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.window

PROBE = TARGET / "debug" / "probe"


@pytest.fixture(scope="module", params=["event", "shell", "js"])
def app(request: pytest.FixtureRequest) -> Iterator[App]:
    with running(PROBE, {"PROBE_RELAY": request.param}) as app:
        app.until("return globalThis.probe !== undefined")
        assert app.run("return probe.io") == request.param
        yield app


def test_a_call(app: App) -> None:
    assert app.run("return worker.add(19, 23)") == 42
    text = "a\u2028b\rc\r\nd\ufeff🎈"
    assert app.run("return worker.echo(args[0])", text) == text


def test_an_error(app: App) -> None:
    script = """
        const [error] = await probe.safe(worker.refuse("no"));
        return [error instanceof probe.Refused, error.data];
    """
    assert app.run(script) == [True, {"reason": "no"}]
    with pytest.raises(Failed) as failed:
        app.run("return worker.add(1, 'two')")
    assert failed.value.error["code"] == -32602


def test_a_stream_that_is_left(app: App) -> None:
    script = """
        for await (const number of worker.count("left")) if (number === 5) break;
    """
    app.run(script)
    assert app.until("return (await worker.left()).includes('left')")


def test_a_large_text(app: App) -> None:
    assert app.run(
        "const text = 'ä2345678'.repeat(1 << 17); return await worker.echo(text) === text"
    )


def test_a_thousand_calls_at_once(app: App) -> None:
    script = """
        const numbers = Array.from({ length: 1000 }, (_, number) => number);
        return Promise.all(numbers.map((number) => worker.add(number, 1)));
    """
    assert app.run(script) == list(range(1, 1001))


def test_a_reload(app: App) -> None:
    script = """
        await worker.count("reloaded")[Symbol.asyncIterator]().next();
        return [probe.io, await worker.pid()];
    """
    io, pid = app.run(script)
    app.driver.refresh()
    app.until("return globalThis.probe !== undefined")
    assert app.until("return worker.add(1, 2)") == 3
    if io == "shell":
        assert gone(pid), "the next page ends the worker of the one before"
    else:
        assert app.run("return worker.pid()") == pid
        assert app.until("return (await worker.left()).includes('reloaded')")


def test_every_process_ends_with_the_last_window(app: App) -> None:
    worker = app.run("return worker.pid()")
    processes = [app.pid, worker, *descendants(app.pid)]
    app.close_window()
    assert [pid for pid in processes if not gone(pid)] == []
