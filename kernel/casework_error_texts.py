"""What people read when the register, grants, reports or open data refuse something: message lv, en, hint lv, en."""

from __future__ import annotations

CASEWORK_TEXTS: dict[str, tuple[str, str, str, str]] = {
    "case_duplicate": (
        "Tāds pats ieraksts ir izdarīts nesen; otrs vēl nav saglabāts.",
        "The same entry was made a short while ago; a second one has not been saved.",
        "Ja klients tiešām apkalpots vēlreiz, apstipriniet to.",
        "If the client really was served again, confirm it.",
    ),
    "point_changed": (
        "Kontaktpunktu tikmēr ir labojis kāds cits; jūsu izmaiņas vēl nav saglabātas.",
        "Somebody else changed the contact point meanwhile; your changes are not saved yet.",
        "Atveriet punktu no jauna un pārbaudiet.",
        "Open the point again and check.",
    ),
    "grant_unknown": (
        "Tāda parametru kopuma vai aprēķina nav.",
        "There is no such set of parameters or calculation.",
        "Izvēlieties to no saraksta.",
        "Choose it from the list.",
    ),
    "grant_impossible": (
        "Bāzes daļas kopā pārsniedz pieejamo finansējumu; nekas nav aprēķināts.",
        "The base amounts together exceed the envelope; nothing was calculated.",
        "Samaziniet bāzes vai palieliniet finansējumu.",
        "Lower the bases or raise the envelope.",
    ),
    "report_unknown": (
        "Tāda pārskata nav.",
        "There is no such report.",
        "Izvēlieties to no saraksta.",
        "Choose it from the list.",
    ),
    "dataset_unknown": (
        "Tādas datu kopas vai perioda nav.",
        "There is no such data set or period.",
        "Izvēlieties to no kataloga.",
        "Choose it from the catalogue.",
    ),
}
