"""What people read of the errors in `kernel.sign_on_errors`: (message, hint) as (Latvian, English) each."""

from __future__ import annotations

_AGAIN = ("Sāciet pieteikšanos no jauna.", "Begin signing in again.")
_OPERATOR = (
    "Sāciet no jauna; ja tas atkārtojas, sazinieties ar sistēmas uzturētāju un nosauciet šīs lapas kodu.",
    "Begin again; if it happens again, contact the operator and name the code on this page.",
)

SIGN_ON_TEXTS: dict[str, tuple[str, str, str, str]] = {
    "sign_on_off": (
        "Vienotā pieteikšanās šai sistēmai nav pieslēgta.",
        "The state's sign-on is not connected to this system.",
        "Sazinieties ar sistēmas uzturētāju.",
        "Contact the operator of this system.",
    ),
    "sign_on_state": (
        "Šī pieteikšanās nav sākta šajā pārlūkā, tāpēc tā netika pabeigta.",
        "This sign-in was not begun in this browser, so it was not completed.",
        *_AGAIN,
    ),
    "sign_on_replayed": (
        "Šī pieteikšanās jau ir izmantota, tāpēc otrreiz tā neder.",
        "This sign-in was used already and does not count twice.",
        *_AGAIN,
    ),
    "sign_on_refused": (
        "Vienotā pieteikšanās jūs nepieteica: tā tika atcelta vai noraidīta.",
        "The state's sign-on did not sign you in: it was cancelled or refused.",
        *_AGAIN,
    ),
    "sign_on_nonce": (
        "Saņemtā atbilde neattiecas uz šo pieteikšanos, tāpēc tā netika pabeigta.",
        "The answer does not belong to this sign-in, so it was not completed.",
        *_OPERATOR,
    ),
    "sign_on_signature": (
        "Saņemtās atbildes paraksts nav derīgs, tāpēc neviens netika pieteikts.",
        "The signature of the answer is not valid, so nobody was signed in.",
        *_OPERATOR,
    ),
    "sign_on_audience": (
        "Saņemtā atbilde ir domāta citai sistēmai, tāpēc neviens netika pieteikts.",
        "The answer was meant for another system, so nobody was signed in.",
        *_OPERATOR,
    ),
    "sign_on_issuer": (
        "Atbildi izsniegusi cita pieteikšanās sistēma, tāpēc neviens netika pieteikts.",
        "The answer came from another sign-on, so nobody was signed in.",
        *_OPERATOR,
    ),
    "sign_on_expired": (
        "Pieteikšanās ilga pārāk ilgi un vairs nav derīga.",
        "Signing in took too long and is no longer valid.",
        "Sāciet no jauna; ja tas atkārtojas, pārbaudiet datora pulksteni.",
        "Begin again; if it happens again, check the clock of this computer.",
    ),
    "sign_on_not_fresh": (
        "Vienotā pieteikšanās neapstiprināja, ka jūs tikko pieteicāties no jauna.",
        "The state's sign-on did not confirm that you have just signed in anew.",
        "Mēģiniet vēlreiz un piesakieties no jauna; ja tas atkārtojas, nosauciet sistēmas uzturētājam šīs lapas kodu.",
        "Try again and sign in anew; if it happens again, name the code on this page to the operator.",
    ),
    "sign_on_identifier": (
        "No saņemtās atbildes nevar noteikt, kas jūs esat.",
        "The answer does not say who you are in a way that can be read.",
        *_OPERATOR,
    ),
    "sign_on_no_role": (
        "Jūs esat pieteicies, bet jums šeit nav piešķirta loma.",
        "You have signed in, but no role has been given to you here.",
        "Lūdziet savas iestādes vai pašvaldības administratoru piešķirt jums lomu un pēc tam piesakieties vēlreiz.",
        "Ask the administrator of your agency or municipality to give you a role, then sign in again.",
    ),
    "sign_on_unavailable": (
        "Vienotā pieteikšanās pašlaik neatbild.",
        "The state's sign-on does not answer now.",
        "Mēģiniet vēlreiz pēc dažām minūtēm.",
        "Try again in a few minutes.",
    ),
}
