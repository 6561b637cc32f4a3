"""What an index says differently from the ledger. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from kernel.ids import ConsultationId, GroupId, OfficerId
from router.core import AgencyCore
from router.model import RequestState


class Stands(NamedTuple):
    """An open request in the ledger: waiting, or with an officer; and its place."""

    officer_id: OfficerId | None
    version: int
    group_id: GroupId
    score: int


class Difference(NamedTuple):
    """``what``:

    - ``missing``: open in the ledger, not in the index;
    - ``extra``: in the index, not open in the ledger;
    - ``accepted``: the ledger says that the officer has it, the index does not;
    - ``unclaimed``: the index says that the officer has it, the ledger does not;
    - ``amended``: it waits in another group, or at another place, than the ledger says;
    - ``released``: the officer is in a session that the ledger knows to be over.
    """

    what: str
    consultation_id: ConsultationId
    officer_id: OfficerId | None = None


def differences(core: AgencyCore, ledger: Mapping[ConsultationId, Stands]) -> frozenset[Difference]:
    found: set[Difference] = set()
    for consultation_id, stands in ledger.items():
        request = core.requests.get(consultation_id)
        if request is None:
            found.add(Difference("missing", consultation_id))
        elif stands.officer_id is not None:
            if request.state is not RequestState.ACCEPTED or request.officer_id != stands.officer_id:
                found.add(Difference("accepted", consultation_id, stands.officer_id))
        elif request.state is RequestState.ACCEPTED:
            found.add(Difference("unclaimed", consultation_id, request.officer_id))
        elif (request.group_id, request.score) != (stands.group_id, stands.score):
            found.add(Difference("amended", consultation_id))
    found.update(Difference("extra", each) for each in core.requests if each not in ledger)
    for officer_id, lease in core.leases.items():
        for slot in lease.slots:
            gone = slot.consultation_id not in ledger and slot.consultation_id not in core.requests
            if slot.wrap_s is None and gone:
                found.add(Difference("released", slot.consultation_id, officer_id))
    return frozenset(found)
