//! What one recipient's part of a delivery report says (RFC 3464 section 2.3).

use domain::{Bounce, Reported};

use super::message::Fields;
use crate::callback::Unreadable;
use crate::providers::smtp::meaning::{Meaning, meaning};
use crate::providers::smtp::reply::Reading;
use crate::providers::smtp::step::Step;

/// What became of a mail for one recipient.
pub(super) struct Said {
    /// The address that it was sent to, in lower case; none where the report names none.
    pub(super) recipient: Option<String>,
    pub(super) said: Reported,
    /// The enhanced status code (RFC 3463).
    pub(super) code: Option<String>,
    /// What the last server has answered, in its words.
    pub(super) words: String,
}

/// The words by which servers say that nobody is there, for those that have no status of their own for it.
const NOBODY: [&str; 10] = [
    "user unknown",
    "unknown user",
    "no such user",
    "no such mailbox",
    "no such recipient",
    "unrouteable address",
    "mailbox unavailable or does not exist",
    "mailbox not found",
    "account does not exist",
    "recipient not found",
];

impl Said {
    /// None where the fields are of no recipient.
    ///
    /// # Errors
    /// They say nothing that is known.
    pub(super) fn of(fields: &Fields) -> Result<Option<Self>, Unreadable> {
        let is_of_a_recipient =
            ["action", "final-recipient", "original-recipient"].iter().any(|name| fields.get(name).is_some());
        if !is_of_a_recipient {
            return Ok(None);
        }
        let action = fields.get("action").and_then(|action| action.split_whitespace().next()).unwrap_or_default();
        let typed = |name: &str| fields.get(name).map(untyped);
        let recipient = typed("original-recipient").or_else(|| typed("final-recipient")).and_then(address);
        let words = typed("diagnostic-code").unwrap_or_default();
        let status = exact(fields.get("status").and_then(status), words);
        let said = match action.to_ascii_lowercase().as_str() {
            "failed" => failed(status, words),
            "delayed" => Reported::Deferred,
            "delivered" => Reported::Delivered,
            // It has left for where no more is reported, or has become several.
            "relayed" | "expanded" => Reported::Accepted,
            _ => return Err(Unreadable("it has no action that RFC 3464 knows")),
        };
        let code = status.map(|(class, subject, detail)| format!("{class}.{subject}.{detail}"));
        Ok(Some(Self { recipient, said, code, words: words.to_owned() }))
    }
}

/// A mail that a server gave up is not sent again: that server has tried for as long as it does, or has a refusal. What
/// the refusal says of us is told to operators.
fn failed(status: Option<(u16, u16, u16)>, words: &str) -> Reported {
    let is_for_good = status.is_none_or(|(class, ..)| class == 5);
    if is_for_good && is_ours(status, words) {
        return Reported::FailedLater { retriable: false, alarm: true };
    }
    let said = words.to_ascii_lowercase();
    let class = match status {
        // These are the statuses of addresses that never take a mail; a full mailbox may tomorrow.
        Some((5, 1, 1 | 2 | 3 | 6 | 10) | (5, 2, 1)) => Bounce::Address,
        Some((5, 0 | 1, 0)) | None if NOBODY.iter().any(|words| said.contains(words)) => Bounce::Address,
        _ => Bounce::Message,
    };
    Reported::Bounced { class }
}

/// Whether the answer would have been an alarm, had it come to us.
fn is_ours(status: Option<(u16, u16, u16)>, words: &str) -> bool {
    let answer = match (status, reply_code(words)) {
        (_, Some(code)) => format!("{code} {}", words.get(4..).unwrap_or_default()),
        (Some((class, subject, detail)), None) => format!("550 {class}.{subject}.{detail} {words}"),
        (None, None) => return false,
    };
    let reply = Reading::default().line(answer.as_bytes()).ok().flatten();
    reply.is_some_and(|reply| matches!(meaning(Step::Message, &reply), Meaning::Ours(_)))
}

/// The status of the report, or where that says no more than its class the one in the server's own words.
fn exact(of_report: Option<(u16, u16, u16)>, words: &str) -> Option<(u16, u16, u16)> {
    let behind = reply_code(words).and_then(|_| words.get(4..)).unwrap_or(words);
    let of_words = status(behind.trim_start_matches(['#', '(']));
    match of_report {
        Some((class, 0, 0)) => of_words.filter(|(said, ..)| *said == class).or(of_report),
        Some(_) => of_report,
        None => of_words,
    }
}

/// `5.1.1` is `(5, 1, 1)`, whatever follows.
fn status(text: &str) -> Option<(u16, u16, u16)> {
    let word = text.split(|c: char| !(c.is_ascii_digit() || c == '.')).next()?;
    let mut numbers = word.trim_end_matches('.').split('.').map(|number| number.parse::<u16>().ok());
    let status = (numbers.next()??, numbers.next()??, numbers.next()??);
    let is_one = numbers.next().is_none() && matches!(status.0, 2 | 4 | 5) && status.1 < 1000 && status.2 < 1000;
    is_one.then_some(status)
}

/// The code of an answer that stands at the beginning of a text.
fn reply_code(words: &str) -> Option<&str> {
    let code = words.get(..3).filter(|code| code.bytes().all(|byte| byte.is_ascii_digit()))?;
    let is_one = code.starts_with(['2', '4', '5']) && matches!(words.as_bytes().get(3), None | Some(b' ' | b'-'));
    is_one.then_some(code)
}

/// The value behind its type: `rfc822; ana@example.org`, `smtp; 550 no`.
fn untyped(value: &str) -> &str {
    value.split_once(';').map_or(value, |(_, value)| value).trim()
}

/// An address as it is compared.
pub(super) fn address(text: &str) -> Option<String> {
    let bare = text.trim().trim_start_matches('<').trim_end_matches('>');
    (bare.contains('@') && !bare.contains(char::is_whitespace)).then(|| bare.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_class_of_a_bounce_is_what_its_status_and_its_words_say() {
        let address = Reported::Bounced { class: Bounce::Address };
        let message = Reported::Bounced { class: Bounce::Message };
        let ours = Reported::FailedLater { retriable: false, alarm: true };
        for (status, words, said, code) in [
            ("5.1.1", "smtp; 550 5.1.1 <a@b.example>: User unknown", &address, Some("5.1.1")),
            (
                "5.0.0",
                "smtp; 550-5.1.1 The email account that you tried to reach does not exist.",
                &address,
                Some("5.1.1"),
            ),
            ("5.0.0", "smtp; 550 No such user here", &address, Some("5.0.0")),
            ("5.0.0", "smtp; 550 Unrouteable address", &address, Some("5.0.0")),
            ("5.2.1", "smtp; 550 5.2.1 mailbox disabled", &address, Some("5.2.1")),
            ("5.2.2", "smtp; 552 5.2.2 over quota", &message, Some("5.2.2")),
            ("5.7.1", "smtp; 550 5.7.1 Message contains spam", &message, Some("5.7.1")),
            ("5.7.26", "smtp; 550-5.7.26 This mail has been blocked, unauthenticated", &ours, Some("5.7.26")),
            ("4.4.7", "smtp; 550 4.4.7 QUEUE.Expired; message expired", &message, Some("4.4.7")),
            ("4.4.1", "X-Postfix; connect to b.example[192.0.2.1]:25: Connection timed out", &message, Some("4.4.1")),
            ("nonsense", "", &message, None),
        ] {
            let text = format!(
                "Final-Recipient: rfc822;a@b.example\nAction: failed\nStatus: {status}\nDiagnostic-Code: {words}\n"
            );
            let found = Said::of(&Fields::read(&text).0).unwrap().unwrap();
            assert_eq!((&found.said, found.code.as_deref()), (said, code), "{text}");
            assert_eq!(found.recipient.as_deref(), Some("a@b.example"));
        }
    }

    #[test]
    fn an_action_that_is_not_known_is_unreadable_and_what_is_of_no_recipient_says_nothing() {
        for fields in ["Reporting-MTA: dns; mail.example.com", "Status: 5.1.1", "Action:", ""] {
            assert!(matches!(Said::of(&Fields::read(fields).0), Ok(None)), "{fields}");
        }
        for fields in ["Action: resent", "Final-Recipient: rfc822; ana@example.org\nStatus: 5.1.1"] {
            assert!(Said::of(&Fields::read(fields).0).is_err(), "{fields}");
        }
        for (action, said) in
            [("Delayed", "deferred"), ("delivered", "delivered"), ("relayed (to an old server)", "accepted")]
        {
            let found = Said::of(&Fields::read(&format!("Action: {action}")).0).unwrap().unwrap();
            assert_eq!((found.said.as_str(), found.recipient), (said, None), "{action}");
        }
    }
}
