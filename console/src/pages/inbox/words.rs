//! What the page of an inbox says, in every language.

use store::InboxFilter;

use crate::words::Lang;

pub(super) struct Words {
    pub(super) about: &'static str,
    /// Where nobody is named.
    pub(super) nobody: &'static str,
    pub(super) nothing: &'static str,
    pub(super) user: &'static str,
    pub(super) tenant: &'static str,
    pub(super) which: &'static str,
    /// In the order of `current`, `unread`, `unseen` and `archived`.
    filters: [&'static str; 4],
    pub(super) unread: &'static str,
    pub(super) unseen: &'static str,
    pub(super) archived: &'static str,
    pub(super) kept: &'static str,
    pub(super) connected: &'static str,
    pub(super) see_connected: &'static str,
    pub(super) is_noted: &'static str,
    pub(super) title: &'static str,
    pub(super) kind: &'static str,
    pub(super) priority: &'static str,
    pub(super) state: &'static str,
    pub(super) since: &'static str,
    pub(super) is_unseen: &'static str,
    pub(super) is_seen: &'static str,
    pub(super) is_read: &'static str,
    pub(super) is_archived: &'static str,
    /// Before the time until when.
    pub(super) is_snoozed: &'static str,
}

impl Words {
    pub(super) fn of(lang: Lang) -> &'static Self {
        lang.of(&EN, &ES)
    }

    pub(super) const fn of_filter(&self, filter: InboxFilter) -> &'static str {
        let [current, unread, unseen, archived] = self.filters;
        match filter {
            InboxFilter::Current | InboxFilter::All => current,
            InboxFilter::Unread => unread,
            InboxFilter::Unseen => unseen,
            InboxFilter::Archived => archived,
        }
    }
}

static EN: Words = Words {
    about: "What was told a user inside an application, as the user has it. Nothing can be changed here, and whoever \
            looks is in the journal.",
    nobody: "Type the id of a user, as destinations have it behind user:, and apply.",
    nothing: "Nothing fits. What is sent to the user by the channel inapp comes here.",
    user: "User",
    tenant: "Tenant",
    which: "Which",
    filters: ["all but archived", "unread", "unseen", "archived"],
    unread: "Unread",
    unseen: "Unseen",
    archived: "Archived",
    kept: "Items",
    connected: "Connected",
    see_connected: "see whether, and since when",
    is_noted: "The journal has that you looked into this inbox.",
    title: "Title",
    kind: "Kind",
    priority: "Priority",
    state: "State",
    since: "Came",
    is_unseen: "unseen",
    is_seen: "seen",
    is_read: "read",
    is_archived: "archived",
    is_snoozed: "snoozed until",
};

static ES: Words = Words {
    about: "Lo que se le dijo a un usuario dentro de una aplicación, como lo tiene el usuario. Aquí no se cambia nada, y \
            quien mira queda en la auditoría.",
    nobody: "Escriba el id de un usuario, como lo tienen los destinos detrás de user:, y aplique.",
    nothing: "No hay nada así. Lo que se envía al usuario por el canal inapp llega aquí.",
    user: "Usuario",
    tenant: "Inquilino",
    which: "Cuáles",
    filters: ["todo menos lo archivado", "sin leer", "sin ver", "archivado"],
    unread: "Sin leer",
    unseen: "Sin ver",
    archived: "Archivados",
    kept: "Elementos",
    connected: "Conexión",
    see_connected: "ver si está conectado, y desde cuándo",
    is_noted: "La auditoría tiene que usted miró esta bandeja.",
    title: "Título",
    kind: "Clase",
    priority: "Prioridad",
    state: "Estado",
    since: "Llegó",
    is_unseen: "sin ver",
    is_seen: "visto",
    is_read: "leído",
    is_archived: "archivado",
    is_snoozed: "pospuesto hasta",
};
