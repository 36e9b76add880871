//! What the list of deliveries says.

use crate::pieces::figure::whole;
use crate::words::Lang;

pub(super) struct Words {
    pub(super) delivery: &'static str,
    pub(super) recipient: &'static str,
    pub(super) state: &'static str,
    pub(super) channel: &'static str,
    pub(super) provider: &'static str,
    pub(super) template: &'static str,
    pub(super) reason: &'static str,
    pub(super) code: &'static str,
    pub(super) id_begins: &'static str,
    pub(super) from: &'static str,
    pub(super) to: &'static str,
    pub(super) ambiguous: &'static str,
    pub(super) tenant: &'static str,
    pub(super) attempts: &'static str,
    pub(super) last_trouble: &'static str,
    pub(super) paused: &'static str,
    pub(super) seen_and_changed: &'static str,
    /// How many are on the page, of which tenant, and whether they are in the order of ids.
    pub(super) scope: fn(&str, &str, bool) -> String,
    /// At how many it has looked, and how many of them fit.
    pub(super) looked_at: fn(u64, u64) -> String,
    pub(super) nothing_yet: &'static str,
    pub(super) nothing_at_all: &'static str,
    pub(super) nothing_fits: &'static str,
    /// Before the way to the schedules.
    pub(super) not_scheduled: &'static str,
}

impl Words {
    pub(super) fn of(lang: Lang) -> &'static Self {
        lang.of(&EN, &ES)
    }
}

static EN: Words = Words {
    delivery: "Delivery",
    recipient: "Recipient",
    state: "State",
    channel: "Channel",
    provider: "Provider",
    template: "Template",
    reason: "Reason it died",
    code: "Code",
    id_begins: "Id begins with",
    from: "First seen from",
    to: "First seen before",
    ambiguous: "May have gone out unnoticed",
    tenant: "Tenant",
    attempts: "Attempts",
    last_trouble: "Last trouble",
    paused: "paused",
    seen_and_changed: "First seen, changed",
    scope: |count, tenant, is_by_id| {
        let order = if is_by_id { "in the order of ids" } else { "the newest first" };
        format!("{count} on this page, {order}, of the tenant {tenant}. What is on other pages is not counted.")
    },
    looked_at: |looked, found| {
        let fit = if found == 1 { "fits" } else { "fit" };
        let (looked, found) = (whole(looked), whole(found));
        format!("This page has looked at {looked} deliveries, and {found} of them {fit}. There are older ones: go on.")
    },
    nothing_yet: "None of these fits.",
    nothing_at_all: "Nothing has been sent yet. Send something from the page Try it, or by POST /notify.",
    nothing_fits: "No delivery fits all of this. Remove a part of the filter. What is still in its queue is not here \
                   yet, and what ended long ago is forgotten.",
    not_scheduled: "What is to be sent later is not among the deliveries before it is due. It is listed here:",
};

static ES: Words = Words {
    delivery: "Entrega",
    recipient: "Destinatario",
    state: "Estado",
    channel: "Canal",
    provider: "Proveedor",
    template: "Plantilla",
    reason: "Motivo de la muerte",
    code: "Código",
    id_begins: "El id empieza con",
    from: "Vista por primera vez desde",
    to: "Vista por primera vez antes de",
    ambiguous: "Quizá salió sin saberse",
    tenant: "Inquilino",
    attempts: "Intentos",
    last_trouble: "Último problema",
    paused: "en pausa",
    seen_and_changed: "Vista, cambió",
    scope: |count, tenant, is_by_id| {
        let order = if is_by_id { "en el orden de los ids" } else { "primero las más nuevas" };
        format!("{count} en esta página, {order}, del inquilino {tenant}. Lo que hay en otras páginas no se cuenta.")
    },
    looked_at: |looked, found| {
        let fit = if found == 1 { "coincide" } else { "coinciden" };
        let (looked, found) = (whole(looked), whole(found));
        format!("Esta página miró {looked} entregas, y {found} de ellas {fit}. Hay más antiguas: siga.")
    },
    nothing_yet: "Ninguna de estas coincide.",
    nothing_at_all: "Todavía no se envió nada. Envíe algo desde la página Probar, o con POST /notify.",
    nothing_fits: "Ninguna entrega coincide con todo esto. Quite una parte del filtro. Lo que sigue en su cola aún no está \
                   aquí, y lo que terminó hace mucho se olvidó.",
    not_scheduled: "Lo que se enviará más tarde no está entre las entregas antes de su hora. Está en esta lista:",
};
