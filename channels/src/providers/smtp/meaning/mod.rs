//! Whose fault a refusal is: the recipient's or this mail's, ours, or only the moment's.
//!
//! The enhanced status code decides first (RFC 3463 and its registry, and the lists of Microsoft and Google), then the
//! step, the words and the code. Many servers write 5.7.1 for everything, so that only their words tell.

mod hints;
mod phrases;
mod wait;

use std::time::Duration;

use self::hints::*;
use self::phrases::{GREYLISTING, OURS, RATE, RETRY};
use self::wait::{GREYLISTED_FOR, named_wait};
use super::reply::Reply;
use super::step::Step;

/// What a refusal means, and what to do next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Meaning {
    /// The server will never accept this mail, or not for this recipient.
    Never(&'static str),
    /// Our settings, account, address or standing are refused: every mail fails until somebody acts.
    Ours(&'static str),
    /// The server wants mails less often, or fewer of them. It may have named a time.
    Slower(Option<Duration>, &'static str),
    /// The server may accept the mail at another time.
    Later,
}

impl Meaning {
    /// Whether no mail of ours is taken until somebody acts, whoever its recipients are. `code` is that of the refusal.
    ///
    /// Before a sender is named, all mails have said the same. After that the words alone are not enough: of a recipient
    /// as well a server says that an account is suspended, or that one must log in to write there.
    pub(super) fn is_of_every_mail(self, step: Step, code: u16) -> bool {
        match (self, step) {
            (Self::Ours(_), Step::Connect | Step::Greeting | Step::Hello | Step::StartTls | Step::Auth)
            | (Self::Ours(LOGIN | ENCRYPT), Step::From)
            | (Self::Ours(ACCOUNT), Step::From | Step::Data | Step::Message) => true,
            // No login, a refused one, or one that this server takes only over TLS (RFC 4954 and RFC 5248).
            (Self::Ours(_), _) => matches!(code, 523 | 530 | 534 | 535 | 538),
            _ => false,
        }
    }
}

pub(super) fn meaning(step: Step, reply: &Reply) -> Meaning {
    let said = reply.text().to_ascii_lowercase();
    if reply.code() < 500 { for_now(reply, &said) } else { for_good(step, reply, &said) }
}

/// Whether a refusal for now says that the server takes no mail: it closes (RFC 5321 section 3.8), or its mail system is
/// full or out of order (RFC 3463 section 3.4). Greylisting is about one sender and one recipient, whatever its code is.
pub(super) fn is_of_server(step: Step, reply: &Reply) -> bool {
    let said = reply.text().to_ascii_lowercase();
    let is_greylisting = GREYLISTING.iter().any(|word| said.contains(word)) || reply.status() == Some((4, 7, 1));
    // That a mail is too large for the system (4) is about the mail, as is what fails once it was read.
    let is_of_system = matches!(reply.status(), Some((4, 3, detail)) if detail != 4) && step != Step::Message;
    !is_greylisting && (reply.code() == 421 || (matches!(reply.code(), 450..=452) && is_of_system))
}

fn for_now(reply: &Reply, said: &str) -> Meaning {
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if has(GREYLISTING) {
        return Meaning::Slower(Some(named_wait(said).unwrap_or(GREYLISTED_FOR)), WAIT);
    }
    if has(RATE) {
        return Meaning::Slower(named_wait(said), SLOWER);
    }
    // Microsoft's long codes that begin with a 4 are about the moment.
    let by_status = reply.status().filter(|(_, _, detail)| *detail < 500).and_then(|status| whose(status, said));
    if let Some(ours @ Meaning::Ours(_)) = by_status.or_else(|| our_words(said)) {
        return ours;
    }
    if let Some(wait) = named_wait(said).filter(|_| has(RETRY)) {
        return Meaning::Slower(Some(wait), WAIT);
    }
    match (reply.code(), reply.status()) {
        (450 | 451 | 421, Some((4, 7, 1))) => Meaning::Slower(Some(GREYLISTED_FOR), WAIT),
        _ => Meaning::Later,
    }
}

fn for_good(step: Step, reply: &Reply, said: &str) -> Meaning {
    let by_status = reply.status().and_then(|status| whose(status, said));
    let by_words = || recipient_words(said).or_else(|| our_words(said));
    match (step, reply.code()) {
        // 530 asks for a login (RFC 4954 section 6).
        (_, 530) => our_words(said).unwrap_or(Meaning::Ours(LOGIN)),
        (_, 534 | 535) => Meaning::Ours(LOGIN),
        (_, 523 | 538) => Meaning::Ours(ENCRYPT),
        (Step::From, 552) => Meaning::Never(TOO_LARGE),
        (Step::To | Step::Copy | Step::Data | Step::Message, code) => {
            by_status.or_else(by_words).unwrap_or_else(|| by_code(step, code))
        }
        // No recipient was named yet, so the refusal cannot be about one.
        _ => match by_status.filter(|whose| matches!(whose, Meaning::Ours(_) | Meaning::Never(TOO_LARGE))) {
            Some(whose) => whose,
            None => our_words(said).unwrap_or(Meaning::Ours(match step {
                Step::From => SENDER,
                Step::Hello => HELLO,
                Step::Auth => LOGIN,
                Step::Connect | Step::Greeting => STANDING,
                _ => DIALOGUE,
            })),
        },
    }
}

fn our_words(said: &str) -> Option<Meaning> {
    let known = OURS.iter().find(|(_, words)| words.iter().any(|word| said.contains(word)));
    known.map(|(hint, _)| Meaning::Ours(hint))
}

/// What words about the recipient mean: a group or mailbox of Exchange that accepts mail from certain senders only, or
/// Postfix, unless its words say more about us.
fn recipient_words(said: &str) -> Option<Meaning> {
    let exchange = said.contains("resolver.rst.");
    let postfix = || said.contains("recipient address rejected") && our_words(said).is_none();
    (exchange || postfix()).then_some(Meaning::Never(RECIPIENT))
}

/// What the code means when no word tells. 500 to 504 and 555 are about commands, which are ours; some servers also
/// answer 501 to an address that they cannot read.
fn by_code(step: Step, code: u16) -> Meaning {
    match code {
        500 | 502..=504 | 555 => Meaning::Ours(DIALOGUE),
        552 => Meaning::Never(TOO_LARGE),
        _ if matches!(step, Step::To | Step::Copy) => Meaning::Never(RECIPIENT),
        _ => Meaning::Never(CONTENT),
    }
}

/// What the enhanced status code means, where it is not one that is used for everything (5.0.0, 5.7.0, 5.7.1). The
/// words may say more exactly which fault is ours.
fn whose((_, subject, detail): (u16, u16, u16), said: &str) -> Option<Meaning> {
    let whose = match (subject, detail) {
        // These are about addresses: of the sender (7, 8), else of the recipient; 5.1.0 may be either.
        (1, 7 | 8) | (2, 252) | (7, 60) => Meaning::Ours(SENDER),
        (1, 1..=6 | 9 | 10) => Meaning::Never(RECIPIENT),
        (2, 3) | (3, 4) | (7, 16) => Meaning::Never(TOO_LARGE),
        (2, _) => Meaning::Never(RECIPIENT),
        (6, _) => Meaning::Never(CONTENT),
        // These are about lists and mailboxes that accept mail from certain senders only, or that have a new owner.
        (7, 2 | 12 | 17 | 18 | 124 | 129 | 133..=136 | 703) => Meaning::Never(RECIPIENT),
        (7, 3 | 4 | 8 | 9 | 13 | 14 | 57 | 139) => Meaning::Ours(LOGIN),
        (7, 10 | 11 | 29) => Meaning::Ours(ENCRYPT),
        (7, 54 | 64) => Meaning::Ours(RELAY),
        // RFC 7372 has 20 to 26; Google continues to 40.
        (7, 25 | 28) => Meaning::Ours(STANDING),
        (7, 5 | 20..=40 | 509 | 515) => Meaning::Ours(GENUINE),
        (7, 500..=799) => Meaning::Ours(STANDING),
        _ => return None,
    };
    Some(if matches!(whose, Meaning::Ours(_)) { our_words(said).unwrap_or(whose) } else { whose })
}

#[cfg(test)]
mod tests;
