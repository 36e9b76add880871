//! How a verification stands, in a word and a shape, and what the guard has done.

use domain::{BlockReason, Verification, VerificationState};
use maud::Markup;

use crate::pieces::badge::{Tone, badge};
use crate::words::Lang;

pub(super) fn of_state(state: VerificationState, lang: Lang) -> Markup {
    badge(tone(state), word(state, lang))
}

const fn tone(state: VerificationState) -> Tone {
    match state {
        VerificationState::Pending => Tone::Waiting,
        VerificationState::Approved => Tone::Good,
        VerificationState::Expired | VerificationState::Cancelled => Tone::Quiet,
        VerificationState::Exhausted => Tone::Warning,
        VerificationState::Blocked => Tone::Bad,
    }
}

pub(super) fn word(state: VerificationState, lang: Lang) -> &'static str {
    match state {
        VerificationState::Pending => lang.of("pending", "pendiente"),
        VerificationState::Approved => lang.of("approved", "aprobada"),
        VerificationState::Expired => lang.of("expired", "vencida"),
        VerificationState::Exhausted => lang.of("tried too often", "agotada"),
        VerificationState::Cancelled => lang.of("cancelled", "cancelada"),
        VerificationState::Blocked => lang.of("blocked", "bloqueada"),
    }
}

/// What the guard has done, and why. Of one that is sent all the same it has left out the number.
pub(super) fn guarded(one: &Verification, lang: Lang) -> Option<String> {
    let reasons: Vec<&str> = one.reasons.iter().map(|reason| why(*reason, lang)).collect();
    let what = match one.state {
        VerificationState::Blocked => lang.of("blocked", "bloqueada"),
        _ => lang.of("sms left out", "sin sms"),
    };
    (!reasons.is_empty()).then(|| format!("{what}: {}", reasons.join(", ")))
}

fn why(reason: BlockReason, lang: Lang) -> &'static str {
    match reason {
        BlockReason::Country => lang.of("country not served", "país sin servicio"),
        BlockReason::Premium => lang.of("number of a premium service", "número de tarificación especial"),
        BlockReason::Address => lang.of("too many to this address", "demasiadas a esta dirección"),
        BlockReason::Client => lang.of("too many from this client", "demasiadas de este cliente"),
        BlockReason::Session => lang.of("too many of this session", "demasiadas de esta sesión"),
        BlockReason::Prefix => lang.of("too many to this range", "demasiadas a este rango"),
        BlockReason::Budget => lang.of("budget of the country used up", "presupuesto del país agotado"),
        BlockReason::PrefixConversion => lang.of("codes of this range rarely entered", "códigos del rango poco usados"),
        BlockReason::CountryConversion => {
            lang.of("codes of this country rarely entered", "códigos del país poco usados")
        }
    }
}
