"""What people read when something is refused: what happened and was kept, then what to do. No code words, no blame."""

from __future__ import annotations

from typing import NamedTuple

from kernel.bridge_error_texts import BRIDGE_TEXTS
from kernel.casework_error_texts import CASEWORK_TEXTS
from kernel.device_error_texts import DEVICE_TEXTS
from kernel.messages import Bilingual
from kernel.session_error_texts import SESSION_TEXTS
from kernel.sign_on_error_texts import SIGN_ON_TEXTS


class ErrorText(NamedTuple):
    message: Bilingual
    hint: Bilingual


def _text(lv: str, en: str, hint_lv: str, hint_en: str) -> ErrorText:
    return ErrorText(Bilingual(lv, en), Bilingual(hint_lv, hint_en))


ERROR_TEXTS: dict[str, ErrorText] = {
    **{code: ErrorText(*texts) for code, texts in DEVICE_TEXTS.items()},
    **{code: _text(*texts) for code, texts in SESSION_TEXTS.items()},
    **{code: _text(*texts) for code, texts in CASEWORK_TEXTS.items()},
    **{code: _text(*texts) for code, texts in BRIDGE_TEXTS.items()},
    **{code: _text(*texts) for code, texts in SIGN_ON_TEXTS.items()},
    "body_invalid": _text(
        "Iesniegtos datus nevarēja nolasīt; nekas nav mainīts.",
        "The data sent could not be read; nothing was changed.",
        "Pārbaudiet norādīto lauku un mēģiniet vēlreiz.",
        "Check the field named and try again.",
    ),
    "id_malformed": _text(
        "Šāds identifikators nav iespējams; nekas nav mainīts.",
        "There can be no such identifier; nothing was changed.",
        "Atveriet ierakstu no saraksta, nevis no saglabātas saites.",
        "Open the entry from its list rather than from a stored link.",
    ),
    "personal_code_invalid": _text(
        "Personas kods nav pareizi ievadīts.",
        "The personal code is not written correctly.",
        "Pārbaudiet ciparus dokumentā un ievadiet tos vēlreiz.",
        "Check the digits in the document and enter them again.",
    ),
    "invalid_reg_no": _text(
        "Reģistrācijas numurs nav pareizi ievadīts.",
        "The registration number is not written correctly.",
        "Ievadiet 11 ciparus, kā tie norādīti Uzņēmumu reģistrā.",
        "Enter the 11 digits as they stand in the Register of Enterprises.",
    ),
    "pak_unknown": _text(
        "Šāda pakalpojuma koda nav.",
        "There is no such service code.",
        "Izvēlieties pakalpojumu no saraksta.",
        "Choose a service from the list.",
    ),
    "configuration_invalid": _text(
        "Izmaiņas vēl nevar saglabāt; ievadītais ir palicis šajā lapā.",
        "The change cannot be saved yet; what you entered is kept on this page.",
        "Izlabojiet atzīmētos laukus un saglabājiet vēlreiz.",
        "Correct the fields that are marked and save again.",
    ),
    "not_signed_in": _text(
        "Jūs neesat pieslēdzies vai sesija ir beigusies; ievadītais teksts ir saglabāts šajā ierīcē.",
        "You are not signed in, or the sign-in has ended; what you typed is kept on this device.",
        "Pieslēdzieties vēlreiz.",
        "Sign in again.",
    ),
    "token_expired": _text(
        "Piekļuves atļaujai beidzies termiņš.",
        "The access pass has expired.",
        "Mēģiniet vēlreiz: tiks izsniegta jauna atļauja.",
        "Try again: a new pass will be issued.",
    ),
    "token_invalid": _text(
        "Piekļuves atļauja nav derīga.",
        "The access pass is not valid.",
        "Pieslēdzieties vēlreiz.",
        "Sign in again.",
    ),
    "not_allowed": _text(
        "Jūsu lomai šī darbība nav atļauta; nekas nav mainīts.",
        "Your role may not do this; nothing was changed.",
        "Ja darbība jums ir vajadzīga, lūdziet to savas iestādes administratoram.",
        "If you need it, ask your agency's administrator.",
    ),
    "origin_refused": _text(
        "Pieprasījums nāk no lapas, kurai piekļuve nav atļauta.",
        "The request comes from a page that has no access.",
        "Atveriet Klātieni no tās adreses.",
        "Open Klātiene from its own address.",
    ),
    "csrf_refused": _text(
        "Lapa ir novecojusi; nekas nav mainīts.",
        "The page is out of date; nothing was changed.",
        "Pārlādējiet lapu un mēģiniet vēlreiz.",
        "Reload the page and try again.",
    ),
    "other_point": _text(
        "Šis ieraksts pieder citam kontaktpunktam.",
        "This entry belongs to another contact point.",
        "Strādājiet ar savu kontaktpunktu vai tā apkalpoto vietu ierakstiem.",
        "Work with the entries of your own point or of the places it serves.",
    ),
    "other_agency": _text(
        "Tas pieder citai iestādei; nekas nav mainīts.",
        "This belongs to another agency; nothing was changed.",
        "Rīkojieties ar savas iestādes rindām un speciālistiem.",
        "Work with the queues and officers of your own agency.",
    ),
    "authorisation_wrong_workstation": _text(
        "Šis kods ir paredzēts citai darba vietai.",
        "This code is meant for another workstation.",
        "Palūdziet darbiniekam kodu šai darba vietai.",
        "Ask the clerk for a code for this workstation.",
    ),
    "workstation_not_authorised": _text(
        "Darba vietai vēl nav atļauts pievienoties.",
        "The workstation has not been let in yet.",
        "Lūdzu, uzgaidiet: darbinieks jūs pievienos.",
        "Please wait: the clerk will let you in.",
    ),
    "not_found": _text(
        "Tā šeit nav.",
        "It is not here.",
        "Pārbaudiet adresi vai atgriezieties sākumā.",
        "Check the address or go back to the start.",
    ),
    "group_unknown": _text(
        "Šādas kompetenču grupas nav; pieteikums nav nosūtīts.",
        "There is no such competence group; the request was not sent.",
        "Izvēlieties grupu no saraksta.",
        "Choose a group from the list.",
    ),
    "officer_unknown": _text(
        "Šāda speciālista sarakstā nav.",
        "There is no such officer in the list.",
        "Izvēlieties speciālistu no saraksta.",
        "Choose an officer from the list.",
    ),
    "request_unknown": _text(
        "Šāda pieteikuma nav.",
        "There is no such request.",
        "Atveriet pieteikumu no saraksta „Mani pieteikumi”.",
        "Open the request from the list “My requests”.",
    ),
    "session_unknown": _text(
        "Šādas sarunas nav.",
        "There is no such session.",
        "Atgriezieties sākumā; notiekošā saruna tur ir redzama.",
        "Go back to the start; a running session is shown there.",
    ),
    "workstation_unknown": _text(
        "Šādas darba vietas nav.",
        "There is no such workstation.",
        "Izvēlieties darba vietu no saraksta.",
        "Choose a workstation from the list.",
    ),
    "participant_unknown": _text(
        "Šī dalībnieka sarunā vairs nav.",
        "This participant is not in the session any more.",
        "Nekas nav jādara.",
        "There is nothing to do.",
    ),
    "case_unknown": _text(
        "Šāda pakalpojuma gadījuma nav.",
        "There is no such service case.",
        "Meklējiet to reģistrā.",
        "Search for it in the register.",
    ),
    "authorisation_unknown": _text(
        "Kods nav pareizs.",
        "The code is not right.",
        "Pārbaudiet ciparus un ievadiet tos vēlreiz vai palūdziet jaunu kodu.",
        "Check the digits and enter them again, or ask for a new code.",
    ),
    "conflict": _text(
        "Kāds to ir mainījis pirms jums; jūsu ievadītais ir saglabāts šajā lapā.",
        "Somebody changed it before you; what you entered is kept on this page.",
        "Apskatiet jauno stāvokli un mēģiniet vēlreiz.",
        "Look at the new state and try again.",
    ),
    "offer_stale": _text(
        "Šis zvans jau ir atjaunots.",
        "This call has been renewed meanwhile.",
        "Atbildiet uz zvanu, kas redzams tagad.",
        "Answer the call that is shown now.",
    ),
    "offer_taken": _text(
        "Uz šo zvanu jau atbildēja cits speciālists.",
        "Another officer has already answered this call.",
        "Nekas nav jādara: nākamais zvans pienāks pats.",
        "There is nothing to do: the next call will come by itself.",
    ),
    "offer_gone": _text(
        "Šis zvans vairs nav aktīvs.",
        "This call is no longer ringing.",
        "Nekas nav jādara: nākamais zvans pienāks pats.",
        "There is nothing to do: the next call will come by itself.",
    ),
    "request_closed": _text(
        "Šis pieteikums jau ir noslēgts.",
        "This request is already closed.",
        "Ja klientam palīdzība vēl vajadzīga, izveidojiet jaunu pieteikumu.",
        "If the client still needs help, make a new request.",
    ),
    "group_closed": _text(
        "Šī grupa pašlaik nepieņem pieteikumus.",
        "This group takes no requests now.",
        "Izvēlieties citu grupu vai mēģiniet tās darba laikā.",
        "Choose another group or try in its opening hours.",
    ),
    "appointment_unknown": _text(
        "Šāda pieraksta nav.",
        "There is no such appointment.",
        "Atveriet dienas sarakstu: varbūt pieraksts ir atcelts.",
        "Open the day's list: the appointment may have been cancelled.",
    ),
    "callback_unknown": _text(
        "Šādas atzvana vietas nav.",
        "There is no such callback.",
        "Atveriet sarakstu: varbūt atzvans jau ir noslēgts.",
        "Open the list: the callback may already be closed.",
    ),
    "appointments_off": _text(
        "Šī grupa pēc pieraksta nepieņem; nekas nav pierakstīts.",
        "This group takes no appointments; nothing was booked.",
        "Izvēlieties citu grupu vai nosūtiet pieteikumu.",
        "Choose another group or send a request.",
    ),
    "slot_taken": _text(
        "Šo laiku tikko aizņēma cits; nekas nav pierakstīts.",
        "Somebody else has just taken this time; nothing was booked.",
        "Izvēlieties citu laiku — saraksts jau ir atjaunots.",
        "Choose another time: the list is up to date again.",
    ),
    "slot_unavailable": _text(
        "Šajā laikā pierakstīt nevar; nekas nav mainīts.",
        "This time cannot be booked; nothing was changed.",
        "Izvēlieties laiku no saraksta.",
        "Choose a time from the list.",
    ),
    "appointment_closed": _text(
        "Ar šo pierakstu tas vairs nav iespējams: tas jau ir noslēgts vai kļuvis par pieteikumu.",
        "That can no longer be done: the appointment is closed or has become a request.",
        "Skatiet pieraksta stāvokli sarakstā.",
        "See the appointment's state in the list.",
    ),
    "callbacks_off": _text(
        "Šī grupa atzvanu nepiedāvā; pieteikums paliek, kā bija.",
        "This group offers no callbacks; the request stays as it was.",
        "Gaidiet rindā vai pierakstieties uz laiku.",
        "Wait in the queue or book an appointment.",
    ),
    "callback_closed": _text(
        "Ar šo atzvanu tas vairs nav iespējams: tas jau ir noslēgts vai kļuvis par pieteikumu.",
        "That can no longer be done: the callback is closed or has become a request.",
        "Skatiet sarakstu.",
        "See the list.",
    ),
    "officer_busy": _text(
        "Speciālists pašlaik ir aizņemts vai nav pieslēdzies.",
        "The officer is busy now, or not signed in.",
        "Pabeidziet iesākto sarunu vai pēcapstrādi; citam to var piešķirt uzreiz.",
        "Finish the running session or the wrap-up first; somebody else can be asked at once.",
    ),
    "client_elsewhere": _text(
        "Klients pašlaik ir sarunā ar citu iestādi; vieta rindā ir saglabāta.",
        "The client is in a session with another agency now; the place in the queue is kept.",
        "Pieteikumu varēs piedāvāt, tiklīdz tā saruna beigsies.",
        "The request can be offered as soon as that session ends.",
    ),
    "workstation_busy": _text(
        "Šajā darba vietā jau notiek cita saruna.",
        "Another session is already running at this workstation.",
        "Izvēlieties citu darba vietu vai pabeidziet iesākto sarunu.",
        "Choose another workstation or end that session first.",
    ),
    "session_ended": _text(
        "Saruna jau ir beigusies; tās ieraksts ir saglabāts reģistrā.",
        "The session has ended; its record is kept in the register.",
        "Ja palīdzība vēl vajadzīga, izveidojiet jaunu pieteikumu.",
        "If help is still needed, make a new request.",
    ),
    "authorisation_used": _text(
        "Šis kods jau ir izmantots.",
        "This code has been used already.",
        "Palūdziet darbiniekam jaunu kodu.",
        "Ask the clerk for a new code.",
    ),
    "authorisation_expired": _text(
        "Šī koda derīguma termiņš ir beidzies.",
        "This code has expired.",
        "Palūdziet darbiniekam jaunu kodu.",
        "Ask the clerk for a new code.",
    ),
    "case_changed": _text(
        "Ierakstu tikmēr ir labojis kāds cits; abi teksti ir saglabāti.",
        "Somebody else corrected the entry meanwhile; both texts are kept.",
        "Salīdziniet tos un saglabājiet vajadzīgo.",
        "Compare them and save the one that is needed.",
    ),
    "configuration_changed": _text(
        "Kāds to ir mainījis, kamēr jūs rediģējāt; jūsu izmaiņas ir palikušas šajā lapā un vēl nav saglabātas.",
        "Somebody changed it while you were editing; your changes are kept on this page and not saved yet.",
        "Apskatiet atšķirības, izvēlieties, ko paturēt, un saglabājiet vēlreiz.",
        "Look at the differences, choose what to keep and save again.",
    ),
    "idempotency_mismatch": _text(
        "Šis pieteikums jau ir nosūtīts ar citu saturu.",
        "This request was already sent with another content.",
        "Pārlādējiet lapu un apskatiet nosūtīto pieteikumu.",
        "Reload the page and look at the request that was sent.",
    ),
    "too_much": _text(
        "Par daudz vienā reizē.",
        "Too much at once.",
        "Mēģiniet vēlreiz pēc brīža.",
        "Try again in a moment.",
    ),
    "body_too_large": _text(
        "Nosūtītais ir pārāk liels; nekas nav mainīts.",
        "What was sent is too large; nothing was changed.",
        "Saīsiniet tekstu un mēģiniet vēlreiz.",
        "Shorten the text and try again.",
    ),
    "rate_limited": _text(
        "Pārāk daudz mēģinājumu īsā laikā.",
        "Too many tries in a short time.",
        "Uzgaidiet norādīto laiku un mēģiniet vēlreiz.",
        "Wait for the time shown and try again.",
    ),
    "authorisation_locked": _text(
        "Pārāk daudz nepareizu kodu; ievade uz brīdi ir slēgta.",
        "Too many wrong codes; entry is closed for a while.",
        "Palūdziet, lai darbinieks jūs pievieno ar vienu klikšķi.",
        "Ask the clerk to let you in with one click.",
    ),
    "internal": _text(
        "Mūsu pusē radās kļūda; jūsu ievadītais ir saglabāts šajā lapā.",
        "Something failed on our side; what you entered is kept on this page.",
        "Mēģiniet vēlreiz; ja kļūda atkārtojas, nosauciet atbalstam kļūdas numuru.",
        "Try again; if it happens again, tell support the error's number.",
    ),
    "unavailable": _text(
        "Pakalpojums uz brīdi nav pieejams.",
        "The service is not available for a moment.",
        "Mēģiniet vēlreiz pēc dažām sekundēm.",
        "Try again in a few seconds.",
    ),
    "ledger_unavailable": _text(
        "Datus pašlaik nevar saglabāt, tāpēc nekas nav pieņemts.",
        "Data cannot be saved now, so nothing was accepted.",
        "Mēģiniet vēlreiz pēc dažām sekundēm.",
        "Try again in a few seconds.",
    ),
    "index_unavailable": _text(
        "Rindas uz brīdi nav pieejamas; pieņemtie pieteikumi ir saglabāti.",
        "The queues are not available for a moment; accepted requests are kept.",
        "Mēģiniet vēlreiz pēc dažām sekundēm.",
        "Try again in a few seconds.",
    ),
    "media_unavailable": _text(
        "Video serveris pašlaik neatbild; saruna un pieteikums ir saglabāti.",
        "The video server does not answer now; the session and the request are kept.",
        "Mēģinām vēlreiz; ja neizdodas, zvaniet pa tālruni.",
        "We are trying again; if it does not work, use the phone.",
    ),
    "registry_unavailable": _text(
        "Reģistrs pašlaik neatbild, tāpēc pārbaude nav veikta.",
        "The register does not answer now, so nothing was verified.",
        "Turpiniet sarunu un pārbaudiet vēlreiz vēlāk.",
        "Go on with the session and check again later.",
    ),
    "audit_unavailable": _text(
        "Piekļuvi datiem pašlaik nevar ierakstīt žurnālā, tāpēc dati netiek rādīti.",
        "Access to data cannot be logged now, so the data is not shown.",
        "Turpiniet sarunu un mēģiniet vēlreiz pēc brīža.",
        "Go on with the session and try again in a moment.",
    ),
    "overloaded": _text(
        "Pašlaik ir ļoti daudz pieprasījumu.",
        "There are very many requests now.",
        "Mēģināsim vēlreiz automātiski.",
        "We will try again by ourselves.",
    ),
}


def text_of(code: str, language: str) -> tuple[str, str]:
    """(message, hint) of an error in ``lv`` or ``en``; an unknown code reads as an internal failure."""
    text = ERROR_TEXTS.get(code) or ERROR_TEXTS["internal"]
    return (text.message.en, text.hint.en) if language == "en" else (text.message.lv, text.hint.lv)
