"""Callbacks, committed (`router.kept`).

A request becomes a callback by leaving the queue with the reason ``callback``. That event alone makes the row, so a
crash in between loses no place; the same row is made at once for the clerk who waits for the answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable

import msgspec
import sqlalchemy as sa
import structlog
from sqlalchemy.dialects import postgresql, sqlite

from kernel.clock import Clock
from kernel.consumer import hears
from kernel.errors import CallbacksOff, CallbackUnknown, PeerFault, RequestUnknown
from kernel.ids import ClerkId, ConsultationId, GroupId, PointId, new_id
from kernel.ledger import Ledger, Transaction, metadata
from kernel.messages import AnyEvent, CallbackChanged, RequestFacts, RequestLeft
from router import callbacks_core as core
from router.callbacks_core import FINAL, Callback, CallbackState, Due, GroupNow, Patience
from router.hours import group_of, must_be_open, place_of
from router.kept import LATELY_MS, Kept
from router.service import RouterService
from router.tables import requests
from router.wanted_core import Wanted

log = structlog.get_logger("callbacks")

#: why a request left the queue
REASON = "callback"

callbacks = sa.Table(
    "callbacks",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("group_id", sa.String(64), nullable=False),
    sa.Column("point_id", sa.String(64), nullable=False),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("request_id", sa.String(36), nullable=False, unique=True),
    sa.Column("version", sa.Integer, nullable=False),
    #: of one that expired: when
    sa.Column("ended_ms", sa.BigInteger),
    #: the Callback, JSON
    sa.Column("body", sa.Text, nullable=False),
)
sa.Index("ix_callbacks_point_state", callbacks.c.point_id, callbacks.c.state)

_OPEN = [state.value for state in CallbackState if state not in FINAL]

Carry = Callable[[ConsultationId, ConsultationId], Awaitable[None]]
"""Take what belongs to one consultation to another, before the second begins; may be called again."""


class CallbackService:
    def __init__(
        self, ledger: Ledger, clock: Clock, router: RouterService, patience: Patience, *, carry: Carry
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._router = router
        self._patience = patience
        self._carry = carry
        self._kept = Kept(
            ledger,
            callbacks,
            Callback,
            more=lambda each: {"ended_ms": each.ended_ms},
            order=lambda each: each.key,
            shown=self._shown,
            written=self._written,
            unknown=CallbackUnknown,
        )

    # ── reading ──────────────────────────────────────────────────────────────────────────────────

    def offers(self, group_id: GroupId) -> bool:
        """Does the group make callbacks? Raises `GroupUnknown`."""
        return group_of(self._router, group_id).rules.callbacks

    async def get(self, callback_id: ConsultationId) -> Callback:
        """Raises `CallbackUnknown`."""
        return await self._kept.get(callback_id)

    async def open_of(self, points: Iterable[PointId]) -> list[Callback]:
        """Those that wait or ring, and those that have expired lately, in the order of their places."""
        return await self._kept.shown_at(points)

    # ── commands ─────────────────────────────────────────────────────────────────────────────────

    async def keep_place(self, facts: RequestFacts) -> Callback:
        """A waiting request leaves the queue and keeps its place; done again it is the same callback.

        Raises `CallbacksOff`, or `RequestClosed` when it does not wait any more.
        """
        self._must_offer(facts.group_id)
        if (known := await self._kept.find(facts.consultation_id)) is not None:
            return known
        await self._router.withdraw(facts.consultation_id, REASON)
        async with self._ledger.transaction() as tx:
            await self._insert_for(tx, facts)
        return await self.get(facts.consultation_id)

    async def ask(self, callback_id: ConsultationId, wanted: Wanted) -> Callback:
        """For a request that was refused: its place counts from now. Raises `GroupUnknown` or `CallbacksOff`."""
        self._must_offer(wanted.group_id)
        now_ms = self._clock.wall_ms()
        callback = Callback(
            id=callback_id,
            wanted=wanted,
            score=place_of(wanted.priority, now_ms),
            request_id=ConsultationId(new_id(now_ms)),
            created_ms=now_ms,
        )
        async with self._ledger.transaction() as tx:
            await self._insert(tx, callback)
        return await self.get(callback_id)

    @hears(RequestLeft)
    async def on_event(self, tx: Transaction, event: AnyEvent) -> None:
        """Durable consumer ``callbacks``."""
        if isinstance(event, RequestLeft) and event.why == REASON:
            await self._insert_for(tx, event.facts)

    async def confirm(self, callback_id: ConsultationId, clerk_id: ClerkId, clerk_name: str) -> Callback:
        """The client is there: a request at the place that was kept, for this clerk; also before the turn came.

        Raises `CallbackUnknown`, `CallbackClosed`, or what the router refuses; then the callback goes on waiting.
        """
        now_ms = self._clock.wall_ms()

        def begin(before: Callback) -> Callback:
            if before.state in (CallbackState.CONVERTING, CallbackState.CONVERTED):
                return before
            return core.begin(before, now_ms, clerk_id, clerk_name)

        begun, changed = await self._kept.change(callback_id, begin)
        if changed:
            await self._convert(begun)
        return await self.get(callback_id)

    async def not_there(self, callback_id: ConsultationId) -> Callback:
        """Nobody came: it rings again after a while, or, after the last try, expires."""
        now_ms = self._clock.wall_ms()

        def rest(before: Callback) -> Callback:
            if before.state is CallbackState.WAITING:
                return before
            return core.not_there(before, self._patience, now_ms)

        return (await self._kept.change(callback_id, rest))[0]

    async def cancel(self, callback_id: ConsultationId, reason: str) -> Callback:
        def cancelled(before: Callback) -> Callback:
            if before.state is CallbackState.CANCELLED:
                return before
            return msgspec.structs.replace(core.step(before, CallbackState.CANCELLED), end_reason=reason)

        return (await self._kept.change(callback_id, cancelled))[0]

    async def tick(self) -> None:
        """What time and the queues bring about; every process may call it."""
        by_group: dict[GroupId, list[Callback]] = defaultdict(list)
        for callback in await self._kept.select(callbacks.c.state.in_(_OPEN)):
            by_group[callback.wanted.group_id].append(callback)
        now_ms = self._clock.wall_ms()
        for group_id, waiting in by_group.items():
            acted = [callback for callback in waiting if await self._time_passes(callback, now_ms)]
            if acted:
                # seen anew with the next tick
                continue
            for callback in core.whose_turn(waiting, await self._now(group_id), now_ms):
                await self._kept.cas(callback, core.ring(callback, now_ms))

    # ── inside ───────────────────────────────────────────────────────────────────────────────────

    async def _time_passes(self, callback: Callback, now_ms: int) -> bool:
        match core.due(callback, self._patience, now_ms):
            case Due.NOT_THERE:
                await self._kept.cas(callback, core.not_there(callback, self._patience, now_ms))
            case Due.EXPIRE:
                await self._kept.cas(callback, core.expire(callback, "too_old", now_ms))
            case Due.CONVERT:
                wanted = callback.wanted
                again = core.begin(callback, now_ms, wanted.clerk_id, wanted.clerk_name)
                if await self._kept.cas(callback, again):
                    try:
                        await self._convert(again)
                    except PeerFault as refusal:
                        log.warning("callback_refused", callback_id=callback.id, code=refusal.code)
            case _:
                return False
        return True

    async def _convert(self, begun: Callback) -> None:
        """Into its request, once: under an id that is fixed."""
        try:
            must_be_open(self._router, begun.wanted.group_id, self._clock.wall_ms())
            await self._carry(begun.id, begun.request_id)
            await self._router.create_request(begun.wanted.request(begun.request_id, score=begun.score))
        except PeerFault as refusal:
            await self._kept.cas(begun, core.refused(begun, refusal.code, self._patience, self._clock.wall_ms()))
            raise
        await self._kept.cas(begun, core.step(begun, CallbackState.CONVERTED))

    async def _now(self, group_id: GroupId) -> GroupNow:
        """From the ledger's queue, which all processes share: an offer that rings still stands in it."""
        try:
            must_be_open(self._router, group_id, self._clock.wall_ms())
        except PeerFault:
            return GroupNow(open=False, signed_in=0, available=0, first_score=None)
        first = sa.select(sa.func.min(requests.c.score)).where(
            requests.c.group_id == group_id, requests.c.state.in_(["queued", "offered"])
        )
        async with self._ledger.reading() as connection:
            first_score = await connection.scalar(first)
        live = self._router.group_live(group_id)
        return GroupNow(open=True, signed_in=live.signed_in, available=live.available, first_score=first_score)

    def _must_offer(self, group_id: GroupId) -> None:
        if not self.offers(group_id):
            raise CallbacksOff(field="group_id")

    async def _insert_for(self, tx: Transaction, facts: RequestFacts) -> None:
        place = sa.select(requests.c.score).where(requests.c.id == facts.consultation_id)
        score = (await tx.execute(place)).scalar()
        if score is None:
            raise RequestUnknown
        now_ms = self._clock.wall_ms()
        await self._insert(
            tx,
            Callback(
                id=facts.consultation_id,
                wanted=Wanted.of(facts),
                ticket=facts.ticket,
                score=score,
                request_id=ConsultationId(new_id(now_ms)),
                created_ms=now_ms,
            ),
        )

    async def _insert(self, tx: Transaction, callback: Callback) -> None:
        """Unless it is there already."""
        dialect = sqlite if self._ledger.is_sqlite else postgresql
        made = await tx.execute(dialect.insert(callbacks).values(self._kept.row(callback)).on_conflict_do_nothing())
        if made.rowcount:
            tx.record(self._changed(callback))

    def _shown(self) -> sa.ColumnElement[bool]:
        """Open, or expired lately."""
        return callbacks.c.state.in_(_OPEN) | (callbacks.c.ended_ms >= self._clock.wall_ms() - LATELY_MS)

    async def _written(self, tx: Transaction, after: Callback) -> None:
        tx.record(self._changed(after))

    def _changed(self, callback: Callback) -> CallbackChanged:
        return CallbackChanged(
            at_ms=self._clock.wall_ms(),
            callback_id=callback.id,
            group_id=callback.wanted.group_id,
            point_id=callback.wanted.point_id,
            state=callback.state.value,
            request_id=callback.request_id,
            until_ms=callback.created_ms + round(self._patience.lifetime_s * 1000),
        )
