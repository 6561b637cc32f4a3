"""The registration number of the Register of Enterprises (DOMAIN §3): 11 digits, the first 4 to 9, with a check sum."""

from __future__ import annotations

from kernel.errors import RegistrationNumberInvalid

_WEIGHTS = (9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1)


def parse_registration_number(text: str) -> str:
    """The eleven digits. Raises `RegistrationNumberInvalid`."""
    digits = text.strip().replace(" ", "")
    if len(digits) != 11 or not (digits.isascii() and digits.isdigit()) or digits[0] not in "456789":
        raise RegistrationNumberInvalid(field="reg_no")
    if sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=True)) % 11 != 3:
        raise RegistrationNumberInvalid(field="reg_no")
    return digits
