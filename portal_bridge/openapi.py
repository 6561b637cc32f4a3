"""The contract of ``/registers`` as OpenAPI 3.1: the register of powers of attorney."""

from __future__ import annotations

from typing import Any

from kernel.openapi import Operation, contract
from portal_bridge.jpp_api import CALLS


def document() -> dict[str, Any]:
    return contract(
        "JPP",
        "/registers",
        [
            Operation(
                method="POST",
                path=path,
                name=handler.__name__,
                description="For the notaries' system." if notary else "For state systems, with purpose and session.",
                body=body,
                answer=answer,
            )
            for path, handler, body, answer, notary in CALLS
        ],
    )
