"""The process group that the worker leads: what it has started, and what that has started.

Who closes an app expects that nothing of it stays behind, so whatever is left of the group when the
worker ends is asked to end too. A child that is meant to outlive the worker is started in a session
of its own, `start_new_session=True`. Windows has no such groups.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress

__all__ = ["end", "lead"]

_led = 0
"""The process that leads a group in which only its children are; 0 for none. A forked child has
another number, and leads nothing."""


def lead() -> None:
    """Become the leader of a process group, if that can be."""
    global _led  # noqa: PLW0603 - a process has one group
    if sys.platform == "win32":
        return
    own = os.getpid()
    if os.getpgrp() != own:
        with suppress(OSError):  # A sandbox may not allow it.
            os.setpgid(0, 0)
            _led = own
    elif os.getsid(0) == own:
        _led = own
    # Else somebody has made it the leader: a shell does so with the first process of a pipeline,
    # and the group has the others as well.


def end() -> None:
    """Send SIGTERM to the group. The worker itself must be deaf to it by now."""
    if sys.platform != "win32" and _led == os.getpid():
        with suppress(OSError):  # macOS does not let a dying group be signalled.
            os.killpg(_led, signal.SIGTERM)
