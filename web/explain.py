"""Why a request waits: who could take it, who could not and why, what happens next and when, in words. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any

from kernel.ids import OfficerId
from kernel.messages import Bilingual
from router.commands import NextStep, Reason, RequestStatus
from router.model import Officer
from web import durations

_NEXT = {
    "ringing": ("Zvans jau skan pie speciālista.", "An officer's console is ringing."),
    "in_queue": (
        "Visi piemērotie speciālisti pašlaik ir aizņemti; pieteikums gaida savā vietā.",
        "Every suitable officer is busy now; the request keeps its place.",
    ),
    "nobody_available": (
        "Neviens piemērots speciālists pašlaik nav pieejams; pieteikums gaida savā vietā.",
        "No suitable officer is available now; the request keeps its place.",
    ),
    "nobody_signed_in": (
        "Neviens piemērots speciālists nav pieslēdzies; pieteikums gaida savā vietā.",
        "No suitable officer is signed in; the request keeps its place.",
    ),
    "direct_fallback": (
        "Izvēlētais speciālists pašlaik nevar atbildēt; pieteikums gaida viņa grupas rindā.",
        "The chosen officer cannot answer now; the request waits in that officer's group.",
    ),
    "waits_for_preferred": (
        "Vispirms gaidām izvēlēto speciālistu.",
        "The chosen officer is waited for first.",
    ),
    "widens": (
        "Neviens no tiem, kam jautājam vispirms, pašlaik nevar atbildēt; pieteikums gaida savā vietā.",
        "None of those who are asked first can answer now; the request keeps its place.",
    ),
    "asks_again": (
        "Brīvie speciālisti šo pieteikumu nupat atteica; tas gaida savā vietā.",
        "Those who are free have just declined this request; it keeps its place.",
    ),
    "channels_full": (
        "Visi šī pakalpojuma kanāli ir aizņemti; pieteikums gaida savā vietā.",
        "All channels of this service are in use; the request keeps its place.",
    ),
    "visit": (
        "Klientu pašlaik apkalpo cita iestāde; vieta šajā rindā ir saglabāta.",
        "The client is being served by another agency; the place in this queue is kept.",
    ),
    "routing_delayed": (
        "Pieteikums ir saņemts un saglabāts; rinda uz brīdi kavējas.",
        "The request has been received and kept; the queue is delayed for a moment.",
    ),
    "join": ("Speciālists ir pieņēmis pieteikumu; varat pievienoties.", "An officer has accepted; you can join."),
    "done": ("Pieteikums ir noslēgts.", "The request is closed."),
}

#: what follows the summary: ``{name}`` and ``{time}`` (a duration, or empty when it is not known)
_THEN = {
    "ringing": (
        "{name} var atbildēt vēl {time}; ja atbildes nebūs, zvanīsim nākamajam.",
        "{name} has {time} left to answer; after that the next one is rung.",
    ),
    "waits_for_preferred": (
        "Vēl {time} gaidām tikai viņu ({name}); pēc tam pieteikumu piedāvāsim arī citiem.",
        "For another {time} only {name} is waited for; after that others are asked too.",
    ),
    "widens": ("Pēc {time} jautāsim plašākam speciālistu lokam.", "In {time} a wider circle of officers is asked."),
    "asks_again": (
        "Pēc {time} jautāsim viņiem vēlreiz; ja kāds cits atbrīvosies agrāk, zvanīsim viņam.",
        "In {time} they are asked again; anyone else who comes free sooner is rung first.",
    ),
    "in_queue": (
        "Zvanīsim pirmajam, kurš atbrīvosies.",
        "The first one to come free is rung.",
    ),
    "nobody_available": (
        "Zvanīsim, tiklīdz kāds no viņiem atgriezīsies.",
        "Whoever comes back first is rung.",
    ),
    "nobody_signed_in": (
        "Zvanīsim, tiklīdz kāds pieslēgsies; varat izvēlēties arī citu grupu.",
        "Whoever signs in first is rung; you can also choose another group.",
    ),
    "direct_fallback": (
        "Zvanīsim pirmajam grupas speciālistam, kurš atbrīvosies.",
        "The first of the group's officers to come free is rung.",
    ),
    "channels_full": (
        "Zvanīsim, tiklīdz beigsies kāda no sarunām.",
        "An officer is rung as soon as one of the sessions ends.",
    ),
    "visit": (
        "Zvanīsim, tiklīdz beigsies saruna ar otru iestādi.",
        "An officer is rung as soon as the session with the other agency ends.",
    ),
    "routing_delayed": (
        "Nekas nav jādara: pieteikums rindā nonāks pats.",
        "There is nothing to do: the request will reach its queue by itself.",
    ),
}

#: in the order in which people want to know
_WHY = {
    "available": ("var atbildēt tūlīt", "could answer at once"),
    "ringing": ("pašlaik saņem zvanu", "ringing now"),
    "busy": ("sarunā", "in a session"),
    "wrap_up": ("pēcapstrādē", "in wrap-up"),
    "away": ("prombūtnē", "away"),
    "declined": (
        "nupat atteica šo pieteikumu; jautāsim vēlreiz",
        "just declined this request; asked again",
    ),
    "ring": ("plašākā lokā, viņiem jautāsim vēlāk", "in a wider circle, asked later"),
    "preferred": ("vispirms gaidām izvēlēto speciālistu", "the chosen officer is waited for first"),
    "channels": ("brīvi, bet visi kanāli ir aizņemti", "free, but all channels are in use"),
    "paused": ("brīvi, bet klients ir citā sarunā", "free, but the client is in another session"),
    "offline": ("nav pieslēgušies", "not signed in"),
    "language": ("nerunā izvēlētajā valodā", "without the chosen language"),
    "level": ("ar zemāku līmeni, nekā vajadzīgs", "with a lower level than is needed"),
    "skill": ("bez vajadzīgās prasmes", "without the needed skill"),
    "group": ("citā kompetenču grupā", "in another competence group"),
}
_ORDER = {why: number for number, why in enumerate(_WHY)}


def explanation(
    status: RequestStatus,
    reasons: Iterable[Reason],
    officer: Callable[[OfficerId], Officer | None],
    now_ms: int,
) -> dict[str, Any]:
    """``Explanation`` of docs/api.md."""
    ordered = sorted(reasons, key=lambda reason: (_ORDER[reason.why], reason.from_ms or 0, reason.officer_id))

    def named(reason: Reason) -> dict[str, Any]:
        found = officer(reason.officer_id)
        return {
            "officer_id": reason.officer_id,
            "name": "" if found is None else found.name,
            "could": reason.could,
            "why": reason.why,
            "from_ms": reason.from_ms,
        }

    return {
        "at_ms": now_ms,
        "summary": Bilingual(*_NEXT[status.next.code]),
        "then": _then(status.next, now_ms),
        "next": status.next,
        "groups": [
            {"why": why, "text": Bilingual(*_WHY[why]), "could": why == "available", "officers": [*map(named, found)]}
            for why, found in groupby(ordered, key=lambda reason: reason.why)
        ],
        "officers": [named(reason) for reason in ordered],
    }


def _then(step: NextStep, now_ms: int) -> Bilingual | None:
    """What happens next, and in what time as things are now; None when there is nothing to say beyond the summary."""
    texts = _THEN.get(step.code)
    if texts is None or ("{time}" in texts[0] and step.until_ms is None):
        return None
    left_s = 0 if step.until_ms is None else max(0, -(-(step.until_ms - now_ms) // 1000))
    name = step.officer_name or ""
    return Bilingual(
        texts[0].format(name=name, time=_time_lv(step.code, left_s)),
        texts[1].format(name=name, time=durations.en(left_s)),
    )


def _time_lv(code: str, seconds: int) -> str:
    """``pēc`` takes another case than the rest."""
    return durations.lv_dative(seconds) if code in ("widens", "asks_again") else durations.lv(seconds)
