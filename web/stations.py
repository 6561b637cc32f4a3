"""Everything about workstations that the house holds: enrolment, checks, control, stops."""

from __future__ import annotations

from dataclasses import dataclass

from casework.network import Network
from consultation.checks import Checks
from consultation.control import ControlService
from consultation.enrolment import EnrolmentService
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

    async def forget(self) -> None:
        """Now and then: what has run out."""
        await self.enrolment.tick()
        await self.checks.forget()


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
    return Stations(
        enrolment=EnrolmentService(
            ledger,
            clock,
            audit,
            identity,
            pepper=settings.pepper,
            fresh_s=settings.fresh_sign_in_s,
            code_ttl_s=settings.enrolment_ttl_s,
            token_s=settings.device_token_s,
            idle_days=settings.device_idle_days,
        ),
        checks=Checks(ledger, clock, media, access),
        control=ControlService(consultation, audit, ledger.feed, clock, vault, addresses=settings.guide_addresses),
        stops=Stops(network),
    )
