"""The demo's register is loaded at every start; what people made of it stays."""

from __future__ import annotations

from casework.service import CaseworkService
from kernel.audit import Audit
from kernel.clock import ManualClock
from kernel.identity import Identity
from kernel.ids import AccountId, AgencyId, GroupId, OfficerId
from kernel.ledger import Ledger
from router.changes import ActivateOfficer, SaveGroup
from router.configuration import Configuration
from router.configuration_core import etag_of, group_document, officer_document
from tests.router.configured import group_of
from web import demo


async def test_a_start_takes_back_nothing(ledger: Ledger, clock: ManualClock) -> None:
    identity = Identity(ledger, clock, pepper="pepper" * 8, session_hours=1)
    casework = CaseworkService(ledger, clock)
    configuration = Configuration(ledger, clock, Audit(ledger, clock), identity)
    await demo.load(ledger, identity, casework)
    _, signed_in = await identity.sign_in(AccountId("administrator-vsaa"))
    vsaa = AgencyId("vsaa")
    before = await configuration.read(vsaa)
    seen = group_document(before, GroupId("vsaa-pensijas"))
    renamed = group_of(paks=("PAK_06",), levels={"vsaa-1": 5})
    save = SaveGroup(id=GroupId("vsaa-pensijas"), etag=etag_of(seen), document=renamed)
    await configuration.make(signed_in.principal, vsaa, save)
    changed = await configuration.read(vsaa)
    leaving = officer_document(changed.officers[OfficerId("vsaa-2")])
    leave = ActivateOfficer(id=OfficerId("vsaa-2"), etag=etag_of(leaving), active=False)
    await configuration.make(signed_in.principal, vsaa, leave)

    after, untouched = await configuration.read(vsaa), await configuration.read(AgencyId("vid"))
    await demo.load(ledger, identity, casework)
    assert await configuration.read(vsaa) == after
    assert OfficerId("vsaa-2") in after.inactive
    assert await configuration.read(AgencyId("vid")) == untouched
