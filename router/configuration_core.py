"""A change of an agency's directory, applied. Pure.

`propose` gives the agency as it would be; `router.configuration_checks_core` says what is wrong with that,
`router.preview_core` what it would mean, and `router.configuration` commits it.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from typing import Any

import msgspec

from kernel.ids import GroupId, OfficerId
from kernel.messages import Bilingual
from router.changes import (
    ActivateOfficer,
    AgencyDocument,
    Change,
    Configured,
    Document,
    GroupDocument,
    OfficerDocument,
    RetireGroup,
    RuleDocument,
    SaveAgency,
    SaveGroup,
    SaveOfficer,
    SaveRules,
)
from router.model import FlowRule, Group, GroupRules, Officer

_ID = 64


# ── reading ──────────────────────────────────────────────────────────────────────────────────────


def group_document(now: Configured, group_id: GroupId) -> GroupDocument:
    group = now.groups[group_id]
    return GroupDocument(
        name=group.name,
        paks=group.paks,
        open=group.open,
        policy=group.policy,
        offer_timeout_s=group.offer_timeout_s,
        wrap_up_s=group.wrap_up_s,
        rules=group.rules,
        levels={
            officer.id: officer.levels[group_id] for officer in now.officers.values() if group_id in officer.levels
        },
    )


def officer_document(officer: Officer) -> OfficerDocument:
    return OfficerDocument(
        name=officer.name,
        languages=officer.languages,
        skills=officer.skills,
        capacity=officer.capacity,
        levels=officer.levels,
    )


def rule_documents(now: Configured) -> tuple[RuleDocument, ...]:
    ranked = sorted(now.rules, key=lambda rule: rule.rank)
    return tuple(
        RuleDocument(group_id=rule.group_id, pak=rule.pak, service=rule.service, language=rule.language)
        for rule in ranked
    )


def agency_document(now: Configured) -> AgencyDocument:
    return AgencyDocument(channels=now.agency.channels, calendar=now.agency.calendar)


def document_of(now: Configured, change: Change) -> Document | None:
    """What the change would replace, as it stands; None when there is no such thing."""
    match change:
        case SaveGroup(id=group_id) | RetireGroup(id=group_id):
            return group_document(now, group_id) if group_id in now.groups and group_id is not None else None
        case SaveOfficer(id=officer_id) | ActivateOfficer(id=officer_id):
            return officer_document(now.officers[officer_id]) if officer_id in now.officers and officer_id else None
        case SaveRules():
            return rule_documents(now)
        case SaveAgency():
            return agency_document(now)


_ENCODER = msgspec.json.Encoder(order="sorted")


def etag_of(document: Document, *, gone: bool = False) -> str:
    """Names this content; ``gone``: of something retired or inactive."""
    return hashlib.sha256(_ENCODER.encode([document, gone])).hexdigest()[:24]


def etag_now(now: Configured, change: Change) -> str | None:
    document = document_of(now, change)
    if document is None:
        return None
    target = getattr(change, "id", None)
    return etag_of(document, gone=target in now.retired or target in now.inactive)


def changed_fields(before: Document | None, after: Document) -> tuple[str, ...]:
    """Names of what differs, one level into the rules; for the audit log, which holds names only."""
    if isinstance(after, tuple) or isinstance(before, tuple):
        return ("rules",) if before != after else ()
    found = []
    for name in after.__struct_fields__:
        old, new = getattr(before, name, None), getattr(after, name)
        if old == new:
            continue
        if isinstance(new, GroupRules) and isinstance(old, GroupRules):
            found += [f"rules.{each}" for each in new.__struct_fields__ if getattr(old, each) != getattr(new, each)]
        else:
            found.append(name)
    return tuple(found)


# ── applying ─────────────────────────────────────────────────────────────────────────────────────


def propose(now: Configured, change: Change) -> tuple[Configured, str]:
    """The agency with the change applied, however wrong, and the id of what it is about.

    The caller has made sure that what the change names exists.
    """
    match change:
        case SaveGroup(document=document):
            group_id = change.id or GroupId(
                _fresh(now.agency.id, document.name.lv or document.name.en, {*now.groups, *now.taken})
            )
            return _with_group(now, group_id, document), group_id
        case RetireGroup(id=group_id, retire=True):
            emptied = msgspec.structs.replace(group_document(now, group_id), open=False, levels={})
            return _replace(_with_group(now, group_id, emptied), retired=now.retired | {group_id}), group_id
        case RetireGroup(id=group_id):
            return _replace(now, retired=now.retired - {group_id}), group_id
        case SaveOfficer(document=document):
            officer_id = change.id or OfficerId(_numbered(now.agency.id, {*now.officers, *now.taken}))
            return _with_officer(now, officer_id, document), officer_id
        case ActivateOfficer(id=officer_id, active=True):
            return _replace(now, inactive=now.inactive - {officer_id}), officer_id
        case ActivateOfficer(id=officer_id):
            alone = msgspec.structs.replace(now.officers[officer_id], levels={})
            officers = {**now.officers, officer_id: alone}
            return _replace(now, officers=officers, inactive=now.inactive | {officer_id}), officer_id
        case SaveRules(document=document):
            rules = tuple(
                FlowRule(now.agency.id, rule.group_id, rank, rule.pak, rule.service, rule.language)
                for rank, rule in enumerate(document, 1)
            )
            return _replace(now, rules=rules), now.agency.id
        case SaveAgency(document=document):
            agency = msgspec.structs.replace(now.agency, channels=document.channels, calendar=document.calendar)
            return _replace(now, agency=agency), now.agency.id


def _with_group(now: Configured, group_id: GroupId, document: GroupDocument) -> Configured:
    group = Group(
        group_id,
        now.agency.id,
        Bilingual(document.name.lv.strip(), document.name.en.strip()),
        document.paks,
        document.open,
        document.policy,
        document.offer_timeout_s,
        document.wrap_up_s,
        document.rules,
    )
    officers = {}
    for officer_id, officer in now.officers.items():
        levels = {known: level for known, level in officer.levels.items() if known != group_id}
        if officer_id in document.levels:
            levels[group_id] = document.levels[officer_id]
        officers[officer_id] = officer if levels == officer.levels else msgspec.structs.replace(officer, levels=levels)
    return _replace(now, groups={**now.groups, group_id: group}, officers=officers)


def _with_officer(now: Configured, officer_id: OfficerId, document: OfficerDocument) -> Configured:
    known = now.officers.get(officer_id)
    officer = Officer(
        officer_id,
        now.agency.id,
        document.name.strip(),
        document.languages,
        known.simulated if known else False,
        document.levels,
        document.skills,
        document.capacity,
    )
    return _replace(now, officers={**now.officers, officer_id: officer})


def _replace(now: Configured, **changed: Any) -> Configured:
    return msgspec.structs.replace(now, **changed)


def slug(text: str) -> str:
    """``Pabalsti ģimenēm`` → ``pabalsti-gimenem``; empty when nothing is left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def _fresh(prefix: str, name: str, taken: Iterable[str]) -> str:
    used = set(taken)
    base = f"{prefix}-{slug(name) or 'grupa'}"[: _ID - 4].strip("-")
    return next(made for n in range(1, len(used) + 2) if (made := base if n == 1 else f"{base}-{n}") not in used)


def _numbered(prefix: str, taken: Iterable[str]) -> str:
    """Officers are numbered, not named: an id stands in logs and addresses."""
    used = set(taken)
    return next(made for n in range(1, len(used) + 2) if (made := f"{prefix}-{n}") not in used)
