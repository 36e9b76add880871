//! What each ending of the dialogue means for the delivery.

use domain::{About, Failure, Outcome, Reason};

use super::PROVIDER;
use super::meaning::{Meaning, is_of_server, meaning};
use super::pool::NotReady;
use super::reply::Reply;
use super::step::{Failed, Step, Trouble};
use crate::channel::Outgoing;
use crate::checked::Checked;
use crate::redact::redact;

/// The outcome when the server did not get as far as the mail itself.
pub(super) fn nothing_handed_over(not_ready: NotReady, outgoing: &Outgoing<'_>) -> Outcome {
    let Failed { step, trouble } = match not_ready {
        NotReady::Busy => {
            let failure = failure(None, "every connection is in use; SMTP_MAX_CONNECTIONS is the limit");
            return Outcome::Throttled { failure, retry_after: None };
        }
        NotReady::Slow => {
            let failure = failure(None, "the server was too slow to take the mail").about(About::Provider);
            return retriable(failure, false);
        }
        NotReady::Failed(failed) => failed,
    };
    let what = step.what();
    match trouble {
        Trouble::Refused(reply) => refused(step, &reply, outgoing),
        Trouble::Lost(why) => {
            let failure = failure(None, format!("{what}: {}", outgoing.redact(&why)));
            retriable(failure.about(About::Provider), false)
        }
        Trouble::Unfit(why) => {
            // No mail gets further than this one did.
            retriable(failure(None, format!("{what}: {why}")).about(About::Credentials), true)
        }
        Trouble::TooLarge(max) => Outcome::Permanent {
            reason: Reason::Permanent,
            failure: failure(None, format!("the mail is too large: this server takes {max} bytes; send less")),
        },
    }
}

/// The outcome of a complete refusal. Whatever the step, the server has accepted nothing.
pub(super) fn refused(step: Step, reply: &Reply, outgoing: &Outgoing<'_>) -> Outcome {
    let meaning = meaning(step, reply);
    let hint = match meaning {
        Meaning::Never(hint) | Meaning::Ours(hint) | Meaning::Slower(_, hint) => hint,
        Meaning::Later => "refused for now",
    };
    let detail = format!("{}: {}; {hint}", step.what(), said(reply, outgoing));
    let failure = failure(Some(code(reply)), detail).about(about(step, reply, meaning));
    match meaning {
        Meaning::Never(_) => Outcome::Permanent { reason: Reason::Permanent, failure },
        Meaning::Ours(_) => retriable(failure, true),
        Meaning::Slower(retry_after, _) => Outcome::Throttled { failure, retry_after },
        Meaning::Later => retriable(failure, false),
    }
}

/// What it means that the server does not get as far as a mail, of which none is given to it.
pub(super) fn checked(not_ready: NotReady) -> Checked {
    let Failed { step, trouble } = match not_ready {
        NotReady::Busy => return Checked::Unreachable("every connection is in use".into()),
        NotReady::Slow => return Checked::Unreachable("the server was too slow".into()),
        NotReady::Failed(failed) => failed,
    };
    let what = step.what();
    match trouble {
        Trouble::Refused(reply) => {
            let said = format!("{what}: {} {}", reply.code(), redact(&reply.text(), std::iter::empty()));
            match meaning(step, &reply) {
                Meaning::Ours(hint) | Meaning::Never(hint) => Checked::Refused(format!("{said}; {hint}")),
                Meaning::Slower(..) | Meaning::Later => Checked::Unreachable(said),
            }
        }
        Trouble::Lost(why) => Checked::Unreachable(format!("{what}: {}", redact(&why, std::iter::empty()))),
        Trouble::Unfit(why) => Checked::Refused(format!("{what}: {why}")),
        Trouble::TooLarge(max) => Checked::Refused(format!("{what}: the server takes {max} bytes")),
    }
}

/// Whom a refusal is about. Before a sender is named it cannot be about the mail, and later it is not where the server
/// says that it takes none.
fn about(step: Step, reply: &Reply, meaning: Meaning) -> About {
    match (step, meaning) {
        _ if meaning.is_of_every_mail(step, reply.code()) => About::Credentials,
        (
            Step::Connect | Step::Greeting | Step::Hello | Step::StartTls | Step::Auth,
            Meaning::Later | Meaning::Slower(..),
        ) => About::Provider,
        (_, Meaning::Later | Meaning::Slower(..)) if is_of_server(step, reply) => About::Provider,
        _ => About::Message,
    }
}

/// What may be shown of the server's words; of an answer without any, its code.
fn said(reply: &Reply, outgoing: &Outgoing<'_>) -> String {
    let said = outgoing.redact(&reply.text());
    if said.is_empty() { format!("{} without a word", reply.code()) } else { said }
}

pub(super) fn code(reply: &Reply) -> String {
    reply.code().to_string()
}

fn retriable(failure: Failure, alarm: bool) -> Outcome {
    Outcome::Retriable { failure, alarm, maybe_sent: false }
}

pub(super) fn failure(code: Option<String>, detail: impl AsRef<str>) -> Failure {
    Failure::new(PROVIDER.name, code, detail)
}
