//! What the page of schedules says, in every language.

use crate::words::Lang;

pub(super) struct Words {
    pub(super) nothing: &'static str,
    pub(super) schedule: &'static str,
    pub(super) rule: &'static str,
    pub(super) once: &'static str,
    pub(super) next: &'static str,
    pub(super) following: &'static str,
    pub(super) last: &'static str,
    pub(super) channel: &'static str,
    pub(super) recipient: &'static str,
    pub(super) lane: &'static str,
    pub(super) action: &'static str,
    pub(super) run: &'static str,
    pub(super) delete: &'static str,
    /// With what the schedule is called, and its masked recipient; so are the other questions.
    pub(super) run_question: fn(&str, &str) -> String,
    /// Of a schedule that fires once.
    pub(super) hurry_question: fn(&str, &str) -> String,
    pub(super) delete_question: fn(&str, &str) -> String,
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
    last: "Last run",
    channel: "Channel",
    recipient: "Recipient",
    lane: "Lane",
    action: "Action",
    run: "Run now",
    delete: "Delete",
    run_question: |name, recipient| {
        format!("Send what {name} sends to {recipient} now, once more? It runs at its own times as before.")
    },
    hurry_question: |name, recipient| format!("Send {name} to {recipient} now, and not at its time?"),
    delete_question: |name, recipient| format!("Delete {name} to {recipient}? It does not run any more."),
    ran: "It is sent",
    is_run: "The broker has the delivery",
    not_run: "It is not sent",
    refused: "What it sends would not be taken today. Delete the schedule, and make it anew.",
    unconfirmed: "The broker has not confirmed it. Going back and sending the same form again is no second delivery.",
};

static ES: Words = Words {
    nothing: "No hay nada programado. POST /schedules crea una programación, y send_at posterga una notificación.",
    schedule: "Programación",
    rule: "Corre",
    once: "una vez",
    next: "Próxima",
    following: "Después",
    last: "Última",
    channel: "Canal",
    recipient: "Destinatario",
    lane: "Carril",
    action: "Acción",
    run: "Correr ahora",
    delete: "Borrar",
    run_question: |name, recipient| {
        format!("¿Enviar ahora, una vez más, lo que {name} envía a {recipient}? A sus horas corre como antes.")
    },
    hurry_question: |name, recipient| format!("¿Enviar {name} a {recipient} ahora, y no a su hora?"),
    delete_question: |name, recipient| format!("¿Borrar {name} a {recipient}? No corre más."),
    ran: "Se envía",
    is_run: "El broker tiene la entrega",
    not_run: "No se envía",
    refused: "Lo que envía hoy no se aceptaría. Borre la programación y créela de nuevo.",
    unconfirmed: "El broker no lo confirmó. Volver y enviar el mismo formulario otra vez no es una segunda entrega.",
};
