//! Whose fault a refusal is: the recipient's or this mail's, ours, or only the moment's.
//!
//! The enhanced status code decides first (RFC 3463 and its registry, Microsoft's and Google's lists of theirs), then the
//! step, the words and the code. Many servers write 5.7.1 for everything, so that only their words tell.

use std::time::Duration;

use super::connection::Step;
use super::reply::Reply;

/// What a server that does not know us wants us to wait, when it does not say: what Postgrey and most others do.
const GREYLISTED_FOR: Duration = Duration::from_secs(300);
/// Nothing waits for years.
const MAX_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// What a refusal means, and what to do next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Meaning {
    /// This mail will never be taken, or not for this recipient.
    Never(&'static str),
    /// Our settings, our account, our address or our standing: every mail meets it until somebody acts.
    Ours(&'static str),
    /// Not so soon, or not so many. With the time that the server has named.
    Slower(Option<Duration>, &'static str),
    /// Perhaps at another time.
    Later,
}

const RECIPIENT: &str = "the recipient is refused for good: correct the destination or write to it no more";
const CONTENT: &str = "this mail is refused for good: change its words, or ask the server's operator why";
const TOO_LARGE: &str = "the mail is too large for this server: send less";
const RELAY: &str = "SMTP_HOST does not pass on our mails: log in with SMTP_USER and SMTP_PASSWORD, or have this machine \
                     allowed to relay there";
const LOGIN: &str = "the server does not accept our login: check SMTP_USER and SMTP_PASSWORD";
const ENCRYPT: &str = "the server wants encryption: set SMTP_TLS=starttls or SMTP_TLS=implicit";
const HELLO: &str = "the server does not accept how we introduce ourselves: set SMTP_HELLO to a full domain name that \
                     leads to this machine";
const SENDER: &str =
    "the server does not let us send from FROM_EMAIL: set one that this account may use, and that exists";
const GENUINE: &str = "the domain of FROM_EMAIL does not vouch for this server: publish SPF, DKIM and DMARC records that \
                       name it";
const STANDING: &str = "this machine, its address or its account is not welcome there: ask the server's operator, or \
                        send by another SMTP_HOST";
const DIALOGUE: &str = "the server does not go along with this dialogue: look whether SMTP_HOST, SMTP_PORT and SMTP_TLS \
                        are those of its submission service";
const WAIT: &str = "the server asks to wait";
const SLOWER: &str = "the server asks for fewer mails at a time: lower SMTP_MAX_CONNECTIONS if it stays so";

/// Words, in lower case, by which servers say that it is us. The first that fits counts.
const OURS: &[(&str, &[&str])] = &[
    (
        RELAY,
        &[
            "relay access denied",
            "relaying denied",
            "relay denied",
            "unable to relay",
            "cannot relay",
            "relay not permitted",
            "relaying not",
            "relaying is not",
            "relay is not",
            "not permitted to relay",
            "not allowed to relay",
            "not authorized to relay",
            "relaying prohibited",
            "do not relay",
            "rcpthosts",
        ],
    ),
    (
        HELLO,
        &[
            "helo command rejected",
            "helo/ehlo",
            "ehlo/helo",
            "invalid helo",
            "bad helo",
            "helo name",
            "ehlo name",
            "helo host",
            "fully-qualified hostname",
            "fully qualified hostname",
            "forged helo",
            "impersonation",
        ],
    ),
    (
        ENCRYPT,
        &["starttls", "must use tls", "requires tls", "tls required", "encryption required", "encryption needed"],
    ),
    (
        LOGIN,
        &[
            "authentication required",
            "authentication is required",
            "authentication needed",
            "must authenticate",
            "not authenticated",
            "authenticate first",
            "requires authentication",
            "please authenticate",
            "log in first",
            "login required",
            "authentication unsuccessful",
            "authentication failed",
            "authentication credentials",
        ],
    ),
    (
        SENDER,
        &[
            "sender address rejected",
            "sender rejected",
            "sender denied",
            "sender verify failed",
            "sender verification",
            "sender domain",
            "sender is not",
            "invalid sender",
            "sender not",
            "not owned by user",
            "from address",
            "from that email address",
            "sender identity",
            "send as this sender",
            "from domain",
            "email address is not verified",
            "verified identit",
            "mailfrom",
            "sender unknown",
            "domain of sender",
        ],
    ),
    (GENUINE, &["spf", "dkim", "dmarc", "unauthenticated email", "mail is unauthenticated"]),
    (
        STANDING,
        &[
            "client host",
            "blocked using",
            "blocklist",
            "block list",
            "blacklist",
            "black list",
            "denylist",
            "spamhaus",
            "barracuda",
            "rbl",
            "dnsbl",
            "reverse dns",
            "reverse hostname",
            "reverse lookup",
            "rdns",
            "ptr record",
            "ptr address",
            "your ip",
            "sending ip",
            "ip address",
            "from this ip",
            "ips with",
            "ip you're using",
            "banned",
            "reputation",
            "dynamic ip",
            "sending paused",
            "account is suspended",
            "exceeded threshold",
            "service refused",
            "unregistered domain",
            "your host",
            "your server",
            "your network",
            "mail server [",
            "ipv6 sending guidelines",
        ],
    ),
];

/// Words by which servers ask to come back.
const GREYLISTING: &[&str] = &["greylist", "graylist", "grey-list", "gray-list", "grey list", "greylisting"];
const RATE: &[&str] = &[
    "rate limit",
    "rate-limit",
    "ratelimit",
    "unusual rate",
    "sending rate",
    "at a rate",
    "throttl",
    "too many",
    "too fast",
    "too quickly",
    "too frequent",
    "too much mail",
    "limit exceeded",
    "concurrent",
    "message quota",
];
const RETRY: &[&str] = &["try again", "retry", "come back", "try later", "wait", "resend"];

pub(super) fn meaning(step: Step, reply: &Reply) -> Meaning {
    let said = reply.text().to_ascii_lowercase();
    if reply.code() < 500 { for_now(reply, &said) } else { for_good(step, reply, &said) }
}

fn for_now(reply: &Reply, said: &str) -> Meaning {
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if has(GREYLISTING) {
        return Meaning::Slower(Some(named_wait(said).unwrap_or(GREYLISTED_FOR)), WAIT);
    }
    if has(RATE) {
        return Meaning::Slower(named_wait(said), SLOWER);
    }
    // Microsoft's long codes are about the moment where they begin with a 4.
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
        // RFC 4954 section 6.
        (_, 530) => our_words(said).unwrap_or(Meaning::Ours(LOGIN)),
        (_, 534 | 535) => Meaning::Ours(LOGIN),
        (_, 523 | 538) => Meaning::Ours(ENCRYPT),
        (Step::From, 552) => Meaning::Never(TOO_LARGE),
        (Step::To | Step::Data | Step::Message, code) => {
            by_status.or_else(by_words).unwrap_or_else(|| by_code(step, code))
        }
        // No recipient was named yet: it cannot be about one.
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

/// A group or mailbox of Exchange that takes mail from certain senders only; or Postfix, unless it says more of us.
fn recipient_words(said: &str) -> Option<Meaning> {
    let exchange = said.contains("resolver.rst.");
    let postfix = || said.contains("recipient address rejected") && our_words(said).is_none();
    (exchange || postfix()).then_some(Meaning::Never(RECIPIENT))
}

/// Without a word that tells. 500 to 504 and 555 are about commands, which are ours; 501 is also what some servers say
/// to an address that they cannot read.
fn by_code(step: Step, code: u16) -> Meaning {
    match code {
        500 | 502..=504 | 555 => Meaning::Ours(DIALOGUE),
        552 => Meaning::Never(TOO_LARGE),
        _ if step == Step::To => Meaning::Never(RECIPIENT),
        _ => Meaning::Never(CONTENT),
    }
}

/// By the enhanced status code, where it is not one of those that are used for everything (5.0.0, 5.7.0, 5.7.1). What is
/// ours may be told more exactly by the words.
fn whose((_, subject, detail): (u16, u16, u16), said: &str) -> Option<Meaning> {
    let whose = match (subject, detail) {
        // Addresses: of the sender (7, 8), else of the recipient; 5.1.0 may be either.
        (1, 7 | 8) | (2, 252) | (7, 60) => Meaning::Ours(SENDER),
        (1, 1..=6 | 9 | 10) => Meaning::Never(RECIPIENT),
        (2, 3) | (3, 4) | (7, 16) => Meaning::Never(TOO_LARGE),
        (2, _) => Meaning::Never(RECIPIENT),
        (6, _) => Meaning::Never(CONTENT),
        // Lists and mailboxes that take mail from certain senders only, or that have changed hands.
        (7, 2 | 12 | 17 | 18 | 124 | 129 | 133..=136 | 703) => Meaning::Never(RECIPIENT),
        (7, 3 | 4 | 8 | 9 | 13 | 14 | 57 | 139) => Meaning::Ours(LOGIN),
        (7, 10 | 11 | 29) => Meaning::Ours(ENCRYPT),
        (7, 54 | 64) => Meaning::Ours(RELAY),
        // RFC 7372 has 20 to 26; Google goes on to 40.
        (7, 25 | 28) => Meaning::Ours(STANDING),
        (7, 5 | 20..=40 | 509 | 515) => Meaning::Ours(GENUINE),
        (7, 500..=799) => Meaning::Ours(STANDING),
        _ => return None,
    };
    Some(if matches!(whose, Meaning::Ours(_)) { our_words(said).unwrap_or(whose) } else { whose })
}

/// `300 seconds`, `5 min`, `1 hour`, `00:04:59`.
fn named_wait(said: &str) -> Option<Duration> {
    let words: Vec<&str> = said.split(|c: char| !(c.is_ascii_alphanumeric() || c == ':')).collect();
    let seconds = words.iter().enumerate().find_map(|(at, word)| {
        let digits = word.len() - word.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if let Some(clock) = clock(word) {
            return Some(clock);
        }
        let number: u64 = word[..digits].parse().ok()?;
        let unit = if digits < word.len() { &word[digits..] } else { words.get(at + 1).copied()? };
        number.checked_mul(match unit {
            "s" | "sec" | "secs" | "second" | "seconds" => 1,
            "m" | "min" | "mins" | "minute" | "minutes" => 60,
            "h" | "hour" | "hours" => 3600,
            _ => return None,
        })
    });
    seconds.filter(|seconds| *seconds > 0).map(|seconds| Duration::from_secs(seconds).min(MAX_WAIT))
}

fn clock(word: &str) -> Option<u64> {
    let mut parts = word.split(':').map(|part| part.parse::<u64>().ok().filter(|n| part.len() <= 2 && *n < 60));
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
    parts.next().is_none().then_some(hours * 3600 + minutes * 60 + seconds)
}

#[cfg(test)]
mod tests;
