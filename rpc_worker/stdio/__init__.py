"""File descriptors 0 and 1 belong to the wire, and to nothing else in the process.

The one place that touches file descriptors. Read in this order: `claim` takes the descriptors and
diverts whatever strays to them; `strays` shows that text to who asks; `reading` and `writing` move
bytes without ever blocking the loop, in ways that `output` chooses; `hangup` sees what neither
sees; `wire` puts them together.

Nothing here knows lines, JSON or requests.
"""

from rpc_worker.stdio.wire import Wire, take

__all__ = ["Wire", "take"]
