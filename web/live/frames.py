"""The live channel's messages as UTF-8 text (docs/api.md, *The live channel*). Pure.

The body of an event is encoded once and numbered for every socket.
"""

from __future__ import annotations

from typing import Any

import msgspec

from kernel.error_texts import text_of
from kernel.errors import KlatieneError
from web.live import deflate
from web.live.pieces import Piece


def _text_of(value: Any) -> msgspec.Raw:
    if isinstance(value, Piece):
        return msgspec.Raw(value.text)
    raise TypeError(f"{type(value)} has no JSON form")


_encoder = msgspec.json.Encoder(enc_hook=_text_of)


class Packed(bytes):
    """A message deflated; its frame says so (RFC 7692 §6)."""


def hello(epoch: str, seq: int, ping_s: float, server_time_ms: int) -> bytes:
    return _encoder.encode(
        {"t": "hello", "epoch": epoch, "seq": seq, "ping_s": ping_s, "server_time_ms": server_time_ms}
    )


def snapshot(seq: int, state: dict[str, Any]) -> bytes:
    return _encoder.encode({"t": "snapshot", "seq": seq, "state": state})


def packed_snapshot(seq: int, state: dict[str, Any]) -> Packed:
    """The same; what consoles share was packed once for all of them, the rest goes as it is."""
    parts, own, before = [], b'{"t":"snapshot","seq":%d,"state":{' % seq, b""
    for name, value in state.items():
        own += before + _encoder.encode(name) + b":"
        before = b","
        if isinstance(value, Piece):
            parts += [deflate.stored(own), value.packed]
            own = b""
        else:
            own += _encoder.encode(value)
    return Packed(b"".join([*parts, deflate.stored(own + b"}}"), deflate.END]))


def body(kind: str, data: Any) -> bytes:
    """The part of an event that is the same for everybody who sees it."""
    return _encoder.encode({"type": kind, "data": data})[1:]


def event(seq: int, of: bytes) -> bytes:
    return b'{"t":"event","seq":%d,%b' % (seq, of)


def ping(number: int) -> bytes:
    return b'{"t":"ping","n":%d}' % number


def error(problem: KlatieneError, language: str) -> bytes:
    message, hint = text_of(problem.code, language)
    return _encoder.encode({"t": "error", "code": problem.code, "message": message, "hint": hint})


def framed(text: bytes) -> bytes:
    """A server's whole, unmasked text frame (RFC 6455 §5.2)."""
    size = len(text)
    first = 0xC1 if isinstance(text, Packed) else 0x81
    if size < 126:
        return b"%c%c%b" % (first, size, text)
    if size < 65_536:
        return b"%c\x7e%b%b" % (first, size.to_bytes(2, "big"), text)
    return b"%c\x7f%b%b" % (first, size.to_bytes(8, "big"), text)


class Pong(msgspec.Struct, tag_field="t", tag="pong", forbid_unknown_fields=True):
    n: int


_decoder: msgspec.json.Decoder[Pong] = msgspec.json.Decoder(Pong)


def decode(text: bytes) -> Pong:
    """The only thing a console says here; everything else is a call. Raises `msgspec.MsgspecError`."""
    return _decoder.decode(text)
