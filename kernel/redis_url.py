"""Where Redis is: one URL for each way of running it. Pure.

::

    redis://user:password@host:6379/0                     one server (rediss:// with TLS)
    redis+sentinel://user:password@h1:26379,h2:26379/service/0
    redis+cluster://user:password@h1:6379,h2:6379

``rediss+sentinel`` and ``rediss+cluster`` speak TLS. Options stand behind a question mark: ``ca`` is the file of the
authority that signed the servers' certificates; ``sentinel_user`` and ``sentinel_password`` sign in at the Sentinels.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

PORT = 6379
SENTINEL_PORT = 26379
OPTIONS = frozenset({"ca", "sentinel_user", "sentinel_password"})


class Kind(enum.StrEnum):
    STANDALONE = "standalone"
    SENTINEL = "sentinel"
    CLUSTER = "cluster"


_SCHEMES = {
    "redis": (Kind.STANDALONE, False),
    "rediss": (Kind.STANDALONE, True),
    "redis+sentinel": (Kind.SENTINEL, False),
    "rediss+sentinel": (Kind.SENTINEL, True),
    "redis+cluster": (Kind.CLUSTER, False),
    "rediss+cluster": (Kind.CLUSTER, True),
}


@dataclass(frozen=True)
class RedisAddress:
    kind: Kind
    nodes: tuple[tuple[str, int], ...]
    """(host, port) of the server, of the Sentinels, or of some nodes of the Cluster."""
    tls: bool = False
    database: int = 0
    service: str = ""
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca: str | None = None
    sentinel_user: str | None = None
    sentinel_password: str | None = field(default=None, repr=False)


def parse_redis_url(url: str) -> RedisAddress:
    """Raises ValueError with what is wrong, without the URL itself: it may hold a password."""
    parts = urlsplit(url)
    if parts.scheme not in _SCHEMES:
        raise ValueError(f"must begin with one of {', '.join(f'{scheme}://' for scheme in _SCHEMES)}")
    kind, tls = _SCHEMES[parts.scheme]
    credentials, _, hosts = parts.netloc.rpartition("@")
    user, _, password = credentials.partition(":")
    nodes = tuple(_node(text, SENTINEL_PORT if kind is Kind.SENTINEL else PORT) for text in hosts.split(","))
    if kind is Kind.STANDALONE and len(nodes) != 1:
        raise ValueError("names several servers: use redis+sentinel:// or redis+cluster://")
    service, database = _path(kind, parts.path.strip("/"))
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := sorted(options.keys() - OPTIONS):
        raise ValueError(f"has unknown options: {', '.join(unknown)}")
    if options.get("ca") and not tls:
        raise ValueError(f"names a certificate authority without TLS: use {parts.scheme.replace('redis', 'rediss')}://")
    return RedisAddress(
        kind=kind,
        nodes=nodes,
        tls=tls,
        database=database,
        service=service,
        user=unquote(user) or None,
        password=unquote(password) or None,
        ca=options.get("ca") or None,
        sentinel_user=options.get("sentinel_user") or None,
        sentinel_password=options.get("sentinel_password") or None,
    )


def redis_url_problem(url: str) -> str | None:
    """What is wrong with the setting; empty means that no Redis is used."""
    if not url:
        return None
    try:
        parse_redis_url(url)
    except ValueError as error:
        return str(error)
    return None


def _node(text: str, default: int) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or text.endswith("]"):
        host, port = text, str(default)
    host = host.removeprefix("[").removesuffix("]")
    if not host:
        raise ValueError("names no host")
    if not port.isdecimal() or not 0 < int(port) <= 65535:
        raise ValueError("has a port that is no number between 1 and 65535")
    return host, int(port)


def _path(kind: Kind, path: str) -> tuple[str, int]:
    """(service, database)"""
    if kind is Kind.CLUSTER:
        if path not in ("", "0"):
            raise ValueError("names a database, but a Cluster has only number 0")
        return "", 0
    service = ""
    if kind is Kind.SENTINEL:
        service, _, path = path.partition("/")
        if not service:
            raise ValueError("must name the service that the Sentinels watch: redis+sentinel://host:26379/service")
    if path and not path.isdecimal():
        raise ValueError("has a database that is no number")
    return unquote(service), int(path or 0)
