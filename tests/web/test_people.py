"""The operator takes over who may sign in: a table, row by row, while the service runs."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kernel.clock import ManualClock
from tests.web.running import Running, running_house
from tests.web.sign_on_window import Window, refusal
from web.demo_sign_on import STRANGER
from web.people_core import read_people

HEAD = "identifier,account,role,name,agency,point\n"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Path]]:
    var = tmp_path_factory.mktemp("people")
    with running_house(var, ManualClock(), connected=True, standins=True) as running:
        yield running, var


def people(var: Path, *deed: str) -> tuple[int, str]:
    """(exit code, what it said)."""
    command = [sys.executable, "-m", "web.cli", "people", *deed, "--demo", "--var", str(var)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_who_is_taken_over_signs_in_and_who_is_removed_does_not(place: tuple[Running, Path], tmp_path: Path) -> None:
    running, var = place
    window = Window(running)
    assert refusal(window.sign_in("oidc", STRANGER.label)) == "sign_on_no_role"
    table = tmp_path / "people.csv"
    table.write_text(f"{HEAD}{STRANGER.identifier},clerk-new,clerk,Jauns darbinieks,,grobina\n", encoding="utf-8")
    assert people(var, "import", str(table))[0] == 0
    assert "clerk-new  clerk  Jauns darbinieks" in people(var, "list")[1]
    assert window.sign_in("oidc", STRANGER.label).headers["location"] == "/clerk"
    assert window.me().json()["principal"]["point_id"] == "grobina"
    assert people(var, "remove", "clerk-new")[0] == 0
    assert window.me().status_code == 401
    assert refusal(window.sign_in("oidc", STRANGER.label)) == "sign_on_no_role"
    window.http.close()


def test_no_identifier_is_kept_in_the_clear(place: tuple[Running, Path]) -> None:
    _, var = place
    code = STRANGER.identifier[-11:]
    with sqlite3.connect(var / "klatiene.db") as ledger:
        assert code not in "\n".join(ledger.iterdump())
    ledger.close()


def test_a_table_with_a_wrong_row_changes_nothing(place: tuple[Running, Path], tmp_path: Path) -> None:
    _, var = place
    table = tmp_path / "people.csv"
    rows = (
        "AU:100001-PK:02010100013,network-two,network_manager,Otrs,,\n"
        "AU:100001-PK:02010100013,clerk-nowhere,clerk,Kāds,,nowhere\n"
        "AU:100001-PK:02010100013,nobody-known,,,,\n"
    )
    table.write_text(HEAD + rows, encoding="utf-8")
    assert people(var, "import", str(table)) == (1, "row 3: point\nrow 4: account\nNothing was changed.\n")
    assert "network-two" not in people(var, "list")[1]


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("02010100013,a,,,,", "identifier"),
        ("AU:100001,a,,,,", "identifier"),
        ("PK:02010100013,A b,,,,", "account"),
        ("PK:02010100013,a,emperor,N,,", "role"),
        ("PK:02010100013,a,officer,N,vsaa,", "role"),
        ("PK:02010100013,a,clerk,,,grobina", "name"),
        ("PK:02010100013,a,clerk,N,,", "point"),
        ("PK:02010100013,a,supervisor,N,,", "agency"),
    ],
)
def test_what_is_wrong_with_a_row(row: str, column: str) -> None:
    assert read_people(f"{HEAD}{row}\n") == ([], [(2, column)])
    assert read_people("name\nx\n") == ([], [(1, "identifier, account")])
