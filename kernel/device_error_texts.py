"""What people read at a workstation and while enrolling one; see `kernel.error_texts`."""

from __future__ import annotations

import kernel.device_errors as kernel_device_errors
from kernel.messages import Bilingual

__all__ = ["DEVICE_TEXTS", "kernel_device_errors"]

#: code → message lv, en, hint lv, en
_ROWS = {
    "proof_invalid": (
        "Darba vieta neapliecināja savu atslēgu.",
        "The workstation did not prove its key.",
        "Pārbaudiet ierīces pulksteni un mēģiniet vēlreiz.",
        "Check the device’s clock and try again.",
    ),
    "enrolment_revoked": (
        "Šīs darba vietas reģistrācija ir izbeigta.",
        "This workstation’s enrolment has been ended.",
        "Reģistrējiet darba vietu no jauna.",
        "Enrol the workstation again.",
    ),
    "authorization_pending": (
        "Darbinieks vēl nav apstiprinājis.",
        "The clerk has not confirmed yet.",
        "Uzgaidiet.",
        "Wait a little.",
    ),
    "slow_down": (
        "Jautāts pārāk bieži.",
        "Asked too often.",
        "Uzgaidiet ilgāk pirms nākamās reizes.",
        "Wait longer before the next time.",
    ),
    "access_denied": (
        "Darba vietas reģistrācija tika noraidīta.",
        "The enrolment was refused.",
        "Sāciet no jauna un pārbaudiet kodu un skaitli kopā ar darbinieku.",
        "Start again and check code and number together with the clerk.",
    ),
    "expired_token": (
        "Kods vairs nav derīgs.",
        "The code is no longer valid.",
        "Sāciet no jauna: ekrānā būs jauns kods.",
        "Start again: a new code will be shown.",
    ),
    "user_code_unknown": (
        "Šāda koda nav.",
        "There is no such code.",
        "Nolasiet kodu vēlreiz no darba vietas ekrāna. Tai jābūt jūsu kontaktpunktā.",
        "Read the code again from the workstation’s screen. It has to be at your contact point.",
    ),
    "enrolment_number_wrong": (
        "Skaitlis nesakrita, tāpēc reģistrācija ir pārtraukta.",
        "The number did not match, so the enrolment was stopped.",
        "Pārliecinieties, ka stāvat pie īstās darba vietas, un sāciet no jauna.",
        "Make sure that you stand at the right workstation and start again.",
    ),
    "enrolment_changed": (
        "Šī reģistrācija jau ir pabeigta vai pārtraukta.",
        "This enrolment has already been finished or stopped.",
        "Sāciet no jauna darba vietas ekrānā.",
        "Start again at the workstation’s screen.",
    ),
    "sign_in_stale": (
        "Šim solim jāapliecina, ka joprojām esat jūs.",
        "This step needs a fresh proof that it is still you.",
        "Pieslēdzieties vēlreiz; ievadītais paliek.",
        "Sign in again; what you typed stays.",
    ),
    "control_not_granted": (
        "Šīs darba vietas vadība jums pašlaik nav dota.",
        "You have not been lent this workstation now.",
        "Palūdziet to darbiniekam; klients to var jebkurā brīdī pārtraukt.",
        "Ask the clerk for it; the client can end it at any moment.",
    ),
    "address_not_allowed": (
        "Šo adresi klienta darba vietā atvērt nedrīkst.",
        "This address may not be opened at a client’s workstation.",
        "Izvēlieties adresi no saraksta.",
        "Choose an address from the list.",
    ),
    "point_unknown": (
        "Šāda kontaktpunkta nav.",
        "There is no such contact point.",
        "Izvēlieties kontaktpunktu no saraksta.",
        "Choose a contact point from the list.",
    ),
    "authorisation_wrong_device": (
        "Šis kods ir paredzēts ierīcei, kas reģistrēta kā šī darba vieta; šī ierīce tā nav.",
        "This code is for the device enrolled as this workstation; this device is not it.",
        "Lietojiet reģistrēto ierīci vai lūdziet darbinieku reģistrēt šo un dot jaunu kodu.",
        "Use the enrolled device, or ask the clerk to enrol this one and give a new code.",
    ),
    "home_not_offered": (
        "Šī iestāde sarunas no mājām nepiedāvā.",
        "This agency offers no sessions from home.",
        "Klients var nākt uz tuvāko kontaktpunktu.",
        "The client can come to the nearest contact point.",
    ),
    "link_unknown": (
        "Saite nav derīga: tā nav pilna vai ir aizstāta ar jaunāku.",
        "The link is not valid: it is incomplete, or a newer one has replaced it.",
        "Atveriet jaunāko saiti, ko saņēmāt, nokopējot to visu, vai palūdziet jaunu.",
        "Open the newest link you were given, copied as a whole, or ask for a new one.",
    ),
    "link_used": (
        "Saite jau ir atvērta citā ierīcē vai pārlūkā un der tikai tur.",
        "The link has been opened on another device or in another browser, and is good there only.",
        "Turpiniet tur, vai palūdziet darbiniekam jaunu saiti šai ierīcei.",
        "Go on there, or ask the clerk for a new link for this device.",
    ),
    "link_early": (
        "Saruna vēl nav sākusies, un saiti vēl nevar atvērt.",
        "It is not time yet, and the link cannot be opened so early.",
        "Atveriet šo pašu saiti īsi pirms norunātā laika.",
        "Open this same link shortly before the time you agreed on.",
    ),
    "link_expired": (
        "Saites derīguma laiks ir beidzies, pirms tā tika atvērta.",
        "The link ran out before it was opened.",
        "Palūdziet darbiniekam jaunu saiti un atveriet to uzreiz.",
        "Ask the clerk for a new link and open it at once.",
    ),
    "link_revoked": (
        "Darbinieks šo saiti ir atsaucis.",
        "The clerk has taken this link back.",
        "Ja saruna jums vēl vajadzīga, palūdziet jaunu saiti.",
        "If you still need the conversation, ask for a new link.",
    ),
    "link_over": (
        "Saruna, uz kuru vedusi šī saite, ir beigusies.",
        "The conversation that this link led to has ended.",
        "Ja vajadzīga vēl viena saruna, sazinieties ar kontaktpunktu.",
        "If you need another one, contact the contact point.",
    ),
    "client_present": (
        "Klients sarunā jau ir citā ceļā.",
        "The client is in the session already, another way.",
        "Vispirms palūdziet klientu iziet vai atsauciet viņa vietu, tad dodiet saiti.",
        "First put the client out or take their place back, then make the link.",
    ),
}

DEVICE_TEXTS = {code: (Bilingual(lv, en), Bilingual(do_lv, do_en)) for code, (lv, en, do_lv, do_en) in _ROWS.items()}
