from __future__ import annotations

import asyncio

import pytest

from kernel.batch import Batch


class Store:
    """Answers with the key's length, when it is let."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.open = asyncio.Event()
        self.broken = False

    async def load(self, keys: list[str]) -> dict[str, int]:
        self.asked.append(keys)
        await self.open.wait()
        if self.broken:
            raise RuntimeError
        return {key: len(key) for key in keys if key}


async def test_what_is_asked_meanwhile_is_answered_together() -> None:
    store = Store()
    batch = Batch(store.load, most=3)
    asking = [asyncio.create_task(batch.get(key)) for key in ("a", "bb", "ccc", "bb", "", "dddd", "e")]
    await asyncio.sleep(0)
    store.open.set()
    assert await asyncio.gather(*asking) == [1, 2, 3, 2, None, 4, 1]
    assert store.asked == [["a", "bb", "ccc"], ["", "dddd", "e"]]
    assert await batch.get("a") == 1
    assert store.asked[-1] == ["a"], "nothing is remembered"


async def test_an_answer_is_never_older_than_its_question() -> None:
    store = Store()
    batch = Batch(store.load)
    early = asyncio.create_task(batch.get("a"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    late = asyncio.create_task(batch.get("a"))
    await asyncio.sleep(0)
    store.open.set()
    await asyncio.gather(early, late)
    assert store.asked == [["a"], ["a"]]


async def test_who_stops_waiting_takes_nothing_from_the_others_and_a_failure_is_everybodys() -> None:
    store = Store()
    batch = Batch(store.load)
    gone, waits = asyncio.create_task(batch.get("a")), asyncio.create_task(batch.get("a"))
    await asyncio.sleep(0)
    gone.cancel()
    store.open.set()
    assert await waits == 1
    store.broken = True
    answers = await asyncio.gather(batch.get("a"), batch.get("b"), return_exceptions=True)
    assert [type(answer) for answer in answers] == [RuntimeError, RuntimeError]
    store.broken = False
    with pytest.raises(asyncio.CancelledError):
        await gone
    assert await batch.get("b") == 1


async def test_a_crowd_that_comes_one_by_one_shares_queries_and_whoever_comes_alone_waits_for_nobody() -> None:
    store = Store()
    batch = Batch(store.load, most=2, each_s=0.3, longest_s=0.3)
    asking = [asyncio.create_task(batch.get("a"))]
    await asyncio.sleep(0)
    asking.append(asyncio.create_task(batch.get("b")))
    await asyncio.sleep(0)
    store.open.set()
    await asking[0]
    assert store.asked == [["a"]], "who had to wait waits for more"
    asking += [asyncio.create_task(batch.get(key)) for key in ("c", "d")]
    assert await asyncio.gather(*asking) == [1] * 4
    assert store.asked == [["a"], ["b", "c"], ["d"]]
    started = asyncio.get_running_loop().time()
    await batch.get("e")
    assert asyncio.get_running_loop().time() - started < 0.3


async def test_a_full_query_begins_at_once() -> None:
    store = Store()
    store.open.set()
    batch = Batch(store.load, most=2, each_s=3600, longest_s=3600)
    assert await asyncio.gather(*(batch.get(key) for key in "abcd")) == [1] * 4
