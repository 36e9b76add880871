//! What the page of suppressions says, in every language.

use domain::{SuppressedFor, SuppressionScope};

use crate::words::Lang;

pub(super) struct Words {
    pub(super) list: &'static str,
    pub(super) which: &'static str,
    pub(super) taken_off: &'static str,
    pub(super) nobody: &'static str,
    pub(super) nobody_taken_off: &'static str,
    pub(super) recipient: &'static str,
    pub(super) channel: &'static str,
    pub(super) reason: &'static str,
    pub(super) scope: &'static str,
    pub(super) since: &'static str,
    pub(super) until: &'static str,
    pub(super) over: &'static str,
    pub(super) by: &'static str,
    pub(super) note: &'static str,
    pub(super) why: &'static str,
    pub(super) lifted_at: &'static str,
    pub(super) action: &'static str,
    pub(super) add: &'static str,
    pub(super) suppress: &'static str,
    pub(super) recipient_hint: &'static str,
    pub(super) until_hint: &'static str,
    pub(super) note_hint: &'static str,
    pub(super) usual_scope: &'static str,
    /// As [`SuppressionScope::ALL`] has them.
    scopes: [&'static str; 3],
    /// As [`SuppressedFor::ALL`] has them.
    reasons: [&'static str; 8],
    pub(super) lift: &'static str,
    /// With the masked recipient, the channel and the reason.
    pub(super) lift_question: fn(&str, &str, &str) -> String,
}

impl Words {
    pub(super) fn of(lang: Lang) -> &'static Self {
        lang.of(&EN, &ES)
    }

    pub(super) fn of_scope(&self, scope: SuppressionScope) -> &'static str {
        let [marketing, all_but_urgent, all] = self.scopes;
        match scope {
            SuppressionScope::Marketing => marketing,
            SuppressionScope::AllButUrgent => all_but_urgent,
            SuppressionScope::All => all,
        }
    }

    pub(super) fn of_reason(&self, reason: SuppressedFor) -> &'static str {
        let [complaint, hard_bounce, soft_bounce, unsubscribe, stop, gone, provider, manual] = self.reasons;
        match reason {
            SuppressedFor::Complaint => complaint,
            SuppressedFor::HardBounce => hard_bounce,
            SuppressedFor::SoftBounce => soft_bounce,
            SuppressedFor::Unsubscribe => unsubscribe,
            SuppressedFor::Stop => stop,
            SuppressedFor::Gone => gone,
            SuppressedFor::Provider => provider,
            SuppressedFor::Manual => manual,
        }
    }
}

static EN: Words = Words {
    list: "Who is not written to",
    which: "Which",
    taken_off: "taken off the list",
    nobody: "Nobody fits. Whoever complains, bounces or unsubscribes comes here by themselves; others are put here by \
             hand.",
    nobody_taken_off: "Nobody who fits was taken off the list.",
    recipient: "Recipient",
    channel: "Channel",
    reason: "Reason",
    scope: "Stops",
    since: "Since",
    until: "Until",
    over: "expired",
    by: "By",
    note: "Note",
    why: "Why",
    lifted_at: "Taken off",
    action: "Action",
    add: "Suppress somebody",
    suppress: "Suppress",
    recipient_hint: "As a notification names it. The list keeps a hash and a mask of it.",
    until_hint: "With an offset from UTC. Left empty: until somebody takes it off.",
    note_hint: "One line, for whoever asks later. Do not write the recipient into it.",
    usual_scope: "what is usual for the reason",
    scopes: ["marketing: the lane bulk, and lists", "all but what is urgent", "everything"],
    reasons: [
        "complaint",
        "hard bounce",
        "soft bounces",
        "unsubscribed",
        "STOP, or blocked",
        "gone",
        "the provider's own list",
        "by hand",
    ],
    lift: "Take off",
    lift_question: |recipient, channel, reason| {
        format!(
            "Take {recipient} on {channel} off the list (reason: {reason})? What is claimed from then on is sent again."
        )
    },
};

static ES: Words = Words {
    list: "A quién no se escribe",
    which: "Cuáles",
    taken_off: "sacadas de la lista",
    nobody: "No hay nadie así. Quien se queja, rebota o se da de baja llega aquí solo; a los demás se los añade a \
             mano.",
    nobody_taken_off: "No se sacó de la lista a nadie así.",
    recipient: "Destinatario",
    channel: "Canal",
    reason: "Motivo",
    scope: "Detiene",
    since: "Desde",
    until: "Hasta",
    over: "vencida",
    by: "Quién",
    note: "Nota",
    why: "Por qué",
    lifted_at: "Sacada",
    action: "Acción",
    add: "Añadir a alguien a la lista",
    suppress: "Añadir a la lista",
    recipient_hint: "Como lo nombra una notificación. La lista guarda un hash y una máscara.",
    until_hint: "Con la diferencia con UTC. Vacío: hasta que alguien la saque.",
    note_hint: "Una línea, para quien pregunte después. No escriba el destinatario.",
    usual_scope: "lo habitual para el motivo",
    scopes: ["publicidad: el carril bulk y las listas", "todo menos lo urgente", "todo"],
    reasons: [
        "queja",
        "rebote definitivo",
        "rebotes repetidos",
        "baja",
        "STOP, o bloqueo",
        "ya no existe",
        "la lista del proveedor",
        "a mano",
    ],
    lift: "Sacar",
    lift_question: |recipient, channel, reason| {
        format!(
            "¿Sacar de la lista a {recipient} en {channel} (motivo: {reason})? Lo que se tome desde entonces se envía."
        )
    },
};
