"""Open data over HTTP: formats that parse, a catalogue that validates, URIs that resolve, months told once, CKAN."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pyshacl
import pytest
import sqlalchemy as sa
from rdflib import Graph, URIRef
from rdflib.compare import isomorphic

from casework.open_data_core import BY_ID, DATASETS, uri
from casework.report_tables import queue_entries
from kernel.clock import ManualClock
from kernel.errors import RegistryUnavailable
from tests.ckan_standin import TOKEN, CkanStandin
from tests.recorded_day import MIDNIGHT_MS, recorded_day
from tests.web.person import Person
from tests.web.running import Running, running_house
from web.ckan import Ckan

# rdflib warns of itself when it reads JSON-LD
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")

#: the mandatory properties of the classes that the catalogue uses
MANDATORY = (
    "http://purl.org/dc/terms/title",
    "http://purl.org/dc/terms/description",
    "http://purl.org/dc/terms/publisher",
    "http://www.w3.org/ns/dcat#accessURL",
    "http://xmlns.com/foaf/0.1/name",
    "http://www.w3.org/2004/02/skos/core#prefLabel",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#type",
)
SHAPES = Path(__file__).parent / "dcat_ap.ttl"


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    # some days into the month after the recorded day's
    clock = ManualClock(wall_ms=MIDNIGHT_MS + 20 * 86_400_000)
    with running_house(tmp_path_factory.mktemp("open-data"), clock) as running:
        running.do(_fill(running), within_s=120)
        yield running


async def _fill(running: Running) -> None:
    async with running.house.ledger.transaction() as tx:
        for event in recorded_day(requests=400):
            await running.house.counting.entries.on_event(tx, event)
    await running.house.counting.open_data.publish()


@pytest.fixture(scope="module")
def http(hall: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=hall.url, timeout=20.0, limits=httpx.Limits(keepalive_expiry=2.0)) as client:
        yield client


def get(http: httpx.Client, path: str, **headers: str) -> httpx.Response:
    answer = http.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer


def graph_of(answer: httpx.Response) -> Graph:
    form = "turtle" if "turtle" in answer.headers["content-type"] else "json-ld"
    return Graph().parse(data=answer.text, format=form)


@pytest.mark.parametrize("dataset", DATASETS, ids=lambda each: each.id)
def test_every_set_says_the_same_in_every_format(hall: Running, http: httpx.Client, dataset: Any) -> None:
    rows = get(http, f"/open-data/{dataset.id}.json").json()
    assert rows, "the demo has data of every set"
    table = get(http, f"/open-data/{dataset.id}.csv")
    assert table.headers["access-control-allow-origin"] == "*"
    read = list(csv.DictReader(io.StringIO(table.text)))
    names = [column.name for column in dataset.columns]
    assert list(read[0]) == names == list(rows[0])

    def plain(value: Any) -> str:
        return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)

    assert read == [{name: plain(row[name]) for name in names} for row in rows]
    one, other = (graph_of(get(http, f"/open-data/{dataset.id}.{form}")) for form in ("ttl", "jsonld"))
    assert isomorphic(one, other)
    subjects = {uri(hall.house.counting.open_data.base, dataset, row) for row in rows}
    assert {str(subject) for subject in one.subjects()} == subjects
    assert len(subjects) == len(rows)


def test_the_catalogue_holds_what_dcat_ap_demands(http: httpx.Client) -> None:
    one, other = graph_of(get(http, "/open-data/catalog.ttl")), graph_of(get(http, "/open-data/catalog.jsonld"))
    assert isomorphic(one, other)
    conforms, _, words = pyshacl.validate(one, shacl_graph=Graph().parse(SHAPES))
    assert conforms, words
    # the shapes are no empty promise
    for name in MANDATORY:
        broken = Graph() + one
        assert (None, URIRef(name), None) in broken
        broken.remove((None, URIRef(name), None))
        assert not pyshacl.validate(broken, shacl_graph=Graph().parse(SHAPES))[0], name


def test_uris_resolve_by_what_is_accepted(hall: Running, http: httpx.Client) -> None:
    base = hall.house.counting.open_data.base
    downloads = [
        str(each).removeprefix(base)
        for each in graph_of(get(http, "/open-data/catalog.ttl")).objects(
            None, URIRef("http://www.w3.org/ns/dcat#downloadURL")
        )
    ]
    assert len(downloads) == 28
    for path in downloads:
        get(http, path)
    points = get(http, "/open-data/contact-points.json").json()
    point = next(row for row in points if row["id"] == "grobina")
    answer = get(http, point["uri"].removeprefix(base), accept="text/turtle")
    assert (URIRef(point["uri"]), None, None) in graph_of(answer)
    for each in get(http, "/open-data/remote-officer-usage.json").json():
        where = uri(base, BY_ID["remote-officer-usage"], each)
        assert get(http, where.removeprefix(base), accept="application/ld+json").json()["@graph"][0]["@id"] == where
    assert "rdfs:label" in get(http, "/open-data/def").text
    assert "Mobilā brigāde (demo)" not in json.dumps(points, ensure_ascii=False)
    for path in ("/open-data/nothing.csv", "/open-data/contact-points.exe"):
        assert http.get(path).json()["error"]["code"] == "dataset_unknown"
    assert http.get("/open-data/id/contact-points/nowhere").status_code == 404


def test_small_groups_are_not_in_what_is_published(hall: Running, http: httpx.Client) -> None:
    rows = get(http, "/open-data/remote-officer-usage.json").json()
    told = [row for row in rows if not row["suppressed"]]
    assert told
    assert all(row["cases"] >= 10 for row in told)
    assert any(row["suppressed"] and row["cases"] is None for row in rows)
    total = next(row for row in rows if row["level"] == "month")
    assert total["month"] == "2026-11"


def test_a_month_is_published_once(hall: Running, http: httpx.Client) -> None:
    before = get(http, "/open-data/remote-officer-usage.json").json()

    async def late() -> list[tuple[str, str]]:
        async with hall.house.ledger.transaction() as tx:
            await tx.execute(sa.delete(queue_entries).where(queue_entries.c.agency_id == "ur"))
        return await hall.house.counting.open_data.publish()

    assert hall.do(late()) == []
    assert get(http, "/open-data/remote-officer-usage.json").json() == before
    fresh = {row["dataset"]: row["fresh"] for row in get(http, "/open-data/freshness").json()["datasets"]}
    assert set(fresh) == {dataset.id for dataset in DATASETS}
    assert all(fresh.values())


def test_a_report_of_bad_data_is_answered(hall: Running) -> None:
    with (
        Person(hall.url, "network-manager") as manager,
        httpx.Client(base_url=hall.url, headers={"origin": hall.url}) as http,
    ):
        text = "Kokneses bibliotēkas darba laiks ir novecojis."
        made = http.post("/api/open-data/reports", json={"dataset": "contact-points", "text": text})
        assert made.status_code == 201, made.text
        number = made.json()["id"]
        assert text in manager.get("/api/network/quality").text
        path = f"/api/network/quality/{number}"
        assert manager.post(path, {"state": "mended", "answer": "Paldies, izlabots."}).status_code == 204
        tracked = http.get(f"/api/open-data/reports/{number}").json()
        assert (tracked["state"], tracked["answer"]) == ("mended", "Paldies, izlabots.")
        assert "answered_by" not in tracked
        assert http.post("/api/open-data/reports", json={"dataset": "x", "text": text}).status_code == 404
        assert http.get("/api/open-data/reports/0190f0e0-0000-7000-8000-000000000000").status_code == 404
        assert http.get("/api/network/quality").status_code == 401


async def test_published_at_a_portal_once_and_again_only_when_changed() -> None:
    portal = CkanStandin()
    transport = httpx.ASGITransport(app=portal.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://portal") as http:
        ckan = Ckan(http, token=TOKEN, organization="vraa")
        days = {dataset.id: "2026-11-24" for dataset in DATASETS}
        assert set((await ckan.publish("https://data.example", days)).values()) == {"created"}
        before = json.dumps(portal.packages, sort_keys=True)
        assert set((await ckan.publish("https://data.example", days)).values()) == {"same"}
        assert json.dumps(portal.packages, sort_keys=True) == before
        portal.packages["klatiene-contact-points"]["maintainer"] = "set at the portal"
        ids = [each["id"] for each in portal.packages["klatiene-contact-points"]["resources"]]
        again = await ckan.publish("https://data.example", days | {"contact-points": "2026-11-25"})
        assert {name for name, what in again.items() if what != "same"} == {"contact-points"}
        changed = portal.packages["klatiene-contact-points"]
        assert [each["id"] for each in changed["resources"]] == ids
        assert changed["maintainer"] == "set at the portal"
        assert {each["key"]: each["value"] for each in changed["extras"]}["modified"] == "2026-11-25"
        with pytest.raises(RegistryUnavailable):
            await Ckan(http, token="wrong", organization="vraa").publish("https://other.example", {})
