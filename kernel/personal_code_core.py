"""A personal code as people write it (DOMAIN §3). Pure.

Old form ``DDMMYY-CNNNK``, new form eleven digits from 32 to 39. The checksum of the old form is unconfirmed and refuses
nobody.
"""

from __future__ import annotations

import re

from kernel.errors import PersonalCodeInvalid
from kernel.private import Private

_OLD = re.compile(r"(\d{2})(\d{2})(\d{2})-?(\d{5})")
_NEW = re.compile(r"3[2-9]\d{4}-?\d{5}")


def parse_personal_code(text: str) -> Private[str]:
    """The canonical form: with a dash when old, digits alone when new. Raises `PersonalCodeInvalid`."""
    text = text.strip()
    if _NEW.fullmatch(text):
        return Private(text.replace("-", ""))
    old = _OLD.fullmatch(text)
    if old is None or not (1 <= int(old[1]) <= 31 and 1 <= int(old[2]) <= 12):
        raise PersonalCodeInvalid(field="personal_code")
    return Private(f"{old[1]}{old[2]}{old[3]}-{old[4]}")


def masked(code: Private[str]) -> str:
    """What a screen may show: the last three digits."""
    return f"••••••-••{code.reveal()[-3:]}"
