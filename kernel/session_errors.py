"""What a request or a session refuses, beside the tree's own leaves in `kernel.errors`."""

from __future__ import annotations

from kernel.errors import Conflict, Malformed, NotAllowed, NotFound, TooMuch


class SessionLocked(Conflict):
    """The moderator has locked the session: who is not in stays out."""

    code = "session_locked"


class ParticipantHeld(Conflict):
    """Put back before the door: the place is kept, and the moderator lets in again."""

    code = "participant_held"
    retryable = True


class OfficialCalled(Conflict):
    """One second official at a time."""

    code = "official_called"


class NoOfficialCalled(Conflict):
    code = "no_official_called"


class NotHandedBack(Conflict):
    code = "not_handed_back"


class NotInRoom(Conflict):
    """Asked of somebody who is not in the room now."""

    code = "not_in_room"


class ModeratorKept(NotAllowed):
    """The moderator's role can be given to an official who is in the room."""

    code = "moderator_kept"


class DocumentUnknown(NotFound):
    code = "document_unknown"


class DocumentTooLarge(TooMuch):
    code = "document_too_large"
    http = 413


class DocumentsFull(TooMuch):
    """Too many or too much in one session."""

    code = "documents_full"
    http = 409


class DocumentRefused(Malformed):
    """Not a PDF, JPEG or PNG by its content."""

    code = "document_refused"


class ConditionsNotMet(Conflict):
    """PAK_04 is for a client without e-identification and a service outside the delegated scheme, at VID."""

    code = "conditions_not_met"


class NotTraining(Conflict):
    """What was taught belongs to a training session (PAK_03)."""

    code = "not_training"


class ServiceUnknown(NotFound):
    """No service of the catalogue has this id (any more)."""

    code = "service_unknown"


class PakNotOffered(Malformed):
    """This kind of help does not go with the chosen service. ``details.delegated``: because it is in the scheme."""

    code = "pak_not_offered"
