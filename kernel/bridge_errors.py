"""The part of the error tree that belongs to AVIS, JPP and the systems around them (DOMAIN §5, §6)."""

from __future__ import annotations

from kernel.errors import Conflict, Malformed, NotAllowed, NotFound, Unavailable

# ── AVIS ─────────────────────────────────────────────────────────────────────────────────────────


class MeansUnknown(NotFound):
    code = "means_unknown"


class MeansBlocked(Conflict):
    """Blocked, revoked, expired or not yet confirmed: it identifies nobody."""

    code = "means_blocked"


class MeansKnown(Conflict):
    code = "means_known"


class MeansOfAnother(NotAllowed):
    code = "means_of_another"


class NoContract(NotAllowed):
    code = "no_contract"


class OutletUnknown(NotFound):
    code = "outlet_unknown"


class OutletInactive(Conflict):
    code = "outlet_inactive"


class ItemUnknown(Malformed):
    """A line names goods that are not in the provider's catalogue."""

    code = "item_unknown"


class CurrencyNotEur(Malformed):
    code = "currency_not_eur"


class QuoteExpired(Conflict):
    code = "quote_expired"


class CapChanged(Conflict):
    """``details.quote``: the new quote."""

    code = "cap_changed"


class ReceiptDuplicate(Conflict):
    code = "receipt_duplicate"


class ReceiptTotalMismatch(Malformed):
    code = "receipt_total_mismatch"


class TransactionUnknown(NotFound):
    code = "transaction_unknown"


class ReverseExceeds(Malformed):
    code = "reverse_exceeds"


class InstructionUnknown(NotFound):
    code = "instruction_unknown"


class InstructionInvalid(Malformed):
    """``field`` is what does not fit."""

    code = "instruction_invalid"


class InstructionClosed(Conflict):
    """The state it is in does not allow the step."""

    code = "instruction_closed"


class PriorityConflict(Conflict):
    code = "priority_conflict"


class RecipientGroupUnknown(NotFound):
    code = "recipient_group_unknown"


class ProgrammeUnknown(NotFound):
    code = "programme_unknown"


class DagrUnavailable(Unavailable):
    code = "dagr_unavailable"


# ── JPP and the notaries ─────────────────────────────────────────────────────────────────────────


class DelegateNotResident(Malformed):
    code = "delegate_not_resident"


class LegalPersonUnknown(NotFound):
    code = "legal_person_unknown"


class LegalPersonDissolved(Conflict):
    code = "legal_person_dissolved"


class PowerUnknown(NotFound):
    code = "power_unknown"


class PowerExpired(Conflict):
    code = "power_expired"


class PowerRevoked(Conflict):
    code = "power_revoked"


class ScopeOutsidePower(Malformed):
    code = "scope_outside_power"


class PeriodOutsidePower(Malformed):
    code = "period_outside_power"


class NotaryNotActive(NotAllowed):
    code = "notary_not_active"


class ActDuplicate(Conflict):
    code = "act_duplicate"


class SignaturesIncomplete(Conflict):
    code = "signatures_incomplete"


class SubDelegationForbidden(NotAllowed):
    code = "sub_delegation_forbidden"


class NotRepresentative(NotAllowed):
    code = "not_representative"


# ── the citizen's panel ──────────────────────────────────────────────────────────────────────────


class IdentityEnded(Conflict):
    """The right to act for the company is gone: the panel goes on as a private person. ``details.reason`` says why."""

    code = "identity_ended"


class NotOfCompany(Conflict):
    """The call is about the person alone; it was made in a company's name."""

    code = "not_of_company"


class ConsentMissing(NotAllowed):
    code = "consent_missing"
