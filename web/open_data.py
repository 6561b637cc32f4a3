"""The open data sets out of the ledger: rows as they are now, and months published once and for all.

Only the edge may see AVIS and the register together; what is safe to tell is decided in pure cores.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from secrets import SystemRandom
from typing import Any

import msgspec
import sqlalchemy as sa

from avis_bridge import tables as avis
from casework.atvk_core import region_of
from casework.dcat_core import About
from casework.indicators_core import RIGA
from casework.network import Network
from casework.network_core import hours_text
from casework.open_data_core import BY_ID, DATASETS, Dataset, uri
from casework.report_tables import open_data_releases, quality_reports, queue_entries
from casework.suppression_core import Path
from casework.tables import contact_points
from casework.usage_core import Sale, Use, band, sales, usage
from kernel.clock import Clock
from kernel.errors import DatasetUnknown, ReportUnknown
from kernel.facts import Bilingual
from kernel.ids import new_id
from kernel.ledger import Ledger
from kernel.settings import Settings

#: a month is published when late events cannot come any more
REST_DAYS = 3
#: how far back a first publication goes
MONTHS = 24
_CHANCE = SystemRandom()


class OpenData:
    def __init__(self, ledger: Ledger, clock: Clock, network: Network, settings: Settings) -> None:
        self._ledger = ledger
        self._clock = clock
        self._network = network
        self._k = settings.open_data_k
        self.base = (settings.open_data_url or next(iter(settings.origins), "")).rstrip("/")
        self._contact = settings.open_data_contact

    # ── reading ──────────────────────────────────────────────────────────────────────────────────

    @staticmethod
    def dataset(dataset_id: str) -> Dataset:
        if dataset_id not in BY_ID:
            raise DatasetUnknown
        return BY_ID[dataset_id]

    async def rows(self, dataset: Dataset) -> list[dict[str, Any]]:
        if dataset.monthly:
            return [row for _, _, rows in await self._released(dataset) for row in rows]
        match dataset.id:
            case "contact-points":
                return await self._points(dataset)
            case "avis-recipient-groups":
                return await self._groups()
        return await self._avis(dataset)

    async def about(self) -> About:
        today = self._today()
        modified = {dataset.id: today for dataset in DATASETS if not dataset.monthly}
        for dataset in DATASETS:
            if dataset.monthly and (released := await self._released(dataset)):
                modified[dataset.id] = _day(released[-1][1])
        return About(
            base=self.base,
            publisher=Bilingual("Valsts reģionālās attīstības aģentūra", "State Regional Development Agency"),
            publisher_uri=f"{self.base}/open-data/publisher",
            contact=self._contact,
            modified=modified,
        )

    async def freshness(self) -> list[dict[str, Any]]:
        """Whether each set is as new as it promises to be."""
        about, today = await self.about(), datetime.fromisoformat(self._today())
        found = []
        for dataset in DATASETS:
            modified = about.modified.get(dataset.id)
            age = None if modified is None else (today - datetime.fromisoformat(modified)).days
            fresh = age is not None and age <= dataset.fresh_days
            found.append({"dataset": dataset.id, "modified": modified, "age_days": age, "fresh": fresh})
        return found

    # ── publishing months ────────────────────────────────────────────────────────────────────────

    async def publish(self) -> list[tuple[str, str]]:
        """Publish every month that is over and was not published; (set, month) of each."""
        made = []
        for dataset in DATASETS:
            if dataset.monthly:
                known = {period for period, _, _ in await self._released(dataset)}
                for month in self._closed_months():
                    if month not in known and await self._release(dataset, month):
                        made.append((dataset.id, month))
        return made

    async def _release(self, dataset: Dataset, month: str) -> bool:
        if dataset.id == "avis-transactions":
            rows = sales(month, await self._sales(month), self._k, _lot)
        else:
            rows = usage(month, await self._uses(month), self._k, _lot)
        values = {
            "dataset": dataset.id,
            "period": month,
            "at_ms": self._clock.wall_ms(),
            "body": msgspec.json.encode(rows).decode(),
        }
        async with self._ledger.transaction() as tx:
            mine = (open_data_releases.c.dataset == dataset.id) & (open_data_releases.c.period == month)
            await tx.alone(0x4B4C_4F44)
            if (await tx.execute(sa.select(open_data_releases.c.period).where(mine))).first() is not None:
                return False
            await tx.execute(sa.insert(open_data_releases).values(values))
        return True

    def _closed_months(self) -> list[str]:
        """The oldest first."""
        day = datetime.fromisoformat(self._today()) - timedelta(days=REST_DAYS)
        found = []
        for _ in range(MONTHS):
            day = day.replace(day=1) - timedelta(days=1)
            found.append(day.strftime("%Y-%m"))
        return found[::-1]

    async def _released(self, dataset: Dataset) -> list[tuple[str, int, list[dict[str, Any]]]]:
        statement = sa.select(open_data_releases).where(open_data_releases.c.dataset == dataset.id)
        async with self._ledger.reading() as connection:
            rows = (await connection.execute(statement.order_by(open_data_releases.c.period))).all()
        return [(row.period, row.at_ms, msgspec.json.decode(row.body)) for row in rows]

    # ── where rows come from ─────────────────────────────────────────────────────────────────────

    async def _points(self, dataset: Dataset) -> list[dict[str, Any]]:
        today, rows = self._today(), []
        for known in (await self._network.points()).values():
            point, details = known.point, known.point.details
            if known.demo or (details.valid_to is not None and details.valid_to < today):
                continue
            row = {
                "id": point.id,
                "name": point.name,
                "kind": point.kind,
                "atvk": point.atvk,
                "region": region_of(point.atvk),
                "address": details.address or None,
                "lat": details.lat,
                "lon": details.lon,
                "hours": hours_text(details.hours) or None,
                "email": details.email or None,
                "phone": details.phone or None,
                "remote_officer": details.remote_officer,
                "valid_from": details.valid_from,
            }
            rows.append({"uri": uri(self.base, dataset, row), **row})
        return rows

    async def _avis(self, dataset: Dataset) -> list[dict[str, Any]]:
        grantors, providers, outlets = avis.grantors.c, avis.providers.c, avis.outlets.c
        rules = avis.instructions.c
        of_provider = (outlets.provider == providers.reg_no) & outlets.active
        count = sa.func.count(outlets.id).label("outlets")
        statements: dict[str, sa.Select[Any]] = {
            "avis-grantors": sa.select(grantors.reg_no.label("grantor"), grantors.name, grantors.sector).order_by(
                grantors.reg_no
            ),
            "avis-providers": sa.select(providers.reg_no.label("provider"), providers.name, count)
            .join(avis.outlets, of_provider, isouter=True)
            .group_by(providers.reg_no, providers.name)
            .order_by(providers.reg_no),
            "avis-benefits": sa.select(rules.id, rules.grantor, rules.version, rules.priority)
            .where(rules.state == "active")
            .order_by(rules.id),
        }
        async with self._ledger.reading() as connection:
            return [dict(row) for row in (await connection.execute(statements[dataset.id])).mappings()]

    async def _groups(self) -> list[dict[str, Any]]:
        groups, members = avis.groups, avis.memberships
        statement = (
            sa.select(groups.c.id, groups.c.grantor, groups.c.name_lv, sa.func.count(members.c.person).label("size"))
            .join(members, (members.c.group_id == groups.c.id) & members.c.holds, isouter=True)
            .group_by(groups.c.id, groups.c.grantor, groups.c.name_lv)
            .order_by(groups.c.id)
        )
        async with self._ledger.reading() as connection:
            rows = (await connection.execute(statement)).all()
        found = []
        for row in rows:
            size = band(row.size, self._k)
            found.append(
                {
                    "group": row.id,
                    "grantor": row.grantor,
                    "name": row.name_lv,
                    "size_band": size,
                    "suppressed": size is None,
                }
            )
        return found

    async def _sales(self, month: str) -> list[Sale]:
        statement = sa.select(avis.benefits).where(avis.benefits.c.month == month)
        async with self._ledger.reading() as connection:
            rows = (await connection.execute(statement)).all()
        return [
            Sale(
                grantor=row.grantor,
                benefit=row.instruction_id,
                provider=row.provider,
                atvk=row.atvk,
                category=row.category,
                person=row.person,
                transaction=row.transaction_id,
                benefit_cents=row.cents,
                gross_cents=row.gross,
            )
            for row in rows
        ]

    async def _uses(self, month: str) -> list[Use]:
        where = sa.select(contact_points.c.id, contact_points.c.atvk, contact_points.c.kind)
        statement = sa.select(queue_entries).where(
            queue_entries.c.day.between(f"{month}-01", f"{month}-31"), queue_entries.c.state.not_in(("kept", "queued"))
        )
        async with self._ledger.reading() as connection:
            places = {row.id: row for row in await connection.execute(where)}
            rows = (await connection.execute(statement)).all()
        found = []
        for row in rows:
            place = places.get(row.point_id)
            ended = "connected" if row.connected else "abandoned" if row.state == "left" else "other"
            found.append(
                Use(
                    agency=row.agency_id,
                    pak=row.pak,
                    group=row.group_id,
                    region=region_of(place.atvk) if place else "",
                    point_kind=place.kind if place else "",
                    person=row.client_ref or row.id,
                    ended=ended,
                    wait_s=row.waited_ms // 1000,
                    duration_s=None if row.talk_ms is None else row.talk_ms // 1000,
                )
            )
        return found

    # ── what people say of the data ──────────────────────────────────────────────────────────────

    async def report(self, dataset_id: str, text: str) -> str:
        """The number by which its sender finds the answer; nobody's name or address is asked."""
        report_id = new_id(self._clock.wall_ms())
        values = {
            "id": report_id,
            "dataset": self.dataset(dataset_id).id,
            "created_ms": self._clock.wall_ms(),
            "text": text,
            "state": "open",
        }
        async with self._ledger.transaction() as tx:
            await tx.execute(sa.insert(quality_reports).values(values))
        return report_id

    async def reports(self, report_id: str | None = None) -> list[dict[str, Any]]:
        statement = sa.select(quality_reports).order_by(quality_reports.c.id.desc()).limit(500)
        if report_id is not None:
            statement = statement.where(quality_reports.c.id == report_id)
        async with self._ledger.reading() as connection:
            found = [dict(row) for row in (await connection.execute(statement)).mappings()]
        if report_id is not None and not found:
            raise ReportUnknown
        return found

    async def answer(self, report_id: str, *, state: str, answer: str, by: str) -> None:
        values = {"state": state, "answer": answer, "answered_ms": self._clock.wall_ms(), "answered_by": by}
        async with self._ledger.transaction() as tx:
            mine = quality_reports.c.id == report_id
            if not (await tx.execute(sa.update(quality_reports).where(mine).values(values))).rowcount:
                raise ReportUnknown

    def _today(self) -> str:
        return _day(self._clock.wall_ms())


def _lot(_: Path) -> float:
    """Kept nowhere: who could draw again would know which cells were hidden for others' sake."""
    return 1.0 - _CHANCE.random()


def _day(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(RIGA).date().isoformat()
