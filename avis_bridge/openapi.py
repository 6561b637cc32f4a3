"""The contract of ``/avis`` as OpenAPI 3.1, made from the very types that decode and encode."""

from __future__ import annotations

from typing import Any

import msgspec

from avis_bridge.api import CALLS
from avis_bridge.recipients import MeansAnswer, ProgrammesAnswer, RecipientAnswer, UsedAnswer
from avis_bridge.till_model import Quote, Reversal, Sale, Visit

_ANSWERS: dict[str, type[Any]] = {
    "/v1/identify": Visit,
    "/v1/quotes": Quote,
    "/v1/transactions": Sale,
    "/v1/transactions/{id}/reversals": Reversal,
    "/recipients/benefits": RecipientAnswer,
    "/recipients/means": MeansAnswer,
    "/recipients/means/register": MeansAnswer,
    "/recipients/means/state": MeansAnswer,
    "/recipients/transactions": UsedAnswer,
    "/recipients/programmes": ProgrammesAnswer,
    "/recipients/programmes/enrol": ProgrammesAnswer,
}
_KEYED = ("/v1/transactions", "/v1/transactions/{id}/reversals")
_REFUSAL = {
    "type": "object",
    "required": ["error"],
    "properties": {"error": {"type": "string"}, "field": {"type": "string"}},
}


def document() -> dict[str, Any]:
    shapes = [call[3] for call in CALLS if call[3] is not None]
    known = [*dict.fromkeys([*shapes, *_ANSWERS.values()])]
    schemas, components = msgspec.json.schema_components(known, ref_template="#/components/schemas/{name}")
    schema_of = dict(zip(known, schemas, strict=True))
    paths: dict[str, Any] = {}
    for method, path, handler, body, kinds in CALLS:
        answer = schema_of.get(_ANSWERS.get(path, object), {"type": "object"})
        operation: dict[str, Any] = {
            "operationId": handler.__name__,
            "description": f"For systems of kind: {', '.join(sorted(kinds))}.",
            "parameters": [],
            "responses": {
                "200": _content("done", answer),
                "default": _content("refused", _REFUSAL),
            },
        }
        if body is not None:
            operation["requestBody"] = {**_content("", schema_of[body]), "required": True}
            operation["requestBody"].pop("description")
        if "{id}" in path:
            operation["parameters"].append(_parameter("id", "path"))
        if path in _KEYED:
            operation["parameters"].append(_parameter("Idempotency-Key", "header"))
        paths.setdefault(path, {})[method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "AVIS", "version": "1"},
        "servers": [{"url": "/avis"}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "client": {
                    "type": "oauth2",
                    "flows": {"clientCredentials": {"tokenUrl": "/avis/token", "scopes": {}}},
                }
            },
        },
        "security": [{"client": []}],
    }


def _content(description: str, schema: Any) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _parameter(name: str, where: str) -> dict[str, Any]:
    schema = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9-]+$"}
    return {"name": name, "in": where, "required": True, "schema": schema}
