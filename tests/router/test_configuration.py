"""Changes of the directory, committed: one after the other, audited, told, on either database."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
import sqlalchemy as sa

from kernel.audit import Audit
from kernel.audit_core import AuditEntry
from kernel.clock import ManualClock
from kernel.errors import AuditUnavailable, ConfigurationChanged, ConfigurationInvalid, NotFound, NotSignedIn
from kernel.identity import Identity, Principal
from kernel.ids import AccountId, AgencyId, GroupId, OfficerId
from kernel.ledger import Ledger, Transaction
from kernel.messages import Bilingual, DirectoryChanged, Role
from router.changes import ActivateOfficer, SaveGroup, SaveOfficer
from router.configuration import Configuration, versions
from router.configuration_core import etag_of, group_document, officer_document
from router.model import Agency, GroupRules, Ring
from tests.directories import save_directory
from tests.router.configured import WEEK, group_of, officer_of
from tests.router.directory import AGENCY, BENEFITS, GROUPS, OFFICERS, ONE, PENSIONS, RULES, TWO, VSAA

ADMINISTRATOR = Principal(
    id=AccountId("administrator-vsaa"), role=Role.AGENCY_ADMINISTRATOR, name="VSAA administrators", agency_id=VSAA
)


@pytest.fixture
async def identity(ledger: Ledger, clock: ManualClock) -> Identity:
    return Identity(ledger, clock, pepper="pepper" * 8, session_hours=1)


@pytest.fixture
async def configuration(ledger: Ledger, clock: ManualClock, identity: Identity) -> Configuration:
    async with ledger.transaction() as tx:
        await save_directory(tx, [AGENCY], GROUPS, OFFICERS, RULES)
    return Configuration(ledger, clock, Audit(ledger, clock), identity)


async def told(ledger: Ledger) -> list[int]:
    found = [event for _, event in await ledger.events_after(0) if isinstance(event, DirectoryChanged)]
    assert all(event.agency_id == VSAA for event in found)
    return [event.version for event in found]


async def test_what_is_saved_is_read_again(configuration: Configuration, ledger: Ledger) -> None:
    rules = GroupRules(rings=(Ring(min_level=3), Ring(after_s=45.0)), channels=2, calendar=WEEK)
    document = group_of(levels={ONE: 2, TWO: 5}, rules=rules, wrap_up_s=60.0)
    made = await configuration.make(ADMINISTRATOR, VSAA, SaveGroup(document=document))
    now = await configuration.read(VSAA)
    assert group_document(now, GroupId(made.id)) == document
    assert made.etag == etag_of(document)
    assert (made.version, now.version) == (1, 1)
    fewer = msgspec.structs.replace(document, levels={TWO: 4})
    await configuration.make(ADMINISTRATOR, VSAA, SaveGroup(id=GroupId(made.id), etag=made.etag, document=fewer))
    again = await configuration.read(VSAA)
    assert GroupId(made.id) not in again.officers[ONE].levels
    assert again.officers[TWO].levels == {BENEFITS: 1, PENSIONS: 3, GroupId(made.id): 4}
    assert await told(ledger) == [1, 2]
    async with ledger.reading() as connection:
        assert await versions(connection) == {VSAA: 2}


async def test_of_two_at_once_one_is_told_what_the_other_did(configuration: Configuration, ledger: Ledger) -> None:
    seen = group_document(await configuration.read(VSAA), PENSIONS)
    changes = [
        SaveGroup(id=PENSIONS, etag=etag_of(seen), document=msgspec.structs.replace(seen, levels={ONE: level}))
        for level in (1, 2, 3, 4)
    ]
    outcomes = await asyncio.gather(
        *(configuration.make(ADMINISTRATOR, VSAA, change) for change in changes), return_exceptions=True
    )
    refused = [each for each in outcomes if isinstance(each, ConfigurationChanged)]
    assert len(refused) == 3
    kept = group_document(await configuration.read(VSAA), PENSIONS)
    assert all(error.details == {"etag": etag_of(kept), "document": msgspec.to_builtins(kept)} for error in refused)
    assert await told(ledger) == [1], "who was refused has changed nothing"


async def test_what_cannot_be_audited_is_not_done(
    configuration: Configuration, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(self: Audit, entry: AuditEntry, tx: Transaction | None = None) -> None:
        raise AuditUnavailable(retry_after_s=2)

    before = await configuration.read(VSAA)
    monkeypatch.setattr(Audit, "record", full)
    with pytest.raises(AuditUnavailable):
        await configuration.make(ADMINISTRATOR, VSAA, SaveGroup(document=group_of()))
    assert await configuration.read(VSAA) == before
    assert await told(ledger) == []


async def test_who_leaves_is_signed_out(configuration: Configuration, ledger: Ledger, identity: Identity) -> None:
    made = await configuration.make(ADMINISTRATOR, VSAA, SaveOfficer(document=officer_of(levels={PENSIONS: 2})))
    officer_id = OfficerId(made.id)
    key, signed_in = await identity.sign_in(AccountId(f"officer-{officer_id}"))
    assert signed_in.principal.officer_id == officer_id
    renamed = officer_of(name="VSAA speciālists (vecākais)", levels={PENSIONS: 2})
    saved = await configuration.make(ADMINISTRATOR, VSAA, SaveOfficer(id=officer_id, etag=made.etag, document=renamed))
    assert (await identity.who(key)).principal.name == "VSAA speciālists (vecākais)"
    left = await configuration.make(ADMINISTRATOR, VSAA, ActivateOfficer(id=officer_id, etag=saved.etag, active=False))
    with pytest.raises(NotSignedIn):
        await identity.who(key)
    now = await configuration.read(VSAA)
    assert officer_id in now.inactive
    assert officer_document(now.officers[officer_id]).levels == {}
    await configuration.make(ADMINISTRATOR, VSAA, ActivateOfficer(id=officer_id, etag=left.etag, active=True))
    with pytest.raises(NotSignedIn):
        await identity.who(key)
    await identity.sign_in(AccountId(f"officer-{officer_id}"))


async def test_an_agency_of_ones_own(configuration: Configuration, ledger: Ledger, identity: Identity) -> None:
    vdi = Agency(AgencyId("vdi"), "VDI", Bilingual("Valsts darba inspekcija", "State Labour Inspectorate"))
    accounts = {"administrator": AccountId("administrator-vdi"), "supervisor": AccountId("supervisor-vdi")}
    await configuration.add_agency(vdi, **accounts)
    assert (await configuration.read(vdi.id)).agency == vdi
    _, signed_in = await identity.sign_in(accounts["administrator"])
    assert (signed_in.principal.role, signed_in.principal.agency_id) == (Role.AGENCY_ADMINISTRATOR, vdi.id)
    with pytest.raises(ConfigurationInvalid) as taken:
        await configuration.add_agency(vdi, **accounts)
    assert taken.value.details["problems"] == {
        "id": "taken",
        "code": "taken",
        "administrator": "taken",
        "supervisor": "taken",
    }
    with pytest.raises(NotFound):
        await configuration.read(AgencyId("nav"))
    with pytest.raises(NotFound):
        await configuration.make(signed_in.principal, vdi.id, SaveGroup(id=PENSIONS, etag="", document=group_of()))


async def test_the_audit_chain_holds(configuration: Configuration, ledger: Ledger, clock: ManualClock) -> None:
    made = await configuration.make(ADMINISTRATOR, VSAA, SaveOfficer(document=officer_of()))
    await configuration.make(
        ADMINISTRATOR, VSAA, SaveOfficer(id=OfficerId(made.id), etag=made.etag, document=officer_of(capacity=2))
    )
    assert await Audit(ledger, clock).verify() == 2
    async with ledger.reading() as connection:
        bodies = [
            msgspec.json.decode(body, type=AuditEntry)
            for body in await connection.scalars(sa.text("SELECT body FROM audit_log ORDER BY id"))
        ]
    assert [(each.action, each.subject) for each in bodies] == [("directory.officer.save", "vsaa-4")] * 2
    assert bodies[1].fields == ("capacity",)
