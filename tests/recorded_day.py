"""A day as it could have been recorded: about ten thousand durable events of some agencies, the same for the same seed.

Requests are queued, moved, left, come back, kept for a callback, left unserved, answered, opened, ended with or without
anybody meeting, and wrapped up; events that are told twice are among them, as after a crash.
"""

from __future__ import annotations

import random
from typing import Any

from kernel.ids import AgencyId, ConsultationId, GroupId, OfficerId, PointId
from kernel.messages import (
    AnyEvent,
    Bilingual,
    ClientKind,
    OfferAccepted,
    Pak,
    RequestAmended,
    RequestFacts,
    RequestLeft,
    RequestQueued,
    RequestReturned,
    SessionEnded,
    SessionOpened,
    WrapUpFinished,
)
from tests.facts import facts_of

#: 2026-11-24 00:00 in Riga
MIDNIGHT_MS = 1_795_471_200_000
DAY_MS = 24 * 3_600_000
GROUPS = (
    ("vsaa", "vsaa-pabalsti"),
    ("vsaa", "vsaa-pensijas"),
    ("vid", "vid-iin"),
    ("vid", "vid-eds"),
    ("ur", "ur-biedribas"),
)
POINTS = ("grobina", "zeltini", "adazi", "koknese")
LEFT = ("clerk_cancelled", "citizen_left", "workstation_lost", "unserved", "callback")


def recorded_day(
    seed: int = 20261124, *, requests: int = 2_300, midnight_ms: int = MIDNIGHT_MS, first: int = 0
) -> list[AnyEvent]:
    """In the order in which they happened. ``first``: the number of the first request; days have different ones."""
    chance = random.Random(seed)
    found: list[tuple[int, int, AnyEvent]] = []
    for number in range(first, first + requests):
        for event in _request(chance, number, midnight_ms):
            found.append((event.at_ms, len(found), event))
            if chance.random() < 0.02:
                found.append((event.at_ms, len(found), event))
    return [event for _, _, event in sorted(found, key=lambda each: each[:2])]


def _request(chance: random.Random, number: int, midnight_ms: int) -> list[AnyEvent]:
    agency, group = chance.choice(GROUPS)
    # busiest before noon; some at night
    hour = min(23.99, max(0.0, chance.gauss(11, 4)))
    created = midnight_ms + int(hour * 3_600_000)
    known = chance.random() < 0.7
    facts = _facts(
        number,
        agency_id=AgencyId(agency),
        group_id=GroupId(group),
        topic=Bilingual(group, group),
        pak=chance.choice(list(Pak)),
        point_id=PointId(chance.choice(POINTS)),
        client_kind=ClientKind.IDENTIFIED if known else ClientKind.ANONYMOUS,
        client_ref=f"{chance.randrange(900):032x}" if known else None,
        created_at_ms=created,
    )
    now = created
    events: list[AnyEvent] = [RequestQueued(at_ms=now, facts=facts)]
    if chance.random() < 0.05:
        now += chance.randrange(1_000, 60_000)
        was, (agency, group) = facts, chance.choice(GROUPS)
        facts = _facts(number, facts, agency_id=AgencyId(agency), group_id=GroupId(group))
        events.append(
            RequestAmended(
                at_ms=now, facts=facts, from_agency_id=was.agency_id, from_group_id=was.group_id, why="moved", by=None
            )
        )
    while chance.random() < 0.25:
        now += int(chance.expovariate(1 / 50_000))
        events.append(RequestLeft(at_ms=now, facts=facts, why=chance.choice(LEFT), waited_ms=now - created))
        if chance.random() < 0.6:
            return events
        now += chance.randrange(1_000, 50_000)
        events.append(RequestReturned(at_ms=now, facts=facts))
    if chance.random() < 0.03:
        return events  # waits still
    now += int(chance.expovariate(1 / 45_000))
    who: dict[str, Any] = {
        "facts": facts,
        "officer_id": OfficerId(f"{agency}-1"),
        "officer_name": f"{agency.upper()} speciālists 1",
        "waited_ms": now - created,
    }
    events.append(OfferAccepted(at_ms=now, version=1, **who))
    now += chance.randrange(50, 3_000)
    events.append(SessionOpened(at_ms=now, **who))
    opened = now
    if chance.random() < 0.02:
        return events  # is talking still
    met = chance.random() < 0.93
    now += int(chance.expovariate(1 / 420_000))
    events.append(
        SessionEnded(
            at_ms=now,
            why="clerk",
            opened_at_ms=opened,
            live_at_ms=opened if met else None,
            connected=met,
            outcome=None,
            acting_for=None,
            **who,
        )
    )
    if chance.random() < 0.9:
        now += int(chance.expovariate(1 / 60_000))
        events.append(
            WrapUpFinished(
                at_ms=now,
                consultation_id=facts.consultation_id,
                officer_id=OfficerId(f"{agency}-1"),
                outcome=chance.choice(("solved", "partly", "referred")),
                note=None,
            )
        )
    return events


def _facts(number: int, known: RequestFacts | None = None, **changed: Any) -> RequestFacts:
    if known is None:
        return facts_of(number, consultation_id=ConsultationId(f"00000000-0000-7000-8000-{number:012d}"), **changed)
    return RequestFacts(**({name: getattr(known, name) for name in known.__struct_fields__} | changed))
