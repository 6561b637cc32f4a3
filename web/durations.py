"""Durations in words, as one says them: seconds up to a minute and a half, then minutes. Pure."""

from __future__ import annotations

_SECONDS_UNTIL = 90


def lv(seconds: int) -> str:
    """Nominative and accusative of the plural: ``vēl 20 sekundes``; the singular as the accusative says it."""
    return _lv(seconds, ("sekundi", "sekundes"), ("minūti", "minūtes"))


def lv_dative(seconds: int) -> str:
    """After ``pēc``: ``pēc 20 sekundēm``."""
    return _lv(seconds, ("sekundes", "sekundēm"), ("minūtes", "minūtēm"))


def en(seconds: int) -> str:
    number, unit = _split(seconds)
    return f"{number} {unit}{'' if number == 1 else 's'}"


def _lv(seconds: int, of_seconds: tuple[str, str], of_minutes: tuple[str, str]) -> str:
    number, unit = _split(seconds)
    forms = of_seconds if unit == "second" else of_minutes
    # 1, 21, 31 are singular in Latvian, 11 is not
    singular = number % 10 == 1 and number % 100 != 11
    return f"{number} {forms[0] if singular else forms[1]}"


def _split(seconds: int) -> tuple[int, str]:
    whole = max(0, seconds)
    return (whole, "second") if whole < _SECONDS_UNTIL else (-(-whole // 60), "minute")
