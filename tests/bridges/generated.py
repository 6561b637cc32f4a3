"""Calls generated from a contract: those that fit it, those at its edges, and half of them with names that exist."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core import NotSet


def operations_of(document: dict[str, Any]) -> dict[str, Any]:
    """``POST /path`` → operation."""
    schema = schemathesis.openapi.from_dict({**document, "servers": [{"url": "/"}]})
    found = [each.ok() for each in schema.get_all_operations()]
    return {f"{each.method.upper()} {each.path}": each for each in found}


async def break_it(http: httpx.AsyncClient, operation: Any, count: int, known: Mapping[str, Any]) -> list[str]:
    """What answered as nothing may: a fault of ours that does not say that another system is away.

    ``known``: values that exist, by the name of their field; every other call is about them.
    """
    cases: list[Any] = []

    @given(operation.as_strategy())
    @settings(max_examples=count, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    def collect(case: Any) -> None:
        cases.append(case)

    collect()
    broken = []
    for number, case in enumerate(cases):
        headers = {str(name): str(value) for name, value in (case.headers or {}).items()}
        body = None if isinstance(case.body, NotSet) else case.body
        path = case.formatted_path
        if number % 2:
            body = _about(body, known)
            if "id" in known and "{id}" in operation.path:
                path = operation.path.replace("{id}", known["id"])
        sent = b"" if body is None else json.dumps(body)
        answer = await http.request(case.method, path, content=sent, headers=headers)
        if answer.status_code >= 500 and answer.json().get("error") not in ("dagr_unavailable", "registry_unavailable"):
            broken.append(f"{case.method} {path} {sent!r}: {answer.status_code} {answer.text}")
    return broken


def _about(body: Any, known: Mapping[str, Any]) -> Any:
    if isinstance(body, dict):
        return {name: known[name] if name in known else _about(value, known) for name, value in body.items()}
    if isinstance(body, list):
        return [_about(each, known) for each in body]
    return body
