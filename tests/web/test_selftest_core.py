from __future__ import annotations

import json

import numpy as np
import pytest

from web import synthetic_core as synthetic
from web.selftest_core import Report, Step, address, line


@pytest.mark.parametrize(
    ("pasted", "meant"),
    [
        ("http://clerk.localhost:8080/?account=clerk-grobina", "http://127.0.0.1:8080"),
        ("https://klatiene.example/", "https://klatiene.example"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("nonsense", "nonsense"),
    ],
)
def test_the_address_of_a_role_is_as_good_as_the_servers(pasted: str, meant: str) -> None:
    assert address(pasted) == meant


def test_nothing_tested_is_not_success() -> None:
    assert Report("http://x").exit_code == 1
    assert "nothing" in Report("http://x").conclusion()


def test_the_first_failure_is_named() -> None:
    report = Report("http://x", [Step("a", True, 1.0), Step("b", False, 2.0, "why"), Step("c", False, 3.0)])
    assert report.exit_code == 1
    assert report.conclusion() == "FAILED at: b"
    told = json.loads(report.as_json())
    assert (told["ok"], told["failed"], told["steps"][1]["detail"]) == (False, "b", "why")
    assert line(report.steps[1]).startswith("FAIL  b")


def test_success_says_how_long_the_first_picture_took() -> None:
    report = Report("http://x", [Step("a", True, 1.0)], first_frame_ms=420.4)
    assert report.exit_code == 0
    assert "420 ms" in report.conclusion()


def test_the_picture_moves_and_is_no_flat_colour() -> None:
    first, later = synthetic.picture(0, 100), synthetic.picture(7, 100)
    assert len(first) == synthetic.WIDTH * synthetic.HEIGHT * 3 // 2
    assert first != later
    assert synthetic.is_picture(first, synthetic.WIDTH, synthetic.HEIGHT)
    assert not synthetic.is_picture(bytes(len(first)), synthetic.WIDTH, synthetic.HEIGHT)


def test_the_voice_is_heard_and_never_clips() -> None:
    second = np.concatenate([synthetic.voice(number) for number in range(200)])
    assert second.shape == (200 * synthetic.SAMPLES,)
    assert 1_000 < int(np.abs(second.astype(np.int32)).max()) < 10_000
    assert int(np.abs(second[: synthetic.SAMPLES]).max()) < 1_000, "it fades in"
