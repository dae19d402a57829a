"""Several clients of one worker at once, played at random; and what must hold whatever they do.

The clients know the protocol and what each handler was told to do, so they know what must come next
from the worker, and what must not. How bytes get to the worker and back is not known here.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, TypeAlias

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from tests.conversation import is_batch
from tests.performer import LIMITS, PARTS, PICKED

if TYPE_CHECKING:
    from collections.abc import Iterator

Outcome: TypeAlias = tuple[str, Any]
"""`("result", value)` or `("error", code)`."""

CANCELLED, EXPIRED, UNKNOWN, ENDED, INVALID = -32800, -32050, -32001, -32002, -32600
INTERNAL = -32603
REFUSED = 4001
"""What the clients answer when they answer with an error."""

PULL_AHEAD = 1_024
"""Items that a stream may be ahead of its reader."""

ANSWER = "an answer"
"""What is due for a request that nothing holds up."""

NEXT, ABORT, CANCEL = "$/enumerator/next", "$/enumerator/abort", "$/cancelRequest"
HOLDING = ("hold", "stubborn")
WAITING = ("confirm", "both", "pick", "upload")
STEPS = st.lists(
    st.sampled_from(
        [
            *("turn", "report", "tell", "ask", "confirm", "both", "take", "take", "leave"),
            *("pick", "upload", "emit", "emit here", "hold", "stubborn", "fail", "crash"),
        ]
    ),
    max_size=6,
)
STEPS_IN_THREAD = st.lists(
    st.sampled_from(
        ["report", "tell", "ask", "confirm", "take", "take", "leave", "emit", "hold", "fail"]
    ),
    max_size=4,
)
WHICH = st.integers(0, 7)
"""One of what there is, whatever that is: what is drawn never depends on what has come."""

LATER = st.booleans()
TIMEOUTS = st.sampled_from([None, None, None, 0, 20_000, 100_000])

GARBAGE: list[tuple[str, int | None]] = [
    ("{", -32700),
    ("nonsense", -32700),
    ('"text"', -32600),
    ("[]", -32600),
    ('{"jsonrpc":"2.0"}', -32600),
    ('{"jsonrpc":"2.0","id":{},"method":"add"}', -32600),
    ("", None),
    (" ", None),
    ('{"jsonrpc":"2.0","method":"nobody"}', None),
    ('{"jsonrpc":"2.0","id":"w999","result":1}', None),
    ('{"jsonrpc":"2.0","id":"nobody:w1","error":{"code":1,"message":""}}', None),
    ('{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":"nobody"}}', None),
    ('{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":true}}', None),
    ('{"jsonrpc":"2.0","method":"$/cancelRequest"}', None),
    ('{"jsonrpc":"2.0","method":"$/progress","params":{"token":"nobody","value":1}}', None),
    ('{"jsonrpc":"2.0","method":"$/invokeProxy/1/invoke","params":[1]}', None),
    ('{"jsonrpc":"2.0","method":"$/enumerator/abort","params":["nobody"]}', None),
    ('{"jsonrpc":"2.0","method":"$/endSession","params":{"session":"nobody"}}', None),
    ('{"jsonrpc":"2.0","method":"$/releaseMarshaledObject","params":[1,false]}', None),
]


@dataclass(eq=False)
class Given:
    """A stream that a client gives the worker: in an argument, or as a result."""

    items: list[int] = field(default_factory=list[int])
    end: str | None = None
    aborted: bool = False

    def at(self, position: int) -> str | None:
        """Return what the worker finds at a position; None if that has not been given."""
        if position < len(self.items):
            return str(self.items[position])
        if self.end == "finished" or (self.end is not None and position > len(self.items)):
            return "None"
        return self.end


@dataclass(eq=False, repr=False)
class Window:
    """One client: a session, or what has said no hello."""

    name: str | None
    label: str = ""
    ended: bool = False
    gone: bool = False
    """Whether all has been read that the worker wrote before it knew of the end."""
    asked: dict[str, Asked] = field(default_factory=dict[str, "Asked"])
    seen: set[str] = field(default_factory=set[str])
    open: dict[str, Asking] = field(default_factory=dict[str, "Asking"])
    given: dict[str, tuple[Given, Asked]] = field(default_factory=dict[str, "tuple[Given, Asked]"])
    handles: dict[int, tuple[str, Asked]] = field(default_factory=dict[int, "tuple[str, Asked]"])
    progress: dict[str, Performing] = field(default_factory=dict[str, "Performing"])
    pulled: dict[str, Pulled] = field(default_factory=dict[str, "Pulled"])

    def __repr__(self) -> str:
        return f"Window({self.name!r}, ended={self.ended})"

    @property
    def begin(self) -> str:
        return "" if self.name is None else f"{self.name}:"


@dataclass(eq=False, repr=False)
class Asking:
    """A request of the worker's."""

    id: str
    kind: str
    params: Any
    call: Asked
    given: Given | None = None
    reports: list[int] = field(default_factory=list[int])
    parts: str = ""


@dataclass(eq=False, repr=False)
class Asked:
    """A request of a client's. As it is, one that is answered at once."""

    id: str
    window: Window
    allowed: list[Outcome] = field(default_factory=list[Outcome])
    key: int = 0
    cancelled: bool = False
    deadline: float | None = None
    answered: bool = False
    expired: bool = False

    def __repr__(self) -> str:
        known = {name: value for name, value in vars(self).items() if value}
        return f"{type(self).__name__}({known})"

    def due(self) -> str | None:
        """Return what must come from the worker now, if anything."""
        return ANSWER

    def check(self, outcome: Outcome) -> None:
        """See that an answer is one of those that may come."""
        if (self.cancelled and outcome == ("error", CANCELLED)) or (
            self.expired and outcome == ("error", EXPIRED)
        ):
            return
        self.check_own(outcome)

    def check_own(self, outcome: Outcome) -> None:
        assert outcome in self.allowed, (self, outcome)


class Greeting(Asked):
    """A hello. What its answer says is told of elsewhere."""

    def check_own(self, outcome: Outcome) -> None:
        assert outcome[0] == "result", outcome


@dataclass(eq=False, repr=False)
class Performing(Asked):
    """A handler that does one step after the other."""

    steps: list[str] = field(default_factory=list[str])
    items: Given | None = None
    asks: list[str] | None = None
    tells: bool = False
    confirms: list[str] = field(default_factory=list[str])
    picks: list[Given | str] = field(default_factory=list["Given | str"])
    uploads: list[str] = field(default_factory=list[str])
    reports: list[int] | None = None
    told: list[int] = field(default_factory=list[int])

    def play(self) -> tuple[str, Any]:
        """Return how far the handler gets with what it has been given, and what it says."""
        said: list[str] = []
        at = Counter[str]()
        left = False

        def following(given: list[str], kind: str) -> str | None:
            at[kind] += 1
            return given[at[kind] - 1] if at[kind] <= len(given) else None

        for step in self.steps:
            if step in {"fail", "crash"}:
                return "raised", 4000 if step == "fail" else INTERNAL
            if step in HOLDING:
                return "holds", step
            if step == "ask" and self.asks is not None:
                answer = following(self.asks, "ask")
            elif step == "confirm":
                answer = following(self.confirms, "confirm")
            elif step == "upload":
                answer = following(self.uploads, "upload")
            elif step == "both" and self.asks is not None:
                both = following(self.asks, "ask"), following(self.confirms, "confirm")
                answer = None if None in both else " ".join(map(str, both))
                if answer is None:
                    missing = [k for k, v in zip(("ask", "confirm"), both, strict=True) if not v]
                    return "waits", missing
                said += [f"both: {answer}"]
                continue
            elif step == "pick":
                at["pick"] += 1
                picks = self.picks[at["pick"] - 1 :]
                if picks and isinstance(picks[0], Given) and _picked(picks[0]) is None:
                    return "waits", [NEXT]
                answer = None if not picks else _picked(picks[0])
            elif step == "take" and self.items is not None:
                answer = "None" if left else self.items.at(at["take"])
                at["take"] += 1
                step = NEXT if answer is None else step  # noqa: PLW2901 - what is waited for
            else:
                left = left or step == "leave"
                said += [step]
                continue
            if answer is None:
                return "waits", [step]
            said += [f"{step}: {answer}"]
        return "returned", said

    def due(self) -> str | None:
        if self.cancelled or self.expired:
            return ANSWER
        state, what = self.play()
        if state == "waits":
            kinds = [asking.kind for asking in self.window.open.values() if asking.call is self]
            missing = [kind for kind in what if kind not in kinds]
            return f"the requests {missing}" if missing else None
        return None if state == "holds" else ANSWER

    def check_own(self, outcome: Outcome) -> None:
        state, what = self.play()
        if self.steps.count("fail"):
            # RpcErrors of other steps are told; this one is raised.
            assert outcome[0] == "error" or state == "returned", (self, outcome)
        expected = ("result", what) if state == "returned" else ("error", what)
        assert state in {"returned", "raised"}, (self, outcome, state)
        assert outcome == expected, (self, outcome, expected)


def _picked(given: Given | str) -> str | None:
    if isinstance(given, str):
        return f"[] {given}"
    if len(given.items) >= PICKED or given.end == "finished":
        return f"{given.items[:PICKED]} 0"
    return None if given.end is None else f"{given.items} {given.end.removeprefix('error ')}"


@dataclass(eq=False, repr=False)
class Opening(Asked):
    """A call that returns a stream."""

    n: int = 0
    end: str = "finish"
    items: Given | None = None
    pulled: Pulled | None = None
    batched: bool = False

    def item(self, index: int) -> int:
        return index if self.items is None else 2 * self.items.items[index]

    def available(self) -> int:
        return self.n if self.items is None else len(self.items.items)

    def ending(self) -> str | None:
        """Return how the stream ends after the last item that there is; None if it does not."""
        if self.items is None:
            return None if self.end == "wait" else self.end
        if self.items.end is None:
            return None
        return "finish" if self.items.end == "finished" else "crash"

    def check_own(self, outcome: Outcome) -> None:
        kind, form = outcome
        assert kind == "result", (self, outcome)
        values = form.get("values", [])
        assert values == [self.item(i) for i in range(len(values))]
        if "token" in form:
            self.pulled = Pulled(json.dumps(form["token"]), self, len(values))
            self.pulled.aborted = self.cancelled
            assert self.pulled.token not in self.window.pulled
            self.window.pulled[self.pulled.token] = self.pulled
        else:
            assert (len(values), self.ending()) == (self.available(), "finish"), (self, form)


@dataclass(eq=False, repr=False)
class Pulled:
    """A stream of the worker's."""

    token: str
    opening: Opening
    received: int = 0
    nexts: int = 0
    aborted: bool = False
    over: bool = False
    since: float = 0.0
    idle: bool = False


@dataclass(eq=False, repr=False)
class Next(Asked):
    """What asks for items of a stream."""

    pulled: Pulled | None = None
    second: bool = False
    late: bool = False

    def due(self) -> str | None:
        pulled = self.pulled
        assert pulled is not None
        opening = pulled.opening
        if (
            self.cancelled
            or self.expired
            or (pulled.aborted or pulled.over or pulled.idle)
            or (opening.expired or opening.window.ended)
            or pulled.received < opening.available()
            or opening.ending()
        ):
            return ANSWER
        return None

    def check(self, outcome: Outcome) -> None:
        pulled = self.pulled
        assert pulled is not None
        opening = pulled.opening
        kind, what = outcome
        if kind == "result":
            values = what["values"]
            finished = what.get("finished", False)
            assert values or finished
            assert not pulled.over, (self, outcome)
            first = pulled.received
            assert values == [opening.item(first + i) for i in range(len(values))]
            pulled.received += len(values)
            pulled.nexts += 1
            if finished:
                assert (pulled.received, opening.ending()) == (opening.available(), "finish")
                pulled.over = True
            return
        if what == CANCELLED and self.cancelled and not pulled.aborted:
            return
        if what == INVALID:
            assert self.second, self
            return
        whole = pulled.received == opening.available()
        reasons = {
            CANCELLED: pulled.aborted or opening.cancelled or opening.window.ended,
            UNKNOWN: self.late or pulled.over or pulled.aborted or pulled.idle or opening.expired,
            EXPIRED: opening.expired or self.expired,
            4000: whole and opening.ending() == "fail" and not pulled.over,
            INTERNAL: whole and opening.ending() == "crash" and not pulled.over,
        }
        assert reasons.get(what), (self, outcome)
        if not (what == EXPIRED and self.expired and not opening.expired):
            pulled.over = True


def _alive(call: Asked) -> bool:
    """Whether a call is in flight, or its stream open."""
    if isinstance(call, Opening) and call.pulled is not None:
        return not (call.pulled.over or call.pulled.aborted or call.pulled.idle)
    return not call.answered


class Machine(RuleBasedStateMachine):
    """Clients of one worker: two windows, whose pages are reloaded, and one without a hello."""

    def __init__(self) -> None:
        super().__init__()
        self._ids = count(1)
        self._keys = count(1)
        self._values = count(100)
        self._names = count(1)
        self.unsent: list[bytes] = []
        self.piece = 0
        self.nulls: list[int] = []
        self.stalled = False
        self.broken = False
        """Whether what must hold did not: the end says nothing more then."""
        self.emitted = Counter[int]()
        self.told = 0
        self.batches: list[list[Asked]] = []
        self.performed: list[Performing] = []
        self.openings: list[Opening] = []
        self.all: list[Window] = [Window(None)]
        self.windows: list[Window] = [self.all[0]]
        for label in ("main", "other"):
            self.windows.append(self._hello(label))

    # ------------------------------------------------------------------------- what a transport is

    def write(self, data: bytes) -> None:
        raise NotImplementedError

    def read(self) -> list[bytes]:
        """Return the lines that have come since."""
        raise NotImplementedError

    def until_nothing_is_due(self) -> None:
        """Let the worker go on until `due` is empty; fail if it never is."""
        raise NotImplementedError

    def now(self) -> float:
        """Return the time by the worker's clock."""
        return 0.0

    # ------------------------------------------------------------------------------- what is said

    def say(self, message: dict[str, Any], window: Window | None = None) -> None:
        if window is not None and window.name is not None and "id" not in message:
            message = {"session": window.name, **message}
        self.unsent.append(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")

    def go(self, *, later: bool = False) -> None:
        """Send what has come together, and see that all comes that must; or do so later."""
        if later:
            return
        data, self.unsent = b"".join(self.unsent), []
        self.broken = True
        for start in range(0, len(data), self.piece or len(data) or 1):
            self.write(data[start : start + (self.piece or len(data))])
        self.until_nothing_is_due()
        self.broken = False
        for window in self.all:
            window.gone = window.ended

    def due(self) -> list[str]:
        """Return what must come from the worker, after taking in what has come."""
        self.hear()
        if self.stalled:
            return []
        asked = [asked for window in self.all for asked in window.asked.values()]
        # The answers of a batch come when all are there.
        held = [a for batch in self.batches if any(e.due() != ANSWER for e in batch) for a in batch]
        whats = [(a, a.due()) for a in asked]
        due = [f"{what}: {a}" for a, what in whats if what and not (what == ANSWER and a in held)]
        late = [asking for _, asking in self._open() if not _alive(asking.call)]
        due += [f"a cancel of {asking.id}: {asking.call}" for asking in late]
        return due + [f"an error {code}" for code in self.nulls]

    def ask(
        self,
        asked: Asked,
        method: str,
        params: object,
        *,
        timeout: int | None = None,
        batched: bool = False,
    ) -> dict[str, Any]:
        """Send a request, or return it for a batch; note that its answer is to come."""
        window = asked.window
        if window.ended:
            asked = Asked(asked.id, window, [("error", ENDED)])
        window.asked[asked.id] = asked
        message: dict[str, Any] = {"id": asked.id, "method": method, "params": params}
        if timeout is not None:
            message["timeoutMs"] = timeout
            asked.deadline = self.now() + timeout / 1000
            asked.expired = timeout == 0
        if not batched:
            self.say(message)
        return message

    def new_id(self, window: Window) -> str:
        return f"{window.begin}{next(self._ids)}"

    def _hello(self, label: str) -> Window:
        window = Window(f"S{next(self._names)}", label)
        self.all.append(window)
        hello = Greeting(f"{window.name}:0", window)
        self.ask(hello, "system.hello", {"session": window.name, "window": label})
        return window

    # ------------------------------------------------------------------------------ what is heard

    def hear(self) -> None:
        for line in self.read():
            message = json.loads(line)
            if is_batch(message):
                self._hear_batch(message)
                continue
            assert line.startswith(b'{"jsonrpc":"2.0",'), line
            addressee = re.match(rb'\{"jsonrpc":"2.0",(?:"session":"(\w+)"|"id":"(\w+):)', line)
            name = addressee and (addressee[1] or addressee[2]).decode()
            window = next((w for w in self.all if w.name == name), None)
            assert window is not None, line
            if "method" not in message:
                self._hear_answer(message)
            elif "id" in message:
                self._hear_request(window, message)
            else:
                self._hear_notification(window, message)

    def _hear_batch(self, answers: list[Any]) -> None:
        identities = sorted(answer["id"] for answer in answers)
        (batch,) = [b for b in self.batches if sorted(a.id for a in b) == identities]
        self.batches.remove(batch)
        for answer in answers:
            self._hear_answer(answer)

    def _hear_answer(self, answer: dict[str, Any]) -> None:
        outcome: Outcome
        outcome = (
            ("result", answer["result"])
            if "result" in answer
            else (
                "error",
                answer["error"]["code"],
            )
        )
        if answer["id"] is None:
            self.nulls.remove(outcome[1])
            return
        (window,) = [w for w in self.all if answer["id"] in w.asked]
        asked = window.asked.pop(answer["id"])
        asked.answered = True
        asked.check(outcome)
        if isinstance(asked, Performing):
            self._check_performed(asked, outcome)
        if isinstance(asked, Next) and asked.pulled is not None:
            asked.pulled.since = self.now()
        if isinstance(asked, Opening) and asked.pulled is not None:
            asked.pulled.since = self.now()

    def _check_performed(self, asked: Performing, outcome: Outcome) -> None:
        wanted = [i for i, step in enumerate(asked.steps) if step == "report"]
        if asked.reports is not None:
            if outcome[0] == "result" and not self.stalled:
                assert asked.reports == wanted, asked
            assert asked.reports == sorted(set(asked.reports) & set(wanted))
        if outcome[0] == "result" and asked.tells:
            assert asked.told == [i for i, step in enumerate(asked.steps) if step == "tell"]

    def _hear_request(self, window: Window, request: dict[str, Any]) -> None:
        assert not window.gone, request
        identity, method = request["id"], request["method"]
        params: Any = request["params"]
        if method == "upload":
            params = [*request["params"].values()]  # Progress goes by name.
        assert re.fullmatch(rf"{window.begin}w\d+", identity), request
        assert identity not in window.seen, request
        window.seen.add(identity)
        given: Given | None = None
        if method == NEXT:
            given, call = window.given[json.dumps(params["token"])]
            assert given.end is None, request
            assert not given.aborted, request
            assert not any(a.given is given for a in window.open.values()), request
            kind = NEXT
        elif method.startswith("$/invokeProxy/"):
            kind, call = window.handles[int(method.split("/")[2])]
            assert kind == "ask"
        else:
            kind = method
            (call,) = [c for c in self.performed if c.key == params[0]]
        assert call.window is window, request
        if kind == "confirm" and call.answered:
            # A thread cannot be stopped; it may ask the page, which is no part of its call.
            error = {"code": REFUSED, "message": "too late"}
            self.write(
                json.dumps({"jsonrpc": "2.0", "id": identity, "error": error}).encode() + b"\n"
            )
            return
        assert _alive(call), request
        if call.deadline is not None:
            assert request["timeoutMs"] <= 100_000
        asking = Asking(identity, kind, params, call, given)
        if kind == "upload":
            asking.parts = json.dumps(params[1]["token"])
            opening = Opening("", window, key=-1, n=PARTS)
            window.pulled[asking.parts] = Pulled(asking.parts, opening)
        if not window.ended:  # Whoever has said that it goes gets no word more of it.
            window.open[identity] = asking

    def _hear_notification(self, window: Window, notification: dict[str, Any]) -> None:
        method, params = notification["method"], notification["params"]
        if method == "changed":
            self.emitted[params[0]] += 1
            assert not window.gone
            return
        assert not window.gone, notification
        if method == CANCEL:
            assert params["id"] in window.seen, notification
            window.open.pop(params["id"], None)
        elif method == ABORT:
            given, _ = window.given[json.dumps(params["token"])]
            assert not given.aborted, notification
            given.aborted = True
        elif method == "$/progress":
            call = window.progress[json.dumps(params["token"])]
            assert not call.answered, notification
            assert call.reports is not None
            call.reports.append(params["value"])
        else:
            kind, told = window.handles[int(method.split("/")[2])]
            assert kind == "tell"
            assert isinstance(told, Performing)
            assert not told.answered, notification
            told.told.append(params[0])

    # ------------------------------------------------------------------------------- what is asked

    @rule(piece=st.sampled_from([0, 0, 1, 7, 100]))
    def chunk(self, piece: int) -> None:
        """Send in pieces of another size from now on."""
        self.piece = piece

    @rule(w=WHICH, later=LATER)
    def add(self, w: int, later: bool) -> None:
        window = self.windows[w % 3]
        a = next(self._values)
        self.ask(Asked(self.new_id(window), window, [("result", a + 1)]), "add", [a, 1])
        self.go(later=later)

    @rule(w=WHICH, steps=STEPS, refs=st.integers(0, 15), timeout=TIMEOUTS, alone=LATER, later=LATER)
    def perform(
        self, w: int, steps: list[str], refs: int, timeout: int | None, alone: bool, later: bool
    ) -> None:
        method = "performAlone" if alone and not {*HOLDING} & {*steps} else "perform"
        self._perform(self.windows[w % 3], method, self._bounded(steps), refs, timeout)
        self.go(later=later)

    @rule(w=WHICH, steps=STEPS_IN_THREAD, refs=st.integers(0, 15), timeout=TIMEOUTS)
    def perform_in_thread(self, w: int, steps: list[str], refs: int, timeout: int | None) -> None:
        method = "performInThread"
        self._perform(self.windows[w % 3], method, self._bounded(steps), refs, timeout)
        self.go()

    @rule(w=WHICH, scripts=st.lists(st.tuples(STEPS, st.integers(0, 15)), max_size=3), later=LATER)
    def batch(self, w: int, scripts: list[tuple[list[str], int]], later: bool) -> None:
        """Send several requests as one."""
        window = self.windows[w % 3]
        a = next(self._values)
        asked = Asked(self.new_id(window), window, [("result", a + 2)])
        entries = [self.ask(asked, "add", [a, 2], batched=True)]
        for steps, refs in scripts:
            steps = [step for step in steps if step not in HOLDING]  # noqa: PLW2901 - as sent
            entries += [self._perform(window, "perform", steps, refs, None, batched=True)]
        batch = [window.asked[entry["id"]] for entry in entries]
        self.batches.append(batch)
        text = json.dumps([{"jsonrpc": "2.0", **entry} for entry in entries])
        self.unsent.append(text.encode() + b"\n")
        self.go(later=later)

    def _bounded(self, steps: list[str]) -> list[str]:
        """Return the steps with one that holds a slot at most, and only while one is left."""
        holding = [
            c
            for c in self.performed
            if not c.answered and not c.cancelled and {*HOLDING} & {*c.steps}
        ]
        free = len(holding) < LIMITS.running - 1
        bounded: list[str] = []
        for step in steps:
            if step in HOLDING:
                if free:
                    bounded += [step]
                free = False
            elif not ("stubborn" in bounded and step in WAITING):
                bounded += [step]
        return bounded

    def _perform(
        self,
        window: Window,
        method: str,
        steps: list[str],
        refs: int,
        timeout: int | None,
        *,
        batched: bool = False,
    ) -> dict[str, Any]:
        call = Performing(self.new_id(window), window, key=next(self._keys), steps=steps)
        params: dict[str, Any] = {"key": call.key, "steps": steps}
        # A request of a session that has ended is refused as it is.
        if refs & 1:
            call.items = Given()
            params["items"] = {"token": self._give(window, call.items, call)}
        if refs & 2:
            call.asks = []
            params["ask"] = self._expose(window, "ask", call)
        if refs & 4:
            call.tells = True
            params["tell"] = self._expose(window, "tell", call)
        if refs & 8:
            call.reports = []
            # Zero is a token, too.
            params["progress"] = token = len(window.progress)
            window.progress[json.dumps(token)] = call
        if not window.ended:
            self.performed.append(call)
        return self.ask(call, method, params, timeout=timeout, batched=batched)

    def _give(self, window: Window, given: Given, call: Asked) -> str | int:
        number = len(window.given)
        token = number if number % 2 else f"t{number}"
        window.given[json.dumps(token)] = given, call
        return token

    def _expose(self, window: Window, kind: str, call: Asked) -> dict[str, Any]:
        handle = next(self._values)
        window.handles[handle] = kind, call
        return {"__jsonrpc_marshaled": 1, "handle": handle, "lifetime": "call"}

    # ------------------------------------------------------------------------- what is pulled

    @rule(
        w=WHICH,
        n=st.sampled_from([0, 1, 2, 3, 10, 2_500]),
        end=st.sampled_from(["finish", "finish", "fail", "crash", "wait"]),
        timeout=TIMEOUTS,
        threaded=LATER,
        later=LATER,
    )
    def count(
        self, w: int, n: int, end: str, timeout: int | None, threaded: bool, later: bool
    ) -> None:
        window = self.windows[w % 3]
        opening = Opening(self.new_id(window), window, key=next(self._keys), n=n, end=end)
        method = "countInThread" if threaded else "count"
        self.ask(opening, method, [opening.key, n, end], timeout=timeout)
        self.openings.append(opening)
        self.go(later=later)

    @rule(w=WHICH, later=LATER)
    def relay(self, w: int, later: bool) -> None:
        """Have the worker pull a stream from us, and pull that from the worker."""
        window = self.windows[w % 3]
        opening = Opening(self.new_id(window), window, key=next(self._keys), items=Given())
        assert opening.items is not None
        token = self._give(window, opening.items, opening)
        self.ask(opening, "relay", [opening.key, {"token": token}])
        self.openings.append(opening)
        self.go(later=later)

    def _pulled(self) -> Iterator[tuple[Window, Pulled]]:
        for window in self.windows:
            for pulled in window.pulled.values():
                yield window, pulled

    @rule(which=WHICH, named=LATER, later=LATER)
    def pull(self, which: int, named: bool, later: bool) -> None:
        streams = [*self._pulled()][-8:]
        if not streams:
            return
        window, pulled = streams[which % len(streams)]
        waiting = any(isinstance(a, Next) and a.pulled is pulled for a in window.asked.values())
        late = pulled.over or pulled.aborted or pulled.idle or waiting
        asked = Next(self.new_id(window), window, pulled=pulled, second=waiting, late=late)
        token = json.loads(pulled.token)
        self.ask(asked, NEXT, {"token": token} if named else [token])
        self.go(later=later)

    @rule(which=WHICH, later=LATER)
    def abort(self, which: int, later: bool) -> None:
        streams = [*self._pulled()][-8:]
        if not streams:
            return
        window, pulled = streams[which % len(streams)]
        pulled.aborted = True
        self.say({"method": ABORT, "params": {"token": json.loads(pulled.token)}}, window)
        self.go(later=later)

    # ----------------------------------------------------------------------- what is answered

    def _open(self) -> Iterator[tuple[Window, Asking]]:
        for window in self.windows:
            for asking in window.open.values():
                yield window, asking

    @rule(which=WHICH, how=st.integers(0, 9), later=LATER)
    def answer(self, which: int, how: int, later: bool) -> None:
        asked = [*self._open()]
        if not asked:
            return
        window, asking = asked[which % len(asked)]
        del window.open[asking.id]
        if asking.parts:
            window.pulled[asking.parts].aborted = True
        if how == 0:
            error = {"code": REFUSED, "message": "no", "data": None}
            self.say({"id": asking.id, "error": error})
            self._refused(asking)
        else:
            self.say({"id": asking.id, "result": self._result(asking, how)})
        self.go(later=later)

    def _refused(self, asking: Asking) -> None:
        code = f"error {REFUSED}"
        call = asking.call
        if asking.given is not None:
            asking.given.end = code
            return
        assert isinstance(call, Performing)
        if asking.kind == "pick":
            call.picks.append(str(REFUSED))
        elif asking.kind == "ask" and call.asks is not None:
            call.asks.append(code)
        else:
            {"confirm": call.confirms, "upload": call.uploads}[asking.kind].append(code)

    def _result(self, asking: Asking, how: int) -> Any:
        call, value = asking.call, next(self._values)
        if asking.given is not None:
            values = [next(self._values) for _ in range(how % 4)]
            asking.given.items += values
            finished = how > 6 or not values
            asking.given.end = "finished" if finished else None
            return {"values": values, **({"finished": True} if finished else {})}
        assert isinstance(call, Performing)
        if asking.kind == "pick":
            given = Given([next(self._values) for _ in range(how % 3)])
            call.picks.append(given)
            form: dict[str, Any] = {"values": given.items.copy()} if given.items else {}
            if how > 4:
                given.end = "finished"
                return form
            return {"token": self._give(call.window, given, call), **form}
        if asking.kind == "upload":
            call.uploads.append(f"{value} {asking.reports}")
        elif asking.kind == "ask" and call.asks is not None:
            call.asks.append(str(value))
        else:
            call.confirms.append(str(value))
        return value

    @rule(w=WHICH, which=WHICH, later=LATER)
    def answer_again(self, w: int, which: int, later: bool) -> None:
        """Answer what has been answered, or cancelled, or was never asked."""
        window = self.windows[w % 3]
        past = [*sorted(window.seen - {*window.open}), f"{window.begin}w12345"]
        self.say({"id": past[which % len(past)], "result": 0})
        self.go(later=later)

    @rule(how=st.integers(0, 3), later=LATER)
    def upload(self, how: int, later: bool) -> None:
        """Use what came with a request of the worker's."""
        found = next(((w, a) for w, a in self._open() if a.parts), None)
        if found is None:
            return
        window, asking = found
        _, _, ask, tell, progress = asking.params
        value = next(self._values)
        if how == 0:
            asking.reports.append(value)
            self.say(
                {"method": "$/progress", "params": {"token": progress, "value": value}}, window
            )
        elif how == 1:
            method = f"$/invokeProxy/{ask['handle']}/invoke"
            asked = Asked(self.new_id(window), window, [("result", value + 1)])
            # The handler may be cancelled in the same chunk.
            asked.allowed += [("error", UNKNOWN)] if asking.call.cancelled else []
            self.ask(asked, method, [value])
        else:
            self.told += not (asking.call.cancelled or asking.call.expired)
            self.say(
                {"method": f"$/invokeProxy/{tell['handle']}/invoke", "params": [value]}, window
            )
        self.go(later=later)

    # ----------------------------------------------------------------- what ends before its time

    @rule(which=WHICH, twice=LATER, later=LATER)
    def cancel(self, which: int, twice: bool, later: bool) -> None:
        asked = [a for w in self.windows for a in w.asked.values()]
        asked += [o for o in self.openings[-3:] if o.answered]
        if not asked:
            return
        each = asked[which % len(asked)]
        each.cancelled = True
        if isinstance(each, Opening) and each.pulled is not None:
            each.pulled.aborted = True
        for _ in range(1 + twice):
            self.say({"method": CANCEL, "params": {"id": each.id}}, each.window)
        self.go(later=later)

    @rule(w=st.integers(1, 2), reload=LATER, later=LATER)
    def end_session(self, w: int, reload: bool, later: bool) -> None:
        """Let a page go: it says so itself, or another one says hello in the same window."""
        window = self.windows[w]
        if not window.ended:
            window.ended = True
            for asked in window.asked.values():
                asked.cancelled = True
            window.open.clear()
            if not reload:
                self.say({"method": "$/endSession", "params": {"session": window.name}})
                self.go(later=later)
                return
        self.windows[w] = self._hello(window.label)
        self.go(later=later)

    # -------------------------------------------------------------------------- what is no good

    @rule(which=WHICH, later=LATER)
    def duplicate(self, which: int, later: bool) -> None:
        """Use an id that may be in flight: only if it is one that stays so for certain."""
        asked = [
            a
            for w in self.windows
            for a in w.asked.values()
            if isinstance(a, Performing) and not (a.cancelled or a.expired) and a.due() is None
        ]
        if asked and not self.unsent and not self.stalled:
            each = asked[which % len(asked)]
            self.nulls.append(INVALID)
            self.say({"id": each.id, "method": "add", "params": [1, 2]})
            self.go(later=later)

    @rule(what=st.sampled_from(GARBAGE), later=LATER)
    def garbage(self, what: tuple[str, int | None], later: bool) -> None:
        line, code = what
        self.unsent.append(line.encode() + b"\n")
        if code is not None:
            self.nulls.append(code)
        self.go(later=later)

    @rule(w=WHICH, which=st.integers(0, 4), later=LATER)
    def unknown(self, w: int, which: int, later: bool) -> None:
        window = self.windows[w % 3]
        method, params, code = [
            ("nobody", [], -32601),
            ("add", ["x"], -32602),
            (NEXT, ["nobody"], UNKNOWN),
            ("$/invokeProxy/1/invoke", [1], UNKNOWN),
            ("$/nobody", [], -32601),
        ][which]
        self.ask(Asked(self.new_id(window), window, [("error", code)]), method, params)
        self.go(later=later)

    # ----------------------------------------------------------------------------- at the end

    def end(self) -> None:
        """Let all sessions end, and cancel what the rest has asked; see that all is answered."""
        self.go()
        for w in (1, 2):
            self.end_session(w=w, reload=False, later=True)
        anonymous = self.all[0]
        for asked in [*anonymous.asked.values()]:
            asked.cancelled = True
            self.say({"method": CANCEL, "params": {"id": asked.id}})
        for pulled in anonymous.pulled.values():
            pulled.aborted = True
            self.say({"method": ABORT, "params": [json.loads(pulled.token)]})
        self.go()
        assert [w.asked for w in self.all] == [{}] * len(self.all)
        assert (self.nulls, self.batches) == ([], [])
        for call in self.performed:
            emitted = [step for step in call.steps if step.startswith("emit")]
            assert self.emitted[call.key] <= len(emitted), call
