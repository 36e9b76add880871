//! What the page of verifications says, in every language.

use crate::words::Lang;

pub(super) struct Words {
    pub(super) nothing: &'static str,
    pub(super) verification: &'static str,
    pub(super) state: &'static str,
    pub(super) channel: &'static str,
    pub(super) recipient: &'static str,
    pub(super) purpose: &'static str,
    pub(super) country: &'static str,
    pub(super) checks: &'static str,
    pub(super) sends: &'static str,
    pub(super) reasons: &'static str,
    pub(super) since: &'static str,
    pub(super) ended: &'static str,
    pub(super) from: &'static str,
    pub(super) to: &'static str,
    pub(super) conversion: &'static str,
    pub(super) conversion_how: &'static str,
    pub(super) no_number: &'static str,
    pub(super) sent: &'static str,
    pub(super) entered: &'static str,
    pub(super) entered_share: &'static str,
    pub(super) bar: &'static str,
    pub(super) blocked: &'static str,
    /// Of a country, the part of its codes that was entered.
    pub(super) entered_of: fn(&str, &str) -> String,
}

impl Words {
    pub(super) fn of(lang: Lang) -> &'static Self {
        lang.of(&EN, &ES)
    }
}

static EN: Words = Words {
    nothing: "No verification fits. POST /v1/verification/start starts one.",
    verification: "Verification",
    state: "State",
    channel: "Channel",
    recipient: "Recipient",
    purpose: "For",
    country: "Country",
    checks: "Tried",
    sends: "Sent",
    reasons: "Reasons",
    since: "Started",
    ended: "Ended",
    from: "Started from",
    to: "Started before",
    conversion: "Codes that were entered, by country",
    conversion_how: "Of the last day: those that were sent and have ended. The guard goes by the same.",
    no_number: "no number",
    sent: "Sent",
    entered: "Entered",
    entered_share: "Part",
    bar: "As a bar",
    blocked: "Blocked",
    entered_of: |country, part| format!("{country}: {part} were entered"),
};

static ES: Words = Words {
    nothing: "Ninguna verificación coincide. POST /v1/verification/start inicia una.",
    verification: "Verificación",
    state: "Estado",
    channel: "Canal",
    recipient: "Destinatario",
    purpose: "Para",
    country: "País",
    checks: "Probada",
    sends: "Enviada",
    reasons: "Motivos",
    since: "Iniciada",
    ended: "Terminó",
    from: "Iniciada desde",
    to: "Iniciada antes de",
    conversion: "Códigos que se ingresaron, por país",
    conversion_how: "Del último día: los que se enviaron y terminaron. La guardia se guía por lo mismo.",
    no_number: "sin número",
    sent: "Enviados",
    entered: "Ingresados",
    entered_share: "Parte",
    bar: "En barra",
    blocked: "Bloqueados",
    entered_of: |country, part| format!("{country}: se ingresó el {part}"),
};
