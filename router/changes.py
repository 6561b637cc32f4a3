"""What an agency's administrator may change, as it travels: documents, the changes that carry them, what comes back.

A document is whole: saving replaces what it describes. ``etag`` names the state that the administrator saw; a change
that was made from an older state is refused, so that nobody overwrites what they have not seen. None: it is new.
"""

from __future__ import annotations

import msgspec

from kernel.ids import GroupId, OfficerId
from kernel.messages import Bilingual, RequestFacts
from router.model import Agency, Calendar, ChoicePolicy, FlowRule, Group, GroupRules, Officer

# ── documents ────────────────────────────────────────────────────────────────────────────────────


class GroupDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Bilingual
    paks: tuple[str, ...]
    open: bool = True
    policy: ChoicePolicy = ChoicePolicy.LONGEST_IDLE
    #: seconds; None: as the installation has it
    offer_timeout_s: float | None = None
    wrap_up_s: float | None = None
    rules: GroupRules = GroupRules()
    #: the members with their levels
    levels: dict[OfficerId, int] = {}


class OfficerDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    languages: tuple[str, ...] = ("lv",)
    skills: tuple[str, ...] = ()
    capacity: int = 1
    levels: dict[GroupId, int] = {}


class RuleDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """None matches anything; the rule's place in the list is its rank."""

    group_id: GroupId
    pak: str | None = None
    service: str | None = None
    language: str | None = None


class AgencyDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    channels: int | None = None
    calendar: Calendar | None = None


Document = GroupDocument | OfficerDocument | tuple[RuleDocument, ...] | AgencyDocument


# ── changes ──────────────────────────────────────────────────────────────────────────────────────


class SaveGroup(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="group"):
    document: GroupDocument
    id: GroupId | None = None
    etag: str | None = None


class RetireGroup(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="group_retire"
):
    """The group leaves every list; what it did stays in the records. ``retire`` False brings it back, closed."""

    id: GroupId
    etag: str
    retire: bool = True


class SaveOfficer(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="officer"
):
    document: OfficerDocument
    id: OfficerId | None = None
    etag: str | None = None


class ActivateOfficer(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="officer_active"
):
    """``active`` False: out of every group, signed out, no signing in. True: may sign in again, in no group yet."""

    id: OfficerId
    etag: str
    active: bool


class SaveRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="rules"):
    document: tuple[RuleDocument, ...]
    etag: str


class SaveAgency(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="agency"):
    document: AgencyDocument
    etag: str


Change = SaveGroup | RetireGroup | SaveOfficer | ActivateOfficer | SaveRules | SaveAgency


# ── the whole, and what depends on it ────────────────────────────────────────────────────────────


class Configured(msgspec.Struct, frozen=True, kw_only=True):
    """One agency as its administrator sees it. ``groups`` and ``officers`` hold the retired and the inactive too."""

    agency: Agency
    groups: dict[GroupId, Group]
    officers: dict[OfficerId, Officer]
    rules: tuple[FlowRule, ...] = ()
    retired: frozenset[GroupId] = frozenset()
    inactive: frozenset[OfficerId] = frozenset()
    #: names of groups and officers that are used elsewhere
    taken: frozenset[str] = frozenset()
    #: grows with every change of the agency's directory
    version: int = 0


class InUse(msgspec.Struct, frozen=True, kw_only=True):
    """What goes on at the agency right now."""

    waiting: tuple[RequestFacts, ...] = ()
    #: sessions by group
    running: dict[GroupId, int] = {}
    #: officers in a session
    working: frozenset[OfficerId] = frozenset()
    #: officers whose console is open
    signed_in: frozenset[OfficerId] = frozenset()


class Consequence(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a change means. ``code``: see `router.preview_core`; ``values`` fill the text of the code."""

    code: str
    warning: bool = False
    values: dict[str, int | float | str | Bilingual] = {}
    #: people or groups by name
    names: tuple[str | Bilingual, ...] = ()


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What would happen. With problems nothing would: the change cannot be made yet."""

    problems: dict[str, str]
    consequences: list[Consequence]


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A change that is in the ledger: what it is about, as it stands now."""

    id: str
    etag: str
    version: int


#: field path → code, for example ``rules.rings.1.after_s`` → ``not_increasing``
Problems = dict[str, str]
