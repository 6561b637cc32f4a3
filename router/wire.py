"""How records and steps travel between the processes that share an index: MessagePack of the router's own types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

import msgspec

from kernel.ids import ConsultationId, OfficerId
from kernel.messages import AnyEvent, Event
from router.model import Lease, Request
from router.step import ClosedOffer, Patch, Step


class StepTold(msgspec.Struct, frozen=True, array_like=True):
    """One committed step, whole: whoever reads it needs nothing else."""

    requests: dict[ConsultationId, Request | None]
    leases: dict[OfficerId, Lease | None]
    events: list[AnyEvent]
    closed: list[ClosedOffer]

    @property
    def patch(self) -> Patch:
        return Patch(self.requests, self.leases)


class Telling(msgspec.Struct, frozen=True, array_like=True):
    """`StepTold` before it is sent: several steps in a row are told as one."""

    requests: dict[ConsultationId, Request | None]
    leases: dict[OfficerId, Lease | None]
    events: list[Event]
    closed: list[ClosedOffer]


K = TypeVar("K", ConsultationId, OfficerId)

_ENCODER = msgspec.msgpack.Encoder()
_STEPS = msgspec.msgpack.Decoder(StepTold)
_REQUESTS = msgspec.msgpack.Decoder(Request)
_LEASES = msgspec.msgpack.Decoder(Lease)


def tell(steps: Iterable[Step]) -> Telling:
    told = Telling({}, {}, [], [])
    for step in steps:
        after = Patch.redo(step)
        told.requests.update(after.requests)
        told.leases.update(after.leases)
        told.events.extend(step.events)
        told.closed.extend(step.closed)
    return told


def encode_told(told: Telling) -> bytes:
    return _ENCODER.encode(told)


def decode_step(payload: bytes) -> StepTold:
    """Raises `msgspec.MsgspecError` for anything that is not a step of this version."""
    return _STEPS.decode(payload)


def encode_records(records: Mapping[K, Request | None] | Mapping[K, Lease | None]) -> dict[str, bytes | None]:
    return {str(key): None if record is None else _ENCODER.encode(record) for key, record in records.items()}


def decode_records(requests: Mapping[str, bytes], leases: Mapping[str, bytes]) -> Patch:
    return Patch(
        {ConsultationId(key): _REQUESTS.decode(record) for key, record in requests.items()},
        {OfficerId(key): _LEASES.decode(record) for key, record in leases.items()},
    )
