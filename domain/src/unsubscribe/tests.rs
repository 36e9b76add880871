//! A link opens for the installation that made it, and for nobody who has changed anything in it.

use std::collections::BTreeSet;

use super::*;
use crate::Keyring;

const SECRET: &[u8] = b"a secret that is known to this test";

fn subscriber(tenant: &str, channel: &str, list: &str, destination: &str) -> Subscriber {
    Subscriber {
        tenant: Tenant::parse(tenant).unwrap(),
        channel: ChannelName::parse(channel).unwrap(),
        list: list.into(),
        destination: destination.into(),
    }
}

fn links(keys: &Keyring) -> UnsubscribeLinks {
    UnsubscribeLinks::new("https://notify.example.org".into(), keys.links())
}

/// What stands behind the path of a link.
fn sealed(keys: &Keyring, of: &Subscriber) -> String {
    links(keys).to(of).strip_prefix("https://notify.example.org/unsubscribe/").unwrap().to_owned()
}

#[test]
fn a_link_is_the_same_for_ever_and_opens_for_whoever_has_the_secret() {
    let keys = Keyring::new(SECRET, None);
    for ana in [
        subscriber("default", "email", "news", "ana@example.org"),
        subscriber("acme-1", "sms", "a_b-C", "+12025550143"),
        subscriber("default", "email", "news", &format!("{}@example.org", "ñ".repeat(60))),
        subscriber("default", "email", "news", ""),
    ] {
        let text = sealed(&keys, &ana);
        assert_eq!(text, sealed(&keys, &ana));
        assert_eq!(Subscriber::unsealed(&text, &keys.links()), Some(ana.clone()));
        assert!(ana.destination.is_empty() || !text.contains(&ana.destination), "{text}");
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)), "{text}");
    }
    // Any other implementation of RFC 8452 computes the same.
    let known = "default.email.news.44f1fdf87ab61040e19e2646b904b699b3016a51f41bee5bcc95c276d6c446";
    assert_eq!(sealed(&keys, &subscriber("default", "email", "news", "ana@example.com")), known);
    assert_eq!(
        format!("{:?}", subscriber("default", "email", "news", "ana@example.org")),
        "Subscriber(default, email, news)"
    );
}

#[test]
fn the_longest_link_fits_into_a_line_of_a_mail() {
    let keys = Keyring::new(SECRET, None);
    let longest = subscriber(&"t".repeat(64), &"c".repeat(32), &"l".repeat(64), &"a".repeat(254));
    let text = sealed(&keys, &longest);
    assert!(text.len() <= MAX_SEALED_BYTES && text.len() + 200 < 960, "{}", text.len());
    assert_eq!(Subscriber::unsealed(&text, &keys.links()), Some(longest));
}

#[test]
fn whatever_is_changed_in_a_link_makes_it_none() {
    let keys = Keyring::new(SECRET, None);
    let text = sealed(&keys, &subscriber("default", "email", "news", "ana@example.org"));
    let (place, digits) = text.rsplit_once('.').unwrap();
    let mut wrong: BTreeSet<String> = BTreeSet::new();
    for at in 0..text.len() {
        let other = if text.as_bytes()[at] == b'1' { "2" } else { "1" };
        wrong.insert(format!("{}{other}{}", &text[..at], &text[at + 1..]));
        wrong.insert(format!("{}{}", &text[..at], &text[at + 1..]));
    }
    for list in
        ["default.email.offers", "acme.email.news", "default.sms.news", "default.email.news.x", "default.email", ""]
    {
        wrong.insert(format!("{list}.{digits}"));
    }
    for more in
        [place, digits, "", "....", "a.b.c.d", "default.email.news.", "default.email.news.zz", "default.email.news.é"]
    {
        wrong.insert(more.to_owned());
    }
    wrong.insert(format!("{text}00"));
    wrong.insert("0".repeat(100_000));
    for text in wrong {
        assert_eq!(Subscriber::unsealed(&text, &keys.links()), None, "{text}");
    }
}

#[test]
fn a_link_of_a_former_secret_still_opens_unless_others_may_have_that_secret() {
    let ana = subscriber("default", "email", "news", "ana@example.org");
    let before = Keyring::new(b"a former secret that nobody else has", None);
    let text = sealed(&before, &ana);
    let now = Keyring::new(SECRET, Some(b"a former secret that nobody else has"));
    assert_eq!(Subscriber::unsealed(&text, &now.links()), Some(ana.clone()));
    assert_eq!(Subscriber::unsealed(&text, &Keyring::new(SECRET, None).links()), None);
    assert_ne!(sealed(&now, &ana), text, "new links are of the new secret");
    let guessable = "ab".repeat(40);
    let text = sealed(&Keyring::new(guessable.as_bytes(), None), &ana);
    let now = Keyring::new(SECRET, Some(guessable.as_bytes()));
    assert_eq!(Subscriber::unsealed(&text, &now.links()), None);
}
