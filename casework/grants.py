"""Grants over the register: parameter sets, runs for a period, indicators by quarter. See ``docs/grants.md``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from casework import grants_core, indicators_core
from casework.case_sums import CaseSums
from casework.grants_core import BasesExceedEnvelope, Counted, Grants, GrantSet
from casework.indicators_core import Quarter, start_ms
from casework.report_tables import grant_runs, grant_sets, indicator_values
from casework.tables import contact_points
from kernel.clock import Clock
from kernel.errors import BodyInvalid, GrantImpossible, GrantUnknown
from kernel.ids import new_id
from kernel.ledger import Ledger, Transaction

#: the longest series of quarters
MOST_QUARTERS = 40


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A calculation as it was made, with everything needed to make it again."""

    id: str
    set_id: str
    from_day: str
    to_day: str
    at_ms: int
    by: str
    parameters: GrantSet
    result: Grants


class _Made(msgspec.Struct, frozen=True):
    parameters: GrantSet
    result: Grants


class GrantService:
    def __init__(self, ledger: Ledger, clock: Clock, sums: CaseSums) -> None:
        self._ledger = ledger
        self._clock = clock
        self._sums = sums

    # ── parameter sets ───────────────────────────────────────────────────────────────────────────

    async def save_set(self, tx: Transaction, parameters: GrantSet, by: str) -> str:
        """Its id. A set is never changed: what was calculated with it stays explainable."""
        if problems := grants_core.problems_of(parameters):
            raise BodyInvalid(field=problems[0])
        set_id = new_id(self._clock.wall_ms())
        await tx.execute(
            sa.insert(grant_sets).values(
                id=set_id, body=_text(parameters), created_ms=self._clock.wall_ms(), created_by=by
            )
        )
        return set_id

    async def sets(self) -> list[dict[str, Any]]:
        """The newest first."""
        async with self._ledger.reading() as connection:
            rows = (await connection.execute(sa.select(grant_sets).order_by(grant_sets.c.id.desc()))).all()
        return [
            {"id": row.id, "created_at_ms": row.created_ms, "parameters": msgspec.json.decode(row.body)} for row in rows
        ]

    async def parameters(self, set_id: str) -> GrantSet:
        async with self._ledger.reading() as connection:
            row = (await connection.execute(sa.select(grant_sets.c.body).where(grant_sets.c.id == set_id))).first()
        if row is None:
            raise GrantUnknown
        return msgspec.json.decode(row.body, type=GrantSet)

    # ── runs ─────────────────────────────────────────────────────────────────────────────────────

    async def calculate(self, parameters: GrantSet, from_day: str, to_day: str) -> Grants:
        """Nothing is kept. Both days belong to the period."""
        if problems := grants_core.problems_of(parameters):
            raise BodyInvalid(field=problems[0])
        try:
            return grants_core.run(parameters, await self._counted(parameters.kinds, from_day, to_day))
        except BasesExceedEnvelope as refused:
            raise GrantImpossible(missing=refused.missing) from None

    async def run(self, tx: Transaction, set_id: str, *, from_day: str, to_day: str, result: Grants, by: str) -> Run:
        """Keep what was calculated."""
        made = Run(
            id=new_id(self._clock.wall_ms()),
            set_id=set_id,
            from_day=from_day,
            to_day=to_day,
            at_ms=self._clock.wall_ms(),
            by=by,
            parameters=await self.parameters(set_id),
            result=result,
        )
        await tx.execute(
            sa.insert(grant_runs).values(
                id=made.id,
                set_id=set_id,
                from_day=from_day,
                to_day=to_day,
                at_ms=made.at_ms,
                by=by,
                body=_text(_Made(made.parameters, result)),
            )
        )
        return made

    async def runs(self) -> list[dict[str, Any]]:
        columns = [column for column in grant_runs.c if column.name != "body"]
        async with self._ledger.reading() as connection:
            rows = await connection.execute(sa.select(*columns).order_by(grant_runs.c.id.desc()).limit(200))
            return [dict(row) for row in rows.mappings()]

    async def found(self, run_id: str) -> Run:
        async with self._ledger.reading() as connection:
            row = (await connection.execute(sa.select(grant_runs).where(grant_runs.c.id == run_id))).first()
        if row is None:
            raise GrantUnknown
        made = msgspec.json.decode(row.body, type=_Made)
        return Run(
            id=row.id,
            set_id=row.set_id,
            from_day=row.from_day,
            to_day=row.to_day,
            at_ms=row.at_ms,
            by=row.by,
            parameters=made.parameters,
            result=made.result,
        )

    async def _counted(self, kinds: dict[str, str], from_day: str, to_day: str) -> list[Counted]:
        """Every contact point, also one that served nobody: the base is for being there."""
        period_ms(from_day, to_day)
        after = date.fromisoformat(to_day) + timedelta(days=1)
        async with self._ledger.snapshot() as connection:
            points = (await connection.execute(sa.select(contact_points))).all()
            rows = await self._sums.by_point(connection, date.fromisoformat(from_day), after)
        counts: dict[str, dict[str, int]] = {
            point.id: dict.fromkeys(grants_core.KINDS, 0) for point in points if not point.demo
        }
        for point_id, pak, count in rows:
            if point_id in counts and (kind := kinds.get(pak)) is not None:
                counts[point_id][kind] += count
        return [
            Counted(point_id=point.id, name=point.name, kind=point.kind, counts=counts[point.id])
            for point in points
            if point.id in counts
        ]

    # ── indicators ───────────────────────────────────────────────────────────────────────────────

    async def indicators(
        self, first: Quarter, last: Quarter, known: Mapping[tuple[str, str], int] | None = None
    ) -> dict[str, Any]:
        """``known``: values of told indicators by (code, quarter) from a system; what somebody entered goes before."""
        quarters = indicators_core.span(first, last)
        if not 0 < len(quarters) <= MOST_QUARTERS:
            raise BodyInvalid(field="from")
        async with self._ledger.snapshot() as connection:
            served = [each for quarter in quarters for each in await self._sums.served(connection, quarter)]
            entered = await connection.execute(sa.select(indicator_values))
            told = {**(known or {}), **{(row.code, row.quarter): row.value for row in entered}}
        return {
            "quarters": [str(each) for each in quarters],
            "indicators": [
                {**msgspec.to_builtins(each), "values": values}
                for each, values in zip(
                    indicators_core.INDICATORS,
                    indicators_core.series(served, told, quarters).values(),
                    strict=True,
                )
            ],
        }

    async def tell(self, tx: Transaction, code: str, quarter: Quarter, value: int, by: str) -> None:
        """An indicator that only whoever runs AVIS knows."""
        if code not in indicators_core.TOLD:
            raise BodyInvalid(field="code")
        mine = (indicator_values.c.code == code) & (indicator_values.c.quarter == str(quarter))
        await tx.execute(sa.delete(indicator_values).where(mine))
        await tx.execute(
            sa.insert(indicator_values).values(
                code=code, quarter=str(quarter), value=value, at_ms=self._clock.wall_ms(), by=by
            )
        )


def period_ms(from_day: str, to_day: str) -> tuple[int, int]:
    """From inclusive, to exclusive; both days belong to the period. Raises `BodyInvalid`."""
    try:
        first, last = date.fromisoformat(from_day), date.fromisoformat(to_day)
    except ValueError:
        raise BodyInvalid(field="from") from None
    if last < first:
        raise BodyInvalid(field="to")
    return start_ms(first), start_ms(last + timedelta(days=1))


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()
