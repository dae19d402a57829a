"""The command line: which command was meant, and what is said when it was written wrongly.

Imports are late: `run` has to own stdin and stdout before anything of the user's is imported, and
to answer soon after that; and `generate` needs no event loop.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from rpc_worker.cli.options import parser
from rpc_worker.cli.wording import UsageError, did_you_mean

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

COMMANDS: Final = ("generate", "openrpc", "run", "attach")
_LISTED: Final = "generate, openrpc, run and attach"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        The exit code: 0; 1 if a contract or what was generated is wrong, or breaks what was
        generated before; 2 if the command line is wrong. `run` ends the process itself.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        options = _parse(arguments)
        if options.command == "run":
            from rpc_worker.cli.run import run  # noqa: PLC0415 - as said above

            run(options)
        if options.command == "attach":
            from rpc_worker.cli.attach import attach  # noqa: PLC0415 - as said above

            return attach(options.port)
        return _write(options)
    except UsageError as error:
        name = arguments[0] if arguments and arguments[0] in COMMANDS else None
        sys.stderr.write(f"{' '.join(filter(None, ('rpc-worker', name)))}: {error}\n")
        return 2


def _write(options: argparse.Namespace) -> int:
    """Write, or compare, what is made of a contract."""
    if options.command == "openrpc":
        from rpc_worker.cli.openrpc import openrpc  # noqa: PLC0415 - as said above

        return openrpc(options)
    if options.against is not None:
        from rpc_worker.cli.against import against  # noqa: PLC0415 - as said above

        return against(options)
    if options.watch:
        from rpc_worker.cli.watch import watch  # noqa: PLC0415 - as said above

        return watch(options)
    from rpc_worker.cli.generate import generate  # noqa: PLC0415 - as said above

    return generate(options)


def _parse(arguments: list[str]) -> argparse.Namespace:
    if not arguments:
        raise UsageError(
            "say what to do: generate writes a TypeScript client, openrpc a document, run serves "
            "a worker, attach debugs one. rpc-worker --help tells more"
        )
    first = arguments[0]
    if not first.startswith("-") and first not in COMMANDS:
        guess = did_you_mean(first, COMMANDS) or f"The commands are {_LISTED}."
        raise UsageError(f"there is no command {first!r}. {guess}")
    options, unknown = parser().parse_known_args(arguments)
    if unknown:
        options.parser.refuse(unknown)
    if options.command is None:
        raise UsageError(f"say what to do. The commands are {_LISTED}")
    return options
