"""VISS, the exchange with municipalities, behind the state's API gateway: what they say of their contact points.

A service of VISS has a name of the form ``URN:IVIS:100001:ISS-<ident>-<name>-v1-0`` (DOMAIN §3). Municipalities run the
service centres and libraries; hours, address, telephone and e-mail are theirs to say, and the network's manager
compares them with the register. Nobody's data travels here.
"""

from __future__ import annotations

import re
from typing import Protocol

import msgspec
import structlog

from kernel.errors import RegistryUnavailable
from kernel.gateway import Asking, Gateway, GatewayError

URN = re.compile(r"URN:IVIS:\d{6}:ISS-[A-Za-z0-9]+-[A-Za-z0-9]+-v\d+-\d+")
PATH = "/viss/exchange"

log = structlog.get_logger("viss")


class VissQuery(msgspec.Struct, kw_only=True):
    """``atvk``: the municipality."""

    service: str
    atvk: str
    purpose: str
    session: str
    cursor: str = ""


class TownHours(msgspec.Struct, frozen=True):
    """Monday is 1; ``HH:MM``."""

    weekday: int
    opens: str
    closes: str


class TownPoint(msgspec.Struct, frozen=True, kw_only=True):
    """A contact point as its municipality describes it. ``as_of``: the day on which it said so."""

    id: str
    name: str
    atvk: str
    as_of: str
    address: str = ""
    email: str = ""
    phone: str = ""
    hours: tuple[TownHours, ...] = ()


class VissPort(Protocol):
    async def points(self, atvk: str, *, session: str) -> list[TownPoint]:
        """Raises `RegistryUnavailable`; an empty list means that the municipality has none."""


class Viss:
    """``gateway`` None: this installation is not connected."""

    def __init__(self, gateway: Gateway | None, *, urn: str) -> None:
        self._gateway = gateway
        self._urn = urn

    async def points(self, atvk: str, *, session: str) -> list[TownPoint]:
        if self._gateway is None or not URN.fullmatch(self._urn):
            raise RegistryUnavailable
        reason = Asking(purpose="network_register", session=session)
        query = {"service": self._urn, "atvk": atvk, "purpose": reason.purpose, "session": session}
        try:
            return [each async for each in self._gateway.pages(PATH, query, TownPoint, reason=reason)]
        except GatewayError as error:
            log.warning("viss_unavailable", reason=error.reason, code=error.code)
            raise RegistryUnavailable(retry_after_s=15) from None
