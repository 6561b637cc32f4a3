"""A directory written down at once: what `router.directory` saves one by one."""

from __future__ import annotations

from collections.abc import Iterable

from kernel.ledger import Transaction
from router import directory
from router.model import Agency, FlowRule, Group, Officer


async def save_directory(
    tx: Transaction,
    agencies: Iterable[Agency],
    groups: Iterable[Group],
    officers: Iterable[Officer],
    rules: Iterable[FlowRule] = (),
) -> None:
    for agency in agencies:
        await directory.save_agency(tx, agency)
    for group in groups:
        await directory.save_group(tx, group)
    for officer in officers:
        await directory.save_officer(tx, officer)
    for rule in rules:
        await directory.save_rule(tx, rule)
