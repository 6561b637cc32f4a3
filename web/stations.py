"""Everything about where clients sit that the house holds: enrolment, checks, control, stops, links from home."""

from __future__ import annotations

from dataclasses import dataclass

from casework.network import Network
from consultation.checks import Checks
from consultation.control import ControlService
from consultation.device_tokens import DeviceTokens
from consultation.enrolment import EnrolmentService
from consultation.home import HomeLinks
from consultation.media_port import MediaPort
from consultation.service import ConsultationService, MediaAccess
from kernel.audit import Audit
from kernel.clock import Clock
from kernel.identity import Identity
from kernel.ledger import Ledger
from kernel.settings import Settings
from kernel.vault import Vault
from web.stops import Stops


@dataclass(frozen=True)
class Stations:
    enrolment: EnrolmentService
    checks: Checks
    control: ControlService
    stops: Stops
    tokens: DeviceTokens
    home: HomeLinks

    async def forget(self) -> None:
        """Now and then: what has run out."""
        await self.enrolment.tick()
        await self.checks.forget()
        await self.home.forget()


def make_stations(  # noqa: PLR0917  (what the house is made of)
    settings: Settings,
    ledger: Ledger,
    clock: Clock,
    audit: Audit,
    identity: Identity,
    media: MediaPort,
    access: MediaAccess,
    *,
    consultation: ConsultationService,
    vault: Vault,
    network: Network,
) -> Stations:
    tokens = DeviceTokens(ledger, clock, identity, pepper=settings.pepper)
    return Stations(
        tokens=tokens,
        home=HomeLinks(
            consultation,
            ledger,
            clock,
            audit,
            identity,
            tokens,
            pepper=settings.pepper,
            ttl_s=settings.home_link_ttl_s,
            early_s=settings.home_link_early_s,
            late_s=settings.appointment_no_show_s,
            agencies=settings.home_agencies,
        ),
        enrolment=EnrolmentService(
            ledger,
            clock,
            audit,
            identity,
            tokens,
            pepper=settings.pepper,
            fresh_s=settings.fresh_sign_in_s,
            code_ttl_s=settings.enrolment_ttl_s,
            token_s=settings.device_token_s,
            idle_days=settings.device_idle_days,
        ),
        checks=Checks(ledger, clock, media, access),
        control=ControlService(consultation, audit, ledger.feed, clock, vault, addresses=settings.guide_addresses),
        stops=Stops(network, ledger.feed, clock),
    )
