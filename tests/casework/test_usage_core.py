from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from casework.suppression_core import Path
from casework.usage_core import Sale, Use, band, sales, usage


def draw(_: Path) -> float:
    return 0.5


def use(person: object, agency: str = "vsaa", pak: str = "PAK_06", ended: str = "connected") -> Use:
    return Use(
        agency=agency,
        pak=pak,
        group=f"{agency}-1",
        region="Vidzeme",
        point_kind="library",
        person=str(person),
        ended=ended,
        wait_s=30,
        duration_s=300,
    )


def told(uses: list[Use], k: int = 10) -> dict[tuple[str, str | None, str | None], dict[str, object]]:
    return {(row["level"], row["agency"], row["pak"]): row for row in usage("2026-10", uses, k, draw)}


def test_a_month_with_nothing_small() -> None:
    rows = told([use(n) for n in range(20)] + [use(n, "vid") for n in range(30)])
    assert {row["suppressed"] for row in rows.values()} == {False}
    vid = rows["cell", "vid", "PAK_06"]
    assert (vid["cases"], vid["connected"], vid["abandoned"], vid["median_duration_s"]) == (30, 30, 0, 300)
    assert rows["month", None, None]["cases"] == 50


def test_a_small_cell_hides_itself_and_what_would_tell_of_it() -> None:
    rows = told(
        [use(n) for n in range(20)]
        + [use(n, pak="PAK_01") for n in range(30)]
        + [use(n, pak="PAK_02") for n in range(3)]
    )
    assert rows["cell", "vsaa", "PAK_02"]["suppressed"]
    assert rows["cell", "vsaa", "PAK_02"]["cases"] is None
    assert rows["cell", "vsaa", "PAK_06"]["suppressed"]
    assert rows["cell", "vsaa", "PAK_01"]["cases"] == 30
    assert rows["agency", "vsaa", None]["cases"] == 53


def test_how_few_were_not_connected_is_not_told() -> None:
    row = told([use(n) for n in range(20)] + [use("x", ended="abandoned")])["cell", "vsaa", "PAK_06"]
    assert (row["cases"], row["connected"], row["abandoned"]) == (21, None, None)


def test_sales_in_euro_and_bands() -> None:
    made = [
        Sale(
            grantor="90000000001",
            benefit="b",
            provider="p",
            atvk="LV0001000",
            category="food",
            person=str(n),
            transaction=f"t{n}",
            benefit_cents=48,
            gross_cents=240,
        )
        for n in range(12)
    ]
    row = sales("2026-10", made, 10, draw)[0]
    assert (row["transactions"], row["benefit_eur"], row["gross_eur"]) == (12, "5.76", "28.80")
    assert sales("2026-10", made[:9], 10, draw)[0]["suppressed"]
    assert [band(size, 10) for size in (0, 9, 10, 99, 100, 1234)] == [
        None,
        None,
        "10–99",
        "10–99",
        "100–999",
        "1000–9999",
    ]
    assert usage("2026-10", [], 10, draw) == sales("2026-10", [], 10, draw) == []


USES = st.lists(
    st.builds(
        use,
        st.integers(0, 14),
        st.sampled_from(["vsaa", "vid"]),
        st.sampled_from(["PAK_01", "PAK_06"]),
        st.sampled_from(["connected", "abandoned", "other"]),
    ),
    min_size=1,
    max_size=60,
)


@settings(max_examples=200)
@given(USES, st.integers(2, 6))
def test_no_number_and_no_difference_of_numbers_tells_of_fewer_than_k(uses: list[Use], k: int) -> None:
    """Every set of requests that a published number counts, and everything that adding and subtracting can reach."""

    def where(**wanted: object) -> frozenset[tuple[str, str, str]]:
        return frozenset(
            (one.agency, one.pak, one.ended)
            for one in uses
            if all(value is None or getattr(one, name) == value for name, value in wanted.items())
        )

    reached = set()
    for row in usage("2026-10", uses, k, draw):
        place = {"agency": row["agency"], "pak": row["pak"]}
        if row["cases"] is not None:
            reached.add(where(**place))
        for ended in ("connected", "abandoned"):
            if row[ended] is not None:
                reached.add(where(**place, ended=ended))
    while True:
        found = {one - other for one in reached for other in reached if other < one}
        found |= {one | other for one in reached for other in reached if not one & other}
        if found <= reached:
            break
        reached |= found
    for group in reached - {frozenset()}:
        assert len({one.person for one in uses if (one.agency, one.pak, one.ended) in group}) >= k
