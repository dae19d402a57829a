"""What one pass of the loop has to write, joined into as few writes as is good for both ends.

The answers to a batch are collected here, too, until all of them are there. Nothing here knows
what a line says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rpc_worker.executors import BURST
from rpc_worker.messages import batch_parts, error_line
from rpc_worker.refusals import response_too_large

if TYPE_CHECKING:
    from rpc_worker.interfaces import Output
    from rpc_worker.limits import Limits

__all__ = ["BatchAnswers", "Outbox"]


class BatchAnswers(msgspec.Struct, eq=False):
    """The answers to a batch, until all of them are there.

    Attributes:
        waiting: Entries without an answer, and one more while the batch is being read.
        lines: The answers, each a whole line.
        size: Their bytes.
    """

    waiting: int = 1
    lines: list[bytes] = []
    size: int = 0


class Outbox:
    """Collects lines, and writes them.

    Attributes:
        lines: What is to be written. Who adds to it sees to it that `write` is called.
        unsolicited: Bytes among them that no request has asked for.
        batched: Bytes of answers that wait for the others of their batch.
    """

    def __init__(self, output: Output, limits: Limits) -> None:
        self.lines: list[bytes] = []
        self.unsolicited = 0
        self.batched = 0
        self._output = output
        self._limits = limits
        self._has_parts = False

    @property
    def unread(self) -> int:
        """Bytes that the host has not taken yet, written or not; large answers aside."""
        return self._output.pending + self.unsolicited

    def put(self, *parts: bytes) -> None:
        """Add a line, in one part or several."""
        if len(parts) > 1:
            self._has_parts = True
        self.lines.extend(parts)

    def answer(self, identity: bytes, answers: BatchAnswers | None, *parts: bytes) -> None:
        """Add the line of an answer, or keep it until its batch is complete."""
        if answers is None:
            self.put(*parts)
            return
        line = b"".join(parts)
        size = answers.size + len(line)
        if size > self._limits.response_bytes:
            line = error_line(identity, response_too_large(size, self._limits))
        answers.lines.append(line)
        answers.size += len(line)
        self.batched += len(line)
        self.close_entry(answers)

    def close_entry(self, answers: BatchAnswers) -> None:
        """Write a batch's answer once everything in it has been read and answered."""
        answers.waiting -= 1
        if answers.waiting == 0 and answers.lines:
            self.batched -= answers.size
            self.put(*batch_parts(answers.lines))

    def write(self) -> int:
        """Write what there is; return the bytes that the host has not taken yet."""
        lines, self.lines, self.unsolicited = self.lines, [], 0
        if len(lines) == 1:
            self._output.write(lines[0])
        elif self._has_parts:
            self._has_parts = False
            self._output.write(*lines)
        else:
            for start in range(0, len(lines), BURST):
                self._output.write(b"".join(lines[start : start + BURST]))
        return self._output.pending
