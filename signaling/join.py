"""Reading a join: query parameters of v0, the wrapped JoinRequest of v1 (``livekit_rtc.proto``)."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import DecodeError
from livekit.protocol import models, rtc

MAX_JOIN_REQUEST = 512 * 1024


class BadJoin(Exception):
    """The join request does not parse."""


@dataclass(frozen=True)
class Join:
    """How a client wants to join. ``request`` is a JoinRequest; ``dual`` means protocol v0 with two peers."""

    request: Any
    dual: bool

    @property
    def auto_subscribe(self) -> bool:
        settings = self.request.connection_settings
        return bool(settings.auto_subscribe) if self.request.HasField("connection_settings") else True


def parse_join(query: Mapping[str, str], *, dual: bool) -> Join:
    """Raises `BadJoin`."""
    if wrapped := query.get("join_request"):
        return Join(_unwrap(wrapped), dual)
    request = rtc.JoinRequest()
    request.reconnect = _truth(query.get("reconnect", ""))
    request.participant_sid = query.get("sid", "")
    request.connection_settings.auto_subscribe = _truth(query.get("auto_subscribe", "1"))
    request.connection_settings.adaptive_stream = _truth(query.get("adaptive_stream", ""))
    request.client_info.sdk = _SDKS.get(query.get("sdk", ""), 0)
    request.client_info.version = query.get("version", "")[:64]
    if (protocol := query.get("protocol", "")).isdigit():
        request.client_info.protocol = min(int(protocol), 1_000)
    return Join(request, dual)


_SDKS: dict[str, Any] = {name.lower(): number for name, number in models.ClientInfo.SDK.items()}


def _truth(text: str) -> bool:
    return text.lower() in ("1", "true")


def _unwrap(text: str) -> Any:
    if len(text) > MAX_JOIN_REQUEST:
        raise BadJoin("join request too large")
    try:
        wrapped = rtc.WrappedJoinRequest()
        wrapped.ParseFromString(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        body = bytes(wrapped.join_request)
        if wrapped.compression == rtc.WrappedJoinRequest.Compression.GZIP:
            body = _gunzip(body)
        request = rtc.JoinRequest()
        request.ParseFromString(body)
    except (DecodeError, binascii.Error, ValueError, zlib.error) as error:
        raise BadJoin("join request does not parse") from error
    return request


def _gunzip(body: bytes) -> bytes:
    inflate = zlib.decompressobj(wbits=31)
    plain = inflate.decompress(body, MAX_JOIN_REQUEST)
    if inflate.unconsumed_tail:
        raise BadJoin("join request too large")
    return plain
