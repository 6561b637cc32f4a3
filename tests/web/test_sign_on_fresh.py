"""Signing in afresh, both ways: a sign-in that lives at the state's sign-on lets one in, and proves nothing anew."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from kernel.clock import ManualClock
from tests.web.running import Running, running_house
from tests.web.sign_on_window import CLERK, Window

WAYS = ("oidc", "wsfed")
HERE = "/workstations"
STALE_S = 301


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_house(tmp_path_factory.mktemp("fresh"), ManualClock(), connected=True, standins=True) as running:
        yield running


@pytest.fixture
def window(place: Running) -> Iterator[Window]:
    assert place.vpm is not None
    place.vpm.obeys = True
    # of the limits of signing in
    place.clock.advance(120)
    made = Window(place)
    yield made
    made.http.close()


def looks_up(window: Window) -> str:
    """What the service says to a step that needs a fresh sign-in: `sign_in_stale`, or that there is no such code."""
    csrf = window.me().json()["csrf_token"]
    cookies = "; ".join(f"{name}={value}" for name, value in window.cookies.items())
    headers = {"cookie": cookies, "x-csrf-token": csrf, "origin": window.place.url}
    answer = window.http.post(f"{window.place.url}/api/enrolment/look", json={"user_code": "BCDFGHJK"}, headers=headers)
    return str(answer.json()["error"]["code"])


def asked(page: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page).query)


def passes(window: Window, way: str, *, fresh: bool = False) -> httpx.Response:
    """Signed in by the session that lives at the sign-on, without being asked."""
    back = window.pass_through(window.begin(way, HERE, fresh=fresh))
    assert back is not None, "the sign-on asked who it is"
    return window.come_back(*back)


@pytest.mark.parametrize("way", WAYS)
def test_who_signed_in_just_now_has_proved_it(window: Window, way: str) -> None:
    window.sign_in(way)
    assert window.me().json()["via"] == way
    assert looks_up(window) == "user_code_unknown"


@pytest.mark.parametrize("way", WAYS)
def test_a_living_sign_in_lets_in_and_proves_nothing_anew(window: Window, place: Running, way: str) -> None:
    window.sign_in(way)
    place.clock.advance(STALE_S)
    assert looks_up(window) == "sign_in_stale"
    answer = passes(window, way)
    assert (answer.headers["location"], window.me().json()["principal"]["id"]) == (HERE, CLERK)
    assert looks_up(window) == "sign_in_stale", "it counts from when one signed in there"


@pytest.mark.parametrize("way", WAYS)
def test_signing_in_afresh_leads_back(window: Window, place: Running, way: str) -> None:
    window.sign_in(way)
    before = dict(window.cookies)
    place.clock.advance(STALE_S)
    page = window.begin(way, HERE, fresh=True)
    wanted = {"prompt": ["login"], "max_age": ["0"]} if way == "oidc" else {"wfresh": ["0"]}
    assert wanted.items() <= asked(page).items()
    assert window.pass_through(page) is None, "the sign-on asks who it is"
    answer = window.come_back(*window.choose(page, CLERK))
    assert answer.headers["location"] == HERE
    assert looks_up(window) == "user_code_unknown"
    # the session before it is over
    window.cookies = before
    assert window.me().status_code == 401


@pytest.mark.parametrize("way", WAYS)
def test_a_sign_on_that_does_not_obey_proves_nothing(window: Window, place: Running, way: str) -> None:
    assert place.vpm is not None
    window.sign_in(way)
    place.clock.advance(STALE_S)
    place.vpm.obeys = False
    answer = passes(window, way, fresh=True)
    assert answer.headers["location"] == f"{HERE}?problem=sign_on_not_fresh"
    # nobody is signed out by it
    assert window.me().json()["principal"]["id"] == CLERK
    assert looks_up(window) == "sign_in_stale"


def test_an_answer_must_say_when_one_signed_in(window: Window, place: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    assert place.vpm is not None
    sign = place.vpm.key.sign

    def without(claims: dict[str, Any]) -> str:
        return sign({name: value for name, value in claims.items() if name != "auth_time"})

    monkeypatch.setattr(place.vpm.key, "sign", without)
    assert window.sign_in("oidc").headers["location"] == "/clerk"
    assert looks_up(window) == "sign_in_stale"
    answer = window.come_back(*window.choose(window.begin("oidc", HERE, fresh=True), CLERK))
    assert answer.headers["location"] == f"{HERE}?problem=sign_on_not_fresh"


@pytest.mark.parametrize("said", ["now", 4_000_000_000.0, True, float("nan")])
def test_a_moment_that_cannot_be_is_no_proof_for_later(
    window: Window, place: Running, monkeypatch: pytest.MonkeyPatch, said: Any
) -> None:
    assert place.vpm is not None
    sign = place.vpm.key.sign
    monkeypatch.setattr(place.vpm.key, "sign", lambda claims: sign({**claims, "auth_time": said}))
    window.sign_in("oidc")
    place.clock.advance(STALE_S)
    assert looks_up(window) == "sign_in_stale"


def test_whoever_cancels_is_led_back_with_a_word(window: Window) -> None:
    window.sign_in("oidc")
    cancelled = window.post(window.begin("oidc", HERE, fresh=True), {"cancel": "1"})
    answer = window.get(cancelled.headers["location"])
    assert answer.headers["location"] == f"{HERE}?problem=sign_on_refused"
    assert window.me().status_code == 200
