//! What the page of schedules says, in every language.

use crate::words::Lang;

pub(super) struct Words {
    pub(super) nothing: &'static str,
    pub(super) schedule: &'static str,
    pub(super) rule: &'static str,
    pub(super) once: &'static str,
    pub(super) next: &'static str,
    pub(super) following: &'static str,
    /// Of those that the clock has made: what somebody has run by hand is none.
    pub(super) last: &'static str,
    pub(super) recipient: &'static str,
    pub(super) action: &'static str,
    pub(super) run: &'static str,
    pub(super) delete: &'static str,
    pub(super) pause: &'static str,
    pub(super) resume: &'static str,
    pub(super) paused: &'static str,
    /// With what the schedule is called, and its masked recipient; so are the other questions.
    pub(super) run_question: fn(&str, &str) -> String,
    /// Of a schedule that fires once.
    pub(super) hurry_question: fn(&str, &str) -> String,
    pub(super) delete_question: fn(&str, &str) -> String,
    pub(super) pause_question: fn(&str, &str) -> String,
    pub(super) resume_question: fn(&str, &str) -> String,
    pub(super) not_paused: &'static str,
    pub(super) fires_once: &'static str,
    pub(super) not_resumed: &'static str,
    pub(super) no_more_runs: &'static str,
    pub(super) ran: &'static str,
    pub(super) is_run: &'static str,
    pub(super) not_run: &'static str,
    pub(super) refused: &'static str,
    pub(super) unconfirmed: &'static str,
}

impl Words {
    pub(super) fn of(lang: Lang) -> &'static Self {
        lang.of(&EN, &ES)
    }
}

static EN: Words = Words {
    nothing: "Nothing is scheduled. POST /schedules makes a schedule, and send_at in a notification defers it.",
    schedule: "Schedule",
    rule: "Runs",
    once: "once",
    next: "Next run",
    following: "After that",
    last: "Last due run",
    recipient: "Recipient",
    action: "Action",
    run: "Run now",
    delete: "Delete",
    pause: "Pause",
    resume: "Resume",
    paused: "paused",
    run_question: |name, recipient| {
        format!("Send what {name} sends to {recipient} now, once more? It runs at its own times as before.")
    },
    hurry_question: |name, recipient| format!("Send {name} to {recipient} now, and not at its time?"),
    delete_question: |name, recipient| format!("Delete {name} to {recipient}? It does not run any more."),
    pause_question: |name, recipient| {
        format!(
            "Pause {name} to {recipient}? It does not run until it is resumed, and what it misses is not sent then."
        )
    },
    resume_question: |name, recipient| {
        format!("Resume {name} to {recipient}? It runs at its next time from now on; what it has missed is not sent.")
    },
    not_paused: "It is not paused",
    fires_once: "What is sent once would only be late: delete it, or pause its channel, provider, template or tenant.",
    not_resumed: "It is not resumed",
    no_more_runs: "Its rule cannot be read any more, or gives no run from now on: delete it, and make it anew.",
    ran: "It is sent",
    is_run: "The broker has the delivery",
    not_run: "It is not sent",
    refused: "What it sends would not be taken today. Delete the schedule, and make it anew.",
    unconfirmed: "The broker has not confirmed it. Going back and sending the same form again is no second delivery.",
};

static ES: Words = Words {
    nothing: "No hay nada programado. POST /schedules crea una programación, y send_at posterga una notificación.",
    schedule: "Programación",
    rule: "Se ejecuta",
    once: "una vez",
    next: "Próxima",
    following: "Después",
    last: "Última a su hora",
    recipient: "Destinatario",
    action: "Acción",
    run: "Ejecutar ahora",
    delete: "Eliminar",
    pause: "Pausar",
    resume: "Reanudar",
    paused: "en pausa",
    run_question: |name, recipient| {
        format!("¿Enviar ahora, una vez más, lo que {name} envía a {recipient}? A sus horas se ejecuta como antes.")
    },
    hurry_question: |name, recipient| format!("¿Enviar {name} a {recipient} ahora, y no a su hora?"),
    delete_question: |name, recipient| format!("¿Eliminar {name} a {recipient}? No se ejecuta más."),
    pause_question: |name, recipient| {
        format!(
            "¿Pausar {name} a {recipient}? No se ejecuta hasta que se reanude, y lo que pierda no se envía después."
        )
    },
    resume_question: |name, recipient| {
        format!("¿Reanudar {name} a {recipient}? Se ejecuta a su próxima hora desde ahora; lo que perdió no se envía.")
    },
    not_paused: "No está en pausa",
    fires_once: "Lo que se envía una vez solo llegaría tarde: elimínelo, o pause su canal, proveedor, plantilla o inquilino.",
    not_resumed: "No se reanuda",
    no_more_runs: "Su regla ya no se puede leer, o no da ninguna ejecución desde ahora: elimínela y créela de nuevo.",
    ran: "Se envía",
    is_run: "El broker tiene la entrega",
    not_run: "No se envía",
    refused: "Lo que envía hoy no se aceptaría. Elimine la programación y créela de nuevo.",
    unconfirmed: "El broker no lo confirmó. Volver y enviar el mismo formulario otra vez no es una segunda entrega.",
};
