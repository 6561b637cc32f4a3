"""The words that messages are made of; import them from `kernel.messages`."""

from __future__ import annotations

import enum


class Role(enum.StrEnum):
    CLERK = "clerk"
    OFFICER = "officer"
    AGENCY_ADMINISTRATOR = "agency_administrator"
    SUPERVISOR = "supervisor"
    #: looks after the network of contact points: register, grants, indicators, open data
    NETWORK_MANAGER = "network_manager"
    WORKSTATION = "workstation"
    #: a client at home, by a personal link: one session, one device
    AT_HOME = "at_home"
    AGENT = "agent"  # the program that moves a workstation's mouse and keys
    CITIZEN = "citizen"
    #: AVIS: who grants benefits, who serves with them, who looks after the whole
    GRANTOR = "grantor"
    PROVIDER = "provider"
    AVIS_ADMINISTRATOR = "avis_administrator"


class Indicator(enum.StrEnum):
    """What others may see of an officer (DOMAIN §1)."""

    OFFLINE = "offline"
    AVAILABLE = "available"
    RINGING = "ringing"
    BUSY = "busy"
    WRAP_UP = "wrap_up"
    AWAY = "away"


class AwayReason(enum.StrEnum):
    BREAK = "break"
    LUNCH = "lunch"
    MEETING = "meeting"
    TRAINING = "training"
    OTHER = "other"
    NOT_ANSWERING = "not_answering"


class Priority(enum.StrEnum):
    NORMAL = "normal"
    RAISED = "raised"
    URGENT = "urgent"


class Pak(enum.StrEnum):
    """Service codes of the founding document (DOMAIN §2)."""

    PAK_01 = "PAK_01"
    PAK_02 = "PAK_02"
    PAK_03 = "PAK_03"
    PAK_04 = "PAK_04"
    PAK_05 = "PAK_05"
    PAK_06 = "PAK_06"

    @classmethod
    def parse(cls, text: str) -> Pak:
        """Accepts the input alias ``PAK_6``; raises `kernel.errors.PakUnknown`."""
        from kernel.errors import PakUnknown  # noqa: PLC0415  (errors must not depend on messages)

        text = {"PAK_6": "PAK_06"}.get(text, text)
        try:
            return cls(text)
        except ValueError:
            raise PakUnknown(field="pak") from None


class ClientKind(enum.StrEnum):
    ANONYMOUS = "anonymous"
    IDENTIFIED = "identified"


class Choice(enum.StrEnum):
    """What the officer last chose by hand."""

    AVAILABLE = "available"
    AWAY = "away"
    OFFLINE = "offline"


class LeaseState(enum.StrEnum):
    """The router's view of one officer, for all queues together."""

    OFFLINE = "offline"
    AVAILABLE = "available"
    RINGING = "ringing"
    BUSY = "busy"
    WRAP_UP = "wrap_up"
    AWAY = "away"
