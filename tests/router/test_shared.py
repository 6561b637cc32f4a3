"""The contract of the shared index, on all its twins."""

import asyncio
import random

import pytest

from router.shared import Entry, EpochGone, Head, LogGone, SharedIndex, Snapshot, VersionBehind
from tests.router.shared_twins import LONG_S, A, Twin, head_of, loaded, step

# ── steps ────────────────────────────────────────────────────────────────────────────────────────


async def test_what_was_never_installed_is_not_there(twin: Twin) -> None:
    assert await twin.index.head(A) is None
    assert await twin.index.load(A) is None
    assert await twin.index.ready(A, 0.01) is None
    with pytest.raises(EpochGone) as caught:
        await step(twin.index, Head(1, 1))
    assert (caught.value.current, caught.value.building) == (None, 0)
    with pytest.raises(LogGone):
        await twin.index.entries(A, Head(1, 1))


async def test_a_step_changes_records_and_is_in_the_log(index: SharedIndex) -> None:
    before = await head_of(index)
    after = await index.commit(
        A,
        before,
        requests={"r0": None, "r1": b"\x00\xffone", "r2": b""},
        leases={"o0": b"busy", "o-never-there": None},
        payload=b"\x00payload\n",
        origin="p-1",
    )
    assert after == Head(1, before.version + 1)
    assert after.mark
    assert await head_of(index) == after
    assert await loaded(index) == Snapshot(after, {"r1": b"\x00\xffone", "r2": b""}, {"o0": b"busy"})
    assert await index.entries(A, before) == [Entry(after, "p-1", b"\x00payload\n")]
    assert await index.entries(A, after) == []


async def test_of_two_decided_on_one_head_the_second_reads_on_and_decides_again(index: SharedIndex) -> None:
    head = await head_of(index)
    first = await step(index, head, 1)
    with pytest.raises(VersionBehind) as caught:
        await step(index, head, 2)
    assert caught.value.current == first
    assert "r2" not in (await loaded(index)).requests, "a loser changes nothing"
    (missed,) = await index.entries(A, head)
    assert missed.head.mark == first.mark
    assert await step(index, missed.head, 2) == Head(1, head.version + 2)


async def test_a_step_sent_twice_is_committed_once(index: SharedIndex) -> None:
    head = await head_of(index)
    first = await step(index, head, 1, mark="one")
    assert await step(index, head, 1, mark="one") == first
    second = await step(index, first, 2, mark="two")
    assert await step(index, head, 1, mark="one") == first, "also after others went on"
    assert await head_of(index) == second
    assert [entry.payload for entry in await index.entries(A, head)] == [b"step 1", b"step 2"]


async def test_a_step_may_change_thousands_of_records(index: SharedIndex) -> None:
    head = await head_of(index)
    many = {f"r{n}": b"%d" % n for n in range(9_000)}
    head = await index.commit(A, head, requests=many, leases={}, payload=b"", origin="me")
    assert (await loaded(index)).requests == many
    gone: dict[str, bytes | None] = dict.fromkeys(many)
    head = await index.commit(A, head, requests=gone, leases=dict(many), payload=b"", origin="me")
    assert await loaded(index) == Snapshot(head, {}, {"o0": b"free", **many})


async def test_twenty_committers_lose_nothing_and_never_both_win(index: SharedIndex) -> None:
    """Each adds itself to one shared record as often as it may; whoever decided on an old head must decide again."""
    committers, each = 20, 10
    start = await loaded(index)
    heads: list[Head] = []

    async def committer(name: str) -> None:
        head, list_of_names = start.head, b""
        done = 0
        while done < each:
            try:
                head = await index.commit(
                    A, head, requests={"r0": list_of_names + name.encode()}, leases={}, payload=name.encode(), origin=""
                )
                list_of_names += name.encode()
                heads.append(head)
                done += 1
            except VersionBehind:
                for entry in await index.entries(A, head):
                    head, list_of_names = entry.head, list_of_names + entry.payload

    names = [chr(ord("a") + n) for n in range(committers)]
    await asyncio.gather(*map(committer, names))
    assert sorted(head.version for head in heads) == list(range(2, 2 + committers * each))
    end = await loaded(index)
    written = end.requests["r0"].decode()
    assert {name: written.count(name) for name in names} == dict.fromkeys(names, each)
    assert [entry.payload for entry in await index.entries(A, start.head)] == [char.encode() for char in written]


async def test_agencies_do_not_touch_each_other(index: SharedIndex) -> None:
    agencies = [f"agency-{n}" for n in range(12)]
    await asyncio.gather(*(index.install(agency, 1, {"r": agency.encode()}, {}) for agency in agencies))
    heads = await asyncio.gather(*(head_of(index, agency) for agency in agencies))
    await asyncio.gather(*(step(index, head, agency=agency) for agency, head in zip(agencies, heads, strict=True)))
    for agency in agencies:
        assert (await loaded(index, agency)).requests == {"r": agency.encode(), "r0": b"0"}
    assert (await head_of(index)).version == 1


# ── the log ──────────────────────────────────────────────────────────────────────────────────────


async def test_who_waits_is_woken_by_the_next_step(index: SharedIndex) -> None:
    head = await head_of(index)
    waiting = asyncio.create_task(index.entries(A, head, block_s=LONG_S))
    await asyncio.sleep(0)
    after = await step(index, head, 1)
    assert [entry.head for entry in await waiting] == [after]


async def test_waiting_ends_when_nothing_comes(index: SharedIndex) -> None:
    assert await index.entries(A, await head_of(index), block_s=0.05) == []


async def test_a_log_that_was_trimmed_says_so(twin: Twin) -> None:
    index = twin.trimmed
    await index.install(A, 1, {}, {})
    start = head = await head_of(index)
    for n in range(300):
        head = await step(index, head, n)
    with pytest.raises(LogGone):
        await index.entries(A, start)
    assert await index.entries(A, head) == []
    assert len((await loaded(index)).requests) == 300


async def test_a_history_that_went_another_way_is_noticed(index: SharedIndex, twin: Twin) -> None:
    """A failover forgot the newest steps, and others went on from before them: versions agree, marks do not."""
    head = await head_of(index)
    known = await step(index, head, 1)
    await twin.lose(A)
    await index.install(A, 1, {}, {})
    other = await step(index, await head_of(index), 9)
    assert other == known, "the versions agree"
    with pytest.raises(LogGone):
        await index.entries(A, known)
    with pytest.raises(EpochGone) as caught:
        await step(index, known, 2)
    assert caught.value.current == other
    await step(index, other, 3)
    with pytest.raises(LogGone):
        await index.entries(A, known)


# ── pictures ─────────────────────────────────────────────────────────────────────────────────────


async def test_a_picture_is_of_one_moment_although_writes_go_on(index: SharedIndex) -> None:
    """Two records always change together, one in each hash, among so many that reading takes several pieces."""
    head = await index.install(A, 2, {f"r{n}": b"x" * 100 for n in range(3_000)}, {f"o{n}": b"0" for n in range(600)})
    stop = asyncio.Event()

    async def writer() -> None:
        nonlocal head
        rng = random.Random(1)
        while not stop.is_set():
            n = head.version
            coin = {f"coin{n}": b"", f"coin{n - 1}": None}
            both = {f"r{rng.randrange(3_000)}": b"%d" % n, "pair": b"%d" % n}
            head = await index.commit(
                A, head, requests={**both, **coin}, leases={"pair": b"%d" % n}, payload=b"", origin="me"
            )
            await asyncio.sleep(0)

    writing = asyncio.create_task(writer())
    pictures = [await loaded(index) for _ in range(10)]
    stop.set()
    await writing
    pictures.append(await loaded(index))
    for picture in pictures:
        assert len(picture.leases) == 600 + (picture.head.version > 1)
        assert picture.requests.get("pair") == picture.leases.get("pair")
        if picture.head.version > 1:
            assert picture.requests["pair"] == b"%d" % (picture.head.version - 1)
            coins = [name for name in picture.requests if name.startswith("coin")]
            assert coins == [f"coin{picture.head.version - 1}"]
    assert pictures[-1].head == head


# ── epochs ───────────────────────────────────────────────────────────────────────────────────────


async def test_a_new_epoch_fences_off_the_old(index: SharedIndex) -> None:
    old = await step(index, await head_of(index), 1)
    await index.begin(A, 2)
    assert await index.head(A) is None
    assert await index.load(A) is None
    with pytest.raises(EpochGone) as caught:
        await step(index, old, 2)
    assert (caught.value.current, caught.value.building) == (None, 2)
    with pytest.raises(LogGone):
        await index.entries(A, old)
    await index.put(A, 2, {"r7": b"seven"}, {})
    new = await index.finish(A, 2, 1, 0)
    assert new.epoch == 2
    assert await loaded(index) == Snapshot(new, {"r7": b"seven"}, {})
    with pytest.raises(EpochGone) as caught:
        await step(index, old, 2)
    assert caught.value.current == new
    with pytest.raises(LogGone):
        await index.entries(A, old)
    assert await step(index, new, 3) > new


@pytest.mark.parametrize("epoch", [1, 2, 3])
async def test_an_old_rebuilder_never_wins(index: SharedIndex, epoch: int) -> None:
    await index.begin(A, 3)
    with pytest.raises(EpochGone) as caught:
        await index.begin(A, epoch)
    assert caught.value.building == 3
    await index.finish(A, 3, 0, 0)
    with pytest.raises(EpochGone):
        await index.begin(A, epoch)


async def test_a_rebuilder_that_slept_through_a_newer_one_writes_nothing(index: SharedIndex) -> None:
    await index.begin(A, 2)
    await index.put(A, 2, {"r1": b"old"}, {})
    await index.begin(A, 3)
    with pytest.raises(EpochGone):
        await index.put(A, 2, {"r2": b"old"}, {})
    with pytest.raises(EpochGone):
        await index.finish(A, 2, 2, 0)
    assert await index.finish(A, 3, 0, 0) == await head_of(index)
    assert (await loaded(index)).requests == {}


async def test_an_installation_that_lost_records_never_comes_into_force(index: SharedIndex) -> None:
    await index.begin(A, 2)
    await index.put(A, 2, {"r1": b"one"}, {"o1": b"x"})
    for counts in ((2, 1), (1, 0), (0, 1)):
        with pytest.raises(EpochGone):
            await index.finish(A, 2, *counts)
    assert await index.head(A) is None
    await index.install(A, 3, {"r1": b"one"}, {})
    assert (await loaded(index)).leases == {}


async def test_everything_lost_in_the_middle_of_an_installation(index: SharedIndex, twin: Twin) -> None:
    await index.begin(A, 2)
    await index.put(A, 2, {"r1": b"one"}, {})
    await twin.lose(A)
    with pytest.raises(EpochGone) as caught:
        await index.put(A, 2, {"r2": b"two"}, {})
    assert (caught.value.current, caught.value.building) == (None, 0)


async def test_everything_lost_between_two_steps(index: SharedIndex, twin: Twin) -> None:
    head = await head_of(index)
    await twin.lose(A)
    with pytest.raises(EpochGone) as caught:
        await step(index, head)
    assert caught.value.current is None
    with pytest.raises(LogGone):
        await index.entries(A, head, block_s=0.05)
    await index.install(A, 2, {"r0": b"again"}, {})
    assert (await loaded(index)).requests == {"r0": b"again"}


async def test_who_waits_for_an_installation_is_woken(index: SharedIndex) -> None:
    await index.begin(A, 2)
    waiting = asyncio.create_task(index.ready(A, LONG_S))
    await asyncio.sleep(0)
    head = await index.finish(A, 2, 0, 0)
    assert await waiting == head


async def test_intake_elsewhere_goes_on_while_much_is_installed(index: SharedIndex) -> None:
    other = await index.install("vid", 1, {}, {})
    records = {f"r{n}": b"x" * 1000 for n in range(5_000)}
    installing = asyncio.create_task(index.install(A, 2, records, {}))
    steps = 0
    while not installing.done():
        other = await step(index, other, steps, agency="vid")
        steps += 1
        await asyncio.sleep(0)
    assert (await loaded(index)).requests == records
    assert (await head_of(index, "vid")).version == 1 + steps
