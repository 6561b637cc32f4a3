"""The contract of ``/avis`` as OpenAPI 3.1."""

from __future__ import annotations

from typing import Any

from avis_bridge.api import CALLS
from avis_bridge.model import Instruction
from avis_bridge.recipients import MeansAnswer, ProgrammesAnswer, RecipientAnswer, UsedAnswer
from avis_bridge.till_model import Quote, Reversal, Sale, Visit
from kernel.openapi import Operation, contract

_ANSWERS: dict[tuple[str, str], type[Any]] = {
    ("POST", "/v1/identify"): Visit,
    ("POST", "/v1/quotes"): Quote,
    ("POST", "/v1/transactions"): Sale,
    ("POST", "/v1/transactions/{id}/reversals"): Reversal,
    ("PUT", "/v1/instructions/{id}"): Instruction,
    ("POST", "/recipients/benefits"): RecipientAnswer,
    ("POST", "/recipients/means"): MeansAnswer,
    ("POST", "/recipients/means/register"): MeansAnswer,
    ("POST", "/recipients/means/state"): MeansAnswer,
    ("POST", "/recipients/transactions"): UsedAnswer,
    ("POST", "/recipients/programmes"): ProgrammesAnswer,
    ("POST", "/recipients/programmes/enrol"): ProgrammesAnswer,
}
_KEYED = ("/v1/transactions", "/v1/transactions/{id}/reversals")


def document() -> dict[str, Any]:
    return contract(
        "AVIS",
        "/avis",
        [
            Operation(
                method=method,
                path=path,
                name=handler.__name__,
                description=f"For systems of kind: {', '.join(sorted(kinds))}.",
                body=body,
                answer=_ANSWERS.get((method, path)),
                keyed=path in _KEYED,
            )
            for method, path, handler, body, kinds in CALLS
        ],
    )
