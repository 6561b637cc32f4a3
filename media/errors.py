"""Errors of the relay. A peer's nonsense is a `BadOffer`; anything else escaping the parsers is a bug of ours."""

from __future__ import annotations


class MediaError(Exception):
    pass


class BadOffer(MediaError):
    """A session description that cannot be used. The peer keeps the state it had."""
