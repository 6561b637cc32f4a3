"""Credentials for a TURN server that shares a secret with us (the REST API for TURN, as coturn implements it).

The user name is when it ends and whose it is, the password its HMAC-SHA1 under the shared secret: the TURN server needs
no list of users, and a credential that leaks is soon worthless. SHA1 is the scheme's, not a choice of ours.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import Any

from livekit.protocol import rtc

#: longer than any token to join, short enough to be useless to whoever finds it later
TTL_S = 3600


@dataclass(frozen=True)
class Turn:
    """``urls`` like ``turns:turn.example:443?transport=tcp``; no urls, no TURN."""

    urls: tuple[str, ...] = ()
    secret: str = ""

    def ice_servers(self, identity: str, now_s: float) -> list[Any]:
        """`ICEServer` messages for one participant, good for an hour."""
        if not self.urls:
            return []
        username = f"{int(now_s) + TTL_S}:{identity}"
        digest = hmac.new(self.secret.encode(), username.encode(), hashlib.sha1).digest()
        credential = base64.b64encode(digest).decode()
        return [rtc.ICEServer(urls=self.urls, username=username, credential=credential)]
