//! What the answers of those who receive webhooks mean.
//!
//! Source: Standard Webhooks 1.0, "Deliverability and reliability". The URL and what stands behind it are the
//! receiver's, so that what is wrong with it is none of our faults. Nothing of an answer is quoted: nobody knows what a
//! stranger's program writes into it, and the query of its own URL may be a part.

use domain::Outcome;

use super::PROVIDER;
use crate::http::{self, Answer, Said, Verdict};

/// The code of a receiver that wants no more.
const GONE: &str = "gone";
const IS_GONE: &str = "the receiver wants no more of these: send it nothing";
const REDIRECT: &str = "the URL redirects elsewhere, and nothing is sent there";
const NOBODY: &str = "there is nothing at the URL that takes a webhook";
const REFUSES: &str = "the receiver refuses it: does it verify with the secret of this tenant?";

pub(super) fn classify(answer: &Answer) -> Outcome {
    let code = (answer.status.as_u16() == 410).then(|| GONE.to_owned());
    http::judge(PROVIDER.name, answer, Said { code, verdict: verdict(answer), ..Said::default() })
}

fn verdict(answer: &Answer) -> Option<Verdict> {
    let comes_back = answer.retry_after.is_some_and(|wait| !wait.is_zero());
    Some(match answer.status.as_u16() {
        300..=399 => Verdict::Refused(REDIRECT),
        // Whoever is throttled is told to come back.
        403 if comes_back => return None,
        401 | 403 => Verdict::Refused(REFUSES),
        402 => Verdict::Permanent,
        404 | 405 => Verdict::Refused(NOBODY),
        410 => Verdict::Refused(IS_GONE),
        _ => return None,
    })
}
