"""SAML assertions as WS-Federation carries them, judged. Pure: certificates and time are given.

Only what the signature covers is read. An attacker who cannot sign may still wrap: put a signed assertion somewhere and
another where it is looked for. So there must be exactly one assertion in the whole answer, its signature must be its
own child with one reference, and every value is taken from the tree that the verifier gives back, never from the
answer. XML is parsed without entities, DTDs, network and comments (a comment inside a name would cut it in two).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.x509 import load_der_x509_certificate
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from kernel.private import Private
from kernel.sign_on_errors import (
    SignOnAudience,
    SignOnExpired,
    SignOnIdentifier,
    SignOnIssuer,
    SignOnSignature,
    SignOnUnavailable,
)

SAML1 = "urn:oasis:names:tc:SAML:1.0:assertion"
SAML2 = "urn:oasis:names:tc:SAML:2.0:assertion"
DSIG = "http://www.w3.org/2000/09/xmldsig#"
METADATA = "urn:oasis:names:tc:SAML:2.0:metadata"
FEDERATION = "http://docs.oasis-open.org/wsfed/federation/200706"
ADDRESSING = "http://www.w3.org/2005/08/addressing"
BEARER = ("urn:oasis:names:tc:SAML:1.0:cm:bearer", "urn:oasis:names:tc:SAML:2.0:cm:bearer")
LIMIT = 256 * 1024
SKEW_S = 30

_SIGNED = SignatureConfiguration(
    location="./",
    expect_references=1,
    signature_methods=frozenset(
        {
            SignatureMethod.RSA_SHA256,
            SignatureMethod.RSA_SHA384,
            SignatureMethod.RSA_SHA512,
            SignatureMethod.ECDSA_SHA256,
        }
    ),
    digest_algorithms=frozenset({DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512}),
)


class Federation(msgspec.Struct, frozen=True, kw_only=True):
    """What the provider's federation metadata says: who it is, where to sign in, which certificates sign (PEM)."""

    issuer: str
    sign_in_url: str
    certificates: tuple[str, ...]


class Assertion(msgspec.Struct, frozen=True, kw_only=True):
    """``until_s``: after that it need not be remembered as used; ``proved_s``: when the person signed in there."""

    id: str
    identifier: Private[str]
    until_s: float
    proved_s: float


def parse(xml: bytes) -> Any:
    """The root element. Raises `SignOnSignature` for what is no harmless XML."""
    if len(xml) > LIMIT:
        raise SignOnSignature
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(xml, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise SignOnSignature from None
    if root.getroottree().docinfo.doctype:
        raise SignOnSignature
    return root


def read_federation(xml: bytes) -> Federation:
    """Raises `SignOnUnavailable`: without it nobody can sign in."""
    try:
        root = parse(xml)
    except SignOnSignature:
        raise SignOnUnavailable(retry_after_s=60) from None
    entity = root if root.tag == f"{{{METADATA}}}EntityDescriptor" else root.find(f".//{{{METADATA}}}EntityDescriptor")
    address = None
    if entity is not None:
        address = entity.find(f".//{{{FEDERATION}}}PassiveRequestorEndpoint//{{{ADDRESSING}}}Address")
    if entity is None or address is None or not entity.get("entityID"):
        raise SignOnUnavailable(retry_after_s=60)
    certificates = []
    for key in entity.iter(f"{{{METADATA}}}KeyDescriptor"):
        if key.get("use", "signing") == "signing":
            certificates += [_pem(_text(each)) for each in key.iter(f"{{{DSIG}}}X509Certificate")]
    if not certificates:
        raise SignOnUnavailable(retry_after_s=60)
    return Federation(
        issuer=entity.get("entityID"), sign_in_url=_text(address), certificates=tuple(dict.fromkeys(certificates))
    )


def read_answer(
    xml: bytes, federation: Federation, *, realm: str, recipient: str, claim: str, now_s: float
) -> Assertion:
    """The one assertion of a ``wresult``. ``claim``: the attribute with the identifier; empty: the subject's name.

    Raises one of `kernel.sign_on_errors`.
    """
    root = parse(xml)
    found = [each for name in (SAML1, SAML2) for each in root.iter(f"{{{name}}}Assertion")]
    if len(found) != 1:
        raise SignOnSignature
    assertion = _verified(found[0], federation.certificates)
    old = assertion.tag == f"{{{SAML1}}}Assertion"
    space = SAML1 if old else SAML2
    issuer = assertion.get("Issuer") if old else _text(assertion.find(f"{{{space}}}Issuer"))
    if issuer != federation.issuer:
        raise SignOnIssuer
    conditions = assertion.findall(f"{{{space}}}Conditions")
    if len(conditions) != 1:
        raise SignOnExpired
    until_s = _in_time(conditions[0], now_s)
    restriction = "AudienceRestrictionCondition" if old else "AudienceRestriction"
    restrictions = conditions[0].findall(f"{{{space}}}{restriction}")
    if not restrictions or not all(
        realm in [_text(each) for each in one.findall(f"{{{space}}}Audience")] for one in restrictions
    ):
        raise SignOnAudience
    _confirmed(assertion, space, recipient, now_s)
    return Assertion(
        id=str(assertion.get("AssertionID" if old else "ID")),
        identifier=Private(_identifier(assertion, space, claim, old=old)),
        until_s=until_s + SKEW_S,
        proved_s=_proved(assertion, space, old=old),
    )


def _verified(assertion: Any, certificates: Sequence[str]) -> Any:
    """The assertion as it was signed."""
    if len(assertion.findall(f"{{{DSIG}}}Signature")) != 1 or len(list(assertion.iter(f"{{{DSIG}}}Signature"))) != 1:
        raise SignOnSignature
    alone = etree.tostring(assertion, with_tail=False)
    name = "AssertionID" if assertion.tag == f"{{{SAML1}}}Assertion" else "ID"
    for certificate in certificates:
        try:
            result = XMLVerifier().verify(alone, x509_cert=certificate, id_attribute=name, expect_config=_SIGNED)
        except (SignXMLException, etree.LxmlError, ValueError, TypeError, KeyError):
            continue
        signed = (result[0] if isinstance(result, list) else result).signed_xml
        if (
            signed is None
            or signed.tag != assertion.tag
            or not signed.get(name)
            or signed.get(name) != assertion.get(name)
        ):
            raise SignOnSignature
        return signed
    raise SignOnSignature


def _in_time(element: Any, now_s: float) -> float:
    """The end of its time. Raises `SignOnExpired` outside of it, and when it has no end."""
    until = _seconds(element.get("NotOnOrAfter"))
    since = _seconds(element.get("NotBefore")) if element.get("NotBefore") else float("-inf")
    if now_s >= until + SKEW_S or now_s < since - SKEW_S:
        raise SignOnExpired
    return until


def _confirmed(assertion: Any, space: str, recipient: str, now_s: float) -> None:
    """Whoever bears it is whom it is about; SAML 2.0 also says where it is to be borne to."""
    confirmations = list(assertion.iter(f"{{{space}}}SubjectConfirmation"))
    for each in confirmations:
        methods = [_text(one) for one in each.findall(f"{{{space}}}ConfirmationMethod")] or [each.get("Method", "")]
        if not set(methods) & set(BEARER):
            continue
        data = each.find(f"{{{space}}}SubjectConfirmationData")
        if space == SAML2 and data is not None:
            if data.get("Recipient", recipient) != recipient:
                raise SignOnAudience
            if data.get("NotOnOrAfter"):
                _in_time(data, now_s)
        return
    raise SignOnSignature


def _identifier(assertion: Any, space: str, claim: str, *, old: bool) -> str:
    if not claim:
        name = "NameIdentifier" if old else "NameID"
        found = {_text(each) for each in assertion.iter(f"{{{space}}}{name}")}
    else:
        found = set()
        for each in assertion.iter(f"{{{space}}}Attribute"):
            called = f"{each.get('AttributeNamespace')}/{each.get('AttributeName')}" if old else each.get("Name")
            if called == claim:
                found |= {_text(one) for one in each.findall(f"{{{space}}}AttributeValue")}
    if len(found) != 1:
        raise SignOnIdentifier
    return found.pop()


def _proved(assertion: Any, space: str, *, old: bool) -> float:
    """The latest moment at which it says that the person signed in; none said is long ago."""
    word = "Authentication" if old else "Authn"
    statements = assertion.findall(f"{{{space}}}{word}Statement")
    return max((_seconds(each.get(f"{word}Instant")) for each in statements), default=0.0)


def _seconds(text: str | None) -> float:
    try:
        read = datetime.fromisoformat(text or "")
    except ValueError:
        raise SignOnExpired from None
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()


def _text(element: Any) -> str:
    """All of an element's text: parts between which something stood are one text."""
    return "" if element is None else "".join(element.itertext()).strip()


def _pem(encoded: str) -> str:
    try:
        certificate = load_der_x509_certificate(base64.b64decode("".join(encoded.split()), validate=True))
    except (ValueError, binascii.Error):
        raise SignOnUnavailable(retry_after_s=60) from None
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
