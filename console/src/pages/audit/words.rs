//! What the page of the journal says.

use crate::words::Lang;

pub(super) struct Words {
    pub(super) caption: &'static str,
    pub(super) at: &'static str,
    pub(super) tenant: &'static str,
    pub(super) actor: &'static str,
    pub(super) kind: &'static str,
    pub(super) subject: &'static str,
    pub(super) told: &'static str,
    /// How many parts there are besides those that are told.
    pub(super) more_parts: fn(usize) -> String,
    pub(super) as_noted: &'static str,
    pub(super) seq: &'static str,
    pub(super) not_sealed: &'static str,
    pub(super) since: &'static str,
    pub(super) until: &'static str,
    pub(super) chain: &'static str,
    pub(super) sealed_up_to: fn(&str) -> String,
    pub(super) nothing_sealed: &'static str,
    pub(super) unsealed: fn(&str) -> String,
    pub(super) head: &'static str,
    /// Of a page that looked at so many.
    pub(super) looked_at: fn(&str) -> String,
    /// Before the command.
    pub(super) verify: &'static str,
    pub(super) chain_of_all: &'static str,
}

impl Words {
    pub(super) fn of(lang: Lang) -> &'static Self {
        lang.of(&EN, &ES)
    }
}

static EN: Words = Words {
    caption: "What was done and refused, the newest first",
    at: "When",
    tenant: "Tenant",
    actor: "Who",
    kind: "What",
    subject: "To what",
    told: "Details",
    more_parts: |count| format!("and {count} more"),
    as_noted: "As it was noted",
    seq: "Place",
    not_sealed: "not yet sealed",
    since: "From",
    until: "Before",
    chain: "Chain",
    sealed_up_to: |seq| format!("sealed up to {seq}"),
    nothing_sealed: "nothing is sealed yet",
    unsealed: |count| format!("{count} not yet sealed"),
    head: "Head",
    looked_at: |looked| format!("Of {looked} entries that were looked at, these fit. There are older ones: go on."),
    verify: "Verify that nobody has changed it with",
    chain_of_all: "The chain is that of all tenants: its head is shown to those with the scope tenants.",
};

static ES: Words = Words {
    caption: "Lo que se hizo y se denegó, primero lo más reciente",
    at: "Cuándo",
    tenant: "Inquilino",
    actor: "Quién",
    kind: "Qué",
    subject: "A qué",
    told: "Detalles",
    more_parts: |count| format!("y {count} más"),
    as_noted: "Como se anotó",
    seq: "Lugar",
    not_sealed: "aún sin sellar",
    since: "Desde",
    until: "Antes de",
    chain: "Cadena",
    sealed_up_to: |seq| format!("sellada hasta {seq}"),
    nothing_sealed: "aún no hay nada sellado",
    unsealed: |count| format!("{count} aún sin sellar"),
    head: "Final",
    looked_at: |looked| format!("De {looked} entradas que se miraron, coinciden estas. Hay más antiguas: siga."),
    verify: "Verifique que nadie la ha cambiado con",
    chain_of_all: "La cadena es la de todos los inquilinos: su final se muestra a quien tiene el permiso tenants.",
};
