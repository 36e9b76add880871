//! How a verification stands, in a word and a shape, and why one was blocked.

use domain::{BlockReason, VerificationState};
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

pub(super) fn why(reason: BlockReason, lang: Lang) -> &'static str {
    match reason {
        BlockReason::Country => lang.of("country not served", "país sin servicio"),
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
