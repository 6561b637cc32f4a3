"""Assertions of WS-Federation that must not sign anybody in: of others, old, changed, wrapped, and no XML at all."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import httpx
import pytest
from lxml import etree

from kernel.clock import ManualClock
from portal_bridge.saml_core import DSIG, SAML2
from portal_bridge.saml_standin import Issuer, wrapped
from tests.web.running import Running, running_house
from tests.web.sign_on_window import CLERK, Window, refusal
from web.demo_sign_on import PEOPLE


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_house(tmp_path_factory.mktemp("wsfed"), ManualClock(), connected=True, standins=True) as running:
        yield running


@pytest.fixture
def window(place: Running) -> Iterator[Window]:
    made = Window(place)
    yield made
    made.http.close()


class Forger:
    """Answers with an assertion of a test's own making."""

    def __init__(self, window: Window, place: Running) -> None:
        assert place.vpm is not None
        self.window = window
        self.saml: Issuer = place.vpm.saml
        self.now_s = place.clock.wall_ms() // 1000
        self.reply, self.form = window.choose(window.begin("wsfed"), CLERK)
        self.realm = place.house.settings.wsfed_realm

    def made(self, account: str = CLERK, **changed: Any) -> Any:
        wanted = {"realm": self.realm, "recipient": self.reply, "now_s": self.now_s, **changed}
        return self.saml.assertion(PEOPLE[account], **wanted)

    def send(self, answer: bytes) -> httpx.Response:
        return self.window.post(self.reply, {**self.form, "wresult": answer.decode()})


@pytest.fixture
def forger(window: Window, place: Running) -> Forger:
    return Forger(window, place)


def test_the_older_assertion_is_read_too(forger: Forger) -> None:
    assert forger.send(wrapped(forger.saml.sign(forger.made(old=True)))).headers["location"] == "/clerk"


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"realm": "urn:another"}, "sign_on_audience"),
        ({"now_s": 1_700_000_000}, "sign_on_expired"),
        ({"now_s": 1_900_000_000}, "sign_on_expired"),
    ],
)
def test_what_an_assertion_must_say(forger: Forger, old: bool, changed: dict[str, Any], code: str) -> None:
    assert refusal(forger.send(wrapped(forger.saml.sign(forger.made(old=old, **changed))))) == code


def test_an_assertion_for_another_address(forger: Forger) -> None:
    answer = wrapped(forger.saml.sign(forger.made(recipient="https://another.example/")))
    assert refusal(forger.send(answer)) == "sign_on_audience"


def test_an_assertion_counts_once_whoever_brings_it(forger: Forger, place: Running) -> None:
    answer = wrapped(forger.saml.sign(forger.made()))
    assert forger.send(answer).headers["location"] == "/clerk"
    other = Window(place)
    assert refusal(Forger(other, place).send(answer)) == "sign_on_replayed"
    other.http.close()


def test_unsigned_and_changed_assertions(forger: Forger, place: Running) -> None:
    signed = forger.saml.sign(forger.made())
    changed = deepcopy(signed)
    changed.find(f".//{{{SAML2}}}NameID").text = PEOPLE["network-manager"]
    strangers = Issuer(forger.saml.entity_id)
    for answer in (wrapped(forger.made()), wrapped(changed), wrapped(strangers.sign(forger.made()))):
        other = Window(place)
        assert refusal(Forger(other, place).send(answer)) == "sign_on_signature"
        other.http.close()


def evil_beside(signed: Any, evil: Any) -> Any:
    root = etree.fromstring(wrapped(signed))
    root.insert(0, evil)
    return root


def evil_around(signed: Any, evil: Any) -> Any:
    """The signed assertion inside the signature's own object of the evil one (XSW)."""
    signature = signed.find(f"{{{DSIG}}}Signature")
    signed.remove(signature)
    etree.SubElement(signature, f"{{{DSIG}}}Object").append(signed)
    evil.append(signature)
    return etree.fromstring(wrapped(evil))


def evil_above(signed: Any, evil: Any) -> Any:
    evil.append(signed)
    return etree.fromstring(wrapped(evil))


def same_id(signed: Any, evil: Any) -> Any:
    """The evil one carries the other's id, and its signature."""
    evil.set("ID", signed.get("ID"))
    evil.append(deepcopy(signed.find(f"{{{DSIG}}}Signature")))
    return etree.fromstring(wrapped(evil))


@pytest.mark.parametrize("wrap", [evil_beside, evil_around, evil_above, same_id])
def test_wrapped_signatures(forger: Forger, wrap: Any) -> None:
    answer = etree.tostring(wrap(forger.saml.sign(forger.made()), forger.made("network-manager")))
    assert refusal(forger.send(answer)) == "sign_on_signature"
    assert forger.window.me().status_code == 401


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY x "&b;&b;&b;&b;">]>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd">',
    ],
)
def test_xml_reaches_for_nothing(forger: Forger, doctype: str) -> None:
    answer = doctype.encode() + wrapped(forger.saml.sign(forger.made()))
    assert refusal(forger.send(answer)) == "sign_on_signature"


def test_a_comment_cuts_no_name_in_two(forger: Forger) -> None:
    """Signed by the provider for a name that an attacker chose; without its comment it is read as a whole."""
    answer = wrapped(forger.saml.sign(forger.made()))
    name = PEOPLE[CLERK].encode()
    cut = answer.replace(name, name[:-3] + b"<!-- -->" + name[-3:])
    assert cut != answer
    # canonical XML leaves comments out, so the signature holds, and so does the whole name
    assert forger.send(cut).headers["location"] == "/clerk"


@pytest.mark.parametrize("answer", ["", "<", "not xml", "<a/>", "\x00", "<a>" * 10_000])
def test_nonsense_is_refused(forger: Forger, answer: str) -> None:
    assert refusal(forger.window.post(forger.reply, {**forger.form, "wresult": answer})) in (
        "sign_on_signature",
        "sign_on_refused",
    )
