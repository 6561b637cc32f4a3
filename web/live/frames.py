"""The live channel's messages as text (docs/api.md, *The live channel*). Pure.

The body of an event is encoded once and numbered for every socket.
"""

from __future__ import annotations

from typing import Any

import msgspec

from kernel.error_texts import text_of
from kernel.errors import KlatieneError

_encoder = msgspec.json.Encoder()


def hello(epoch: str, seq: int, ping_s: float, server_time_ms: int) -> str:
    return _text({"t": "hello", "epoch": epoch, "seq": seq, "ping_s": ping_s, "server_time_ms": server_time_ms})


def snapshot(seq: int, state: dict[str, Any]) -> str:
    return _text({"t": "snapshot", "seq": seq, "state": state})


def body(kind: str, data: Any) -> str:
    """The part of an event that is the same for everybody who sees it."""
    return _text({"type": kind, "data": data})[1:]


def event(seq: int, of: str) -> str:
    return f'{{"t":"event","seq":{seq},{of}'


def ping(number: int) -> str:
    return f'{{"t":"ping","n":{number}}}'


def error(problem: KlatieneError, language: str) -> str:
    message, hint = text_of(problem.code, language)
    return _text({"t": "error", "code": problem.code, "message": message, "hint": hint})


class Pong(msgspec.Struct, tag_field="t", tag="pong", forbid_unknown_fields=True):
    n: int


_decoder: msgspec.json.Decoder[Pong] = msgspec.json.Decoder(Pong)


def decode(text: str) -> Pong:
    """The only thing a console says here; everything else is a call. Raises `msgspec.MsgspecError`."""
    return _decoder.decode(text)


def _text(value: Any) -> str:
    return _encoder.encode(value).decode()
