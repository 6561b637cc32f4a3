"""Signing out that begins at the state's sign-on ends sessions here; a forged or replayed word of it ends nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from kernel.clock import ManualClock
from kernel.id_token import IssuerKey
from kernel.logout_token import EVENT
from portal_bridge.vpm_standin import COOKIE as THERE
from portal_bridge.vpm_standin import Session
from tests.web.person import Person
from tests.web.running import Running, running_house
from tests.web.sign_on_window import CLERK, Window
from tests.web.test_enrolment import audited
from web.live.socket import SIGNED_OUT

OFFICER = "officer-vsaa-1"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_house(tmp_path_factory.mktemp("logout"), ManualClock(), connected=True, standins=True) as running:
        yield running


@pytest.fixture
def windows(place: Running) -> Iterator[list[Window]]:
    place.clock.advance(120)
    made = [Window(place) for _ in range(3)]
    yield made
    for each in made:
        each.http.close()


def session(window: Window) -> Session:
    assert window.place.vpm is not None
    return window.place.vpm.session_of(window.there[THERE])


def says(place: Running, token: str) -> httpx.Response:
    return httpx.post(f"{place.url}/sign-on/oidc/logout", data={"logout_token": token})


def said(place: Running, whose: Session, **changed: Any) -> httpx.Response:
    assert place.vpm is not None
    return says(place, place.vpm.logout_token(whose, **changed))


def signed_in(*windows: Window) -> list[bool]:
    return [window.me().status_code == 200 for window in windows]


def there(window: Window, path: str) -> httpx.Response:
    """The person goes to a page of the sign-on."""
    assert window.place.vpm is not None
    return window.get(f"{window.place.house.settings.oidc_issuer}{path}")


# ── by a logout token ────────────────────────────────────────────────────────────────────────────


def test_who_signs_out_there_is_signed_out_here(place: Running, windows: list[Window]) -> None:
    first, second, other = windows
    first.sign_in("oidc")
    second.sign_in("oidc")
    other.sign_in("oidc", OFFICER)
    assert there(first, "/sign-out").status_code == 200
    assert signed_in(first, second, other) == [False, True, True], "that session, not the person's others"
    assert any(CLERK in row for row in audited(place, "sign_out.there"))


def test_a_person_may_be_signed_out_everywhere(place: Running, windows: list[Window]) -> None:
    first, second, other = windows
    for window in (first, second):
        window.sign_in("oidc")
    other.sign_in("oidc", OFFICER)
    assert said(place, session(first), sid=None).status_code == 200
    assert signed_in(first, second, other) == [False, False, True]


def test_a_session_may_be_named_alone(place: Running, windows: list[Window]) -> None:
    first, second, _ = windows
    for window in (first, second):
        window.sign_in("oidc")
    answer = said(place, session(second), sub=None)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert signed_in(first, second) == [True, False]
    # a session of somebody else under this name is not ended
    assert said(place, session(first), sub="AU:100002-PK:08072000613").status_code == 200
    assert signed_in(first) == [True]


def test_its_console_is_told_at_once(place: Running, windows: list[Window]) -> None:
    window = windows[0]
    window.sign_in("oidc")
    same = Person(place.url, CLERK)
    same.me = window.me().json()
    same.csrf = same.me["csrf_token"]
    same.cookie = "; ".join(f"{name}={value}" for name, value in window.cookies.items())
    with Person(place.url, CLERK, signed_in=same) as console:
        console.go_live()
        assert said(place, session(window)).status_code == 200
        console.wait_until_closed(SIGNED_OUT)
    same.http.close()


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"iss": "https://another.example"}, "sign_on_issuer"),
        ({"aud": "somebody-else"}, "sign_on_audience"),
        ({"aud": ["klatiene", "somebody-else"]}, "sign_on_audience"),
        ({"exp": 1}, "sign_on_expired"),
        ({"iat": 1}, "sign_on_expired"),
        ({"iat": 4_000_000_000}, "sign_on_expired"),
        ({"iat": None}, "sign_on_signature"),
        ({"exp": None}, "sign_on_signature"),
        ({"jti": None}, "sign_on_signature"),
        ({"jti": 7}, "sign_on_signature"),
        ({"events": None}, "sign_on_signature"),
        ({"events": {}}, "sign_on_signature"),
        ({"events": [EVENT]}, "sign_on_signature"),
        ({"events": {"http://schemas.openid.net/event/another": {}}}, "sign_on_signature"),
        ({"nonce": "of-an-id-token"}, "sign_on_signature"),
        ({"sub": None, "sid": None}, "sign_on_signature"),
        ({"sid": 7}, "sign_on_signature"),
    ],
)
def test_what_a_logout_token_must_say(
    place: Running, windows: list[Window], changed: dict[str, Any], code: str
) -> None:
    window = windows[0]
    window.sign_in("oidc")
    answer = said(place, session(window), **changed)
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request", "error_description": code})
    assert signed_in(window) == [True]


def test_a_stranger_ends_nothing(place: Running, windows: list[Window]) -> None:
    assert place.vpm is not None
    window = windows[0]
    window.sign_in("oidc")
    well = place.vpm.logout_token(session(window))
    stranger = IssuerKey.made(place.vpm.key.kid)
    claims = {
        "iss": place.house.settings.oidc_issuer,
        "aud": "klatiene",
        "sid": session(window).sid,
        "jti": "made-up",
        "events": {EVENT: {}},
        "iat": place.clock.wall_ms() // 1000,
        "exp": place.clock.wall_ms() // 1000 + 60,
    }
    unsigned = "eyJhbGciOiJub25lIn0." + well.split(".")[1] + "."
    of_another_type = place.vpm.key.sign(claims, typ="at+jwt")
    for token in (stranger.sign(claims), unsigned, of_another_type, well[:-4] + "AAAA", "", "not.a.token"):
        answer = says(place, token)
        assert (answer.status_code, answer.json()["error_description"]) == (400, "sign_on_signature"), token
    assert httpx.post(f"{place.url}/sign-on/oidc/logout").status_code == 400
    assert signed_in(window) == [True]
    assert says(place, well).status_code == 200
    assert signed_in(window) == [False]


def test_a_logout_token_counts_once(place: Running, windows: list[Window]) -> None:
    assert place.vpm is not None
    window = windows[0]
    window.sign_in("oidc")
    token = place.vpm.logout_token(session(window))
    assert says(place, token).status_code == 200
    # the same person comes back by the session that lived on there
    back = window.pass_through(window.begin("oidc"))
    assert back is not None
    window.come_back(*back)
    again = says(place, token)
    assert (again.status_code, again.json()["error_description"]) == (400, "sign_on_replayed")
    assert signed_in(window) == [True]


# ── by WS-Federation ─────────────────────────────────────────────────────────────────────────────


def test_the_browsers_session_ends_by_its_own_picture(place: Running, windows: list[Window]) -> None:
    first, second, _ = windows
    for window in (first, second):
        window.sign_in("wsfed")
    page = there(first, "/sign-out").text
    cleanup = f"{place.url}/sign-on/wsfed/answer?wa=wsignoutcleanup1.0"
    assert f'src="{cleanup}"' in page
    # in the sign-on's page only what is SameSite=None comes along
    alone = {name: value for name, value in first.cookies.items() if name.endswith("cleanup")}
    assert len(alone) == 1
    cookie = "; ".join(f"{name}={value}" for name, value in alone.items())
    answer = httpx.get(cleanup, headers={"cookie": cookie})
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert signed_in(first, second) == [False, True]


def test_a_made_up_cleanup_ends_nothing(place: Running, windows: list[Window]) -> None:
    window = windows[0]
    window.sign_in("wsfed")
    url = f"{place.url}/sign-on/wsfed/answer"
    for cookie in ("", "__Host-klatiene-cleanup=", "__Host-klatiene-cleanup=made-up"):
        assert httpx.get(f"{url}?wa=wsignoutcleanup1.0", headers={"cookie": cookie}).status_code == 200
    assert httpx.get(url).headers["location"] == "/sign-in?problem=sign_on_refused"
    assert signed_in(window) == [True]
