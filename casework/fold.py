"""From events to a case: what each event says about the record. Pure and idempotent.

A case begins when the session opens and is closed when it ends; a request that nobody answered is counted by the router
and is no case, because no client was served.
"""

from __future__ import annotations

from typing import Any

import msgspec

from kernel.facts import Lent, OfficialServed
from kernel.messages import AnyEvent, SessionEnded, SessionOpened, WrapUpFinished

OUTCOMES = ("solved", "partly", "not_sufficient", "referred", "abandoned")


class Parts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a case knows beyond its columns. ``results``: an official's own word at the end of their part, by the
    request by which they came (entries of before: by the official); one may wrap up before the session ends.

    ``trained``, ``alone``: PAK_03. ``via``: kiosk or link.
    """

    officials: tuple[OfficialServed, ...] = ()
    results: dict[str, str] = {}
    trained: str | None = None
    alone: bool | None = None
    lent: tuple[Lent, ...] = ()
    via: str = ""


def read_parts(text: str | None) -> Parts:
    return msgspec.json.decode(text or "{}", type=Parts)


def write_parts(parts: Parts) -> str:
    return msgspec.json.encode(parts).decode()


def result_of(parts: Parts, part: OfficialServed) -> str | None:
    return parts.results.get(part.request_id or "") or parts.results.get(part.officer_id)


#: what a case is made of
KINDS = (SessionOpened, SessionEnded, WrapUpFinished)


def case_of(event: AnyEvent) -> str | None:
    """The id of the case an event belongs to: the consultation's. None for events that are no case's business."""
    match event:
        case SessionOpened() | SessionEnded():
            return event.facts.consultation_id
        case WrapUpFinished():
            return event.joins or event.consultation_id
    return None


def fold(known: dict[str, Any] | None, event: AnyEvent) -> dict[str, Any] | None:
    """Column values to write for this event, given the columns known so far; None when there is nothing to write."""
    match event:
        case SessionOpened():
            return None if known is not None else _opened(event)
        case SessionEnded():
            seconds = max(0, (event.at_ms - event.opened_at_ms) // 1000)
            closed = {
                "ended_ms": event.at_ms,
                "duration_s": seconds,
                "connected": event.connected,
                "end_reason": event.why,
                "acting_for": event.acting_for,
                # the client may have shown a document in the session itself
                "client_kind": event.facts.client_kind.value,
                "client_ref": event.facts.client_ref,
            }
            closed["parts"] = write_parts(
                msgspec.structs.replace(
                    read_parts((known or {}).get("parts")),
                    officials=event.officials,
                    trained=event.trained,
                    alone=event.alone,
                    lent=event.lent,
                    via=event.via,
                )
            )
            outcome = (known or {}).get("outcome") or event.outcome
            if not event.connected:
                outcome = outcome or "abandoned"
            return (_opened(event) if known is None else {}) | closed | {"outcome": outcome}
        case WrapUpFinished():
            if known is None:
                return None
            parts = read_parts(known.get("parts"))
            mine: dict[str, str] = {event.consultation_id: event.outcome}
            said = {"parts": write_parts(msgspec.structs.replace(parts, results=parts.results | mine))}
            if event.joins is not None:
                # a second official speaks for their own part
                return said
            # The clerk's word stands: the officer's outcome fills what is empty.
            return said | {"outcome": known.get("outcome") or event.outcome, "officer_note": event.note or ""}
    return None


def _opened(event: SessionOpened | SessionEnded) -> dict[str, Any]:
    facts = event.facts
    return {
        "id": facts.consultation_id,
        "point_id": facts.point_id,
        "point_name": facts.point_name,
        "clerk_id": facts.clerk_id,
        "clerk_name": facts.clerk_name,
        "pak": facts.pak.value,
        "agency_id": facts.agency_id,
        "group_name": facts.topic.lv,
        "officer_id": event.officer_id,
        "officer_name": event.officer_name,
        "workstation_id": facts.workstation_id,
        "client_kind": facts.client_kind.value,
        "client_ref": facts.client_ref,
        "language": facts.language,
        "service": facts.service,
        "started_ms": event.at_ms if isinstance(event, SessionOpened) else event.opened_at_ms,
        "wait_s": event.waited_ms // 1000,
        "connected": False,
        "note": "",
        "officer_note": "",
        "version": 1,
    }
