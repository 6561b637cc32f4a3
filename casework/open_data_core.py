"""The open data sets: what each holds, in which columns, and rows as CSV, JSON, JSON-LD and Turtle. Pure.

Seven sets (DOMAIN §8). Sets of counts are published month by month, suppressed (`casework.suppression_core`), once.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

from kernel.facts import Bilingual

Kind = Literal["text", "integer", "decimal", "boolean", "date", "uri"]
FORMATS = ("csv", "json", "jsonld", "ttl")
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "jsonld": "application/ld+json",
    "ttl": "text/turtle; charset=utf-8",
}
XSD = "http://www.w3.org/2001/XMLSchema#"
_XSD = {"integer": "integer", "decimal": "decimal", "boolean": "boolean", "date": "date"}


class Column(NamedTuple):
    name: str
    kind: Kind
    title: Bilingual


class Dataset(NamedTuple):
    """``key``: the columns that name a row. ``monthly``: published by month; the others as they are now.

    ``fresh_days``: older than this, something is wrong.
    """

    id: str
    title: Bilingual
    description: Bilingual
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    monthly: bool
    fresh_days: int


def _column(name: str, kind: Kind, lv: str, en: str) -> Column:
    return Column(name, kind, Bilingual(lv, en))


_MONTH = _column("month", "text", "mēnesis", "month")
_LEVEL = _column("level", "text", "rindas līmenis", "level of the row")
_SUPPRESSED = _column("suppressed", "boolean", "apslēpts", "suppressed")
_GRANTOR = _column("grantor", "text", "devēja reģistrācijas numurs", "registration number of the grantor")
_PROVIDER = _column("provider", "text", "sniedzēja reģistrācijas numurs", "registration number of the provider")
_NAME = _column("name", "text", "nosaukums", "name")
_ATVK = _column("atvk", "text", "ATVK kods", "ATVK code")

DATASETS = (
    Dataset(
        "avis-benefits",
        Bilingual("AVIS atvieglojumi", "AVIS benefits"),
        Bilingual("Spēkā esošie atvieglojumu norādījumi.", "Instructions for benefits that are in force."),
        (
            _column("id", "text", "identifikators", "identifier"),
            _GRANTOR,
            _column("version", "integer", "versija", "version"),
            _column("priority", "integer", "prioritāte", "priority"),
        ),
        ("id",),
        False,
        2,
    ),
    Dataset(
        "avis-providers",
        Bilingual("AVIS pakalpojumu sniedzēji", "AVIS providers"),
        Bilingual("Pakalpojumu sniedzēji, kas piemēro atvieglojumus.", "Providers that apply benefits."),
        (_PROVIDER, _NAME, _column("outlets", "integer", "tirdzniecības vietas", "outlets")),
        ("provider",),
        False,
        2,
    ),
    Dataset(
        "avis-grantors",
        Bilingual("AVIS atvieglojumu devēji", "AVIS grantors"),
        Bilingual("Iestādes un uzņēmumi, kas piešķir atvieglojumus.", "Whoever grants benefits."),
        (_GRANTOR, _NAME, _column("sector", "text", "veids", "kind")),
        ("grantor",),
        False,
        2,
    ),
    Dataset(
        "avis-transactions",
        Bilingual("AVIS darījumi", "AVIS transactions"),
        Bilingual("Darījumu skaits un summas pa mēnešiem.", "Number and amounts of transactions by month."),
        (
            _MONTH,
            _LEVEL,
            _GRANTOR,
            _column("benefit", "text", "atvieglojums", "benefit"),
            _PROVIDER,
            _ATVK,
            _column("category", "text", "kategorija", "category"),
            _column("transactions", "integer", "darījumi", "transactions"),
            _column("benefit_eur", "decimal", "atvieglojums, EUR", "benefit, EUR"),
            _column("gross_eur", "decimal", "pilnā cena, EUR", "gross price, EUR"),
            _SUPPRESSED,
        ),
        ("month", "level", "grantor", "benefit", "provider", "atvk", "category"),
        True,
        45,
    ),
    Dataset(
        "avis-recipient-groups",
        Bilingual("AVIS saņēmēju grupas", "AVIS recipient groups"),
        Bilingual("Saņēmēju grupas un to lielums pakāpēs.", "Groups of recipients and their size in bands."),
        (
            _column("group", "text", "grupa", "group"),
            _GRANTOR,
            _NAME,
            _column("size_band", "text", "lielums", "size"),
            _SUPPRESSED,
        ),
        ("group",),
        False,
        2,
    ),
    Dataset(
        "remote-officer-usage",
        Bilingual("Attālinātā speciālista izmantošana", "Use of remote officers"),
        Bilingual("Attālinātās konsultācijas pa mēnešiem.", "Remote consultations by month."),
        (
            _MONTH,
            _LEVEL,
            _column("agency", "text", "iestāde", "agency"),
            _column("pak", "text", "pakalpojums", "service code"),
            _column("group", "text", "kompetenču grupa", "competence group"),
            _column("region", "text", "plānošanas reģions", "planning region"),
            _column("point_kind", "text", "kontaktpunkta veids", "kind of contact point"),
            _column("cases", "integer", "pieteikumi", "requests"),
            _column("connected", "integer", "savienoti", "connected"),
            _column("abandoned", "integer", "pamesti", "abandoned"),
            _column("median_wait_s", "integer", "gaidīšanas mediāna, s", "median wait, s"),
            _column("median_duration_s", "integer", "sarunas mediāna, s", "median duration, s"),
            _SUPPRESSED,
        ),
        ("month", "level", "agency", "pak", "group", "region", "point_kind"),
        True,
        45,
    ),
    Dataset(
        "contact-points",
        Bilingual("Klientu apkalpošanas kontaktpunkti", "Contact points"),
        Bilingual("VPVKAC, bibliotēkas un mobilās brigādes.", "Service centres, libraries and mobile brigades."),
        (
            _column("uri", "uri", "URI", "URI"),
            _column("id", "text", "identifikators", "identifier"),
            _NAME,
            _column("kind", "text", "veids", "kind"),
            _ATVK,
            _column("region", "text", "plānošanas reģions", "planning region"),
            _column("address", "text", "adrese", "address"),
            _column("lat", "decimal", "platums", "latitude"),
            _column("lon", "decimal", "garums", "longitude"),
            _column("hours", "text", "darba laiks", "hours"),
            _column("email", "text", "e-pasts", "e-mail"),
            _column("phone", "text", "tālrunis", "phone"),
            _column("remote_officer", "boolean", "attālināts speciālists", "remote officer"),
            _column("valid_from", "date", "spēkā no", "valid from"),
        ),
        ("id",),
        False,
        2,
    ),
)
BY_ID = {dataset.id: dataset for dataset in DATASETS}

Row = Mapping[str, Any]


def slug(dataset: Dataset, row: Row) -> str:
    """What names the row in its URI."""
    text = "~".join(str(row.get(name) or "") for name in dataset.key)
    return "".join(each if (each.isalnum() and each.isascii()) or each in "-_.~" else _percent(each) for each in text)


def uri(base: str, dataset: Dataset, row: Row) -> str:
    return f"{base}/open-data/id/{dataset.id}/{slug(dataset, row)}"


def as_csv(dataset: Dataset, rows: Iterable[Row]) -> str:
    """By RFC 4180 and W3C's best practice: commas, UTF-8, one header, empty for unknown or suppressed."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([column.name for column in dataset.columns])
    writer.writerows([_plain(row.get(column.name)) for column in dataset.columns] for row in rows)
    return out.getvalue()


def as_json(dataset: Dataset, rows: Iterable[Row]) -> list[dict[str, Any]]:
    return [{column.name: row.get(column.name) for column in dataset.columns} for row in rows]


def as_json_ld(base: str, dataset: Dataset, rows: Iterable[Row]) -> dict[str, Any]:
    vocabulary = f"{base}/open-data/def#"
    context: dict[str, Any] = {"@vocab": vocabulary}
    for column in dataset.columns:
        if column.kind == "uri":
            context[column.name] = {"@id": f"{vocabulary}{column.name}", "@type": "@id"}
        elif column.kind in _XSD:
            context[column.name] = {"@id": f"{vocabulary}{column.name}", "@type": f"{XSD}{_XSD[column.kind]}"}
    graph = []
    for row in rows:
        node: dict[str, Any] = {"@id": uri(base, dataset, row), "@type": f"{vocabulary}{dataset.id}"}
        for column in dataset.columns:
            value = row.get(column.name)
            if value is not None and value != "":
                # a number of JSON would be rounded as a double
                node[column.name] = _plain(value) if column.kind in _XSD else value
        graph.append(node)
    return {"@context": context, "@graph": graph}


def as_turtle(base: str, dataset: Dataset, rows: Iterable[Row]) -> str:
    vocabulary = f"{base}/open-data/def#"
    lines = [f"@prefix def: <{vocabulary}> .", f"@prefix xsd: <{XSD}> .", ""]
    for row in rows:
        parts = [f"a <{vocabulary}{dataset.id}>"]
        for column in dataset.columns:
            value = row.get(column.name)
            if value is None or value == "":
                continue
            parts.append(f"<{vocabulary}{column.name}> {_term(column.kind, value)}")
        lines.append(f"<{uri(base, dataset, row)}> " + " ;\n  ".join(parts) + " .")
    return "\n".join(lines) + "\n"


def vocabulary_turtle(base: str) -> str:
    """Every class and property that the sets use, with its name in both languages."""
    rdfs = "http://www.w3.org/2000/01/rdf-schema#"
    vocabulary = f"{base}/open-data/def#"
    lines = [f"@prefix rdfs: <{rdfs}> .", "@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .", ""]
    seen: dict[str, Bilingual] = {}
    for dataset in DATASETS:
        lines.append(f"<{vocabulary}{dataset.id}> a rdfs:Class ; rdfs:label {_labels(dataset.title)} .")
        for column in dataset.columns:
            seen.setdefault(column.name, column.title)
    lines += [f"<{vocabulary}{name}> a rdf:Property ; rdfs:label {_labels(title)} ." for name, title in seen.items()]
    return "\n".join(lines) + "\n"


def _labels(title: Bilingual) -> str:
    return f"{quoted(title.lv)}@lv, {quoted(title.en)}@en"


def _term(kind: Kind, value: Any) -> str:
    if kind == "uri":
        return f"<{value}>"
    text = quoted(str(_plain(value)))
    return f"{text}^^<{XSD}{_XSD[kind]}>" if kind in _XSD else text


def _plain(value: Any) -> Any:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else value if isinstance(value, str) else str(value)


def quoted(text: str) -> str:
    """A Turtle string: JSON's escapes are among Turtle's, given that nothing is beyond the basic plane unescaped."""
    return json.dumps(text, ensure_ascii=False).replace("\u007f", "\\u007F")


def _percent(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode())
