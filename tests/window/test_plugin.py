"""In a window, with the plugin: everything that goes between a page and the worker."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.window.driving import TARGET, App, Failed, descendants, gone, memory, running

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.window

PROBE = TARGET / "debug" / "probe"
MIB = 1 << 20


@pytest.fixture(scope="module")
def app() -> Iterator[App]:
    with running(PROBE) as app:
        app.until("return globalThis.probe !== undefined")
        yield app


def test_typed_calls(app: App) -> None:
    assert app.run("return worker.add(19, 23)") == 42
    assert app.run("return probe.channel.state") == "ready"


def test_a_page_without_a_bundler_has_it_all_as_a_global(app: App) -> None:
    script = """
        const { createChannel, TauriIo } = window.__TAURI__.rpcWorker;
        const channel = createChannel(new TauriIo("probe"));
        const sum = await channel.call("add", [19, 23]);
        channel.destroy();
        return sum;
    """
    assert app.run(script) == 42


@pytest.mark.parametrize(
    "text",
    ["", "ä€🎈", "a\u2028b\u2029c", "\r", "a\rb\r\nc\n", '"\\\u0000\u001f', "\ufeffa"],
    ids=ascii,
)
def test_text_comes_back_as_it_was(app: App, text: str) -> None:
    assert app.run("return worker.echo(args[0])", text) == text


@pytest.mark.parametrize("mib", [1, 16])
def test_large_texts(app: App, mib: int) -> None:
    script = "const text = 'ä2345678'.repeat(args[0] / 8); return await worker.echo(text) === text"
    assert app.run(script, mib * MIB)


def test_a_thousand_calls_at_once(app: App) -> None:
    script = """
        const numbers = Array.from({ length: 1000 }, (_, number) => number);
        return Promise.all(numbers.map((number) => worker.add(number, 1)));
    """
    assert app.run(script) == list(range(1, 1001))


def test_an_error_has_its_class_its_code_and_its_data(app: App) -> None:
    script = """
        const [error] = await probe.safe(worker.refuse("no"));
        return [error instanceof probe.Refused, error.code, error.message, error.data];
    """
    assert app.run(script) == [True, 4001, "It is refused.", {"reason": "no"}]


def test_what_is_wrong_with_a_call(app: App) -> None:
    with pytest.raises(Failed) as failed:
        app.run("return worker.add(1, 'two')")
    assert failed.value.error["code"] == -32602


def test_a_stream_that_is_left_ends_in_python(app: App) -> None:
    script = """
        const seen = [];
        for await (const number of worker.count("left")) {
          seen.push(number);
          if (number === 5) break;
        }
        return seen;
    """
    assert app.run(script) == [0, 1, 2, 3, 4, 5]
    assert app.until("return (await worker.left()).includes('left')")


def test_progress_and_cancel(app: App) -> None:
    script = """
        const leaving = new AbortController();
        const reports = [];
        const onProgress = (done) => {
          reports.push(done);
          leaving.abort(new Error("enough"));
        };
        const waiting = worker.wait("cancelled", { signal: leaving.signal, onProgress });
        return [await waiting.catch((error) => error.message), reports];
    """
    assert app.run(script) == ["enough", [0.5]]
    assert app.until("return (await worker.left()).includes('cancelled')")


def test_a_callback(app: App) -> None:
    script = "return worker.ask('who?', async (question) => question + ' me')"
    assert app.run(script) == "who? me"


def test_an_event(app: App) -> None:
    script = """
        const { promise, resolve } = Promise.withResolvers();
        const off = worker.noted.on(resolve);
        await worker.note("seen");
        const text = await promise;
        off();
        return text;
    """
    assert app.run(script) == "seen"


def test_a_reload_in_the_middle_of_a_stream(app: App) -> None:
    script = """
        const stream = worker.count("reloaded")[Symbol.asyncIterator]();
        await stream.next();
        const pid = await worker.pid();
        void worker.wait("reloaded too");
        return pid;
    """
    pid = app.run(script)
    app.driver.refresh()
    script = "const left = await worker.left(); return args.every((name) => left.includes(name))"
    assert app.until(script, "reloaded", "reloaded too")
    assert app.run("return worker.pid()") == pid, "the worker outlives the page"


def second_window(app: App) -> str:
    """Open another window, switch to it, and return the first one's handle."""
    first: str = app.driver.current_window_handle
    before = set(app.driver.window_handles)
    script = "new probe.WebviewWindow(args[0], { url: 'index.html?io=' + probe.io })"
    app.run(script, f"second-{len(before)}-{time.time_ns()}")
    app.wait(lambda: set(app.driver.window_handles) - before, "another window")
    (second,) = set(app.driver.window_handles) - before
    app.driver.switch_to.window(second)
    app.until("return globalThis.probe !== undefined")
    return first


def test_of_two_windows_the_caller_alone_is_asked(app: App) -> None:
    app.run("probe.asked.length = 0; globalThis.heard = []; worker.noted.on((t) => heard.push(t))")
    first = second_window(app)
    label = app.run("return probe.label")
    app.run("globalThis.heard = []; worker.noted.on((text) => heard.push(text))")
    assert label != "main"
    assert app.run("return worker.askPage()") == label
    assert app.run("return probe.asked") == [label]
    app.run("return worker.note('mine', { everyone: false })")
    app.run("return worker.note('for all')")
    assert app.until("return heard.length === 2 && heard") == ["mine", "for all"]
    app.close_window()
    app.driver.switch_to.window(first)
    assert app.until("return heard.length > 0 && heard") == ["for all"]
    assert app.run("return probe.asked") == []
    assert app.run("return worker.askPage()") == "main"


def test_a_window_that_is_closed_in_mid_call(app: App) -> None:
    pid = app.run("globalThis.mine = worker.wait('mine'); return worker.pid()")
    first = second_window(app)
    script = """
        await new Promise((resolve) => {
          void worker.wait("closed", { onProgress: resolve });
        });
    """
    app.run(script)
    app.close_window()
    app.driver.switch_to.window(first)
    assert app.until("return (await worker.left()).includes('closed')")
    assert not app.run("return (await worker.left()).includes('mine')"), "the other one's goes on"
    assert app.run("return worker.pid()") == pid


def test_a_start_that_fails_says_why(app: App) -> None:
    with pytest.raises(Failed, match="absent"):
        app.run("return probe.connectTo('absent').call('system.ping')")


def test_the_calls_of_a_worker_that_dies_fail_at_once_and_it_starts_again(app: App) -> None:
    script = """
        const streaming = async () => {
          for await (const number of worker.count("pending"));
        };
        const told = [worker.wait("pending"), streaming()].map((pending) =>
          pending.catch((error) => [error.name, error.reason, performance.now()]),
        );
        await worker.echo("they are under way");
        const begun = performance.now();
        worker.quit(7).catch(() => undefined);
        return (await Promise.all(told)).map(([name, reason, at]) => [name, reason, at - begun]);
    """
    delays: list[float] = []
    for _ in range(3):
        before = app.run("return worker.pid()")
        for name, reason, delay in app.run(script):
            assert (name, reason["exitCode"]) == ("ChannelClosed", 7)
            assert "the last words" in reason["stderr"]
            delays.append(delay)
        assert gone(before)
        assert (
            app.run(
                "return (await probe.invoke('plugin:rpc-worker|restart', { worker: 'probe' })).pid"
            )
            != before
        )
        assert app.until("return worker.add(1, 2)") == 3
    assert min(delays) < 200, "what is pending fails as soon as the worker has ended"


def test_a_worker_that_is_killed_is_told_with_its_signal(app: App) -> None:
    script = """
        globalThis.killed = worker.wait("killed").catch((error) => error.reason);
        return worker.pid();
    """
    pid = app.run(script)
    os.kill(pid, signal.SIGKILL)
    assert app.run("return killed")["signal"] == "SIGKILL"
    status = app.run("return probe.invoke('plugin:rpc-worker|status', { worker: 'probe' })")
    assert (status["state"], status["pid"], status["exit"]["signal"]) == ("exited", None, "SIGKILL")
    app.run("return probe.invoke('plugin:rpc-worker|start', { worker: 'probe' })")
    assert app.until("return worker.add(1, 2)") == 3


def test_a_worker_that_stops_reading_does_not_freeze_the_window(app: App) -> None:
    pid = app.run("return worker.pid()")
    os.kill(pid, signal.SIGSTOP)
    try:
        script = """
            const text = "x".repeat(1 << 20);
            globalThis.echoes = Array.from({ length: 40 }, () => worker.echo(text));
            await new Promise((resolve) => setTimeout(resolve, 100));
            const status = await probe.invoke("plugin:rpc-worker|status", { worker: "probe" });
            return status.state;
        """
        assert app.run(script) == "running"
        assert app.driver.title == "probe: plugin", "the page answers"
        first = second_window(app)
        app.close_window()
        app.driver.switch_to.window(first)
    finally:
        os.kill(pid, signal.SIGCONT)
    script = "return (await Promise.all(echoes)).every((text) => text.length === 1 << 20)"
    assert app.run(script)


def test_a_worker_that_stops_reading_can_be_killed(app: App) -> None:
    """Writes wait for it in the plugin; what ends it must not wait for them."""
    pid = app.run("return worker.pid()")
    os.kill(pid, signal.SIGSTOP)
    script = """
        const text = "x".repeat(1 << 20);
        const echo = () => worker.echo(text).catch((error) => error.name);
        const told = Array.from({ length: 40 }, echo);
        await new Promise((resolve) => setTimeout(resolve, 100));
        const { state } = await probe.invoke("plugin:rpc-worker|kill", { worker: "probe" });
        return [state, [...new Set(await Promise.all(told))]];
    """
    assert app.run(script) == ["stopped", ["ChannelClosed"]]
    assert gone(pid)
    app.run("return probe.invoke('plugin:rpc-worker|start', { worker: 'probe' })")
    assert app.until("return worker.add(1, 2)") == 3


STAND_STILL = """
    await worker.echo("it runs");
    globalThis.flooded = worker.flood(1 << 20, 400).catch((error) => error.name);
    const end = Date.now() + args[0];
    setTimeout(() => {
      while (Date.now() < end);
    });
    return end;
"""


def test_a_page_that_stops_reading_does_not_fill_the_memory(app: App) -> None:
    before = memory(app.pid)
    app.run(STAND_STILL, 12_000)
    highest = 0
    end = time.monotonic() + 10
    while time.monotonic() < end:
        highest = max(highest, memory(app.pid))
        time.sleep(0.1)  # Looks at what goes on meanwhile; nothing tells when it is highest.
    assert (highest - before) / MIB < 250
    assert app.until("return worker.add(1, 2)") == 3
    assert app.run("return flooded") == "SessionEnded", "it was let go, and has begun anew"


def test_a_page_that_stops_reading_does_not_hold_up_the_others_for_ever(app: App) -> None:
    first = second_window(app)
    second = app.driver.current_window_handle
    app.driver.switch_to.window(first)
    end = app.run(STAND_STILL, 15_000)
    app.driver.switch_to.window(second)
    script = "await worker.echo('x'.repeat(1 << 20)); return Date.now()"
    assert [app.run(script) < end for _ in range(3)] == [True, True, True]
    app.close_window()
    app.driver.switch_to.window(first)
    assert app.until("return worker.add(1, 2)") == 3


def test_every_process_ends_with_the_last_window() -> None:
    with running(PROBE) as app:
        app.until("return globalThis.probe !== undefined")
        worker = app.run(
            "void worker.count('open')[Symbol.asyncIterator]().next(); return worker.pid()"
        )
        processes = [app.pid, worker, *descendants(app.pid)]
        app.close_window()
        assert [pid for pid in processes if not gone(pid)] == []


def test_every_process_ends_with_an_app_that_is_killed() -> None:
    with running(PROBE) as app:
        app.until("return globalThis.probe !== undefined")
        worker = app.run("void worker.wait('open'); return worker.pid()")
        processes = [app.pid, worker, *descendants(app.pid)]
        os.kill(app.pid, signal.SIGKILL)
        assert [pid for pid in processes if not gone(pid)] == []
