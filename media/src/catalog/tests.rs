//! What every medium promises, checked for all of them, so that a new one is covered without an edit here.

use serde_json::json;

use super::*;

#[test]
fn every_channel_has_a_name_that_publishers_can_write_and_an_example_that_it_accepts() {
    for medium in MEDIA {
        assert_eq!(name(medium).as_str(), medium.name);
        assert_eq!(check_destination(&name(medium), medium.example), Ok(()), "{}", medium.name);
        assert_eq!(medium.kind_of(medium.example), "", "{}", medium.name);
        for kind in medium.kinds {
            assert_eq!(check_destination(&name(medium), kind.example), Ok(()), "{}", kind.prefix);
            assert_eq!(medium.kind_of(kind.example), kind.prefix);
        }
    }
    assert!(known().is_sorted(), "lists are read by people: {:?}", known());
}

#[test]
fn destinations_that_reach_the_same_are_compared_as_one() {
    let apns = "apns:00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee";
    let in_capitals = apns.to_ascii_uppercase().replacen("APNS", "apns", 1);
    let browser = crate::webpush::MEDIUM.example;
    let with_time = browser.replacen('{', r#"{"expirationTime":null,"#, 1);
    for (channel, one, other) in [
        ("email", "Ana@Example.ORG", "ana@example.org"),
        ("email", "ana@bücher.example", "ANA@xn--bcher-kva.example"),
        ("whatsapp", "whatsapp:+14155550100", "+14155550100"),
        ("push", in_capitals.as_str(), apns),
        ("webpush", browser, with_time.as_str()),
        ("webhook", "https://hooks.example.org", "https://hooks.example.org/"),
        ("webhook", "endpoint:orders:2::seal:https://hooks.example.org/a", "https://hooks.example.org/a"),
    ] {
        let channel = ChannelName::parse(channel).unwrap();
        assert_eq!(compared(&channel, one), compared(&channel, other), "{channel}");
    }
    for (channel, one, other) in [
        ("email", "a.na@example.org", "ana@example.org"),
        ("email", "ana+news@example.org", "ana@example.org"),
        ("sms", "+14155550100", "+14155550101"),
        ("push", "example-token:APA91bExampleOnly", "example-token:apa91bexampleonly"),
        ("email", "no address", "No address"),
        ("pigeon", "Left", "left"),
    ] {
        let channel = ChannelName::parse(channel).unwrap();
        assert_ne!(compared(&channel, one), compared(&channel, other), "{channel}");
    }
    for medium in MEDIA {
        let once = (medium.compared)(medium.example);
        assert_eq!((medium.compared)(&once), once, "{}: it is its own form", medium.name);
    }
}

#[test]
fn no_channel_accepts_an_empty_destination_control_characters_or_a_list() {
    let examples = MEDIA.iter().flat_map(|medium| {
        let of_kinds = medium.kinds.iter().map(|kind| kind.example);
        std::iter::once(medium.example).chain(of_kinds).map(move |example| (medium, example))
    });
    for (medium, example) in examples {
        let bad =
            ["\r\n", "\n", "\0", "\t", "\u{1b}", "\u{85}", "\u{2028}", "\u{2029}", "\u{202e}", "\u{2066}", "\u{200f}"];
        let inside = bad.iter().map(|c| example.replacen(char::is_alphanumeric, &format!("{c}a"), 1));
        let around = bad.iter().flat_map(|c| [format!("{c}{example}"), format!("{example}{c}")]);
        let others = [String::new(), " ".into(), format!("{example},{example}"), "x".repeat(100_000)];
        for destination in inside.chain(around).chain(others) {
            let refused = check_destination(&name(medium), &destination);
            let Err(DestinationError::Bad(why)) = refused else { panic!("{} took {destination:?}", medium.name) };
            assert!(why.starts_with("must "), "{}: {why}", medium.name);
            assert!(destination.trim().is_empty() || !why.contains(&destination), "{}: {why}", medium.name);
        }
    }
    let unknown = check_destination(&ChannelName::parse("pigeon").unwrap(), "x").unwrap_err();
    assert_eq!(unknown.to_string(), format!("unknown channel; known are {}", known().join(", ")));
}

#[test]
fn a_name_in_the_data_that_is_nearly_one_which_the_channel_reads_is_told_with_the_one_that_was_meant() {
    let told = |channel: &str, data: &Value, used: &str| {
        let Value::Object(data) = data else { panic!("{data}") };
        let slips = slips(&ChannelName::parse(channel).unwrap(), data, |name| name == used);
        slips.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    for (name, meant, channels) in [
        ("media_url", "media_urls", "sms whatsapp"),
        ("mediaUrls", "media_urls", "sms whatsapp"),
        ("content_varables", "content_variables", "whatsapp"),
        ("contentVariables", "content_variables", "whatsapp"),
        ("ContentSid", "content_sid", "whatsapp"),
        ("contentsid", "content_sid", "whatsapp"),
        ("whatsapp_tempalte", "whatsapp_template", "whatsapp"),
        ("whatsappTemplate", "whatsapp_template", "whatsapp"),
        ("whatsapp_button", "whatsapp_buttons", "whatsapp"),
        ("google_fcm", "google.fcm", "push"),
        ("googel.fcm", "google.fcm", "push"),
        ("Google.fcm", "google.fcm", "push"),
        ("google-fcm", "google.fcm", "push"),
        ("gogle.fcm", "google.fcm", "push"),
        ("fcm", "google.fcm", "push"),
    ] {
        for medium in MEDIA {
            let is_read = channels.split(' ').any(|channel| channel == medium.name);
            let expected = is_read.then(|| format!("data/{name} is not read: did you mean {meant}?"));
            assert_eq!(told(medium.name, &json!({ name: {} }), ""), Vec::from_iter(expected), "{name} {}", medium.name);
            assert_eq!(told(medium.name, &json!({ name: {} }), name), [""; 0], "a template's own: {name}");
            assert_eq!(told(medium.name, &json!({ name: {}, meant: {} }), ""), [""; 0], "beside it: {name}");
            assert_eq!(told(medium.name, &json!({ name: null }), ""), [""; 0], "null counts as absent: {name}");
        }
    }
    assert_eq!(told("push", &json!({"fcm": "of the app", "google_fcm": 7}), ""), [""; 0]);
    let many: Map<String, Value> = (0..1000).map(|n| (format!("media_url{n}"), Value::Bool(true))).collect();
    assert!(told("sms", &Value::Object(many), "").len() <= MAX_COMPARED_NAMES);
}

#[test]
fn what_a_mail_alone_has_is_told_of_on_every_other_channel() {
    let Value::Object(mail) = json!({"cc": ["b@example.org"], "attachments": [7]}) else { unreachable!() };
    for medium in MEDIA {
        let mut found: Vec<String> = misplaced(&name(medium), &mail).iter().map(ToString::to_string).collect();
        found.sort();
        let why = format!("is of a mail alone, and not sent by {}", medium.name);
        let expected = [format!("attachments {why}"), format!("cc {why}")];
        assert_eq!(
            found,
            match medium.files {
                Carriage::Bytes(_) if medium.name == "email" => Vec::new(),
                Carriage::Nothing => expected.to_vec(),
                _ => expected[1..].to_vec(),
            }
        );
    }
    assert_eq!(misplaced(&ChannelName::parse("pigeon").unwrap(), &mail), []);
}

fn name(medium: &Medium) -> ChannelName {
    ChannelName::parse(medium.name).unwrap()
}
