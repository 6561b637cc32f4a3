"""Settings: frozen, typed, read from ``KLATIENE_*`` variables, every problem reported together.

Each field documents itself in its metadata; ``klatiene config`` prints this table with the values in force (secrets
masked). Nothing reads the environment anywhere else.
"""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kernel.redis_url import redis_url_problem

PREFIX = "KLATIENE_"

_WORDS = {**dict.fromkeys(("1", "true", "yes", "on"), True), **dict.fromkeys(("0", "false", "no", "off"), False)}


class SettingsInvalid(Exception):
    """``problems`` holds one line per variable at fault."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _positive(value: float) -> str | None:
    return None if value > 0 else "must be greater than zero"


def _at_least_three(value: int) -> str | None:
    # of two who are counted together, each knows the other's part
    return None if value >= 3 else "must be at least 3: a count of one or two persons hides nobody"


def _port(value: int) -> str | None:
    return None if 0 <= value <= 65535 else "must be between 0 and 65535 (0 picks a free port)"


def _secret(value: str) -> str | None:
    return None if value == "" or len(value.encode()) >= 32 else "must have at least 32 bytes"


def _ledger(value: str) -> str | None:
    return None if value.startswith(("sqlite:", "postgresql:")) else "must be a sqlite: or postgresql: URL"


def _key_prefix(value: str) -> str | None:
    return None if re.fullmatch(r"[a-z0-9][a-z0-9-]{0,31}", value) else "must be 1 to 32 of a-z, 0-9 and -"


def _https(values: tuple[str, ...]) -> str | None:
    return None if all(value.startswith("https://") for value in values) else "must be https: URLs"


def _turn(values: tuple[str, ...]) -> str | None:
    well = all(value.startswith(("turn:", "turns:")) for value in values)
    return None if well else "must be turn: or turns: URLs"


def _bases(values: tuple[str, ...]) -> str | None:
    well = all(all(value.partition("=")[::2]) for value in values)
    return None if well else "must be purpose=legal basis"


def _safe_url(value: str) -> str | None:
    well = not value or re.match(r"https://[^/]|http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?/", value + "/")
    return None if well else "must be an https: URL (http: only on this machine)"


def _level(value: str) -> str | None:
    return None if value in ("DEBUG", "INFO", "WARNING", "ERROR") else "must be DEBUG, INFO, WARNING or ERROR"


def _setting(default: Any, doc: str, *, check: Callable[[Any], str | None] | None = None, secret: bool = False) -> Any:
    return dataclasses.field(default=default, metadata={"doc": doc, "check": check, "secret": secret})


@dataclass(frozen=True, kw_only=True)
class Settings:
    # where we listen
    host: str = _setting("127.0.0.1", "address the control plane listens on")
    port: int = _setting(8080, "port of the control plane", check=_port)
    origins: tuple[str, ...] = _setting(
        (), "allowed browser origins, comma separated and exact; empty: http on the own host and port"
    )
    web_processes: int = _setting(1, "web processes that share the port; more than one needs Redis", check=_positive)
    trusted_proxies: tuple[str, ...] = _setting((), "addresses whose X-Forwarded-For is believed")
    log_level: str = _setting("INFO", "least severe level that is logged", check=_level)
    log_json: bool = _setting(False, "one JSON object a line instead of readable text")

    # what is kept
    var: str = _setting("var", "directory of the embedded ledger, generated secrets and logs")
    ledger_url: str = _setting("sqlite:///var/klatiene.db", "the ledger: sqlite or postgresql", check=_ledger)
    redis_url: str = _setting(
        "", "Redis that several web processes share; empty: this process alone", check=redis_url_problem, secret=True
    )
    redis_prefix: str = _setting("klatiene", "what our keys in Redis begin with", check=_key_prefix)
    redis_timeout_s: float = _setting(1.0, "longest wait for an answer of Redis", check=_positive)
    retention_days: int = _setting(548, "how long personal data is kept, in days (18 months)", check=_positive)

    # secrets
    pepper: str = _setting("", "key of pseudonyms and session hashes, at least 32 bytes", check=_secret, secret=True)
    vault_key: str = _setting("", "key that encrypts personal codes, at least 32 bytes", check=_secret, secret=True)
    media_key: str = _setting("klatiene", "API key shared with the media node")
    media_secret: str = _setting("", "secret of the API key, at least 32 bytes", check=_secret, secret=True)

    # the media node
    media_url: str = _setting("", "media node as browsers see it (ws:// or wss://); empty: the own node")
    media_api_url: str = _setting("", "media node as the control plane sees it (http://); empty: from media_url")
    media_nodes: int = _setting(1, "own media nodes, each a process with ports ten above the last", check=_positive)
    media_urls: tuple[str, ...] = _setting((), "media nodes as browsers see them, when there are several of them")
    media_api_urls: tuple[str, ...] = _setting((), "the same as the control plane sees them; empty: from media_urls")
    media_host: str = _setting("127.0.0.1", "address the own media node listens on")
    media_port: int = _setting(7880, "port of the own media node's signalling", check=_port)
    media_udp_port: int = _setting(7882, "UDP and TCP port of the own media node's media", check=_port)
    media_addresses: tuple[str, ...] = _setting((), "addresses advertised for media; empty: those of the interfaces")
    media_bind: str = _setting(
        "", "addresses media is received on, commas between; empty: media_host, or all of them if that is loopback"
    )
    media_drain_s: float = _setting(60.0, "how long conversations may go on after the media node's SIGTERM")
    turn_urls: tuple[str, ...] = _setting(
        (),
        "TURN servers for networks that block the media port, for example turns:turn.example:443?transport=tcp",
        check=_turn,
    )
    turn_secret: str = _setting(
        "", "secret shared with the TURN servers, at least 32 bytes", check=_secret, secret=True
    )
    media_webhook_url: str = _setting("", "where the media node reports; empty: the own control plane")

    # the state systems
    avis_url: str = _setting("", "AVIS; empty: not connected")
    avis_client: str = _setting("klatiene", "client id at AVIS")
    avis_secret: str = _setting("", "client secret at AVIS", secret=True)
    jpp_url: str = _setting("", "register of powers of attorney (JPP); empty: not connected")
    jpp_client: str = _setting("klatiene", "client id at JPP")
    jpp_secret: str = _setting("", "client secret at JPP", secret=True)
    notary_client: str = _setting("notaru-is", "client id of the notaries' system at our register of powers")
    notary_secret: str = _setting("", "its client secret; empty: no notary can call", secret=True)
    state_url: str = _setting("", "the state's API gateway: DAGR, e-adrese, VIRSIS; empty: not connected")
    state_client: str = _setting("klatiene", "client id at the state's API gateway")
    state_secret: str = _setting("", "client secret at the state's API gateway", secret=True)
    dagr_permission: str = _setting("demo", "VIRSIS permission number that each call of DAGR carries")
    legal_bases: tuple[str, ...] = _setting(
        (
            "consultation=GDPR 6(1)(e): a public task at the client's request",
            "own_data=GDPR 15: access to one's own data",
            "benefits=GDPR 6(1)(e): granting benefits by law",
            "delegate_check=GDPR 6(1)(e): who may act for a legal person",
            "catalogue=public data",
            "network_register=public data",
        ),
        "purpose=legal basis, commas between; a call of a state system for a purpose without one is never made",
        check=_bases,
    )
    viss_urn: str = _setting(
        "URN:IVIS:100001:ISS-KP-Kontaktpunkti-v1-0", "VISS service by which municipalities tell of contact points"
    )
    bridge_timeout_s: float = _setting(3.0, "longest wait for a state system's answer", check=_positive)

    # the state's sign-on (VPM)
    oidc_issuer: str = _setting(
        "", "VPM by OpenID Connect: the provider's issuer; empty: not connected", check=_safe_url
    )
    oidc_client: str = _setting("klatiene", "client id at the OpenID provider")
    oidc_secret: str = _setting("", "client secret at the OpenID provider", secret=True)
    oidc_claim: str = _setting("sub", "claim of the ID token that holds VPM's identifier")
    wsfed_metadata_url: str = _setting(
        "", "VPM by WS-Federation: the provider's federation metadata; empty: not connected", check=_safe_url
    )
    wsfed_realm: str = _setting("urn:klatiene", "wtrealm: how the WS-Federation provider knows us")
    wsfed_claim: str = _setting("", "attribute of the assertion that holds VPM's identifier; empty: the subject's name")
    resident_sign_in: bool = _setting(False, "residents whom no directory knows may sign in to their own panel")

    # people
    demo: bool = _setting(False, "demo sign-in page and demo data; never with real people")
    session_hours: float = _setting(10.0, "how long a sign-in lasts without being used", check=_positive)

    # workstations
    fresh_sign_in_s: float = _setting(
        300.0, "how recently a clerk must have signed in to enrol or end a workstation", check=_positive
    )
    enrolment_ttl_s: float = _setting(600.0, "how long a workstation's enrolment code is valid", check=_positive)
    device_token_s: float = _setting(600.0, "how long a workstation's access token is valid", check=_positive)
    device_idle_days: float = _setting(
        60.0, "a workstation that was not switched on for so long is to be enrolled again", check=_positive
    )
    kiosk_idle_s: float = _setting(
        120.0, "a workstation that nobody touches for so long, outside a session, is wiped", check=_positive
    )

    guide_addresses: tuple[str, ...] = _setting(
        ("https://latvija.gov.lv/", "https://www.vsaa.gov.lv/", "https://www.vid.gov.lv/", "https://www.pmlp.gov.lv/"),
        "addresses, with all below them, that an officer may offer to open at a client's workstation",
        check=_https,
    )

    # from home
    home_agencies: tuple[str, ...] = _setting(
        (), "ids of the agencies whose clients may come from home by a personal link; *: all; empty: none"
    )
    home_url: str = _setting("", "address in personal links; empty: the console's own that makes one")
    home_link_ttl_s: float = _setting(
        900.0, "how long a personal link into a running session may wait to be opened", check=_positive
    )
    home_link_early_s: float = _setting(
        1800.0, "how long before its appointment a personal link may be opened", check=_positive
    )

    # routing
    offer_timeout_s: float = _setting(20.0, "how long a console rings before it is not answering", check=_positive)
    wrap_up_s: float = _setting(120.0, "longest wrap-up before the officer is available again", check=_positive)
    service_level_s: float = _setting(60.0, "X of the service level SL(X)", check=_positive)
    short_abandon_s: float = _setting(5.0, "an abandon sooner than this is not counted against us")

    # appointments and callbacks
    appointment_reminder_s: float = _setting(600.0, "the console rings so long before an appointment", check=_positive)
    appointment_no_show_s: float = _setting(
        900.0, "a client who is not there so long after the appointment's time did not come", check=_positive
    )
    callback_tries: int = _setting(3, "how often a callback's turn comes before it expires", check=_positive)
    callback_ring_s: float = _setting(
        300.0, "a callback that rings so long without an answer counts as nobody there", check=_positive
    )
    callback_rest_s: float = _setting(900.0, "how long until it rings again", check=_positive)
    callback_hours: float = _setting(72.0, "a callback expires after so many hours", check=_positive)

    # open data
    open_data_url: str = _setting("", "address in the URIs of open data; empty: the first allowed origin")
    open_data_contact: str = _setting("", "e-mail address in the catalogue of open data; empty: its page alone")
    open_data_k: int = _setting(10, "counts of fewer persons are not published; at least 3", check=_at_least_three)
    ckan_url: str = _setting("", "CKAN portal that the sets are published at; empty: none")
    ckan_token: str = _setting("", "API token at the CKAN portal", secret=True)
    ckan_organization: str = _setting("", "our organisation at the CKAN portal")

    # sessions
    authorisation_ttl_s: float = _setting(120.0, "how long a workstation's one-time code is valid", check=_positive)
    hold_s: float = _setting(60.0, "how long a lost clerk's or officer's place is held", check=_positive)


def variable(name: str) -> str:
    return PREFIX + name.upper()


def load_settings(environ: Mapping[str, str], **overrides: Any) -> Settings:
    """Settings from the environment; ``overrides`` win. Raises `SettingsInvalid` with every problem found."""
    hints = typing.get_type_hints(Settings)
    values: dict[str, Any] = {}
    problems: list[str] = []
    known = {variable(field.name) for field in dataclasses.fields(Settings)}
    problems += [
        f"{name}: no such setting" for name in sorted(environ) if name.startswith(PREFIX) and name not in known
    ]
    for field in dataclasses.fields(Settings):
        name = variable(field.name)
        if field.name in overrides:
            values[field.name] = overrides[field.name]
        elif name in environ:
            try:
                values[field.name] = _parse(environ[name], hints[field.name])
            except ValueError as error:
                problems.append(f"{name}: {error}")
                continue
        else:
            values[field.name] = field.default
        check = field.metadata["check"]
        if check is not None and (problem := check(values[field.name])):
            problems.append(f"{name}: {problem}")
    if problems:
        raise SettingsInvalid(problems)
    return Settings(**values)


def _parse(text: str, hint: Any) -> Any:
    if isinstance(hint, types.GenericAlias) or typing.get_origin(hint) is tuple:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if hint is bool:
        words = {
            "1": True,
            "true": True,
            "yes": True,
            "on": True,
            "0": False,
            "false": False,
            "no": False,
            "off": False,
        }
        if text.strip().lower() not in words:
            raise ValueError("must be true or false")
        return words[text.strip().lower()]
    if hint in (int, float):
        try:
            return hint(text)
        except ValueError:
            raise ValueError("must be a whole number" if hint is int else "must be a number") from None
    return text


def explain(settings: Settings) -> list[tuple[str, str, str]]:
    """(variable, value in force with secrets masked, what it means) of every setting."""
    rows = []
    for field in dataclasses.fields(Settings):
        value = getattr(settings, field.name)
        if field.metadata["secret"]:
            shown = "(set)" if value else "(not set)"
        elif isinstance(value, tuple):
            shown = ",".join(value)
        else:
            shown = str(value)
        rows.append((variable(field.name), shown, field.metadata["doc"]))
    return rows
