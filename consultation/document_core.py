"""What may be shown in a session: PDF, JPEG and PNG by their content, whatever a file calls itself. Pure."""

from __future__ import annotations

from consultation.core import Outcome, must_run, touched
from consultation.model import OFFICIALS, OVER, Document, Participant, PersonRole, Session, SessionState, Shown
from consultation.rights import moderates
from kernel.errors import NotAllowed
from kernel.session_errors import DocumentRefused, DocumentsFull, DocumentTooLarge, DocumentUnknown

MAX_BYTES = 10 * 1024 * 1024
#: in one session, together
MAX_DOCUMENTS = 20
MAX_TOTAL = 60 * 1024 * 1024

PDF, JPEG, PNG = "application/pdf", "image/jpeg", "image/png"
ENDINGS = {PDF: "pdf", JPEG: "jpg", PNG: "png"}
#: kind → what the drawing library calls it
IMAGES = {JPEG: "JPEG", PNG: "PNG"}


def media_type_of(content: bytes) -> str:
    """Raises `DocumentTooLarge`, or `DocumentRefused` for anything but the three kinds."""
    if len(content) > MAX_BYTES:
        raise DocumentTooLarge
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    # it says so at its very beginning and end: what is also something else begins with that
    if content.startswith(b"%PDF-") and b"%%EOF" in content[-1024:]:
        return PDF
    raise DocumentRefused


def name_of(entropy: str, media_type: str) -> str:
    return f"dokuments-{entropy}.{ENDINGS[media_type]}"


def find(session: Session, document_id: str) -> Document:
    """Raises `DocumentUnknown`."""
    found = next((each for each in session.documents if each.id == document_id), None)
    if found is None:
        raise DocumentUnknown
    return found


def add(session: Session, document: Document, wall_ms: int) -> Outcome:
    """Raises `DocumentsFull`."""
    must_run(session)
    total = sum(each.size for each in session.documents)
    if len(session.documents) >= MAX_DOCUMENTS or total + document.size > MAX_TOTAL:
        raise DocumentsFull
    session.documents.append(document)
    return touched(session, wall_ms)


def remove(session: Session, mine: Participant, document_id: str, wall_ms: int) -> Outcome:
    """By whoever added it, or the moderator."""
    must_run(session)
    found = find(session, document_id)
    if found.by != mine.identity and not moderates(session, mine):
        raise NotAllowed
    session.documents.remove(found)
    if session.shown is not None and session.shown.document_id == document_id:
        session.shown = None
    return touched(session, wall_ms)


def keep(session: Session, mine: Participant, document_id: str, kept: bool, wall_ms: int) -> Outcome:
    """The clerk takes it to the case; without that it goes with the session."""
    must_run(session)
    if mine.role is not PersonRole.CLERK:
        raise NotAllowed
    find(session, document_id).kept = kept
    return touched(session, wall_ms)


def show(session: Session, mine: Participant, document_id: str | None, wall_ms: int) -> Outcome:
    """Before everybody's eyes, led by ``mine``; None: put away, by whoever leads or an official."""
    must_run(session)
    shown = session.shown
    if document_id is not None:
        find(session, document_id)
        session.shown = Shown(document_id, mine.identity)
    elif shown is None:
        return Outcome()
    elif shown.by == mine.identity or mine.role in OFFICIALS | {PersonRole.CLERK}:
        session.shown = None
    else:
        raise NotAllowed
    return touched(session, wall_ms)


def may_read(session: Session, mine: Participant, document_id: str) -> Document:
    """Afterwards only the clerk, and only what the case keeps. Raises `DocumentUnknown`."""
    found = find(session, document_id)
    if session.state is SessionState.ENDED and not (mine.role is PersonRole.CLERK and found.kept):
        raise DocumentUnknown
    if mine.state in OVER:
        raise DocumentUnknown
    return found
