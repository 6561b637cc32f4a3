"""A case as a line of a table that people take along. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from casework.fold import read_parts
from casework.indicators_core import RIGA

HEADERS = (
    "Sākums",
    "Pakalpojums",
    "Iestāde",
    "Kompetenču grupa",
    "Speciālists",
    "Kontaktpunkts",
    "Darbinieks",
    "Gaidīšana (s)",
    "Ilgums (s)",
    "Savienots",
    "Rezultāts",
    "Piezīme",
    "Kanāls",
    "Valoda",
    "Pakalpojums katalogā",
    "Identifikācija",
    "Citi speciālisti",
    "Apmācība",
)
_OUTCOMES = {
    "solved": "atrisināts",
    "partly": "daļēji atrisināts",
    "not_sufficient": "nepietiek",
    "referred": "nosūtīts tālāk",
    "abandoned": "nav notikusi",
}
_CHANNELS = {"video": "video", "in_person": "klātienē", "phone": "pa tālruni", "written": "rakstiski"}
_IDENTIFIED = {
    "none": "nav",
    "passport": "pase",
    "id_card": "personas apliecība",
    "eid": "eID",
    "driving_licence": "vadītāja apliecība",
}


def export_row(row: dict[str, Any]) -> list[Any]:
    """Times as they are on the wall in Riga."""
    parts = read_parts(row.get("parts"))
    started = datetime.fromtimestamp(row["started_ms"] / 1000, UTC).astimezone(RIGA)
    return [
        started.replace(tzinfo=None, second=0, microsecond=0),
        row["pak"],
        row["agency_id"].upper(),
        row["group_name"],
        row["officer_name"],
        row["point_name"],
        row["clerk_name"],
        row["wait_s"],
        "" if row["duration_s"] is None else row["duration_s"],
        "jā" if row["connected"] else "nē",
        _OUTCOMES.get(row["outcome"], ""),
        row["note"],
        _CHANNELS.get(row["channel"], row["channel"]),
        row["language"],
        row["service"] or "",
        _IDENTIFIED.get(row["identification"] or "", ""),
        "; ".join(f"{each.officer_name} ({each.agency_id.upper()})" for each in parts.officials[1:]),
        "" if parts.trained is None else f"{parts.trained} ({'patstāvīgi' if parts.alone else 'vēl ne patstāvīgi'})",
    ]
