"""What every answer carries, whatever was asked: security headers, safe cookies, the reader's language."""

from collections.abc import Iterator

import httpx
import pytest

from tests.web.person import Person
from web.throwaway import throwaway_demo


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with throwaway_demo(log_level="ERROR") as url:
        yield url


def test_cookies_flags(url: str) -> None:
    body = {"account_id": "supervisor-vsaa"}
    signed_in = httpx.post(f"{url}/api/demo/sign-in", json=body, headers={"origin": url})
    with Person(url, "supervisor-vsaa") as person:
        signed_out = person.post("/api/sign-out")
    for answer, more in ((signed_in, set()), (signed_out, {"Max-Age=0"})):
        name, *attributes = (part.strip() for part in answer.headers["set-cookie"].split(";"))
        assert name.startswith("__Host-klatiene=")
        assert set(attributes) == {"Path=/", "Secure", "HttpOnly", "SameSite=Strict"} | more


def test_every_sign_in_has_a_key_of_its_own(url: str) -> None:
    with Person(url, "clerk-grobina") as one, Person(url, "clerk-grobina") as other:
        assert one.cookie != other.cookie
        assert one.csrf != other.csrf
        assert len(one.cookie) > 50


@pytest.mark.parametrize("path", ["/", "/api/me", "/api/nothing", "/healthz", "/missing.js"])
def test_security_headers(url: str, path: str) -> None:
    headers = httpx.get(url + path).headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["base-uri"] == "'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["x-frame-options"] == "DENY"
    assert "camera=(self)" in headers["permissions-policy"]
    assert headers["x-request-id"]
    assert "server" not in headers
    assert "access-control-allow-origin" not in headers


def test_answers_about_people_are_not_stored(url: str) -> None:
    with Person(url, "clerk-grobina") as clerk:
        for path in ("/api/me", "/api/cases", "/api/cases.csv"):
            answer = clerk.get(path)
            assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")


def test_refusals_speak_the_readers_language(url: str) -> None:
    def message(language: str) -> str:
        return str(httpx.get(f"{url}/api/nothing", headers={"accept-language": language}).json()["error"]["message"])

    assert message("lv") != message("en-GB,en;q=0.9")
    assert message("de") == message("lv")


def test_numbers_are_for_the_machine_itself(url: str) -> None:
    page = httpx.get(f"{url}/metrics")
    assert page.status_code == 200
    assert "clerk-" not in page.text
    proxied = httpx.get(f"{url}/metrics", headers={"x-forwarded-for": "192.0.2.7"})
    assert (proxied.status_code, proxied.json()["error"]["code"]) == (403, "not_allowed")
