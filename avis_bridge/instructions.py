"""Instructions: versioned conditions, one state machine (`avis_bridge.model.STEPS`), one order per grantor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from avis_bridge.model import STEPS, Body, Instruction, problem_of
from avis_bridge.register import in_force
from avis_bridge.tables import (
    contracts,
    enrolments,
    grantors,
    groups,
    instruction_versions,
    instructions,
    memberships,
    programmes,
)
from kernel.bridge_errors import (
    InstructionClosed,
    InstructionInvalid,
    InstructionUnknown,
    PriorityConflict,
    ProgrammeUnknown,
    RecipientGroupUnknown,
)
from kernel.clock import Clock
from kernel.ids import new_id
from kernel.ledger import Ledger, Transaction

_ORDERING = 0x4B4C_4156
#: between two neighbours after putting in order, so that one can be put between by its number
GAP = 10

_WHOLE = (
    sa.select(instructions, instruction_versions.c.body, grantors.c.sector)
    .join(
        instruction_versions,
        sa.and_(
            instruction_versions.c.instruction_id == instructions.c.id,
            instruction_versions.c.version == instructions.c.version,
        ),
    )
    .join(grantors, grantors.c.reg_no == instructions.c.grantor)
)


class Instructions:
    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    async def create(
        self,
        grantor: str,
        body: Body,
        *,
        by: str,
        priority: int | None = None,
        external_id: str | None = None,
        instruction_id: str = "",
    ) -> Instruction:
        """A draft, last in the grantor's order unless ``priority`` says otherwise.

        Raises `InstructionInvalid`, `RecipientGroupUnknown`, `ProgrammeUnknown`, `PriorityConflict`.
        """
        _must_fit(body)
        made_id = instruction_id or new_id(self._clock.wall_ms())
        async with self._ledger.transaction() as tx:
            await tx.alone(_ORDERING)
            await self._must_own(tx, grantor, body)
            if priority is None:
                priority = (await self._last_priority(tx, grantor)) + GAP
            await self._must_be_free(tx, grantor, body, priority, but="")
            await tx.execute(
                sa.insert(instructions).values(
                    id=made_id,
                    grantor=grantor,
                    external_id=external_id,
                    group_id=body.group_id,
                    programme_id=body.programme_id,
                    version=1,
                    state="draft",
                    priority=priority,
                    changed_ms=self._clock.wall_ms(),
                )
            )
            await self._keep_version(tx, made_id, 1, body, by)
            return await self._must_find(tx, grantor, made_id)

    async def revise(self, grantor: str, instruction_id: str, body: Body, *, version: int, by: str) -> Instruction:
        """A new version; transactions keep the one they were made under. ``version`` is the one that was looked at."""
        _must_fit(body)
        async with self._ledger.transaction() as tx:
            await tx.alone(_ORDERING)
            found = await self._must_find(tx, grantor, instruction_id)
            if found.state == "ended" or found.version != version:
                raise InstructionClosed(version=found.version, state=found.state)
            if found.body == body:
                return found
            await self._must_own(tx, grantor, body)
            await self._must_be_free(tx, grantor, body, found.priority, but=instruction_id)
            await self._keep_version(tx, instruction_id, version + 1, body, by)
            await self._set(
                tx, instruction_id, version=version + 1, group_id=body.group_id, programme_id=body.programme_id
            )
            return await self._must_find(tx, grantor, instruction_id)

    async def step(self, grantor: str, instruction_id: str, step: str) -> Instruction:
        """``activate``, ``suspend`` or ``end``; what is so already stays so. Raises `InstructionClosed`."""
        async with self._ledger.transaction() as tx:
            await tx.alone(_ORDERING)
            found = await self._must_find(tx, grantor, instruction_id)
            following = STEPS[step].get(found.state)
            if following is None:
                if found.state in STEPS[step].values():
                    return found
                raise InstructionClosed(version=found.version, state=found.state)
            await self._set(tx, instruction_id, state=following)
            return await self._must_find(tx, grantor, instruction_id)

    async def reorder(self, grantor: str, ids: Sequence[str]) -> list[Instruction]:
        """Put all that have not ended in this order. Raises `InstructionUnknown` when the list is not the grantor's."""
        async with self._ledger.transaction() as tx:
            await tx.alone(_ORDERING)
            mine = sa.and_(instructions.c.grantor == grantor, instructions.c.state != "ended")
            known = set((await tx.execute(sa.select(instructions.c.id).where(mine))).scalars())
            if known != set(ids) or len(ids) != len(known):
                raise InstructionUnknown(field="ids")
            for place, instruction_id in enumerate(ids, 1):
                await self._set(tx, instruction_id, priority=place * GAP)
        return await self.of(grantor)

    async def put(self, grantor: str, external_id: str, body: Body, *, priority: int | None, by: str) -> Instruction:
        """As the grantor's own system says it: made and activated, revised, or found to be so already."""
        mine = sa.and_(instructions.c.grantor == grantor, instructions.c.external_id == external_id)
        async with self._ledger.reading() as connection:
            row = (await connection.execute(_WHOLE.where(mine))).first()
        if row is None:
            made = await self.create(grantor, body, by=by, priority=priority, external_id=external_id)
            return await self.step(grantor, made.id, "activate")
        found = _instruction(row)
        if priority not in (None, found.priority):
            async with self._ledger.transaction() as tx:
                await tx.alone(_ORDERING)
                await self._must_be_free(tx, grantor, body, priority or 0, but=found.id)
                await self._set(tx, found.id, priority=priority)
        return await self.revise(grantor, found.id, body, version=found.version, by=by)

    async def of(self, grantor: str) -> list[Instruction]:
        """In order; those that ended come last."""
        wanted = _WHOLE.where(instructions.c.grantor == grantor).order_by(
            instructions.c.state == "ended", instructions.c.priority, instructions.c.id
        )
        async with self._ledger.reading() as connection:
            return [_instruction(row) for row in await connection.execute(wanted)]

    async def versions(self, grantor: str, instruction_id: str) -> list[dict[str, Any]]:
        async with self._ledger.reading() as connection:
            mine = sa.and_(instructions.c.id == instruction_id, instructions.c.grantor == grantor)
            if await connection.scalar(sa.select(instructions.c.id).where(mine)) is None:
                raise InstructionUnknown
            rows = await connection.execute(
                sa.select(instruction_versions)
                .where(instruction_versions.c.instruction_id == instruction_id)
                .order_by(instruction_versions.c.version.desc())
            )
            return [
                {"version": row.version, "at_ms": row.at_ms, "by": row.by, "body": msgspec.json.decode(row.body)}
                for row in rows
            ]

    async def names(self, connection: AsyncConnection, ids: set[str]) -> Mapping[str, dict[str, str]]:
        """Instruction → its name now, in both languages."""
        rows = await connection.execute(_WHOLE.where(instructions.c.id.in_(ids)))
        return {row.id: msgspec.json.decode(row.body)["name"] for row in rows}

    # ── candidates ───────────────────────────────────────────────────────────────────────────────

    async def for_person(
        self, connection: AsyncConnection, person: str, day: str, *, provider: str = "", outlet: str = ""
    ) -> list[Instruction]:
        """Active on the day for groups and programmes the person belongs to.

        ``provider``: only what it serves under a contract in force, or in a programme of its own.
        """
        in_groups = sa.select(memberships.c.group_id).where(
            memberships.c.person == person, memberships.c.holds, in_force(memberships, day)
        )
        joined = sa.select(enrolments.c.programme_id).where(enrolments.c.person == person)
        wanted = _WHOLE.where(
            instructions.c.state == "active",
            sa.or_(instructions.c.group_id.in_(in_groups), instructions.c.programme_id.in_(joined)),
        )
        if provider:
            under_contract = sa.select(contracts.c.grantor).where(
                contracts.c.provider == provider, in_force(contracts, day)
            )
            wanted = wanted.where(
                sa.or_(instructions.c.grantor.in_(under_contract), instructions.c.grantor == provider)
            )
        found = [_instruction(row) for row in await connection.execute(wanted)]
        return [
            each
            for each in found
            if each.body.valid_from <= day
            and (each.body.valid_to is None or day <= each.body.valid_to)
            and (not outlet or not each.body.outlets or outlet in each.body.outlets)
        ]

    async def for_provider(self, provider: str, day: str) -> list[Instruction]:
        """Everything a provider's system has to know, consolidated over its grantors."""
        under_contract = sa.select(contracts.c.grantor).where(
            contracts.c.provider == provider, in_force(contracts, day)
        )
        wanted = _WHOLE.where(
            instructions.c.state == "active",
            sa.or_(instructions.c.grantor.in_(under_contract), instructions.c.grantor == provider),
        ).order_by(instructions.c.id)
        async with self._ledger.reading() as connection:
            return [_instruction(row) for row in await connection.execute(wanted)]

    # ── inside ───────────────────────────────────────────────────────────────────────────────────

    async def _must_find(self, tx: Transaction, grantor: str, instruction_id: str) -> Instruction:
        mine = sa.and_(instructions.c.id == instruction_id, instructions.c.grantor == grantor)
        row = (await tx.execute(_WHOLE.where(mine))).first()
        if row is None:
            raise InstructionUnknown
        return _instruction(row)

    async def _must_own(self, tx: Transaction, grantor: str, body: Body) -> None:
        if body.group_id is not None:
            mine = sa.and_(groups.c.id == body.group_id, groups.c.grantor == grantor)
            if (await tx.execute(sa.select(groups.c.id).where(mine))).first() is None:
                raise RecipientGroupUnknown(field="group_id")
        else:
            own = sa.and_(programmes.c.id == body.programme_id, programmes.c.merchant == grantor)
            if (await tx.execute(sa.select(programmes.c.id).where(own))).first() is None:
                raise ProgrammeUnknown(field="programme_id")

    async def _must_be_free(self, tx: Transaction, grantor: str, body: Body, priority: int, *, but: str) -> None:
        same = (
            instructions.c.group_id == body.group_id
            if body.group_id is not None
            else instructions.c.programme_id == body.programme_id
        )
        taken = sa.select(instructions.c.id).where(
            instructions.c.grantor == grantor,
            instructions.c.priority == priority,
            instructions.c.state != "ended",
            instructions.c.id != but,
            same,
        )
        if (await tx.execute(taken)).first() is not None:
            raise PriorityConflict(field="priority")

    async def _last_priority(self, tx: Transaction, grantor: str) -> int:
        mine = sa.and_(instructions.c.grantor == grantor, instructions.c.state != "ended")
        return (await tx.execute(sa.select(sa.func.max(instructions.c.priority)).where(mine))).scalar() or 0

    async def _keep_version(self, tx: Transaction, instruction_id: str, version: int, body: Body, by: str) -> None:
        await tx.execute(
            sa.insert(instruction_versions).values(
                instruction_id=instruction_id,
                version=version,
                at_ms=self._clock.wall_ms(),
                by=by,
                body=msgspec.json.encode(body).decode(),
            )
        )

    async def _set(self, tx: Transaction, instruction_id: str, **values: Any) -> None:
        await tx.execute(
            sa.update(instructions)
            .where(instructions.c.id == instruction_id)
            .values(changed_ms=self._clock.wall_ms(), **values)
        )


def _must_fit(body: Body) -> None:
    wrong = problem_of(body)
    if wrong is not None:
        raise InstructionInvalid(field=wrong)


def _instruction(row: sa.Row[Any]) -> Instruction:
    return Instruction(
        id=row.id,
        grantor=row.grantor,
        sector=row.sector,
        version=row.version,
        state=row.state,
        priority=row.priority,
        body=msgspec.json.decode(row.body, type=Body),
        external_id=row.external_id,
    )
