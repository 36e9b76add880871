//! What a conversation is, how long a text may be, and what is no button and no message to be edited.

use serde_json::json;

use super::*;

fn told(text: &str, data: Value) -> Vec<String> {
    let Value::Object(data) = data else { panic!("{data}") };
    let words = Words { subject: None, text, data: &data, mail: None };
    faults(&words).iter().map(ToString::to_string).collect()
}

#[test]
fn a_destination_is_the_id_of_a_person_a_channel_or_a_conversation() {
    let long = format!("C{}", "0".repeat(30));
    for good in ["U012AB3CD", "W012AB3CD", "C012AB3CD", "G012AB3CD", "D012AB3CD", "U01234567", long.as_str()] {
        assert_eq!(check(good), Ok(()), "{good}");
    }
    let too_long = format!("C{}", "0".repeat(31));
    for bad in
        ["#general", "@ana", "general", "u012ab3cd", "U012", "T012AB3CD", "C012-AB3CD", "C012AB3CÑ", too_long.as_str()]
    {
        assert!(check(bad).is_err_and(|why| why.starts_with("must be the id of")), "{bad}");
    }
    assert!(is_of_two("D012AB3CD") && !is_of_two("C012AB3CD") && !is_of_two("U012AB3CD") && !is_of_two(""));
}

#[test]
fn a_text_has_as_many_characters_as_an_edit_may_have() {
    assert_eq!(told(&"é".repeat(4000), json!({})), [""; 0]);
    assert_eq!(told(&"é".repeat(4001), json!({})), ["message has 4001 characters, Slack takes 4000"]);
    for empty in ["", " \n"] {
        assert_eq!(told(empty, json!({ "buttons": [] })), ["message must not be empty"]);
    }
}

#[test]
fn buttons_are_those_of_every_messenger_within_the_limits_of_slack() {
    let button = |text: &str, data: &str| json!({ "text": text, "data": data });
    let right = button(&"x".repeat(75), &"x".repeat(2000));
    for buttons in [Value::Null, json!([]), json!([[right], [{ "text": "Open", "url": "https://example.org" }]])] {
        assert_eq!(told("Hi", json!({ "buttons": buttons.clone() })), [""; 0], "{buttons}");
    }
    for (buttons, expected) in [
        (json!([vec![right.clone(); 26]]), "data/buttons/0 has 26 buttons, Slack takes 25 in a row"),
        (json!(vec![vec![right.clone()]; 49]), "data/buttons has 49 buttons, Slack takes 48"),
        (
            json!([[button(&"x".repeat(76), "a")]]),
            "data/buttons/0/0/text must have at most 75 characters: Slack takes no more",
        ),
        (json!([[button("a", &"x".repeat(2001))]]), "data/buttons/0/0/data must be a text of 1 to 2000 bytes"),
        (
            json!([[{ "text": "a", "url": "tg://user?id=1" }]]),
            "data/buttons/0/0/url must be a URL that begins with https://, http://",
        ),
    ] {
        assert_eq!(told("Hi", json!({ "buttons": buttons })), [expected]);
    }
}

#[test]
fn a_message_is_edited_by_the_id_that_was_told_of_it() {
    let read = |edit: &str| {
        let Value::Object(data) = json!({ "slack": { "edit": edit } }) else { unreachable!() };
        let edited = options(&data).edits;
        edited.map(|edited| (edited.conversation.map(str::to_owned), edited.ts.to_owned()))
    };
    assert_eq!(read("1712345678.123456"), Some((None, "1712345678.123456".into())));
    let behind = read("D012AB3CD/1712345678.123456");
    assert_eq!(behind, Some((Some("D012AB3CD".into()), "1712345678.123456".into())));
    let must =
        "data/slack/edit must be the provider_id of a message that was sent, such as \"C012AB3CD/1712345678.123456\"";
    for edit in ["", "7", "1.", ".1", "a/1.1", "C012AB3CD/", "1.1.1", &"1".repeat(40)] {
        assert_eq!(told("Hi", json!({ "slack": { "edit": edit } })), [must], "{edit}");
    }
    assert_eq!(told("Hi", json!({ "slack": 7 })), ["data/slack must be an object, which may have edit"]);
    let slip = "data/slack/edits is not read; known are edit: did you mean edit?";
    assert_eq!(told("Hi", json!({ "slack": { "edits": null } })), [slip]);
}

#[test]
fn buttons_are_put_where_slack_takes_them_all() {
    let pairs = |labels: &[&str]| -> Vec<(String, String)> {
        labels.iter().enumerate().map(|(at, label)| ((*label).to_owned(), format!("t-{at}"))).collect()
    };
    let put = |labels: &[&str]| {
        let mut data = Map::new();
        put_buttons("Deploy?", &mut data, &pairs(labels));
        shown(&Words { subject: None, text: "Deploy?", data: &data, mail: None })
    };
    assert_eq!(put(&["Sí", "No"]).as_deref(), Some("Deploy?\n[Sí: t-0]\n[No: t-1]"));
    let long = "x".repeat(76);
    for labels in [&[][..], &[long.as_str()], &["a\nb"]] {
        assert_eq!(put(labels), None, "{labels:?}");
    }
}
