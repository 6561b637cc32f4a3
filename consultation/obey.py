"""Telling the media node what the ledger decided."""

from __future__ import annotations

from collections.abc import Iterable

import structlog

from consultation.core import MediaCommand
from consultation.media_port import MediaPort
from consultation.model import Session
from kernel.errors import MediaUnavailable

log = structlog.get_logger("consultation")


async def obey(media: MediaPort, session: Session, commands: Iterable[MediaCommand], *, strict: bool = False) -> None:
    """The node may be down: what the ledger says is mended later, unless the caller must know (``strict``)."""
    for command in commands:
        try:
            match command.act:
                case "remove":
                    await media.remove(session.id, command.identity)
                case "permit":
                    await media.permit(session.id, command.identity, command.sources, mute=command.muted)
                case "close":
                    await media.close_room(session.id)
        except MediaUnavailable:
            if strict:
                raise
            log.warning("media_unreachable", act=command.act, consultation_id=session.id)
