"""Open data for everybody: the catalogue, the sets, URIs that resolve, and what people say of the data's quality."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from casework import dcat_core, open_data_core
from casework.open_data_core import FORMATS, MEDIA_TYPES
from kernel.errors import DatasetUnknown, NotFound
from kernel.ids import parse_id
from web.endpoint import NETWORK_MANAGER, Call, Endpoint, Reply

#: anybody's page may read it
_OPEN = {"access-control-allow-origin": "*", "cache-control": "public, max-age=300"}


class ReportBody(msgspec.Struct, forbid_unknown_fields=True):
    dataset: Annotated[str, msgspec.Meta(max_length=64)]
    text: Annotated[str, msgspec.Meta(min_length=10, max_length=2000)]


class AnswerBody(msgspec.Struct, forbid_unknown_fields=True):
    state: Literal["open", "answered", "mended", "refused"]
    answer: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]


async def entry(call: Call) -> Any:
    """``catalog``, ``def``, ``freshness`` or a set, with an ending or by what the caller accepts."""
    name, _, form = call.path("name").partition(".")
    form = form or _accepted(call)
    data = call.house.counting.open_data
    if form not in FORMATS:
        raise DatasetUnknown
    if name in ("catalog", "contact", "publisher"):
        triples = dcat_core.catalogue(await data.about())
        return _reply(dcat_core.turtle(triples) if form == "ttl" else dcat_core.json_ld(triples), form)
    if name == "def":
        return _reply(open_data_core.vocabulary_turtle(data.base), "ttl")
    if name == "freshness":
        return _reply({"datasets": await data.freshness()}, "json")
    dataset = data.dataset(name)
    return _rendered(data.base, dataset, await data.rows(dataset), form)


async def row(call: Call) -> Any:
    """What a row's URI stands for."""
    data = call.house.counting.open_data
    dataset = data.dataset(call.path("dataset"))
    wanted = call.request.url.path.rsplit("/", 1)[-1]
    raw = call.request.scope.get("raw_path", b"").decode("ascii", "replace").rsplit("/", 1)[-1]
    found = [each for each in await data.rows(dataset) if open_data_core.slug(dataset, each) in (wanted, raw)]
    if not found:
        raise NotFound
    return _rendered(data.base, dataset, found, _accepted(call))


def _rendered(base: str, dataset: open_data_core.Dataset, rows: list[dict[str, Any]], form: str) -> Reply:
    match form:
        case "csv":
            return _reply(open_data_core.as_csv(dataset, rows), form)
        case "json":
            return _reply(open_data_core.as_json(dataset, rows), form)
        case "ttl":
            return _reply(open_data_core.as_turtle(base, dataset, rows), form)
    return _reply(open_data_core.as_json_ld(base, dataset, rows), "jsonld")


def _reply(value: Any, form: str) -> Reply:
    body = value.encode() if isinstance(value, str) else value
    return Reply(body, status=200, headers=dict(_OPEN), media_type=MEDIA_TYPES[form])


def _accepted(call: Call) -> str:
    """By content negotiation; JSON-LD is what a browser and a careless program get."""
    accept = call.request.headers.get("accept", "")
    for form in ("ttl", "csv"):
        if MEDIA_TYPES[form].split(";")[0] in accept:
            return form
    return "jsonld"


async def report(call: Call) -> Any:
    call.house.limit("join", call.address)
    report_id = await call.house.counting.open_data.report(call.body.dataset, call.body.text)
    return {"id": report_id, "state": "open"}


async def tracked(call: Call) -> Any:
    """To whoever knows the number: the answer, and not who gave it."""
    call.house.limit("bridge", call.address)
    (found,) = await call.house.counting.open_data.reports(parse_id(call.path("id")))
    return {name: found[name] for name in ("id", "dataset", "created_ms", "text", "state", "answer", "answered_ms")}


async def reports(call: Call) -> Any:
    return {"reports": await call.house.counting.open_data.reports()}


async def answer(call: Call) -> Any:
    await call.audit("open_data.answer", purpose="open_data")
    await call.house.counting.open_data.answer(
        parse_id(call.path("id")), state=call.body.state, answer=call.body.answer, by=call.principal.id
    )


ROUTES = (
    Endpoint(method="GET", path="/open-data/{name}", handler=entry, allow="anyone"),
    Endpoint(method="GET", path="/open-data/id/{dataset}/{key}", handler=row, allow="anyone"),
    Endpoint(method="POST", path="/api/open-data/reports", handler=report, allow="anyone", body=ReportBody, status=201),
    Endpoint(method="GET", path="/api/open-data/reports/{id}", handler=tracked, allow="anyone"),
    Endpoint(method="GET", path="/api/network/quality", handler=reports, allow=NETWORK_MANAGER),
    Endpoint(method="POST", path="/api/network/quality/{id}", handler=answer, allow=NETWORK_MANAGER, body=AnswerBody),
)
