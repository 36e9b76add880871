//! A message reveals what it was made for to whom it was made for, and nothing to anybody else.

use super::*;
use crate::{Keyring, Ticket};

const SECRET: &[u8] = b"a secret that is known to this test";
const NEXT: &[u8] = b"the secret of this year, which is another one";
const SALT: Salt = [9; 16];
const URL: &str = "https://notify.example";

fn secrets() -> Secrets {
    Secrets::new(&Keyring::new(SECRET, None))
}

fn key() -> Key {
    Key { tenant: Tenant::parse("acme").unwrap(), id: "a-1".into() }
}

fn channel(name: &str) -> ChannelName {
    ChannelName::parse(name).unwrap()
}

fn choices() -> Vec<AskChoice> {
    let choice = |id: &str, label: &str| AskChoice { id: id.into(), label: label.into(), refuses: id == "no" };
    vec![choice("yes", "Sí"), choice("no", "No")]
}

/// A question by mail.
struct Mail {
    channel: ChannelName,
    destination: String,
    data: Map<String, Value>,
}

impl Mail {
    fn to(destination: &str) -> Self {
        let data = Map::from_iter([("question".to_owned(), json!("Deploy?"))]);
        Self { channel: channel("email"), destination: destination.into(), data }
    }

    fn shown(&self) -> Shown<'_> {
        let Self { channel, destination, data } = self;
        Shown { channel, destination, template: Some("ask"), message: None, subject: None, data }
    }
}

/// Made for the approver 2 of the ask `a-1`, by mail.
fn made(secrets: &Secrets, purpose: Purpose) -> Interactive {
    let (key, choices) = (key(), choices());
    let seed = Seed { key: &key, salt: &SALT, key_id: secrets.key_id() };
    let choices = if purpose == Purpose::Answer { choices.as_slice() } else { &[] };
    Interactive::new(secrets, &seed, purpose, 2, choices, &Mail::to("ana@example.org").shown()).unwrap()
}

fn revealed(one: &Interactive, secrets: &Secrets) -> Result<Revealed, NotRevealed> {
    one.revealed(secrets, &key().tenant, &Mail::to("ana@example.org").shown(), Some(URL))
}

#[test]
fn it_reveals_the_code_the_link_and_the_buttons_of_its_row() {
    let (secrets, key) = (secrets(), key());
    let seed = Seed { key: &key, salt: &SALT, key_id: secrets.key_id() };
    let answer = revealed(&made(&secrets, Purpose::Answer), &secrets).unwrap();
    assert!(secrets.is_code(&seed, Purpose::Answer, 2, answer.code.as_deref().unwrap()));
    let link = answer.link.unwrap();
    let ticket = Ticket::parse(link.strip_prefix("https://notify.example/a/").unwrap()).unwrap();
    assert!(secrets.has_made(&seed, &ticket), "{link}");
    let labels: Vec<&str> = answer.buttons.iter().map(|(label, _)| label.as_str()).collect();
    assert_eq!(labels, ["Sí", "No"]);
    for (place, (_, data)) in (0..).zip(&answer.buttons) {
        let ticket = Ticket::parse(data).unwrap();
        assert_eq!((ticket.choice, ticket.approver, secrets.has_made(&seed, &ticket)), (Some(place), 2, true));
    }
    let verify = revealed(&made(&secrets, Purpose::Verify), &secrets).unwrap();
    assert!(verify.link.as_ref().unwrap().starts_with("https://notify.example/v/"));
    assert!(verify.buttons.is_empty() && verify.code.is_some());
    assert_eq!(format!("{verify:?}"), "Revealed");
}

#[test]
fn without_an_address_of_the_installation_there_is_no_link() {
    let secrets = secrets();
    let one = made(&secrets, Purpose::Answer);
    let revealed = one.revealed(&secrets, &key().tenant, &Mail::to("ana@example.org").shown(), None).unwrap();
    assert!(revealed.link.is_none() && revealed.code.is_some() && revealed.buttons.len() == 2);
}

#[test]
fn a_copy_for_another_tenant_channel_or_destination_reveals_nothing() {
    let secrets = secrets();
    let one = made(&secrets, Purpose::Answer);
    for (tenant, to, destination) in [
        ("other", "email", "ana@example.org"),
        ("acme", "sms", "ana@example.org"),
        ("acme", "email", "eve@example.org"),
        ("acme", "email", "ana@example.org "),
        ("acme", "email", ""),
    ] {
        let tenant = Tenant::parse(tenant).unwrap();
        let mail = Mail { channel: channel(to), ..Mail::to(destination) };
        let not = one.revealed(&secrets, &tenant, &mail.shown(), Some(URL));
        assert_eq!(not, Err(NotRevealed::Forged), "{tenant} {to} {destination}");
    }
}

#[test]
fn whatever_is_changed_in_it_makes_it_forged() {
    let secrets = secrets();
    let one = made(&secrets, Purpose::Answer);
    let pairs = |pairs: &[(&str, &str)]| pairs.iter().map(|(id, label)| ((*id).into(), (*label).into())).collect();
    for other in [
        Interactive { purpose: Purpose::Verify, ..one.clone() },
        Interactive { purpose: Purpose::Connect, ..one.clone() },
        Interactive { id: "a-2".into(), ..one.clone() },
        Interactive { approver: 1, ..one.clone() },
        Interactive { salt: [8; 16], ..one.clone() },
        Interactive { choices: Vec::new(), ..one.clone() },
        Interactive { choices: pairs(&[("yes", "No"), ("no", "Sí")]), ..one.clone() },
        Interactive { choices: pairs(&[("no", "No"), ("yes", "Sí")]), ..one.clone() },
        Interactive { choices: pairs(&[("yesS", "í"), ("no", "No")]), ..one.clone() },
        Interactive { mark: [0; 32], ..one.clone() },
    ] {
        assert_eq!(revealed(&other, &secrets), Err(NotRevealed::Forged), "{other:?}");
    }
    let unnamed = Interactive { key_id: "00000000".into(), ..one };
    assert_eq!(revealed(&unnamed, &secrets), Err(NotRevealed::UnknownKey));
}

#[test]
fn under_other_words_it_reveals_nothing() {
    let secrets = secrets();
    let one = made(&secrets, Purpose::Answer);
    let mail = Mail::to("ana@example.org");
    let shown = mail.shown();
    let other =
        Mail { data: Map::from_iter([("question".to_owned(), json!("Lunch?"))]), ..Mail::to("ana@example.org") };
    let mut more = Mail::to("ana@example.org");
    more.data.insert("choices".into(), json!([]));
    for other in [
        other.shown(),
        more.shown(),
        Shown { template: Some("verify"), ..shown },
        Shown { template: None, message: Some("ask"), ..shown },
        Shown { template: None, ..shown },
        Shown { message: Some("Lunch?"), ..shown },
        Shown { subject: Some("Lunch?"), ..shown },
    ] {
        let not = one.revealed(&secrets, &key().tenant, &other, Some(URL));
        assert_eq!(not, Err(NotRevealed::Forged), "{:?} {:?}", other.template, other.data);
    }
}

#[test]
fn the_order_in_which_data_were_written_does_not_matter() {
    let hash = |data: &str| words::content_of_words(&[None], &serde_json::from_str(data).unwrap());
    let same = hash(r#"{"b": {"y": 1, "x": [true, null]}, "a": "\u0041"}"#);
    assert_eq!(hash(r#"{ "a": "A", "b": {"x": [true, null], "y": 1} }"#), same);
    for other in [
        r#"{"a": "A", "b": {"x": [null, true], "y": 1}}"#,
        r#"{"a": "A", "b": {"x": [true], "y": 1}}"#,
        r#"{"a": "A", "b": {"x": [true, null], "y": "1"}}"#,
        r#"{"a": "A", "x": [true, null], "b": {"y": 1}}"#,
    ] {
        assert_ne!(hash(other), same, "{other}");
    }
}

#[test]
fn a_mark_is_no_ticket_and_the_same_for_ever() {
    let one = made(&secrets(), Purpose::Answer);
    // Any other implementation of RFC 5869 and RFC 2104 computes the same.
    assert_eq!(one.to_value()["mark"], "uJ1nQYhIJtbyxRa-TccG8-XkNsQYH4l2ZXOHKM1-g_c");
    assert_eq!(Ticket::parse(&URL_SAFE_NO_PAD.encode(one.mark)), None);
    assert_ne!(one.mark, made(&secrets(), Purpose::Verify).mark);
}

#[test]
fn no_message_connects_an_account() {
    let (secrets, key) = (secrets(), key());
    let seed = Seed { key: &key, salt: &SALT, key_id: secrets.key_id() };
    let made = Interactive::new(&secrets, &seed, Purpose::Connect, 0, &[], &Mail::to("1").shown());
    assert_eq!(made, None);
}

#[test]
fn it_is_good_until_the_former_secret_is_forgotten() {
    let before = secrets();
    let one = made(&before, Purpose::Verify);
    let now = Secrets::new(&Keyring::new(NEXT, Some(SECRET)));
    assert_eq!(revealed(&one, &now), revealed(&one, &before), "a code that is sent again is the same");
    let later = Secrets::new(&Keyring::new(NEXT, None));
    assert_eq!(revealed(&one, &later), Err(NotRevealed::UnknownKey));
    let (key, key_id) = (key(), before.key_id().to_owned());
    let seed = Seed { key: &key, salt: &SALT, key_id: &key_id };
    let none = Interactive::new(&later, &seed, Purpose::Verify, 0, &[], &Mail::to("ana@example.org").shown());
    assert_eq!(none, None);
}

#[test]
fn it_reads_as_it_is_written() {
    let secrets = secrets();
    for purpose in [Purpose::Answer, Purpose::Verify] {
        let one = made(&secrets, purpose);
        assert_eq!(Interactive::read(&one.to_value()), Ok(one));
    }
}

#[test]
fn what_is_wrong_in_it_is_told_at_once_and_no_value_of_it() {
    let written = made(&secrets(), Purpose::Answer).to_value();
    let changed = |name: &str, value: Value| {
        let mut object = written.as_object().unwrap().clone();
        object.insert(name.into(), value);
        Value::Object(object)
    };
    let many = vec![json!(["yes", "Sí"]); 11];
    for (name, value) in [
        ("purpose", json!("connect")),
        ("purpose", json!("Answer")),
        ("id", json!("")),
        ("id", json!("i".repeat(256))),
        ("id", json!("a\n1")),
        ("approver", json!(-1)),
        ("approver", json!(65_536)),
        ("approver", json!("0")),
        ("salt", json!("AAAA")),
        ("salt", json!("!".repeat(22))),
        ("key_id", json!("AB12CD34")),
        ("key_id", json!(null)),
        ("choices", json!(many)),
        ("choices", json!([["yes"]])),
        ("choices", json!([["yes", "a\0b"]])),
        ("choices", json!({})),
        ("mark", json!("A".repeat(44))),
        ("extra", json!("secret")),
    ] {
        let errors = Interactive::read(&changed(name, value)).unwrap_err();
        let pointers: Vec<&str> = errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(pointers, [format!("/{name}")], "{errors:?}");
        assert!(!errors[0].detail.contains("secret"));
    }
    assert_eq!(Interactive::read(&json!({})).unwrap_err().len(), 7);
    assert_eq!(Interactive::read(&json!("forged")).unwrap_err()[0].pointer, "");
}
