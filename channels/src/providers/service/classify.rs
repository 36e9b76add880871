//! What the answers of services to commands mean, and those of the broker.
//!
//! Services stand in a file of the operator's, so that what is wrong with a URL or with our token is ours to mend: such a
//! command waits until it expires. Nothing of an answer is quoted: nobody knows what a service writes into it.

use domain::{About, Failure, Outcome, Reason};

use super::PROVIDER;
use super::published::NotPublished;
use crate::http::{self, Answer, LookAt, Said, Verdict};

const LOOK_AT: LookAt = LookAt {
    credentials: "SERVICES_FILE (audience), and whether the service verifies tokens by our /.well-known/jwks.json",
    address: "SERVICES_FILE (base_url): a service takes commands at /v1/commands below it",
};

pub(super) fn classify(answer: &Answer) -> Outcome {
    // An earlier copy is still being taken: the next one is told how that has ended.
    let is_in_hand = answer.status.as_u16() == 409;
    let verdict = is_in_hand.then_some(Verdict::Outage);
    let about = is_in_hand.then_some(About::Message);
    http::judge(PROVIDER.name, answer, Said { verdict, about, settings: LOOK_AT, ..Said::default() })
}

/// What it means that a command was not published for this service.
pub(super) fn not_published(why: NotPublished, service: &str) -> Outcome {
    let failure = |code: &str, detail: &str| Failure::new(PROVIDER.name, Some(code.to_owned()), detail);
    let again = |failure, alarm| Outcome::Retriable { failure, alarm, maybe_sent: false };
    match why {
        NotPublished::Unroutable => {
            let detail = format!("no queue is bound for commands.{service}: the service has to bind one");
            again(failure("unroutable", &detail), true)
        }
        NotPublished::Refused => {
            let detail = "the broker has refused it: the queue of the service is full, or most of its nodes are away";
            again(failure("refused", detail), false)
        }
        NotPublished::Unavailable => {
            again(failure("unavailable", "the broker takes no messages now, or is not connected"), false)
        }
        NotPublished::Unknown => {
            Outcome::Ambiguous { failure: failure("unconfirmed", "the broker has not confirmed it, and may have it") }
        }
        NotPublished::TooLarge => {
            let failure = failure("too_large", "it is larger than the broker takes");
            Outcome::Permanent { reason: Reason::Permanent, failure }
        }
    }
}
