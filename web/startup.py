"""From the environment to settings that are complete: secrets, addresses, the ledger's place.

The demo makes its own secrets once and keeps them in ``var/secrets.json`` (0600). Anywhere else they must be given: a
start with a missing or short secret fails with every problem named.
"""

from __future__ import annotations

import dataclasses
import fcntl
import json
import os
import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kernel.settings import Settings, SettingsInvalid, load_settings, variable

SECRETS = (
    "pepper",
    "vault_key",
    "media_secret",
    "avis_secret",
    "jpp_secret",
    "notary_secret",
    "state_secret",
    "oidc_secret",
)
#: between the ports of one own media node and those of the next
PORT_STEP = 10
REQUIRED = ("pepper", "vault_key", "media_secret")
#: one host per role: separate cookies in one browser, and browsers treat *.localhost as trustworthy
DEMO_HOSTS = (
    "clerk.localhost",
    "officer.localhost",
    "kiosk.localhost",
    "supervisor.localhost",
    "admin.localhost",
    "network.localhost",
    "panel.localhost",
    "grantor.localhost",
    "provider.localhost",
    "avis.localhost",
)
_LOOPBACK = ("127.0.0.1", "localhost")
_DEFAULT_LEDGER = Settings().ledger_url


class PortInUse(Exception):
    def __init__(self, host: str, port: int, setting: str, option: str) -> None:
        super().__init__(
            f"Port {port} on {host} is already in use. "
            f"Stop what uses it, or choose another port with {variable(setting)} or {option}."
        )


class LedgerInUse(Exception):
    def __init__(self, var: str) -> None:
        super().__init__(
            f"Another Klātiene already runs on the data in {var}. "
            f"Stop it, or give this one a directory of its own with {variable('var')} or --var."
        )


@contextmanager
def own_ledger(settings: Settings) -> Iterator[None]:
    """Holds the embedded ledger for as long as the context: two households would each decide from an index of its own.

    Raises `LedgerInUse`. The system lets go when the process ends, however it ends.
    """
    if not settings.ledger_url.startswith("sqlite"):
        yield
        return
    Path(settings.var).mkdir(parents=True, exist_ok=True)
    with (Path(settings.var) / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise LedgerInUse(settings.var) from None
        yield


def read_settings(environ: Mapping[str, str], *, secrets_required: bool = True, **overrides: Any) -> Settings:
    """Complete settings; raises `SettingsInvalid` with every problem found."""
    settings = load_settings(environ, **overrides)
    if settings.ledger_url == _DEFAULT_LEDGER and settings.var != Settings().var:
        settings = dataclasses.replace(settings, ledger_url=f"sqlite:///{settings.var}/klatiene.db")
    if settings.demo:
        settings = _with_kept_secrets(settings)
    required = (*REQUIRED, "turn_secret") if settings.turn_urls else REQUIRED
    if settings.oidc_issuer:
        required = (*required, "oidc_secret")
    missing = [f"{variable(name)}: must be set" for name in required if not getattr(settings, name)]
    if settings.web_processes > 1 and not settings.redis_url:
        missing.append(
            f"{variable('redis_url')}: must be set, because {variable('web_processes')} is {settings.web_processes}: "
            "several web processes share their work through Redis"
        )
    if missing and secrets_required:
        raise SettingsInvalid(missing)
    return with_addresses(settings)


def with_addresses(settings: Settings) -> Settings:
    """Fill in what follows from the ports: the media node's addresses and our own."""
    node = _reachable(settings.media_host)
    media_url = settings.media_url or f"ws://{node}:{settings.media_port}"
    own = _reachable(settings.host)
    urls = settings.media_urls
    if settings.media_nodes > 1 and not urls and not settings.media_url:
        urls = tuple(f"ws://{node}:{port}" for port, _ in media_ports(settings))
    return dataclasses.replace(
        settings,
        media_url=media_url,
        media_api_url=settings.media_api_url or _as_http(media_url),
        media_urls=urls,
        media_api_urls=settings.media_api_urls or tuple(_as_http(url) for url in urls),
        media_webhook_url=settings.media_webhook_url or f"http://{own}:{settings.port}/hooks/media",
        origins=settings.origins or own_origins(settings),
    )


def media_ports(settings: Settings) -> list[tuple[int, int]]:
    """(signalling port, media port) of each own node."""
    return [
        (settings.media_port + PORT_STEP * n, settings.media_udp_port + PORT_STEP * n)
        for n in range(settings.media_nodes)
    ]


def media_bind(settings: Settings) -> str:
    """Where media is received. Signalling may sit on loopback, behind a proxy; media comes from elsewhere anyway."""
    if settings.media_bind:
        return settings.media_bind
    loopback = settings.media_host in (*_LOOPBACK, "::1")
    return "0.0.0.0" if loopback else settings.media_host  # noqa: S104  (nothing unauthenticated is served)


def has_own_node(settings: Settings) -> bool:
    """Whether the media node that the control plane calls is ours to start, or somebody else's, LiveKit's for one."""
    called = urlsplit(settings.media_api_url)
    return (called.hostname, called.port) == (_reachable(settings.media_host), settings.media_port)


def own_origins(settings: Settings) -> tuple[str, ...]:
    hosts = [*_LOOPBACK, *(DEMO_HOSTS if settings.demo else ())]
    if settings.host not in (*_LOOPBACK, "0.0.0.0", "::"):  # noqa: S104  (named, not bound)
        hosts.append(settings.host)
    return tuple(f"http://{host}:{settings.port}" for host in hosts)


def to_environ(settings: Settings) -> dict[str, str]:
    """The variables that make a child process read these very settings."""
    found = {}
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        if isinstance(value, tuple):
            found[variable(field.name)] = ",".join(value)
        elif isinstance(value, bool):
            found[variable(field.name)] = "true" if value else "false"
        else:
            found[variable(field.name)] = str(value)
    return found


def own_url(settings: Settings) -> str:
    return f"http://{_reachable(settings.host)}:{settings.port}"


def welcome(settings: Settings, *, demo: bool, simulated: bool) -> str:
    """What to open, in English and Latvian."""
    if not demo:
        return f"Klātiene: {own_url(settings)}"
    rows = [
        ("clerk.localhost", "clerk-grobina", "Clerk, Grobiņas VPVKAC", "Darbinieks, Grobiņas VPVKAC"),
        ("officer.localhost", "officer-vsaa-1", "Officer, VSAA speciālists 1", "Speciālists, VSAA speciālists 1"),
        ("kiosk.localhost", "kiosk-zeltini", "Workstation, Zeltiņu bibliotēka", "Darba vieta, Zeltiņu bibliotēka"),
        ("supervisor.localhost", "supervisor-vsaa", "Supervisor, VSAA", "Uzraugs, VSAA"),
        ("admin.localhost", "administrator-vsaa", "Agency administrator, VSAA", "Iestādes administrators, VSAA"),
        (
            "network.localhost",
            "network-manager",
            "Manager of the contact point network",
            "Kontaktpunktu tīkla pārvaldnieks",
        ),
        ("panel.localhost", "citizen-2", "Citizen's panel", "Iedzīvotāja panelis"),
        ("grantor.localhost", "grantor-aluksne", "AVIS: grantor of benefits", "AVIS: atvieglojuma devējs"),
        (
            "provider.localhost",
            "provider-veikals",
            "AVIS: provider, merchant",
            "AVIS: pakalpojuma sniedzējs, tirgotājs",
        ),
        ("avis.localhost", "avis-administrator", "AVIS: administrator", "AVIS: administrators"),
    ]
    lines = ["", "Klātiene is ready. Open these addresses in Chrome or Firefox, one window each:"]
    lines += ["Klātiene ir gatava. Atveriet šīs adreses pārlūkā Chrome vai Firefox, katru savā logā:", ""]
    for host, account, english, latvian in rows:
        lines.append(f"  http://{host}:{settings.port}/?account={account}")
        lines.append(f"      {english}  ·  {latvian}")
    lines.append("")
    if simulated:
        lines.append("Alone? Open only the clerk's window: simulated officers answer by themselves.")
        lines.append("Esat viens? Pietiek ar darbinieka logu: simulētie speciālisti atbild paši.")
    lines.append("Stop with Ctrl+C.  ·  Apturēt ar Ctrl+C.")
    return "\n".join(lines)


def check_ports(settings: Settings) -> None:
    """Raises `PortInUse` before anything is started."""
    check_web_port(settings)
    if has_own_node(settings):
        check_media_ports(settings)


def check_web_port(settings: Settings) -> None:
    _check(settings.host, settings.port, socket.SOCK_STREAM, "port", "--port")


def check_media_ports(settings: Settings) -> None:
    for port, media_port in media_ports(settings):
        _check(settings.media_host, port, socket.SOCK_STREAM, "media_port", "--media-port")
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            _check(settings.media_host, media_port, kind, "media_udp_port", "--media-udp-port")


def free_port() -> int:
    """A port that is free for TCP and UDP on loopback at this moment."""
    for _ in range(50):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
            tcp.bind(("127.0.0.1", 0))
            port = int(tcp.getsockname()[1])
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
                try:
                    udp.bind(("127.0.0.1", port))
                except OSError:
                    continue
                return port
    raise OSError("no free port")


def _check(host: str, port: int, kind: socket.SocketKind, setting: str, option: str) -> None:
    if port == 0:
        return
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, kind) as probe:
        if kind is socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            raise PortInUse(host, port, setting, option) from None


def _with_kept_secrets(settings: Settings) -> Settings:
    path = Path(settings.var) / "secrets.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    made = {name: secrets.token_urlsafe(48) for name in SECRETS if name not in kept}
    if made:
        kept |= made
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(kept, file, indent=1)
    given: dict[str, Any] = {name: getattr(settings, name) or kept[name] for name in SECRETS}
    return dataclasses.replace(settings, **given)


def _reachable(host: str) -> str:
    return "127.0.0.1" if host in ("0.0.0.0", "::", "localhost") else host  # noqa: S104  (named, not bound)


def _as_http(url: str) -> str:
    scheme = {"ws": "http", "wss": "https"}.get(urlsplit(url).scheme, urlsplit(url).scheme)
    return urlsplit(url)._replace(scheme=scheme).geturl()
