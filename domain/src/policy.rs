//! The rules of one channel: how often and how long it tries, and what it does when nobody knows.

use std::time::Duration;

/// What to do when nobody knows whether a message went out.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Ambiguity {
    /// Try again within the budget: a second copy is better than none.
    Resend,
    /// Into the dead-letter queue, for a person to decide.
    Hold,
    /// Try again while the delivery has an `expires_at` that is still ahead, else hold it.
    ResendIfFresh,
}

impl Ambiguity {
    pub const ALL: [Self; 3] = [Self::Resend, Self::Hold, Self::ResendIfFresh];

    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "resend" => Some(Self::Resend),
            "hold" => Some(Self::Hold),
            "resend_if_fresh" => Some(Self::ResendIfFresh),
            _ => None,
        }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Resend => "resend",
            Self::Hold => "hold",
            Self::ResendIfFresh => "resend_if_fresh",
        }
    }
}

/// The rules of one channel.
#[derive(Clone, PartialEq, Debug)]
pub struct Policy {
    /// Retries after the first attempt.
    pub max_retries: u32,
    /// The delays of the three retry queues. Retries beyond the third use the last.
    pub delays: [Duration; 3],
    /// How long throttling may go on before the delivery is dead.
    pub throttle_max_age: Duration,
    pub ambiguity: Ambiguity,
}

impl Policy {
    /// How long all attempts take of a delivery that fails each time.
    pub(crate) fn ladder(&self) -> Duration {
        (1..=self.max_retries).map(|spent| self.delays[tier_after(spent)]).sum()
    }

    /// The policy of a role that defers deliveries and never sends one.
    pub const fn without_retries() -> Self {
        Self {
            max_retries: 0,
            delays: [Duration::ZERO; 3],
            throttle_max_age: Duration::ZERO,
            ambiguity: Ambiguity::Hold,
        }
    }
}

/// The index of the retry queue for the next attempt after so many.
pub(crate) fn tier_after(spent: u32) -> usize {
    (spent as usize).saturating_sub(1).min(2)
}

pub(crate) fn tier_number(index: usize) -> u8 {
    u8::try_from(index + 1).unwrap_or(3)
}
