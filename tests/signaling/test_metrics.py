"""What Prometheus reads: base units, totals as counters, and nothing personal."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
from livekit.protocol import rtc
from prometheus_client.parser import text_string_to_metric_families

from media.api import PeerQuality
from signaling.metrics import NodeMetrics
from tests.signaling.running import Signal, running_node, token


async def test_the_page_has_units_and_no_names() -> None:
    async with running_node() as node, Signal(node, "ann-1") as ann, httpx.AsyncClient(base_url=node.http) as client:
        page = (await client.get("/metrics")).text
        families = {family.name: family for family in text_string_to_metric_families(page)}
        for name, kind in {
            "klatiene_media_packets": "counter",
            "klatiene_media_cpu_seconds": "counter",
            "klatiene_media_dropped": "counter",
            "klatiene_media_refused": "counter",
            "klatiene_media_rooms": "gauge",
            "klatiene_media_paused_pictures": "gauge",
            "klatiene_media_join_seconds": "histogram",
            "klatiene_media_loss_ratio": "histogram",
            "klatiene_media_jitter_seconds": "histogram",
            "klatiene_media_round_trip_seconds": "histogram",
        }.items():
            assert families[name].type == kind
        assert families["klatiene_media_participants"].samples[0].value == 1
        labels = {label for family in families.values() for sample in family.samples for label in sample.labels}
        assert labels <= {"direction", "reason", "compiled", "le"}
        assert "ann-1" not in page
        assert (await client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.7"})).status_code == 403
        await ann.send(leave=rtc.LeaveRequest())


async def test_rules_and_board_speak_of_numbers_that_there_are() -> None:
    async with running_node() as node, httpx.AsyncClient(base_url=node.http) as client:
        told = set(re.findall(r"^# TYPE (\w+) ", (await client.get("/metrics")).text, re.MULTILINE))
    deploy = Path(__file__).parents[2] / "deploy"
    files = [(deploy / name).read_text(encoding="utf-8") for name in ("prometheus-rules.yml", "grafana-board.json")]
    named = set(re.findall(r"\bklatiene_media_[a-z_]+", " ".join(files)))
    assert len(named) > 8
    assert {re.sub(r"_(?:bucket|count)$", "", name) for name in named} <= told


async def test_details_are_for_those_who_may_list_rooms() -> None:
    async with running_node() as node, httpx.AsyncClient(base_url=node.http) as client:
        assert (await client.get("/stats")).status_code == 401
        joins = {"Authorization": f"Bearer {token('ann')}"}
        assert (await client.get("/stats", headers=joins)).status_code == 403
        lists = {"Authorization": f"Bearer {token(room_list=True)}"}
        assert (await client.get("/stats", headers=lists)).json()["rooms"] == []


def test_a_line_is_counted_where_something_flows() -> None:
    class Still:
        def counters(self) -> dict[str, int]:
            return {"packets_in": 0, "packets_out": 0}

    metrics = NodeMetrics(Still())  # type: ignore[arg-type]
    line = PeerQuality(True, 0.03, 0.0, 0.02, 0.1, jitter_up=0.004)
    metrics.measured([(line,), (PeerQuality(False, 0.5, 0.5, None, 9.0),)])
    samples = {
        (sample.name, sample.labels.get("direction", "")): sample.value
        for family in text_string_to_metric_families(metrics.page().decode())
        for sample in family.samples
        if sample.name.endswith("_count")
    }
    assert samples["klatiene_media_loss_ratio_count", "up"] == 1
    assert samples["klatiene_media_round_trip_seconds_count", ""] == 1
    assert ("klatiene_media_loss_ratio_count", "down") not in samples
