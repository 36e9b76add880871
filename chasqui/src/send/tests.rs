//! Every problem with a command line is reported at once, by the names of its options.

use clap::Parser as _;
use domain::Notification;

use super::*;

#[derive(clap::Parser)]
struct Line {
    #[command(flatten)]
    send: Send,
}

fn read(words: &[&str]) -> Result<Notification, String> {
    let line = Line::try_parse_from([&["send"], words].concat()).map_err(|error| error.to_string())?;
    let checker = Checker::new(std::sync::Arc::new(templates::Templates::embedded("en").unwrap()))
        .carried_by(channels::known_providers());
    let read = line.send.notification(&checker, &Defaults { channel: None }).map_err(|error| error.to_string());
    read.map(|checked| checked.notification)
}

#[test]
fn what_is_wrong_is_told_at_once_by_the_names_of_the_options() {
    let told = read(&["--channel", "fax"]).unwrap_err();
    for words in ["--channel is an unknown channel; known are email", "--to is", "--message is"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert!(!told.contains("/message") && !told.contains("/destination"), "{told}");
    let told =
        read(&["--channel", "email", "--to", "not-an-address", "--data", "{", "--priority", "soon"]).unwrap_err();
    for words in ["--to must be an email address", "--data is not JSON", "--priority", "--message is"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert!(!told.contains("not-an-address"), "{told}");
}

#[test]
fn the_only_provider_that_may_carry_it_is_one_of_its_channel() {
    let by = |name| read(&["--channel", "email", "--to", "ana@example.com", "--message", "m", "--provider", name]);
    assert_eq!(by("sendgrid").expect("valid").provider.as_deref(), Some("sendgrid"));
    for (name, words) in [
        ("sengrid", "--provider is an unknown provider; known are"),
        ("twilio", "--provider does not carry email; known for it are smtp, sendgrid"),
        ("", "--provider is empty"),
    ] {
        let told = by(name).expect_err(name);
        assert!(told.contains(words), "{name}: {told}");
    }
}

#[test]
fn data_that_is_no_object_is_told_by_what_it_is() {
    let sms = ["--channel", "sms", "--to", "+12025550143", "--message", "m", "--data"];
    for (data, words) in [
        ("[1]", "--data must be a JSON object, not a list; give an object, such as"),
        ("7", "--data must be a JSON object, not a number; give"),
        ("\"x\"", "--data must be a JSON object, not a string; give"),
        ("", "--data is empty; give"),
        ("{name: 1}", "--data is not JSON"),
        ("{\"v\": 1, \"v\": 2}", "--data (v) is given twice"),
    ] {
        let told = read(&[&sms[..], &[data]].concat()).expect_err(data);
        assert!(told.contains(words), "{data}: {told}");
    }
    assert!(read(&[&sms[..], &["{}"]].concat()).is_ok());
}

#[test]
fn of_data_that_cannot_be_read_nothing_is_said_to_be_missing() {
    let mail = ["--channel", "email", "--to", "ana@example.com", "--template", "welcome", "--data"];
    for data in ["{\"name\":1", "", "[1]", "{\"name\": 1, \"name\": 2}"] {
        let told = read(&[&mail[..], &[data]].concat()).expect_err(data);
        assert!(told.contains("--data") && !told.contains("is missing"), "{data}: {told}");
    }
    let told = read(&[&mail[..], &["{\"name\": 1}"]].concat()).unwrap_err();
    assert!(told.contains("--data (product) is missing"), "{told}");
    let told = read(&["--channel", "email", "--to", "x", "--template", "welcom", "--data", "{"]).unwrap_err();
    assert!(told.contains("--to must be") && told.contains("did you mean welcome?"), "{told}");
}

#[test]
fn a_time_to_live_is_told_with_its_unit_and_range_together_with_the_rest() {
    let sms = ["--channel", "sms", "--message", "m", "--ttl"];
    for ttl in ["5x", "-5", "0", "1.5", "316224001", "many"] {
        let told = read(&[&sms[..], &[ttl]].concat()).expect_err(ttl);
        let words = "--ttl must be a whole number of seconds from 1 to 316224000 (ten years)";
        assert!(told.contains(words) && told.contains("--to is missing"), "{ttl}: {told}");
    }
    let sms = read(&[&sms[..], &["600", "--to", "+12025550143"]].concat()).unwrap();
    assert_eq!(sms.expiry, domain::Expiry::Ttl(600));
}

#[test]
fn an_option_without_a_value_is_not_taken_for_one_that_was_left_out() {
    let sms = ["--channel", "sms", "--to", "+12025550143", "--message", "m"];
    for option in ["--send-at", "--ttl", "--id", "--priority", "--tenant", "--locale", "--template"] {
        let told = read(&[&sms[..], &[option, ""]].concat()).expect_err(option);
        assert!(told.contains(&format!("{option} is empty")), "{told}");
    }
    let told = read(&[&sms[..], &["--id", "a\u{1b}[2J"]].concat()).expect_err("refused");
    assert!(told.contains("--id must not contain the control character U+001B"), "{told}");
}

#[test]
fn a_text_may_begin_with_a_hyphen() {
    let sms = read(&["--channel", "sms", "--to", "+12025550143", "--message", "-5 °C", "--subject", "--"]).unwrap();
    assert_eq!(sms.destination, "+12025550143");
    read(&["--channel", "sms", "--to", "+12025550143", "--message=-5 °C and --wait"]).unwrap();
}

#[test]
fn an_option_in_the_place_of_a_text_is_no_text() {
    for words in [["--message", "--wait"], ["--message", "--to=+12025550143"], ["--subject", "--message"]] {
        let told = read(&[&["--channel", "sms", "--to", "+12025550143"], &words[..]].concat()).unwrap_err();
        assert!(told.contains("has no text"), "{words:?}: {told}");
    }
    for (text, near) in [("--mesage", "--message"), ("--wiat", "--wait"), ("--chanel=sms", "--channel")] {
        let words = ["--channel", "email", "--to", "ana@example.org", "--message", "m", "--subject", text];
        let told = read(&words).unwrap_err();
        assert!(
            told.contains(&format!("--subject has no text: what follows it is nearly the option {near}")),
            "{told}"
        );
    }
    for text in ["--wiat for it", "-- wait", "---", "--no--"] {
        let words = ["--channel", "email", "--to", "ana@example.org", "--message", "m", "--subject", text];
        assert_eq!(read(&words).expect(text).wording.subject.as_deref(), Some(text));
    }
}

#[test]
fn the_default_channel_is_in_the_body_for_a_worker_that_has_none() {
    let line = Line::try_parse_from(["send", "--to", "+12025550143", "--message", "m"]).expect("options");
    let checker = Checker::new(std::sync::Arc::new(templates::Templates::embedded("en").unwrap()));
    let sms = Defaults { channel: domain::ChannelName::parse("sms").ok() };
    let checked = line.send.notification(&checker, &sms).expect("valid");
    let read = Notification::decode(&checked.body, &Defaults { channel: None }).expect("it needs no default");
    assert_eq!(read.channel.as_str(), "sms");
}
