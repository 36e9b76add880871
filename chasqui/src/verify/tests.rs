//! What is asked for by options, and what is printed of a verification.

use std::time::Duration;

use clap::Parser;
use domain::{BlockReason, RecipientHash, Verification};

use super::*;

#[derive(Parser, Debug)]
struct Line {
    #[command(subcommand)]
    command: VerifyCommand,
}

fn start(words: &[&str]) -> Result<Value, clap::Error> {
    let line = ["verify", "start", "--purpose", "log in"].into_iter().chain(words.iter().copied());
    match Line::try_parse_from(line)?.command {
        VerifyCommand::Start(start) => Ok(start.body()),
        other => panic!("{other:?}"),
    }
}

fn verification(state: VerificationState) -> Verification {
    Verification {
        key: testkit::key("v-1"),
        purpose: "log in\u{1b}[31m".into(),
        locale: None,
        channel: ChannelName::parse("sms").unwrap(),
        recipient: RecipientHash::UNKNOWN,
        recipient_mask: "***56".into(),
        addresses: RecipientHash::UNKNOWN,
        prefix: None,
        client: None,
        session: None,
        dial_code: Some("+34".into()),
        state,
        version: 1,
        salt: [7; 16],
        key_id: "k1".into(),
        checks: 2,
        sends: 1,
        last_sent_at: Some(testkit::NOW),
        approved_by: None,
        reasons: vec![BlockReason::Country, BlockReason::Address],
        created_at: testkit::NOW,
        expires_at: testkit::NOW.plus(Duration::from_secs(600)),
        ended_at: None,
    }
}

#[test]
fn options_say_what_a_body_says() {
    for (words, expected) in [
        (
            &["--channel", "sms", "--to", "+34600123456"][..],
            json!({"channel": "sms", "to": "+34600123456", "purpose": "log in"}),
        ),
        (
            &["--phone", "+34600123456", "--email", "ana@example.org", "--locale", "es", "--client-ip", "203.0.113.7"],
            json!({
                "channel": "auto", "to": {"phone": "+34600123456", "email": "ana@example.org"}, "purpose": "log in",
                "locale": "es", "client_ip": "203.0.113.7",
            }),
        ),
        (
            &["--telegram", "4711", "--session", "s-1"],
            json!({"channel": "auto", "to": {"telegram_chat_id": "4711"}, "purpose": "log in", "session": "s-1"}),
        ),
    ] {
        let body = start(words).unwrap();
        assert_eq!(body, expected, "{words:?}");
        assert!(Asked::read(&body.to_string(), true).is_ok_and(|asked| asked.purpose == "log in"), "{words:?}");
    }
    for words in [&["--channel", "sms"][..], &[], &["--to", "+34600123456", "--phone", "+34600123456"]] {
        assert!(start(words).is_err(), "{words:?}");
    }
}

#[test]
fn the_usage_of_what_sends_a_code_names_every_way_to_say_where() {
    for command in ["start", "resend"] {
        let told = Line::try_parse_from(["verify", command, "--help"]).unwrap_err().to_string();
        let ways = "<--to <TO>|--phone <NUMBER>|--email <ADDRESS>|--telegram <CHAT>>";
        assert!(told.contains(ways), "{told}");
    }
    assert!(Line::try_parse_from(["verify", "resend", "v-1"]).is_err());
    for to in [&["--to", "ana@example.org"][..], &["--phone", "+34600123456", "--email", "ana@example.org"]] {
        let line = ["verify", "resend", "v-1"].into_iter().chain(to.iter().copied());
        assert!(Line::try_parse_from(line).is_ok(), "{to:?}");
    }
}

#[test]
fn a_code_in_the_command_line_is_refused_and_not_repeated() {
    let confirm = |words: &[&str]| {
        let line = ["verify", "confirm"].into_iter().chain(words.iter().copied());
        match Line::try_parse_from(line).unwrap().command {
            VerifyCommand::Confirm(confirm) => confirm,
            other => panic!("{other:?}"),
        }
    };
    for words in [&["v-1", "123456"][..], &["v-1", "123", "456"], &["v-1", "--tenant", "acme", "123456"]] {
        let told = confirm(words).has_no_code().unwrap_err().to_string();
        assert!(told.contains("standard input") && !told.contains("123"), "{told}");
    }
    let right = confirm(&["v-1", "--tenant", "acme"]);
    assert_eq!(right.has_no_code(), Ok(()));
    assert_eq!(right.which.named.key().id, "v-1");
    let help = Line::try_parse_from(["verify", "confirm", "--help"]).unwrap_err().to_string();
    assert!(!help.to_lowercase().contains("typed]"), "{help}");
}

#[test]
fn what_is_wrong_is_told_by_the_option_that_was_given_and_without_its_value() {
    let body = start(&["--phone", "12", "--email", "nobody", "--client-ip", "here"]).unwrap();
    let refused = Asked::read(&body.to_string(), false).unwrap_err();
    let told = Usage::of(&refused.errors(), option_of).to_string();
    for option in ["--phone ", "--email ", "--client-ip "] {
        assert!(told.contains(option), "{option}: {told}");
    }
    let without = Asked::read(&start(&["--to", "+34600123456"]).unwrap().to_string(), false).unwrap_err();
    assert!(Usage::of(&without.errors(), option_of).to_string().starts_with("--channel is missing"));
}

#[test]
fn where_a_code_goes_is_told_by_the_options_that_say_it() {
    let option = |words: &[&str]| {
        let line = ["verify", "resend", "v-1"].into_iter().chain(words.iter().copied());
        match Line::try_parse_from(line).unwrap().command {
            VerifyCommand::Resend(resend) => resend.to.option(),
            other => panic!("{other:?}"),
        }
    };
    for (words, expected) in
        [(["--to", "ana@example.org"], "--to"), (["--email", "ana@example.org"], "--phone, --email and --telegram")]
    {
        assert_eq!((option(&words)("to"), option(&words)("to/email")), (expected.to_owned(), "--email".to_owned()));
    }
}

#[test]
fn a_verification_is_printed_without_a_code_and_acts_on_no_terminal() {
    let now = testkit::NOW;
    let lines = shown::lines(&verification(VerificationState::Pending), now);
    let all = lines.join("\n");
    for part in ["v-1  pending  of default", "by sms to ***56", "country +34", "sms left out: country"] {
        assert!(all.contains(part), "{part}: {all}");
    }
    let tried = "tried 2 times (right ones, and those behind the end, among them), 3 attempts left";
    assert!(all.contains(tried), "{all}");
    let approved = shown::lines(&verification(VerificationState::Approved), now).join("\n");
    assert!(approved.contains("among them)\n"), "an end leaves no attempt: {approved}");
    assert!(!lines.iter().any(|line| printable(line).chars().any(domain::acts)), "{all:?}");
    let over = now.plus(Duration::from_secs(600));
    assert_eq!(shown::row_of(&verification(VerificationState::Pending), over)[1], "expired");
    let blocked = verification(VerificationState::Blocked);
    assert_eq!(shown::row_of(&blocked, now)[9], "blocked: country, address");
    let told = shown::json_of(&blocked, now);
    assert_eq!((&told["state"], &told["reasons"]), (&json!("blocked"), &json!(["country", "address"])));
}

#[test]
fn what_became_of_a_code_is_told_in_words() {
    for (checked, expected) in [
        (Checked::Approved, "approved"),
        (Checked::Wrong { left: 1 }, "wrong: 1 attempt left"),
        (Checked::Wrong { left: 4 }, "wrong: 4 attempts left"),
        (Checked::TooMany, "it was tried too often"),
    ] {
        assert_eq!(shown::became(checked), expected);
    }
    assert!(state("blokced").is_err_and(|said| said.ends_with("did you mean blocked?")));
}
