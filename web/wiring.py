"""The wiring: one function, readable from top to bottom. The process and the tests call the same one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from avis_bridge.port import AvisPort
from avis_bridge.reference import Avis
from casework.closing import CLOSE_EVERY_S
from casework.service import CaseworkService
from consultation.depth import Depth, deepen
from consultation.media_port import MediaPort
from consultation.service import ConsultationService, MediaAccess
from kernel.audit import Audit
from kernel.clock import Clock, SystemClock
from kernel.consumer import DurableConsumer
from kernel.errors import RateLimited
from kernel.feed import EventFeed
from kernel.idempotency import Idempotency
from kernel.identity import Identity
from kernel.ledger import Ledger, open_ledger
from kernel.messages import (
    ClaimReleased,
    DirectoryChanged,
    Event,
    LeaseChanged,
    OfferAccepted,
    OfferClosed,
    RegisterChanged,
    RequestLeft,
    SessionEnded,
    StandingChanged,
)
from kernel.settings import Settings
from kernel.vault import Vault
from portal_bridge.catalogue import Catalogue
from portal_bridge.jpp import Jpp
from portal_bridge.port import JppPort
from portal_bridge.state import State
from presence.service import SWEEP_S, PresenceService
from router.configuration import Configuration
from router.history import OfferHistory
from router.reconcile import Reconciler
from router.replicated import ReplicatedIndex
from router.service import RouterService
from router.supervision import Supervision
from web import demo_all, migrate
from web.bridges import Criteria, bridges_of, media_of, reference_avis
from web.citizens import Citizens
from web.clients import Clients
from web.counting import Counting, count
from web.directories import LOOK_EVERY_S, Directories
from web.limits_core import Limiter, Limits
from web.live.admission_core import Admission
from web.live.aggregates import BOARDS_EVERY_S, GROUPS_EVERY_S, PLACES_EVERY_S
from web.live.door import Door
from web.live.hub import Hub
from web.live.tickets import Tickets
from web.live.workstations_core import Workstations
from web.metrics import Metrics
from web.panel_consents import Consents
from web.panel_layout import Layouts
from web.planned import Planned, plan
from web.powers import EVERY_S, Powers
from web.reactions import Reactions
from web.register import Register
from web.retention import FORGET_EVERY_S, Retention
from web.sign_on import SignOn, sign_on_of
from web.stations import Stations, make_stations
from web.stops import EVERY_S as STOPS_EVERY_S
from web.tasks import Tasks
from web.together import Together, join
from web.views import Views

TICK_S = 1.0
ROUTER_TICK_S = 0.25
RECONCILE_S = 5.0
FORGET_S = 30.0


@dataclass(frozen=True)
class House:
    """Everything a route may need."""

    settings: Settings
    clock: Clock
    together: Together
    feed: EventFeed
    ledger: Ledger
    audit: Audit
    identity: Identity
    idempotency: Idempotency
    clients: Clients
    presence: PresenceService
    router: RouterService
    consultation: ConsultationService
    stations: Stations
    depth: Depth
    casework: CaseworkService
    counting: Counting
    configuration: Configuration
    planned: Planned
    supervision: Supervision
    avis: AvisPort
    reference_avis: Avis
    state: State
    catalogue: Catalogue
    reference_jpp: Jpp
    citizens: Citizens
    sign_on: SignOn
    layouts: Layouts
    consents: Consents
    jpp: JppPort
    powers: Powers
    register: Register
    views: Views
    tickets: Tickets
    door: Door
    hub: Hub
    metrics: Metrics
    tasks: Tasks
    origins: frozenset[str]
    limiters: dict[str, Limiter]
    media_reachable: Callable[[], Awaitable[object]]

    def limit(self, name: str, key: str) -> None:
        """Count a call of ``key``; raises `RateLimited` when there were too many."""
        wait_s = self.limiters[name].take(key, self.clock.mono())
        if wait_s is not None:
            raise RateLimited(retry_after_s=wait_s)

    def give_back(self, name: str, key: str) -> None:
        """A call that was counted does not count."""
        self.limiters[name].give_back(key)


@asynccontextmanager
async def open_house(
    settings: Settings, *, clock: Clock | None = None, media: MediaPort | None = None, limits: Limits | None = None
) -> AsyncIterator[House]:
    """The control plane, running until the context ends. ``settings`` are complete (`web.startup`)."""
    clock = clock or SystemClock()
    async with AsyncExitStack() as stack:
        # ── what is kept ─────────────────────────────────────────────────────────────────────────
        together = await join(settings, clock, stack)
        feed = together.feed
        await asyncio.to_thread(migrate.migrate, settings.ledger_url)
        ledger = open_ledger(settings.ledger_url, feed)
        stack.push_async_callback(ledger.close)
        audit = Audit(ledger, clock)
        identity = Identity(ledger, clock, pepper=settings.pepper, session_hours=settings.session_hours)
        vault = Vault(settings.vault_key, settings.pepper)
        clients = Clients(ledger, clock, vault)

        # ── the services ─────────────────────────────────────────────────────────────────────────
        if media is None:
            media = media_of(settings, stack)
        counting = count(ledger, clock, settings)
        await counting.start()
        casework = CaseworkService(ledger, clock, counting.cases)
        if settings.demo:
            await demo_all.load(ledger, clock, vault, identity, casework)
        index = together.index(settings, ledger, clock)
        router = RouterService(
            ledger,
            clock,
            index,
            service_level_s=settings.service_level_s,
            short_abandon_s=settings.short_abandon_s,
        )
        access = MediaAccess(url=settings.media_url, api_key=settings.media_key, secret=settings.media_secret)
        consultation = ConsultationService(
            ledger,
            clock,
            media,
            access,
            audit,
            vault=vault,
            pepper=settings.pepper,
            authorisation_ttl_s=settings.authorisation_ttl_s,
            hold_s=settings.hold_s,
            leads=together.leads,
        )
        stations = make_stations(
            settings,
            ledger,
            clock,
            audit,
            identity,
            media,
            access,
            consultation=consultation,
            vault=vault,
            network=counting.network,
        )
        depth = deepen(consultation, router, ledger=ledger, clock=clock, audit=audit, vault=vault)
        avis, jpp, state = bridges_of(settings, clock, audit, stack)
        reference = await reference_avis(settings, ledger, clock, vault, Criteria(state))
        powers = Powers(ledger, consultation, clients, jpp, leads=together.leads)
        catalogue = Catalogue(ledger, clock, state, leads=together.leads)
        await catalogue.load()
        citizens = Citizens(ledger, vault)
        sign_on = sign_on_of(settings, ledger, clock, vault, identity, citizens, stack)

        # ── the index, rebuilt from the ledger; nobody is online yet ─────────────────────────────
        tasks = Tasks()
        stack.push_async_callback(tasks.close)
        reactions = Reactions(feed)
        await router.start()
        presence = PresenceService(
            ledger,
            clock,
            [officer.id for officer in router.officers()],
            process=together.process,
            live=together.live,
            leases=lambda: (
                (officer_id, lease.state, lease.online, lease.ready)
                for core in index.cores.values()
                for officer_id in core.directory.officers
                if (lease := core.lease(officer_id))
            ),
        )
        await presence.start()
        register = Register()

        # ── the live channel ─────────────────────────────────────────────────────────────────────
        metrics = Metrics()
        tickets = together.tickets(clock, identity)
        door = Door(clock, Admission())
        workstations = Workstations(together.process)
        planned = plan(settings, ledger, clock, router, carry=clients.carry, workstation_on=workstations.is_online)
        views = Views(
            ledger=ledger,
            router=router,
            presence=presence,
            consultation=consultation,
            casework=casework,
            planned=planned,
            register=register,
            clock=clock,
            is_online=workstations.is_online,
            open_input=stations.control.open,
            stop_of=stations.stops.of,
        )
        hub = Hub(
            feed,
            views=views,
            directory=register,
            presence=presence,
            workstations=workstations,
            door=door,
            clock=clock,
            metrics=metrics,
        )

        directories = Directories(
            ledger,
            identity=identity,
            router=router,
            presence=presence,
            register=register,
            casework=casework,
            consultation=consultation,
            hub=hub,
        )
        await directories.start()
        await stations.stops.refresh()

        # ── facts lead to deeds ──────────────────────────────────────────────────────────────────
        async def react(event: Event, here: bool) -> None:
            match event:
                case StandingChanged():
                    await router.on_standing(event)
                case ClaimReleased() if here:
                    await router.on_claim_released(event)
                case OfferAccepted() if here:
                    await router.on_accepted(event)
                case LeaseChanged():
                    await presence.on_lease(event, here=here)
                case DirectoryChanged():
                    await directories.refresh()
                case RegisterChanged():
                    await directories.refresh_workstations()
                    if event.let_go:
                        await hub.close_revoked(identity.valid)
                        await consultation.shut_out(event.workstation_id)
                case OfferClosed() | RequestLeft() | SessionEnded() if here:
                    await depth.officials.on_event(event)
                case _ if not here:
                    presence.on_other(event)

        async def take_stock() -> None:
            presence.ask()
            await directories.refresh()
            await directories.refresh_workstations()

        for name, handler in (
            ("consultation", consultation.on_event),
            ("router", router.on_event),
            ("casework", casework.on_event),
            ("entries", counting.entries.on_event),
            ("clients", clients.on_event),
            ("documents", depth.documents.on_event),
            ("home-links", stations.home.on_event),
            ("callbacks", planned.callbacks.on_event),
        ):
            tasks.keep(f"consumer-{name}", DurableConsumer(name, ledger, clock, handler).run)
        tasks.keep("reactions", lambda: reactions.run(react, take_stock))
        tasks.keep("hub", hub.run)

        async def on_vanished(process: str) -> None:
            presence.on_vanished(process)
            await hub.on_vanished(process)

        together.run(tasks, on_vanished)
        if isinstance(index, ReplicatedIndex):
            tasks.keep("index", index.run)
        if together.door is not None:
            writers = OfferHistory(
                ledger, clock, index, door=together.door, prefix=together.prefix, process=together.process
            )
            tasks.keep("offer-history", writers.run)

        # ── time passes ──────────────────────────────────────────────────────────────────────────
        async def presence_tick() -> None:
            presence.tick()

        tasks.every("presence-tick", TICK_S, presence_tick)
        tasks.every("presence-sweep", SWEEP_S, presence.sweep)
        tasks.every("router-tick", ROUTER_TICK_S, router.tick)
        tasks.every("router-reconcile", RECONCILE_S, Reconciler(ledger, index).run_once)
        tasks.every("router-history", ROUTER_TICK_S, router.write_history)
        tasks.every("consultation-tick", TICK_S, consultation.tick)
        tasks.every("powers-tick", EVERY_S, powers.tick)
        tasks.every("appointments-tick", TICK_S, planned.appointments.tick)
        tasks.every("callbacks-tick", TICK_S, planned.callbacks.tick)
        tasks.every("hub-tick", TICK_S, hub.tick)
        tasks.every("hub-sweep", SWEEP_S, lambda: hub.sweep(together.live()))
        tasks.every("hub-revoked", SWEEP_S, lambda: hub.close_revoked(identity.valid))
        tasks.every("hub-groups", GROUPS_EVERY_S, hub.flush_groups)
        tasks.every("hub-places", PLACES_EVERY_S, hub.flush_places)
        tasks.every("hub-boards", BOARDS_EVERY_S, hub.flush_boards)
        tasks.every("open-data", 3600.0, counting.publish)
        tasks.every("sums", CLOSE_EVERY_S, counting.close_periods)
        tasks.every("avis", reference.EVERY_S, reference.tick)
        tasks.every("reports", 60.0, counting.schedules.tick)
        tasks.every("catalogue", TICK_S, catalogue.tick)
        tasks.every("directories", LOOK_EVERY_S, directories.refresh)
        tasks.every("stops", STOPS_EVERY_S, stations.stops.refresh)
        tasks.every("stations-forget", FORGET_S, stations.forget)
        tasks.every("retention", FORGET_EVERY_S, Retention(ledger, clock, settings.retention_days).run_once)
        tasks.every("clients-forget", FORGET_S, clients.forget_old)

        chosen = limits or (Limits.for_demo() if settings.demo else Limits())
        yield House(
            settings=settings,
            clock=clock,
            together=together,
            feed=feed,
            ledger=ledger,
            audit=audit,
            identity=identity,
            idempotency=Idempotency(ledger, clock),
            clients=clients,
            presence=presence,
            router=router,
            consultation=consultation,
            stations=stations,
            depth=depth,
            casework=casework,
            counting=counting,
            configuration=Configuration(ledger, clock, audit, identity),
            planned=planned,
            supervision=Supervision(ledger, clock, audit, router, index),
            avis=avis,
            reference_avis=reference,
            state=state,
            catalogue=catalogue,
            reference_jpp=Jpp(ledger, clock, vault, state),
            citizens=citizens,
            sign_on=sign_on,
            layouts=Layouts(ledger),
            consents=Consents(ledger, clock),
            jpp=jpp,
            powers=powers,
            register=register,
            views=views,
            tickets=tickets,
            door=door,
            hub=hub,
            metrics=metrics,
            tasks=tasks,
            origins=frozenset(settings.origins),
            limiters=chosen.limiters(),
            media_reachable=partial(media.present, "readiness"),
        )
