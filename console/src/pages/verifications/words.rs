//! What the page of verifications says, in every language.

use domain::VerificationState;

use crate::words::Lang;

pub(super) struct Words {
    pub(super) nothing_at_all: &'static str,
    pub(super) nothing_fits: &'static str,
    pub(super) verification: &'static str,
    /// Over the list, below how many codes were entered.
    pub(super) one_by_one: &'static str,
    pub(super) id: &'static str,
    pub(super) state: &'static str,
    pub(super) channel: &'static str,
    pub(super) recipient: &'static str,
    pub(super) purpose: &'static str,
    pub(super) country: &'static str,
    /// Right tries and those behind the end are counted too, which `checks_how` says.
    pub(super) checks: &'static str,
    pub(super) checks_how: &'static str,
    pub(super) attempts_left: &'static str,
    pub(super) sends: &'static str,
    pub(super) guard: &'static str,
    pub(super) since: &'static str,
    pub(super) last_sent: &'static str,
    pub(super) good_until: &'static str,
    pub(super) ended: &'static str,
    /// In the order of [`VerificationState::ALL`].
    outcomes: [&'static str; 6],
    pub(super) is_pending: &'static str,
    pub(super) reload: &'static str,
    pub(super) from: &'static str,
    pub(super) to: &'static str,
    pub(super) conversion: &'static str,
    pub(super) conversion_how: &'static str,
    pub(super) no_number: &'static str,
    pub(super) sent: &'static str,
    pub(super) entered: &'static str,
    pub(super) entered_share: &'static str,
    /// The bar beside the share.
    pub(super) share_as_bar: &'static str,
    pub(super) blocked: &'static str,
    /// Of a country, the share of its codes that was entered.
    pub(super) entered_of: fn(&str, &str) -> String,
}

impl Words {
    pub(super) fn of(lang: Lang) -> &'static Self {
        lang.of(&EN, &ES)
    }

    /// How it stands, in a sentence.
    pub(super) fn outcome(&self, state: VerificationState) -> &'static str {
        let [pending, approved, expired, exhausted, cancelled, blocked] = self.outcomes;
        match state {
            VerificationState::Pending => pending,
            VerificationState::Approved => approved,
            VerificationState::Expired => expired,
            VerificationState::Exhausted => exhausted,
            VerificationState::Cancelled => cancelled,
            VerificationState::Blocked => blocked,
        }
    }
}

static EN: Words = Words {
    nothing_at_all: "There are no verifications. POST /v1/verification/start starts one.",
    nothing_fits: "No verification fits all of this. Remove a part of the filter.",
    verification: "Verification",
    one_by_one: "One by one",
    id: "Id",
    state: "State",
    channel: "Channel",
    recipient: "Recipient",
    purpose: "For",
    country: "Country",
    checks: "Tries",
    checks_how: "right ones and those after the end included",
    attempts_left: "Tries left",
    sends: "Sent",
    guard: "Guard",
    since: "Started",
    last_sent: "Last sent",
    good_until: "Good until",
    ended: "Ended",
    outcomes: [
        "It waits for its code.",
        "The right code was entered, or the button behind its link pressed.",
        "Its time was over before the right code was entered.",
        "Its code was tried as often as it may be.",
        "It was called off.",
        "Nothing was sent.",
    ],
    is_pending: "It is pending, and this page refreshes itself.",
    reload: "Reload",
    from: "Started from",
    to: "Started before",
    conversion: "Codes that were entered, by country",
    conversion_how: "Of the last day: those that were sent and have ended. The guard goes by the same.",
    no_number: "no number",
    sent: "Sent",
    entered: "Entered",
    entered_share: "Share",
    share_as_bar: "As a bar",
    blocked: "Blocked",
    entered_of: |country, share| format!("{country}: {share} were entered"),
};

static ES: Words = Words {
    nothing_at_all: "No hay verificaciones. POST /v1/verification/start inicia una.",
    nothing_fits: "Ninguna verificación coincide con todo esto. Quite una parte del filtro.",
    verification: "Verificación",
    one_by_one: "Una por una",
    id: "Id",
    state: "Estado",
    channel: "Canal",
    recipient: "Destinatario",
    purpose: "Para",
    country: "País",
    checks: "Intentos",
    checks_how: "incluidos los correctos y los que llegan después del final",
    attempts_left: "Intentos que quedan",
    sends: "Enviada",
    guard: "Guardia",
    since: "Iniciada",
    last_sent: "Último envío",
    good_until: "Vale hasta",
    ended: "Terminó",
    outcomes: [
        "Espera su código.",
        "Se ingresó el código correcto, o se pulsó el botón de su enlace.",
        "Venció antes de que se ingresara el código correcto.",
        "Su código se probó tantas veces como se puede.",
        "Se canceló.",
        "No se envió nada.",
    ],
    is_pending: "Está pendiente, y esta página se actualiza sola.",
    reload: "Recargar",
    from: "Iniciada desde",
    to: "Iniciada antes de",
    conversion: "Códigos que se ingresaron, por país",
    conversion_how: "Del último día: los que se enviaron y terminaron. La guardia se guía por lo mismo.",
    no_number: "sin número",
    sent: "Enviados",
    entered: "Ingresados",
    entered_share: "Proporción",
    share_as_bar: "En barra",
    blocked: "Bloqueados",
    entered_of: |country, share| format!("{country}: se ingresó el {share}"),
};
