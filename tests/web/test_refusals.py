"""Whatever is wrong with a call gets its documented answer, and the conversation next door goes on.

Everything here travels over real sockets to a demo server in processes of its own.
"""

import json
import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from livekit.protocol import rtc
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from kernel.errors import all_errors
from kernel.tokens import MediaGrant, mint_media_grant
from tests.web.person import Person
from web.throwaway import throwaway_demo

MEDIA_SECRET = "media-secret-of-the-refusal-tests-only"
STRANGER = "https://elsewhere.example"
STATUS = {error.code: error.http for error in all_errors()}
UNKNOWN_ID = "0190f0e0-0000-7000-8000-000000000000"


@dataclass(frozen=True)
class Town:
    """A running consultation (`session_id`) and the people around it."""

    url: str
    ledger: Path
    clerk: Person
    officer: Person
    kiosk: Person
    other_clerk: Person
    other_officer: Person
    session_id: str

    def session(self) -> dict[str, Any]:
        return dict(self.clerk.get(f"/api/sessions/{self.session_id}").json())

    def audited(self, actor: str) -> list[dict[str, Any]]:
        with sqlite3.connect(self.ledger) as ledger:
            rows = ledger.execute("SELECT body FROM audit_log WHERE actor = ? ORDER BY id", (actor,))
            return [json.loads(body) for (body,) in rows]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    ledger = tmp_path_factory.mktemp("town") / "ledger.db"
    with ExitStack() as stack:
        url = stack.enter_context(
            throwaway_demo(
                log_level="ERROR",
                ledger_url=f"sqlite:///{ledger}",
                media_secret=MEDIA_SECRET,
                offer_timeout_s="300",
                hold_s="600",
            )
        )
        people = {
            name: stack.enter_context(Person(url, account)).go_live()
            for name, account in {
                "clerk": "clerk-grobina",
                "officer": "officer-vsaa-1",
                "kiosk": "kiosk-zeltini",
                "other_clerk": "clerk-adazi",
                "other_officer": "officer-vid-1",
            }.items()
        }
        for officer in (people["officer"], people["other_officer"]):
            assert officer.post("/api/presence", {"choice": "available"}).status_code == 200
        asked = people["clerk"].request("vsaa-pabalsti", workstation_id="zeltini-1")
        assert asked.status_code == 201, asked.text
        session_id = asked.json()["id"]
        offer = people["officer"].wait_for_offer(session_id)
        accepted = people["officer"].post(f"/api/offers/{session_id}/accept", {"version": offer["version"]})
        assert accepted.json() == {"session_id": session_id}
        for person in (people["clerk"], people["officer"]):
            person.wait_for(lambda m: m.get("type") == "session.changed" and m["data"]["id"] == session_id)
        yield Town(url=url, ledger=ledger, session_id=session_id, **people)
        assert people["officer"].post(f"/api/sessions/{session_id}/join").status_code == 200


@pytest.fixture(autouse=True)
def the_session_goes_on(town: Town) -> Iterator[None]:
    yield
    session = town.session()
    assert session["state"] in ("opening", "lobby", "live")
    assert session["ended_at_ms"] is None
    assert town.officer.get(f"/api/sessions/{town.session_id}").json()["state"] == session["state"]
    assert town.clerk.is_live()
    assert town.officer.is_live()


def assert_refused(answer: httpx.Response, code: str, *, field: str | None = None) -> None:
    """The documented code, status and shape, in words for people."""
    problem = answer.json()["error"]
    assert problem["code"] == code
    assert answer.status_code == STATUS[code]
    assert problem.get("field") == field
    assert problem["message"]
    assert problem["hint"]
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert answer.headers["cache-control"] == "no-store"


# ── what was asked for does not exist, or cannot ─────────────────────────────────────────────────


MET = {"without_eid": True, "not_delegated": True}
BY_EID = {"kind": "identified", "personal_code": "020101-00013", "method": "eid"}


@pytest.mark.parametrize(
    ("group", "more", "field"),
    [
        ("vid-iin", {}, "pak_04"),
        ("vid-iin", {"pak_04": MET | {"without_eid": False}}, "pak_04"),
        ("vid-iin", {"pak_04": MET | {"not_delegated": False}}, "pak_04"),
        ("vid-iin", {"pak_04": MET, "client": BY_EID}, "pak_04"),
        ("vsaa-pabalsti", {"pak_04": MET}, "group_id"),
    ],
    ids=["unchecked", "has eid", "delegated", "identified by eid", "another agency"],
)
def test_pak_04_needs_both_conditions_and_vid(town: Town, group: str, more: dict[str, Any], field: str) -> None:
    assert_refused(town.clerk.request(group, pak="PAK_04", **more), "conditions_not_met", field=field)


def test_pak_04_with_both_conditions(town: Town) -> None:
    asked = town.other_clerk.request("vid-iin", pak="PAK_04", pak_04=MET)
    assert asked.status_code == 201, asked.text
    gone = town.other_clerk.post(f"/api/requests/{asked.json()['id']}/withdraw", {"reason": "clerk_cancelled"})
    assert gone.status_code == 200


def test_unknown_group(town: Town) -> None:
    assert_refused(town.clerk.request("vsaa-nekas"), "group_unknown", field="group_id")


@pytest.mark.parametrize("malformed", ["nekas", "1", "0190f0e0", UNKNOWN_ID.replace("7000", "4000"), "%00", "a" * 500])
def test_malformed_id_in_the_address(town: Town, malformed: str) -> None:
    assert_refused(town.clerk.get(f"/api/requests/{malformed}"), "id_malformed")


@pytest.mark.parametrize("field", ["group_id", "officer_id", "workstation_id"])
def test_malformed_id_in_the_body(town: Town, field: str) -> None:
    answer = town.clerk.request(**{"group_id": "vsaa-pabalsti", field: "No Such Šlug'--"})
    assert_refused(answer, "id_malformed", field=field)


def test_unknown_request_and_session(town: Town) -> None:
    assert_refused(town.clerk.get(f"/api/requests/{UNKNOWN_ID}"), "request_unknown")
    assert_refused(town.clerk.get(f"/api/sessions/{UNKNOWN_ID}"), "session_unknown")


def test_unknown_address_and_method(town: Town) -> None:
    assert_refused(town.clerk.get("/api/nothing"), "not_found")
    answer = town.clerk.call("PUT", "/api/requests")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_unknown_field_is_named_and_its_value_is_not_repeated(town: Town) -> None:
    answer = town.clerk.request("vsaa-pabalsti", surprise="secret-value")
    assert_refused(answer, "body_invalid", field="surprise")
    assert "secret-value" not in answer.text


# ── too late, or twice ───────────────────────────────────────────────────────────────────────────


def test_stale_offer_version(town: Town) -> None:
    request_id = town.other_clerk.request("vid-iin").json()["id"]
    offer = town.other_officer.wait_for_offer(request_id)
    accept = f"/api/offers/{request_id}/accept"
    assert_refused(town.other_officer.post(accept, {"version": offer["version"] - 1}), "offer_stale", field="version")
    assert_refused(town.other_officer.post(accept, {"version": offer["version"] + 1}), "offer_stale", field="version")
    # somebody else's offer is none of one's own
    assert town.officer.post(accept, {"version": offer["version"]}).status_code == 409
    withdrawn = town.other_clerk.post(f"/api/requests/{request_id}/withdraw", {"reason": "citizen_left"})
    assert withdrawn.json()["state"] == "withdrawn"
    assert_refused(town.other_officer.post(accept, {"version": offer["version"]}), "offer_gone")


def test_second_use_of_an_authorisation_code(town: Town) -> None:
    authorise = f"/api/sessions/{town.session_id}/authorisation"
    code = town.clerk.post(authorise, {"workstation_id": "zeltini-1", "delivery": "code"}).json()["code"]
    redeem = "/api/authorisations/redeem"
    assert town.kiosk.post(redeem, {"code": code}).status_code == 200
    assert_refused(town.kiosk.post(redeem, {"code": code}), "authorisation_used", field="code")
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    assert_refused(town.kiosk.post(redeem, {"code": wrong}), "authorisation_unknown", field="code")


def test_used_and_invented_tickets(town: Town) -> None:
    used = town.clerk.ticket()
    with connect(town.clerk.live_url(used), origin=town.url) as socket:
        assert json.loads(socket.recv())["t"] == "hello"
    for ticket in (used, "an-invented-ticket-0123456789", "", "x" * 5000):
        with connect(town.clerk.live_url(ticket), origin=town.url) as socket:
            refusal = json.loads(socket.recv(timeout=10))
            assert (refusal["t"], refusal["code"]) == ("error", "token_invalid")
            with pytest.raises(ConnectionClosed) as closed:
                socket.recv(timeout=10)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4401


def test_cookie_that_opens_nothing(town: Town) -> None:
    for cookie in ("", "__Host-klatiene=invented", "klatiene=" + town.clerk.cookie.split("=", 1)[1]):
        assert_refused(town.clerk.get(f"/api/sessions/{town.session_id}", cookie=cookie), "not_signed_in")


def test_signing_out_ends_the_cookie_and_the_ticket(town: Town) -> None:
    with Person(town.url, "clerk-grobina") as leaving:
        ticket = leaving.ticket()
        assert leaving.post("/api/sign-out").status_code == 204
        assert_refused(leaving.get(f"/api/sessions/{town.session_id}"), "not_signed_in")
        with connect(leaving.live_url(ticket), origin=town.url) as socket:
            assert json.loads(socket.recv(timeout=10))["code"] == "token_invalid"


# ── from elsewhere ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("origin", [STRANGER, "null", "", "http://127.0.0.1"])
def test_foreign_origin(town: Town, origin: str) -> None:
    end = f"/api/sessions/{town.session_id}/end"
    assert_refused(town.clerk.post(end, origin=origin), "origin_refused")
    assert_refused(
        town.clerk.post("/api/demo/sign-in", {"account_id": "clerk-grobina"}, origin=origin), "origin_refused"
    )


def test_cross_site_fetch(town: Town) -> None:
    end = f"/api/sessions/{town.session_id}/end"
    assert_refused(town.clerk.post(end, sec_fetch_site="cross-site"), "origin_refused")


@pytest.mark.parametrize("origin", [STRANGER, None])
def test_foreign_origin_of_a_websocket(town: Town, origin: str | None) -> None:
    ticket = town.clerk.ticket()
    with pytest.raises(InvalidStatus) as refused, connect(town.clerk.live_url(ticket), origin=origin):
        pass
    response = refused.value.response
    assert response.status_code == 403
    assert json.loads(response.body)["error"]["code"] == "origin_refused"
    # the ticket was not used up by the stranger
    with connect(town.clerk.live_url(ticket), origin=town.url) as socket:
        assert json.loads(socket.recv())["t"] == "hello"


@pytest.mark.parametrize("token", ["", "invented"])
def test_missing_or_wrong_csrf_token(town: Town, token: str) -> None:
    assert_refused(town.clerk.post(f"/api/sessions/{town.session_id}/end", x_csrf_token=token), "csrf_refused")


def test_csrf_token_of_somebody_else(town: Town) -> None:
    end = f"/api/sessions/{town.session_id}/end"
    assert_refused(town.clerk.post(end, x_csrf_token=town.other_clerk.csrf), "csrf_refused")


# ── too much ─────────────────────────────────────────────────────────────────────────────────────


def test_ten_megabytes(town: Town) -> None:
    assert_refused(town.clerk.request("vsaa-pabalsti", service="x" * 10_000_000), "body_too_large")


def test_ten_megabytes_that_do_not_say_so(town: Town) -> None:
    answer = town.clerk.http.post(
        "/api/requests",
        content=(b"x" * 100_000 for _ in range(100)),
        headers={"cookie": town.clerk.cookie, "x-csrf-token": town.clerk.csrf, "idempotency-key": uuid.uuid4().hex},
    )
    assert_refused(answer, "body_too_large")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b'"text"', b"[" * 50_000])
def test_bodies_that_are_no_request(town: Town, body: bytes) -> None:
    answer = town.clerk.http.post(
        "/api/requests", content=body, headers={"cookie": town.clerk.cookie, "x-csrf-token": town.clerk.csrf}
    )
    assert_refused(answer, "body_invalid")


# ── not theirs ───────────────────────────────────────────────────────────────────────────────────


def moderators_calls(session_id: str, identity: str) -> list[tuple[str, str, str, Any]]:
    """(action in the audit log, method, path, body)"""
    session = f"/api/sessions/{session_id}"
    return [
        ("session.end", "POST", f"{session}/end", {}),
        ("session.mute", "POST", f"{session}/participants/{identity}/mute", {"kind": "audio", "muted": True}),
        ("session.remove", "POST", f"{session}/participants/{identity}/remove", None),
        ("session.revoke", "DELETE", f"{session}/authorisation", None),
    ]


def test_an_officer_is_no_moderator_and_the_attempt_is_audited(town: Town) -> None:
    clerk = town.session()["identity"]
    for action, method, path, body in moderators_calls(town.session_id, clerk):
        assert_refused(town.officer.call(method, path, body), "not_moderator")
        last = town.audited("officer-vsaa-1")[-1]
        assert (last["action"], last["outcome"], last["consultation_id"]) == (action, "not_moderator", town.session_id)


def test_an_officer_authorises_no_workstation(town: Town) -> None:
    body = {"workstation_id": "zeltini-1", "delivery": "code"}
    answer = town.officer.post(f"/api/sessions/{town.session_id}/authorisation", body)
    assert_refused(answer, "not_moderator")
    last = town.audited("officer-vsaa-1")[-1]
    assert (last["action"], last["outcome"]) == ("session.authorise", "not_moderator")


def test_a_workstation_is_no_moderator(town: Town) -> None:
    authorise = f"/api/sessions/{town.session_id}/authorisation"
    town.clerk.post(authorise, {"workstation_id": "zeltini-1", "delivery": "code"})
    assert_refused(town.kiosk.post(f"/api/sessions/{town.session_id}/end", {}), "not_moderator")
    last = town.audited("kiosk-zeltini")[-1]
    assert (last["action"], last["outcome"]) == ("session.end", "not_moderator")


def test_another_clerks_session_is_as_unknown_as_none(town: Town) -> None:
    session = f"/api/sessions/{town.session_id}"
    assert_refused(town.other_clerk.get(session), "session_unknown")
    assert_refused(town.other_clerk.post(f"{session}/join"), "session_unknown")
    assert_refused(town.other_clerk.get(f"{session}/client"), "session_unknown")
    assert_refused(town.other_clerk.get(f"/api/requests/{town.session_id}"), "request_unknown")
    for _, method, path, body in moderators_calls(town.session_id, town.session()["identity"]):
        assert_refused(town.other_clerk.call(method, path, body), "session_unknown")
    assert_refused(town.other_officer.post(f"{session}/leave"), "session_unknown")


def test_another_points_workstation(town: Town) -> None:
    body = {"workstation_id": "adazi-1", "delivery": "code"}
    answer = town.clerk.post(f"/api/sessions/{town.session_id}/authorisation", body)
    assert_refused(answer, "other_point", field="workstation_id")


def test_calls_of_another_role(town: Town) -> None:
    assert_refused(town.officer.request("vsaa-pabalsti"), "not_allowed")
    assert_refused(town.clerk.post("/api/presence", {"choice": "offline"}), "not_allowed")
    assert_refused(town.clerk.get("/api/board"), "not_allowed")
    assert_refused(town.officer.get("/api/cases"), "not_allowed")


# ── the media node ───────────────────────────────────────────────────────────────────────────────


def media_token(town: Town, *, minted_s_ago: int = 0, secret: str = MEDIA_SECRET) -> str:
    return mint_media_grant(
        MediaGrant(identity="c-visitor", room=town.session_id, room_join=True),
        api_key="klatiene",
        secret=secret,
        now_s=int(time.time()) - minted_s_ago,
        ttl_s=60,
        jti=uuid.uuid4().hex,
    )


def test_expired_and_forged_media_tokens(town: Town) -> None:
    media = town.clerk.me["media"]["url"]
    for token in (media_token(town, minted_s_ago=3600), media_token(town, secret="x" * 40), "", "a.b.c"):
        with pytest.raises(InvalidStatus) as refused, connect(f"{media}/rtc?access_token={token}"):
            pass
        assert refused.value.response.status_code == 401


def test_truncated_protobuf_frame(town: Town) -> None:
    media = town.clerk.me["media"]["url"]
    with connect(f"{media}/rtc?access_token={media_token(town)}") as socket:
        assert rtc.SignalResponse.FromString(socket.recv()).WhichOneof("message") == "join"
        whole = rtc.SignalRequest(offer={"type": "offer", "sdp": "v=0\r\n" * 20}).SerializeToString()
        socket.send(whole[: len(whole) // 2])
        while (answer := rtc.SignalResponse.FromString(socket.recv(timeout=10))).WhichOneof(
            "message"
        ) != "request_response":
            pass
        assert answer.request_response.reason == rtc.RequestResponse.Reason.INVALID_REQUEST
        # the connection is still of use
        socket.send(rtc.SignalRequest(ping=1).SerializeToString())
        while rtc.SignalResponse.FromString(socket.recv(timeout=10)).WhichOneof("message") != "pong":
            pass
