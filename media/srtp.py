"""SRTP in place: the one door to pylibsrtp's private binding.

The public API copies every packet twice and makes a new object of it. Here a packet is protected where it lies in a
buffer that the socket shares. Private names used: ``pylibsrtp._binding.ffi``, ``.lib.srtp_protect``,
``.lib.srtp_unprotect``, ``Session._srtp`` (a canary test fails first when an upgrade moves them); without them the
public API does the same, only dearer. What arrives is copied once, out of the buffer, when it is authentic.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import pylibsrtp

try:
    from pylibsrtp._binding import ffi as _ffi
    from pylibsrtp._binding import lib as _lib
except ImportError:  # pragma: no cover  (an upgrade; the canary test says so)
    _ffi = _lib = None

#: what protection may add (SRTP_MAX_TRAILER_LEN)
TRAILER = 144


class SrtpKey:
    """One direction of one peer's keys."""

    __slots__ = ("handle", "session")

    def __init__(self, session: pylibsrtp.Session) -> None:
        self.session: Any = session
        cell = getattr(session, "_srtp", None)
        self.handle: Any = None if cell is None else cell[0]


class Cipher(ABC):
    """Works on slots of one buffer, ``stride`` bytes each; sizes in bytes."""

    @abstractmethod
    def protect(self, key: SrtpKey, slot: int, size: int) -> int:
        """The size of what lies in the slot then; 0 when it was refused."""

    @abstractmethod
    def unprotect(self, key: SrtpKey, slot: int, size: int) -> bytes | None:
        """The packet in clear; None when it was refused."""


class InPlaceCipher(Cipher):
    def __init__(self, buffer: bytearray, stride: int) -> None:
        base = _ffi.from_buffer("char[]", buffer)
        self._slots = [base + stride * slot for slot in range(len(buffer) // stride)]
        self._size = _ffi.new("int *")
        self._protect = _lib.srtp_protect
        self._unprotect = _lib.srtp_unprotect
        self._copy = _ffi.unpack

    def protect(self, key: SrtpKey, slot: int, size: int) -> int:
        length = self._size
        length[0] = size
        return 0 if self._protect(key.handle, self._slots[slot], length) else length[0]

    def unprotect(self, key: SrtpKey, slot: int, size: int) -> bytes | None:
        length, place = self._size, self._slots[slot]
        length[0] = size
        if self._unprotect(key.handle, place, length):
            return None
        plain: bytes = self._copy(place, length[0])
        return plain


class CopyingCipher(Cipher):
    """The same by pylibsrtp's public API."""

    def __init__(self, buffer: bytearray, stride: int) -> None:
        self._view = memoryview(buffer)
        self._stride = stride

    def protect(self, key: SrtpKey, slot: int, size: int) -> int:
        protected, at = self._apply(key.session.protect, slot, size), slot * self._stride
        if protected is None:
            return 0
        self._view[at : at + len(protected)] = protected
        return len(protected)

    def unprotect(self, key: SrtpKey, slot: int, size: int) -> bytes | None:
        return self._apply(key.session.unprotect, slot, size)

    def _apply(self, change: Any, slot: int, size: int) -> bytes | None:
        at = slot * self._stride
        try:
            changed: bytes = change(bytes(self._view[at : at + size]))
        except (pylibsrtp.Error, TypeError, ValueError):
            return None
        return changed


def cipher_for(buffer: bytearray, stride: int) -> Cipher:
    return CopyingCipher(buffer, stride) if _lib is None else InPlaceCipher(buffer, stride)
