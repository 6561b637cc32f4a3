"""Consumer groups on real servers, with handlers that fail and consumers that die."""

import asyncio
from collections.abc import Callable

import pytest

from kernel.clock import ManualClock, SystemClock
from kernel.keys import house_key
from kernel.redis import RedisDoor
from kernel.stream_group import TRIES, Fields, Handler, StreamGroup

IDLE_S = 0.15


class Recorder:
    """A handler that keeps what it was given; what is ``poison`` it refuses, and on ``deadly`` it hangs."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.refused = 0
        self.poison: set[str] = set()
        self.deadly: set[str] = set()
        self.hanging = asyncio.Event()

    async def __call__(self, entry_id: str, fields: Fields) -> None:
        text = fields[b"text"].decode()
        if text in self.poison:
            self.refused += 1
            raise RuntimeError(text)
        if text in self.deadly:
            self.hanging.set()
            await asyncio.Event().wait()
        self.seen.append(text)


Make = Callable[..., StreamGroup]


@pytest.fixture
def make(redis_door: RedisDoor, redis_prefix: str) -> Make:
    def made(
        consumer: str, handler: Handler, longest_handler_s: float = IDLE_S / 3, claim_idle_s: float = IDLE_S
    ) -> StreamGroup:
        return StreamGroup(
            redis_door,
            SystemClock(),
            handler,
            stream=house_key(redis_prefix, "work"),
            group="history",
            consumer=consumer,
            dead_letters=house_key(redis_prefix, "dead"),
            longest_handler_s=longest_handler_s,
            claim_idle_s=claim_idle_s,
            block_s=0.05,
        )

    return made


@pytest.fixture
def append(redis_door: RedisDoor, redis_prefix: str) -> Callable[..., object]:
    key = house_key(redis_prefix, "work")

    async def appended(*texts: str) -> None:
        for text in texts:
            await redis_door.call(key, "XADD", key, "*", "text", text)

    return appended


async def until(group: StreamGroup, holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():
            await group.serve(0.02)


async def dead_letters(door: RedisDoor, prefix: str) -> list[Fields]:
    key = house_key(prefix, "dead")
    return [fields for _, fields in await door.call(key, "XRANGE", key, "-", "+")]


async def pending(door: RedisDoor, prefix: str) -> int:
    key = house_key(prefix, "work")
    return int((await door.call(key, "XPENDING", key, "history"))["pending"])


async def test_everything_is_handled_once_in_order_and_acknowledged(
    make: Make, append: Callable, redis_door: RedisDoor, redis_prefix: str
) -> None:
    texts = [f"t{n}" for n in range(50)]
    await append(*texts)
    handler = Recorder()
    group = make("one", handler)
    await until(group, lambda: len(handler.seen) == 50)
    assert handler.seen == texts
    assert group.handled == 50
    assert await pending(redis_door, redis_prefix) == 0


async def test_processes_share_the_work(make: Make, append: Callable) -> None:
    handlers = [Recorder(), Recorder()]
    groups = [make(f"p{n}", handler, 0.1) for n, handler in enumerate(handlers)]
    await asyncio.gather(*(group.serve() for group in groups))
    await append(*(f"t{n}" for n in range(100)))
    running = [asyncio.create_task(group.run()) for group in groups]
    async with asyncio.timeout(20):
        while sum(len(handler.seen) for handler in handlers) < 100:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    assert sorted(handlers[0].seen + handlers[1].seen) == sorted(f"t{n}" for n in range(100))


async def test_what_a_dead_consumer_left_is_taken_over(
    make: Make, append: Callable, redis_door: RedisDoor, redis_prefix: str
) -> None:
    await append("a", "b", "c")
    dying = Recorder()
    dying.deadly = {"b"}
    task = asyncio.create_task(make("dying", dying, longest_handler_s=IDLE_S / 2).run())
    async with asyncio.timeout(10):
        await dying.hanging.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert dying.seen == ["a"]
    living = Recorder()
    await until(make("living", living), lambda: len(living.seen) == 2)
    assert living.seen == ["b", "c"]
    assert await pending(redis_door, redis_prefix) == 0


async def test_poison_is_tried_five_times_and_does_not_stop_the_line(
    make: Make, append: Callable, redis_door: RedisDoor, redis_prefix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await append("a", "poison", "b")
    handler = Recorder()
    handler.poison = {"poison"}
    group = make("one", handler)
    await group.serve()
    assert handler.seen == ["a", "b"], "those behind it do not wait"
    await append("c")
    await until(group, lambda: group.dead == 1)
    assert handler.refused == TRIES == group.failed
    assert handler.seen == ["a", "b", "c"]
    assert await pending(redis_door, redis_prefix) == 0
    (letter,) = await dead_letters(redis_door, redis_prefix)
    assert (letter[b"text"], letter[b"why"], letter[b"deliveries"]) == (b"poison", b"RuntimeError", b"5")
    assert "dead_letter" in capsys.readouterr().out


async def test_an_entry_that_kills_every_consumer_becomes_a_dead_letter(
    make: Make, append: Callable, redis_door: RedisDoor, redis_prefix: str
) -> None:
    await append("deadly", "good")
    seen: list[str] = []
    for n in range(TRIES):
        dying = Recorder()
        dying.seen = seen
        dying.deadly = {"deadly"}
        task = asyncio.create_task(make(f"dying-{n}", dying, longest_handler_s=IDLE_S * 0.9).run())
        async with asyncio.timeout(10):
            await dying.hanging.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    living = Recorder()
    living.seen = seen
    group = make("living", living)
    await until(group, lambda: group.dead == 1 and seen == ["good"])
    assert [letter[b"text"] for letter in await dead_letters(redis_door, redis_prefix)] == [b"deadly"]


async def test_a_handler_that_hangs_is_stopped_and_counts_as_failed(make: Make, append: Callable) -> None:
    await append("slow", "good")
    handler = Recorder()
    handler.deadly = {"slow"}
    group = make("one", handler)
    await group.serve()
    assert (group.failed, handler.seen) == (1, ["good"])


async def test_a_slow_batch_is_held_on_to(make: Make, append: Callable) -> None:
    """Twenty entries take longer than the idle time of one; another process that asks gets none of them."""
    texts = [f"t{n}" for n in range(20)]
    await append(*texts)
    other_handler = Recorder()
    other = make("other", other_handler, 0.5, 1.0)
    seen: list[str] = []

    async def slow(_: str, fields: Fields) -> None:
        seen.append(fields[b"text"].decode())
        await asyncio.sleep(0.1)
        await other.take_over()

    await make("slow", slow, 0.5, 1.0).serve()
    assert seen == texts
    assert other_handler.seen == []


async def test_a_stream_that_was_lost_is_begun_anew(
    make: Make, append: Callable, redis_door: RedisDoor, redis_prefix: str
) -> None:
    handler = Recorder()
    group = make("one", handler)
    await group.serve()
    key = house_key(redis_prefix, "work")
    await redis_door.call(key, "UNLINK", key)
    await append("after")
    await until(group, lambda: handler.seen == ["after"])


async def test_idle_time_must_exceed_the_longest_handler(redis_door: RedisDoor) -> None:
    with pytest.raises(ValueError, match="longest handler"):
        StreamGroup(
            redis_door,
            ManualClock(),
            Recorder(),
            stream="s",
            group="g",
            consumer="c",
            dead_letters="d",
            longest_handler_s=30.0,
            claim_idle_s=30.0,
        )
