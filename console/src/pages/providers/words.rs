//! What the page of providers says, in every language.

use crate::words::Lang;

pub(super) struct Words {
    pub(super) about: &'static str,
    /// What the command does that stands before it.
    pub(super) asks_each: &'static str,
    pub(super) nothing: &'static str,
    pub(super) medium: &'static str,
    pub(super) every_medium: &'static str,
    pub(super) place: &'static str,
    pub(super) provider: &'static str,
    pub(super) state: &'static str,
    pub(super) until: &'static str,
    pub(super) limits: &'static str,
    pub(super) paused: &'static str,
    pub(super) noted: &'static str,
    pub(super) noted_only: &'static str,
    pub(super) captured: &'static str,
    pub(super) unknown: &'static str,
    pub(super) works: &'static str,
    pub(super) is_open: &'static str,
    pub(super) tried: &'static str,
    pub(super) refuses_us: &'static str,
    /// With how many were leased, of how many, and the unit of the window.
    pub(super) used: fn(&str, &str, &str) -> String,
}

impl Words {
    pub(super) fn of(lang: Lang) -> &'static Self {
        lang.of(&EN, &ES)
    }
}

static EN: Words = Words {
    about: "The first that works carries what its medium has to send. What stands here is what workers have noted in \
            the last ten minutes;",
    asks_each: "asks each.",
    nothing: "No provider is configured here, and no worker has noted anything about one.",
    medium: "Medium",
    every_medium: "Every medium of it",
    place: "Order",
    provider: "Provider",
    state: "State",
    until: "Gets nothing until",
    limits: "Leased of its limits",
    paused: "Paused",
    noted: "Noted",
    noted_only: "(only noted by workers)",
    captured: "the sandbox captures its messages",
    unknown: "works, as far as is known",
    works: "works",
    is_open: "gets nothing",
    tried: "on trial",
    refuses_us: "refuses our credentials",
    used: |used, most, unit| format!("{used} of {most} per {unit}"),
};

static ES: Words = Words {
    about: "El primero que funciona lleva lo que su medio tiene que enviar. Aquí figura lo que los workers anotaron en \
            los últimos diez minutos;",
    asks_each: "le pregunta a cada uno.",
    nothing: "Aquí no hay proveedores configurados, y ningún worker anotó nada sobre uno.",
    medium: "Medio",
    every_medium: "Todos sus medios",
    place: "Orden",
    provider: "Proveedor",
    state: "Estado",
    until: "No recibe nada hasta",
    limits: "Tomado de sus límites",
    paused: "En pausa",
    noted: "Anotado",
    noted_only: "(solo anotado por workers)",
    captured: "el sandbox captura sus mensajes",
    unknown: "funciona, por lo que se sabe",
    works: "funciona",
    is_open: "no recibe nada",
    tried: "a prueba",
    refuses_us: "rechaza nuestras credenciales",
    used: |used, most, unit| format!("{used} de {most} por {unit}"),
};
