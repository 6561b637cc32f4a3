"""Documents of a session: by content, drawn anew, sealed, and gone with it."""

from __future__ import annotations

import io

import pytest
import sqlalchemy as sa
from PIL import Image, PngImagePlugin

from consultation import document_core
from consultation.document_core import JPEG, MAX_BYTES, MAX_DOCUMENTS, PDF, PNG, media_type_of
from consultation.documents import Documents, redrawn
from consultation.service import ConsultationService
from consultation.tables import session_documents
from kernel.audit import Audit, audit_log
from kernel.clock import ManualClock
from kernel.errors import NotAllowed, SessionUnknown
from kernel.ledger import Ledger
from kernel.session_errors import DocumentRefused, DocumentsFull, DocumentTooLarge, DocumentUnknown
from tests.consultation.test_core import CITIZEN, CLERK, OFFICER, with_client
from tests.consultation.test_service import CITIZEN as KIOSK_ACCOUNT
from tests.consultation.test_service import CLERK as CLERK_ACCOUNT
from tests.consultation.test_service import ID, STRANGER, VAULT, node, service
from tests.consultation.test_service import OFFICER as OFFICER_ACCOUNT

__all__ = ["node", "service"]

A_PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def picture(kind: str, side: int = 8, **saved: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (side, side), (200, 30, 30)).save(out, kind, **saved)  # type: ignore[arg-type]
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "media_type"),
    [(picture("JPEG"), JPEG), (picture("PNG"), PNG), (A_PDF, PDF)],
    ids=["jpeg", "png", "pdf"],
)
def test_a_file_is_what_its_content_says(content: bytes, media_type: str) -> None:
    assert media_type_of(content) == media_type


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html><script>alert(1)</script>",
        b"PK\x03\x04 a document of an office suite",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"GIF89a" + b"\0" * 40,
        b"<script>%PDF-1.7 %%EOF",
        b"%PDF-1.7 and no end",
        b"MZ" + A_PDF,
    ],
)
def test_anything_else_is_refused(content: bytes) -> None:
    with pytest.raises(DocumentRefused):
        media_type_of(content)


def test_ten_megabytes_and_no_more() -> None:
    with pytest.raises(DocumentTooLarge):
        media_type_of(A_PDF + b"\0" * MAX_BYTES)


def test_a_picture_is_drawn_anew() -> None:
    exif = Image.Exif()
    exif[0x010F] = "where and with what it was taken"
    for kind, media_type in (("JPEG", JPEG), ("PNG", PNG)):
        note = PngImagePlugin.PngInfo()
        note.add_text("comment", "a name")
        more: dict[str, object] = {"exif": exif} | ({"pnginfo": note} if kind == "PNG" else {"comment": b"a name"})
        smuggled = picture(kind, **more) + b"<script>alert(1)</script>"
        clean = redrawn(smuggled, media_type)
        assert media_type_of(clean) == media_type
        for hidden in (b"script", b"where and with", b"a name"):
            assert hidden in smuggled
            assert hidden not in clean


def test_what_only_begins_like_a_picture_is_refused_and_so_is_a_bomb() -> None:
    with pytest.raises(DocumentRefused):
        redrawn(b"\xff\xd8\xff" + b"\0" * 100, JPEG)
    with pytest.raises(DocumentRefused):
        redrawn(picture("JPEG"), PNG)
    out = io.BytesIO()
    Image.new("1", (8_000, 8_000)).save(out, "PNG")
    assert len(out.getvalue()) < 100_000
    with pytest.raises(DocumentRefused):
        redrawn(out.getvalue(), PNG)


def test_who_may_take_away_keep_and_show() -> None:
    session = with_client()
    clerk, officer, citizen = (session.participants[each] for each in (CLERK, OFFICER, CITIZEN))
    made = document_core.Document("d1", "dokuments-1.pdf", PDF, 10, OFFICER, 8_000)
    document_core.add(session, made, 8_000)
    document_core.show(session, officer, "d1", 8_100)
    for forbidden in (
        lambda: document_core.remove(session, citizen, "d1", 8_200),
        lambda: document_core.keep(session, officer, "d1", True, 8_200),
        lambda: document_core.show(session, citizen, None, 8_200),
    ):
        with pytest.raises(NotAllowed):
            forbidden()
    document_core.keep(session, clerk, "d1", True, 8_300)
    document_core.remove(session, clerk, "d1", 8_400)
    assert session.shown is None
    for number in range(MAX_DOCUMENTS):
        document_core.add(session, document_core.Document(f"n{number}", "", PDF, 1, CLERK, 9_000), 9_000)
    with pytest.raises(DocumentsFull):
        document_core.add(session, made, 9_100)


async def test_it_is_sealed_read_by_those_inside_and_gone_with_the_session(
    service: ConsultationService, ledger: Ledger, clock: ManualClock
) -> None:
    documents = Documents(service, ledger, clock, Audit(ledger, clock), VAULT)
    first = await documents.add(CLERK_ACCOUNT, ID, A_PDF)
    second = await documents.add(OFFICER_ACCOUNT, ID, picture("PNG"))
    assert first.name.startswith("dokuments-")
    async with ledger.reading() as connection:
        stored = list(await connection.scalars(sa.select(session_documents.c.content)))
    assert not any(b"PDF" in each or b"PNG" in each for each in stored)
    found, content = await documents.content(OFFICER_ACCOUNT, ID, first.id)
    assert (found.media_type, content) == (PDF, A_PDF)
    # who stands outside, or does not belong here, has nothing
    with pytest.raises(NotAllowed):
        await documents.content(KIOSK_ACCOUNT, ID, first.id)
    with pytest.raises(NotAllowed):
        await documents.add(KIOSK_ACCOUNT, ID, A_PDF)
    with pytest.raises(SessionUnknown):
        await documents.content(STRANGER, ID, first.id)
    await documents.keep(CLERK_ACCOUNT, ID, second.id, True)
    before = len(await ledger.events_after(0))
    await service.end(CLERK_ACCOUNT, ID)
    async with ledger.transaction() as tx:
        for _, event in (await ledger.events_after(0))[before:]:
            await documents.on_event(tx, event)
    with pytest.raises(DocumentUnknown):
        await documents.content(CLERK_ACCOUNT, ID, first.id)
    with pytest.raises(DocumentUnknown):
        await documents.content(OFFICER_ACCOUNT, ID, second.id)
    assert (await documents.content(CLERK_ACCOUNT, ID, second.id))[0].media_type == PNG
    async with ledger.reading() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(session_documents)) == 1
        actions = [body for body in await connection.scalars(sa.select(audit_log.c.body)) if "document.read" in body]
    assert len(actions) == 2
