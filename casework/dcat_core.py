"""The catalogue of the open data sets by DCAT-AP 3, in Latvian and English, as Turtle and JSON-LD. Pure.

Licence CC0, as the existing sets of the service centres have at data.gov.lv; frequencies, languages and the country are
the authority tables' URIs that DCAT-AP asks for.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from casework.open_data_core import DATASETS, FORMATS, MEDIA_TYPES, XSD, Dataset, quoted
from kernel.facts import Bilingual

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
DCAT = "http://www.w3.org/ns/dcat#"
DCT = "http://purl.org/dc/terms/"
FOAF = "http://xmlns.com/foaf/0.1/"
VCARD = "http://www.w3.org/2006/vcard/ns#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
IANA = "http://www.iana.org/assignments/media-types"
EU = "http://publications.europa.eu/resource/authority"
CC0 = f"{EU}/licence/CC0"
FILE_TYPES = {"csv": "CSV", "json": "JSON", "jsonld": "JSON_LD", "ttl": "RDF_TURTLE"}


class About(msgspec.Struct, frozen=True, kw_only=True):
    """``base``: the service's address. ``modified``: the day each set last changed, by its id."""

    base: str
    publisher: Bilingual
    publisher_uri: str
    contact: str
    modified: dict[str, str]


class Thing(NamedTuple):
    """An object of a triple: a resource, or a text with a language or a type."""

    value: str
    language: str = ""
    datatype: str = ""
    resource: bool = False


Triple = tuple[str, str, Thing]


def resource(uri: str) -> Thing:
    return Thing(uri, resource=True)


def catalogue(about: About) -> list[Triple]:
    base = about.base
    whole = f"{base}/open-data/catalog"
    contact = f"{base}/open-data/contact"
    found: list[Triple] = [
        (whole, f"{RDF}type", resource(f"{DCAT}Catalog")),
        *_both(whole, f"{DCT}title", Bilingual("Klātienes atvērtie dati", "Open data of Klātiene")),
        *_both(
            whole,
            f"{DCT}description",
            Bilingual(
                "Klientu apkalpošanas kontaktpunkti, attālinātās konsultācijas un atvieglojumi.",
                "Contact points, remote consultations and benefits.",
            ),
        ),
        (whole, f"{DCT}publisher", resource(about.publisher_uri)),
        (whole, f"{DCT}license", resource(CC0)),
        (whole, f"{DCT}spatial", resource(f"{EU}/country/LVA")),
        (whole, f"{DCAT}themeTaxonomy", resource(f"{EU}/data-theme")),
        (whole, f"{FOAF}homepage", resource(f"{base}/data")),
        *((whole, f"{DCT}language", resource(f"{EU}/language/{each}")) for each in ("LAV", "ENG")),
        (about.publisher_uri, f"{RDF}type", resource(f"{FOAF}Agent")),
        *_both(about.publisher_uri, f"{FOAF}name", about.publisher),
        (contact, f"{RDF}type", resource(f"{VCARD}Kind")),
        *_both(contact, f"{VCARD}fn", about.publisher),
        (contact, f"{VCARD}hasURL", resource(f"{base}/data")),
        *([(contact, f"{VCARD}hasEmail", resource(f"mailto:{about.contact}"))] if about.contact else []),
    ]
    found += _words()
    for dataset in DATASETS:
        found.append((whole, f"{DCAT}dataset", resource(dataset_uri(base, dataset))))
        found += _dataset(about, dataset, contact)
    return found


def _words() -> list[Triple]:
    """What the entries of authority tables are that we use: DCAT-AP demands classes, and names of themes."""
    theme, scheme = f"{EU}/data-theme/GOVE", f"{EU}/data-theme"
    classes = (
        (theme, f"{SKOS}Concept"),
        (scheme, f"{SKOS}ConceptScheme"),
        (CC0, f"{DCT}LicenseDocument"),
        (f"{EU}/country/LVA", f"{DCT}Location"),
        (f"{EU}/access-right/PUBLIC", f"{DCT}RightsStatement"),
        *((f"{EU}/language/{each}", f"{DCT}LinguisticSystem") for each in ("LAV", "ENG")),
        *((f"{EU}/frequency/{each}", f"{DCT}Frequency") for each in ("DAILY", "MONTHLY")),
        *((f"{EU}/file-type/{each}", f"{DCT}MediaTypeOrExtent") for each in FILE_TYPES.values()),
        *((f"{IANA}/{_media(form)}", f"{DCT}MediaType") for form in FORMATS),
    )
    return [
        *((subject, f"{RDF}type", resource(kind)) for subject, kind in classes),
        *_both(theme, f"{SKOS}prefLabel", Bilingual("Valdība un publiskais sektors", "Government and public sector")),
        (theme, f"{SKOS}inScheme", resource(scheme)),
        *_both(scheme, f"{DCT}title", Bilingual("Datu tēmas", "Data theme")),
    ]


def dataset_uri(base: str, dataset: Dataset) -> str:
    return f"{base}/open-data/{dataset.id}"


def _dataset(about: About, dataset: Dataset, contact: str) -> list[Triple]:
    uri = dataset_uri(about.base, dataset)
    how_often = "MONTHLY" if dataset.monthly else "DAILY"
    found: list[Triple] = [
        (uri, f"{RDF}type", resource(f"{DCAT}Dataset")),
        (uri, f"{DCT}identifier", Thing(dataset.id)),
        *_both(uri, f"{DCT}title", dataset.title),
        *_both(uri, f"{DCT}description", dataset.description),
        (uri, f"{DCT}publisher", resource(about.publisher_uri)),
        (uri, f"{DCAT}contactPoint", resource(contact)),
        (uri, f"{DCAT}theme", resource(f"{EU}/data-theme/GOVE")),
        (uri, f"{DCT}accrualPeriodicity", resource(f"{EU}/frequency/{how_often}")),
        (uri, f"{DCT}spatial", resource(f"{EU}/country/LVA")),
        (uri, f"{DCT}accessRights", resource(f"{EU}/access-right/PUBLIC")),
        (uri, f"{DCAT}landingPage", resource(f"{about.base}/data")),
        *((uri, f"{DCAT}keyword", Thing(word, "lv")) for word in ("VPVKAC", "valsts pakalpojumi")),
        (uri, f"{DCAT}keyword", Thing("public services", "en")),
    ]
    if modified := about.modified.get(dataset.id):
        found.append((uri, f"{DCT}modified", Thing(modified, datatype=f"{XSD}date")))
    for form in FORMATS:
        where = f"{uri}.{form}"
        found += [
            (uri, f"{DCAT}distribution", resource(where)),
            (where, f"{RDF}type", resource(f"{DCAT}Distribution")),
            (where, f"{DCAT}accessURL", resource(where)),
            (where, f"{DCAT}downloadURL", resource(where)),
            (where, f"{DCT}format", resource(f"{EU}/file-type/{FILE_TYPES[form]}")),
            (where, f"{DCAT}mediaType", resource(f"{IANA}/{_media(form)}")),
            (where, f"{DCT}license", resource(CC0)),
            (where, f"{DCT}title", Thing(f"{dataset.title.lv} ({form})", "lv")),
        ]
    return found


def turtle(triples: Iterable[Triple]) -> str:
    """One block a subject, in the order in which subjects came."""
    by: dict[str, list[str]] = {}
    for subject, predicate, thing in triples:
        by.setdefault(subject, []).append(f"<{predicate}> {_term(thing)}")
    return "\n".join(f"<{subject}> " + " ;\n  ".join(parts) + " ." for subject, parts in by.items()) + "\n"


def json_ld(triples: Iterable[Triple]) -> list[dict[str, Any]]:
    """Expanded form: nothing has to be looked up to read it."""
    by: dict[str, dict[str, Any]] = {}
    for subject, predicate, thing in triples:
        node = by.setdefault(subject, {"@id": subject})
        if predicate == f"{RDF}type":
            node.setdefault("@type", []).append(thing.value)
        else:
            node.setdefault(predicate, []).append(_node(thing))
    return list(by.values())


def _node(thing: Thing) -> dict[str, str]:
    if thing.resource:
        return {"@id": thing.value}
    more = {"@language": thing.language} if thing.language else {}
    return {"@value": thing.value} | more | ({"@type": thing.datatype} if thing.datatype else {})


def _term(thing: Thing) -> str:
    if thing.resource:
        return f"<{thing.value}>"
    suffix = f"@{thing.language}" if thing.language else f"^^<{thing.datatype}>" if thing.datatype else ""
    return f"{quoted(thing.value)}{suffix}"


def _both(subject: str, predicate: str, text: Bilingual) -> list[Triple]:
    return [(subject, predicate, Thing(text.lv, "lv")), (subject, predicate, Thing(text.en, "en"))]


def _media(form: str) -> str:
    return MEDIA_TYPES[form].split(";")[0]
