"""The reconciler: the index follows the ledger, also where something was lost on the way.

A process can die between the ledger's commit and the index, or a step may have been lost with a Redis. Every few
seconds what the ledger says of an agency's open requests is laid beside what the index says. What differs twice in a
row, so that nobody is just about to mend it, is mended by the same idempotent moves as everything else.
"""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from kernel.errors import IndexUnavailable
from kernel.ids import AgencyId, ConsultationId, OfficerId
from kernel.ledger import Ledger
from router import store
from router.core import AgencyCore
from router.index import Decision, RouterIndex
from router.model import Request
from router.reconcile_core import Difference, Stands, differences
from router.step import Step

log = structlog.get_logger("router")


class Reconciler:
    def __init__(self, ledger: Ledger, index: RouterIndex) -> None:
        self._ledger = ledger
        self._index = index
        self._seen: dict[AgencyId, frozenset[Difference]] = {}

    async def run_once(self) -> None:
        for agency_id, core in list(self._index.cores.items()):
            if self._index.delayed(agency_id):
                # the first decision takes or makes the index anew
                await self._decide(agency_id, _nothing)
                continue
            async with self._ledger.reading() as connection:
                ledger = await store.load_open_states(connection, agency_id)
            found = differences(core, ledger)
            for difference in found & self._seen.get(agency_id, frozenset()):
                await self._mend(agency_id, difference, ledger)
            self._seen[agency_id] = found

    async def _mend(self, agency_id: AgencyId, difference: Difference, ledger: Mapping[ConsultationId, Stands]) -> None:
        log.warning("index_mended", agency_id=agency_id, what=difference.what)
        consultation_id, stands = difference.consultation_id, ledger.get(difference.consultation_id)
        match difference.what:
            case "missing" | "accepted":
                async with self._ledger.reading() as connection:
                    row = await store.find_request(connection, consultation_id)
                    visit = row is not None and row.visit_id is not None
                    elsewhere = visit and await store.visit_is_served(connection, row.visit_id)
                if row is not None and stands is not None:
                    paused = "visit" if elsewhere else None
                    await self._decide(agency_id, _as_in_ledger(store.request_of(row), stands, paused))
            case "amended":
                async with self._ledger.reading() as connection:
                    row = await store.find_request(connection, consultation_id)
                if row is not None and row.agency_id == agency_id:
                    await self._decide(agency_id, _amended(store.request_of(row)))
            case "extra":
                await self._decide(agency_id, lambda core, now, ms: core.drop(consultation_id, now, ms))
            case "unclaimed" if difference.officer_id is not None:
                await self._decide(agency_id, _refused(difference.officer_id, consultation_id))
            case "released" if difference.officer_id is not None:
                await self._decide(agency_id, _released(difference.officer_id, consultation_id))

    async def _decide(self, agency_id: AgencyId, decision: Decision) -> None:
        try:
            await self._index.decide(agency_id, decision)
        except IndexUnavailable:
            log.info("index_away", agency_id=agency_id)


def _as_in_ledger(request: Request, stands: Stands, paused: str | None) -> Decision:
    waiting = Request(facts=request.facts, score=request.score, paused=paused)

    def follow(core: AgencyCore, now: float, wall_ms: int) -> Step:
        if stands.officer_id is None:
            return core.place(waiting, now, wall_ms)
        if request.id not in core.requests:
            # the place is taken only to be left at once: nobody is rung for what somebody has
            return core.put_accepted(waiting, stands.officer_id, stands.version, now, wall_ms)
        return core.follow_accept(request.id, stands.officer_id, stands.version, now, wall_ms)

    return follow


def _amended(request: Request) -> Decision:
    return lambda core, now, wall_ms: core.amend(request.id, request.facts, request.score, now, wall_ms)


def _refused(officer_id: OfficerId, consultation_id: ConsultationId) -> Decision:
    return lambda core, now, wall_ms: core.refuse_accept(officer_id, consultation_id, now, wall_ms)


def _released(officer_id: OfficerId, consultation_id: ConsultationId) -> Decision:
    return lambda core, now, wall_ms: core.release(consultation_id, officer_id, now, wall_ms)


def _nothing(core: AgencyCore, now: float, wall_ms: int) -> Step:
    return Step(now, wall_ms)
