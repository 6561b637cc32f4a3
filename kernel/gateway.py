"""The one client of state systems: OAuth2 client credentials, limits on time, size and number,
answers checked by a schema.

DOMAIN §3: replies are expected within 3 s and up to 4 MB, long lists come page by page. Whatever goes wrong — slow,
refused, garbage, huge — is one `GatewayError`, so that no bridge can mistake a failure for an answer.

Nothing about a person leaves before it is written down why: an `Asking` with a purpose, its legal basis and the session
in which it is asked. Without one of them, or when the log cannot be written, nothing is sent.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Protocol, TypeVar

import httpx
import msgspec

from kernel.audit_core import GroundedEntry
from kernel.clock import Clock
from kernel.gateway_core import RENEW_AT, Outcome, Then, Tries, next_step, retry_after

MAX_ANSWER = 4 * 1024 * 1024
FAILURES_TO_OPEN = 5
OPEN_S = 15.0
#: calls under way at once; whoever is beyond waits within the own time
CONCURRENT = 16
#: pages of one list; a system that never ends a list is not followed for ever
MAX_PAGES = 200

T = TypeVar("T")


class GatewayError(Exception):
    """``reason``: slow, refused, limited, garbage, huge, unreachable, resting, groundless.

    It holds nothing of what was asked.

    ``code``: the word in which the system refused, of its own contract; empty when it gave none.
    """

    def __init__(self, reason: str, code: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """Why something is asked. ``session``: the consultation, the visit or the deed in which it is."""

    purpose: str
    session: str


class Grounds:
    """The legal basis of each purpose, and the log in which every call is written before it is made."""

    def __init__(self, log: Log, bases: Mapping[str, str]) -> None:
        self._log = log
        self._bases = bases

    async def write_down(self, reason: Asking, system: str, path: str) -> None:
        """Raises `GatewayError` ("groundless") when purpose, basis or session is missing, `AuditUnavailable`."""
        basis = self._bases.get(reason.purpose, "")
        if not reason.purpose or not reason.session or not basis:
            raise GatewayError("groundless")
        await self._log.record(
            GroundedEntry(
                actor="klatiene",
                role="system",
                action="state.call",
                purpose=reason.purpose,
                basis=basis,
                consultation_id=reason.session[:36],
                source=f"{system}{path}",
            )
        )


class Log(Protocol):
    async def record(self, entry: GroundedEntry) -> None:
        """Raises `AuditUnavailable`; then nothing is sent."""


class _Refusal(msgspec.Struct):
    error: str = ""


class _Token(msgspec.Struct):
    access_token: str
    expires_in: int = 300


class _Try(msgspec.Struct, frozen=True):
    outcome: Outcome
    content: bytes = b""
    error: GatewayError | None = None
    retry_after_s: float = 0.0


class Gateway:
    """One system behind it; ``name`` is how the log calls it. ``grounds`` None: whatever asks has no personal data."""

    def __init__(
        self,
        url: str,
        client_id: str,
        client_secret: str,
        clock: Clock,
        *,
        timeout_s: float = 3.0,
        name: str = "",
        grounds: Grounds | None = None,
        concurrent: int = CONCURRENT,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        luck: Callable[[], float] = random.random,
    ) -> None:
        self._client_id = client_id
        self._client_secret = client_secret
        self._clock = clock
        self._timeout_s = timeout_s
        self._name = name
        self._grounds = grounds
        self._sleep = sleep
        self._luck = luck
        self._slots = asyncio.Semaphore(concurrent)
        self._renewing = asyncio.Lock()
        self._token = ""
        self._token_until = 0.0
        self._failures = 0
        self._rest_until = 0.0
        self._http = httpx.AsyncClient(base_url=url, follow_redirects=False)

    async def post(
        self,
        path: str,
        body: Any,
        answer: type[T],
        headers: dict[str, str] | None = None,
        *,
        reason: Asking | None = None,
        idempotent: bool = False,
    ) -> T:
        """The decoded answer. ``idempotent``: asking twice does no more than asking once, so it may be tried again.

        Raises `GatewayError`; after five failures in a row it rests for 15 s. With ``grounds``, a call without a reason
        is never made.
        """
        if self._grounds is not None:
            await self._grounds.write_down(reason or Asking(purpose="", session=""), self._name, path)
        if self._clock.mono() < self._rest_until:
            raise GatewayError("resting")
        content = msgspec.json.encode(body)
        try:
            async with asyncio.timeout(self._timeout_s), self._slots:
                found = await self._persist(path, content, headers or {}, idempotent)
        except TimeoutError:
            found = _Try(Outcome.FAILED, error=GatewayError("slow"))
        if found.outcome is Outcome.ANSWERED:
            try:
                value = msgspec.json.decode(found.content, type=answer)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                found = _Try(Outcome.NONSENSE, error=GatewayError("garbage"))
            else:
                self._failures = 0
                return value
        raise self._failed(found)

    async def pages(
        self,
        path: str,
        query: dict[str, Any],
        item: type[T],
        headers: dict[str, str] | None = None,
        *,
        reason: Asking | None = None,
    ) -> AsyncIterator[T]:
        """The items of a list that comes page by page: ``{items, next}``, and ``cursor`` to ask for the next."""
        cursor, seen = "", set[str]()
        for _ in range(MAX_PAGES):
            asked = {**query, "cursor": cursor} if cursor else query
            page = await self.post(path, asked, _Page, headers, reason=reason, idempotent=True)
            try:
                for each in page.items:
                    yield msgspec.json.decode(each, type=item)
            except (msgspec.DecodeError, UnicodeDecodeError):
                raise GatewayError("garbage") from None
            if not page.next:
                return
            cursor = page.next
            if cursor in seen:
                raise GatewayError("garbage")
            seen.add(cursor)
        raise GatewayError("huge")

    async def close(self) -> None:
        await self._http.aclose()

    async def _persist(self, path: str, body: bytes, headers: dict[str, str], idempotent: bool) -> _Try:
        tries, ends = Tries(), self._clock.mono() + self._timeout_s
        while True:
            found = await self._ask(path, body, headers)
            then, wait_s = next_step(
                found.outcome,
                tries,
                idempotent=idempotent,
                left_s=ends - self._clock.mono(),
                luck=self._luck(),
                retry_after_s=found.retry_after_s,
            )
            if then is Then.RENEW:
                tries = Tries(tries.waited, renewed=True)
            elif then is Then.WAIT:
                tries = Tries(tries.waited + 1, renewed=tries.renewed)
                await self._sleep(wait_s)
            else:
                return found

    async def _ask(self, path: str, body: bytes, headers: dict[str, str]) -> _Try:
        try:
            token = await self._authorise()
            sent = {**headers, "Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            status, content, wait_s = await self._send(path, body, sent)
        except GatewayError as error:
            nonsense = error.reason in ("garbage", "huge")
            return _Try(Outcome.NONSENSE if nonsense else Outcome.FAILED, error=error)
        except httpx.HTTPError:
            return _Try(Outcome.FAILED, error=GatewayError("unreachable"))
        if status < 400:
            return _Try(Outcome.ANSWERED, content=content)
        if status == 401:
            if token == self._token:
                self._token_until = 0.0
            return _Try(Outcome.UNAUTHORISED, error=GatewayError("refused"))
        code = _code_of(content) if status < 500 else ""
        if status == 429:
            return _Try(Outcome.LIMITED, error=GatewayError("limited", code), retry_after_s=wait_s)
        if status == 503 and wait_s:
            return _Try(Outcome.FAILED, error=GatewayError("refused"), retry_after_s=wait_s)
        outcome = Outcome.FAILED if status >= 500 else Outcome.REFUSED
        return _Try(outcome, error=GatewayError("refused", code))

    def _failed(self, found: _Try) -> GatewayError:
        error = found.error or GatewayError("refused")
        if found.outcome is Outcome.REFUSED and error.code:
            # it works and said no: nothing to rest from
            return error
        if found.outcome is Outcome.LIMITED:
            # it said how long it wants to be left in peace
            self._rest_until = max(self._rest_until, self._clock.mono() + found.retry_after_s)
            return error
        self._failures += 1
        if self._failures >= FAILURES_TO_OPEN:
            self._rest_until = self._clock.mono() + OPEN_S
            self._failures = 0
        return error

    async def _authorise(self) -> str:
        """The token, renewed before its end; whoever comes meanwhile waits for the same new one."""
        async with self._renewing:
            if self._clock.mono() < self._token_until:
                return self._token
            form = httpx.QueryParams({"grant_type": "client_credentials"})
            answer = await self._http.post(
                "/token",
                content=str(form),
                headers={"Content-Type": "application/x-www-form-urlencoded"},
                auth=httpx.BasicAuth(self._client_id, self._client_secret),
            )
            if answer.status_code != 200:
                raise GatewayError("refused")
            try:
                token = msgspec.json.decode(answer.content, type=_Token)
            except (msgspec.DecodeError, UnicodeDecodeError):
                raise GatewayError("garbage") from None
            self._token = token.access_token
            self._token_until = self._clock.mono() + RENEW_AT * token.expires_in
            return self._token

    async def _send(self, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes, float]:
        content = bytearray()
        async with self._http.stream("POST", path, content=body, headers=headers) as answer:
            async for chunk in answer.aiter_bytes():
                content += chunk
                if len(content) > MAX_ANSWER:
                    raise GatewayError("huge")
            return answer.status_code, bytes(content), retry_after(answer.headers.get("retry-after"))


class _Page(msgspec.Struct):
    items: list[msgspec.Raw]
    next: str = ""


def _code_of(content: bytes) -> str:
    try:
        return msgspec.json.decode(content, type=_Refusal).error
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
