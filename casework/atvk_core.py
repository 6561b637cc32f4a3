"""Municipalities by their code in the classifier of administrative territories (ATVK), as of July 2025. Pure.

A code is valid from a day and perhaps to a day: a point that stood in a territory which was merged since is still found
in the reports of its time. Regions other than Rīga's are to be checked against Cabinet regulation 418/2021
(docs/limits.md).
"""

from __future__ import annotations

from typing import NamedTuple

REFORM = "2021-07-01"


class Territory(NamedTuple):
    """``valid_to``: the last day, or empty."""

    code: str
    name: str
    region: str
    valid_from: str = REFORM
    valid_to: str = ""


R, K, L, V, Z = "Rīgas", "Kurzemes", "Latgales", "Vidzemes", "Zemgales"
REGIONS = {each: f"{each} plānošanas reģions" for each in (R, K, L, V, Z)}

TERRITORIES = (
    Territory("LV0001000", "Rīga", R),
    Territory("LV0002000", "Daugavpils", L),
    Territory("LV0003000", "Jelgava", Z),
    Territory("LV0004000", "Jūrmala", R),
    Territory("LV0005000", "Liepāja", K),
    Territory("LV0006000", "Rēzekne", L),
    Territory("LV0007000", "Ventspils", K),
    Territory("LV0020000", "Aizkraukles novads", Z),
    Territory("LV0021000", "Alūksnes novads", V),
    Territory("LV0022000", "Augšdaugavas novads", L),
    Territory("LV0023000", "Ādažu novads", R),
    Territory("LV0024000", "Balvu novads", L),
    Territory("LV0025000", "Bauskas novads", Z),
    Territory("LV0026000", "Cēsu novads", V),
    Territory("LV0027000", "Dienvidkurzemes novads", K),
    Territory("LV0028000", "Dobeles novads", Z),
    Territory("LV0029000", "Gulbenes novads", V),
    Territory("LV0030000", "Jelgavas novads", Z),
    Territory("LV0031000", "Jēkabpils novads", Z),
    Territory("LV0032000", "Krāslavas novads", L),
    Territory("LV0033000", "Kuldīgas novads", K),
    Territory("LV0034000", "Ķekavas novads", R),
    Territory("LV0035000", "Limbažu novads", V),
    Territory("LV0036000", "Līvānu novads", L),
    Territory("LV0037000", "Ludzas novads", L),
    Territory("LV0038000", "Madonas novads", V),
    Territory("LV0039000", "Mārupes novads", R),
    Territory("LV0040000", "Ogres novads", V),
    Territory("LV0041000", "Olaines novads", R),
    Territory("LV0042000", "Preiļu novads", L),
    Territory("LV0043000", "Rēzeknes novads", L),
    Territory("LV0044000", "Ropažu novads", R),
    Territory("LV0045000", "Salaspils novads", R),
    Territory("LV0046000", "Saldus novads", K),
    Territory("LV0047000", "Saulkrastu novads", V),
    Territory("LV0048000", "Siguldas novads", R),
    Territory("LV0049000", "Smiltenes novads", V),
    Territory("LV0051000", "Talsu novads", K),
    Territory("LV0052000", "Tukuma novads", Z),
    Territory("LV0053000", "Valkas novads", V),
    Territory("LV0054000", "Valmieras novads", V),
    Territory("LV0055000", "Varakļānu novads", V, valid_to="2025-06-30"),
    Territory("LV0056000", "Ventspils novads", K),
)

_BY_CODE = {territory.code: territory for territory in TERRITORIES}


def territory(code: str, day: str) -> Territory | None:
    """The territory that had this code on that day."""
    found = _BY_CODE.get(code)
    if found is None or day < found.valid_from or (found.valid_to and day > found.valid_to):
        return None
    return found


def region_of(code: str) -> str:
    """The planning region's name, also of a territory that is no more; empty for an unknown code."""
    found = _BY_CODE.get(code)
    return REGIONS[found.region] if found else ""
