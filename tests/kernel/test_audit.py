import asyncio

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from kernel.audit import Audit, audit_head, audit_log
from kernel.audit_core import GENESIS, AuditEntry, AuditRow, ChainBroken, link, verify
from kernel.clock import ManualClock
from kernel.errors import AuditUnavailable
from kernel.ledger import Ledger


def entry(n: int) -> AuditEntry:
    return AuditEntry(actor=f"clerk-{n}", role="clerk", action="client.read", purpose="consultation", fields=("label",))


def chain(length: int) -> list[AuditRow]:
    rows, previous = [], GENESIS
    for n in range(1, length + 1):
        digest = link(previous, n, n * 10, entry(n))
        rows.append(AuditRow(id=n, at_ms=n * 10, entry=entry(n), previous=previous, hash=digest))
        previous = digest
    return rows


def test_an_untouched_chain_holds() -> None:
    rows = chain(5)
    assert verify(rows, (5, rows[-1].hash)) == 5
    assert verify([]) == 0


@given(st.data())
def test_any_single_tampering_is_located(data: st.DataObject) -> None:
    rows = chain(6)
    head = (6, rows[-1].hash)
    at = data.draw(st.integers(0, 5))
    match data.draw(st.sampled_from(["edit", "delete", "swap", "truncate", "backdate"])):
        case "edit":
            row = rows[at]
            rows[at] = AuditRow(id=row.id, at_ms=row.at_ms, entry=entry(99), previous=row.previous, hash=row.hash)
        case "backdate":
            row = rows[at]
            rows[at] = AuditRow(id=row.id, at_ms=1, entry=row.entry, previous=row.previous, hash=row.hash)
        case "delete":
            del rows[at]
        case "truncate":
            del rows[at:]
        case "swap":
            other = (at + 1) % 6
            rows[at], rows[other] = rows[other], rows[at]
            at = min(at, other)
    with pytest.raises(ChainBroken) as caught:
        verify(rows, head)
    assert caught.value.at_id == at + 1


async def test_concurrent_writers_make_one_chain(ledger: Ledger, clock: ManualClock) -> None:
    audit = Audit(ledger, clock)
    await audit.record(entry(0))
    await asyncio.gather(*(audit.record(entry(n)) for n in range(1, 20)))
    assert await audit.verify() == 20


async def test_an_entry_falls_with_the_callers_transaction(ledger: Ledger, clock: ManualClock) -> None:
    audit = Audit(ledger, clock)
    with pytest.raises(RuntimeError):
        async with ledger.transaction() as tx:
            await audit.record(entry(1), tx)
            raise RuntimeError
    assert await audit.verify() == 0


async def test_tampering_with_the_table_is_found(ledger: Ledger, clock: ManualClock) -> None:
    audit = Audit(ledger, clock)
    for n in range(4):
        await audit.record(entry(n))
    async with ledger.transaction() as tx:
        await tx.execute(sa.delete(audit_log).where(audit_log.c.id == 4))
    with pytest.raises(ChainBroken, match="cut off"):
        await audit.verify()


async def test_without_a_log_nothing_goes_on(ledger: Ledger, clock: ManualClock) -> None:
    async with ledger.engine.begin() as connection:
        await connection.run_sync(audit_head.drop)
    with pytest.raises(AuditUnavailable):
        await Audit(ledger, clock).record(entry(1))
