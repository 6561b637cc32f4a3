"""What people take along opens in LibreOffice as was meant: letters, numbers, dates; nothing is run (`make office`)."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from casework.open_data_core import DATASETS
from kernel.clock import ManualClock
from tests.recorded_day import MIDNIGHT_MS, recorded_day
from tests.web.person import Person
from tests.web.running import Running, running_house

pytestmark = [pytest.mark.office, pytest.mark.timeout(600)]

#: as the dialogue offers it where Windows and LibreOffice are Latvian: ``;``, quotes, UTF-8, Latvian (0x0426)
LATVIAN = "CSV:59,34,76,1,,1062,false,true,false,false,false,-1,{evaluates}"
#: the open data by W3C's best practice: ``,``, and a point before decimals, English
ENGLISH = "CSV:44,34,76,1,,1033,false,true,false,false,false,-1,{evaluates}"
DAY = "from=2026-11-24&to=2026-11-24"
HOSTILE = ('=HYPERLINK("http://example.invalid";"x")', "=1+1", "+1+1", "-1+1", "@SUM(1;2)", "\t=1+1")
LETTERS = "Ādažu ģimenēm: ķēdes, ļaunums, ņemšana, šūšana, žagari; «āēīū»"


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    clock = ManualClock(wall_ms=MIDNIGHT_MS + 20 * 86_400_000)
    with running_house(tmp_path_factory.mktemp("office"), clock) as running:

        async def fill() -> None:
            async with running.house.ledger.transaction() as tx:
                for event in recorded_day(requests=300):
                    await running.house.counting.entries.on_event(tx, event)
            await running.house.counting.open_data.publish()

        running.do(fill(), within_s=240)
        yield running


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """``office(name, content, filter)``: the first sheet as LibreOffice read it, cell by cell."""
    directory = tmp_path_factory.mktemp("soffice")

    def opened(name: str, content: bytes, read_by: str | None = None) -> list[list[Any]]:
        source = directory / name
        source.write_bytes(content)
        out = directory / "out"
        # a sheet of LibreOffice's own: whatever it took for a formula would be one there
        command = ["soffice", f"-env:UserInstallation=file://{directory}/profile", "--headless", "--norestore"]
        command += [*([f"--infilter={read_by}"] if read_by else []), "--convert-to", "xlsx:Calc MS Excel 2007 XML"]
        subprocess.run([*command, "--outdir", str(out), str(source)], check=True, capture_output=True, timeout=240)
        book = load_workbook(out / f"{Path(name).stem}.xlsx")
        rows = list(book.active.iter_rows())
        formulas = [cell.value for row in rows for cell in row if cell.data_type == "f"]
        assert formulas == [], "nothing is run"
        return [[cell.value for cell in row] for row in rows]

    return opened


def test_the_register(hall: Running, office: Any) -> None:
    with Person(hall.url, "clerk-grobina") as clerk:
        for number, note in enumerate((*HOSTILE, LETTERS)):
            entry = {"pak": "PAK_01", "channel": "in_person", "language": "lv", "outcome": "solved", "minutes": 7}
            more = {"note": note, "service": f"EDS {number};x", "client": {"kind": "anonymous"}, "despite": True}
            assert clerk.post("/api/cases", entry | more).status_code == 201
        csv_file, xlsx_file = clerk.get("/api/cases.csv").content, clerk.get("/api/cases.xlsx").content
    for evaluates in ("false", "true"):
        header, *rows = office("register.csv", csv_file, LATVIAN.format(evaluates=evaluates))
        note, began, lasted = (header.index(name) for name in ("Piezīme", "Sākums", "Ilgums (s)"))
        assert header[: len(header)] == [name for name in header if name]
        assert {row[note] for row in rows} == {LETTERS, *(f"'{each}" for each in HOSTILE)}
        assert all(isinstance(row[began], datetime) and row[lasted] == 420 for row in rows)
    header, *rows = office("register-x.xlsx", xlsx_file)
    assert {str(row[note]).lstrip("\t") for row in rows} == {LETTERS, *(each.lstrip("\t") for each in HOSTILE)}
    assert all(isinstance(row[began], datetime) and row[lasted] == 420 for row in rows)
    assert load_workbook(io.BytesIO(xlsx_file)).active.freeze_panes == "A2"


def test_reports_in_latvian_numbers(hall: Running, office: Any) -> None:
    with Person(hall.url, "supervisor-vsaa") as supervisor:
        for period in ("hour", "day", "week", "month"):
            query = f"{DAY}&period={period}&by=group"
            body = supervisor.get(f"/api/reports?{query}").json()
            files = {
                "csv": (supervisor.get(f"/api/reports.csv?{query}").content, LATVIAN.format(evaluates="true")),
                "xlsx": (supervisor.get(f"/api/reports.xlsx?{query}").content, None),
            }
            for kind, (content, read_by) in files.items():
                header, *rows = office(f"report-{period}.{kind}", content, read_by)
                total = dict(zip(header, rows[-1], strict=True))
                assert total["Periods"] == "Kopā"
                assert total["Pieteikumi"] == body["total"]["offered"]
                assert total["Vidējā gaidīšana (s)"] == pytest.approx(body["total"]["asa_s"], abs=0.06)
                assert total["SL(60) %"] == pytest.approx(body["total"]["sl"] * 100, abs=0.06)
                assert {row[1] for row in rows[:-1]} == {"Pabalsti ģimenēm", "Pensijas"}
                when = rows[0][0]
                assert str(when).startswith("2026-"), when


def test_the_network(hall: Running, office: Any) -> None:
    with Person(hall.url, "network-manager") as manager:
        header, *rows = office(
            "points.csv", manager.get("/api/network/points.csv").content, LATVIAN.format(evaluates="true")
        )
        known = manager.get("/api/network/points").json()["points"]
    assert len(rows) == len(known)
    names = {each["point"]["name"] for each in known}
    assert {row[header.index("name")] for row in rows} == names
    where = {each["point"]["id"]: each["point"]["details"]["lat"] for each in known}
    for row in rows:
        assert row[header.index("lat")] == where[row[0]]


def test_open_data(hall: Running, office: Any) -> None:
    with Person(hall.url, "network-manager") as anybody:
        for dataset in DATASETS:
            told = anybody.get(f"/open-data/{dataset.id}.json").json()
            text = anybody.get(f"/open-data/{dataset.id}.csv").content
            header, *rows = office(f"{dataset.id}.csv", text, ENGLISH.format(evaluates="true"))
            assert header == [column.name for column in dataset.columns]
            assert len(rows) == len(told)
            for column in dataset.columns:
                if column.kind in ("integer", "decimal"):
                    read = [row[header.index(column.name)] for row in rows]
                    assert read == [
                        None if each[column.name] is None else pytest.approx(float(each[column.name])) for each in told
                    ]
            # what is opened without any setting is the same
            assert office(f"plain-{dataset.id}.csv", text)[0] == header
