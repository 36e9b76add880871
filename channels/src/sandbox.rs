//! The sandbox: a channel that captures its messages instead of sending them.

use async_trait::async_trait;
use domain::{Fault, Outcome, SANDBOX};
use reqwest::StatusCode;
use reqwest::header::HeaderMap;

use crate::channel::{Channel, Outgoing};
use crate::http::{self, Answer, NoAnswer, Said};

/// What stands beside a failure that somebody has asked for.
const AS_ASKED: &str = "a fault of the sandbox, as somebody has asked";

/// Stands in for the provider of any medium. The worker stores the rendered message. A message that the medium refuses
/// is refused before it reaches the sandbox, as it is before it reaches a provider.
pub(crate) struct Sandbox;

#[async_trait]
impl Channel for Sandbox {
    async fn send(&self, outgoing: &Outgoing<'_>) -> Outcome {
        outgoing.fault.map_or(Outcome::Captured, faulty)
    }

    fn is_one_place(&self) -> bool {
        false
    }
}

/// The outcome of a fault, by the rules for every provider that speaks HTTP.
fn faulty(fault: &Fault) -> Outcome {
    if fault.cut {
        return NoAnswer::Lost(AS_ASKED.to_owned()).outcome(SANDBOX);
    }
    let failing = fault.status.and_then(|status| StatusCode::from_u16(status).ok());
    let Some(status) = failing.filter(|status| status.as_u16() >= 400) else { return Outcome::Captured };
    let answer = Answer {
        status,
        retry_after: fault.retry_after,
        date: None,
        headers: HeaderMap::new(),
        body: Vec::new(),
        broken_off: false,
    };
    http::judge(SANDBOX, &answer, Said { text: AS_ASKED.to_owned(), ..Said::default() })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_fault_ends_as_the_same_answer_of_a_provider_would() {
        let of = |status| faulty(&Fault { status, ..Fault::default() });
        assert!(matches!(of(Some(503)), Outcome::Retriable { alarm: false, maybe_sent: false, .. }));
        assert!(matches!(of(Some(400)), Outcome::Permanent { .. }));
        assert!(matches!(of(Some(401)), Outcome::Retriable { alarm: true, .. }));
        assert_eq!((of(None), of(Some(204))), (Outcome::Captured, Outcome::Captured));
        let wait = Some(Duration::from_secs(5));
        let slow_down = faulty(&Fault { status: Some(429), retry_after: wait, ..Fault::default() });
        let Outcome::Throttled { failure, retry_after } = &slow_down else { panic!("{slow_down:?}") };
        assert_eq!((*retry_after, failure.code.as_deref(), failure.provider), (wait, Some("429"), SANDBOX));
        assert!(failure.detail.contains(AS_ASKED), "{failure:?}");
        let lost = faulty(&Fault { cut: true, ..Fault::default() });
        assert!(matches!(&lost, Outcome::Ambiguous { failure } if failure.detail.contains(AS_ASKED)), "{lost:?}");
    }
}
