"""Everything that can be done in a session beside opening, joining and ending it, made together."""

from __future__ import annotations

from dataclasses import dataclass

from consultation.documents import Documents
from consultation.moderation import Moderation
from consultation.officials import Officials
from consultation.service import ConsultationService
from kernel.audit import Audit
from kernel.clock import Clock
from kernel.ledger import Ledger
from kernel.vault import Vault
from router.service import RouterService


@dataclass(frozen=True, slots=True)
class Depth:
    moderation: Moderation
    officials: Officials
    documents: Documents


def deepen(
    consultation: ConsultationService,
    router: RouterService,
    *,
    ledger: Ledger,
    clock: Clock,
    audit: Audit,
    vault: Vault,
) -> Depth:
    return Depth(
        moderation=Moderation(consultation, clock),
        officials=Officials(consultation, router, clock),
        documents=Documents(consultation, ledger, clock, audit, vault),
    )
