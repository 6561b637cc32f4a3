"""Signing in by the state's sign-on over real HTTP, both ways, and everything that must not sign anybody in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from kernel.clock import ManualClock
from kernel.id_token import IssuerKey
from tests.web.running import Running, running_house
from tests.web.sign_on_window import CLERK, Window, refusal
from web.demo_sign_on import STRANGER, people

WAYS = ("oidc", "wsfed")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_house(tmp_path_factory.mktemp("sign-on"), ManualClock(), connected=True, standins=True) as running:
        yield running


@pytest.fixture
def window(place: Running) -> Iterator[Window]:
    made = Window(place)
    yield made
    made.http.close()


# ── signing in and out ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("account", [CLERK, "officer-vsaa-1", "supervisor-vsaa", "administrator-vsaa", "citizen-2"])
def test_whom_the_directory_knows_is_signed_in(window: Window, way: str, account: str) -> None:
    answer = window.sign_in(way, account)
    assert (answer.status_code, answer.headers["location"]) == (303, "/clerk")
    assert window.me().json()["principal"]["id"] == account


@pytest.mark.parametrize("way", WAYS)
def test_signing_out_ends_there_too(window: Window, way: str) -> None:
    window.sign_in(way)
    csrf = window.me().json()["csrf_token"]
    headers = {"cookie": "; ".join(f"{n}={v}" for n, v in window.cookies.items()), "x-csrf-token": csrf}
    answer = window.http.post(f"{window.place.url}/api/sign-out", headers={**headers, "origin": window.place.url})
    after = window.http.get(answer.json()["next"])
    assert (after.status_code, after.headers["location"]) == (303, f"{window.place.url}/sign-in")
    assert window.me().status_code == 401


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("to", ["//elsewhere", "https://elsewhere.example", "/\\elsewhere", "clerk", "/%2f/elsewhere"])
def test_nobody_is_led_elsewhere_afterwards(window: Window, way: str, to: str) -> None:
    answer = window.come_back(*window.choose(window.begin(way, to), CLERK))
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_ways_in_are_told_and_refusals_have_words(window: Window) -> None:
    told = window.get("/api/sign-on?problem=sign_on_no_role").json()
    assert told["ways"] == ["oidc", "wsfed"]
    assert told["problem"]["code"] == "sign_on_no_role"
    assert "administrator" in told["problem"]["hint"]
    assert "problem" not in window.get("/api/sign-on?problem=%3Cscript%3E").json()


# ── refusals of both ways ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("way", WAYS)
def test_a_known_identity_without_a_role_is_told_what_to_do(window: Window, way: str) -> None:
    assert refusal(window.sign_in(way, STRANGER.label)) == "sign_on_no_role"
    assert window.me().status_code == 401


@pytest.mark.parametrize("way", WAYS)
def test_an_answer_counts_once(window: Window, way: str) -> None:
    page = window.begin(way)
    begun = dict(window.cookies)
    back = window.choose(page, CLERK)
    assert window.come_back(*back).headers["location"] == "/clerk"
    window.cookies = begun
    assert refusal(window.come_back(*back)) == "sign_on_replayed"


@pytest.mark.parametrize("way", WAYS)
def test_an_answer_belongs_to_the_browser_that_began(window: Window, place: Running, way: str) -> None:
    back = window.choose(window.begin(way), CLERK)
    other = Window(place)
    assert refusal(other.come_back(*back)) == "sign_on_state"
    other.begin(way)
    assert refusal(other.come_back(*back)) == "sign_on_state"
    other.http.close()


@pytest.mark.parametrize("way", WAYS)
def test_whoever_takes_too_long_begins_again(window: Window, place: Running, way: str) -> None:
    back = window.choose(window.begin(way), CLERK)
    place.clock.advance(601)
    assert refusal(window.come_back(*back)) == "sign_on_expired"


@pytest.mark.parametrize("way", WAYS)
def test_keys_may_change(window: Window, place: Running, way: str) -> None:
    window.sign_in(way)
    assert place.vpm is not None
    place.clock.advance(11)
    place.vpm.rotate()
    assert window.sign_in(way).headers["location"] == "/clerk"


def test_nobody_is_sent_elsewhere_afterwards(window: Window) -> None:
    for to in ("//evil.example", "https://evil.example", "/\\evil", "/a?b"):
        answer = window.come_back(*window.choose(window.begin("oidc", to), CLERK))
        assert answer.headers["location"] == "/"


# ── OpenID Connect ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"nonce": "another"}, "sign_on_nonce"),
        ({"aud": "somebody-else"}, "sign_on_audience"),
        ({"aud": ["klatiene", "somebody-else"]}, "sign_on_audience"),
        ({"iss": "https://another.example"}, "sign_on_issuer"),
        ({"exp": 1}, "sign_on_expired"),
        ({"iat": 4_000_000_000}, "sign_on_expired"),
        ({"exp": "soon"}, "sign_on_expired"),
        ({"sub": "PK:00000000000"}, "sign_on_identifier"),
        ({"sub": "06051500417"}, "sign_on_identifier"),
        ({"nonce": None}, "sign_on_signature"),
    ],
)
def test_what_an_id_token_must_say(
    window: Window, place: Running, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], code: str
) -> None:
    assert place.vpm is not None
    back = window.choose(window.begin("oidc"), CLERK)
    sign = place.vpm.key.sign
    monkeypatch.setattr(
        place.vpm.key, "sign", lambda claims: sign({n: v for n, v in {**claims, **change}.items() if v is not None})
    )
    assert refusal(window.come_back(*back)) == code


def test_a_stranger_cannot_sign(window: Window, place: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    assert place.vpm is not None
    stranger = IssuerKey.made(place.vpm.key.kid)
    unsigned = lambda claims: "eyJhbGciOiJub25lIn0." + stranger.sign(claims).split(".")[1] + "."  # noqa: E731
    for sign in (stranger.sign, unsigned):
        back = window.choose(window.begin("oidc"), CLERK)
        monkeypatch.setattr(place.vpm.key, "sign", sign)
        assert refusal(window.come_back(*back)) == "sign_on_signature"
        monkeypatch.undo()


def test_what_the_provider_refuses(window: Window) -> None:
    page = window.begin("oidc")
    cancelled = window.post(page, {"cancel": "1"})
    assert refusal(window.get(cancelled.headers["location"])) == "sign_on_refused"
    url, _ = window.choose(window.begin("oidc"), CLERK)
    assert refusal(window.get(re.sub(r"code=[^&]*", "code=made-up", url))) == "sign_on_refused"
    url, _ = window.choose(window.begin("oidc"), CLERK)
    assert refusal(window.get(re.sub(r"iss=[^&]*", "iss=https%3A%2F%2Fanother.example", url))) == "sign_on_issuer"


def test_the_stand_in_enforces_its_contract(window: Window, place: Running) -> None:
    page = window.begin("oidc")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(page).query).items()}
    base = page.partition("?")[0]

    def ask(**changed: str) -> httpx.Response:
        return window.http.get(base, params={n: v for n, v in {**asked, **changed}.items() if v})

    assert ask().status_code == 200
    assert ask(redirect_uri="https://evil.example/").status_code == 400
    assert ask(client_id="another").status_code == 400
    for changed in (
        {"code_challenge_method": "plain"},
        {"nonce": ""},
        {"code_challenge": ""},
        {"response_type": "token"},
    ):
        assert "error=invalid_request" in ask(**changed).headers["location"]
    url, _ = window.choose(page, CLERK)
    code = parse_qs(urlsplit(url).query)["code"][0]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": asked["redirect_uri"]}
    token = base.replace("/authorize", "/token")
    secret = place.house.settings.oidc_secret
    assert window.http.post(token, data=form, auth=("klatiene", "wrong")).status_code == 401
    wrong = window.http.post(token, data={**form, "code_verifier": "guessed"}, auth=("klatiene", secret))
    assert (wrong.status_code, wrong.json()) == (400, {"error": "invalid_grant"})


# ── an installation of real people ───────────────────────────────────────────────────────────────


def test_a_sign_on_that_is_down_says_so(tmp_path: Path) -> None:
    with running_house(tmp_path, ManualClock(), connected=True) as down:
        window = Window(down)
        for way in WAYS:
            assert refusal(window.get(f"/sign-on/{way}")) == "sign_on_unavailable"
        window.http.close()
    with running_house(tmp_path / "off", ManualClock()) as off:
        window = Window(off)
        for way in WAYS:
            assert refusal(window.get(f"/sign-on/{way}")) == "sign_on_off"
        window.http.close()


def test_everybody_on_the_stand_ins_page_has_an_identifier_of_the_grammar() -> None:
    assert [each.label for each in people()][-1] == STRANGER.label
