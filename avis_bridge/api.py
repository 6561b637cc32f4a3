"""AVIS over HTTP for programs: tokens, the till, instructions both ways, and what a consultation or the panel asks.

The contract in full is ``docs/avis-openapi.json``. Errors are ``{"error": code, …}`` with the codes of docs/errors.md.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from avis_bridge.model import Body, System, SystemKind, day_of
from avis_bridge.recipients import RECIPIENT_CALLS, enrol, register, set_means
from avis_bridge.reference import Avis
from avis_bridge.till_model import Basket, CommitBody, IdentifyBody, ReverseBody
from kernel.audit import Audit
from kernel.audit_core import AuditEntry
from kernel.errors import BodyInvalid, KlatieneError, NotAllowed, OurFault
from kernel.program_api import Attempts, answer, body_of, refusal, token_route

MAX_KEY = 128

log = structlog.get_logger("avis")

Handler = Callable[[Avis, System, Request, Any], Awaitable[Any]]


class InstructionPut(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """As the grantor's own system has it. ``priority`` None: after those that are there."""

    body: Body
    priority: int | None = None
    ended: bool = False


# ── what is answered ─────────────────────────────────────────────────────────────────────────────


async def identify(avis: Avis, system: System, _: Request, body: IdentifyBody) -> Any:
    return await avis.till.identify(system, body.means, body.outlet)


async def quote(avis: Avis, system: System, _: Request, body: Basket) -> Any:
    return await avis.till.quote(system, body)


async def commit(avis: Avis, system: System, request: Request, body: CommitBody) -> Any:
    return await avis.till.commit(system, body.quote, body.receipt, _key(request))


async def reverse(avis: Avis, system: System, request: Request, body: ReverseBody) -> Any:
    return await avis.till.reverse(system, request.path_params["id"], body.lines, _key(request))


async def put_instruction(avis: Avis, system: System, request: Request, body: InstructionPut) -> Any:
    external_id = request.path_params["id"]
    made = await avis.instructions.put(
        system.owner, external_id, body.body, priority=body.priority, by=system.client_id
    )
    return await avis.instructions.step(system.owner, made.id, "end") if body.ended else made


async def list_instructions(avis: Avis, system: System, _: Request, __: None) -> Any:
    """A grantor's system gets its own; a provider's all it has to serve, consolidated."""
    if system.kind == "instructions":
        return {"instructions": await avis.instructions.of(system.owner)}
    today = day_of(avis.clock.wall_ms())
    return {"instructions": await avis.instructions.for_provider(system.owner, today)}


#: method, path, handler, body, the kinds of system that may call it
_IDENTIFIES: frozenset[SystemKind] = frozenset({"identification", "both"})
_TRANSACTS: frozenset[SystemKind] = frozenset({"transaction", "both"})
_STATE: frozenset[SystemKind] = frozenset({"recipients"})
CALLS: tuple[tuple[str, str, Handler, type[Any] | None, frozenset[SystemKind]], ...] = (
    ("POST", "/v1/identify", identify, IdentifyBody, _IDENTIFIES),
    ("POST", "/v1/quotes", quote, Basket, _TRANSACTS),
    ("POST", "/v1/transactions", commit, CommitBody, _TRANSACTS),
    ("POST", "/v1/transactions/{id}/reversals", reverse, ReverseBody, _TRANSACTS),
    ("GET", "/v1/instructions", list_instructions, None, _TRANSACTS | {"instructions"}),
    ("PUT", "/v1/instructions/{id}", put_instruction, InstructionPut, frozenset({"instructions"})),
    *(("POST", path, handler, body, _STATE) for path, handler, body in RECIPIENT_CALLS),
)

#: what a program changes is written down before it is done
WRITES: dict[Handler, str] = {
    commit: "avis.transaction.commit",
    reverse: "avis.transaction.reverse",
    put_instruction: "avis.instruction.put",
    register: "avis.means.register",
    set_means: "avis.means.state",
    enrol: "avis.programme.enrol",
}


def create_app(avis: Avis, audit: Audit, attempts: Attempts, *, prefix: str = "") -> Starlette:
    """The application; ``prefix`` names the routes in metrics when it is mounted under another."""

    routes = [token_route(prefix, avis.systems.token, attempts)]
    for method, path, handler, body, kinds in CALLS:
        served = _served(avis, audit, attempts, prefix + path, handler, body, kinds)
        routes.append(Route(path, served, methods=[method]))
    return Starlette(routes=routes)


def _served(  # noqa: PLR0917
    avis: Avis,
    audit: Audit,
    attempts: Attempts,
    route: str,
    handler: Handler,
    shape: type[Any] | None,
    kinds: frozenset[SystemKind],
) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        request.scope["klatiene.route"] = route
        try:
            scheme, _, token = request.headers.get("authorization", "").partition(" ")
            system = await avis.systems.who(token if scheme == "Bearer" else "")
            if system.kind not in kinds:
                raise NotAllowed
            body = None if shape is None else await body_of(request, shape)
            guesses = handler is identify
            if guesses:
                attempts.begin("card", system.client_id, request)
            if handler in WRITES:
                await audit.record(_entry(system, WRITES[handler], request))
            found = await handler(avis, system, request, body)
            if guesses:
                attempts.good("card", system.client_id, request)
            return answer(found)
        except KlatieneError as error:
            return refusal(error)
        except Exception:
            log.exception("avis_call_failed", route=route)
            return refusal(OurFault())

    return serve


def _entry(system: System, action: str, request: Request) -> AuditEntry:
    return AuditEntry(
        actor=system.client_id,
        role="system",
        unit=system.owner,
        action=action,
        purpose="benefits",
        source="avis",
        correlation=request.scope.get("klatiene.request_id", ""),
    )


def _key(request: Request) -> str:
    key: str = request.headers.get("idempotency-key", "")
    if not 1 <= len(key) <= MAX_KEY or not key.isprintable():
        raise BodyInvalid(field="idempotency-key")
    return key
