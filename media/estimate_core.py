"""What a subscriber's line carries, from transport-wide feedback. Pure: packets' fates come in, a budget goes out.

Two signs of a full line count: packets that take longer and longer (a queue is growing somewhere), and packets that do
not arrive. Our own transport-wide numbers are counted, so that what the publisher's line lost is no part of it. While
neither sign shows, there is no budget: nothing would be gained by guessing low. After a sign the budget is what did
arrive, less a margin; it creeps up while the line is calm, and after a pause that doubles with each failure everything
may be tried again. Where nothing is sent any more nothing is heard either: then the caller asks `may_try` and says with
`attempt` how much it sends.
"""

from __future__ import annotations

from collections import deque

WINDOW_S = 1.0
#: a queue of this many seconds that still grows is overuse; one twice as long is, growing or not
QUEUE_S = 0.06
#: feedback packets in a row that must agree: one late one is no queue
PERSISTENT = 3
LOSS_BAD = 0.10
MIN_SAMPLES = 20
#: a cut is judged when its effect fills the window; this share of the loss must be gone for it to have helped
JUDGED_AFTER_S, STILL = 1.5 * WINDOW_S, 0.7
#: share a second that borne loss is forgotten while there is little
BORNE_FADES = 0.1
MARGIN = 0.85
CREEP = 0.05
FLOOR = 60_000.0
PROBE_AFTER_S, PROBE_MAX_S = 5.0, 60.0
#: the fastest way is remembered for this long
BASE_S = 20.0
BASE_SLOTS = 10


class _Told:
    """What one feedback packet told: of packets sent from when to when, how many there were, how many did not arrive,
    and the bytes that did."""

    __slots__ = ("bytes", "count", "fastest", "first", "last", "lost")

    def __init__(self) -> None:
        self.count = self.lost = self.bytes = 0
        self.first = self.last = 0.0
        #: least delay, on the other side's clock
        self.fastest = 0.0


class LineEstimator:
    """For each feedback packet: `arrived` and `missed` for every packet it tells of, in order of sending, then `judge`.

    Times are seconds: ``sent`` and ``now`` on our clock, ``arrived`` on the other side's.
    """

    def __init__(self) -> None:
        self.loss = 0.0
        #: seconds that packets spend in queues now
        self.queue = 0.0
        #: bit/s that arrived lately
        self.rate = 0.0
        self._budget: float | None = None
        self._told = _Told()
        self._recent: deque[_Told] = deque()
        #: of the recent ones: packets, how many did not arrive, and the bytes that did
        self._count = self._lost = self._bytes = 0
        self._bases: deque[tuple[float, float]] = deque()
        self._full_in_a_row = 0
        self._loss_at_cut = 0.0
        self._borne = 0.0
        self._at = 0.0
        self._congested_at = -PROBE_MAX_S
        #: when the line last showed that it is full, whether or not that led to a cut
        self._suffered_at = -PROBE_MAX_S
        self._freed_at = 0.0
        self._probe_after = PROBE_AFTER_S

    def budget(self) -> float | None:
        """bit/s that may be sent, None while nothing speaks for a limit."""
        return self._budget

    def arrived(self, sent: float, arrived: float, size: int) -> None:
        told = self._told
        delay = arrived - sent
        # a queue holds up every packet, a busy machine only some
        if told.count == told.lost or delay < told.fastest:
            told.fastest = delay
        told.bytes += size
        self._note(told, sent)

    def missed(self, sent: float) -> None:
        told = self._told
        self._note(told, sent)
        told.lost += 1

    def suffers(self, now: float) -> bool:
        """Does it show now that it is full, with what is sent now?"""
        return now - self._suffered_at < WINDOW_S

    def may_try(self, now: float) -> bool:
        return now - self._congested_at > self._probe_after

    def attempt(self, budget: float, now: float) -> None:
        """Nothing was sent for want of room; from now on as much as ``budget`` is. The next attempt comes later."""
        self._probe_after = min(PROBE_MAX_S, 2 * self._probe_after)
        self._budget = max(budget, self._budget or 0.0)
        self._congested_at = now
        self._full_in_a_row, self._loss_at_cut = 0, 0.0

    def judge(self, now: float, beside: float = 0.0) -> None:
        """The feedback packet is over; nothing happens when it told of nothing.

        ``beside``: bit/s on the same line that no feedback tells of.
        """
        told = self._told
        if not told.count:
            return
        self._told = _Told()
        self._recent.append(told)
        self._count += told.count
        self._lost += told.lost
        self._bytes += told.bytes
        self._forget(now - WINDOW_S)
        before = self.queue
        if told.lost < told.count:
            self._remember_base(told.fastest, now)
            self.queue = told.fastest - min(known for _, known in self._bases)
        self._measure()
        elapsed = min(1.0, now - self._at) if self._at else 0.0
        self._at = now
        growing = self.queue > before
        full = (self.queue > QUEUE_S and growing) or self.queue > 2 * QUEUE_S
        self._full_in_a_row = self._full_in_a_row + 1 if full else 0
        over = self._full_in_a_row >= PERSISTENT
        if over:
            self._suffered_at = now
        if over or self._is_losing(now, elapsed):
            self._congested(now, beside)
        elif self._budget is not None:
            self._budget *= 1 + CREEP * elapsed
            if now - self._congested_at > self._probe_after:
                self._budget = None
                self._freed_at = now

    def _is_losing(self, now: float, elapsed: float) -> bool:
        """Whether less should be sent because of loss.

        A line that loses as much after a cut as before it is lossy, not full: sending less only takes the picture away.
        Its loss is borne, until there is less of it.
        """
        if self.loss < LOSS_BAD / 2:
            self._borne *= 1 - BORNE_FADES * elapsed
        if self._count < MIN_SAMPLES or self.loss <= max(LOSS_BAD, self._borne):
            return False
        self._suffered_at = now
        if self._loss_at_cut and now - self._congested_at < JUDGED_AFTER_S:
            # what is lost now was sent before the cut
            return False
        if self._loss_at_cut and self.loss > STILL * self._loss_at_cut:
            self._borne = self.loss * 1.3
            self._loss_at_cut = 0.0
            return False
        self._loss_at_cut = self.loss
        return True

    def _note(self, told: _Told, sent: float) -> None:
        if not told.count:
            told.first = sent
        told.last = sent
        told.count += 1

    def _forget(self, before: float) -> None:
        recent = self._recent
        while recent and recent[0].last < before:
            old = recent.popleft()
            self._count -= old.count
            self._lost -= old.lost
            self._bytes -= old.bytes

    def _measure(self) -> None:
        recent = self._recent
        if recent:
            self.loss = self._lost / self._count
            self.rate = 8 * self._bytes / max(recent[-1].last - recent[0].first, 0.1)

    def _remember_base(self, delay: float, now: float) -> None:
        """The least delay of each of the last few stretches: clocks drift, and routes change."""
        if self._bases and now - self._bases[-1][0] < BASE_S / BASE_SLOTS:
            began, known = self._bases[-1]
            self._bases[-1] = (began, min(known, delay))
        else:
            self._bases.append((now, delay))
        while now - self._bases[0][0] > BASE_S:
            self._bases.popleft()

    def _congested(self, now: float, beside: float) -> None:
        if self._budget is not None and now - self._congested_at < WINDOW_S / 2:
            # Give the last cut time to show.
            return
        if self._budget is None:
            failed_soon = self._freed_at and now - self._freed_at < 2 * PROBE_AFTER_S
            self._probe_after = min(PROBE_MAX_S, self._probe_after * 2) if failed_soon else PROBE_AFTER_S
        measured = (self.rate + beside) * MARGIN
        self._budget = max(FLOOR, measured if self._budget is None else min(measured, self._budget))
        self._congested_at = now
