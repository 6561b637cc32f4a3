import json
import logging

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from kernel.log import configure_logging, scrub, scrub_text
from kernel.private import Private

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"


@given(st.from_regex(r"\d{6}-\d{5}", fullmatch=True) | st.from_regex(r"3[2-9]\d{9}", fullmatch=True), st.text())
def test_no_personal_code_survives(code: str, around: str) -> None:
    text = f"{around} {code}, PK:{code}"
    assert code not in scrub_text(text)


@pytest.mark.parametrize(
    "text",
    [
        f"token {JWT} here",
        f"GET /rtc?access_token={JWT}&x=1",
        f"/ws?ticket={'t' * 20}",
        "Authorization: Bearer " + "z" * 20,
    ],
)
def test_no_credential_survives(text: str) -> None:
    shown = scrub_text(text)
    assert JWT not in shown
    assert "t" * 20 not in shown
    assert "z" * 20 not in shown


def test_ids_and_times_stay_readable() -> None:
    for text in (
        "019b76da-a800-7215-af0b-79243976fb0e",
        "at 1767225600000",
        "192.168.1.1:7880",
        "2026-01-01T00:00:00Z",
    ):
        assert scrub_text(text) == text


def test_telling_names_are_dropped_at_any_depth() -> None:
    seen = scrub({"a": [{"token": "abc"}, Private("x")], "cookie": "k", "ok": 1, "b": b"1234"})
    assert seen == {"a": [{"token": "…"}, "…"], "cookie": "…", "ok": 1, "b": "<4 bytes>"}


def test_both_kinds_of_logger_are_scrubbed(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        configure_logging(json=True)
        structlog.get_logger("a").info("hello", personal_code="020101-00013", text="PK:020101-00013")
        logging.getLogger("b").warning("from the library: %s", "020101-00013")
        try:
            raise ValueError("020101-00013")
        except ValueError:
            logging.getLogger("c").exception("failed")
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.reset_defaults()
    written = capsys.readouterr().err
    assert "00013" not in written
    assert [json.loads(line)["logger"] for line in written.splitlines()] == ["a", "b", "c"]
