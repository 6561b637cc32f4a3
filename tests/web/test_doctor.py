"""The doctor over an installation that is well, one that is not, and the numbers that Prometheus takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
import yaml

from kernel.clock import ManualClock
from kernel.ledger import dead_letters
from tests.web.running import Running, running_house
from web.doctor import examine

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_house(tmp_path_factory.mktemp("doctor"), ManualClock()) as running:
        yield running


def looked_at(hall: Running) -> dict[str, tuple[str, str]]:
    findings = hall.do(examine(hall.house.settings))
    return {finding.check: (finding.state, finding.do) for finding in findings}


def test_what_is_well_and_what_is_not(hall: Running) -> None:
    found = looked_at(hall)
    for check in ("ledger", "audit", "disk", "consumers", "redis"):
        assert found[check] == ("ok", ""), check
    # this house has no media node
    assert found["media"][0] == "failing"
    assert found["sign-in"][0] == "warning"

    async def spoil() -> None:
        async with hall.house.ledger.transaction() as tx:
            values = {"consumer": "casework", "event_id": 1, "at_ms": 0, "error": "x"}
            await tx.execute(sa.insert(dead_letters).values(values))

    hall.do(spoil())
    assert looked_at(hall)["consumers"][0] == "failing"


def test_old_tables_are_told(hall: Running) -> None:
    async def turn(version: str) -> str:
        async with hall.house.ledger.transaction() as tx:
            known = str((await tx.execute(sa.text("SELECT version_num FROM alembic_version"))).scalar_one())
            await tx.execute(sa.text("UPDATE alembic_version SET version_num = :version"), {"version": version})
        return known

    newest = hall.do(turn("0001"))
    assert looked_at(hall)["ledger"] == ("failing", "run: klatiene migrate")
    hall.do(turn(newest))


def test_numbers_follow_the_conventions(hall: Running) -> None:
    page = httpx.get(f"{hall.url}/metrics").text
    assert 'klatiene_queue_waiting_requests{agency="vsaa"} 0.0' in page
    assert re.search(r'klatiene_officers\{agency="vsaa",state="offline"\} [1-9]', page)
    assert 'klatiene_consumer_lag_events{consumer="entries"}' in page
    names = re.findall(r"^# TYPE (\w+) (\w+)$", page, re.MULTILINE)
    for name, kind in names:
        assert name.startswith("klatiene_"), name
        # a base unit, the whole word, at the end; counters say total
        assert not re.search(r"_(?:ms|milliseconds|sec|secs|minutes|kb|mb)(?:_|$)", name), name
        assert kind != "counter" or name.endswith("_total"), name
    assert not re.search(r'="[0-9a-f]{8}-[0-9a-f]{4}-7', page), "an id is no label"


def test_rules_and_board_speak_of_numbers_that_there_are(hall: Running) -> None:
    told = set(re.findall(r"^# TYPE (\w+) ", httpx.get(f"{hall.url}/metrics").text, re.MULTILINE))
    rules = yaml.safe_load((ROOT / "deploy/prometheus-rules.yml").read_text(encoding="utf-8"))
    expressions = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    for group in rules["groups"]:
        for rule in group["rules"]:
            assert {"summary", "action"} <= rule["annotations"].keys(), rule["alert"]
    board = (ROOT / "deploy/grafana-board.json").read_text(encoding="utf-8")
    for name in set(re.findall(r"\bklatiene_[a-z_]+", " ".join([*expressions, board]))):
        if not name.startswith("klatiene_media_"):  # the media node has a page of its own
            assert re.sub(r"_(?:bucket|sum|count)$", "", name) in told, name
