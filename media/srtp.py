"""SRTP in place: the one door to pylibsrtp's private binding.

The public API copies every packet twice and makes a new object of it. Here a packet is protected where it lies in a
buffer that the socket shares. Private names used: ``pylibsrtp._binding.ffi``, ``.lib.srtp_protect``,
``.lib.srtp_unprotect``, ``Session._srtp`` (a canary test fails first when an upgrade moves them); without them the
public API does the same, only dearer.
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
    """Works on slots of one buffer, ``stride`` bytes each; sizes in bytes, 0 means refused."""

    @abstractmethod
    def protect(self, key: SrtpKey, slot: int, size: int) -> int: ...

    @abstractmethod
    def unprotect(self, key: SrtpKey, slot: int, size: int) -> int: ...


class InPlaceCipher(Cipher):
    def __init__(self, buffer: bytearray, stride: int) -> None:
        base = _ffi.from_buffer("char[]", buffer)
        self._slots = [base + stride * slot for slot in range(len(buffer) // stride)]
        self._size = _ffi.new("int *")
        self._protect = _lib.srtp_protect
        self._unprotect = _lib.srtp_unprotect

    def protect(self, key: SrtpKey, slot: int, size: int) -> int:
        length = self._size
        length[0] = size
        return 0 if self._protect(key.handle, self._slots[slot], length) else length[0]

    def unprotect(self, key: SrtpKey, slot: int, size: int) -> int:
        length = self._size
        length[0] = size
        return 0 if self._unprotect(key.handle, self._slots[slot], length) else length[0]


class CopyingCipher(Cipher):
    """The same by pylibsrtp's public API."""

    def __init__(self, buffer: bytearray, stride: int) -> None:
        self._view = memoryview(buffer)
        self._stride = stride

    def protect(self, key: SrtpKey, slot: int, size: int) -> int:
        return self._apply(key.session.protect, slot, size)

    def unprotect(self, key: SrtpKey, slot: int, size: int) -> int:
        return self._apply(key.session.unprotect, slot, size)

    def _apply(self, change: Any, slot: int, size: int) -> int:
        at = slot * self._stride
        try:
            changed = change(bytes(self._view[at : at + size]))
        except (pylibsrtp.Error, TypeError, ValueError):
            return 0
        self._view[at : at + len(changed)] = changed
        return len(changed)


def cipher_for(buffer: bytearray, stride: int) -> Cipher:
    return CopyingCipher(buffer, stride) if _lib is None else InPlaceCipher(buffer, stride)
