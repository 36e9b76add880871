//! What the answers of services to commands mean.
//!
//! Services stand in a file of the operator's, so that what is wrong with a URL or with our token is ours to mend: such a
//! command waits until it expires. Nothing of an answer is quoted: nobody knows what a service writes into it.

use domain::{About, Outcome};

use super::PROVIDER;
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
