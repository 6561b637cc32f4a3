"""Asks a TURN server for permission to reach peers, and tells what it said (RFC 8656).

``python -m tests.lab.turn_client SERVER PORT USERNAME PASSWORD PEER…`` prints a JSON object: peer → 0 when it was
allowed, else the error code. There is one allocation for each address family.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
import os
import socket
import struct
import sys

COOKIE = 0x2112A442
ALLOCATE, CREATE_PERMISSION, ERROR = 0x0003, 0x0008, 0x0110
USERNAME, INTEGRITY, ERROR_CODE, PEER, REALM, NONCE, FAMILY, TRANSPORT = (
    0x0006,
    0x0008,
    0x0009,
    0x0012,
    0x0014,
    0x0015,
    0x0017,
    0x0019,
)
IPV4, IPV6, UDP = 1, 2, 17


class Client:
    def __init__(self, server: tuple[str, int], username: str, password: str) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.settimeout(3)
        self._socket.connect(server)
        self._username, self._password = username, password
        self._realm = self._nonce = b""

    def allocate(self, family: int) -> int:
        """0, or why not."""
        wanted = [(TRANSPORT, bytes([UDP, 0, 0, 0])), (FAMILY, bytes([family, 0, 0, 0]))]
        return self._request(ALLOCATE, wanted)

    def permit(self, peer: str) -> int:
        return self._request(CREATE_PERMISSION, [], peer)

    def _request(self, method: int, attributes: list[tuple[int, bytes]], peer: str = "") -> int:
        code = self._ask(method, attributes, peer)
        # asked who we are, or with a nonce that has become stale
        return self._ask(method, attributes, peer) if code in (401, 438) else code

    def _ask(self, method: int, attributes: list[tuple[int, bytes]], peer: str) -> int:
        transaction = os.urandom(12)
        if peer:
            attributes = [*attributes, (PEER, _xor_address(peer, transaction))]
        if self._nonce:
            who = [(USERNAME, self._username.encode()), (REALM, self._realm), (NONCE, self._nonce)]
            attributes = [*attributes, *who]
        body = b"".join(_attribute(kind, value) for kind, value in attributes)
        if self._nonce:
            key = hashlib.md5(b":".join([self._username.encode(), self._realm, self._password.encode()])).digest()
            head = struct.pack("!HHI", method, len(body) + 24, COOKIE) + transaction
            body += _attribute(INTEGRITY, hmac.new(key, head + body, hashlib.sha1).digest())
        self._socket.send(struct.pack("!HHI", method, len(body), COOKIE) + transaction + body)
        return self._read(self._socket.recv(2048))

    def _read(self, reply: bytes) -> int:
        kind, position, code = struct.unpack("!H", reply[:2])[0], 20, 0
        while position + 4 <= len(reply):
            name, size = struct.unpack_from("!HH", reply, position)
            value = reply[position + 4 : position + 4 + size]
            if name == ERROR_CODE:
                code = (value[2] & 7) * 100 + value[3]
            elif name == REALM:
                self._realm = value
            elif name == NONCE:
                self._nonce = value
            position += 4 + (size + 3) // 4 * 4
        return code if kind & ERROR == ERROR else 0


def _xor_address(peer: str, transaction: bytes) -> bytes:
    address = ipaddress.ip_address(peer)
    mask = struct.pack("!I", COOKIE) + transaction
    family = IPV4 if address.version == 4 else IPV6
    mixed = bytes(one ^ other for one, other in zip(address.packed, mask, strict=False))
    return struct.pack("!BBH", 0, family, 9 ^ (COOKIE >> 16)) + mixed


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def main() -> None:
    host, port, username, password, *peers = sys.argv[1:]
    answers = {}
    clients: dict[int, tuple[Client, int]] = {}
    for peer in peers:
        family = IPV4 if ipaddress.ip_address(peer).version == 4 else IPV6
        if family not in clients:
            client = Client((host, int(port)), username, password)
            clients[family] = client, client.allocate(family)
        client, refused = clients[family]
        answers[peer] = refused or client.permit(peer)
    print(json.dumps(answers))


if __name__ == "__main__":
    main()
