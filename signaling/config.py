"""Settings of the media node's process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kernel.tokens import check_secret
from signaling.turn import Turn

SERVER_VERSION = "1.9.0"
PROTOCOL = 16


@dataclass(frozen=True, kw_only=True)
class SignalingConfig:
    """``api_keys`` maps key to secret (≥ 32 bytes each, or the start fails). Port 0 picks a free one."""

    api_keys: Mapping[str, str]
    host: str = "127.0.0.1"
    port: int = 7880
    media_host: str = "0.0.0.0"  # noqa: S104  (the relay answers only authenticated datagrams)
    udp_port: int = 7882
    tcp_port: int = 7882
    addresses: tuple[str, ...] = ()
    #: the way in for networks that let nothing else through
    turn: Turn = field(default_factory=Turn)
    webhook_urls: tuple[str, ...] = ()
    #: the key that signs webhooks; empty: the first
    webhook_key: str = ""
    #: how long a participant whose signalling was lost may come back
    departure_grace_s: float = 20.0
    #: how long conversations may go on after SIGTERM; 0: everybody is sent elsewhere at once
    drain_s: float = 0.0
    #: how long a room lives empty, unless CreateRoom says otherwise
    empty_timeout_s: int = 300
    #: whether a join opens a room that RoomService did not: with several nodes it would split a conversation
    auto_create: bool = True
    max_message: int = 256 * 1024
    max_body: int = 1024 * 1024
    enabled_codecs: tuple[str, ...] = field(
        default=("audio/opus", "audio/red", "video/VP8", "video/H264", "video/VP9", "video/AV1")
    )

    def __post_init__(self) -> None:
        if not self.api_keys:
            raise ValueError("the media node needs at least one API key")
        for secret in self.api_keys.values():
            check_secret(secret)
