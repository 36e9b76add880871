//! Whom a proof is sent to: a channel and a recipient, and whether that is somebody's.

use anyhow::{Result, bail};
use domain::{ChannelName, FieldError};
use reqwest::Url;
use serde_json::{Map, Value};

use crate::exit::Usage;
use crate::words;

const SUBJECT: &str = "A proof of Chasqui";
const MESSAGE: &str = "This message shows that notifications arrive. Nobody has to answer it.";
/// The channels whose messages have a subject or a title.
const WITH_SUBJECT: [&str; 4] = ["email", "inapp", "push", "webpush"];
/// The domains that are nobody's (RFC 2606 and 6761), with everything below them.
const TEST_DOMAINS: [&str; 7] =
    ["example.com", "example.net", "example.org", "example", "test", "invalid", "localhost"];

/// One recipient of one channel.
pub(super) struct Target {
    channel: ChannelName,
    recipient: String,
}

/// Reads what the options `--to` say; `really` allows recipients that may be somebody's.
///
/// # Errors
/// [`Usage`] with everything that is wrong. It repeats no recipient.
pub(super) fn read(given: &[String], really: bool) -> Result<Vec<Target>> {
    let (mut targets, mut problems) = (Vec::new(), Vec::new());
    for text in given {
        match Target::parse(text) {
            Ok(target) if !really && !target.is_for_tests() => problems.push(format!(
                "--to names a recipient of {} that may be somebody's, and each message to them costs what a message costs: \
                 add --really, or name a test address, such as email:probe@example.com or sms:+12025550143",
                target.channel
            )),
            Ok(target) => targets.push(target),
            Err(more) => problems.extend(more),
        }
    }
    if problems.is_empty() {
        return Ok(targets);
    }
    problems.dedup();
    let listed: String = problems.iter().map(|problem| format!("\n  - {problem}")).collect();
    bail!(Usage(format!("nothing was sent:{listed}\n`chasqui prove --help` explains the options")))
}

impl Target {
    fn parse(text: &str) -> Result<Self, Vec<String>> {
        let Some((channel, recipient)) = text.split_once(':') else {
            return Err(vec!["--to must be a channel and a recipient, such as email:probe@example.com".into()]);
        };
        let channel = words::channel(channel).map_err(|error| vec![format!("--to begins with a channel: {error}")])?;
        let target = Self { channel, recipient: recipient.to_owned() };
        let wrong = operations::check_plain(&target.channel, &target.recipient, target.subject(), MESSAGE);
        if wrong.is_empty() { Ok(target) } else { Err(wrong.iter().map(told).collect()) }
    }

    fn subject(&self) -> Option<&'static str> {
        WITH_SUBJECT.contains(&self.channel.as_str()).then_some(SUBJECT)
    }

    /// The notification to this recipient.
    pub(super) fn body(&self, id: &str) -> Map<String, Value> {
        let mut body = Map::new();
        let fields = [
            ("id", Some(id)),
            ("channel", Some(self.channel.as_str())),
            ("destination", Some(self.recipient.as_str())),
            ("subject", self.subject()),
            ("message", Some(MESSAGE)),
        ];
        for (name, text) in fields {
            if let Some(text) = text {
                body.insert(name.to_owned(), Value::from(text));
            }
        }
        body
    }

    /// Whether nobody can have this address. Of a token of a device, and of a browser, nobody can tell.
    fn is_for_tests(&self) -> bool {
        match self.channel.as_str() {
            "email" => self.recipient.rsplit_once('@').is_some_and(|(_, domain)| is_test_domain(domain)),
            "sms" | "whatsapp" => is_test_number(&self.recipient),
            "webhook" => {
                let url = Url::parse(&self.recipient).ok();
                url.as_ref().and_then(Url::host_str).is_some_and(is_test_domain)
            }
            _ => false,
        }
    }
}

fn told(wrong: &FieldError) -> String {
    match wrong.pointer.as_str() {
        "/destination" => format!("--to {}", wrong.detail),
        other => format!("--to: {} {}", other.trim_start_matches('/'), wrong.detail),
    }
}

fn is_test_domain(domain: &str) -> bool {
    let domain = domain.trim_end_matches('.').to_ascii_lowercase();
    let is_below = |test: &str| domain.strip_suffix(test).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    TEST_DOMAINS.into_iter().any(is_below)
}

/// The numbers 555-0100 to 555-0199 of each area of North America are kept for fiction.
fn is_test_number(number: &str) -> bool {
    let number = number.strip_prefix("whatsapp:").unwrap_or(number);
    let is_whole = number.len() == 12 && number.starts_with("+1") && number.bytes().skip(1).all(|b| b.is_ascii_digit());
    is_whole && number.get(5..10) == Some("55501")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(given: &[&str], really: bool) -> String {
        let given: Vec<String> = given.iter().map(|text| (*text).to_owned()).collect();
        read(&given, really).map(drop).expect_err("refused").to_string()
    }

    #[test]
    fn whoever_may_be_somebody_is_written_to_only_when_that_is_meant() {
        for (text, is_for_tests) in [
            ("email:probe@example.com", true),
            ("email:probe@mail.EXAMPLE.org", true),
            ("email:probe@probe.invalid", true),
            ("email:probe@notexample.com", false),
            ("email:probe@example.com.evil.net", false),
            ("sms:+12025550143", true),
            ("sms:+12025550243", false),
            ("sms:+442025550143", false),
            ("whatsapp:+12025550199", true),
            ("webhook:https://hooks.example.com/in", true),
            ("webhook:https://hooks.example.com.evil.net/in", false),
            ("push:sample-device-token-0123456789abcdef", false),
        ] {
            let target = Target::parse(text).unwrap_or_else(|wrong| panic!("{text}: {wrong:?}"));
            assert_eq!(target.is_for_tests(), is_for_tests, "{text}");
        }
        let told = refused(&["email:ana@mail.net"], false);
        assert!(told.contains("add --really") && !told.contains("ana@"), "{told}");
        assert_eq!(read(&["email:ana@mail.net".to_owned()], true).expect("allowed").len(), 1);
    }

    #[test]
    fn everything_that_is_wrong_with_the_recipients_is_told_at_once_without_them() {
        let told = refused(&["probe", "emial:hidden@example.com", "email:hidden", "sms:hidden"], true);
        for words in ["such as email:probe@example.com", "did you mean email?", "email address", "phone number"] {
            assert!(told.contains(words), "{words}: {told}");
        }
        assert!(!told.contains("hidden"), "{told}");
    }

    #[test]
    fn a_proof_has_the_fields_of_a_notification_and_a_subject_only_where_one_is_shown() {
        let mail = Target::parse("email:probe@example.com").expect("a target").body("probe-1");
        assert_eq!((mail["id"].as_str(), mail["subject"].as_str()), (Some("probe-1"), Some(SUBJECT)));
        let sms = Target::parse("sms:+12025550143").expect("a target").body("probe-1");
        assert!(!sms.contains_key("subject") && sms["destination"] == "+12025550143");
    }
}
