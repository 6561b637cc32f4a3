import pytest

from kernel.redis_url import Kind, RedisAddress, parse_redis_url, redis_url_problem
from kernel.settings import SettingsInvalid, load_settings


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("redis://cache", RedisAddress(Kind.STANDALONE, (("cache", 6379),))),
        ("redis://[::1]:7000/3", RedisAddress(Kind.STANDALONE, (("::1", 7000),), database=3)),
        ("redis://[::1]", RedisAddress(Kind.STANDALONE, (("::1", 6379),))),
        (
            "rediss://a%40b:p%3Aw@h:1/0?ca=/etc/ca.pem",
            RedisAddress(Kind.STANDALONE, (("h", 1),), tls=True, user="a@b", password="p:w", ca="/etc/ca.pem"),
        ),
        (
            "redis+sentinel://:pw@a,b:5/main/2?sentinel_user=s&sentinel_password=t",
            RedisAddress(
                Kind.SENTINEL,
                (("a", 26379), ("b", 5)),
                database=2,
                service="main",
                password="pw",
                sentinel_user="s",
                sentinel_password="t",
            ),
        ),
        ("rediss+cluster://a:1,b:2", RedisAddress(Kind.CLUSTER, (("a", 1), ("b", 2)), tls=True)),
    ],
)
def test_every_way_of_running_it(url: str, meant: RedisAddress) -> None:
    assert parse_redis_url(url) == meant


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://cache", "must begin with"),
        ("redis://", "names no host"),
        ("redis://a:x", "port"),
        ("redis://a:70000", "port"),
        ("redis://a,b", "several servers"),
        ("redis://a/x", "no number"),
        ("redis+cluster://a/1", "only number 0"),
        ("redis+sentinel://a:1", "must name the service"),
        ("redis+sentinel://a,/s", "names no host"),
        ("redis://a?pool=3", "unknown options: pool"),
        ("redis://a?ca=/x", "without TLS"),
    ],
)
def test_what_makes_no_sense_is_said_without_the_password(url: str, problem: str) -> None:
    with_password = url.replace("://", "://user:hunter2@")
    for tried in (url, with_password):
        found = redis_url_problem(tried)
        assert found is not None
        assert problem in found
        assert "hunter2" not in found


def test_a_wrong_setting_ends_the_start() -> None:
    with pytest.raises(SettingsInvalid) as caught:
        load_settings({"KLATIENE_REDIS_URL": "cache:6379", "KLATIENE_REDIS_PREFIX": "Ķ{}"})
    assert {problem.partition(":")[0] for problem in caught.value.problems} == {
        "KLATIENE_REDIS_URL",
        "KLATIENE_REDIS_PREFIX",
    }
    assert load_settings({}).redis_url == ""


def test_the_password_is_not_shown() -> None:
    assert "pw" not in repr(parse_redis_url("redis://u:pw@h"))
