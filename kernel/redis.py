"""The one door to Redis: any way of running it, a time limit on every call, a breaker, and one error.

A caller sees an answer or `IndexUnavailable`. After the error it is unknown whether a change took place: scripts are
written so that repeating them is safe (`docs/redis.md`).

RESP2 is spoken: we need no pushed messages, and its answers are the same from every version of the server. The
library's own retries are off, because it would repeat what may have been done already.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog
from redis.asyncio import Redis, RedisCluster, Sentinel
from redis.asyncio.cluster import ClusterNode
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import SentinelConnectionPool
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    ClusterError,
    DataError,
    NoScriptError,
    RedisError,
    ResponseError,
)
from redis.exceptions import TimeoutError as Slow

from kernel.breaker_core import Breaker, Outcome, Policy, State, ask, report, rests_for_s
from kernel.clock import Clock
from kernel.errors import IndexUnavailable
from kernel.redis_url import Kind, RedisAddress, parse_redis_url
from kernel.scripts import Result, Script

Word = str | bytes | int | float
"""One word of a command."""

#: connections for short calls, per server; more callers wait for their turn within their limit
CONNECTIONS = 32
#: blocking calls are as many as there are streams to wait for, each with a connection of its own
BLOCKING_CONNECTIONS = 10_000
#: a blocking call gets this much longer than it asked the server to block
BLOCK_GRACE_S = 2.0

log = structlog.get_logger("redis")


class RedisDoor:
    def __init__(self, address: RedisAddress, clock: Clock, *, timeout_s: float, policy: Policy | None = None) -> None:
        self.kind = address.kind
        self._clock = clock
        self._timeout_s = timeout_s
        self._policy = policy or Policy()
        self._breakers: dict[str, Breaker] = {}
        self._turn = asyncio.Semaphore(CONNECTIONS)
        self._client, self._sentinels = _open(address, timeout_s)
        # the library would read the answer to XCLAIM … JUSTID as if it held entries
        self._client.set_response_callback("XCLAIM", _as_it_came)

    # ── calling ──────────────────────────────────────────────────────────────────────────────────

    async def call(self, key: str, *command: Word, timeout_s: float | None = None) -> Any:
        """The answer, as the library reads it. ``key`` is one that the command names: it finds the server."""
        return await self._served(key, timeout_s, lambda target: self._client.execute_command(*command, **target))

    async def wait(self, key: str, *command: Word, block_s: float) -> Any:
        """As `call`, for a command that asks the server to block for ``block_s``; the breaker is not asked."""
        with _as_unavailable():
            async with asyncio.timeout(block_s + BLOCK_GRACE_S):
                target = await self._target(key)
                return await self._client.execute_command(*command, **target)

    async def run(self, script: Script, keys: Sequence[str], args: Sequence[Word], *, again: bool = False) -> Result:
        """Run a script. ``again`` repeats it once when the connection broke: only for what may safely happen twice.

        Raises what the script's library says of the code it returned, or `IndexUnavailable`.
        """
        if len(keys) != len(script.keys):
            raise TypeError(f"{script.name} takes {len(script.keys)} keys")

        async def send(target: dict[str, Any]) -> Any:
            try:
                return await self._client.execute_command("EVALSHA", script.sha, len(keys), *keys, *args, **target)
            except NoScriptError:
                # a fresh server, or one that took over: EVAL also keeps the script for the next EVALSHA
                return await self._client.execute_command("EVAL", script.text, len(keys), *keys, *args, **target)

        try:
            answer = await self._served(keys[0], None, send)
        except IndexUnavailable as error:
            if not again or error.details["reason"] != "unreachable":
                raise
            answer = await self._served(keys[0], None, send)
        return script.result(answer)

    async def ping(self) -> None:
        await self.call("", "PING")

    def resting(self) -> bool:
        """Whether some server of ours is believed not to answer."""
        return any(breaker.state is not State.CLOSED for breaker in self._breakers.values())

    async def close(self) -> None:
        await self._client.aclose()
        for sentinel in self._sentinels:
            await sentinel.aclose()

    # ── limits ───────────────────────────────────────────────────────────────────────────────────

    async def _served(self, key: str, timeout_s: float | None, send: Callable[[dict[str, Any]], Awaitable[Any]]) -> Any:
        """Wait for a turn, ask the breaker of the key's server, send, and report how it went; all within the limit."""
        with _as_unavailable():
            async with asyncio.timeout(timeout_s or self._timeout_s) as limit, self._turn:
                name = self._server_name(key)
                breaker, permit = ask(self._breakers.get(name, Breaker()), self._clock.mono())
                self._breakers[name] = breaker
                if permit is None:
                    raise IndexUnavailable(retry_after_s=1, reason="resting")
                outcome = Outcome.FAILURE
                try:
                    answer = await send(await self._target(key))
                    outcome = Outcome.SUCCESS
                    return answer
                except ResponseError as error:
                    # an error that the server itself sent shows that it answers
                    if _reason(error) == "refused":
                        outcome = Outcome.SUCCESS
                    raise
                except asyncio.CancelledError:
                    outcome = Outcome.FAILURE if limit.expired() else Outcome.ABANDONED
                    raise
                finally:
                    self._report(name, permit, outcome)

    def _report(self, name: str, permit: int, outcome: Outcome) -> None:
        now = self._clock.mono()
        before = self._breakers[name]
        after = self._breakers[name] = report(before, self._policy, permit, outcome, now)
        if before.state is not after.state:
            log.warning("redis_breaker", server=name, state=after.state.value, rest_s=rests_for_s(after, now))

    def _server_name(self, key: str) -> str:
        if isinstance(self._client, RedisCluster) and key and self._client.nodes_manager.slots_cache:
            try:
                return getattr(self._client.get_node_from_key(key), "name", "cluster")
            except (RedisError, IndexError):
                return "cluster"
        return self.kind.value

    async def _target(self, key: str) -> dict[str, Any]:
        """Which node of a Cluster to ask; asking the library would cost a COMMAND GETKEYS for some commands."""
        if not isinstance(self._client, RedisCluster):
            return {}
        await self._client.initialize()
        node = self._client.get_node_from_key(key) if key else self._client.get_random_node()
        if node is None:
            raise ClusterError("no server holds the key's slot")
        return {"target_nodes": node}


class _as_unavailable:
    """Everything that can go wrong with Redis is one error with a reason: slow, unreachable, refused (or resting)."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        reason = _reason(error)
        if reason == "refused":
            answer = _first_word(error)
            if answer not in _ASKED_FOR:
                log.error("redis_refused", error=str(error))
            raise IndexUnavailable(retry_after_s=1, reason=reason, answer=answer) from error
        if reason:
            raise IndexUnavailable(retry_after_s=1, reason=reason) from error


def _as_it_came(response: Any, **_: Any) -> Any:
    return response


#: refusals that callers look for in ``details["answer"]``; any other is a fault of ours or of the server's rights
_ASKED_FOR = ("BUSYGROUP", "NOGROUP")
#: a server that answers so is there but serves nobody for the moment
_NOT_NOW = ("BUSY", "CLUSTERDOWN", "LOADING", "MASTERDOWN", "NOREPLICAS", "READONLY", "TRYAGAIN")


def _reason(error: BaseException | None) -> str | None:
    match error:
        case AuthenticationError() | AuthorizationError():
            return "refused"
        case ResponseError():
            return "unreachable" if isinstance(error, ClusterError) or _first_word(error) in _NOT_NOW else "refused"
        case DataError():
            return None  # a call that cannot be sent is a fault of the caller
        case TimeoutError() | Slow():
            return "slow"
        case RedisError() | OSError() | EOFError():
            return "unreachable"
    return None


def _first_word(error: BaseException | None) -> str:
    return str(error).partition(" ")[0]


def open_redis(url: str, clock: Clock, *, timeout_s: float = 1.0, policy: Policy | None = None) -> RedisDoor:
    """Opens nothing yet: the first call connects. Raises ValueError for a URL that makes no sense."""
    return RedisDoor(parse_redis_url(url), clock, timeout_s=timeout_s, policy=policy)


def _open(address: RedisAddress, timeout_s: float) -> tuple[Redis | RedisCluster, Sequence[Redis]]:
    """The client, and those that it asks for the master."""
    options: dict[str, Any] = {
        "username": address.user,
        "password": address.password,
        "protocol": 2,
        "driver_info": None,
        # the limit is ours (`asyncio.timeout`): a blocking call must be able to wait longer than others
        "socket_timeout": None,
        "socket_connect_timeout": timeout_s,
        "max_connections": CONNECTIONS + BLOCKING_CONNECTIONS,
    }
    secure: dict[str, Any] = {"ssl": True, "ssl_ca_certs": address.ca} if address.tls else {}
    never = Retry(NoBackoff(), 0)
    match address.kind:
        case Kind.CLUSTER:
            nodes = RedisCluster(
                startup_nodes=[ClusterNode(host, port) for host, port in address.nodes],
                retry=never,
                **options,
                **secure,
            )
            return nodes, ()
        case Kind.SENTINEL:
            sentinel = Sentinel(  # type: ignore[no-untyped-call]
                address.nodes,
                sentinel_kwargs={
                    **options,
                    **secure,
                    "max_connections": CONNECTIONS,
                    "username": address.sentinel_user,
                    "password": address.sentinel_password,
                    "socket_timeout": timeout_s,
                    "retry": never,
                },
            )
            pool = SentinelConnectionPool(  # type: ignore[no-untyped-call]
                address.service, sentinel, db=address.database, retry=never, **options, **secure
            )
            return Redis.from_pool(pool), sentinel.sentinels
        case Kind.STANDALONE:
            host, port = address.nodes[0]
            return Redis(host=host, port=port, db=address.database, retry=never, **options, **secure), ()
