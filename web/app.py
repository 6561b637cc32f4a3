"""The ASGI application: routes, live channel, static files, wrapped in the edge."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from avis_bridge.api import create_app as avis_api
from kernel.bearer import Bearers
from kernel.errors import NotFound
from portal_bridge.jpp_api import create_app as jpp_api
from web.attempts import CountedAttempts
from web.edge import Edge, content_security_policy
from web.endpoint import Endpoint, refuse
from web.languages import preferred
from web.live.wire import live
from web.routes import (
    admin,
    appointments,
    auth,
    avis,
    avis_sums,
    board,
    callbacks,
    casework,
    catalogue,
    checks,
    client,
    control,
    documents,
    enrolment,
    home,
    hooks,
    moderation,
    network,
    offers,
    open_data,
    ops,
    panel,
    panel_powers,
    panel_suggestions,
    panel_visits,
    points,
    reports,
    requests,
    schedules,
    sessions,
    sign_on,
    supervisor,
)
from web.static_files import StaticFiles
from web.wiring import House

ENDPOINTS: tuple[Endpoint, ...] = (
    *auth.ROUTES,
    *sign_on.ROUTES,
    *requests.ROUTES,
    *offers.ROUTES,
    *appointments.ROUTES,
    *callbacks.ROUTES,
    *sessions.ROUTES,
    *enrolment.ROUTES,
    *home.ROUTES,
    *moderation.ROUTES,
    *checks.ROUTES,
    *catalogue.ROUTES,
    *documents.ROUTES,
    *control.ROUTES,
    *client.ROUTES,
    *casework.ROUTES,
    *board.ROUTES,
    *network.ROUTES,
    *open_data.ROUTES,
    *points.ROUTES,
    *reports.ROUTES,
    *schedules.ROUTES,
    *supervisor.ROUTES,
    *admin.ROUTES,
    *avis.ROUTES,
    *avis_sums.ROUTES,
    *panel.ROUTES,
    *panel_powers.ROUTES,
    *panel_suggestions.ROUTES,
    *panel_visits.ROUTES,
    *ops.ROUTES,
    *hooks.ROUTES,
)


def create_app(house: House) -> ASGIApp:
    static = StaticFiles()
    settings, notary = house.settings, house.settings.notary_client
    bearers = Bearers({notary: settings.notary_secret, settings.jpp_client: settings.jpp_secret}, house.clock)
    attempts = CountedAttempts(house.limit, house.give_back, settings.trusted_proxies)
    paths: dict[str, dict[str, Endpoint]] = {}
    for endpoint in ENDPOINTS:
        paths.setdefault(endpoint.path, {})[endpoint.method] = endpoint

    async def page(request: Request) -> Response:
        path = request.url.path.lstrip("/")
        if path.startswith(("api/", "hooks/")) or request.method not in ("GET", "HEAD"):
            return _not_found(request)
        if path and (found := static.asset(request, path)) is not None:
            return found
        # a name with a dot is a file that is not there, not a view of the application
        return _not_found(request) if "." in path.rsplit("/", 1)[-1] else static.page(request)

    served = {path: _dispatch(house, path, methods) for path, methods in paths.items()}
    router = Router(
        routes=[
            # no methods given to Starlette: an unknown one is refused in our own words
            *(Route(path, serve, methods=()) for path, serve in served.items()),
            # the environments' own pages stand beside what programs call
            Route("/avis/{page}", page, methods=["GET"]),
            # for programs with a token of their own; no cookie is looked at
            Mount("/avis", avis_api(house.reference_avis, house.audit, attempts, prefix="/avis")),
            Mount(
                "/registers", jpp_api(house.reference_jpp, bearers, attempts, notary_client=notary, prefix="/registers")
            ),
            Route("/{path:path}", page, methods=()),
        ],
        redirect_slashes=False,
    )

    exact = {path: serve for path, serve in served.items() if "{" not in path}

    async def route(scope: Scope, receive: Receive, send: Send) -> None:
        """What consoles ask by the thousand is found at once; the rest is matched in order."""
        if scope["type"] == "websocket" and scope["path"] == "/ws":
            await live(house, WebSocket(scope, receive, send))
        elif scope["type"] == "http" and (serve := exact.get(scope["path"])) is not None:
            answer = await serve(Request(scope, receive, send))
            await answer(scope, receive, send)
        else:
            await router(scope, receive, send)

    return Edge(
        route,
        policy=content_security_policy(house.origins, (house.settings.media_url, *house.settings.media_urls)),
        clock=house.clock,
        metrics=house.metrics,
        secure=all(origin.startswith("https:") for origin in house.origins),
    )


def _dispatch(house: House, path: str, methods: dict[str, Endpoint]) -> Callable[[Request], Awaitable[Response]]:
    allowed = ", ".join(sorted({*methods, *(("HEAD",) if "GET" in methods else ())}))

    async def serve(request: Request) -> Response:
        request.scope["klatiene.route"] = path
        endpoint = methods.get("GET" if request.method == "HEAD" else request.method)
        if endpoint is None:
            refused = _not_found(request)
            refused.status_code = 405
            refused.headers["allow"] = allowed
            return refused
        return await endpoint.serve(house, request)

    return serve


def _not_found(request: Request) -> Response:
    language = preferred(request.headers.get("accept-language"))
    return refuse(NotFound(), language, request.scope.get("klatiene.request_id", ""))
