"""The catalogue of public services (VIRSIS, CPSV-AP): finding one, and how it may be helped with. Pure.

Which of our services (PAK, DOMAIN §2) fit a public service: one can be informed of any, be consulted and see a
specialist; using it can be taught and supported when it is an e-service; a clerk applies for it on
the client's behalf (PAK_04) only when it is an e-service of VID outside the delegated scheme.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from kernel.messages import Pak
from portal_bridge.state import Service

#: the agency whose services are applied for on the client's behalf
PAK_04_AUTHORITY = "VID"
MOST = 20


def paks_of(service: Service) -> tuple[Pak, ...]:
    found = [Pak.PAK_01, Pak.PAK_02]
    if service.is_eservice:
        found.append(Pak.PAK_03)
    if may_apply_for(service):
        found.append(Pak.PAK_04)
    if service.is_eservice:
        found.append(Pak.PAK_05)
    return (*found, Pak.PAK_06)


def may_apply_for(service: Service) -> bool:
    return service.is_eservice and service.authority == PAK_04_AUTHORITY and not service.in_delegated_scheme


def search(
    services: Sequence[Service], text: str, *, authority: str = "", life_event: str = "", most: int = MOST
) -> list[Service]:
    """Services in which every word of ``text`` begins a word, names first; case and diacritics do not count."""
    wanted = fold(text).split()
    named, described = [], []
    for each in services:
        if (authority and each.authority != authority) or (life_event and each.life_event != life_event):
            continue
        name = fold(" ".join(each.name.values())).split()
        if _all_begin(wanted, name):
            named.append(each)
        elif _all_begin(wanted, [*name, *fold(f"{each.authority} {' '.join(each.description.values())}").split()]):
            described.append(each)
    return [*named, *described][:most]


def fold(text: str) -> str:
    """Without case and diacritics: people type ``gimenes`` for ``Ģimenes``."""
    plain = unicodedata.normalize("NFD", text.casefold())
    return "".join(each for each in plain if not unicodedata.combining(each))


def _all_begin(wanted: list[str], words: list[str]) -> bool:
    return all(any(word.startswith(each) for word in words) for each in wanted)
