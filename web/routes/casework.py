"""The clerk's register of served clients: look up, correct, export."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from starlette.responses import StreamingResponse

from casework.export_core import HEADERS
from casework.network_core import stop_today
from casework.quick import Channel, Entry, Identification, own_point
from casework.service import CORRECTED, PAGE, Filter
from kernel.errors import BodyInvalid
from kernel.ids import CaseId, PointId, new_id, parse_id
from kernel.messages import Pak
from kernel.personal_code_core import parse_personal_code
from web.endpoint import CLERK, Call, Endpoint, convert_query
from web.offering import Anonymous, Identified, service_of
from web.tables_out import CsvSheet, Sheet, XlsxSheet, chunks, filled

Short = Annotated[str, msgspec.Meta(max_length=64)]


class CasesQuery(msgspec.Struct, forbid_unknown_fields=True, rename={"from_ms": "from", "to_ms": "to"}):
    q: Annotated[str, msgspec.Meta(max_length=200)] = ""
    pak: str = ""
    agency_id: str = ""
    from_ms: Annotated[int, msgspec.Meta(ge=0, le=2**53)] | None = None
    to_ms: Annotated[int, msgspec.Meta(ge=0, le=2**53)] | None = None
    before: Annotated[str, msgspec.Meta(max_length=100)] = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = PAGE
    channel: Short = ""
    outcome: Short = ""
    point: Short = ""
    source: Literal["", "session", "clerk"] = ""


class CaseBody(msgspec.Struct, forbid_unknown_fields=True):
    version: int
    outcome: Literal["solved", "partly", "not_sufficient", "referred", "abandoned"] | None = None
    note: Annotated[str, msgspec.Meta(max_length=2000)] | None = None
    pak: Short | None = None
    channel: Channel | None = None
    language: Annotated[str, msgspec.Meta(pattern="^[a-z]{2}$")] | None = None
    service: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    minutes: Annotated[int, msgspec.Meta(ge=0, le=600)] | None = None
    agency_id: Short | None = None

    def fields(self) -> dict[str, Any]:
        given = {name: getattr(self, name) for name in CORRECTED if getattr(self, name) is not None}
        return given | ({"pak": Pak.parse(self.pak).value} if self.pak is not None else {})


class EntryBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """``despite``: there is an entry like this one, and this is another client all the same."""

    pak: Short
    channel: Channel
    language: Annotated[str, msgspec.Meta(pattern="^[a-z]{2}$")]
    outcome: Short
    minutes: Annotated[int, msgspec.Meta(ge=0, le=600)]
    client: Anonymous | Identified
    agency_id: Short = ""
    service: Annotated[str, msgspec.Meta(max_length=200)] = ""
    point_id: Short | None = None
    stop_id: Short | None = None
    note: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    despite: bool = False


async def cases(call: Call) -> Any:
    query = _query(call)
    await call.audit("cases.list", purpose="service_record", fields=("client_label", "note"))
    rows, following = await call.house.casework.cases(
        _points(call), _filter(query), before=query.before or None, limit=query.limit
    )
    return {"cases": [call.house.views.case(row) for row in rows], "next": following}


async def export(call: Call) -> Any:
    return await _taken(call, CsvSheet(HEADERS), "gadijumi.csv")


async def export_xlsx(call: Call) -> Any:
    return await _taken(call, XlsxSheet("Gadījumi", HEADERS), "gadijumi.xlsx")


async def _taken(call: Call, sheet: Sheet, name: str) -> Any:
    query = _query(call)
    await call.audit("cases.export", purpose="service_record", fields=("note",))
    file = await filled(sheet, call.house.casework.export(_points(call), _filter(query)))
    disposition = f'attachment; filename="{name}"'
    return StreamingResponse(chunks(file), headers={"content-disposition": disposition}, media_type=sheet.media_type)


async def enter(call: Call) -> Any:
    """A client served without a session. The personal code becomes a keyed pseudonym here, and is not kept."""
    body, house, points = call.body, call.house, _points(call)
    point_id = own_point(body.point_id, points)
    if body.agency_id and all(agency.id != body.agency_id for agency in house.router.agencies()):
        raise BodyInvalid(field="agency_id")
    client_ref: str | None = None
    identification: Identification = "none"
    if isinstance(body.client, Identified):
        client_ref = house.clients.pseudonym(parse_personal_code(body.client.personal_code))
        identification = body.client.method
    pak = Pak.parse(body.pak)
    entry = Entry(
        pak=pak,
        channel=body.channel,
        language=body.language,
        outcome=body.outcome,
        minutes=body.minutes,
        agency_id=body.agency_id,
        service=service_of(house.catalogue, pak, body.service.strip() or None),
        identification=identification,
        client_ref=client_ref,
        stop_id=body.stop_id,
        note=body.note,
    )
    case_id = new_id(house.clock.wall_ms())
    if key := call.request.headers.get("idempotency-key"):
        case_id, _ = await house.idempotency.claim(call.principal.id, key[:128], call.raw_body, case_id)
    await call.audit("case.enter", purpose="service_record", consultation_id=case_id, fields=("client_ref",))
    names = {point.id: point.name for point in await house.casework.points()}
    row = await house.counting.register.record(
        entry,
        case_id=CaseId(case_id),
        point=(point_id, names.get(point_id, point_id)),
        clerk=(call.principal.id, call.principal.name),
        despite=body.despite,
    )
    return house.views.case(row)


async def suggestions(call: Call) -> Any:
    """What a new entry begins from, so that nothing is asked that is known."""
    house, points = call.house, _points(call)
    found = await house.counting.register.suggestions(points, call.principal.id)
    network = house.counting.network
    known, today = await network.points(), network.today()
    return {
        **found,
        "points": [
            {
                "id": each.point.id,
                "name": each.point.name,
                "kind": each.point.kind,
                "stop": stop_today(each.point.details, today),
            }
            for wanted in points
            if (each := known.get(wanted)) is not None
        ],
    }


async def history(call: Call) -> Any:
    case_id = CaseId(parse_id(call.path("id")))
    await call.audit("case.history", purpose="service_record", consultation_id=case_id, fields=("note",))
    row = await call.house.casework.case(case_id, _points(call))
    former = await call.house.counting.register.history(case_id)
    return {"case": call.house.views.case(row), "former": former}


async def correct(call: Call) -> Any:
    case_id = CaseId(parse_id(call.path("id")))
    await call.audit("case.correct", purpose="service_record", consultation_id=case_id, fields=("outcome", "note"))
    if call.body.pak is not None or call.body.service is not None:
        now = await call.house.casework.case(case_id, _points(call))
        pak, service = call.body.pak or now["pak"], call.body.service
        service_of(call.house.catalogue, Pak.parse(pak), now["service"] if service is None else service)
    row = await call.house.casework.update(
        case_id,
        _points(call),
        version=call.body.version,
        by=call.principal.id,
        outcome=call.body.outcome,
        note=call.body.note,
        fields=call.body.fields(),
    )
    return call.house.views.case(row)


def _query(call: Call) -> CasesQuery:
    query: CasesQuery = convert_query(dict(call.request.query_params), CasesQuery)
    return query


def _filter(query: CasesQuery) -> Filter:
    return Filter(
        text=query.q,
        pak=Pak.parse(query.pak) if query.pak else None,
        agency_id=query.agency_id or None,
        from_ms=query.from_ms,
        to_ms=query.to_ms,
        channel=query.channel,
        outcome=query.outcome,
        point_id=query.point,
        source=query.source,
    )


def _points(call: Call) -> list[PointId]:
    own = call.principal.point_id
    return list(call.house.register.points_of(own)) if own else []


ROUTES = (
    Endpoint(method="GET", path="/api/cases", handler=cases, allow=CLERK),
    Endpoint(method="POST", path="/api/cases", handler=enter, allow=CLERK, body=EntryBody, status=201),
    Endpoint(method="GET", path="/api/cases/suggestions", handler=suggestions, allow=CLERK),
    Endpoint(method="GET", path="/api/cases.xlsx", handler=export_xlsx, allow=CLERK),
    Endpoint(method="GET", path="/api/cases/{id}/history", handler=history, allow=CLERK),
    Endpoint(method="GET", path="/api/cases.csv", handler=export, allow=CLERK),
    Endpoint(method="PATCH", path="/api/cases/{id}", handler=correct, allow=CLERK, body=CaseBody),
)
