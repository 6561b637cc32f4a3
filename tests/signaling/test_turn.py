from __future__ import annotations

import base64
import hashlib
import hmac

from signaling.turn import Turn
from tests.signaling.running import Signal, running_node

URLS = ("turns:turn.example:443?transport=tcp", "turn:turn.example:3478?transport=udp")
SECRET = "a-secret-shared-with-the-turn-server"


def test_a_credential_names_its_end_and_is_signed() -> None:
    (server,) = Turn(URLS, SECRET).ice_servers("ann", now_s=1_000_000.5)
    assert tuple(server.urls) == URLS
    assert server.username == "1003600:ann"
    signature = hmac.new(SECRET.encode(), b"1003600:ann", hashlib.sha1).digest()
    assert base64.b64decode(server.credential) == signature


def test_without_a_server_there_is_nothing_to_say() -> None:
    assert Turn().ice_servers("ann", now_s=0.0) == []


async def test_who_joins_and_who_comes_back_is_told() -> None:
    async with running_node(turn=Turn(URLS, SECRET)) as node, Signal(node, "ann") as ann:
        (told,) = ann.joined.ice_servers
        assert told.username.endswith(":ann")
        async with Signal(node, "ann", resume=ann.sid) as again:
            (fresh,) = (await again.until("reconnect")).ice_servers
            assert tuple(fresh.urls) == URLS
