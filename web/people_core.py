"""A table of people who sign in by the state's sign-on, read row by row. Pure.

Columns: ``identifier`` (VPM's grammar), ``account``, and for an account that is to be made ``role``, ``name``,
``agency`` or ``point``. A row that cannot be read is reported by its number and what is wrong; it names nobody.
"""

from __future__ import annotations

import csv
import io

import msgspec

from kernel.errors import IdMalformed
from kernel.ids import parse_slug
from kernel.messages import Role
from kernel.private import Private
from kernel.sign_on_errors import SignOnIdentifier
from portal_bridge.vpm_core import parse_identifier

COLUMNS = ("identifier", "account", "role", "name", "agency", "point")
#: who is given a role here; officers come with their agency's configuration, citizens by themselves
MADE = {
    Role.CLERK: "point",
    Role.SUPERVISOR: "agency",
    Role.AGENCY_ADMINISTRATOR: "agency",
    Role.NETWORK_MANAGER: "",
    Role.AVIS_ADMINISTRATOR: "",
}


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """``role`` None: the account is there already."""

    number: int
    identifier: Private[str]
    account: str
    role: Role | None = None
    name: str = ""
    agency: str = ""
    point: str = ""


def read_people(table: str) -> tuple[list[Row], list[tuple[int, str]]]:
    """(rows, what is wrong: row number, the header being 1, and column)."""
    reader = csv.DictReader(io.StringIO(table))
    if not {"identifier", "account"} <= set(reader.fieldnames or ()):
        return [], [(1, "identifier, account")]
    rows: list[Row] = []
    wrong: list[tuple[int, str]] = []
    for number, line in enumerate(reader, 2):
        given = {name: (line.get(name) or "").strip() for name in COLUMNS}
        if problem := _problem(given):
            wrong.append((number, problem))
            continue
        role = Role(given["role"]) if given["role"] else None
        more = {name: given[name] for name in ("account", "name", "agency", "point")}
        rows.append(Row(number=number, identifier=Private(given["identifier"]), role=role, **more))
    return rows, wrong


def _problem(given: dict[str, str]) -> str:
    """The column that is wrong, or empty."""
    try:
        subject = parse_identifier(given["identifier"])
        parse_slug(given["account"])
    except SignOnIdentifier:
        return "identifier"
    except IdMalformed:
        return "account"
    if subject.capacity == "system":
        return "identifier"
    if not given["role"]:
        return ""
    roles = {role.value: place for role, place in MADE.items()}
    if given["role"] not in roles:
        return "role"
    if not given["name"]:
        return "name"
    place = roles[given["role"]]
    return place if place and not given[place] else ""
