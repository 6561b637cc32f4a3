import pytest

from kernel.error_texts import ERROR_TEXTS, text_of
from kernel.errors import KlatieneError, OurFault, PakUnknown, PeerFault, all_errors
from kernel.messages import Pak

ERRORS = list(all_errors())


def test_codes_are_unique_and_every_one_has_its_words() -> None:
    codes = [error.code for error in ERRORS]
    assert len(codes) == len(set(codes)) > 40
    assert set(codes) == set(ERROR_TEXTS)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.code)
def test_an_error_is_the_peers_fault_or_ours(error: type[KlatieneError]) -> None:
    assert issubclass(error, PeerFault) != issubclass(error, OurFault)
    assert (400 <= error.http < 500) == error.peer_fault
    assert error.ws_close in range(1008, 1016) or error.ws_close in range(4400, 4500)
    for language in ("lv", "en"):
        message, hint = text_of(error.code, language)
        assert message.endswith(".")
        assert hint.endswith(".")
    assert text_of(error.code, "lv") != text_of(error.code, "en")


def test_an_unknown_code_reads_as_internal() -> None:
    assert text_of("nobody_wrote_this", "lv") == text_of("internal", "lv")


def test_pak_06_has_an_alias() -> None:
    assert Pak.parse("PAK_6") is Pak.PAK_06
    assert Pak.parse("PAK_01") is Pak.PAK_01
    with pytest.raises(PakUnknown):
        Pak.parse("PAK_7")
