"""Which of our languages a browser prefers (RFC 9110 §12.5.4). Pure."""

from __future__ import annotations

LANGUAGES = ("lv", "en")


def preferred(accept_language: str | None) -> str:
    """``lv`` or ``en``; Latvian when nothing fits."""
    best, best_quality = LANGUAGES[0], 0.0
    for part in (accept_language or "").split(","):
        tag, _, parameter = part.strip().partition(";")
        try:
            quality = float(parameter.strip().removeprefix("q=")) if parameter else 1.0
        except ValueError:
            continue
        language = tag.strip().lower().split("-")[0]
        if language in LANGUAGES and quality > best_quality:
            best, best_quality = language, quality
    return best
