"""Documents of a session: taken by content, images drawn anew, sealed in the ledger, gone when the session is.

A document belongs to one session and to whoever is inside it. It leaves as an attachment that no page will run.
"""

from __future__ import annotations

import asyncio
import io
import secrets
import warnings

import sqlalchemy as sa
from PIL import Image, ImageOps

from consultation import document_core, rights, store
from consultation.acts import Acts, entry
from consultation.document_core import IMAGES, JPEG
from consultation.model import Document, SessionState
from consultation.rights import Action
from consultation.tables import session_documents as contents
from kernel.audit import Audit
from kernel.clock import Clock
from kernel.consumer import hears
from kernel.identity import Principal
from kernel.ids import ConsultationId, new_id
from kernel.ledger import Ledger, Transaction
from kernel.messages import AnyEvent, SessionEnded
from kernel.session_errors import DocumentRefused, DocumentUnknown
from kernel.vault import Vault

#: an A4 page at 600 dpi; a picture that unfolds to more is a bomb
MAX_PIXELS = 40_000_000
#: nothing on a screen needs more
MAX_SIDE = 4000


class Documents:
    def __init__(self, acts: Acts, ledger: Ledger, clock: Clock, audit: Audit, vault: Vault) -> None:
        self._acts = acts
        self._ledger = ledger
        self._clock = clock
        self._audit = audit
        self._vault = vault

    async def add(self, who: Principal, session_id: ConsultationId, content: bytes) -> Document:
        """Raises `DocumentTooLarge`, `DocumentRefused`, `DocumentsFull`."""
        session = await self._acts.session(session_id)
        # before work is done for somebody who may not
        mine = self._acts.place(who, session)
        rights.check(session, mine, Action.SHARE)
        media_type = document_core.media_type_of(content)
        if media_type in IMAGES:
            content = await asyncio.to_thread(redrawn, content, media_type)
        wall_ms = self._clock.wall_ms()
        name = document_core.name_of(secrets.token_hex(4), media_type)
        made = Document(new_id(wall_ms), name, media_type, len(content), mine.identity, wall_ms)
        sealed = await asyncio.to_thread(self._vault.seal_bytes, content, _purpose(session_id, made.id))
        row = {"id": made.id, "session_id": session_id, "content": sealed}
        await self._acts.act(
            who,
            session_id,
            Action.SHARE,
            lambda session, _: document_core.add(session, made, wall_ms),
            name="document.add",
            within=lambda tx: tx.execute(sa.insert(contents).values(row)),
        )
        return made

    async def content(self, who: Principal, session_id: ConsultationId, document_id: str) -> tuple[Document, bytes]:
        """The look is written down before anything leaves."""
        session = await self._acts.session(session_id)
        mine = self._acts.place(who, session)
        if session.state is not SessionState.ENDED:
            rights.check(session, mine, Action.SHARE)
        found = document_core.may_read(session, mine, document_id)
        async with self._ledger.reading() as connection:
            sealed = await connection.scalar(sa.select(contents.c.content).where(contents.c.id == document_id))
        if sealed is None:
            raise DocumentUnknown
        await self._audit.record(entry(who, session_id, "document.read"))
        return found, await asyncio.to_thread(self._vault.open_bytes, sealed, _purpose(session_id, document_id))

    async def remove(self, who: Principal, session_id: ConsultationId, document_id: str) -> None:
        await self._acts.act(
            who,
            session_id,
            Action.SHARE,
            lambda session, mine: document_core.remove(session, mine, document_id, self._clock.wall_ms()),
            name="document.remove",
            within=lambda tx: tx.execute(sa.delete(contents).where(contents.c.id == document_id)),
        )

    async def keep(self, who: Principal, session_id: ConsultationId, document_id: str, kept: bool) -> None:
        await self._acts.act(
            who,
            session_id,
            Action.SHARE,
            lambda session, mine: document_core.keep(session, mine, document_id, kept, self._clock.wall_ms()),
            name=f"document.{'keep' if kept else 'let_go'}",
        )

    async def show(self, who: Principal, session_id: ConsultationId, document_id: str | None) -> None:
        await self._acts.act(
            who,
            session_id,
            Action.SHARE,
            lambda session, mine: document_core.show(session, mine, document_id, self._clock.wall_ms()),
            name="document.show",
        )

    @hears(SessionEnded)
    async def on_event(self, tx: Transaction, event: AnyEvent) -> None:
        """The durable consumer's handler: with the session its documents are gone, but those that the case keeps."""
        if not isinstance(event, SessionEnded):
            return
        session_id = event.facts.consultation_id
        session = await store.load_session(tx.connection, session_id)
        kept = [] if session is None else [each.id for each in session.documents if each.kept]
        await tx.execute(sa.delete(contents).where(contents.c.session_id == session_id, contents.c.id.not_in(kept)))


def redrawn(content: bytes, media_type: str) -> bytes:
    """The same picture, drawn anew: nothing that hides in a file survives, nor where and when it was taken."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(io.BytesIO(content), formats=[IMAGES[media_type]]) as opened:
                if opened.width * opened.height > MAX_PIXELS:
                    raise DocumentRefused
                picture = ImageOps.exif_transpose(opened)
                picture.thumbnail((MAX_SIDE, MAX_SIDE))
                opaque = media_type == JPEG or not picture.has_transparency_data
                clean = picture.convert("RGB" if opaque else "RGBA")
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombWarning, Image.DecompressionBombError):
            raise DocumentRefused from None
    clean.info.clear()
    out = io.BytesIO()
    clean.save(out, IMAGES[media_type], quality=85)
    return out.getvalue()


def _purpose(session_id: str, document_id: str) -> str:
    return f"document {session_id} {document_id}"
