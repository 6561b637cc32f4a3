"""The selftest's report: steps in order, the first that failed, as text and as JSON. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Step:
    """``ms``: how long the step took."""

    name: str
    ok: bool
    ms: float
    detail: str = ""


@dataclass(slots=True)
class Report:
    url: str
    steps: list[Step] = field(default_factory=list)
    #: from the officer's accept to the first remote picture at clerk and officer, the slower of the two
    first_frame_ms: float | None = None

    @property
    def failed(self) -> str | None:
        return next((step.name for step in self.steps if not step.ok), None)

    @property
    def exit_code(self) -> int:
        """0 only when there were steps and every one held."""
        return 0 if self.steps and self.failed is None else 1

    def as_json(self) -> str:
        return json.dumps(
            {
                "ok": self.exit_code == 0,
                "url": self.url,
                "failed": self.failed,
                "first_frame_ms": self.first_frame_ms,
                "steps": [asdict(step) for step in self.steps],
            },
            ensure_ascii=False,
        )

    def conclusion(self) -> str:
        if self.failed is not None:
            return f"FAILED at: {self.failed}"
        if not self.steps:
            return "FAILED: nothing was tested"
        frame = "" if self.first_frame_ms is None else f"; first picture {self.first_frame_ms:.0f} ms after accept"
        return f"Everything held: {len(self.steps)} steps{frame}."


def address(url: str) -> str:
    """Scheme, host and port of what people paste, be it a role's whole address.

    ``*.localhost`` is this machine (RFC 6761): browsers know that, many resolvers do not.
    """
    parts = urlsplit(url)
    host = parts.netloc
    if (parts.hostname or "").endswith(".localhost"):
        host = "127.0.0.1" if parts.port is None else f"127.0.0.1:{parts.port}"
    return f"{parts.scheme}://{host}" if parts.scheme and host else url


def line(step: Step) -> str:
    """One line for people: a mark, the name, the time, what was seen."""
    mark = "ok  " if step.ok else "FAIL"
    detail = f"  {step.detail}" if step.detail else ""
    return f"{mark}  {step.name:<38} {step.ms:>8.0f} ms{detail}"
