import pytest

from kernel.private import Private
from kernel.vault import Vault, VaultSealBroken

CODE = Private("030205-00111")
VAULT = Vault("k" * 32, "p" * 32)


def test_what_is_sealed_opens_for_its_purpose_only() -> None:
    sealed = VAULT.seal(CODE, "consultation:1")
    assert b"00111" not in sealed
    assert VAULT.open(sealed, "consultation:1") == CODE
    for broken, purpose in ((sealed, "consultation:2"), (sealed[:-1], "consultation:1"), (b"", "consultation:1")):
        with pytest.raises(VaultSealBroken):
            VAULT.open(broken, purpose)
    with pytest.raises(VaultSealBroken):
        Vault("l" * 32, "p" * 32).open(sealed, "consultation:1")


def test_two_seals_of_one_code_differ() -> None:
    assert VAULT.seal(CODE, "x") != VAULT.seal(CODE, "x")


def test_a_pseudonym_is_steady_keyed_and_ignores_the_dash() -> None:
    assert VAULT.pseudonym(CODE) == VAULT.pseudonym(Private("03020500111"))
    assert VAULT.pseudonym(CODE) != VAULT.pseudonym(Private("030205-00112"))
    assert VAULT.pseudonym(CODE) != Vault("k" * 32, "q" * 32).pseudonym(CODE)
