"""The register of powers of attorney: what notaries submit, what representatives issue, what is checked."""

from __future__ import annotations

import asyncio

import httpx
import pytest
import sqlalchemy as sa

from kernel.bearer import Bearers
from kernel.bridge_errors import (
    ActDuplicate,
    DelegateNotResident,
    LegalPersonDissolved,
    LegalPersonUnknown,
    NotaryNotActive,
    NotRepresentative,
    PeriodOutsidePower,
    PowerExpired,
    PowerRevoked,
    PowerUnknown,
    ScopeOutsidePower,
    SubDelegationForbidden,
)
from kernel.clock import ManualClock
from kernel.errors import RegistryUnavailable
from kernel.ledger import Ledger
from kernel.private import Private
from kernel.program_api import Unlimited
from kernel.vault import Vault
from portal_bridge.jpp import Asked, Jpp
from portal_bridge.jpp_api import create_app
from portal_bridge.jpp_core import ALL
from portal_bridge.jpp_tables import checks, notaries, representatives
from tests.bridges.served import served
from web import demo_jpp

BRANCH = "49999991045"
RESIDENT, STRANGER = Private("030205-00111"), Private("010101-00000")
JOINT, OTHER_JOINT = Private("140310-00212"), Private("050412-00328")
PERIOD = ("2026-01-01", "2026-12-31")
NOTARY = demo_jpp.NOTARY
ASKED = Asked(client="klatiene", purpose="consultation", session="s")


class Residents:
    def __init__(self) -> None:
        self.away = False

    async def is_resident(self, code: Private[str], *, session: str) -> bool:
        if self.away:
            raise RegistryUnavailable
        return code != STRANGER


@pytest.fixture
async def jpp(ledger: Ledger, clock: ManualClock) -> Jpp:
    vault = Vault("key", "pepper")
    await demo_jpp.load(ledger, vault)
    async with ledger.transaction() as tx:
        await tx.execute(
            sa.insert(representatives).values(reg_no=BRANCH, person=vault.pseudonym(OTHER_JOINT), joint=True)
        )
    return Jpp(ledger, clock, vault, Residents())


async def submit(jpp: Jpp, act: str = "A-1", **more: object) -> None:
    values: dict[str, object] = {"scopes": ["eadrese.activate"], "period": PERIOD, **more}
    await jpp.submit(NOTARY, act, BRANCH, RESIDENT, **values)  # type: ignore[arg-type]


async def why(jpp: Jpp, person: Private[str] = RESIDENT, scope: str = "eadrese.activate") -> str:
    return (await jpp.check(person, BRANCH, scope, ASKED)).reason


async def test_a_general_power_and_what_rests_on_it(jpp: Jpp, ledger: Ledger) -> None:
    await submit(jpp)
    assert await why(jpp) == "no_authorisation"
    made = await jpp.authorise(NOTARY, "A-1", scopes=["eadrese.activate"], period=PERIOD)
    found = await jpp.check(RESIDENT, BRANCH, "eadrese.activate", ASKED)
    assert (found.reason, found.authorisation_id, found.basis) == ("allowed", made.id, "notary_general_power")
    assert await why(jpp, scope="eadrese.read") == "scope_outside_power"
    assert await why(jpp, OTHER_JOINT) == "signatures_incomplete"
    assert await jpp.revoke(NOTARY, "A-1") == 1
    assert await why(jpp) == "authorisation_revoked"
    power, rest = await jpp.status(NOTARY, "A-1")
    assert (power.revoked, [each.state for each in rest]) == (True, ["revoked"])
    with pytest.raises(PowerRevoked):
        await jpp.authorise(NOTARY, "A-1", scopes=["eadrese.activate"], period=PERIOD)
    async with ledger.reading() as connection:
        kept = (await connection.execute(sa.select(checks))).all()
    assert {(row.purpose, row.session) for row in kept} == {("consultation", "s")}
    assert len(kept) == 5


async def test_the_same_act_again_is_the_same_power(jpp: Jpp) -> None:
    await submit(jpp)
    await asyncio.gather(submit(jpp), submit(jpp))
    with pytest.raises(ActDuplicate):
        await submit(jpp, scopes=[ALL])


async def test_an_authorisation_lies_within_its_power(jpp: Jpp, clock: ManualClock) -> None:
    await submit(jpp)
    with pytest.raises(ScopeOutsidePower):
        await jpp.authorise(NOTARY, "A-1", scopes=[ALL], period=PERIOD)
    with pytest.raises(PeriodOutsidePower):
        await jpp.authorise(NOTARY, "A-1", scopes=["eadrese.activate"], period=("2026-01-01", "2027-01-01"))
    with pytest.raises(PowerUnknown):
        await jpp.authorise(NOTARY, "A-9", scopes=["eadrese.activate"], period=PERIOD)
    clock.advance(400 * 86_400)
    with pytest.raises(PowerExpired):
        await jpp.authorise(NOTARY, "A-1", scopes=["eadrese.activate"], period=PERIOD)


async def test_whom_a_notary_may_name(jpp: Jpp) -> None:
    with pytest.raises(DelegateNotResident):
        await jpp.submit(NOTARY, "A-2", BRANCH, STRANGER, scopes=[ALL], period=PERIOD)
    with pytest.raises(LegalPersonUnknown):
        await jpp.submit(NOTARY, "A-2", "49999991030", RESIDENT, scopes=[ALL], period=PERIOD)
    with pytest.raises(LegalPersonDissolved):
        await jpp.submit(NOTARY, "A-2", "49999991026", RESIDENT, scopes=[ALL], period=PERIOD)
    with pytest.raises(NotaryNotActive):
        await jpp.submit("notars-bez-amata", "A-2", BRANCH, RESIDENT, scopes=[ALL], period=PERIOD)


async def test_only_the_notary_of_the_act_touches_it(jpp: Jpp, ledger: Ledger) -> None:
    await submit(jpp)
    async with ledger.transaction() as tx:
        await tx.execute(sa.insert(notaries).values(id="another", active=True))
    with pytest.raises(NotaryNotActive):
        await jpp.revoke("another", "A-1")


async def test_a_joint_right_needs_every_signature(jpp: Jpp) -> None:
    made = await jpp.issue(JOINT, BRANCH, RESIDENT, scopes=["eadrese.read"], period=PERIOD)
    assert (made.state, await why(jpp, scope="eadrese.read")) == ("pending_signatures", "signatures_incomplete")
    with pytest.raises(SubDelegationForbidden):
        await jpp.sign(RESIDENT, made.id)
    await jpp.sign(OTHER_JOINT, made.id)
    assert await why(jpp, scope="eadrese.read") == "allowed"
    changed = await jpp.change(JOINT, made.id, scopes=[ALL], period=PERIOD)
    assert (changed.state, await why(jpp)) == ("pending_signatures", "signatures_incomplete")
    await jpp.sign(OTHER_JOINT, changed.id)
    assert await why(jpp) == "allowed"
    await jpp.stop(RESIDENT, changed.id)
    assert await why(jpp) == "authorisation_revoked"
    seen = await jpp.of_person(RESIDENT)
    assert {each["state"] for each in seen["received"] if each["reg_no"] == BRANCH} == {"superseded", "revoked"}


async def test_nobody_issues_what_is_over_already(jpp: Jpp) -> None:
    with pytest.raises(PeriodOutsidePower):
        await jpp.issue(JOINT, BRANCH, RESIDENT, scopes=["eadrese.read"], period=("2026-02-01", "2026-01-31"))


async def test_who_may_not_pass_rights_on(jpp: Jpp) -> None:
    with pytest.raises(NotRepresentative):
        await jpp.issue(RESIDENT, BRANCH, JOINT, scopes=[ALL], period=PERIOD)
    delegate = Private("020101-00013")
    with pytest.raises(SubDelegationForbidden):
        await jpp.issue(delegate, "49999991007", JOINT, scopes=[ALL], period=PERIOD)


async def test_without_the_register_of_persons_nobody_is_named(jpp: Jpp) -> None:
    residents = jpp._residents
    assert isinstance(residents, Residents)
    residents.away = True
    with pytest.raises(RegistryUnavailable):
        await submit(jpp)


async def test_over_http_a_notary_is_not_klatiene(jpp: Jpp, clock: ManualClock) -> None:
    app = create_app(jpp, Bearers({"n": "secret-n", "k": "secret-k"}, clock), Unlimited(), notary_client="n")
    body = {
        "notary": NOTARY,
        "act_no": "A-7",
        "reg_no": BRANCH,
        "attorney": RESIDENT.reveal(),
        "scopes": [ALL],
        "valid_from": PERIOD[0],
        "valid_to": PERIOD[1],
    }
    grant = {"grant_type": "client_credentials"}
    async with served(app) as url, httpx.AsyncClient(base_url=url) as http:
        assert (await http.post("/token", data=grant, auth=("n", "wrong"))).json() == {"error": "invalid_client"}
        tokens = {
            who: (await http.post("/token", data=grant, auth=(who, f"secret-{who}"))).json()["access_token"]
            for who in ("n", "k")
        }

        async def call(who: str, path: str, content: object) -> httpx.Response:
            return await http.post(path, json=content, headers={"authorization": f"Bearer {tokens[who]}"})

        assert (await call("k", "/jpp/notary/powers", body)).status_code == 403
        assert (await call("n", "/jpp/notary/powers", body)).json()["act_no"] == "A-7"
        wrong = await call("n", "/jpp/notary/powers", {**body, "reg_no": "49999991008"})
        assert (wrong.status_code, wrong.json()["error"]) == (422, "invalid_reg_no")
        assert (await call("n", "/jpp/notary/powers", {**body, "scopes": 1})).json() == {"error": "body_invalid"}
        asked = {
            "person": RESIDENT.reveal(),
            "reg_no": BRANCH,
            "scope": ALL,
            "at_ms": 0,
            "purpose": "p",
            "session": "s",
        }
        assert (await call("k", "/jpp/check", asked)).json()["reason"] == "no_authorisation"
        assert (await call("k", "/jpp/check", {**asked, "session": ""})).status_code == 403
        assert (await call("n", "/jpp/check", asked)).status_code == 403
        clock.advance(301)
        assert (await call("k", "/jpp/check", asked)).json() == {"error": "invalid_token"}
