"""Tables as files: CSV as Latvian spreadsheets open it, XLSX. A file grows page by page: no table is held in memory."""

from __future__ import annotations

import asyncio
import csv
import io
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from datetime import datetime
from typing import IO, Any, Protocol

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: beyond this a file waits on the disk until it is sent
IN_MEMORY = 1024 * 1024
CHUNK = 64 * 1024


def safe(value: Any) -> Any:
    """A text that a spreadsheet would run as a formula gets an apostrophe before it (OWASP, CSV injection)."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


class Sheet(Protocol):
    """A table that is being written."""

    media_type: str

    def add(self, rows: Iterable[Sequence[Any]]) -> None: ...

    def save(self) -> IO[bytes]:
        """The whole file, at its beginning; to be closed by whoever asked."""
        ...


class CsvSheet:
    """UTF-8 with BOM, ``;`` between fields, a comma before decimals."""

    media_type = CSV

    def __init__(self, header: Sequence[str]) -> None:
        self._file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  (it outlives this call)
        self._text = io.TextIOWrapper(self._file, "utf-8", newline="", write_through=True)
        self._text.write("\ufeff")
        self._writer = csv.writer(self._text, delimiter=";", lineterminator="\r\n")
        self._writer.writerow(header)

    def add(self, rows: Iterable[Sequence[Any]]) -> None:
        self._writer.writerows([_written(value) for value in row] for row in rows)

    def save(self) -> IO[bytes]:
        self._text.detach()
        self._file.seek(0)
        return self._file


class XlsxSheet:
    """One sheet, its header in bold and kept in sight. Texts are texts, whatever they begin with."""

    media_type = XLSX

    def __init__(self, title: str, header: Sequence[str]) -> None:
        self._book = Workbook(write_only=True)
        self._sheet = self._book.create_sheet(title[:31])
        self._sheet.freeze_panes = "A2"
        for number, name in enumerate(header, 1):
            self._sheet.column_dimensions[get_column_letter(number)].width = max(12, len(name) + 2)
        bold = []
        for name in header:
            cell = WriteOnlyCell(self._sheet, value=name)
            cell.font = Font(bold=True)
            bold.append(cell)
        self._sheet.append(bold)

    def add(self, rows: Iterable[Sequence[Any]]) -> None:
        for row in rows:
            self._sheet.append([_cell(self._sheet, value) for value in row])

    def save(self) -> IO[bytes]:
        out = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  (it outlives this call)
        self._book.save(out)
        out.seek(0)
        return out


async def filled(sheet: Sheet, pages: AsyncIterator[list[list[Any]]]) -> IO[bytes]:
    """The file with every page of rows in it; while a page is written, others are served."""
    async for page in pages:
        await asyncio.to_thread(sheet.add, page)
    return await asyncio.to_thread(sheet.save)


def chunks(file: IO[bytes]) -> Iterator[bytes]:
    """The file piece by piece, then it is gone."""
    with file:
        while piece := file.read(CHUNK):
            yield piece


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    return _whole(CsvSheet(header), rows).decode()


def xlsx(title: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    return _whole(XlsxSheet(title, header), rows)


def _whole(sheet: Sheet, rows: Iterable[Sequence[Any]]) -> bytes:
    sheet.add(rows)
    with sheet.save() as file:
        return file.read()


def _written(value: Any) -> Any:
    """With a comma before decimals: a Latvian spreadsheet takes 12.5 for the twelfth of May."""
    match value:
        case float():
            return str(value).replace(".", ",")
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M")
    return safe(value)


def _cell(sheet: Any, value: Any) -> Any:
    if isinstance(value, datetime):
        cell = WriteOnlyCell(sheet, value=value)
        cell.number_format = "yyyy-mm-dd hh:mm"
        return cell
    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(sheet, value="".join(each for each in value if each >= " " or each in "\t\n"))
    cell.data_type = "s"
    return cell
