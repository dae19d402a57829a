"""The example host in `examples/relay`, from outside: JSON strings in and out, a worker inside."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

pytestmark = pytest.mark.process

DEADLINE: Final = 20.0
RELAY: Final = Path(__file__).parents[1] / "examples" / "relay"
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals to send")

ECHO: Final = """
import sys
for line in sys.stdin.buffer:
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()
"""
DEAF: Final = "import threading; threading.Event().wait()"


@pytest.fixture(scope="session")
def relay() -> str:
    cargo = shutil.which("cargo")
    assert cargo is not None, "the relay is written in Rust: install cargo (https://rustup.rs)"
    manifest = RELAY / "Cargo.toml"
    command = [cargo, "build", "--release", "--quiet", "--locked", "--manifest-path", str(manifest)]
    subprocess.run(command, check=True, timeout=300)
    suffix = ".exe" if sys.platform == "win32" else ""
    return str(RELAY / "target" / "release" / f"relay{suffix}")


def run(
    relay: str, worker: str, sent: bytes = b"", *, grace: float = DEADLINE
) -> subprocess.CompletedProcess[bytes]:
    """Relay `sent` to a worker, end the relay's stdin, and wait for both."""
    command = [relay, "--grace", str(grace), sys.executable, "-c", worker]
    return subprocess.run(command, input=sent, capture_output=True, check=False, timeout=DEADLINE)


def payloads(stdout: bytes) -> list[object]:
    lines = stdout.split(b"\n")
    assert lines.pop() == b"", "the last line is whole"
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize(
    "payload",
    [
        '{"jsonrpc":"2.0","id":1,"method":"add","params":[1,2]}',
        '{"text":"a \\"quoted\\" line\\nand a backslash \\\\"}',
        "U+2028 \u2028, U+2029 \u2029, U+0085 \u0085 and U+007F \u007f are no line ends",
        "tab \t, NUL \0, escape \x1b, vertical tab \v",
        "ä € 😀 \U0010ffff",
        "x" * 2**20,
        "😀\\" * 2**17,
    ],
    ids=["call", "quotes", "separators", "controls", "planes", "1 MiB", "1 MiB of escapes"],
)
def test_a_payload_comes_back_as_it_was(relay: str, payload: str, ascii_only: bool) -> None:
    sent = json.dumps(payload, ensure_ascii=ascii_only).encode() + b"\n"
    done = run(relay, ECHO, sent)
    assert payloads(done.stdout) == [payload]
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_newline_is_put_back_exactly_once(relay: str) -> None:
    count = "import sys; print(ascii(sys.stdin.buffer.read()))"
    done = run(relay, count, b'"bare"\n"ended\\n"\n"two\\nlines"\n')
    assert payloads(done.stdout) == [r"b'bare\nended\ntwo\nlines\n'"]


def test_a_payload_arrives_as_one_piece(relay: str) -> None:
    first_read = "import os; print('up', flush=True); print(ascii(os.read(0, 65536)), flush=True)"
    command = [relay, sys.executable, "-c", first_read]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b'"up"\n'
        stdout, _ = process.communicate(b'"piece"\n', timeout=DEADLINE)
    assert payloads(stdout) == [r"b'piece\n'"]


def test_lines_keep_their_order(relay: str) -> None:
    sent = [f'{{"id":{n},"pad":"{"x" * (n % 700)}"}}' for n in range(5_000)]
    done = run(relay, ECHO, "".join(json.dumps(line) + "\n" for line in sent).encode())
    assert payloads(done.stdout) == sent


def test_a_bad_line_from_the_worker_harms_nothing_but_itself(relay: str) -> None:
    worker = r"import os; os.write(1, b'before\n\xff\xfe\nbehind\r\nlast, without an end')"
    done = run(relay, worker)
    assert payloads(done.stdout) == ["before", "behind", "last, without an end"]
    assert done.stderr == b"relay: a line from the worker was dropped: it is not UTF-8\n"


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b'{"not":"a string"}', b"a payload was dropped: not a JSON string"),
        (b'"\\ud800"', b"a payload was dropped: a bad escape before byte 7"),
        (b'"open', b"a payload was dropped: a JSON string without its closing quote"),
        (b'"\xff"', b"a line from the frontend was dropped: it is not UTF-8"),
    ],
)
def test_a_bad_payload_is_dropped_and_reported(relay: str, bad: bytes, reason: bytes) -> None:
    done = run(relay, ECHO, b'"before"\n' + bad + b'\n"behind"\n')
    assert payloads(done.stdout) == ["before", "behind"]
    assert done.stderr.startswith(b"relay: " + reason)


def test_the_worker_knows_its_host(relay: str) -> None:
    worker = "import os; print(os.environ['RPC_WORKER_HOST_PID'])"
    command = [relay, sys.executable, "-c", worker]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        stdout, _ = process.communicate(timeout=DEADLINE)
    assert payloads(stdout) == [str(process.pid)]


@pytest.mark.parametrize("code", [0, 1, 7, 255])
def test_the_relay_ends_with_the_workers_code(relay: str, code: int) -> None:
    # Its stdin stays open: the worker's end alone must end it.
    command = [relay, sys.executable, "-c", f"raise SystemExit({code})"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert process.wait(DEADLINE) == code


@posix_only
def test_a_signal_that_ends_the_worker_is_told_as_a_shell_does(relay: str) -> None:
    worker = "import os; print('last words', flush=True); os.kill(os.getpid(), 9)"
    done = run(relay, worker)
    assert payloads(done.stdout) == ["last words"]
    assert done.returncode == 128 + 9


def test_the_end_of_stdin_lets_the_worker_finish(relay: str) -> None:
    worker = "import sys; n = len(sys.stdin.read()); print('read', n, flush=True); sys.exit(3)"
    done = run(relay, worker, b'"12345"\n')
    assert payloads(done.stdout) == ["read 6"]
    assert done.returncode == 3


@pytest.mark.parametrize("sent", [b"", b'"' + b"x" * 2**20 + b'"\n'], ids=["idle", "pipe full"])
def test_a_worker_that_does_not_end_is_killed(relay: str, sent: bytes) -> None:
    done = run(relay, DEAF, sent, grace=0.1)
    assert b"did not end within 100ms: killed" in done.stderr
    assert done.returncode == (1 if sys.platform == "win32" else 128 + 9)


@posix_only
def test_the_worker_sees_the_end_of_a_killed_relay(relay: str) -> None:
    # The worker and the relay hold the only other ends of this pipe: its end is theirs.
    ours, theirs = os.pipe()
    worker = f"import os, sys; os.write({theirs}, b'up'); sys.stdin.read()"
    command = [relay, sys.executable, "-c", worker]
    try:
        with subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=[theirs]) as process:
            os.close(theirs)
            assert read(ours) == b"up"
            process.send_signal(signal.SIGKILL)
            assert read(ours) == b""
    finally:
        os.close(ours)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], 2, "the worker's program is missing"),
        (["--grace"], 2, "--grace takes a number of seconds, such as 0.5"),
        (["--grace", "soon", "python"], 2, "--grace takes a number of seconds, such as 0.5"),
        (["--grace", "-1", "python"], 2, "--grace takes a number of seconds, such as 0.5"),
        (["no-such-program"], 127, "cannot run no-such-program: "),
    ],
)
def test_a_wrong_command_line(relay: str, arguments: list[str], code: int, message: str) -> None:
    done = subprocess.run([relay, *arguments], capture_output=True, check=False, timeout=DEADLINE)
    assert done.returncode == code
    assert done.stderr.decode().startswith(f"relay: {message}")


def read(descriptor: int) -> bytes:
    readable, _, _ = select.select([descriptor], [], [], DEADLINE)
    assert readable, "nothing came within the deadline"
    return os.read(descriptor, 64)
