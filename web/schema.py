"""Every table of the ledger, known to `kernel.ledger.metadata` once this module is imported."""

from __future__ import annotations

from avis_bridge.tables import benefits
from casework.report_tables import queue_entries
from casework.sums_tables import entry_sums
from casework.tables import cases
from consultation.checks import workstation_checks
from consultation.enrolment_store import enrolments
from consultation.home_store import home_links
from consultation.tables import sessions
from kernel.audit import audit_log
from kernel.idempotency import idempotency_keys
from kernel.identity import accounts
from kernel.ledger import metadata
from portal_bridge.catalogue import kept_catalogues
from portal_bridge.jpp_tables import powers
from presence.service import officer_choices
from router.appointments import appointments
from router.callbacks import callbacks
from router.tables import requests
from web.citizens import citizens
from web.clients import sealed_clients
from web.panel_consents import panel_consents
from web.panel_layout import panel_layouts
from web.sign_on_store import account_identifiers

#: one table of each module that declares some
DECLARED = (
    account_identifiers,
    accounts,
    appointments,
    audit_log,
    benefits,
    callbacks,
    cases,
    citizens,
    enrolments,
    entry_sums,
    home_links,
    idempotency_keys,
    kept_catalogues,
    officer_choices,
    panel_consents,
    panel_layouts,
    powers,
    queue_entries,
    requests,
    sealed_clients,
    sessions,
    workstation_checks,
)

__all__ = ["DECLARED", "metadata"]
