//! What the pages of templates say, in every language.

use crate::words::Lang;

pub(super) struct Words {
    pub(super) nothing: &'static str,
    pub(super) no_such: &'static str,
    /// Of a template that says something else on this channel, or nothing with this data.
    pub(super) no_html: &'static str,
    pub(super) template: &'static str,
    pub(super) locale: &'static str,
    pub(super) locales: &'static str,
    pub(super) channel: &'static str,
    pub(super) variables: &'static str,
    pub(super) default_locale: &'static str,
    pub(super) data: &'static str,
    pub(super) data_hint: fn(usize) -> String,
    pub(super) show: &'static str,
    pub(super) sample: &'static str,
    pub(super) warnings: &'static str,
    pub(super) not_rendered: &'static str,
    pub(super) subject: &'static str,
    pub(super) text: &'static str,
    pub(super) html: &'static str,
    /// With the number of segments, and how they are written.
    pub(super) segments: fn(&str, &str) -> String,
}

impl Words {
    pub(super) fn of(lang: Lang) -> &'static Self {
        lang.of(&EN, &ES)
    }
}

static EN: Words = Words {
    nothing: "No template fits. A folder of yours in TEMPLATES_DIR adds to those that are shipped.",
    no_such: "There is no template of this name. The list has those that are shipped and those of TEMPLATES_DIR.",
    no_html: "With this data the template is no mail in HTML on this channel.",
    template: "Template",
    locale: "Locale",
    locales: "Words, by locale and channel",
    channel: "Channel",
    variables: "Names in the data",
    default_locale: "the default one",
    data: "Data",
    data_hint: |most| {
        format!(
            "A JSON object of at most {most} bytes. Left empty: the template's own sample. It stands in the address of \
                 this page: do not write of real people."
        )
    },
    show: "Show",
    sample: "With its sample",
    warnings: "It is sent all the same, and perhaps not as you think:",
    not_rendered: "Nothing can be sent with this. What is missing or wrong stands beside its field.",
    subject: "Subject",
    text: "Text",
    html: "The mail as HTML",
    segments: |count, encoding| format!("Segments: {count}, written in {encoding}. Each costs as much as a message."),
};

static ES: Words = Words {
    nothing: "No hay plantillas así. Una carpeta suya en TEMPLATES_DIR se suma a las que vienen hechas.",
    no_such: "No hay ninguna plantilla con ese nombre. La lista tiene las que vienen hechas y las de TEMPLATES_DIR.",
    no_html: "Con estos datos la plantilla no es un correo en HTML en este canal.",
    template: "Plantilla",
    locale: "Idioma",
    locales: "Textos, por idioma y canal",
    channel: "Canal",
    variables: "Nombres en los datos",
    default_locale: "el predeterminado",
    data: "Datos",
    data_hint: |most| {
        format!(
            "Un objeto JSON de hasta {most} bytes. Vacío: la muestra de la plantilla. Queda en la dirección de esta \
                 página: no escriba datos de personas reales."
        )
    },
    show: "Mostrar",
    sample: "Con su muestra",
    warnings: "Se envía de todos modos, y quizá no como piensa:",
    not_rendered: "Con esto no se puede enviar nada. Lo que falta o está mal figura junto a su campo.",
    subject: "Asunto",
    text: "Texto",
    html: "El correo en HTML",
    segments: |count, encoding| format!("Segmentos: {count}, en {encoding}. Cada uno cuesta como un mensaje."),
};
