"""Names of keys in Redis. Pure.

Each key carries one hash tag, the part in braces, so that everything one script touches lies in one slot of a Cluster.
An agency's tag is its slug; the house's begins with ``_``, which no slug does.
"""

from __future__ import annotations


def agency_key(prefix: str, agency: str, name: str) -> str:
    return f"{{{prefix}:{agency}}}:{name}"


def house_key(prefix: str, name: str) -> str:
    return f"{{{prefix}:_house}}:{name}"
