"""Behaves as CKAN's action API does (docs.ckan.org, API guide), as far as publishing needs it; packages in memory."""

from __future__ import annotations

import uuid
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

TOKEN = "a token of the portal"


class CkanStandin:
    def __init__(self) -> None:
        self.packages: dict[str, dict[str, Any]] = {}
        self.calls: list[str] = []
        self.app = Starlette(routes=[Route("/api/3/action/{action}", self._act, methods=["POST"])])

    async def _act(self, request: Request) -> JSONResponse:
        action = request.path_params["action"]
        self.calls.append(action)
        body = await request.json()
        if action == "package_show":
            found = self.packages.get(body["id"])
            return _result(found) if found else _error(404, "Not Found Error")
        if request.headers.get("authorization") != TOKEN:
            return _error(403, "Authorization Error")
        if not body.get("owner_org") or not body.get("name"):
            return _error(409, "Validation Error", owner_org=["Missing value"])
        keys = [each["key"] for each in body.get("extras", ())]
        if len(keys) != len(set(keys)):
            return _error(409, "Validation Error", extras=["There is a schema field with the same name"])
        if action == "package_create":
            if body["name"] in self.packages:
                return _error(409, "Validation Error", name=["That URL is already in use."])
            kept = {**body, "id": str(uuid.uuid4()), "state": "active"}
        elif action == "package_update":
            known = next((each for each in self.packages.values() if each["id"] == body.get("id")), None)
            if known is None:
                return _error(404, "Not Found Error")
            kept = {**body, "state": "active"}
        else:
            return _error(400, "Bad request - Action name not known")
        kept["resources"] = [{"id": str(uuid.uuid4()), **each} for each in body["resources"]]
        self.packages[body["name"]] = kept
        return _result(kept)


def _result(value: Any) -> JSONResponse:
    return JSONResponse({"success": True, "result": value})


def _error(status: int, kind: str, **fields: Any) -> JSONResponse:
    return JSONResponse({"success": False, "error": {"__type": kind, **fields}}, status_code=status)
