"""What may be written on the command line, and what is said of each option."""

from __future__ import annotations

import argparse
import math
from typing import TYPE_CHECKING, Any, NoReturn

from rpc_worker import __version__
from rpc_worker.cli.wording import UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["parser"]


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints are worded and shown in one place."""

    def error(self, message: str) -> NoReturn:
        stop = "" if message.endswith("?") else "."
        raise UsageError(f"{message}{stop} {self.prog} --help tells more")

    def refuse(self, unknown: Sequence[str]) -> NoReturn:
        """Complain of arguments that mean nothing."""
        guess = did_you_mean(unknown[0].partition("=")[0], self._option_string_actions)
        self.error(" ".join([f"unrecognized arguments: {' '.join(unknown)}.", guess]).rstrip(" ."))


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line; `parser` of what it returns is the command's own."""
    parser = _Parser(
        prog="rpc-worker",
        description="A typed JSON-RPC worker in Python, and its TypeScript client.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"rpc-worker {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    generate = commands.add_parser(
        "generate",
        help="write the TypeScript client of a contract",
        description="Write the TypeScript client of one or more contracts into a folder.",
        epilog="example: rpc-worker generate shared_api:BackendAPI --out src/rpc --io tauri-event",
        allow_abbrev=False,
    )
    openrpc = commands.add_parser(
        "openrpc",
        help="write the OpenRPC document of a contract",
        description="Write what a worker answers rpc.discover with, to be committed or compared.",
        epilog="example: rpc-worker openrpc shared_api:BackendAPI --out contract.json",
        allow_abbrev=False,
    )
    run = commands.add_parser(
        "run",
        help="serve an object on stdin and stdout",
        description="Serve an object on stdin and stdout, until the host closes them.",
        epilog="example: rpc-worker run backend:backend --contract shared_api:BackendAPI",
        allow_abbrev=False,
    )
    attach = commands.add_parser(
        "attach",
        help="debug a worker that waits at a breakpoint()",
        description="Debug a worker that was started with --debugger and waits at a breakpoint().",
        epilog="example: rpc-worker attach 40123",
        allow_abbrev=False,
    )
    for command in (generate, openrpc, run, attach):
        command.set_defaults(parser=command)
    _describe_generate(generate)
    _describe_openrpc(openrpc)
    _describe_run(run)
    attach.add_argument("port", type=_port, metavar="PORT", help="as the worker said it on stderr")
    return parser


def _describe_generate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "contracts",
        nargs="+",
        metavar="module:Contract",
        help="the typed class, and the module that has it",
    )
    _describe_frontend(parser, "the typed class of what the page offers to the worker")
    parser.add_argument(
        "--out", metavar="DIR", help="the folder; what is not generated stays as it is"
    )
    parser.add_argument(
        "--io",
        default="",
        metavar="NAME,…",
        help="the transports to include, such as tauri-event,node,memory",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; name each file that differs, and exit with 1 if one does",
    )
    parser.add_argument(
        "--watch",
        action="store_true",
        help="go on, and write again whenever a source of the contract changes, until Ctrl-C",
    )
    parser.add_argument(
        "--against",
        metavar="FILE-or-REVISION",
        help="write nothing; tell what has changed since a document of rpc-worker openrpc, or a "
        "revision of git, and exit with 1 if that breaks what was generated from it",
    )


def _describe_openrpc(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "contract", metavar="module:Contract", help="the typed class, and the module that has it"
    )
    _describe_frontend(parser, "the typed class of what the worker calls in the page")
    parser.add_argument("--out", metavar="FILE", help="the file (default: stdout)")


def _describe_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "target",
        metavar="module:object",
        help="the implementation, and the module that has it; or a module alone, if its functions "
        "are those of a jsonrpcserver app",
    )
    parser.add_argument(
        "--contract",
        metavar="module:Class",
        help="the typed class it implements (default: the Protocol that its class inherits)",
    )
    _describe_frontend(parser, "the typed class of what the worker may call in the page")
    parser.add_argument(
        "--grace",
        type=_seconds,
        default=5.0,
        metavar="SECONDS",
        help="how long running handlers have when the worker ends (default: 5)",
    )
    parser.add_argument(
        "--name", help="the worker's name for people (default: the contract's name)"
    )
    parser.add_argument(
        "--worker-version",
        default="0.0.0",
        metavar="VERSION",
        help="the worker's own version (default: 0.0.0)",
    )
    parser.add_argument(
        "--debug", action="store_true", help="send the traceback with internal errors"
    )
    parser.add_argument(
        "--debugger",
        action="store_true",
        help="have breakpoint() wait for rpc-worker attach, in a terminal of its own",
    )


def _describe_frontend(parser: argparse.ArgumentParser, text: str) -> None:
    parser.add_argument("--frontend", action=_Once, metavar="module:Frontend", help=text)


class _Once(argparse.Action):
    """An option of which a second one would have to be ignored without a word."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        if getattr(namespace, self.dest) is not None:
            parser.error(f"{option_string} is given once: a page offers one contract")
        setattr(namespace, self.dest, values)


def _port(text: str) -> int:
    if text.isdecimal() and 0 < int(text) < 2**16:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no port; write the number that the worker said")


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not (seconds >= 0 and math.isfinite(seconds)):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds; write one such as 2.5")
    return seconds
