"""Who the client is, as the clerk found it: how it was looked at, and the level of assurance that has. Pure.

The levels are eIDAS' own words. What a document shown to a clerk in person is worth is our decision: the photograph is
compared by a trained person, the chip is not read. Held before a camera at home it is worth the least.
"""

from __future__ import annotations

from consultation.core import Outcome, must_run, touched
from consultation.model import ActingFor, PersonRole, Session, Verified, Via
from kernel.messages import ClientKind, Pak, RequestFacts
from kernel.session_errors import ConditionsNotMet

LEVELS: dict[str, str] = {
    "eid": "high",
    "passport": "substantial",
    "id_card": "substantial",
    "driving_licence": "low",
}


#: of whoever is not before the clerk
AT_HOME = "low"


def verified_by(facts: RequestFacts) -> Verified | None:
    """What the request says of it; a client whom nobody looked at has none."""
    if facts.client_kind is not ClientKind.IDENTIFIED or facts.client_method not in LEVELS:
        return None
    return Verified(facts.client_method, LEVELS[facts.client_method], facts.clerk_name, facts.created_at_ms)


def identify(session: Session, facts: RequestFacts, wall_ms: int) -> Outcome:
    """The client showed a document in the session itself. A company acted for before belongs to nobody now. Raises
    `ConditionsNotMet` for an eID where something is applied for because the client has none (PAK_04)."""
    must_run(session)
    if session.facts.pak is Pak.PAK_04 and facts.client_method == "eid":
        raise ConditionsNotMet(field="method")
    if facts.client_ref != session.facts.client_ref:
        session.acting_for = None
    session.facts = facts
    method = facts.client_method or ""
    client = session.of_role(PersonRole.CITIZEN)
    level = AT_HOME if client is not None and client.via is Via.LINK else LEVELS[method]
    session.verified = Verified(method, level, facts.clerk_name, wall_ms)
    return touched(session, wall_ms)


def rechecked(session: Session, before: ActingFor, now: ActingFor, wall_ms: int) -> Outcome:
    """What the register says of the same company later. What was allowed and is no more is *revoked*: the banner shows,
    and the client goes on as a private person. A register that does not answer allows nothing meanwhile."""
    must_run(session)
    current = session.acting_for
    if current is None or current.revoked or current.reg_no != before.reg_no:
        return Outcome()
    was_allowed = current.allowed or current.reason == UNAVAILABLE
    revoked = not now.allowed and now.reason != UNAVAILABLE and was_allowed
    fresh = ActingFor(now.reg_no, now.allowed, now.reason, now.checked_at_ms, now.source, current.scope, revoked)
    same = (current.allowed, current.reason) == (fresh.allowed, fresh.reason)
    session.acting_for = fresh
    return Outcome() if same else touched(session, wall_ms)


UNAVAILABLE = "registry_unavailable"


def watched(session: Session) -> ActingFor | None:
    """The company whose power is to be looked at again and again while the session runs."""
    acting = session.acting_for
    if acting is None or acting.revoked or not (acting.allowed or acting.reason == UNAVAILABLE):
        return None
    return acting
