"""The hash chain of the audit log: any edit, deletion, truncation or reordering is found and located."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import msgspec

GENESIS = "0" * 64


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Who did what, why, about whom, with which outcome. Field *names* only, never their values."""

    actor: str
    role: str
    action: str
    outcome: str = "ok"
    purpose: str = ""
    unit: str = ""
    device: str = ""
    consultation_id: str = ""
    #: keyed pseudonym of the person the data is about
    subject: str = ""
    fields: tuple[str, ...] = ()
    source: str = ""
    correlation: str = ""


class GroundedEntry(AuditEntry, frozen=True, kw_only=True):
    """A call of a state system, with the law it rests on. Rows without a basis hash as they always did."""

    basis: str = ""


def read_entry(body: str) -> AuditEntry:
    """An entry as it was written, so that it hashes to what it hashed then."""
    found = msgspec.json.decode(body, type=GroundedEntry)
    return found if found.basis else msgspec.json.decode(body, type=AuditEntry)


class AuditRow(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    at_ms: int
    entry: AuditEntry
    previous: str
    hash: str


_ENCODER = msgspec.json.Encoder(order="deterministic")


def link(previous: str, number: int, at_ms: int, entry: AuditEntry) -> str:
    """The hash of a row: over its place, its time, its content and its predecessor's hash."""
    body = b"\0".join((previous.encode(), str(number).encode(), str(at_ms).encode(), _ENCODER.encode(entry)))
    return hashlib.sha256(body).hexdigest()


class ChainBroken(Exception):
    def __init__(self, at_id: int, why: str) -> None:
        super().__init__(f"the audit log is broken at row {at_id}: {why}")
        self.at_id = at_id
        self.why = why


def verify(rows: Iterable[AuditRow], head: tuple[int, str] | None = None) -> int:
    """How many rows hold. Raises `ChainBroken` at the first that does not.

    ``head`` is the (id, hash) of the last row as kept elsewhere: without it a truncated end cannot be told from a
    shorter log.
    """
    previous, expected = GENESIS, 1
    for row in rows:
        if row.id != expected:
            raise ChainBroken(expected, "row missing or out of order")
        if row.previous != previous:
            raise ChainBroken(row.id, "does not follow the row before it")
        if row.hash != link(previous, row.id, row.at_ms, row.entry):
            raise ChainBroken(row.id, "content was changed")
        previous, expected = row.hash, expected + 1
    if head is not None and (expected - 1, previous) != head:
        raise ChainBroken(expected, "the end was cut off")
    return expected - 1
