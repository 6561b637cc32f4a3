from __future__ import annotations

import csv
import io

import pytest

from casework.export_core import HEADERS
from casework.service import CaseworkService, Filter
from kernel.clock import ManualClock
from kernel.errors import BodyInvalid, CaseChanged, CaseUnknown, OtherPoint
from kernel.ids import CaseId, PointId
from kernel.ledger import Ledger
from kernel.messages import Pak
from tests.facts import ended, facts_of, opened
from web.tables_out import csv_text

HOME = [PointId("grobina")]


@pytest.fixture
def casework(ledger: Ledger, clock: ManualClock) -> CaseworkService:
    return CaseworkService(ledger, clock)


async def record(casework: CaseworkService, ledger: Ledger, number: int, **changed: object) -> CaseId:
    facts = facts_of(number, **changed)
    for event in (opened(facts, at_ms=5_000 + number), ended(facts), ended(facts)):
        async with ledger.transaction() as tx:
            await casework.on_event(tx, event)
    return CaseId(facts.consultation_id)


async def test_the_newest_first_page_by_page(casework: CaseworkService, ledger: Ledger) -> None:
    made = [await record(casework, ledger, number) for number in range(1, 6)]
    page, cursor = await casework.cases(HOME, Filter(), limit=3)
    assert [row["id"] for row in page] == made[:1:-1]
    rest, end = await casework.cases(HOME, Filter(), before=cursor, limit=3)
    assert [row["id"] for row in rest] == [made[1], made[0]]
    assert end is None
    with pytest.raises(BodyInvalid):
        await casework.cases(HOME, Filter(), before="yesterday")


async def test_found_by_words_without_regard_to_case_and_by_service(casework: CaseworkService, ledger: Ledger) -> None:
    first = await record(casework, ledger, 1)
    await record(casework, ledger, 2, pak=Pak.PAK_06)
    assert [row["id"] for row in (await casework.cases(HOME, Filter(pak=Pak.PAK_02)))[0]] == [first]
    assert len((await casework.cases(HOME, Filter(text="pabalsti")))[0]) == 2
    assert (await casework.cases(HOME, Filter(text="100%")))[0] == []
    assert (await casework.cases(HOME, Filter(agency_id="vid")))[0] == []


async def test_a_point_sees_its_own_cases_only(casework: CaseworkService, ledger: Ledger) -> None:
    case_id = await record(casework, ledger, 1)
    elsewhere = [PointId("adazi")]
    assert (await casework.cases(elsewhere, Filter()))[0] == []
    with pytest.raises(OtherPoint):
        await casework.case(case_id, elsewhere)
    with pytest.raises(CaseUnknown):
        await casework.case(CaseId("none"), HOME)


async def test_a_correction_needs_the_version_it_was_made_from(casework: CaseworkService, ledger: Ledger) -> None:
    case_id = await record(casework, ledger, 1)
    first = await casework.update(case_id, HOME, version=1, by="clerk-grobina", note="Pirmā.")
    assert (first["note"], first["version"]) == ("Pirmā.", 2)
    with pytest.raises(CaseChanged) as refused:
        await casework.update(case_id, HOME, version=1, by="clerk-grobina", note="Otrā.")
    assert refused.value.details["note"] == "Pirmā."
    assert (await casework.case(case_id, HOME))["note"] == "Pirmā."
    with pytest.raises(BodyInvalid):
        await casework.update(case_id, HOME, version=2, by="clerk-grobina", outcome="wonderful")


async def test_the_export_opens_in_a_spreadsheet_and_runs_nothing(casework: CaseworkService, ledger: Ledger) -> None:
    case_id = await record(casework, ledger, 1)
    await casework.update(case_id, HOME, version=1, by="clerk-grobina", note='=HYPERLINK("x"); "ā"')
    text = csv_text(HEADERS, [row async for page in casework.export(HOME, Filter()) for row in page])
    assert text.startswith("\ufeff")
    header, row = list(csv.reader(io.StringIO(text[1:]), delimiter=";"))
    assert len(header) == len(row)
    assert row[header.index("Piezīme")] == '\'=HYPERLINK("x"); "ā"'
    assert row[header.index("Pakalpojums")] == "PAK_02"
    assert row[header.index("Ilgums (s)")] == "60"
