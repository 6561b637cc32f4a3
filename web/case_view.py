"""A row of the clerk's register. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from casework.fold import Parts, read_parts, result_of
from kernel.ids import WorkstationId
from kernel.messages import ClientKind
from web.session_view import client_label


def view(
    row: Mapping[str, Any], agency_name: Callable[[str], str], workstation_name: Callable[[WorkstationId], str | None]
) -> dict[str, Any]:
    """``CaseRow`` of docs/api.md from a row of casework."""
    workstation_id = row["workstation_id"]
    return {
        "id": row["id"],
        "session_id": row["id"],
        "pak": row["pak"],
        "agency_id": row["agency_id"],
        "agency_name": agency_name(row["agency_id"]),
        "group_name": row["group_name"],
        "officer_name": row["officer_name"],
        "point_name": row["point_name"],
        "clerk_name": row["clerk_name"],
        "workstation_name": workstation_name(workstation_id) if workstation_id else None,
        "started_at_ms": row["started_ms"],
        "duration_s": row["duration_s"],
        "wait_s": row["wait_s"],
        "connected": row["connected"],
        "outcome": row["outcome"],
        "client_label": client_label(ClientKind(row["client_kind"]), row["client_ref"])["label"],
        "acting_for": row["acting_for"],
        "note": row["note"],
        "source": row["source"],
        "channel": row["channel"],
        "language": row["language"],
        "service": row["service"],
        "identification": row["identification"],
        "minutes": row["minutes"],
        "stop_id": row["stop_id"],
        "version": row["version"],
        **_parts(read_parts(row["parts"]), agency_name),
    }


def _parts(parts: Parts, agency_name: Callable[[str], str]) -> dict[str, Any]:
    """Who had a part, from when to when, with what result; what was taught; what was lent of the workstation."""
    return {
        "officials": [
            {
                "name": each.officer_name,
                "agency_name": agency_name(each.agency_id),
                "kind": each.kind,
                "from_ms": each.from_ms,
                "to_ms": each.to_ms,
                "outcome": result_of(parts, each),
            }
            for each in parts.officials
        ],
        "training": None if parts.trained is None else {"service": parts.trained, "alone": bool(parts.alone)},
        "lent": [
            {"name": each.officer_name, "level": each.level, "from_ms": each.from_ms, "to_ms": each.to_ms}
            for each in parts.lent
        ],
        "via": parts.via or None,
    }
