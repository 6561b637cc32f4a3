"""The register's entries by hand: clients served without a session, and corrections of what was entered.

Nothing is asked again that is known: point, clerk and time are the caller's; the rest begins from the last entry.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
import sqlalchemy as sa

from casework.case_sums import CaseSums
from casework.fold import OUTCOMES
from casework.tables import case_history, cases
from kernel.clock import Clock
from kernel.errors import BodyInvalid, CaseDuplicate, OtherPoint
from kernel.ids import CaseId, PointId
from kernel.ledger import Ledger, Transaction
from kernel.messages import CaseRecorded, ClientKind, Pak

#: an identified client at the same point for the same service within this is one visit
SAME_CLIENT_MS = 30 * 60_000
#: two alike entries of one clerk about nobody in particular within this are one slip of the hand
SAME_ENTRY_MS = 60_000
#: how many of the latest entries are looked at for suggestions
REMEMBERED = 200

Channel = Literal["in_person", "video", "phone", "written"]
Identification = Literal["none", "passport", "id_card", "eid", "driving_licence"]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What a clerk enters. ``client_ref``: the keyed pseudonym; the code itself never comes here."""

    pak: Pak
    channel: Channel
    language: Annotated[str, msgspec.Meta(pattern="^[a-z]{2}$")]
    outcome: str
    minutes: Annotated[int, msgspec.Meta(ge=0, le=600)]
    agency_id: str = ""
    service: str | None = None
    identification: Identification = "none"
    client_ref: str | None = None
    stop_id: str | None = None
    note: str = ""


class Register:
    def __init__(self, ledger: Ledger, clock: Clock, sums: CaseSums) -> None:
        self._ledger = ledger
        self._clock = clock
        self._sums = sums

    async def record(
        self,
        entry: Entry,
        *,
        case_id: CaseId,
        point: tuple[PointId, str],
        clerk: tuple[str, str],
        despite: bool = False,
    ) -> dict[str, Any]:
        """The case as it is kept; an id that is there already is returned as it is. Raises `CaseDuplicate` unless
        ``despite``. ``point`` and ``clerk``: id and name."""
        check(entry)
        now = self._clock.wall_ms()
        async with self._ledger.transaction() as tx:
            known = (await tx.execute(sa.select(cases).where(cases.c.id == case_id))).mappings().first()
            if known is not None:
                return dict(known)
            if not despite and (twin := await self._twin(tx, entry, point[0], clerk[0])) is not None:
                raise CaseDuplicate(id=twin["id"], started_at_ms=twin["started_ms"], by=twin["clerk_name"])
            row = {
                "id": case_id,
                "point_id": point[0],
                "point_name": point[1],
                "clerk_id": clerk[0],
                "clerk_name": clerk[1],
                "pak": entry.pak.value,
                "agency_id": entry.agency_id,
                "group_name": "",
                "officer_id": "",
                "officer_name": "",
                "workstation_id": None,
                "client_kind": (ClientKind.IDENTIFIED if entry.client_ref else ClientKind.ANONYMOUS).value,
                "client_ref": entry.client_ref,
                "started_ms": now - entry.minutes * 60_000,
                "ended_ms": now,
                "duration_s": entry.minutes * 60,
                "wait_s": 0,
                "connected": False,
                "end_reason": None,
                "outcome": entry.outcome,
                "acting_for": None,
                "note": entry.note,
                "officer_note": "",
                "version": 1,
                "source": "clerk",
                "channel": entry.channel,
                "language": entry.language,
                "service": entry.service,
                "identification": entry.identification,
                "minutes": entry.minutes,
                "stop_id": entry.stop_id,
            }
            # an entry of the night before may have begun last month
            await self._sums.changing(tx, now - entry.minutes * 60_000)
            kept = (await tx.execute(sa.insert(cases).values(row).returning(cases))).mappings().one()
            tx.record(CaseRecorded(at_ms=now, case_id=case_id, point_id=point[0]))
        return dict(kept)

    async def _twin(self, tx: Transaction, entry: Entry, point_id: PointId, clerk_id: str) -> dict[str, Any] | None:
        """An entry of late that this one seems to repeat; also one that a session made by itself."""
        now = self._clock.wall_ms()
        same = [cases.c.point_id == point_id, cases.c.pak == entry.pak.value]
        if entry.client_ref:
            same += [cases.c.client_ref == entry.client_ref, cases.c.ended_ms > now - SAME_CLIENT_MS]
            if entry.service:
                same.append(sa.or_(cases.c.service.is_(None), cases.c.service == entry.service))
        else:
            same += [
                cases.c.client_ref.is_(None),
                cases.c.source == "clerk",
                cases.c.clerk_id == clerk_id,
                cases.c.ended_ms > now - SAME_ENTRY_MS,
                cases.c.minutes == entry.minutes,
                cases.c.outcome == entry.outcome,
            ]
        found = await tx.execute(sa.select(cases).where(*same).order_by(cases.c.started_ms.desc()).limit(1))
        row = found.mappings().first()
        return None if row is None else dict(row)

    async def suggestions(self, points: Sequence[PointId], clerk_id: str) -> dict[str, Any]:
        """What the next entry probably is: the clerk's last one, and the services named lately, the most used first."""
        statement = (
            sa.select(cases)
            .where(cases.c.point_id.in_(points))
            .order_by(cases.c.started_ms.desc(), cases.c.id.desc())
            .limit(REMEMBERED)
        )
        async with self._ledger.reading() as connection:
            rows = (await connection.execute(statement)).mappings().all()
        used: dict[str, int] = {}
        for row in rows:
            if row["service"]:
                used[row["service"]] = used.get(row["service"], 0) + 1
        last = next((row for row in rows if row["clerk_id"] == clerk_id and row["source"] == "clerk"), None)
        names = ("pak", "agency_id", "channel", "language", "point_id", "stop_id", "minutes")
        return {
            "last": None if last is None else {name: last[name] for name in names},
            "services": sorted(used, key=lambda service: (-used[service], service))[:30],
        }

    async def history(self, case_id: CaseId) -> list[dict[str, Any]]:
        """Former versions, the newest first."""
        statement = sa.select(case_history).where(case_history.c.case_id == case_id)
        async with self._ledger.reading() as connection:
            rows = (await connection.execute(statement.order_by(case_history.c.version.desc()))).mappings().all()
        return [{**row, "fields": msgspec.json.decode(row["fields"])} for row in rows]


def check(entry: Entry) -> None:
    """Raises `BodyInvalid` naming the field."""
    if entry.outcome not in OUTCOMES:
        raise BodyInvalid(field="outcome")
    if (entry.identification == "none") != (entry.client_ref is None):
        raise BodyInvalid(field="identification")
    # PAK_04 is for whoever has no means of electronic identification (DOMAIN §2)
    if entry.pak is Pak.PAK_04 and entry.identification == "eid":
        raise BodyInvalid(field="identification")


def own_point(point_id: str | None, points: Sequence[PointId]) -> PointId:
    """Raises `OtherPoint`; without a name, the first is the clerk's own."""
    if not points or (point_id is not None and point_id not in points):
        raise OtherPoint
    return points[0] if point_id is None else PointId(point_id)
