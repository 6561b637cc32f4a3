"""The demo's register (DOMAIN §10): facts and places, no persons. Officers are numbered, simulated ones say so."""

from __future__ import annotations

from typing import NamedTuple

from kernel.messages import Bilingual


class DemoAgency(NamedTuple):
    id: str
    code: str
    name: Bilingual
    #: (group id, name, service codes)
    groups: tuple[tuple[str, Bilingual, tuple[str, ...]], ...]
    humans: int = 1


class DemoPoint(NamedTuple):
    id: str
    name: str
    kind: str
    atvk: str
    #: the service centre whose clerk serves this place
    host: str | None = None
    workstations: tuple[tuple[str, str], ...] = ()


_INFORM, _CONSULT, _TRAIN, _VID, _PORTAL, _REMOTE = ("PAK_01", "PAK_02", "PAK_03", "PAK_04", "PAK_05", "PAK_06")
_USUAL = (_INFORM, _CONSULT, _REMOTE)


AGENCIES = (
    DemoAgency(
        "vsaa",
        "VSAA",
        Bilingual("Valsts sociālās apdrošināšanas aģentūra", "State Social Insurance Agency"),
        (
            ("vsaa-pabalsti", Bilingual("Pabalsti ģimenēm", "Family benefits"), _USUAL),
            ("vsaa-pensijas", Bilingual("Pensijas", "Pensions"), _USUAL),
            ("vsaa-slimiba", Bilingual("Slimība un invaliditāte", "Sickness and disability"), _USUAL),
        ),
        humans=2,
    ),
    DemoAgency(
        "vid",
        "VID",
        Bilingual("Valsts ieņēmumu dienests", "State Revenue Service"),
        (
            ("vid-iin", Bilingual("Iedzīvotāju ienākuma nodoklis", "Personal income tax"), (*_USUAL, _VID)),
            ("vid-saimnieciska", Bilingual("Saimnieciskā darbība", "Self-employment"), (*_USUAL, _VID)),
            ("vid-eds", Bilingual("EDS atbalsts", "EDS support"), (*_USUAL, _TRAIN, _VID)),
        ),
        humans=2,
    ),
    DemoAgency(
        "pmlp",
        "PMLP",
        Bilingual("Pilsonības un migrācijas lietu pārvalde", "Office of Citizenship and Migration Affairs"),
        (
            ("pmlp-dzivesvieta", Bilingual("Dzīvesvietas deklarēšana", "Declaring a place of residence"), _USUAL),
            ("pmlp-dokumenti", Bilingual("Personu apliecinoši dokumenti", "Identity documents"), _USUAL),
        ),
    ),
    DemoAgency(
        "nva",
        "NVA",
        Bilingual("Nodarbinātības valsts aģentūra", "State Employment Agency"),
        (("nva-bezdarbnieks", Bilingual("Bezdarbnieka statuss", "Unemployed status"), _USUAL),),
    ),
    DemoAgency(
        "ur",
        "UR",
        Bilingual("Uzņēmumu reģistrs", "Register of Enterprises"),
        (
            ("ur-komercregistrs", Bilingual("Komercreģistrs", "Commercial register"), _USUAL),
            ("ur-biedribas", Bilingual("Biedrības", "Associations"), _USUAL),
        ),
    ),
    DemoAgency(
        "vzd",
        "VZD",
        Bilingual("Valsts zemes dienests", "State Land Service"),
        (("vzd-kadastrs", Bilingual("Kadastrs", "Cadastre"), _USUAL),),
    ),
    DemoAgency(
        "lad",
        "LAD",
        Bilingual("Lauku atbalsta dienests", "Rural Support Service"),
        (("lad-platibas", Bilingual("Platību maksājumi", "Area payments"), _USUAL),),
    ),
    DemoAgency(
        "vmd",
        "VMD",
        Bilingual("Valsts meža dienests", "State Forest Service"),
        (("vmd-cirsana", Bilingual("Ciršanas apliecinājumi", "Felling permits"), _USUAL),),
    ),
    DemoAgency(
        "ldc",
        "LDC",
        Bilingual("Lauksaimniecības datu centrs", "Agricultural Data Centre"),
        (("ldc-dzivnieki", Bilingual("Dzīvnieku reģistrs", "Animal register"), _USUAL),),
    ),
    DemoAgency(
        "vraa",
        "VRAA",
        Bilingual("Valsts reģionālās attīstības aģentūra", "State Regional Development Agency"),
        (
            ("vraa-portals", Bilingual("Latvija.gov.lv atbalsts", "Latvija.gov.lv support"), (_TRAIN, _PORTAL)),
            ("vraa-eadrese", Bilingual("E-adrese", "E-address"), (_INFORM, _TRAIN, _PORTAL)),
        ),
    ),
)

_LIBRARY, _CENTRE, _MOBILE = "library", "centre", "brigade"

POINTS = (
    DemoPoint("grobina", "Grobiņas VPVKAC", _CENTRE, "LV0027000", None, (("grobina-1", "Grobiņas darba vieta 1"),)),
    DemoPoint(
        "zeltini", "Zeltiņu bibliotēka", _LIBRARY, "LV0021000", "grobina", (("zeltini-1", "Zeltiņu darba vieta 1"),)
    ),
    DemoPoint("alsviki", "Alsviķu bibliotēka", _LIBRARY, "LV0021000"),
    DemoPoint("anna", "Annas bibliotēka", _LIBRARY, "LV0021000"),
    DemoPoint("ilzene", "Ilzenes bibliotēka", _LIBRARY, "LV0021000"),
    DemoPoint("jaunlaicene", "Jaunlaicenes bibliotēka", _LIBRARY, "LV0021000"),
    DemoPoint("liepna", "Liepnas bibliotēka", _LIBRARY, "LV0021000"),
    DemoPoint("skriveri", "Skrīveru bibliotēka", _LIBRARY, "LV0020000"),
    DemoPoint("koknese", "Kokneses bibliotēka", _LIBRARY, "LV0020000"),
    DemoPoint("adazi", "Ādažu VPVKAC", _CENTRE, "LV0023000", None, (("adazi-1", "Ādažu darba vieta 1"),)),
    DemoPoint("mobila", "Mobilā brigāde (demo)", _MOBILE, "LV0021000", "grobina"),
)

#: latitude and longitude, to about a kilometre
PLACES = {
    "grobina": (56.535, 21.168),
    "zeltini": (57.358, 26.758),
    "alsviki": (57.442, 26.938),
    "anna": (57.362, 27.101),
    "ilzene": (57.412, 26.423),
    "jaunlaicene": (57.531, 26.782),
    "liepna": (57.324, 27.463),
    "skriveri": (56.645, 25.121),
    "koknese": (56.651, 25.434),
    "adazi": (57.076, 24.323),
    "mobila": (57.422, 27.047),
}
#: where the demo's brigade stands, every week
STOPS = tuple(
    {"id": name, "place": place, "atvk": "LV0021000", "opens": "10:00", "closes": "14:00", "weekday": weekday}
    for weekday, (name, place) in enumerate(
        (("pededze", "Pededze"), ("malupe", "Mālupe"), ("kalncempji", "Kalncempji"), ("veclaicene", "Veclaicene")), 1
    )
)

#: points with a clerk of their own
CLERKS = ("grobina", "adazi")
SUPERVISED = ("vsaa", "vid")
#: keeps office hours: closed at night, for who wants to see that
OFFICE = ("ldc",)

HUMAN_LEVEL = 3
SIMULATED_LEVEL = 1


def officer_id(agency_id: str, number: int) -> str:
    return f"{agency_id}-{number}"


def simulated_id(agency_id: str) -> str:
    return f"{agency_id}-sim"
