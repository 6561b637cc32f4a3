"""The part of the error tree that belongs to signing in by the state's sign-on (VPM)."""

from __future__ import annotations

from kernel.errors import NotAllowed, NotFound, Unavailable


class SignOnOff(NotFound):
    """This installation is not connected to it."""

    code = "sign_on_off"


class SignOnState(NotAllowed):
    """The answer does not belong to a sign-in that this browser began here."""

    code = "sign_on_state"


class SignOnReplayed(NotAllowed):
    """The answer, its code or its assertion was used before."""

    code = "sign_on_replayed"


class SignOnRefused(NotAllowed):
    """The sign-on itself said no: cancelled, or the code is not accepted."""

    code = "sign_on_refused"


class SignOnNonce(NotAllowed):
    code = "sign_on_nonce"


class SignOnSignature(NotAllowed):
    """Unsigned, signed by a stranger or in another way, or something else was signed than what is read."""

    code = "sign_on_signature"


class SignOnAudience(NotAllowed):
    """Meant for another system."""

    code = "sign_on_audience"


class SignOnIssuer(NotAllowed):
    code = "sign_on_issuer"


class SignOnExpired(NotAllowed):
    """Too old, or not valid yet."""

    code = "sign_on_expired"


class SignOnNotFresh(NotAllowed):
    """A fresh sign-in was asked for, and the sign-on does not say that there was one."""

    code = "sign_on_not_fresh"


class SignOnIdentifier(NotAllowed):
    """Who it is cannot be read: no identifier of VPM's grammar."""

    code = "sign_on_identifier"


class SignOnNoRole(NotAllowed):
    """A known identity to which the directory gives no role here."""

    code = "sign_on_no_role"


class SignOnUnavailable(Unavailable):
    code = "sign_on_unavailable"
