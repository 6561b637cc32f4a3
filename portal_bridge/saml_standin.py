"""Signs assertions as a WS-Federation provider does; for the stand-in and for tests. Nobody here is real."""

from __future__ import annotations

import base64
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml.algorithms import CanonicalizationMethod
from signxml.signer import XMLSigner

from portal_bridge.saml_core import ADDRESSING, BEARER, DSIG, FEDERATION, METADATA, SAML1, SAML2

TRUST = "http://docs.oasis-open.org/ws-sx/ws-trust/200512"
LIVES_S = 300


class Issuer:
    """``entity_id`` is also where one signs in. A key and a certificate of its own, made anew for each."""

    def __init__(self, entity_id: str) -> None:
        self.entity_id = entity_id
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "VPM (demo)")])
        now = datetime.now(UTC)
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=365))
            .sign(self._key, hashes.SHA256())
        )

    def federation(self) -> bytes:
        encoded = base64.b64encode(self.certificate.public_bytes(serialization.Encoding.DER)).decode()
        return (
            f'<EntityDescriptor xmlns="{METADATA}" entityID="{self.entity_id}"><RoleDescriptor '
            f'xmlns:fed="{FEDERATION}" protocolSupportEnumeration="{FEDERATION}"><KeyDescriptor use="signing">'
            f'<KeyInfo xmlns="{DSIG}"><X509Data><X509Certificate>{encoded}</X509Certificate></X509Data></KeyInfo>'
            f"</KeyDescriptor><fed:PassiveRequestorEndpoint><EndpointReference "
            f'xmlns="{ADDRESSING}"><Address>{self.entity_id}</Address></EndpointReference>'
            f"</fed:PassiveRequestorEndpoint></RoleDescriptor></EntityDescriptor>"
        ).encode()

    def answer(self, identifier: str, **said: Any) -> bytes:
        """The ``wresult`` of somebody who signed in; ``said`` as for `assertion`."""
        return wrapped(self.sign(self.assertion(identifier, **said)))

    def assertion(
        self,
        identifier: str,
        *,
        realm: str,
        recipient: str,
        now_s: int,
        proved_s: int | None = None,
        old: bool = False,
    ) -> Any:
        """Not signed yet. ``proved_s``: when they signed in, if not now. ``old``: SAML 1.1 instead of 2.0."""
        times = {"since": _time(now_s - 5), "now": _time(now_s), "until": _time(now_s + LIVES_S)}
        times["proved"] = _time(now_s if proved_s is None else proved_s)
        template = _OLD if old else _NEW
        return etree.fromstring(
            template.format(
                id=f"_{secrets.token_hex(16)}",
                issuer=self.entity_id,
                identifier=identifier,
                realm=realm,
                recipient=recipient,
                **times,
            ).encode()
        )

    def sign(self, assertion: Any) -> Any:
        old = assertion.tag == f"{{{SAML1}}}Assertion"
        name = "AssertionID" if old else "ID"
        signer = XMLSigner(c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0)
        return signer.sign(
            assertion,
            key=self._key,
            cert=[self.certificate],
            reference_uri=f"#{assertion.get(name)}",
            id_attribute=name,
        )


def wrapped(assertion: Any) -> bytes:
    """As WS-Trust answers with it."""
    root = etree.Element(f"{{{TRUST}}}RequestSecurityTokenResponse", nsmap={"t": TRUST})
    etree.SubElement(root, f"{{{TRUST}}}RequestedSecurityToken").append(assertion)
    return bytes(etree.tostring(root))


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


_NEW = (
    f'<Assertion xmlns="{SAML2}" ID="{{id}}" Version="2.0" IssueInstant="{{now}}"><Issuer>{{issuer}}</Issuer><Subject>'
    f'<NameID>{{identifier}}</NameID><SubjectConfirmation Method="{BEARER[1]}"><SubjectConfirmationData '
    'NotOnOrAfter="{until}" Recipient="{recipient}"/></SubjectConfirmation></Subject>'
    '<Conditions NotBefore="{since}" NotOnOrAfter="{until}"><AudienceRestriction><Audience>{realm}</Audience>'
    '</AudienceRestriction></Conditions><AuthnStatement AuthnInstant="{proved}"><AuthnContext><AuthnContextClassRef>'
    "urn:oasis:names:tc:SAML:2.0:ac:classes:X509</AuthnContextClassRef></AuthnContext></AuthnStatement></Assertion>"
)
_OLD = (
    f'<Assertion xmlns="{SAML1}" MajorVersion="1" MinorVersion="1" AssertionID="{{id}}" Issuer="{{issuer}}" '
    'IssueInstant="{now}"><Conditions NotBefore="{since}" NotOnOrAfter="{until}"><AudienceRestrictionCondition>'
    "<Audience>{realm}</Audience></AudienceRestrictionCondition></Conditions><AuthenticationStatement "
    'AuthenticationMethod="urn:oasis:names:tc:SAML:1.0:am:X509-PKI" AuthenticationInstant="{proved}"><Subject>'
    f"<NameIdentifier>{{identifier}}</NameIdentifier><SubjectConfirmation><ConfirmationMethod>{BEARER[0]}"
    "</ConfirmationMethod></SubjectConfirmation></Subject></AuthenticationStatement></Assertion>"
)
