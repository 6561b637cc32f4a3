"""A browser's window at the state's sign-on, over plain HTTP: it follows nothing by itself."""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.web.person import WAIT_S
from tests.web.running import Running
from web.demo_sign_on import PEOPLE, STRANGER
from web.endpoint import COOKIE

CLERK = "clerk-grobina"


class Window:
    """A browser's window: follows nothing by itself, keeps the service's cookies, and the sign-on's (``there``)."""

    def __init__(self, place: Running) -> None:
        self.place = place
        self.http = httpx.Client(timeout=WAIT_S)
        self.cookies: dict[str, str] = {}
        self.there: dict[str, str] = {}

    def get(self, url: str) -> httpx.Response:
        return self._kept(self.http.get(self._full(url), headers=self._headers(url)))

    def post(self, url: str, form: dict[str, str]) -> httpx.Response:
        return self._kept(self.http.post(self._full(url), data=form, headers=self._headers(url)))

    def begin(self, way: str, to: str = "/clerk", *, fresh: bool = False) -> str:
        """Where the sign-on asks who one is."""
        answer = self.get(f"/sign-on/{way}?to={to}{'&fresh=1' if fresh else ''}")
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    def choose(self, page: str, account: str) -> tuple[str, dict[str, str]]:
        """(where the sign-on sends one back, the form it sends there; empty for a redirect)."""
        names = [*PEOPLE, STRANGER.label]
        return self._sent_back(self.post(page, {"person": str(names.index(account))}))

    def pass_through(self, page: str) -> tuple[str, dict[str, str]] | None:
        """As `choose`, by the session that lives at the sign-on; None: it asks who one is."""
        answer = self.get(page)
        return None if 'name="person"' in answer.text else self._sent_back(answer)

    def _sent_back(self, answer: httpx.Response) -> tuple[str, dict[str, str]]:
        if answer.status_code == 303:
            return answer.headers["location"], {}
        fields = re.findall(r'name="(\w+)" value="([^"]*)"', answer.text)
        reply = re.search(r'action="([^"]*)"', answer.text)
        assert reply is not None
        return html.unescape(reply[1]), {name: html.unescape(value) for name, value in fields}

    def come_back(self, url: str, form: dict[str, str]) -> httpx.Response:
        return self.post(url, form) if form else self.get(url)

    def sign_in(self, way: str, account: str = CLERK) -> httpx.Response:
        return self.come_back(*self.choose(self.begin(way), account))

    def me(self) -> httpx.Response:
        return self.get("/api/me")

    def _full(self, url: str) -> str:
        return url if url.startswith("http") else self.place.url + url

    def _headers(self, url: str) -> dict[str, str]:
        mine = self.cookies if url.startswith(("/", self.place.url)) else self.there
        cookies = "; ".join(f"{name}={value}" for name, value in mine.items())
        return {"cookie": cookies} if cookies else {}

    def _kept(self, answer: httpx.Response) -> httpx.Response:
        kept = self.cookies if str(answer.url).startswith(self.place.url) else self.there
        for cookie in answer.headers.get_list("set-cookie"):
            name, _, value = cookie.partition(";")[0].partition("=")
            assert all(each in cookie for each in ("Path=/", "Secure", "HttpOnly"))
            if "Max-Age=0" in cookie:
                kept.pop(name, None)
            else:
                kept[name] = value
        return answer


def refusal(answer: httpx.Response) -> str:
    """The code of the page to which a refusal leads; nobody is signed in."""
    assert answer.status_code == 303
    assert not any(each.startswith(f"{COOKIE}=") for each in answer.headers.get_list("set-cookie"))
    return parse_qs(urlsplit(answer.headers["location"]).query)["problem"][0]
