"""What goes wrong where a page and a process are joined by hand: each once, in a real window.

What goes wrong between development and production is in `test_development` and `test_production`.
"""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from tests.window.driving import TARGET, App, descendants, gone, running

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.window

PROBE = TARGET / "debug" / "probe"


@pytest.fixture
def app() -> Iterator[App]:
    with running(PROBE, {"PROBE_RELAY": "event"}) as app:
        app.until("return globalThis.probe !== undefined")
        yield app


def test_newline_framing(app: App) -> None:
    """The relay takes the newline of each line, and whoever reads lines needs it."""
    script = """
        const io = probe.relays.event();
        let told;
        const relayed = new Promise((resolve) => (told = resolve));
        await probe.listen("runtime-stdout", ({ payload }) => {
          if (payload.includes("framing")) told(payload);
        });
        // Nothing is kept for a reader that has never been there.
        let reading = io.read();
        await io.write('{"jsonrpc":"2.0","id":"framing","method":"system.ping","params":[1]}\\n');
        while (!(await reading).includes("framing")) reading = io.read();
        io.destroy();
        return [await relayed, await reading];
    """
    answer = '{"jsonrpc":"2.0","id":"framing","result":[1]}'
    assert app.run(script) == [answer, f"{answer}\n"]


def test_a_read_loop_that_spins(app: App) -> None:
    """kkrpc's own loop goes on after a `null`, so what is destroyed must give it nothing at all."""
    script = """
        const io = probe.relays.event();
        let reads = 0;
        const read = io.read.bind(io);
        io.read = () => {
          reads += 1;
          return read();
        };
        new probe.RPCChannel(io, { expose: {} });
        const turns = async (count) => {
          while (count--) await new Promise((resolve) => setTimeout(resolve));
        };
        await turns(5);
        const before = reads;
        io.destroy();
        await turns(50);
        return [before > 0, io.isDestroyed, reads - before <= 1];
    """
    assert app.run(script) == [True, True, True]


def test_promises_that_are_pending_at_the_end(app: App) -> None:
    """Who lets go of a channel must not leave anybody waiting."""
    script = """
        const stream = worker.count("stream").toArray();
        const waiting = [worker.wait("one"), worker.echo("another"), stream];
        const told = waiting.map((promise) => promise.catch((error) => error.name));
        probe.channel.destroy();
        return Promise.all(told);
    """
    assert app.run(script) == ["ChannelClosed"] * 3


def test_a_lock_that_is_held_while_the_worker_is_killed(app: App) -> None:
    """What writes to a worker that does not read must not keep what ends it from doing so."""
    worker = app.run("return worker.pid()")
    processes = [app.pid, worker, *descendants(app.pid)]
    os.kill(worker, signal.SIGSTOP)
    app.run(
        """
        const text = "x".repeat(1 << 20);
        for (let count = 0; count < 8; count += 1) worker.echo(text).catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve));
        """
    )
    app.close_window()
    assert [pid for pid in processes if not gone(pid)] == []


def test_the_json_string_around_the_payload_of_an_event(app: App) -> None:
    """Rust sees a payload as JSON text, the page as what that says; a worker wants the latter."""
    text = '"quoted" \\ and\nbroken, ä🎈, \\u0041'
    script = """
        let told;
        const relayed = new Promise((resolve) => (told = resolve));
        await probe.listen("runtime-stdout", ({ payload }) => {
          if (payload.includes("quoted")) told(payload);
        });
        return [await worker.echo(args[0]), JSON.parse(await relayed).result];
    """
    assert app.run(script, text) == [text, text]


def test_imports_of_one_runtime(app: App) -> None:
    """What a page gets must not ask for what only Node, Deno or Bun have."""
    script = """
        const sources = await Promise.all(
          [...document.scripts].map(async ({ src }) => (await fetch(src)).text()),
        );
        const imports = /["'](node|npm|jsr|bun|deno):|\\brequire\\(|\\b(Deno|Bun)\\./;
        return sources.map((source) => [source.includes("createChannel"), imports.test(source)]);
    """
    assert app.run(script) == [[True, False]]
