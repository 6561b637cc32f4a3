"""One HTTP call: who may make it, what it may carry, how it is answered.

Deny by default: an `Endpoint` cannot be made without saying whom it serves. The checks always run in this order:
Origin → sign-in → role → CSRF → size → shape; only then does the handler see the call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from kernel.audit_core import AuditEntry
from kernel.dpop import Proof, read_proof
from kernel.errors import BodyInvalid, BodyTooLarge, CsrfRefused, KlatieneError, NotSignedIn, OriginRefused, OurFault
from kernel.identity import Principal, SignedIn, csrf_matches
from kernel.messages import Role
from web import problems
from web.languages import preferred

if TYPE_CHECKING:
    from web.wiring import House

log = structlog.get_logger("http")

COOKIE: Final = "__Host-klatiene"
BODY_LIMIT: Final = 64 * 1024
#: an oversized body is read and thrown away up to here, so that the refusal reaches a client that is still sending
DRAIN_LIMIT: Final = 32 * 1024 * 1024
DRAIN_S: Final = 10.0
SAFE: Final = frozenset({"GET", "HEAD"})

Audience = frozenset[Role] | Literal["anyone", "signed_in"]

CLERK: Final = frozenset({Role.CLERK})
OFFICER: Final = frozenset({Role.OFFICER})
WORKSTATION: Final = frozenset({Role.WORKSTATION})
#: where the client sits: at a contact point, or at home
CLIENT: Final = frozenset({Role.WORKSTATION, Role.AT_HOME})
SUPERVISOR: Final = frozenset({Role.SUPERVISOR, Role.AGENCY_ADMINISTRATOR})
NETWORK_MANAGER: Final = frozenset({Role.NETWORK_MANAGER})
ADMINISTRATOR: Final = frozenset({Role.AGENCY_ADMINISTRATOR})
CLERK_OR_OFFICER: Final = CLERK | OFFICER
IN_SESSION: Final = CLERK | OFFICER | CLIENT

_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Call:
    """What a handler gets. ``body`` is an instance of the endpoint's struct."""

    house: House
    request: Request
    language: str
    request_id: str
    signed_in: SignedIn | None = None
    body: Any = None
    raw_body: bytes = b""

    @property
    def principal(self) -> Principal:
        if self.signed_in is None:
            raise NotSignedIn
        return self.signed_in.principal

    def path(self, name: str) -> str:
        return str(self.request.path_params[name])

    @property
    def address(self) -> str:
        return address_of(self.request, self.house.settings.trusted_proxies)

    async def audit(self, action: str, **facts: Any) -> None:
        """Write who does what; when that cannot be written, the call ends here and nothing leaves."""
        await self.house.audit.record(
            AuditEntry(
                actor=self.principal.id,
                role=self.principal.role.value,
                unit=self.principal.agency_id or self.principal.point_id or "",
                action=action,
                source="web",
                correlation=self.request_id,
                **facts,
            )
        )


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that is not plain ``200`` with JSON; ``value`` None sends no body."""

    value: Any = None
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    media_type: str = "application/json"


Handler = Callable[[Call], Awaitable[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    method: str
    path: str
    handler: Handler
    allow: Audience
    body: type[msgspec.Struct] | None = None
    status: int = 200
    #: webhooks of our own media node prove themselves by a signature instead
    browser: bool = True
    #: signing in has no token yet; its Origin is checked all the same
    csrf: bool = True
    body_limit: int = BODY_LIMIT
    #: the body is the thing itself, not JSON
    raw: bool = False
    too_large: type[KlatieneError] = BodyTooLarge

    def __post_init__(self) -> None:
        if not self.allow:
            raise ValueError(f"{self.method} {self.path} must say whom it serves")

    async def serve(self, house: House, request: Request) -> Response:
        call = Call(
            house=house,
            request=request,
            language=preferred(request.headers.get("accept-language")),
            request_id=request.scope.get("klatiene.request_id", ""),
        )
        try:
            await self._admit(call)
            await self._read(call)
            return _respond(await self.handler(call), self.status)
        except KlatieneError as error:
            return refuse(error, call.language, call.request_id)
        except ClientDisconnect:
            return Response(status_code=499)
        except Exception:
            log.exception("request_failed", method=self.method, route=self.path)
            return refuse(OurFault(), call.language, call.request_id)

    async def _admit(self, call: Call) -> None:
        headers = call.request.headers
        changes = self.method not in SAFE
        if changes and self.browser:
            check_origin(headers.get("origin"), call.house.origins)
            if headers.get("sec-fetch-site", "same-origin") != "same-origin":
                raise OriginRefused
        if self.allow == "anyone":
            return
        call.signed_in, by_cookie = await who_calls(call)
        if self.allow != "signed_in":
            call.principal.must_be(*self.allow)
        if changes and self.csrf and by_cookie and not csrf_matches(call.signed_in, headers.get("x-csrf-token")):
            raise CsrfRefused

    async def _read(self, call: Call) -> None:
        if self.method in SAFE:
            return
        try:
            call.raw_body = await read_body(call.request, self.body_limit)
        except BodyTooLarge:
            raise self.too_large from None
        if self.raw:
            return
        if self.body is None:
            if self.browser and call.raw_body.strip() not in (b"", b"{}"):
                raise BodyInvalid
            return
        try:
            call.body = msgspec.json.decode(call.raw_body, type=self.body)
        except msgspec.MsgspecError as error:
            raise problems.unreadable(error) from None
        except RecursionError:
            raise BodyInvalid from None


async def who_calls(call: Call) -> tuple[SignedIn, bool]:
    """Who it is, and whether a cookie says so: a browser adds that by itself, a proof of a key it does not."""
    scheme, _, token = call.request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "dpop":
        return await call.house.identity.who(call.request.cookies.get(COOKIE)), True
    return await call.house.stations.tokens.who(read_proof_of(call, token), token), False


def address_of(request: Request, trusted: Collection[str]) -> str:
    """Where the call comes from; a proxy is believed only when it is ours."""
    peer = request.client.host if request.client else ""
    if peer in trusted:
        for hop in reversed(request.headers.get("x-forwarded-for", "").split(",")):
            if hop.strip() and hop.strip() not in trusted:
                return hop.strip()
    return peer


def read_proof_of(call: Call, token: str | None = None) -> Proof:
    """What the call proves of a device's key. Raises `ProofInvalid`."""
    return read_proof(
        call.request.headers.get("dpop", ""),
        method=call.request.method,
        path=call.request.url.path,
        origins=call.house.origins,
        now_s=call.house.clock.wall_ms() / 1000,
        token=token,
    )


def check_origin(origin: str | None, allowed: frozenset[str]) -> None:
    """Exact comparison; a missing Origin is a foreign one."""
    if origin not in allowed:
        raise OriginRefused


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body, or `BodyTooLarge` — also for one that does not say its length."""
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(DRAIN_S):
            async for chunk in request.stream():
                size += len(chunk)
                if size <= limit:
                    parts.append(chunk)
                elif size > DRAIN_LIMIT:
                    break
    except TimeoutError:
        raise BodyInvalid from None
    if size > limit:
        raise BodyTooLarge
    return b"".join(parts)


def refuse(error: KlatieneError, language: str, request_id: str) -> Response:
    return Response(
        _encode({"error": problems.problem(error, language, request_id)}),
        status_code=error.http,
        headers=problems.headers(error),
        media_type="application/json",
    )


def _respond(value: Any, status: int) -> Response:
    if isinstance(value, Response):
        return value
    if isinstance(value, Reply):
        if value.value is None:
            return Response(status_code=value.status, headers=value.headers)
        body = value.value if isinstance(value.value, bytes) else _encode(value.value)
        return Response(body, status_code=value.status, headers=value.headers, media_type=value.media_type)
    if value is None:
        return Response(status_code=204)
    return Response(_encode(value), status_code=status, media_type="application/json")


def convert_query(query: dict[str, str], to: type[Any]) -> Any:
    """Query parameters as a struct (numbers from text); raises `BodyInvalid` naming the parameter."""
    try:
        return msgspec.convert(query, to, strict=False)
    except msgspec.MsgspecError as error:
        raise problems.unreadable(error) from None
