"""Who may do what at Redis, and how it is known that it is ours: the rights of ``deploy/redis.acl``, passwords, TLS."""

import datetime
import ipaddress
from contextlib import closing
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kernel.clock import SystemClock
from kernel.errors import IndexUnavailable
from kernel.redis import open_redis
from tests import redis_servers
from tests.redis_servers import RedisServer


def test_no_dangerous_command_is_granted(redis_alone: RedisServer) -> None:
    (line,) = [line for line in redis_servers.acl_lines() if line.startswith(f"user {redis_servers.USER} ")]
    granted = {word[1:] for word in line.split() if word.startswith("+")}
    assert "evalsha" in granted
    with closing(redis_alone.admin()) as admin:
        dangerous = {str(command) for category in ("dangerous", "admin") for command in admin.acl_cat(category)}
    assert "flushall" in dangerous
    assert granted & dangerous == set()
    assert [command for command in granted if command.startswith("@")] == [], "commands are granted one by one"


@pytest.mark.parametrize(
    "command",
    [
        ("FLUSHALL",),
        ("CONFIG", "GET", "*"),
        ("KEYS", "*"),
        ("SCRIPT", "FLUSH"),
        ("ACL", "LIST"),
        ("SHUTDOWN",),
        ("DEBUG", "SLEEP", "0"),
        ("XADD", "{someone:else}:log", "*", "a", "b"),
        ("EVAL", "return redis.call('XLEN', 'elsewhere')", 0),
    ],
)
async def test_the_user_may_do_nothing_dangerous(
    redis_alone: RedisServer, command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    door = open_redis(redis_alone.url, SystemClock(), timeout_s=5.0)
    with pytest.raises(IndexUnavailable) as caught:
        await door.call("", *command)
    assert caught.value.details["reason"] == "refused"
    assert not door.resting(), "it did answer"
    assert "redis_refused" in capsys.readouterr().out
    await door.close()


async def test_a_wrong_password_is_a_refusal(redis_alone: RedisServer) -> None:
    door = open_redis(redis_alone.url.replace(redis_servers.PASSWORD, "wrong"), SystemClock())
    with pytest.raises(IndexUnavailable) as caught:
        await door.ping()
    assert caught.value.details["reason"] == "refused"
    await door.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """(certificate, key) of 127.0.0.1, signed by itself."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "redis")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "cert.pem", folder / "key.pem"


async def test_tls_is_spoken_with_servers_whose_authority_is_known(
    tmp_path: Path, certificate: tuple[Path, Path]
) -> None:
    cert, key = certificate
    (port,) = redis_servers.free_ports(1)
    lines = [f"tls-port {port}", f"tls-cert-file {cert}", f"tls-key-file {key}", "tls-auth-clients no"]
    with redis_servers.standalone(tmp_path, lines):
        url = f"rediss://{redis_servers.USER}:{redis_servers.PASSWORD}@127.0.0.1:{port}/0"
        door = open_redis(f"{url}?ca={cert}", SystemClock(), timeout_s=5.0)
        await door.ping()
        await door.close()
        stranger = open_redis(url, SystemClock(), timeout_s=5.0)
        with pytest.raises(IndexUnavailable) as caught:
            await stranger.ping()
        assert caught.value.details["reason"] == "unreachable"
        await stranger.close()
