"""What people read when a session refuses something: message lv, message en, hint lv, hint en."""

from __future__ import annotations

SESSION_TEXTS: dict[str, tuple[str, str, str, str]] = {
    "not_moderator": (
        "To drīkst tikai sarunas vadītājs — klientu apkalpošanas darbinieks.",
        "Only the moderator, the clerk, may do this.",
        "Palūdziet to darbiniekam, kas atrodas pie klienta.",
        "Ask the clerk who is with the client.",
    ),
    "session_not_ready": (
        "Saruna vēl tiek sagatavota.",
        "The session is still being prepared.",
        "Uzgaidiet mirkli; mēģinām vēlreiz.",
        "Wait a moment; we are trying again.",
    ),
    "session_locked": (
        "Saruna ir slēgta: jaunus dalībniekus pašlaik nelaiž iekšā.",
        "The session is locked: nobody new is let in now.",
        "Sarunas vadītājs var to atslēgt.",
        "The moderator can unlock it.",
    ),
    "participant_held": (
        "Sarunas vadītājs lūdz brīdi uzgaidīt; vieta sarunā ir saglabāta.",
        "The moderator asks you to wait a moment; your place in the session is kept.",
        "Lapa pati atgriezīsies sarunā, kad jūs ielaidīs.",
        "This page goes back by itself as soon as you are let in.",
    ),
    "official_called": (
        "Sarunai jau ir pieaicināts vai tiek aicināts otrs speciālists.",
        "A second specialist has been called into this session already.",
        "Sagaidiet atbildi vai atsauciet pirmo aicinājumu.",
        "Wait for the answer or take the first call back.",
    ),
    "no_official_called": (
        "Šobrīd neviens cits speciālists netiek aicināts.",
        "No other specialist is being called now.",
        "Saruna turpinās kā iepriekš.",
        "The session goes on as before.",
    ),
    "not_handed_back": (
        "Klients pašlaik nav nodots darbiniekam noformēšanai.",
        "The client is not with the clerk for paperwork now.",
        "Saruna turpinās kā iepriekš.",
        "The session goes on as before.",
    ),
    "not_in_room": (
        "Šis dalībnieks pašlaik nav sarunā.",
        "This participant is not in the room now.",
        "Pagaidiet, līdz dalībnieks atgriežas, un mēģiniet vēlreiz.",
        "Wait until they are back and try again.",
    ),
    "moderator_kept": (
        "Sarunas vadību var nodot tikai darbiniekam vai speciālistam, kas ir sarunā.",
        "The moderator's role can be given only to a clerk or official who is in the room.",
        "Izvēlieties citu dalībnieku.",
        "Choose another participant.",
    ),
    "document_unknown": (
        "Šāda dokumenta šajā sarunā nav.",
        "There is no such document in this session.",
        "Iespējams, tas ir noņemts vai saruna ir beigusies.",
        "It may have been taken away, or the session is over.",
    ),
    "document_too_large": (
        "Datne ir lielāka par 10 MB, tāpēc tā nav nosūtīta.",
        "The file is larger than 10 MB, so it was not sent.",
        "Saglabājiet to mazāku vai pa daļām un mēģiniet vēlreiz.",
        "Save it smaller or in parts and try again.",
    ),
    "documents_full": (
        "Šajā sarunā vairs nav vietas jaunām datnēm.",
        "There is no room for more files in this session.",
        "Noņemiet kādu, kas vairs nav vajadzīga.",
        "Take away one that is no longer needed.",
    ),
    "document_refused": (
        "Šo datni nevar pievienot: der tikai PDF, JPEG un PNG.",
        "This file cannot be added: only PDF, JPEG and PNG will do.",
        "Saglabājiet dokumentu vienā no šiem veidiem un mēģiniet vēlreiz.",
        "Save the document as one of these and try again.",
    ),
    "conditions_not_met": (
        "Šo pakalpojumu tā pieteikt nevar: nav izpildīti abi PAK_04 nosacījumi.",
        "This service cannot be applied for like this: the two conditions of PAK_04 are not met.",
        "Pārbaudiet abus nosacījumus un izvēlieties VID grupu, vai izvēlieties citu pakalpojumu.",
        "Check both conditions and choose a group of VID, or choose another service.",
    ),
    "not_training": (
        "Šī nav apmācība, tāpēc apmācības rezultātu te neieraksta.",
        "This is no training session, so no result of a training is recorded here.",
        "Apmācībai izvēlieties pakalpojumu PAK_03.",
        "For a training choose the service PAK_03.",
    ),
}
