"""From `$/ready` to the exit code: one worker's life on its event loop (protocol, section 4).

Whatever ends it (end of file, a signal, `system.shutdown`, a host that no longer reads) begins the
same ending: no new request is started, what runs has the grace and is then cancelled and answered,
the lifespan exits, the output is flushed.
"""

from __future__ import annotations

import asyncio
import os
import sys
import traceback
from contextlib import nullcontext
from typing import TYPE_CHECKING, Final

from rpc_worker.calls import SERVING
from rpc_worker.channel import Channel
from rpc_worker.fatal import StartError, explain, fatal_line
from rpc_worker.signals import Signals, exit_at_once, held_back
from rpc_worker.watchdog import Watchdog

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractAsyncContextManager

    from rpc_worker.dispatch import Service
    from rpc_worker.frontend import Frontend
    from rpc_worker.limits import Limits
    from rpc_worker.logs import LogFeed
    from rpc_worker.middleware import Middleware
    from rpc_worker.stdio import Wire

__all__ = ["Life"]

UNWINDING: Final = 1.5
"""Seconds that cancelled handlers have to unwind. The channel answers for them after one second, so
this is a little more."""

FLUSHING: Final = 0.5
"""Seconds that the host has for the last answers, even if the grace is over: they are on their way
when it ends, and a host that reads takes them at once."""

MARGIN: Final = 3.0
"""Seconds after the grace at which the process ends, whatever still runs: a lifespan that does not
exit, a thread of the user's that nobody ends, a handler that blocks the loop."""


class Life:
    """One worker, from its start to its end.

    Args:
        service: What is offered.
        wire: Where the host is.
        lifespan: Makes what is entered before `$/ready` and left at the end, or None.
        middleware: What stands around every handler, the first outermost.
        frontend: What the clients offer, if the worker calls anything there.
        limits: How much is taken on.
        grace: Seconds that running handlers have when the worker ends.
        loop: The loop that `run` will run on.

    Attributes:
        signals: What handles the signals, as long as the process lives.
        code: The exit code, as far as it is known: 1 until a clean end.
        clean: Whether nothing runs any more, so that the interpreter can end in its own way.
    """

    def __init__(
        self,
        service: Service,
        wire: Wire,
        *,
        lifespan: Callable[[], AbstractAsyncContextManager[object]] | None,
        middleware: Sequence[Middleware],
        frontend: Frontend | None,
        limits: Limits,
        grace: float,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.code = 1
        self.clean = False
        self._wire = wire
        self._output = wire.output
        self._lifespan = lifespan
        self._limits = limits
        self._grace = grace
        self._debug = service.debug
        self._loop = loop
        self._task: asyncio.Task[None] | None = None
        self._ready = False
        self._ending: asyncio.Future[None] = loop.create_future()
        self._deadline = float("inf")
        self._gone: asyncio.Future[None] = loop.create_future()
        self._backstop = False
        self._signalled = False
        self._output.attach(loop)
        self._channel = Channel(
            *(service, self._output, limits), loop=loop, middleware=middleware, frontend=frontend
        )
        self._log: LogFeed | None = None
        self._watchdog = Watchdog(loop, service.methods, self._channel.is_busy)
        self.signals = Signals(loop, self._signal)

    async def run(self) -> None:
        """Live; `code` and `clean` tell how it ended."""
        self._task = asyncio.current_task()
        # Whatever the lifespan starts may call the frontend, and so may the handlers.
        SERVING.set(self._channel)
        failed = await self._live()
        if not await self._wire.drain(max(self._left(), FLUSHING)):
            _say("not all output was taken: stdout is closed or full, or the host does not read it")
        self.code = 1 if failed or self._output.dropped else 0
        self.clean = await _cancel_leftovers() and not self._channel.busy_elsewhere

    async def _live(self) -> bool:
        """Enter the lifespan, serve, leave it; return whether that failed."""
        try:
            async with self._lifespan_or_nothing() as state:
                self._ready = True
                await self._serve(state)
        except asyncio.CancelledError:
            # Cancelled by a signal before it was ready; or by somebody in the lifespan.
            return self._ready
        except BaseException as error:  # noqa: BLE001 - SystemExit too ends the worker in order
            if self._ready:
                traceback.print_exception(error)
            else:
                self._output.write(fatal_line(error, debug=self._debug))
                explain(error)
            return True
        return False

    def _log_levels_changed(self, level: int) -> None:
        if self._log is None:
            from rpc_worker.logs import LogFeed  # noqa: PLC0415 - few clients ask for a log

            self._log = LogFeed(self._channel, self._loop, self._wire.show_strays)
            self._channel.on_room = self._log.flush
        self._log.ask(level)

    def _lifespan_or_nothing(self) -> AbstractAsyncContextManager[object]:
        if self._lifespan is None:
            return nullcontext()
        manager = self._lifespan()
        if not hasattr(manager, "__aenter__"):
            raise StartError(
                f"the lifespan must return an asynchronous context manager, and returned "
                f"{type(manager).__name__}; write @contextlib.asynccontextmanager above "
                f"async def {getattr(self._lifespan, '__name__', 'lifespan')}(): …"
            )
        return manager

    async def _serve(self, state: object) -> None:
        channel, output = self._channel, self._output
        channel.on_shutdown = self._end
        channel.on_log_levels = self._log_levels_changed
        channel.watch = self._watchdog
        output.on_taken = self._taken
        channel.announce(state)
        self._wire.start(
            self._receive, end=self._input_ended, hung_up=self._end, gone=self._output_gone
        )
        try:
            await self._ending
            idle = asyncio.create_task(channel.over())
            if self._signalled:
                await asyncio.sleep(0)
                if not idle.done():
                    seconds = f"{self._left():.2g} s"
                    _say(f"waiting up to {seconds} for what runs; a second signal ends it at once")
            waiting = {idle, self._gone}
            await asyncio.wait(waiting, timeout=self._left(), return_when=asyncio.FIRST_COMPLETED)
            if not idle.done():
                channel.cancel_all()
                await asyncio.wait({idle}, timeout=UNWINDING)
        except asyncio.CancelledError:
            # A task of the lifespan's failed, and takes the worker along.
            channel.stop_intake()
            channel.cancel_all()
            raise
        finally:
            self._watchdog.close()
            channel.close()

    def _left(self) -> float:
        """Return the seconds of grace that are left."""
        return max(0.0, self._deadline - self._loop.time())

    # -------------------------------------------------------------- what begins the ending

    def _signal(self) -> None:
        """Begin the ending because of a signal. In its handler: the loop may be blocked."""
        self._signalled = True
        self._stop_at_last()
        self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        if self._ending.done():
            return
        self._ending.set_result(None)
        self._deadline = self._loop.time() + self._grace
        self._stop_at_last()
        self._channel.stop_intake()
        if not self._ready and self._task is not None:
            self._task.cancel()

    def _input_ended(self) -> None:
        self._channel.receive_end()
        self._end()

    def _output_gone(self) -> None:
        """Begin the ending without a grace: nobody would hear the answers."""
        self._end()
        if not self._gone.done():
            self._gone.set_result(None)

    def _stop_at_last(self) -> None:
        if not self._backstop:
            self._backstop = True
            # Not threading.Thread: a signal may have come while that module's locks are held.
            import _thread  # noqa: PLC0415 - as it stands, so that it is not used elsewhere

            with held_back():
                _thread.start_new_thread(self._stop_after, (self._grace + MARGIN,))

    def _stop_after(self, seconds: float) -> None:
        import threading  # noqa: PLC0415 - asyncio has it
        import time  # noqa: PLC0415

        time.sleep(seconds)
        main = threading.main_thread()
        names = [t.name for t in threading.enumerate() if t is not main and not t.daemon]
        what = f"threads that still run: {', '.join(names)}" if names else "something blocks it"
        text = f"rpc-worker: not ended {seconds:g} s after it was asked to ({what}); ending now.\n"
        try:
            os.write(2, text.encode(errors="backslashreplace"))
        finally:
            exit_at_once(self.code)

    # ----------------------------------------------------------------------------- the flow

    def _receive(self, chunk: bytes) -> None:
        self._channel.receive(chunk)
        if self._channel.backlog + self._output.pending > self._limits.hard_bytes:
            self._wire.pause()
            self._channel.on_backlog_taken = self._read_on

    def _taken(self) -> None:
        if self._output.pending <= self._limits.soft_output_bytes:
            self._channel.output_taken()
        if self._wire.paused:
            self._read_on()

    def _read_on(self) -> None:
        if self._channel.backlog + self._output.pending <= self._limits.hard_bytes:
            self._channel.on_backlog_taken = None
            self._wire.resume()


def _say(text: str) -> None:
    sys.stderr.write(f"rpc-worker: {text}.\n")


async def _cancel_leftovers() -> bool:
    """Cancel the tasks that nobody has ended; return whether all of them have ended then."""
    leftovers = asyncio.all_tasks() - {asyncio.current_task()}
    if not leftovers:
        return True
    for task in leftovers:
        task.cancel()
    done, stuck = await asyncio.wait(leftovers, timeout=FLUSHING)
    for task in done:
        if not task.cancelled() and (error := task.exception()) is not None:
            print(f"rpc-worker: {task.get_name()} failed at the end:", file=sys.stderr)  # noqa: T201
            traceback.print_exception(error)
    return not stuck
