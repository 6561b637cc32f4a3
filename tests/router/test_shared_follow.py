"""Following many agencies at once, on all twins of the shared index."""

import asyncio

from router.shared import Heard, SharedIndex
from tests.router.shared_twins import A, Twin, head_of, hear, step


async def test_a_follower_hears_every_step_of_every_agency_in_order(index: SharedIndex) -> None:
    agencies = [f"agency-{n}" for n in range(6)]
    heads = {agency: await index.install(agency, 1, {}, {}) for agency in agencies}
    follower = index.follow(heads)

    async def write(agency: str) -> None:
        head = heads[agency]
        for n in range(20):
            head = await step(index, head, n, agency=agency)

    _, found = await asyncio.gather(asyncio.gather(*map(write, agencies)), hear(follower, 120))
    for agency in agencies:
        entries = [entry for one in found if one.agency == agency for entry in one.entries or ()]
        assert [entry.payload for entry in entries] == [b"step %d" % n for n in range(20)]
        assert [entry.version for entry in entries] == list(range(2, 22))
    await follower.close()


async def test_agencies_come_and_go_while_following(index: SharedIndex) -> None:
    follower = index.follow({})
    first = await head_of(index)
    listening = asyncio.create_task(hear(follower, 1))
    await asyncio.sleep(0.05)
    follower.add(A, first)
    second = await step(index, first, 1)
    assert [(one.agency, one.entries and one.entries[0].head) for one in await listening] == [(A, second)]
    vid = await index.install("vid", 1, {}, {})
    follower.add("vid", vid)
    follower.drop(A)
    await step(index, second, 2)
    await step(index, vid, 3, agency="vid")
    assert [one.agency for one in await hear(follower, 1)] == ["vid"]
    await follower.close()


async def test_a_follower_is_told_of_a_new_epoch_at_once_and_goes_on_after_loading(index: SharedIndex) -> None:
    follower = index.follow({A: await head_of(index)})
    listening = asyncio.create_task(hear(follower, 1))
    await asyncio.sleep(0.05)
    new = await index.install(A, 2, {}, {})
    assert await listening == [Heard(A, None)]
    follower.add(A, new)
    after = await step(index, new, 5)
    ((entry,),) = [one.entries or () for one in await hear(follower, 1)]
    assert entry.head == after
    await follower.close()


async def test_a_follower_is_told_of_a_loss_although_nobody_writes(index: SharedIndex, twin: Twin) -> None:
    follower = index.follow({A: await head_of(index)})
    listening = asyncio.create_task(hear(follower, 1))
    await asyncio.sleep(0.05)
    await twin.lose(A)
    assert await listening == [Heard(A, None)]
    await follower.close()
