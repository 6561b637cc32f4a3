"""Who the client is, checked in the session itself."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from consultation import identity_core
from kernel.messages import ClientKind, Pak
from kernel.session_errors import ConditionsNotMet
from tests.consultation.test_core import with_client


@pytest.mark.parametrize(
    ("method", "level"), [("eid", "high"), ("passport", "substantial"), ("driving_licence", "low")]
)
def test_what_a_document_is_worth(method: str, level: str) -> None:
    session = with_client()
    facts = replace(session.facts, client_kind=ClientKind.IDENTIFIED, client_ref="a1", client_method=method)
    identity_core.identify(session, facts, 9_000)
    assert session.verified is not None
    assert (session.verified.level, session.verified.at_ms) == (level, 9_000)


def test_who_shows_an_eid_can_apply_for_it_alone() -> None:
    """PAK_04 is for clients without e-identification, also when the eID is shown only in the session."""
    session = with_client()
    session.facts = replace(session.facts, pak=Pak.PAK_04)
    known = replace(session.facts, client_kind=ClientKind.IDENTIFIED, client_ref="a1")
    with pytest.raises(ConditionsNotMet):
        identity_core.identify(session, replace(known, client_method="eid"), 9_000)
    assert session.verified is None
    identity_core.identify(session, replace(known, client_method="passport"), 9_100)
    assert session.verified is not None
