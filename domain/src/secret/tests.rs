//! A secret is good for what it was made for, and for nothing beside it.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::Tenant;

const SECRET: &[u8] = b"a secret that is known to this test";
const NEXT: &[u8] = b"the secret of this year, which is another one";
const SALT: Salt = [9; 16];

fn secrets() -> Secrets {
    Secrets::new(&Keyring::new(SECRET, None))
}

fn key(tenant: &str, id: &str) -> Key {
    Key { tenant: Tenant::parse(tenant).unwrap(), id: id.into() }
}

fn seed<'a>(key: &'a Key, salt: &'a Salt, secrets: &'a Secrets) -> Seed<'a> {
    Seed { key, salt, key_id: secrets.key_id() }
}

#[test]
fn a_code_is_six_digits_and_the_same_whenever_it_is_derived() {
    let (secrets, key) = (secrets(), key("acme", "v-1"));
    let seed = seed(&key, &SALT, &secrets);
    let code = secrets.code(&seed, Purpose::Verify, 0).unwrap();
    assert_eq!(code, secrets.code(&seed, Purpose::Verify, 0).unwrap());
    assert!(code.shown().len() == CODE_DIGITS && code.shown().bytes().all(|digit| digit.is_ascii_digit()));
    assert_eq!(format!("{code:?} {secrets:?}"), "Code Secrets");
    for typed in [code.shown().to_owned(), format!(" {} {}\n", &code.shown()[..3], &code.shown()[3..])] {
        assert!(secrets.is_code(&seed, Purpose::Verify, 0, &typed), "{typed:?}");
    }
    let zeros = " ".repeat(MAX_TYPED_BYTES);
    for wrong in ["", "-", &code.shown()[1..], &format!("{}0", code.shown()), &format!("{zeros}{}", code.shown()), "ñ"]
    {
        assert!(!secrets.is_code(&seed, Purpose::Verify, 0, wrong), "{wrong:?}");
    }
}

#[test]
fn secrets_are_the_same_for_ever() {
    let (secrets, key) = (secrets(), key("acme", "v-1"));
    let seed = seed(&key, &SALT, &secrets);
    // Any other implementation of RFC 5869, RFC 2104 and RFC 4122 computes the same.
    assert_eq!(secrets.key_id(), "36128404");
    assert_eq!(secrets.code(&seed, Purpose::Verify, 0).unwrap().shown(), "977714");
    assert_eq!(secrets.button(&seed, 1, 2).unwrap(), "AaWIe7H-214HhD53ZbCNuvABAAKygMCBCjzLVrrXQjhDSchT");
}

#[test]
fn every_digit_is_as_likely_at_every_place_of_a_code() {
    let secrets = secrets();
    let mut seen = BTreeMap::<(usize, char), u32>::new();
    for n in 0..6_000 {
        let key = key("acme", &format!("v-{n}"));
        let code = secrets.code(&seed(&key, &SALT, &secrets), Purpose::Verify, 0).unwrap();
        for at in code.shown().char_indices() {
            *seen.entry(at).or_default() += 1;
        }
    }
    // 600 are expected, with a standard deviation of 23; the codes are the same in every run.
    assert_eq!(seen.len(), 60);
    assert!(seen.values().all(|count| (480..720).contains(count)), "{seen:?}");
}

#[test]
fn a_ticket_fits_behind_a_button_and_says_what_it_was_made_for() {
    let (secrets, key) = (secrets(), key(&"t".repeat(64), &"i".repeat(255)));
    let seed = seed(&key, &SALT, &secrets);
    for (choice, approver) in [(0, 0), (254, u16::MAX), (3, 1)] {
        let text = secrets.button(&seed, choice, approver).unwrap();
        assert!(text.len() <= MAX_TICKET_BYTES, "{text}");
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)), "{text}");
        let ticket = Ticket::parse(&text).unwrap();
        assert_eq!((ticket.purpose, ticket.choice, ticket.approver), (Purpose::Answer, Some(choice), approver));
        assert_eq!(ticket.handle, Purpose::Answer.handle(&key));
        assert!(secrets.has_made(&seed, &ticket));
    }
    assert_eq!(secrets.button(&seed, NO_CHOICE, 0), None);
    let link = Ticket::parse(&secrets.link(&seed, Purpose::Connect, 7).unwrap()).unwrap();
    assert_eq!((link.purpose, link.choice, link.approver), (Purpose::Connect, None, 7));
    assert!(secrets.has_made(&seed, &link));
}

#[test]
fn a_ticket_of_another_tenant_ask_salt_choice_approver_or_purpose_is_refused() {
    let (secrets, own) = (secrets(), key("acme", "a-1"));
    let seed_of_own = seed(&own, &SALT, &secrets);
    let ticket = Ticket::parse(&secrets.button(&seed_of_own, 1, 2).unwrap()).unwrap();
    for other in [
        Ticket { choice: Some(0), ..ticket },
        Ticket { choice: None, ..ticket },
        Ticket { approver: 3, ..ticket },
        Ticket { purpose: Purpose::Verify, ..ticket },
        Ticket { purpose: Purpose::Verify, handle: Purpose::Verify.handle(&own), ..ticket },
        Ticket { handle: Uuid::nil(), ..ticket },
        Ticket { signature: [0; SIGNATURE_BYTES], ..ticket },
    ] {
        assert!(!secrets.has_made(&seed_of_own, &other), "{other:?}");
    }
    for (other, salt) in [(key("other", "a-1"), SALT), (key("acme", "a-2"), SALT), (own.clone(), [8; 16])] {
        let other = seed(&other, &salt, &secrets);
        assert!(!secrets.has_made(&other, &ticket), "{other:?}");
        let renamed = Ticket { handle: Purpose::Answer.handle(other.key), ..ticket };
        assert!(!secrets.has_made(&other, &renamed), "{other:?}");
    }
}

#[test]
fn whatever_is_changed_in_a_ticket_makes_it_none() {
    let (secrets, key) = (secrets(), key("acme", "a-1"));
    let seed = seed(&key, &SALT, &secrets);
    let text = secrets.button(&seed, 1, 2).unwrap();
    let mut wrong: BTreeSet<String> = BTreeSet::new();
    for at in 0..text.len() {
        let other = if text.as_bytes()[at] == b'1' { "2" } else { "1" };
        wrong.insert(format!("{}{other}{}", &text[..at], &text[at + 1..]));
        wrong.insert(format!("{}{}", &text[..at], &text[at + 1..]));
    }
    wrong.extend(["", "=", "ñ", "AAAA"].map(str::to_owned));
    wrong.extend([format!("{text}="), format!("{text}AAAA"), "A".repeat(48), "A".repeat(100_000)]);
    for text in wrong {
        let believed = Ticket::parse(&text).is_some_and(|ticket| secrets.has_made(&seed, &ticket));
        assert!(!believed, "{text}");
    }
}

#[test]
fn codes_differ_by_everything_that_they_are_derived_from() {
    let (secrets, one) = (secrets(), key("acme", "v-1"));
    let of = |key: &Key, salt: &Salt, purpose, approver| {
        secrets.code(&seed(key, salt, &secrets), purpose, approver).unwrap().shown().to_owned()
    };
    let codes: BTreeSet<String> = [
        of(&one, &SALT, Purpose::Verify, 0),
        of(&one, &SALT, Purpose::Answer, 0),
        of(&one, &SALT, Purpose::Verify, 1),
        of(&one, &[8; 16], Purpose::Verify, 0),
        of(&key("acme", "v-2"), &SALT, Purpose::Verify, 0),
        of(&key("other", "v-1"), &SALT, Purpose::Verify, 0),
        // No letter moves from one part to another.
        of(&key("acmev", "-1"), &SALT, Purpose::Verify, 0),
    ]
    .into();
    assert_eq!(codes.len(), 7);
}

#[test]
fn what_was_made_before_the_secret_was_changed_is_good_until_the_former_one_is_forgotten() {
    let (before, key) = (secrets(), key("acme", "a-1"));
    let seed = seed(&key, &SALT, &before);
    let (code, ticket) = (before.code(&seed, Purpose::Verify, 0).unwrap(), before.button(&seed, 0, 0).unwrap());
    let ticket = Ticket::parse(&ticket).unwrap();
    let now = Secrets::new(&Keyring::new(NEXT, Some(SECRET)));
    assert_ne!(now.key_id(), before.key_id());
    assert_eq!(now.code(&seed, Purpose::Verify, 0), Some(code), "a code that is sent again is the same");
    assert!(now.has_made(&seed, &ticket));
    let later = Secrets::new(&Keyring::new(NEXT, None));
    assert_eq!(later.code(&seed, Purpose::Verify, 0), None);
    assert_eq!(later.link(&seed, Purpose::Verify, 0), None);
    assert!(!later.has_made(&seed, &ticket) && !later.is_code(&seed, Purpose::Verify, 0, "000000"));
    let renamed = Seed { key_id: later.key_id(), ..seed };
    assert!(!later.has_made(&renamed, &ticket), "the name of a key alone is of no use");
}

#[test]
fn a_secret_that_others_may_know_makes_nothing_any_more() {
    let guessable = "ab".repeat(40);
    let before = Secrets::new(&Keyring::new(guessable.as_bytes(), None));
    let key = key("acme", "a-1");
    let seed = seed(&key, &SALT, &before);
    let ticket = Ticket::parse(&before.button(&seed, 0, 0).unwrap()).unwrap();
    let now = Secrets::new(&Keyring::new(SECRET, Some(guessable.as_bytes())));
    assert!(!now.has_made(&seed, &ticket));
}

#[test]
fn a_request_of_the_fleet_has_a_mark_that_nobody_else_makes() {
    let former = b"a secret of ours, of 32 bytes or more".as_slice();
    let ours = Secrets::new(&Keyring::new(former, None));
    let others = Secrets::new(&Keyring::new(b"a secret of others, 32 bytes or more", None));
    let made = ours.request_mark("/commands", r#"{"id":"c-1"}"#);
    let mark = made.as_str();
    assert!(ours.has_marked("/commands", r#"{"id":"c-1"}"#, mark));
    for (secrets, target, body, mark) in [
        (&others, "/commands", r#"{"id":"c-1"}"#, mark),
        (&ours, "/commands/event", r#"{"id":"c-1"}"#, mark),
        (&ours, "/commands", r#"{"id":"c-2"}"#, mark),
        (&ours, "/commands", r#"{"id":"c-1"}"#, ""),
        (&ours, "/commands", r#"{"id":"c-1"}"#, "no mark!"),
        (&ours, "/commands", r#"{"id":"c-1"}"#, &mark[..mark.len() - 1]),
    ] {
        assert!(!secrets.has_marked(target, body, mark), "{target} {body} {mark}");
    }
    let next = Secrets::new(&Keyring::new(b"the secret after it, 32 bytes or more", Some(former)));
    assert!(next.has_marked("/commands", r#"{"id":"c-1"}"#, mark), "while the former secret is known");
}

#[test]
fn a_call_of_a_provider_has_a_mark_that_nobody_else_makes() {
    let former = b"a secret of ours, of 32 bytes or more".as_slice();
    let ours = Secrets::new(&Keyring::new(former, None));
    let others = Secrets::new(&Keyring::new(b"a secret of others, 32 bytes or more", None));
    let (at, later) = (Timestamp::from_micros(1), Timestamp::from_micros(2));
    let (body, other): (&[u8], &[u8]) = (b"\xff", b"\xfe");
    let made = ours.call_mark("telegram", "/webhook/telegram", at, body);
    let of_a_request = ours.request_mark("/webhook/telegram", "");
    let mark = made.as_str();
    let is_ours = |secrets: &Secrets, provider: &str, target: &str, at: Timestamp, body: &[u8], mark: &str| {
        secrets.has_marked_call(provider, target, at, body, mark)
    };
    assert!(is_ours(&ours, "telegram", "/webhook/telegram", at, body, mark));
    for (secrets, provider, target, at, body, mark) in [
        (&others, "telegram", "/webhook/telegram", at, body, mark),
        (&ours, "twilio", "/webhook/telegram", at, body, mark),
        (&ours, "telegram", "/webhook/sms", at, body, mark),
        (&ours, "telegram", "/webhook/telegram", later, body, mark),
        (&ours, "telegram", "/webhook/telegram", at, other, mark),
        (&ours, "telegram", "/webhook/telegram", at, body, ""),
        (&ours, "telegram", "/webhook/telegram", at, body, of_a_request.as_str()),
    ] {
        assert!(!is_ours(secrets, provider, target, at, body, mark), "{provider} {target} {mark}");
    }
    let next = Secrets::new(&Keyring::new(b"the secret after it, 32 bytes or more", Some(former)));
    assert!(is_ours(&next, "telegram", "/webhook/telegram", at, body, mark), "while the former secret is known");
}
