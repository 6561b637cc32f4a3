"""Personal codes at rest: encrypted where the code itself is needed, a keyed pseudonym everywhere else (DOMAIN §3)."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kernel.private import Private


class VaultSealBroken(Exception):
    """The text was not sealed by this key, or was changed."""


class Vault:
    """AES-256-GCM with a random 96-bit nonce per seal; the purpose is authenticated with the text."""

    def __init__(self, key: str, pepper: str) -> None:
        self._aead = AESGCM(hashlib.sha256(b"klatiene vault\0" + key.encode()).digest())
        self._pepper = hashlib.sha256(b"klatiene pseudonym\0" + pepper.encode()).digest()

    def seal(self, value: Private[str], purpose: str) -> bytes:
        return self.seal_bytes(value.reveal().encode(), purpose)

    def open(self, sealed: bytes, purpose: str) -> Private[str]:
        try:
            return Private(self.open_bytes(sealed, purpose).decode())
        except ValueError:
            raise VaultSealBroken from None

    def seal_bytes(self, content: bytes, purpose: str) -> bytes:
        nonce = secrets.token_bytes(12)
        return nonce + self._aead.encrypt(nonce, content, purpose.encode())

    def open_bytes(self, sealed: bytes, purpose: str) -> bytes:
        try:
            return self._aead.decrypt(sealed[:12], sealed[12:], purpose.encode())
        except (InvalidTag, ValueError):
            raise VaultSealBroken from None

    def pseudonym(self, value: Private[str]) -> str:
        """The same person gives the same 32 hex digits; without the key nobody can try codes out."""
        digits = "".join(character for character in value.reveal() if character.isdigit())
        return hmac.new(self._pepper, digits.encode(), hashlib.sha256).hexdigest()[:32]

    def fingerprint(self, text: str, purpose: str) -> str:
        """64 hex digits that stand for a secret which is long or random enough not to be tried out (a card's token)."""
        return hmac.new(self._pepper, f"{purpose}\0{text}".encode(), hashlib.sha256).hexdigest()
