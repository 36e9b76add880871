//! What the page of pauses says, in every language.

use domain::PauseKind;

use crate::words::Lang;

pub(super) struct Words {
    pub(super) paused: &'static str,
    pub(super) nothing: &'static str,
    pub(super) what: &'static str,
    pub(super) name: &'static str,
    pub(super) whose: &'static str,
    pub(super) everybody: &'static str,
    pub(super) why: &'static str,
    pub(super) by: &'static str,
    pub(super) by_platform: &'static str,
    pub(super) since: &'static str,
    pub(super) until: &'static str,
    pub(super) until_resumed: &'static str,
    pub(super) action: &'static str,
    pub(super) pause_something: &'static str,
    pub(super) what_it_does: &'static str,
    pub(super) pause: &'static str,
    /// With the names of the channels and of the providers.
    pub(super) name_hint: fn(&str, &str) -> String,
    /// With the viewer's own tenant, and what stands for all.
    pub(super) whose_hint: fn(&str, &str) -> String,
    pub(super) why_hint: &'static str,
    pub(super) until_hint: &'static str,
    pub(super) too_many: fn(usize) -> String,
    pub(super) doubted: &'static str,
    pub(super) resume: &'static str,
    /// With the kind, the name and the reason.
    pub(super) resume_question: fn(PauseKind, &str, &str) -> String,
}

impl Words {
    pub(super) fn of(lang: Lang) -> &'static Self {
        lang.of(&EN, &ES)
    }
}

static EN: Words = Words {
    paused: "What is paused",
    nothing: "Nothing is paused. When a provider has an outage or a text is wrong, pause it: what is accepted meanwhile \
              waits.",
    what: "What",
    name: "Name",
    whose: "Whose deliveries",
    everybody: "everybody's",
    why: "Why",
    by: "By",
    by_platform: "who acts for all tenants",
    since: "Since",
    until: "Until",
    until_resumed: "until it is resumed",
    action: "Action",
    pause_something: "Pause something",
    what_it_does: "Its deliveries are accepted, wait without an attempt, and expire as ever. Workers heed it within \
                   seconds; what they have in hand by then still goes out.",
    pause: "Pause",
    name_hint: |channels, providers| {
        format!("Channels: {channels}. Providers: {providers}. Or the name of a template or a tenant.")
    },
    whose_hint: |own, all| format!("Left empty: {own}. {all} means everybody. Leave it empty to pause a tenant."),
    why_hint: "One line, for whoever asks later. Publishers read it: do not write a recipient into it.",
    until_hint: "With an offset from UTC. Left empty: until somebody resumes it.",
    too_many: |most| format!("is not paused: there are {most} pauses already; resume one, or pause the tenant"),
    doubted: "It is paused. Perhaps something else was meant:",
    resume: "Resume",
    resume_question: |kind, name, why| {
        let kind = Lang::En.words().shell.pause_kind(kind);
        format!("Resume the {kind} {name}? It is paused because: {why}")
    },
};

static ES: Words = Words {
    paused: "Lo que está en pausa",
    nothing: "No hay nada en pausa. Si un proveedor falla o un texto está mal, páuselo: lo que se acepte \
              espera.",
    what: "Qué",
    name: "Nombre",
    whose: "De quién",
    everybody: "de todos",
    why: "Por qué",
    by: "Quién",
    by_platform: "que actúa por todos los inquilinos",
    since: "Desde",
    until: "Hasta",
    until_resumed: "hasta que se reanude",
    action: "Acción",
    pause_something: "Pausar algo",
    what_it_does: "Sus entregas se aceptan, esperan sin intento y vencen como siempre. Los workers lo tienen en cuenta \
                   en segundos; lo que ya tengan en mano todavía sale.",
    pause: "Pausar",
    name_hint: |channels, providers| {
        format!("Canales: {channels}. Proveedores: {providers}. O el nombre de una plantilla o de un inquilino.")
    },
    whose_hint: |own, all| format!("Vacío: {own}. {all} significa de todos. Déjelo vacío para pausar a un inquilino."),
    why_hint: "Una línea, para quien pregunte después. Quienes publican la leen: no escriba un destinatario.",
    until_hint: "Con la diferencia con UTC. Vacío: hasta que alguien lo reanude.",
    too_many: |most| format!("no está en pausa: ya hay {most} pausas; reanude una, o pause al inquilino"),
    doubted: "Está en pausa. Quizá se quiso decir otra cosa:",
    resume: "Reanudar",
    resume_question: |kind, name, why| {
        let article = if kind == PauseKind::Template { "la" } else { "el" };
        let kind = Lang::Es.words().shell.pause_kind(kind);
        format!("¿Reanudar {article} {kind} {name}? Está en pausa porque: {why}")
    },
};

#[test]
fn what_is_resumed_has_its_article() {
    for (kind, en, es) in [
        (PauseKind::Channel, "Resume the channel x?", "¿Reanudar el canal x?"),
        (PauseKind::Provider, "Resume the provider x?", "¿Reanudar el proveedor x?"),
        (PauseKind::Template, "Resume the template x?", "¿Reanudar la plantilla x?"),
        (PauseKind::Tenant, "Resume the tenant x?", "¿Reanudar el inquilino x?"),
    ] {
        let asked = [Lang::En, Lang::Es].map(|lang| (Words::of(lang).resume_question)(kind, "x", "an outage"));
        assert!(asked[0].starts_with(en) && asked[1].starts_with(es), "{asked:?}");
    }
}
