"""Why a request waits, in words. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from router.commands import Reason, RequestStatus

_NEXT = {
    "ringing": ("Zvans jau skan pie speciālista.", "An officer's console is ringing."),
    "in_queue": (
        "Visi piemērotie speciālisti pašlaik strādā; pieteikums gaida savā vietā.",
        "Every suitable officer is working now; the request keeps its place.",
    ),
    "nobody_available": (
        "Neviens piemērots speciālists pašlaik nav pieejams; pieteikums gaida savā vietā.",
        "No suitable officer is available now; the request keeps its place.",
    ),
    "nobody_signed_in": (
        "Neviens piemērots speciālists nav pieslēdzies.",
        "No suitable officer is signed in.",
    ),
    "direct_fallback": (
        "Izvēlētais speciālists neatbildēja; pieteikums gaida viņa grupas rindā.",
        "The chosen officer did not answer; the request waits in that officer's group.",
    ),
    "waits_for_preferred": (
        "Vēl gaidām izvēlēto speciālistu; pēc tam pieteikumu piedāvāsim arī citiem.",
        "The chosen officer is waited for; after that others are asked too.",
    ),
    "widens": (
        "Visi piemērotie speciālisti pašlaik strādā; drīz jautāsim plašākam lokam.",
        "Every suitable officer is working now; soon a wider circle is asked.",
    ),
    "channels_full": (
        "Visi šī pakalpojuma kanāli ir aizņemti; pieteikums gaida savā vietā.",
        "All channels of this service are in use; the request keeps its place.",
    ),
    "visit": (
        "Klientu pašlaik apkalpo cita iestāde; vieta šajā rindā tiek saglabāta.",
        "The client is being served by another agency; the place in this queue is kept.",
    ),
    "routing_delayed": (
        "Pieteikums ir saņemts un saglabāts; rinda uz brīdi kavējas.",
        "The request has been received and kept; the queue is delayed for a moment.",
    ),
    "join": ("Speciālists ir pieņēmis pieteikumu; varat pievienoties.", "An officer has accepted; you can join."),
    "done": ("Pieteikums ir noslēgts.", "The request is closed."),
}
_WHY = {
    "available": ("pieejami", "available"),
    "ringing": ("zvana", "ringing"),
    "busy": ("sarunā", "in a session"),
    "wrap_up": ("pēcapstrādē", "in wrap-up"),
    "away": ("prombūtnē", "away"),
    "offline": ("bezsaistē", "offline"),
    "language": ("nerunā izvēlētajā valodā", "without the chosen language"),
    "group": ("citā grupā", "in another group"),
    "level": ("ar zemāku līmeni", "with a lower level"),
    "skill": ("bez vajadzīgās prasmes", "without the needed skill"),
    "preferred": ("vispirms gaidām izvēlēto", "the chosen one is waited for first"),
    "ring": ("plašākā lokā vēlāk", "later, in a wider circle"),
    "channels": ("kanāli ir aizņemti", "channels are in use"),
    "paused": ("klients ir citā sarunā", "the client is in another session"),
    "declined": ("tikko noraidīja", "just declined"),
}


def explanation(status: RequestStatus, reasons: Iterable[Reason]) -> dict[str, Any]:
    """``{summary, officers, next}`` of docs/api.md."""
    officers = list(reasons)
    lv, en = _NEXT[status.next.code]
    counted = Counter(reason.why for reason in officers)
    parts_lv = ", ".join(f"{_WHY[why][0]}: {count}" for why, count in sorted(counted.items()))
    parts_en = ", ".join(f"{_WHY[why][1]}: {count}" for why, count in sorted(counted.items()))
    if officers:
        lv, en = f"{lv} Speciālisti — {parts_lv}.", f"{en} Officers — {parts_en}."
    return {"summary": {"lv": lv, "en": en}, "officers": officers, "next": status.next}
