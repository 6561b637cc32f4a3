"""A report as people print and keep it: its columns in Latvian, and a PDF."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from casework.report_core import Row

COLUMNS = (
    "Periods",
    "Sadalījums",
    "Pieteikumi",
    "Atbildēti",
    "Darbinieks atcēla",
    "Klients aizgāja",
    "Darba vieta zuda",
    "Savienotas sarunas",
    "Vidējā gaidīšana (s)",
    "SL({x}) %",
    "SL2({x}) %",
    "Pamesto daļa %",
    "Saruna (s)",
    "Apstrāde (s)",
)
#: rows of a PDF; a longer report is read as a spreadsheet
MOST_ROWS = 2_000


def cells(row: Row, names: Mapping[str, str]) -> list[Any]:
    def percent(share: float | None) -> float | str:
        return "" if share is None else round(share * 100, 1)

    def seconds(value: float | None) -> float | str:
        return "" if value is None else round(value, 1)

    return [
        f"{row.period.replace('T', ' ')}:00" if "T" in row.period else row.period or "Kopā",
        names.get(row.key, row.key),
        row.offered,
        row.answered,
        *row.abandoned.values(),
        row.connected,
        seconds(row.asa_s),
        percent(row.sl),
        percent(row.sl2),
        percent(row.abandon_rate),
        seconds(row.talk_s),
        seconds(row.handling_s),
    ]


def pdf(title: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """A4 on its side; the header is repeated on every page."""
    # imported where needed: the library is large, and most processes never make a PDF
    import font_source_sans_pro as fonts  # noqa: PLC0415
    from fpdf import FPDF  # noqa: PLC0415

    page = FPDF(orientation="landscape", format="A4")
    page.set_title(title)
    page.set_lang("lv")
    page.add_font("sans", "", fonts.SourceSansPro)
    page.add_font("sans", "B", fonts.SourceSansProSemibold)
    page.set_font("sans", "B", 14)
    page.add_page()
    page.cell(text=title, new_x="LMARGIN", new_y="NEXT")
    page.ln(4)
    page.set_font("sans", "", 8)
    with page.table(first_row_as_headings=True, text_align="RIGHT", line_height=4.5) as table:
        for row in (header, *list(rows)[:MOST_ROWS]):
            line = table.row()
            for value in row:
                line.cell(str(value))
    return bytes(page.output())
