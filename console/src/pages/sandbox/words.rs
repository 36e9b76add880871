//! What the pages of the sandbox say.

use crate::words::Lang;

pub(super) struct Words {
    pub(super) is_off: &'static str,
    pub(super) what: &'static str,
    pub(super) without_login: &'static str,
    pub(super) search: &'static str,
    pub(super) channel: &'static str,
    pub(super) recipient: &'static str,
    pub(super) delivery: &'static str,
    pub(super) captured: &'static str,
    pub(super) message: &'static str,
    pub(super) capture: &'static str,
    pub(super) nothing_at_all: &'static str,
    pub(super) nothing_fits: &'static str,
    pub(super) go_on: &'static str,
    pub(super) without_words: &'static str,
    pub(super) no_subject: &'static str,
    pub(super) as_html: &'static str,
    pub(super) as_text: &'static str,
    pub(super) source: &'static str,
    pub(super) as_phone: &'static str,
    pub(super) as_wide: &'static str,
    pub(super) has_no_html: &'static str,
    pub(super) not_kept: &'static str,
    /// At how many was looked, and how many of them fit.
    pub(super) looked_at: fn(&str, &str) -> String,
    /// In how many segments a message is sent, and how it is written.
    pub(super) segments: fn(&str, &str) -> String,
}

impl Words {
    pub(super) fn of(lang: Lang) -> &'static Self {
        lang.of(&EN, &ES)
    }
}

static EN: Words = Words {
    is_off: "The sandbox is off: what is sent goes out. SANDBOX=missing captures channels without credentials, \
             SANDBOX=all every channel.",
    what: "What would have gone out, as whoever gets it would have seen it. Nothing was sent, and only the newest are \
           kept.",
    without_login: "The page of the sandbox without a login",
    search: "Recipient, words or id",
    channel: "Channel",
    recipient: "Recipient",
    delivery: "Delivery",
    captured: "Captured",
    message: "Message",
    capture: "What was captured",
    nothing_at_all: "Nothing was captured yet. Send something from the page Try it, and it is here.",
    nothing_fits: "Nothing of this fits. Take a part of the filter away.",
    go_on: "There are older ones: go on.",
    without_words: "(without words)",
    no_subject: "(no subject)",
    as_html: "As HTML",
    as_text: "As plain text",
    source: "Source",
    as_phone: "On a phone",
    as_wide: "At a desk",
    has_no_html: "This mail has no HTML.",
    not_kept: "Headers, copies and attached files are not kept. Pictures from elsewhere are not loaded here.",
    looked_at: |looked, fit| format!("{fit} on this page, of {looked} that were looked at."),
    segments: |count, encoding| format!("Segments: {count}, {encoding}. Each is sent and paid as a message."),
};

static ES: Words = Words {
    is_off: "El sandbox está apagado: lo que se envía sale. SANDBOX=missing captura los canales sin credenciales, \
             SANDBOX=all todos.",
    what: "Lo que habría salido, como lo habría visto quien lo recibe. No se envió nada, y solo se guarda lo más \
           nuevo.",
    without_login: "La página del sandbox sin sesión",
    search: "Destinatario, palabras o id",
    channel: "Canal",
    recipient: "Destinatario",
    delivery: "Entrega",
    captured: "Capturado",
    message: "Mensaje",
    capture: "Lo capturado",
    nothing_at_all: "Todavía no se capturó nada. Envíe algo desde la página Probar y aparece aquí.",
    nothing_fits: "Nada de esto cumple. Quite una parte del filtro.",
    go_on: "Hay más antiguos: siga.",
    without_words: "(sin palabras)",
    no_subject: "(sin asunto)",
    as_html: "Como HTML",
    as_text: "Como texto",
    source: "Fuente",
    as_phone: "En un teléfono",
    as_wide: "En un escritorio",
    has_no_html: "Este correo no tiene HTML.",
    not_kept: "Las cabeceras, las copias y los adjuntos no se guardan. Las imágenes de otros sitios no se cargan aquí.",
    looked_at: |looked, fit| format!("{fit} en esta página, de {looked} que se miraron."),
    segments: |count, encoding| format!("Segmentos: {count}, {encoding}. Cada uno se envía y se paga como un mensaje."),
};
