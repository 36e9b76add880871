//! What the page Try it says.

use crate::words::Lang;

pub(super) struct Words {
    pub(super) title: &'static str,
    pub(super) what: &'static str,
    pub(super) is_captured: &'static str,
    pub(super) channel: &'static str,
    pub(super) destination: &'static str,
    pub(super) subject: &'static str,
    pub(super) message: &'static str,
    pub(super) template: &'static str,
    pub(super) locale: &'static str,
    pub(super) data: &'static str,
    pub(super) priority: &'static str,
    pub(super) send_at: &'static str,
    pub(super) send: &'static str,
    pub(super) check: &'static str,
    pub(super) refused: &'static str,
    pub(super) not_confirmed: &'static str,
    pub(super) would_be_taken: &'static str,
    pub(super) your_inbox: &'static str,
    /// Is followed by the destination.
    pub(super) arrives: &'static str,
    pub(super) fill_in: &'static str,
    pub(super) hello: &'static str,
    pub(super) needs_scripts: &'static str,
    /// A priority, and the lane that it chooses.
    pub(super) by_lane: fn(&str, &str) -> String,
}

impl Words {
    pub(super) fn of(lang: Lang) -> &'static Self {
        lang.of(&EN, &ES)
    }
}

static EN: Words = Words {
    title: "Try it",
    what: "Sends one notification of your tenant, as POST /notify does, and shows what becomes of it.",
    is_captured: "Where the sandbox captures the channel, nothing goes out.",
    channel: "Channel",
    destination: "Destination",
    subject: "Subject or title",
    message: "Message, or else a template",
    template: "Template",
    locale: "Locale",
    data: "Data, as JSON",
    priority: "Priority and lane",
    send_at: "Send at",
    send: "Send",
    check: "Only check",
    refused: "Nothing was sent. What is wrong stands beside its field.",
    not_confirmed: "The broker has not confirmed. Send the form again as it is: it will not become two.",
    would_be_taken: "Nothing is wrong: it would be taken. Nothing was sent.",
    your_inbox: "Your inbox",
    arrives: "What is sent on the channel inapp to you arrives here while you look: send it to",
    fill_in: "Fill the form in so",
    hello: "Hello",
    needs_scripts: "The bell needs scripts.",
    by_lane: |priority, lane| format!("{priority} (lane {lane})"),
};

static ES: Words = Words {
    title: "Probar",
    what: "Envía una notificación de su inquilino, como POST /notify, y muestra qué pasa con ella.",
    is_captured: "Donde el sandbox captura el canal, no sale nada.",
    channel: "Canal",
    destination: "Destino",
    subject: "Asunto o título",
    message: "Mensaje, o si no una plantilla",
    template: "Plantilla",
    locale: "Idioma",
    data: "Datos, como JSON",
    priority: "Prioridad y carril",
    send_at: "Enviar el",
    send: "Enviar",
    check: "Solo revisar",
    refused: "No se envió nada. Lo que está mal se dice junto a su campo.",
    not_confirmed: "El broker no confirmó. Envíe el formulario otra vez tal cual: no saldrá dos veces.",
    would_be_taken: "Nada está mal: se aceptaría. No se envió nada.",
    your_inbox: "Su buzón",
    arrives: "Lo que se le envía por el canal inapp llega aquí mientras mira: envíelo a",
    fill_in: "Completar así el formulario",
    hello: "Hola",
    needs_scripts: "La campana necesita scripts.",
    by_lane: |priority, lane| format!("{priority} (carril {lane})"),
};
