"""Taking a request in: which group it goes to, and what travels with it from then on."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec

from kernel.errors import GroupUnknown, OfficerUnknown
from kernel.ids import ConsultationId
from kernel.ledger import Transaction
from kernel.messages import RequestFacts, RequestQueued
from router import entry_core, store
from router.calendar_core import group_hours
from router.commands import Claim, CreateRequest
from router.lease import PRESENT
from router.model import Directory, Group, Request, head_start_us
from router.reading import Reading

RIGA = ZoneInfo("Europe/Riga")


class Intake(Reading):
    def _directory_for(self, command: CreateRequest) -> Directory:
        """The agency that is named, or that of the officer or group."""
        for core in self._index.cores.values():
            directory = core.directory
            if command.group_id in directory.groups:
                return directory
            if command.group_id is None and command.officer_id in directory.officers:
                return directory
            if command.group_id is None and command.officer_id is None and command.agency_id == directory.agency.id:
                return directory
        if command.group_id is None and command.officer_id is not None:
            raise OfficerUnknown(field="officer_id")
        raise GroupUnknown(field="group_id")

    def group_for(self, command: CreateRequest) -> Group:
        directory = self._directory_for(command)
        group = entry_core.group_for(
            directory,
            group_id=command.group_id,
            officer_id=command.officer_id,
            pak=command.pak.value,
            service=command.service,
            language=command.language,
        )
        if command.score is not None:
            return group
        tried = {group.id}
        while (elsewhere := entry_core.admit(group, self._situation(directory, group))) is not None:
            # a circle of overflows, or one into nowhere, ends where it began
            if elsewhere in tried or elsewhere not in directory.groups:
                return group
            tried.add(elsewhere)
            group = directory.groups[elsewhere]
        return group

    def _situation(self, directory: Directory, group: Group) -> entry_core.Situation:
        core, wall_ms = self._index.cores[directory.agency.id], self._clock.wall_ms()
        live = self.group_live(group.id)
        present = sum(
            core.lease(officer.id).state in PRESENT
            for officer in directory.officers.values()
            if group.id in officer.levels
        )
        hours = group_hours(group, directory.agency, wall_ms)
        return entry_core.Situation(
            open=hours.open,
            opens_ms=hours.opens_ms,
            signed_in=present,
            waiting=live.waiting,
            longest_wait_s=0.0 if live.oldest_ms is None else (wall_ms - live.oldest_ms) / 1000,
        )

    async def take_in(
        self, tx: Transaction, command: CreateRequest, claim: Claim | None
    ) -> tuple[ConsultationId, Request | None]:
        """(id, the request that was made); None: it had been made before."""
        if claim is not None:
            known = await claim(tx, command.consultation_id)
            if known != command.consultation_id:
                if await store.find_request(tx.connection, known) is not None:
                    return known, None
                command = msgspec.structs.replace(command, consultation_id=known)
        request = await self.request_of(tx, command, self.group_for(command))
        await store.insert_request(tx, request)
        tx.record(RequestQueued(at_ms=self._clock.wall_ms(), facts=request.facts))
        return request.id, request

    async def request_of(self, tx: Transaction, command: CreateRequest, group: Group) -> Request:
        """Complete a command to the facts that travel, with its place."""
        wall_ms = self._clock.wall_ms()
        core = self._index.cores[group.agency_id]
        day = datetime.fromtimestamp(wall_ms / 1000, UTC).astimezone(RIGA).date().isoformat()
        at_us = core.records.next_us(wall_ms)
        number, at_us = await store.next_ticket(tx, group.agency_id, day, at_us)
        facts = RequestFacts(
            consultation_id=command.consultation_id,
            # so that people can speak of a request
            ticket=f"{core.directory.agency.code}-{number:03d}",
            agency_id=group.agency_id,
            group_id=group.id,
            topic=group.name,
            pak=command.pak,
            service=command.service,
            language=command.language,
            priority=command.priority,
            clerk_id=command.clerk_id,
            clerk_name=command.clerk_name,
            point_id=command.point_id,
            point_name=command.point_name,
            workstation_id=command.workstation_id,
            client_kind=command.client_kind,
            client_ref=command.client_ref,
            direct_officer_id=command.officer_id,
            created_at_ms=wall_ms,
            level=command.level,
            skills=tuple(sorted(command.skills)),
            preferred_officer_id=command.preferred_officer_id,
            visit_id=command.visit_id,
            joins=command.joins,
            joins_as=command.joins_as,
            client_method=command.client_method,
        )
        score = command.score
        if score is None:
            score = at_us - head_start_us(command.priority)
        return Request(facts=facts, score=score)


def moved_facts(facts: RequestFacts, group: Group) -> RequestFacts:
    """The same request, asked of another group. Who was asked for by name in one agency is unknown in another."""
    return msgspec.structs.replace(
        facts,
        agency_id=group.agency_id,
        group_id=group.id,
        topic=group.name,
        direct_officer_id=None,
        preferred_officer_id=facts.preferred_officer_id if group.agency_id == facts.agency_id else None,
    )
