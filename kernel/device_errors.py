"""Refusals to a workstation and to whoever enrols it: a branch of the tree in `kernel.errors`.

The codes of the device flow are those of RFC 8628 §3.5.
"""

from __future__ import annotations

from kernel.errors import Conflict, Malformed, NotAllowed, NotFound, NotSignedIn


class ProofInvalid(NotSignedIn):
    """``details.server_time_ms``: a device whose clock is wrong can mend its next proof."""

    code = "proof_invalid"


class EnrolmentRevoked(NotSignedIn):
    code = "enrolment_revoked"


class AuthorizationPending(Malformed):
    code = "authorization_pending"
    http = 400
    retryable = True


class SlowDown(Malformed):
    code = "slow_down"
    http = 400
    retryable = True


class EnrolmentRefused(NotAllowed):
    code = "access_denied"
    http = 400


class EnrolmentExpired(Conflict):
    code = "expired_token"
    http = 400


class UserCodeUnknown(NotFound):
    code = "user_code_unknown"


class NumberWrong(Conflict):
    """Not the number that the workstation shows: the enrolment is over."""

    code = "enrolment_number_wrong"


class EnrolmentChanged(Conflict):
    code = "enrolment_changed"


class SignInStale(NotAllowed):
    """``details.within_s``: how fresh the sign-in has to be."""

    code = "sign_in_stale"


class PointUnknown(NotFound):
    code = "point_unknown"


class ControlNotGranted(NotAllowed):
    code = "control_not_granted"


class AddressNotAllowed(NotAllowed):
    code = "address_not_allowed"


class AuthorisationWrongDevice(NotAllowed):
    """The workstation is right, but not the device enrolled there."""

    code = "authorisation_wrong_device"


# ── from home ────────────────────────────────────────────────────────────────────────────────────


class HomeNotOffered(NotAllowed):
    """The agency takes nobody from home."""

    code = "home_not_offered"


class LinkUnknown(NotFound):
    code = "link_unknown"


class LinkUsed(NotAllowed):
    """Opened on another device before."""

    code = "link_used"


class LinkEarly(Conflict):
    """``details.starts_at_ms``: when the appointment is; ``details.opens_at_ms``: from when the link is good."""

    code = "link_early"


class LinkExpired(Conflict):
    code = "link_expired"
    http = 410


class LinkRevoked(Conflict):
    code = "link_revoked"
    http = 410


class LinkOver(Conflict):
    """The conversation has ended."""

    code = "link_over"
    http = 410


class ClientPresent(Conflict):
    """The client is in the session already, another way."""

    code = "client_present"
