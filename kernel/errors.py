"""The one error tree.

::

    KlatieneError
    ├── PeerFault            the caller can mend it (4xx)
    │   ├── Malformed        cannot be read: body_invalid, id_malformed, …
    │   ├── NotSignedIn      401
    │   ├── NotAllowed       403
    │   ├── NotFound         404
    │   ├── Conflict         409 / 410
    │   └── TooMuch          413 / 429
    └── OurFault             we failed (5xx); the caller may retry
        └── Unavailable      503 with Retry-After

Each concrete error is one class with a stable ``code``, an HTTP status, a WebSocket close code and whether the
same call may succeed later. The texts people read are in `kernel.error_texts`, one row per code and language.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar


class KlatieneError(Exception):
    code: ClassVar[str] = ""
    http: ClassVar[int] = 500
    ws_close: ClassVar[int] = 1011
    retryable: ClassVar[bool] = False
    peer_fault: ClassVar[bool] = False

    def __init__(self, field: str | None = None, retry_after_s: int | None = None, **details: Any) -> None:
        """``field`` names the input at fault; ``details`` reach the client and must hold no personal data."""
        super().__init__(self.code)
        self.field = field
        self.retry_after_s = retry_after_s
        self.details = details


# ── the caller's faults ──────────────────────────────────────────────────────────────────────────


class PeerFault(KlatieneError):
    http = 400
    ws_close = 4400
    peer_fault = True


class Malformed(PeerFault):
    http = 422


class BodyInvalid(Malformed):
    code = "body_invalid"


class IdMalformed(Malformed):
    code = "id_malformed"


class PersonalCodeInvalid(Malformed):
    code = "personal_code_invalid"


class RegistrationNumberInvalid(Malformed):
    code = "invalid_reg_no"


class PakUnknown(Malformed):
    code = "pak_unknown"


class ConfigurationInvalid(Malformed):
    """``details.problems``: field path → code."""

    code = "configuration_invalid"


class NotSignedIn(PeerFault):
    code = "not_signed_in"
    http = 401
    ws_close = 4401


class TokenExpired(NotSignedIn):
    code = "token_expired"


class TokenInvalid(NotSignedIn):
    code = "token_invalid"


class NotAllowed(PeerFault):
    code = "not_allowed"
    http = 403
    ws_close = 4403


class OriginRefused(NotAllowed):
    code = "origin_refused"


class CsrfRefused(NotAllowed):
    code = "csrf_refused"


class NotModerator(NotAllowed):
    code = "not_moderator"


class OtherPoint(NotAllowed):
    code = "other_point"


class OtherAgency(NotAllowed):
    code = "other_agency"


class AuthorisationWrongWorkstation(NotAllowed):
    code = "authorisation_wrong_workstation"


class WorkstationNotAuthorised(NotAllowed):
    code = "workstation_not_authorised"


class NotFound(PeerFault):
    code = "not_found"
    http = 404
    ws_close = 4404


class GroupUnknown(NotFound):
    code = "group_unknown"


class OfficerUnknown(NotFound):
    code = "officer_unknown"


class RequestUnknown(NotFound):
    code = "request_unknown"


class SessionUnknown(NotFound):
    code = "session_unknown"


class WorkstationUnknown(NotFound):
    code = "workstation_unknown"


class ParticipantUnknown(NotFound):
    code = "participant_unknown"


class CaseUnknown(NotFound):
    code = "case_unknown"


class GrantUnknown(NotFound):
    code = "grant_unknown"


class ReportUnknown(NotFound):
    code = "report_unknown"


class DatasetUnknown(NotFound):
    code = "dataset_unknown"


class AppointmentUnknown(NotFound):
    code = "appointment_unknown"


class CallbackUnknown(NotFound):
    code = "callback_unknown"


class AuthorisationUnknown(NotFound):
    code = "authorisation_unknown"


class Conflict(PeerFault):
    code = "conflict"
    http = 409
    ws_close = 4409


class OfferStale(Conflict):
    code = "offer_stale"


class OfferTaken(Conflict):
    code = "offer_taken"


class OfferGone(Conflict):
    code = "offer_gone"


class RequestClosed(Conflict):
    code = "request_closed"


class GroupClosed(Conflict):
    code = "group_closed"


class AppointmentsOff(Conflict):
    """The group takes no appointments."""

    code = "appointments_off"


class SlotTaken(Conflict):
    code = "slot_taken"


class SlotUnavailable(Conflict):
    """Not a time that can be booked: closed, too soon, too far ahead, or not where a slot begins."""

    code = "slot_unavailable"


class AppointmentClosed(Conflict):
    code = "appointment_closed"


class CallbacksOff(Conflict):
    """The group makes no callbacks."""

    code = "callbacks_off"


class CallbackClosed(Conflict):
    code = "callback_closed"


class OfficerBusy(Conflict):
    code = "officer_busy"


class ClientElsewhere(Conflict):
    code = "client_elsewhere"


class WorkstationBusy(Conflict):
    code = "workstation_busy"


class SessionEnded(Conflict):
    code = "session_ended"


class SessionNotReady(Conflict):
    code = "session_not_ready"
    retryable = True


class AuthorisationUsed(Conflict):
    code = "authorisation_used"


class AuthorisationExpired(Conflict):
    code = "authorisation_expired"
    http = 410


class CaseChanged(Conflict):
    code = "case_changed"


class CaseDuplicate(Conflict):
    """``details``: the entry that looks the same."""

    code = "case_duplicate"


class PointChanged(Conflict):
    code = "point_changed"


class GrantImpossible(Conflict):
    """``details``: ``missing`` cents."""

    code = "grant_impossible"


class ConfigurationChanged(Conflict):
    """``details``: ``etag`` and ``document`` as they are now."""

    code = "configuration_changed"


class IdempotencyMismatch(Conflict):
    code = "idempotency_mismatch"


class TooMuch(PeerFault):
    code = "too_much"
    http = 429
    ws_close = 1008


class BodyTooLarge(TooMuch):
    code = "body_too_large"
    http = 413
    ws_close = 1009


class RateLimited(TooMuch):
    code = "rate_limited"
    retryable = True


class AuthorisationLocked(TooMuch):
    code = "authorisation_locked"


# ── our faults ───────────────────────────────────────────────────────────────────────────────────


class OurFault(KlatieneError):
    code = "internal"
    http = 500
    ws_close = 1011


class Unavailable(OurFault):
    code = "unavailable"
    http = 503
    ws_close = 1013
    retryable = True


class LedgerUnavailable(Unavailable):
    code = "ledger_unavailable"


class IndexUnavailable(Unavailable):
    """Redis does not serve; whether a change that was asked for took place is unknown.

    ``details["reason"]`` is unreachable, slow, refused, or resting (behind its breaker).
    """

    code = "index_unavailable"


class MediaUnavailable(Unavailable):
    code = "media_unavailable"


class RegistryUnavailable(Unavailable):
    code = "registry_unavailable"


class AuditUnavailable(Unavailable):
    """Nothing personal leaves when the audit log cannot be written."""

    code = "audit_unavailable"


class Overloaded(Unavailable):
    code = "overloaded"


def all_errors() -> Iterator[type[KlatieneError]]:
    """Every concrete error, in the order of the tree, with the branches that are modules of their own."""
    import kernel.bridge_errors  # noqa: PLC0415  (they grow from this module)
    import kernel.device_errors  # noqa: PLC0415
    import kernel.session_errors  # noqa: PLC0415
    import kernel.sign_on_errors  # noqa: F401, PLC0415

    seen: set[type[KlatieneError]] = set()
    stack: list[type[KlatieneError]] = [KlatieneError]
    while stack:
        cls = stack.pop()
        if cls in seen:
            continue
        seen.add(cls)
        if "code" in cls.__dict__ and cls.code:
            yield cls
        # this module's own first, then branch by branch, whichever was imported first
        below = sorted(cls.__subclasses__(), key=lambda each: (each.__module__ != __name__, each.__module__))
        stack.extend(reversed(below))
