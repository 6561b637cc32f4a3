"""What can be read of a peer: its line for clients, plain numbers for operators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from media.api import PeerQuality

if TYPE_CHECKING:
    from media.peer import RelayPeer


def quality_of(peer: RelayPeer) -> PeerQuality:
    heard = [stream.jitter_s for up in peer.ups.values() for stream in up.streams.values() if stream.packets]
    told = [down.jitter_s for down in peer.downs.values() if down.jitter_s is not None]
    return PeerQuality(
        connected=peer.secure.connected,
        loss_up=peer.loss_up,
        loss_down=peer.outbound.loss,
        rtt=peer.outbound.rtt,
        silent_for=peer.node.now() - peer.side.last_check,
        jitter_up=max(heard, default=None),
        jitter_down=max(told, default=None),
        starved=any(down.paused for down in peer.downs.values()),
        budget=peer.outbound.line.budget(),
    )


def stats_of(peer: RelayPeer) -> dict[str, object]:
    return {
        "published": {up.sid: up.stats() for up in peer.ups.values()},
        "subscribed": {sid: down.stats() for sid, down in peer.downs.items()},
    }
