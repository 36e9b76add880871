//! What the pages of questions say, in every language.

use crate::words::Lang;

pub(super) struct Words {
    pub(super) title: &'static str,
    pub(super) nothing_at_all: &'static str,
    pub(super) nothing_fits: &'static str,
    pub(super) nothing_yet: &'static str,
    pub(super) id: &'static str,
    pub(super) question: &'static str,
    pub(super) state: &'static str,
    pub(super) kind: &'static str,
    pub(super) command: &'static str,
    pub(super) requested_by: &'static str,
    pub(super) answers: &'static str,
    pub(super) quorum: &'static str,
    pub(super) four_eyes: &'static str,
    pub(super) may_change: &'static str,
    pub(super) correlation: &'static str,
    pub(super) reply_to: &'static str,
    pub(super) made: &'static str,
    pub(super) expires: &'static str,
    pub(super) ended: &'static str,
    /// Before when it would have expired that has ended.
    pub(super) would_expire: &'static str,
    pub(super) attempts: &'static str,
    pub(super) from: &'static str,
    pub(super) to: &'static str,
    /// How many of how many people have answered.
    pub(super) so_many_of: fn(usize, usize) -> String,
    /// How many must choose the same, of how many people, and whether one of the choices refuses.
    pub(super) waits: fn(u32, usize, bool) -> String,
    /// What was decided, and by whose answer.
    pub(super) decided: fn(&str, &str) -> String,
    pub(super) undecided: &'static str,
    pub(super) taken_back_by: fn(&str) -> String,
    pub(super) nobody_in_time: &'static str,
    pub(super) is_open: &'static str,
    pub(super) reload: &'static str,
    pub(super) choices: &'static str,
    pub(super) choice: &'static str,
    pub(super) chosen: &'static str,
    pub(super) means: &'static str,
    pub(super) is_decided: &'static str,
    pub(super) refuses: &'static str,
    pub(super) who: &'static str,
    pub(super) via: &'static str,
    pub(super) when: &'static str,
    pub(super) late: &'static str,
    pub(super) came_late: &'static str,
    pub(super) evidence: &'static str,
    evidence_provider: &'static str,
    evidence_event: &'static str,
    evidence_link: &'static str,
    pub(super) no_answers: &'static str,
    pub(super) asked: &'static str,
    pub(super) asked_how: &'static str,
    pub(super) not_reached: &'static str,
    pub(super) channel: &'static str,
    pub(super) recipient: &'static str,
    pub(super) step: &'static str,
    /// In place of an address that is kept no more.
    pub(super) forgotten: &'static str,
    /// The step, and how long after the question, where it is later.
    pub(super) of_step: fn(u32, &str) -> String,
    pub(super) due: &'static str,
    pub(super) delivery: &'static str,
    pub(super) not_taken: &'static str,
    pub(super) timeline: &'static str,
    /// Who has asked; empty where nobody is named.
    pub(super) opened: fn(&str) -> String,
    /// Who is asked once more, and by what.
    pub(super) asked_again: fn(&str, &str) -> String,
    /// Who has said what, and by what.
    pub(super) said: fn(&str, &str, &str) -> String,
    pub(super) said_late: fn(&str, &str, &str) -> String,
    pub(super) cancel: &'static str,
    /// The question, and how many people were asked.
    pub(super) cancel_question: fn(&str, usize) -> String,
    pub(super) is_taken_back: &'static str,
    pub(super) is_too_late: &'static str,
}

impl Words {
    pub(super) fn of(lang: Lang) -> &'static Self {
        lang.of(&EN, &ES)
    }

    /// What a part of the evidence is. One of a newer version is called as it is.
    pub(super) fn evidence_of<'a>(&self, name: &'a str) -> &'a str {
        match name {
            "provider" => self.evidence_provider,
            "event" => self.evidence_event,
            "link" => self.evidence_link,
            other => other,
        }
    }
}

static EN: Words = Words {
    title: "Question",
    nothing_at_all: "There are no questions. POST /asks asks people, and so does a command that is to be confirmed.",
    nothing_fits: "No question fits all of this. Remove a part of the filter.",
    nothing_yet: "None of these fits. There are older ones: go on.",
    id: "Id",
    question: "Question",
    state: "State",
    kind: "Kind",
    command: "Command",
    requested_by: "Who asks",
    answers: "Answers",
    quorum: "Needed",
    four_eyes: "Four eyes",
    may_change: "May change",
    correlation: "Correlated with",
    reply_to: "The end goes to",
    made: "Asked",
    expires: "Expires",
    ended: "Ended",
    would_expire: "Would have stood until",
    attempts: "Codes that were tried",
    from: "Asked from",
    to: "Asked before",
    so_many_of: |answered, asked| format!("{answered} of {asked}"),
    waits: |quorum, asked, may_refuse| match (quorum, asked) {
        (_, 1) => "1 person is asked, and their answer decides.".to_owned(),
        (1, _) if may_refuse => format!("{asked} people are asked, and the first answer that is no refusal decides."),
        (1, _) => format!("{asked} people are asked, and the first answer decides."),
        _ => format!("{asked} people are asked, and {quorum} must choose the same."),
    },
    decided: |choice, by| format!("{choice}: decided by the answer of {by}."),
    undecided: "No choice can have enough answers any more.",
    taken_back_by: |by| format!("{by} has taken it back."),
    nobody_in_time: "Nothing was decided in time.",
    is_open: "It is open, and this page refreshes itself.",
    reload: "Reload",
    choices: "Choices",
    choice: "Choice",
    chosen: "Chosen by",
    means: "Which is",
    is_decided: "decided",
    refuses: "a refusal",
    who: "Who",
    via: "By",
    when: "When",
    late: "Late",
    came_late: "late",
    evidence: "Evidence",
    evidence_provider: "provider",
    evidence_event: "its event",
    evidence_link: "link",
    no_answers: "Nobody has answered.",
    asked: "Who is asked",
    asked_how: "A row for each message. What stands for later is not sent once the question has ended; a second channel of a \
                person is only used while they have not answered.",
    not_reached: "No message leads to:",
    channel: "Channel",
    recipient: "Recipient",
    step: "Step",
    forgotten: "not kept once it has ended",
    of_step: |step, after| {
        let when = if after.is_empty() { "at once".to_owned() } else { format!("{after} later") };
        match step {
            0 => when,
            1 => format!("{when}, a reminder"),
            step => format!("{when}, escalation {}", step - 1),
        }
    },
    due: "Due",
    delivery: "Delivery",
    not_taken: "not taken",
    timeline: "What has happened",
    opened: |by| if by.is_empty() { "It was asked.".to_owned() } else { format!("{by} has asked.") },
    asked_again: |who, channel| format!("{who} was asked by {channel} once more."),
    said: |who, choice, via| format!("{who} has chosen {choice}, by {via}."),
    said_late: |who, choice, via| format!("{who} has chosen {choice}, by {via}: too late."),
    cancel: "Take it back",
    cancel_question: |question, asked| {
        let people = if asked == 1 { "person who was asked is" } else { "people who were asked are" };
        format!("Take back “{question}”? No answer counts any more, and the {asked} {people} told so.")
    },
    is_taken_back: "It is taken back: the messages with the question tell so within seconds.",
    is_too_late: "It had ended before.",
};

static ES: Words = Words {
    title: "Pregunta",
    nothing_at_all: "No hay preguntas. POST /asks pregunta a personas, y también un comando que se confirma.",
    nothing_fits: "Ninguna pregunta coincide con todo esto. Quite una parte del filtro.",
    nothing_yet: "Ninguna de estas coincide. Hay más antiguas: siga.",
    id: "Id",
    question: "Pregunta",
    state: "Estado",
    kind: "Tipo",
    command: "Comando",
    requested_by: "Quién pregunta",
    answers: "Respuestas",
    quorum: "Hacen falta",
    four_eyes: "Cuatro ojos",
    may_change: "Se puede cambiar",
    correlation: "Relacionada con",
    reply_to: "El final va a",
    made: "Preguntada",
    expires: "Vence",
    ended: "Terminó",
    would_expire: "Habría valido hasta",
    attempts: "Códigos probados",
    from: "Preguntada desde",
    to: "Preguntada antes de",
    so_many_of: |answered, asked| format!("{answered} de {asked}"),
    waits: |quorum, asked, may_refuse| match (quorum, asked) {
        (_, 1) => "Se pregunta a 1 persona, y decide su respuesta.".to_owned(),
        (1, _) if may_refuse => {
            format!("Se pregunta a {asked} personas, y decide la primera respuesta que no sea una negativa.")
        }
        (1, _) => format!("Se pregunta a {asked} personas, y decide la primera respuesta."),
        _ => format!("Se pregunta a {asked} personas, y {quorum} deben elegir lo mismo."),
    },
    decided: |choice, by| format!("{choice}: lo decidió la respuesta de {by}."),
    undecided: "Ninguna opción puede reunir ya las respuestas que hacen falta.",
    taken_back_by: |by| format!("{by} la retiró."),
    nobody_in_time: "No se decidió nada a tiempo.",
    is_open: "Está abierta, y esta página se actualiza sola.",
    reload: "Recargar",
    choices: "Opciones",
    choice: "Opción",
    chosen: "Elegida por",
    means: "Que es",
    is_decided: "decidida",
    refuses: "una negativa",
    who: "Quién",
    via: "Por",
    when: "Cuándo",
    late: "Tarde",
    came_late: "tarde",
    evidence: "Prueba",
    evidence_provider: "proveedor",
    evidence_event: "su evento",
    evidence_link: "enlace",
    no_answers: "Nadie respondió.",
    asked: "A quién se pregunta",
    asked_how: "Una fila por mensaje. Lo que está para más tarde no se envía cuando la pregunta terminó; el segundo canal de una \
                persona solo se usa mientras no haya respondido.",
    not_reached: "Ningún mensaje llega a:",
    channel: "Canal",
    recipient: "Destinatario",
    step: "Paso",
    forgotten: "no se guarda cuando terminó",
    of_step: |step, after| {
        let when = if after.is_empty() { "enseguida".to_owned() } else { format!("{after} después") };
        match step {
            0 => when,
            1 => format!("{when}, recordatorio"),
            step => format!("{when}, escalamiento {}", step - 1),
        }
    },
    due: "Para",
    delivery: "Entrega",
    not_taken: "sin tomar",
    timeline: "Qué pasó",
    opened: |by| if by.is_empty() { "Se preguntó.".to_owned() } else { format!("{by} preguntó.") },
    asked_again: |who, channel| format!("Se preguntó otra vez a {who} por {channel}."),
    said: |who, choice, via| format!("{who} eligió {choice}, por {via}."),
    said_late: |who, choice, via| format!("{who} eligió {choice}, por {via}: demasiado tarde."),
    cancel: "Retirarla",
    cancel_question: |question, asked| {
        let people = if asked == 1 { "persona preguntada" } else { "personas preguntadas" };
        format!("¿Retirar «{question}»? Ninguna respuesta cuenta más, y se avisa a {asked} {people}.")
    },
    is_taken_back: "Está retirada: los mensajes con la pregunta lo dicen en segundos.",
    is_too_late: "Ya había terminado.",
};

#[test]
fn what_a_question_waits_for_is_said_in_the_number_of_its_people() {
    for (quorum, asked, may_refuse, en, es) in [
        (1, 1, true, "1 person is asked, and their answer decides.", "Se pregunta a 1 persona, y decide su respuesta."),
        (1, 2, true, "the first answer that is no refusal decides.", "la primera respuesta que no sea una negativa."),
        (1, 2, false, "and the first answer decides.", "y decide la primera respuesta."),
        (2, 3, true, "3 people are asked, and 2 must choose", "Se pregunta a 3 personas, y 2 deben elegir"),
    ] {
        let said = [Lang::En, Lang::Es].map(|lang| (Words::of(lang).waits)(quorum, asked, may_refuse));
        assert!(said[0].contains(en) && said[1].contains(es), "{said:?}");
    }
}
