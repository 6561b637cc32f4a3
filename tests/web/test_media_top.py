"""`klatiene media top`: rates from two looks, and the table on a terminal."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from livekit.protocol import rtc

from kernel.settings import Settings
from tests.signaling.running import KEY, ROOM, SECRET, Signal, running_node
from web.media_top import run_media_top
from web.media_top_core import lines, read

URL = "http://127.0.0.1:7880"


def look(at_s: float, cpu_s: float, packets: int, octets: int, **person: Any) -> dict[str, Any]:
    track = {"video": True, "quality": 2, "paused": False, "octets": octets}
    who = {
        "identity": "k-1",
        "connected": True,
        "loss_up": 0.0,
        "loss_down": 0.021,
        "jitter_up_s": 0.004,
        "jitter_down_s": None,
        "rtt_s": 0.05,
        "budget_bps": 640_000.0,
        "published": {"TR_a": {"muted": False, "layers": [["q", 0, 150_000, 10], ["f", 2, 1_200_000, 10]]}},
        "subscribed": {"TR_b": track},
        **person,
    }
    return {
        "at_s": at_s,
        "cpu_s": cpu_s,
        "compiled": True,
        "draining": False,
        "packets_in": packets,
        "packets_out": 2 * packets,
        "rooms": [{"name": "s-1", "participants": [who]}],
    }


def test_two_looks_make_rates() -> None:
    node = read(URL, look(10.0, 1.0, 0, 0), look(12.0, 1.1, 1_000, 250_000))
    assert node.cpu_share == pytest.approx(0.05)
    assert node.cpu_per_packet_s == pytest.approx(50e-6)
    assert (node.packets_in_per_s, node.packets_out_per_s) == (500, 1_000)
    (person,) = node.people
    assert person.down_bps == pytest.approx(1_000_000)
    assert person.up_bps == 1_350_000
    assert (person.loss_down, person.jitter_s, person.rtt_s, person.layers) == (0.021, 0.004, 0.05, ("high",))


def test_the_table_says_it_in_words() -> None:
    paused = {"TR_b": {"video": True, "quality": -1, "paused": True, "octets": 0}}
    nodes = [
        read(URL, look(0.0, 0.0, 0, 0), look(2.0, 0.2, 100, 0, subscribed=paused)),
        read("http://elsewhere", None, None),
    ]
    text = "\n".join(lines(nodes))
    assert "cpu 10%" in text
    assert "compiled" in text
    assert "s-1   k-1" in text
    assert "0.0% / 2.1%" in text
    assert "paused" in text
    assert "640" in text
    assert "http://elsewhere  no answer" in text


def test_a_node_that_is_back_is_there_and_its_rates_come_with_the_next_look() -> None:
    """A process begins to count at zero."""
    for before in (None, look(10.0, 7.0, 90_000, 5_000)):
        node = read(URL, before, look(12.0, 0.3, 10, 100))
        assert node.reached
        assert (node.cpu_share, node.packets_out_per_s, node.cpu_per_packet_s) == (0, 0, None)
        assert [person.down_bps for person in node.people] == [0]


def test_a_node_without_traffic_divides_by_nothing() -> None:
    assert read(URL, look(0.0, 0.0, 5, 0), look(2.0, 0.1, 5, 0)).cpu_per_packet_s is None


async def test_it_reads_a_node_that_runs(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.media_top.LOOK_S", 0.05)
    async with running_node() as node, Signal(node, "ann") as ann:
        settings = Settings(media_key=KEY, media_secret=SECRET, media_api_url=node.http)
        assert await run_media_top(settings, once=True, as_json=True) == 0
        (seen,) = json.loads(capsys.readouterr().out.strip().splitlines()[-1])["nodes"]
        assert seen["rooms"] == 1
        assert [(person["room"], person["identity"]) for person in seen["people"]] == [(ROOM, "ann")]
        await ann.send(leave=rtc.LeaveRequest())


async def test_nobody_answers(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.media_top.LOOK_S", 0.05)
    async with running_node() as node:
        settings = Settings(media_key=KEY, media_secret="x" * 40, media_api_url=node.http)
        async with asyncio.timeout(10):
            assert await run_media_top(settings, once=True, as_json=False) == 1
    assert "no answer" in capsys.readouterr().out
