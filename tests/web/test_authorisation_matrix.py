"""Every operation × everybody who should not get in: own and other agency, point, session. Unexpected allow = 0.

Deny is the default: an operation that nobody has put into `ALLOWED` fails here, whatever it does.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.web.examples import example
from tests.web.person import Person
from web.app import ENDPOINTS
from web.endpoint import Endpoint
from web.throwaway import throwaway_demo

#: name → account; those with a 2 are of another agency, another point, another session
ACCOUNTS = {
    "clerk": "clerk-grobina",
    "officer": "officer-vsaa-1",
    "kiosk": "kiosk-zeltini",
    "supervisor": "supervisor-vsaa",
    "admin": "administrator-vsaa",
    "clerk2": "clerk-adazi",
    "officer2": "officer-vid-1",
    "kiosk2": "kiosk-adazi",
    "supervisor2": "supervisor-vid",
    "admin2": "administrator-vid",
    "network": "network-manager",
}
NOBODY = "nobody"
EVERYBODY = frozenset(ACCOUNTS)
ANYONE = EVERYBODY | {NOBODY}
NONE_OF_THESE: frozenset[str] = frozenset()

CLERKS, OFFICERS, KIOSKS = {"clerk", "clerk2"}, {"officer", "officer2"}, {"kiosk", "kiosk2"}
SUPERVISORS = {"supervisor", "supervisor2", "admin", "admin2"}
MINE, ITS_OFFICIALS, INSIDE = {"clerk"}, {"clerk", "officer"}, {"clerk", "officer", "kiosk"}
OF_THE_AGENCY = {"supervisor", "admin"}
_SESSION = "/api/sessions/{id}"
_PERSON = f"{_SESSION}/participants/{{identity}}"
_DOCUMENT = f"{_SESSION}/documents/{{document_id}}"

#: operation → whose it is, when it names what belongs to the first of each pair. Everybody else is refused.
ALLOWED: dict[str, set[str] | frozenset[str]] = {
    # ── signing in, health ──
    "GET /api/me": EVERYBODY,
    "GET /api/demo/accounts": ANYONE,
    "POST /api/demo/sign-in": ANYONE,
    "POST /api/demo/prove": EVERYBODY,
    "GET /api/sign-on": ANYONE,
    "GET /sign-on/oidc": ANYONE,
    "GET /sign-on/oidc/answer": ANYONE,
    "GET /sign-on/wsfed": ANYONE,
    "POST /sign-on/wsfed/answer": ANYONE,
    "GET /sign-on/wsfed/answer": ANYONE,
    "POST /sign-on/oidc/logout": ANYONE,
    "GET /api/catalogue": CLERKS | OFFICERS,
    "GET /api/network/points/municipal": {"network"},
    "POST /api/sign-out": EVERYBODY,
    "POST /api/ws-ticket": EVERYBODY,
    "GET /healthz": ANYONE,
    "GET /readyz": ANYONE,
    "GET /metrics": ANYONE,
    # the media node proves itself by a signature
    "POST /hooks/media": set(),
    # ── a clerk's own requests; an officer's own answers ──
    "POST /api/requests": CLERKS,
    "GET /api/requests/{id}": MINE,
    "GET /api/requests/{id}/explanation": MINE,
    "POST /api/requests/{id}/withdraw": MINE,
    "POST /api/requests/{id}/return": MINE,
    "POST /api/offers/{request_id}/accept": {"officer"},
    "POST /api/offers/{request_id}/decline": {"officer"},
    "POST /api/presence": OFFICERS,
    "POST /api/wrap-up": {"officer"},
    "GET /api/groups/{id}/hours": CLERKS,
    "GET /api/groups/{id}/slots": CLERKS,
    "POST /api/appointments": CLERKS,
    "GET /api/appointments": CLERKS,
    "POST /api/appointments/{id}/move": MINE,
    "POST /api/appointments/{id}/cancel": MINE,
    "POST /api/appointments/{id}/seen": MINE,
    "POST /api/appointments/{id}/arrived": MINE,
    "POST /api/requests/{id}/callback": MINE,
    "POST /api/callbacks": CLERKS,
    "GET /api/callbacks": CLERKS,
    "POST /api/callbacks/{id}/confirm": MINE,
    "POST /api/callbacks/{id}/not-there": MINE,
    "POST /api/callbacks/{id}/cancel": MINE,
    # ── the session ──
    f"GET {_SESSION}": INSIDE,
    f"POST {_SESSION}/join": INSIDE,
    f"POST {_SESSION}/authorisation": MINE,
    f"DELETE {_SESSION}/authorisation": MINE,
    "POST /api/authorisations/redeem": {"kiosk"},
    f"POST {_SESSION}/leave": {"officer", "kiosk"},
    "POST /api/home/open": ANYONE,
    f"POST {_SESSION}/link": ITS_OFFICIALS,
    f"DELETE {_SESSION}/link": ITS_OFFICIALS,
    "POST /api/appointments/{id}/link": MINE,
    "DELETE /api/appointments/{id}/link": MINE,
    f"POST {_SESSION}/end": MINE,
    f"POST {_SESSION}/answer": INSIDE,
    f"POST {_SESSION}/knock": {"kiosk"},
    f"POST {_PERSON}/mute": MINE,
    f"POST {_PERSON}/remove": MINE,
    f"POST {_PERSON}/hold": MINE,
    f"POST {_PERSON}/admit": MINE,
    f"POST {_PERSON}/ask": MINE,
    f"POST {_PERSON}/rename": MINE,
    f"POST {_PERSON}/moderator": MINE,
    f"POST {_SESSION}/moderator/take-back": MINE,
    f"POST {_SESSION}/spotlight": MINE,
    f"POST {_SESSION}/lock": MINE,
    f"POST {_SESSION}/lobby-message": MINE,
    f"POST {_SESSION}/microphone": MINE,
    f"GET {_SESSION}/callable": ITS_OFFICIALS,
    f"POST {_SESSION}/official": ITS_OFFICIALS,
    f"DELETE {_SESSION}/official": ITS_OFFICIALS,
    f"POST {_SESSION}/private": ITS_OFFICIALS,
    f"POST {_SESSION}/hand-back": ITS_OFFICIALS,
    f"POST {_SESSION}/resume": ITS_OFFICIALS,
    f"POST {_SESSION}/training": ITS_OFFICIALS,
    f"POST {_SESSION}/documents": INSIDE,
    f"GET {_DOCUMENT}": INSIDE,
    f"DELETE {_DOCUMENT}": MINE,
    f"POST {_DOCUMENT}/keep": MINE,
    f"POST {_SESSION}/shown": INSIDE,
    f"POST {_SESSION}/identity": MINE,
    f"GET {_SESSION}/client": ITS_OFFICIALS,
    f"GET {_SESSION}/benefits": {"officer"},
    f"POST {_SESSION}/acting-for": ITS_OFFICIALS,
    f"DELETE {_SESSION}/acting-for": ITS_OFFICIALS,
    f"POST {_SESSION}/control": MINE,
    f"DELETE {_SESSION}/control": INSIDE,
    f"POST {_SESSION}/control/input": {"officer"},
    f"POST {_SESSION}/control/wish": {"officer"},
    f"DELETE {_SESSION}/control/wish": MINE,
    f"POST {_SESSION}/eaddress": ITS_OFFICIALS,
    f"POST {_SESSION}/means": MINE,
    # ── workstations ──
    "GET /api/enrolment/places": ANYONE,
    "POST /api/enrolment/device": ANYONE,
    "POST /api/enrolment/token": ANYONE,
    "POST /api/enrolment/look": CLERKS,
    "POST /api/enrolment/{id}/confirm": MINE,
    "POST /api/enrolment/{id}/refuse": MINE,
    "GET /api/workstations": CLERKS,
    "POST /api/workstations/{id}/revoke": MINE,
    "POST /api/checks/line": KIOSKS,
    "GET /api/checks/payload": KIOSKS,
    "POST /api/checks": KIOSKS,
    "GET /api/checks": CLERKS | SUPERVISORS,
    # ── the register, reports, the network ──
    "GET /api/cases": CLERKS,
    "POST /api/cases": CLERKS,
    "GET /api/cases/suggestions": CLERKS,
    "GET /api/cases.csv": CLERKS,
    "GET /api/cases.xlsx": CLERKS,
    "GET /api/cases/{id}/history": MINE,
    "PATCH /api/cases/{id}": MINE,
    "GET /api/network/points": {"network"},
    "POST /api/network/points": {"network"},
    "GET /api/network/points.csv": {"network"},
    "POST /api/network/points/table": {"network"},
    "GET /api/network/grants": {"network"},
    "POST /api/network/grants/sets": {"network"},
    "POST /api/network/grants/preview": {"network"},
    "POST /api/network/grants/runs": {"network"},
    "GET /api/network/grants/runs/{id}": {"network"},
    "GET /api/network/grants/runs/{id}/csv": {"network"},
    "GET /api/network/grants/comparison": {"network"},
    "GET /api/network/indicators": {"network"},
    "POST /api/network/indicators": {"network"},
    "GET /api/reports": SUPERVISORS | {"network"},
    "GET /api/reports.csv": SUPERVISORS | {"network"},
    "GET /api/reports.xlsx": SUPERVISORS | {"network"},
    "GET /api/reports.pdf": SUPERVISORS | {"network"},
    "GET /api/reports/load": SUPERVISORS | {"network"},
    "GET /api/reports/schedules": SUPERVISORS,
    "POST /api/reports/schedules": SUPERVISORS,
    "DELETE /api/reports/schedules/{id}": SUPERVISORS,
    "GET /api/reports/outputs/{id}": SUPERVISORS,
    "GET /api/reports/requests": SUPERVISORS | {"network"},
    "GET /api/network/quality": {"network"},
    "POST /api/network/quality/{id}": {"network"},
    "GET /open-data/{name}": ANYONE,
    "GET /open-data/id/{dataset}/{key}": ANYONE,
    "POST /api/open-data/reports": ANYONE,
    "GET /api/open-data/reports/{id}": ANYONE,
    # ── AVIS and the citizen's panel have roles of their own: none of these people ──
    "GET /api/avis": NONE_OF_THESE,
    "POST /api/avis/instructions": NONE_OF_THESE,
    "PUT /api/avis/instructions/{id}": NONE_OF_THESE,
    "GET /api/avis/instructions/{id}/versions": NONE_OF_THESE,
    "POST /api/avis/instructions/{id}/{step}": NONE_OF_THESE,
    "POST /api/avis/order": NONE_OF_THESE,
    "POST /api/avis/preview": NONE_OF_THESE,
    "POST /api/avis/groups": NONE_OF_THESE,
    "POST /api/avis/groups/{id}/members": NONE_OF_THESE,
    "POST /api/avis/groups/{id}/refresh": NONE_OF_THESE,
    "GET /api/avis/means": NONE_OF_THESE,
    "POST /api/avis/means": NONE_OF_THESE,
    "POST /api/avis/means/{id}/{state}": NONE_OF_THESE,
    "POST /api/avis/systems": NONE_OF_THESE,
    "POST /api/avis/systems/{id}/renew": NONE_OF_THESE,
    "POST /api/avis/systems/{id}/active": NONE_OF_THESE,
    "PUT /api/avis/outlets/{id}": NONE_OF_THESE,
    "PUT /api/avis/items": NONE_OF_THESE,
    "POST /api/avis/programmes": NONE_OF_THESE,
    "GET /api/avis/sales": NONE_OF_THESE,
    "GET /api/avis/settlement": NONE_OF_THESE,
    "GET /api/avis/report": NONE_OF_THESE,
    "GET /api/avis/report.csv": NONE_OF_THESE,
    "GET /api/avis/report.xlsx": NONE_OF_THESE,
    "GET /api/avis/report/values": NONE_OF_THESE,
    "GET /api/avis/health": NONE_OF_THESE,
    "POST /api/avis/health/check": NONE_OF_THESE,
    "GET /api/panel/me": NONE_OF_THESE,
    "GET /api/panel/identities": NONE_OF_THESE,
    "POST /api/panel/identity": NONE_OF_THESE,
    "POST /api/panel/me/report": NONE_OF_THESE,
    "GET /api/panel/eaddress": NONE_OF_THESE,
    "POST /api/panel/eaddress": NONE_OF_THESE,
    "GET /api/panel/bookable": NONE_OF_THESE,
    "GET /api/panel/slots": NONE_OF_THESE,
    "POST /api/panel/appointments": NONE_OF_THESE,
    "POST /api/panel/appointments/{id}/move": NONE_OF_THESE,
    "POST /api/panel/appointments/{id}/cancel": NONE_OF_THESE,
    "POST /api/panel/appointments/{id}/join": NONE_OF_THESE,
    "GET /api/panel/suggestions": NONE_OF_THESE,
    "POST /api/panel/suggestions": NONE_OF_THESE,
    "PUT /api/panel/suggestions": NONE_OF_THESE,
    "DELETE /api/panel/suggestions": NONE_OF_THESE,
    "GET /api/panel/powers": NONE_OF_THESE,
    "POST /api/panel/powers": NONE_OF_THESE,
    "POST /api/panel/powers/{id}/sign": NONE_OF_THESE,
    "PUT /api/panel/powers/{id}": NONE_OF_THESE,
    "POST /api/panel/powers/{id}/stop": NONE_OF_THESE,
    "GET /api/panel/benefits": NONE_OF_THESE,
    "GET /api/panel/means": NONE_OF_THESE,
    "POST /api/panel/means": NONE_OF_THESE,
    "POST /api/panel/means/{id}/{state}": NONE_OF_THESE,
    "GET /api/panel/used": NONE_OF_THESE,
    "GET /api/panel/programmes": NONE_OF_THESE,
    "POST /api/panel/programmes/{id}": NONE_OF_THESE,
    "GET /api/panel/consultations": NONE_OF_THESE,
    "GET /api/panel/open_now": NONE_OF_THESE,
    "GET /api/panel/viewed": NONE_OF_THESE,
    "GET /api/panel/layout": NONE_OF_THESE,
    "PUT /api/panel/layout": NONE_OF_THESE,
    # ── an agency's supervisors and administrators ──
    "GET /api/board": SUPERVISORS,
    "GET /api/board/thresholds": SUPERVISORS,
    "PUT /api/board/thresholds": SUPERVISORS,
    "GET /api/supervisor/targets": SUPERVISORS,
    "GET /api/supervisor/groups/{group_id}/queue": OF_THE_AGENCY,
    "POST /api/supervisor/groups/{group_id}/open": OF_THE_AGENCY,
    "GET /api/supervisor/requests/{id}/explanation": OF_THE_AGENCY,
    "POST /api/supervisor/requests/{id}/move": OF_THE_AGENCY,
    "POST /api/supervisor/requests/{id}/priority": OF_THE_AGENCY,
    "POST /api/supervisor/requests/{id}/assign": OF_THE_AGENCY,
    "POST /api/supervisor/officers/{officer_id}/state": OF_THE_AGENCY,
    "GET /api/admin": {"admin", "admin2"},
    "POST /api/admin/preview": {"admin", "admin2"},
    "POST /api/admin/changes": {"admin", "admin2"},
}

#: says no; 400 and 422 would say only that the example was ill-formed, 429 that we were too fast
REFUSED = {401, 403, 404, 409}
A_PDF = b"%PDF-1.7\ntrailer\n<<>>\n%%EOF\n"


def name_of(endpoint: Endpoint) -> str:
    return f"{endpoint.method} {endpoint.path}"


@dataclass(frozen=True)
class Town:
    people: dict[str, Person]
    #: what stands for the braces of a path, and in the fields of a body
    names: dict[str, str]
    ledger: Path
    nobody: httpx.Client

    def send(self, who: str, endpoint: Endpoint) -> httpx.Response:
        path = endpoint.path
        if path.startswith("/api/groups/"):
            path = path.replace("{id}", self.names["group_id"])
        if path.startswith("/api/workstations/"):
            path = path.replace("{id}", self.names["workstation_id"])
        for name, value in self.names.items():
            path = path.replace("{" + name + "}", value)
        body = None if endpoint.body is None else example(endpoint.body, self.names | _FIELDS)
        if who == NOBODY:
            return self.nobody.request(endpoint.method, path, json=body)
        return self.people[who].call(
            endpoint.method, path, body, idempotency_key=f"matrix-of-{who}-{endpoint.path}"[:90]
        )


#: fields whose form a type does not tell
_FIELDS = {
    "pak": "PAK_02",
    "language": "lv",
    "agency_id": None,
    "code": "123456",
    "personal_code": "020101-00013",
    "reg_no": "49999991007",
    "scope": "all_legal_person_eservices",
    "day": "2026-01-05",
}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    ledger = tmp_path_factory.mktemp("matrix") / "ledger.db"
    patient = {"offer_timeout_s": "300", "hold_s": "600", "home_agencies": "*"}
    with ExitStack() as stack:
        url = stack.enter_context(throwaway_demo(log_level="ERROR", ledger_url=f"sqlite:///{ledger}", **patient))
        people = {name: stack.enter_context(Person(url, account)) for name, account in ACCOUNTS.items()}
        for name in ("clerk", "officer", "kiosk", "officer2"):
            people[name].go_live()
        for name in ("officer", "officer2"):
            assert people[name].post("/api/presence", {"choice": "available"}).status_code == 200
        clerk, officer, kiosk = people["clerk"], people["officer"], people["kiosk"]
        asked = clerk.request("vsaa-pabalsti", workstation_id="zeltini-1")
        assert asked.status_code == 201, asked.text
        session_id = asked.json()["id"]
        offer = officer.wait_for_offer(session_id)
        officer.post(f"/api/offers/{session_id}/accept", {"version": offer["version"]})
        clerk.wait_for(lambda m: m.get("type") == "session.changed" and m["data"]["id"] == session_id)
        # the workstation is let in, so that what it is refused is refused to somebody inside
        given = clerk.post(
            f"/api/sessions/{session_id}/authorisation", {"workstation_id": "zeltini-1", "delivery": "code"}
        )
        assert kiosk.post("/api/authorisations/redeem", {"code": given.json()["code"]}).status_code == 200
        view = clerk.get(f"/api/sessions/{session_id}").json()
        sent = {"cookie": clerk.cookie, "x-csrf-token": clerk.csrf, "origin": url}
        added = clerk.http.post(f"/api/sessions/{session_id}/documents", content=A_PDF, headers=sent)
        assert added.status_code == 201, added.text
        names = {
            "id": session_id,
            "request_id": session_id,
            "session_id": session_id,
            "document_id": added.json()["id"],
            "identity": next(each["identity"] for each in view["participants"] if each["role"] == "citizen"),
            "group_id": "vsaa-pabalsti",
            "workstation_id": "zeltini-1",
            "officer_id": "vsaa-1",
        }
        nobody = stack.enter_context(httpx.Client(base_url=url, headers={"origin": url}, timeout=20))
        yield Town(people=people, names=names, ledger=ledger, nobody=nobody)


def test_every_operation_is_classified_and_nothing_else_is() -> None:
    """A new operation: say in `ALLOWED` whose it is."""
    assert {name_of(endpoint) for endpoint in ENDPOINTS} == set(ALLOWED)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=name_of)
def test_everybody_else_is_refused(town: Town, endpoint: Endpoint) -> None:
    allowed = ALLOWED.get(name_of(endpoint), set())
    answers = {who: town.send(who, endpoint) for who in sorted(ANYONE - allowed)}
    let_in = {who: answer.status_code for who, answer in answers.items() if answer.status_code < 400}
    assert let_in == {}, "unexpected allow"
    unclear = {who: answer.text[:200] for who, answer in answers.items() if answer.status_code not in REFUSED}
    assert unclear == {}, "refused for another reason"


@pytest.mark.parametrize("endpoint", [each for each in ENDPOINTS if each.method == "GET"], ids=name_of)
def test_whose_it_is_gets_in(town: Town, endpoint: Endpoint) -> None:
    """So that a table of refusals is not kept by refusing everybody."""
    for who in ALLOWED[name_of(endpoint)]:
        assert town.send(who, endpoint).status_code not in (401, 403), who


def test_the_session_stands_as_it_stood(town: Town) -> None:
    """After all of that nothing has changed, and the tries of those inside stand in the audit log."""
    view = town.people["clerk"].get(f"/api/sessions/{town.names['id']}").json()
    assert view["state"] in ("opening", "lobby")
    assert (view["locked"], view["spotlight"], view["call"], view["handed_back"]) == (False, None, None, None)
    assert {each["state"] for each in view["participants"]} == {"invited"}
    assert [each["id"] for each in view["documents"]] == [town.names["document_id"]]
    with sqlite3.connect(town.ledger) as ledger:
        tries = ledger.execute("SELECT count(*) FROM audit_log WHERE body LIKE '%not_moderator%'").fetchone()[0]
    assert tries >= 20
