"""Statements are one errand, whatever they answer, and a long answer is read to its end in whichever way."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from kernel.sqlite import AT_ONCE, Connection

numbers = sa.Table(
    "numbers", sa.MetaData(), sa.Column("n", sa.Integer, primary_key=True), sa.Column("word", sa.Text, unique=True)
)


class Counting(Connection):
    """Counts its errands."""

    errands = 0

    async def errand(self, work: Callable[[sqlite3.Connection], Any]) -> Any:
        self.errands += 1
        return await super().errand(work)


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[tuple[AsyncEngine, Counting]]:
    connection = Counting(f"{tmp_path}/numbers.db")

    async def connect() -> Counting:
        return await connection  # type: ignore[return-value]

    engine = create_async_engine("sqlite+aiosqlite://", async_creator=connect, poolclass=sa.pool.StaticPool)
    async with engine.begin() as opened:
        await opened.run_sync(numbers.metadata.create_all)
    connection.errands = 0
    yield engine, connection
    await engine.dispose()


async def fill(engine: AsyncEngine, count: int) -> None:
    async with engine.begin() as opened:
        await opened.execute(sa.insert(numbers), [{"n": n, "word": str(n)} for n in range(count)])


async def test_a_statement_is_one_errand(made: tuple[AsyncEngine, Counting]) -> None:
    engine, connection = made
    async with engine.connect() as opened:
        inserted = await opened.execute(sa.insert(numbers).values(word="one"))
        assert (inserted.rowcount, inserted.inserted_primary_key) == (1, (1,))
        returned = await opened.execute(sa.insert(numbers).values(word="two").returning(numbers.c.n))
        assert returned.scalar_one() == 2
        changed = await opened.execute(sa.update(numbers).values(word=numbers.c.word + "!"))
        assert changed.rowcount == 2
        found = await opened.execute(sa.select(numbers).order_by(numbers.c.n))
        assert found.all() == [(1, "one!"), (2, "two!")]
        assert (await opened.execute(sa.select(numbers).where(numbers.c.n > 2))).all() == []
        assert connection.errands == 5


@pytest.mark.parametrize("count", [AT_ONCE - 1, AT_ONCE, AT_ONCE + 1, 2 * AT_ONCE, 2 * AT_ONCE + 7])
async def test_a_long_answer_is_read_to_its_end(made: tuple[AsyncEngine, Counting], count: int) -> None:
    engine, connection = made
    await fill(engine, count)
    statement = sa.select(numbers.c.n).order_by(numbers.c.n)
    async with engine.connect() as opened:
        assert list((await opened.execute(statement)).scalars()) == list(range(count))
        async with opened.stream(statement) as streamed:
            assert [row.n async for row in streamed] == list(range(count))
        async with opened.stream(statement) as streamed:
            assert [part[0].n async for part in streamed.partitions(300)] == list(range(0, count, 300))
        async with opened.stream(statement) as streamed:
            assert [(await streamed.fetchone())[0] for _ in range(3)] == [0, 1, 2]
        await opened.rollback()
        # nothing that was left half read holds the table
        await opened.run_sync(numbers.drop)
    assert connection.errands > 4


async def test_a_refusal_is_an_exception_and_the_connection_goes_on(made: tuple[AsyncEngine, Counting]) -> None:
    engine, _ = made
    await fill(engine, 3)
    async with engine.connect() as opened:
        with pytest.raises(sa.exc.IntegrityError):
            await opened.execute(sa.insert(numbers).values(n=9, word="2"))
        with pytest.raises(sa.exc.OperationalError, match="no such table"):
            await opened.exec_driver_sql("SELECT * FROM absent")
        assert await opened.scalar(sa.select(sa.func.count()).select_from(numbers)) == 3


async def test_what_is_closed_says_so(tmp_path: Path) -> None:
    connection = await Connection(f"{tmp_path}/closed.db")
    await connection.close()
    with pytest.raises(ValueError, match="closed"):
        await connection.cursor().execute("SELECT 1")
