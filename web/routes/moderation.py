"""The moderator's acts, the door, second officials and the hand-back.

Each is open to everybody in the session, so that a refusal says why and stands in the audit log; who may is
`consultation.rights`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from consultation.model import CallKind, MediaKind, Via
from kernel.errors import BodyInvalid
from kernel.ids import GroupId, OfficerId
from kernel.messages import Indicator, Role
from web.endpoint import CLERK_OR_OFFICER, CLIENT, IN_SESSION, Call, Endpoint
from web.routes.requests import slug
from web.routes.sessions import session_of

Identity = Annotated[str, msgspec.Meta(max_length=64)]
Kind = Literal["audio", "video", "screen"]


class KindBody(msgspec.Struct, forbid_unknown_fields=True):
    kind: Kind


class SpotlightBody(msgspec.Struct, forbid_unknown_fields=True):
    identity: Identity | None


class OnBody(msgspec.Struct, forbid_unknown_fields=True):
    on: bool


class NameBody(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]


class MessageBody(msgspec.Struct, forbid_unknown_fields=True):
    message: Annotated[str, msgspec.Meta(max_length=300)]


class CallBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    kind: Literal["specialist", "transfer"]
    group_id: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    officer_id: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    level: Annotated[int, msgspec.Meta(ge=0, le=5)] = 0
    note: Annotated[str, msgspec.Meta(max_length=300)] = ""


class HandBackBody(msgspec.Struct, forbid_unknown_fields=True):
    what: Literal["paper", "signature", "printing"]
    note: Annotated[str, msgspec.Meta(max_length=300)] = ""


class TrainingBody(msgspec.Struct, forbid_unknown_fields=True):
    service: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    alone: bool


async def train(call: Call) -> None:
    service = call.body.service.strip()
    if not service:
        raise BodyInvalid(field="service")
    await call.house.depth.officials.train(call.principal, session_of(call), service, call.body.alone)


async def hold(call: Call) -> None:
    await call.house.depth.moderation.hold(call.principal, session_of(call), call.path("identity"))


async def admit(call: Call) -> None:
    await call.house.depth.moderation.admit(call.principal, session_of(call), call.path("identity"))


async def ask(call: Call) -> None:
    await call.house.depth.moderation.ask(
        call.principal, session_of(call), call.path("identity"), MediaKind(call.body.kind)
    )


async def answer(call: Call) -> None:
    await call.house.depth.moderation.answer(call.principal, session_of(call), MediaKind(call.body.kind))


async def rename(call: Call) -> None:
    name = call.body.name.strip()
    if not name:
        raise BodyInvalid(field="name")
    await call.house.depth.moderation.rename(call.principal, session_of(call), call.path("identity"), name)


async def hand_over(call: Call) -> None:
    await call.house.depth.moderation.hand_over(call.principal, session_of(call), call.path("identity"))


async def take_back(call: Call) -> None:
    await call.house.depth.moderation.take_back(call.principal, session_of(call))


async def spotlight(call: Call) -> None:
    await call.house.depth.moderation.spotlight(call.principal, session_of(call), call.body.identity)


async def lock(call: Call) -> None:
    await call.house.depth.moderation.lock(call.principal, session_of(call), call.body.on)


async def tell_lobby(call: Call) -> None:
    await call.house.depth.moderation.tell_lobby(call.principal, session_of(call), call.body.message.strip())


async def own_microphone(call: Call) -> None:
    await call.house.depth.moderation.own_microphone(call.principal, session_of(call), call.body.identity)


async def knock(call: Call) -> None:
    via = Via.LINK if call.principal.role is Role.AT_HOME else Via.KIOSK
    await call.house.depth.moderation.knock(call.principal, session_of(call), via, call.body.on)


async def call_official(call: Call) -> Any:
    body = call.body
    group_id, officer_id = slug(body.group_id, "group_id"), slug(body.officer_id, "officer_id")
    if group_id is None and officer_id is None:
        raise BodyInvalid(field="group_id")
    call.house.limit("request", call.principal.id)
    await call.house.depth.officials.call(
        call.principal,
        session_of(call),
        CallKind(body.kind),
        group_id=GroupId(group_id) if group_id else None,
        officer_id=OfficerId(officer_id) if officer_id else None,
        level=body.level,
        note=body.note.strip(),
    )
    return await call.house.views.session_for(call.principal, session_of(call))


async def take_call_back(call: Call) -> Any:
    await call.house.depth.officials.take_back(call.principal, session_of(call))
    return await call.house.views.session_for(call.principal, session_of(call))


async def targets(call: Call) -> Any:
    """Whom this session's officials may call in: groups that are open, officials who are free, of every agency."""
    await call.house.views.session_for(call.principal, session_of(call))
    router, me = call.house.router, call.principal.officer_id
    groups = [group for group in router.groups() if group.open]
    free = [
        officer
        for officer in router.officers()
        if officer.levels and officer.id != me and call.house.presence.indicator(officer.id)[0] is Indicator.AVAILABLE
    ]
    return {
        "agencies": [
            {
                **call.house.views.agency(agency),
                "groups": [
                    {"id": each.id, "name": each.name, "available": router.group_live(each.id).available}
                    for each in groups
                    if each.agency_id == agency.id
                ],
                "officers": [{"id": each.id, "name": each.name} for each in free if each.agency_id == agency.id],
            }
            for agency in router.agencies()
        ]
    }


async def confer(call: Call) -> None:
    await call.house.depth.officials.confer(call.principal, session_of(call), call.body.on)


async def hand_back(call: Call) -> None:
    await call.house.depth.officials.hand_back(call.principal, session_of(call), call.body.what, call.body.note.strip())


async def resume(call: Call) -> None:
    await call.house.depth.officials.resume(call.principal, session_of(call))


def _post(path: str, handler: Any, body: type[msgspec.Struct] | None = None) -> Endpoint:
    return Endpoint(method="POST", path=f"/api/sessions/{{id}}/{path}", handler=handler, allow=IN_SESSION, body=body)


ROUTES = (
    _post("participants/{identity}/hold", hold),
    _post("participants/{identity}/admit", admit),
    _post("participants/{identity}/ask", ask, KindBody),
    _post("participants/{identity}/rename", rename, NameBody),
    _post("participants/{identity}/moderator", hand_over),
    _post("moderator/take-back", take_back),
    _post("answer", answer, KindBody),
    _post("spotlight", spotlight, SpotlightBody),
    _post("lock", lock, OnBody),
    _post("lobby-message", tell_lobby, MessageBody),
    _post("microphone", own_microphone, SpotlightBody),
    Endpoint(method="POST", path="/api/sessions/{id}/knock", handler=knock, allow=CLIENT, body=OnBody),
    Endpoint(method="GET", path="/api/sessions/{id}/callable", handler=targets, allow=CLERK_OR_OFFICER),
    _post("official", call_official, CallBody),
    Endpoint(method="DELETE", path="/api/sessions/{id}/official", handler=take_call_back, allow=IN_SESSION),
    _post("private", confer, OnBody),
    _post("hand-back", hand_back, HandBackBody),
    _post("resume", resume),
    _post("training", train, TrainingBody),
)
