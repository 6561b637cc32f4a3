"""Every stand-in of a state system behind one address: the gateway's at its root, the sign-on below ``/vpm``."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.routing import Mount

from kernel.clock import Clock
from kernel.settings import Settings
from portal_bridge.standin import create_app
from portal_bridge.vpm_standin import VpmStandIn
from web.demo_sign_on import people

VPM = "/vpm"
METADATA = "/FederationMetadata/2007-06/FederationMetadata.xml"


def vpm(settings: Settings, clock: Clock) -> VpmStandIn:
    return VpmStandIn(
        clock,
        people(),
        url=settings.oidc_issuer,
        client_id=settings.oidc_client,
        client_secret=settings.oidc_secret,
        realm=settings.wsfed_realm,
        origins=settings.origins,
    )


def standins(settings: Settings, clock: Clock, sign_on: VpmStandIn | None = None) -> Starlette:
    gateway = create_app(
        clock,
        client_id=settings.state_client,
        client_secret=settings.state_secret,
        permission=settings.dagr_permission,
    )
    return Starlette(routes=[Mount(VPM, (sign_on or vpm(settings, clock)).app), Mount("/", gateway)])
