"""The contract of an interface for programs as OpenAPI 3.1, made from the very types that decode and encode."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

#: what every refusal looks like
_REFUSAL = {
    "type": "object",
    "required": ["error"],
    "properties": {"error": {"type": "string"}, "field": {"type": "string"}},
}


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """``answer`` None: an object that is not described. ``keyed``: carries an ``Idempotency-Key``."""

    method: str
    path: str
    name: str
    description: str
    body: type[Any] | None = None
    answer: type[Any] | None = None
    keyed: bool = False


def contract(title: str, server: str, operations: Sequence[Operation]) -> dict[str, Any]:
    """``server``: where it is mounted; its tokens are at ``/token`` there."""
    shapes = [each.body for each in operations if each.body is not None]
    known = [*dict.fromkeys([*shapes, *(each.answer for each in operations if each.answer is not None)])]
    schemas, components = msgspec.json.schema_components(known, ref_template="#/components/schemas/{name}")
    schema_of = dict(zip(known, schemas, strict=True))
    paths: dict[str, Any] = {}
    for each in operations:
        answer = {"type": "object"} if each.answer is None else schema_of[each.answer]
        found: dict[str, Any] = {
            "operationId": each.name,
            "description": each.description,
            "parameters": [],
            "responses": {"200": _content("done", answer), "default": _content("refused", _REFUSAL)},
        }
        if each.body is not None:
            found["requestBody"] = {"content": _json(schema_of[each.body]), "required": True}
        if "{id}" in each.path:
            found["parameters"].append(_parameter("id", "path"))
        if each.keyed:
            found["parameters"].append(_parameter("Idempotency-Key", "header"))
        paths.setdefault(each.path, {})[each.method.lower()] = found
    flow = {"clientCredentials": {"tokenUrl": f"{server}/token", "scopes": {}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1"},
        "servers": [{"url": server}],
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": {"client": {"type": "oauth2", "flows": flow}}},
        "security": [{"client": []}],
    }


def _json(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _content(description: str, schema: Any) -> dict[str, Any]:
    return {"description": description, "content": _json(schema)}


def _parameter(name: str, where: str) -> dict[str, Any]:
    schema = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9-]+$"}
    return {"name": name, "in": where, "required": True, "schema": schema}
