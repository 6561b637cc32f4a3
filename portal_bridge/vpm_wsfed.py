"""VPM by WS-Federation, passive requestor (WS-Federation 1.2 §13): the classic way, with a signed SAML token.

The provider's federation metadata says where to sign in and which certificates sign. It is kept for an hour, and
fetched anew, at most once in `REFETCH_S`, when a signature fits none of them: certificates are changed.
"""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode

import httpx
import structlog

from kernel.clock import Clock
from kernel.fetch import FetchFailed, fetch
from kernel.sign_on_errors import SignOnSignature, SignOnUnavailable
from portal_bridge.saml_core import LIMIT, Assertion, Federation, read_answer, read_federation
from portal_bridge.vpm_core import Subject, parse_identifier

KEPT_S = 3600.0
REFETCH_S = 10.0

log = structlog.get_logger("vpm")


class WsFed:
    """``realm`` is how the provider knows us; ``claim``: the identifier's attribute; empty: the subject's name."""

    def __init__(self, metadata_url: str, realm: str, clock: Clock, *, claim: str = "", timeout_s: float = 3.0) -> None:
        self._metadata_url = metadata_url
        self._realm = realm
        self._clock = clock
        self._claim = claim
        self._timeout_s = timeout_s
        self._federation: Federation | None = None
        self._fetched = float("-inf")
        self._http = httpx.AsyncClient(follow_redirects=False)

    async def begin(self, *, reply: str, context: str, fresh: bool = False) -> str:
        """Where the browser is to go; ``fresh``: a sign-in that lives there already does not do.

        Raises `SignOnUnavailable`.
        """
        now = datetime.fromtimestamp(self._clock.wall_ms() / 1000, UTC)
        return await self._address(
            {
                "wa": "wsignin1.0",
                "wtrealm": self._realm,
                "wreply": reply,
                "wctx": context,
                "wct": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
                # minutes that a sign-in may be old (WS-Federation 1.2 §13.2.2)
                **({"wfresh": "0"} if fresh else {}),
            }
        )

    async def finish(self, answer: str, *, reply: str) -> tuple[Subject, Assertion]:
        """Who it is, and the assertion that says so; whoever calls makes sure that it is used once."""
        federation = await self._described()
        try:
            found = self._read(answer, federation, reply)
        except SignOnSignature:
            if self._clock.mono() - self._fetched < REFETCH_S:
                raise
            found = self._read(answer, await self._fetch_metadata(), reply)
        return parse_identifier(found.identifier.reveal()), found

    async def end(self, after: str) -> str:
        try:
            return await self._address({"wa": "wsignout1.0", "wtrealm": self._realm, "wreply": after})
        except SignOnUnavailable:
            return ""

    async def close(self) -> None:
        await self._http.aclose()

    def _read(self, answer: str, federation: Federation, reply: str) -> Assertion:
        return read_answer(
            answer.encode(),
            federation,
            realm=self._realm,
            recipient=reply,
            claim=self._claim,
            now_s=self._clock.wall_ms() / 1000,
        )

    async def _address(self, query: dict[str, str]) -> str:
        url = (await self._described()).sign_in_url
        return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"

    async def _described(self) -> Federation:
        if self._federation is not None and self._clock.mono() - self._fetched < KEPT_S:
            return self._federation
        return await self._fetch_metadata()

    async def _fetch_metadata(self) -> Federation:
        try:
            status, content = await fetch(self._http, "GET", self._metadata_url, timeout_s=self._timeout_s, limit=LIMIT)
        except FetchFailed as failed:
            log.warning("vpm_unavailable", reason=failed.reason)
            raise SignOnUnavailable(retry_after_s=5) from None
        if status != 200:
            raise SignOnUnavailable(retry_after_s=5)
        self._federation = read_federation(content)
        self._fetched = self._clock.mono()
        return self._federation
