"""People are joined while every state system hangs: none of them is on that path."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kernel.clock import ManualClock
from tests.web.person import Person
from tests.web.running import running_house


@contextmanager
def silent() -> Iterator[tuple[str, list[str]]]:
    """(address, who called): takes every connection and never answers."""
    called: list[str] = []
    kept: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def take() -> None:
            while True:
                try:
                    connection, address = listener.accept()
                except OSError:
                    return
                called.append(str(address))
                kept.append(connection)

        thread = threading.Thread(target=take)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", called
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            for each in kept:
                each.close()


def test_joining_asks_no_state_system(tmp_path: Path) -> None:
    with silent() as (url, called):
        systems = {f"{name}_url": url for name in ("avis", "jpp", "state")}
        more = {"oidc_issuer": url, "wsfed_metadata_url": f"{url}/m.xml", "bridge_timeout_s": 30.0}
        with (
            running_house(tmp_path, ManualClock(), node=True, **systems, **more) as house,
            Person(house.url, "clerk-grobina") as clerk,
            Person(house.url, "officer-vsaa-1") as officer,
        ):
            clerk.go_live()
            officer.go_live()
            officer.post("/api/presence", {"choice": "available"})
            # the catalogue is fetched beside everything else, and hangs
            before = list(called)
            made = clerk.request(
                "vsaa-pabalsti", client={"kind": "identified", "personal_code": "030205-00111", "method": "passport"}
            )
            assert made.status_code == 201, made.text
            session_id = made.json()["id"]
            offer = officer.wait_for_offer(session_id)
            officer.post(f"/api/offers/{session_id}/accept", {"version": offer["version"]})
            clerk.wait_for(lambda m: m.get("type") == "session.changed" and m["data"]["id"] == session_id)
            joined = [each.post(f"/api/sessions/{session_id}/join") for each in (clerk, officer)]
            assert [each.status_code for each in joined] == [200, 200]
            assert len(called) - len(before) <= 1
