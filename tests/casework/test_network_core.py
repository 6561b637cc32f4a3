from __future__ import annotations

import msgspec
import pytest

from casework.atvk_core import TERRITORIES, region_of, territory
from casework.network_core import (
    Details,
    Hours,
    Placed,
    Point,
    Stop,
    TableUnreadable,
    hours_of,
    hours_text,
    placed_anew,
    problems_of,
    read_table,
    stop_today,
)

GROBINA = Point(id="grobina", name="Grobiņas VPVKAC", kind="centre", atvk="LV0027000")


def test_a_territory_has_its_time() -> None:
    assert len(TERRITORIES) == 43
    assert territory("LV0055000", "2025-06-30") is not None
    assert territory("LV0055000", "2025-07-01") is None
    assert territory("LV0038000", "2026-01-01") is not None
    assert territory("LV9999999", "2026-01-01") is None
    assert region_of("LV0001000") == "Rīgas plānošanas reģions"


def test_a_point_in_a_merged_territory_is_sent_to_the_new_one() -> None:
    varaklani = msgspec.structs.replace(GROBINA, id="varaklani", atvk="LV0055000")
    assert problems_of(varaklani, ["varaklani"]) == ["atvk.unknown"]
    closed = msgspec.structs.replace(varaklani, details=Details(valid_to="2025-06-01"))
    assert problems_of(closed, ["varaklani"]) == []
    moved = placed_anew(varaklani, msgspec.structs.replace(varaklani, atvk="LV0038000"), "2025-07-01")
    assert moved.details.placed == (Placed("LV0055000", "2021-07-01", "2025-06-30"), Placed("LV0038000", "2025-07-01"))
    assert placed_anew(moved, moved, "2026-01-01") == moved


def test_hours_as_people_write_them() -> None:
    hours = hours_of("P-C 08:00-17:00, Pk 08:00-15:00")
    assert [each.weekday for each in hours] == [1, 2, 3, 4, 5]
    assert hours[-1] == Hours(5, "08:00", "15:00")
    assert hours_text(hours) == "P-C 08:00-17:00, Pk 08:00-15:00"
    assert hours_of("") == ()
    for wrong in ("Pirmdien 8-17", "Pk-P 08:00-17:00"):
        with pytest.raises(ValueError, match=wrong):
            hours_of(wrong)


def test_where_a_brigade_stands() -> None:
    weekly = Stop(id="liepna", place="Liepna", atvk="LV0021000", opens="10:00", closes="12:00", weekday=2)
    once = Stop(id="pededze", place="Pededze", atvk="LV0021000", opens="10:00", closes="12:00", day="2026-11-24")
    details = Details(stops=(weekly, once))
    assert stop_today(details, "2026-11-24") == once
    assert stop_today(details, "2026-12-01") == weekly
    assert stop_today(details, "2026-12-02") is None
    brigade = msgspec.structs.replace(GROBINA, kind="brigade", details=details)
    assert problems_of(brigade, ["grobina"]) == []
    assert problems_of(msgspec.structs.replace(GROBINA, details=details), ["grobina"]) == ["stops.no_brigade"]


def test_a_table_is_told_row_by_row() -> None:
    table = """\ufeffid;name;kind;atvk;lat;lon;hours;equipment;host_point_id
grobina;Grobiņas VPVKAC;centre;LV0027000;56,535;21,168;P-Pk 08:00-17:00;camera|printer;
new;Jauns punkts;library;LV0021000;;;;;grobina
bad;Bez veida;shop;LV0021000;;;;;
half;Puse;library;LV0021000;57.1;;;;
lost;Nekur;library;LV0099000;;;Otrdien;;
new;Vēlreiz;library;LV0021000;;;;;
far;Tālu;library;LV0021000;48.1;16.3;;hoverboard;
"""
    lines = {(line.line, line.id): (line.state, line.problems) for line in read_table(table, {"grobina": GROBINA})}
    assert lines == {
        (2, "grobina"): ("changed", ()),
        (3, "new"): ("new", ()),
        (4, "bad"): ("wrong", ("kind.invalid",)),
        (5, "half"): ("wrong", ("coordinates.half",)),
        (6, "lost"): ("wrong", ("hours.unreadable", "atvk.unknown")),
        (7, "new"): ("wrong", ("id.twice",)),
        (8, "far"): ("wrong", ("lat.invalid",)),
    }
    first = read_table(table, {})[0].point
    assert first is not None
    assert (first.details.lat, first.details.equipment) == (56.535, ("camera", "printer"))
    assert read_table(table, {"grobina": first})[0].state == "same"


def test_what_is_no_table_is_refused_and_a_comma_will_do() -> None:
    with pytest.raises(TableUnreadable) as refused:
        read_table("name;kind\nx;y", {})
    assert refused.value.missing == ("id", "atvk")
    with pytest.raises(TableUnreadable):
        read_table("", {})
    assert read_table("id,name,kind,atvk,colour\na,A,library,LV0021000,red", {})[0].problems == (
        "colour.unknown_column",
    )
