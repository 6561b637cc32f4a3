"""The generator's data plane and the plain forwarder: two small C files, compiled by gcc when they are first needed."""

from __future__ import annotations

import ctypes
import hashlib
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pylibsrtp
from pylibsrtp import _binding

HERE = Path(__file__).parent
MTU = 1600
_ffi, _lib = _binding.ffi, _binding.lib


@cache
def compiled(name: str, *options: str) -> Path:
    """The program or library made of ``name``; kept in the temporary directory under its content's hash."""
    source = HERE / name
    digest = hashlib.sha256(source.read_bytes() + " ".join(options).encode()).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / "klatiene-bench"
    folder.mkdir(mode=0o700, exist_ok=True)
    made = folder / f"{source.stem}-{digest}"
    if not made.exists():
        unfinished = made.with_suffix(".new")
        subprocess.run(
            ["gcc", "-O2", "-Wall", "-Wextra", "-Werror", *options, str(source), "-o", str(unfinished)], check=True
        )
        unfinished.rename(made)
    return made


@dataclass(frozen=True)
class Counts:
    sent: int
    received: int
    #: by SRTP: replayed, or not made with the key
    refused: int
    send_failed: int
    nacks: int
    key_requests: int
    #: how late the generator itself was on average, in microseconds
    late_us: float


class Plane:
    """Sockets and SRTP sessions in, paced packets out; see ``plane.c``."""

    def __init__(self) -> None:
        self._c = _load()
        self._plane: Any = self._c.plane_new(*(_srtp(name) for name in _CRYPTS))
        self._buffer = ctypes.create_string_buffer(MTU)
        #: C holds their addresses
        self._kept: list[Any] = []

    def leg(self, descriptor: int, rx: Any, tx: Any, *, own_ssrc: int, twcc_id: int = 0) -> int:
        """A connected UDP socket; ``rx`` and ``tx`` are pylibsrtp sessions, or None for bare RTP."""
        self._kept += [rx, tx]
        index = int(self._c.plane_leg(self._plane, descriptor, _session(rx), _session(tx), own_ssrc, twcc_id))
        assert index >= 0, "too many transports"
        return index

    def stream(
        self,
        leg: int,
        *,
        ssrc: int,
        payload_type: int,
        video: bool,
        size: int,
        burst: int,
        hertz: float,
        phase: float,
        twcc_id: int = 0,
        level_id: int = 0,
    ) -> None:
        """``burst`` packets of ``size`` bytes of payload, ``hertz`` times a second."""
        index = self._c.plane_stream(
            self._plane, leg, ssrc, payload_type, int(video), size, burst, hertz, phase, twcc_id, level_id
        )
        assert index >= 0, "too many streams"

    def step(self, seconds: float) -> None:
        self._c.plane_step(self._plane, seconds)

    def sending(self, on: bool) -> None:
        self._c.plane_sending(self._plane, int(on))

    def mark(self) -> None:
        """From here on packets count."""
        self._c.plane_mark(self._plane)

    def others(self) -> Iterator[tuple[int, bytes]]:
        """(transport, datagram) of what is not media."""
        leg = ctypes.c_int()
        while size := self._c.plane_other(self._plane, ctypes.byref(leg), self._buffer):
            yield leg.value, self._buffer.raw[:size]

    def counts(self) -> Counts:
        numbers = (ctypes.c_uint64 * 7)()
        self._c.plane_counts(self._plane, numbers)
        *whole, late_ns = (int(number) for number in numbers)
        return Counts(*whole, late_us=late_ns / 1000)

    def latencies_ms(self) -> list[float]:
        """From send to the kernel's stamp of the arrival, of every packet counted."""
        first = ctypes.POINTER(ctypes.c_float)()
        count = self._c.plane_samples(self._plane, ctypes.byref(first))
        return first[:count]

    def close(self) -> None:
        self._c.plane_free(self._plane)
        self._plane = None


_CRYPTS = ("srtp_protect", "srtp_unprotect", "srtp_protect_rtcp", "srtp_unprotect_rtcp")


def _srtp(name: str) -> ctypes.c_void_p:
    return ctypes.c_void_p(int(_ffi.cast("intptr_t", _ffi.addressof(_lib, name))))


def _session(session: pylibsrtp.Session | None) -> ctypes.c_void_p:
    return ctypes.c_void_p(0 if session is None else int(_ffi.cast("intptr_t", session._srtp[0])))


@cache
def _load() -> Any:
    library = ctypes.CDLL(str(compiled("plane.c", "-shared", "-fPIC")))
    pointer, integer, real = ctypes.c_void_p, ctypes.c_int, ctypes.c_double
    shapes: dict[str, tuple[Any, list[Any]]] = {
        "plane_new": (pointer, [pointer] * 4),
        "plane_free": (None, [pointer]),
        "plane_leg": (integer, [pointer, integer, pointer, pointer, ctypes.c_uint32, integer]),
        "plane_stream": (integer, [pointer, integer, ctypes.c_uint32, *[integer] * 4, real, real, integer, integer]),
        "plane_step": (None, [pointer, real]),
        "plane_sending": (None, [pointer, integer]),
        "plane_mark": (None, [pointer]),
        "plane_counts": (None, [pointer, pointer]),
        "plane_samples": (ctypes.c_uint32, [pointer, pointer]),
        "plane_other": (integer, [pointer, pointer, ctypes.c_char_p]),
    }
    for name, (result, arguments) in shapes.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library
