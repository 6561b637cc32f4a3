import dataclasses

import pytest

from kernel.settings import Settings, SettingsInvalid, explain, load_settings


def test_defaults_need_no_environment() -> None:
    settings = load_settings({})
    assert settings.port == 8080
    assert settings.ledger_url.startswith("sqlite:")
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.port = 1  # type: ignore[misc]


def test_values_are_read_by_their_type() -> None:
    settings = load_settings(
        {"KLATIENE_PORT": "9000", "KLATIENE_DEMO": "yes", "KLATIENE_ORIGINS": "http://a, http://b", "PATH": "/bin"}
    )
    assert (settings.port, settings.demo, settings.origins) == (9000, True, ("http://a", "http://b"))


def test_every_problem_is_reported_together() -> None:
    with pytest.raises(SettingsInvalid) as caught:
        load_settings(
            {
                "KLATIENE_PORT": "many",
                "KLATIENE_DEMO": "perhaps",
                "KLATIENE_MEDIA_SECRET": "short",
                "KLATIENE_LEDGER_URL": "mysql://x",
                "KLATIENE_WRAP_UP_S": "0",
                "KLATIENE_PROT": "1",
            }
        )
    named = {problem.partition(":")[0] for problem in caught.value.problems}
    assert named == {
        "KLATIENE_PORT",
        "KLATIENE_DEMO",
        "KLATIENE_MEDIA_SECRET",
        "KLATIENE_LEDGER_URL",
        "KLATIENE_WRAP_UP_S",
        "KLATIENE_PROT",
    }


def test_overrides_win() -> None:
    assert load_settings({"KLATIENE_PORT": "9000"}, port=1234).port == 1234


def test_explain_names_every_setting_and_shows_no_secret() -> None:
    secret = "x" * 40
    rows = explain(load_settings({"KLATIENE_MEDIA_SECRET": secret}))
    assert len(rows) == len(dataclasses.fields(Settings))
    assert all(doc for _, _, doc in rows)
    assert not any(secret in shown for _, shown, _ in rows)
    assert ("KLATIENE_MEDIA_SECRET", "(set)") in [(name, shown) for name, shown, _ in rows]


@pytest.mark.parametrize("k", ["-1", "0", "1", "2"])
def test_open_data_hide_more_than_two_persons(k: str) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        load_settings({"KLATIENE_OPEN_DATA_K": k})
    assert caught.value.problems == [
        "KLATIENE_OPEN_DATA_K: must be at least 3: a count of one or two persons hides nobody"
    ]
    assert load_settings({"KLATIENE_OPEN_DATA_K": "3"}).open_data_k == 3
