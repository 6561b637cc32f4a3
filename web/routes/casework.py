"""The clerk's register of served clients: look up, correct, export."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from casework.service import PAGE, Filter
from kernel.ids import CaseId, PointId, parse_id
from kernel.messages import Pak
from web.endpoint import CLERK, Call, Endpoint, Reply, convert_query


class CasesQuery(msgspec.Struct, forbid_unknown_fields=True, rename={"from_ms": "from", "to_ms": "to"}):
    q: Annotated[str, msgspec.Meta(max_length=200)] = ""
    pak: str = ""
    agency_id: str = ""
    from_ms: Annotated[int, msgspec.Meta(ge=0, le=2**53)] | None = None
    to_ms: Annotated[int, msgspec.Meta(ge=0, le=2**53)] | None = None
    before: Annotated[str, msgspec.Meta(max_length=100)] = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = PAGE


class CaseBody(msgspec.Struct, forbid_unknown_fields=True):
    version: int
    outcome: Literal["solved", "partly", "not_sufficient", "referred", "abandoned"] | None = None
    note: Annotated[str, msgspec.Meta(max_length=2000)] | None = None


async def cases(call: Call) -> Any:
    query = _query(call)
    await call.audit("cases.list", purpose="service_record", fields=("client_label", "note"))
    rows, following = await call.house.casework.cases(
        _points(call), _filter(query), before=query.before or None, limit=query.limit
    )
    return {"cases": [call.house.views.case(row) for row in rows], "next": following}


async def export(call: Call) -> Any:
    query = _query(call)
    await call.audit("cases.export", purpose="service_record", fields=("note",))
    text = await call.house.casework.export(_points(call), _filter(query))
    return Reply(
        text.encode(),
        status=200,
        headers={"content-disposition": 'attachment; filename="gadijumi.csv"'},
        media_type="text/csv; charset=utf-8",
    )


async def correct(call: Call) -> Any:
    case_id = CaseId(parse_id(call.path("id")))
    await call.audit("case.correct", purpose="service_record", consultation_id=case_id, fields=("outcome", "note"))
    row = await call.house.casework.update(
        case_id,
        _points(call),
        version=call.body.version,
        by=call.principal.id,
        outcome=call.body.outcome,
        note=call.body.note,
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
    )


def _points(call: Call) -> list[PointId]:
    own = call.principal.point_id
    return list(call.house.register.points_of(own)) if own else []


ROUTES = (
    Endpoint(method="GET", path="/api/cases", handler=cases, allow=CLERK),
    Endpoint(method="GET", path="/api/cases.csv", handler=export, allow=CLERK),
    Endpoint(method="PATCH", path="/api/cases/{id}", handler=correct, allow=CLERK, body=CaseBody),
)
