//! Who carries what is said in words that are known, and what is nearly right of a provider is told.

use testkit::keys::{p256, p256_private_pem};

use super::*;

const SENDER: (&str, &str) = ("FROM_EMAIL", "a@example.org");
const SENDGRID: (&str, &str) = ("SENDGRID_API_KEY", "SG.hidden");
const CLOUD: [(&str, &str); 2] =
    [("WHATSAPP_CLOUD_ACCESS_TOKEN", "EAA"), ("WHATSAPP_CLOUD_PHONE_NUMBER_ID", "106540352242922")];

#[test]
fn a_word_that_is_no_provider_of_mail_is_told_as_one() {
    let told = |provider: &str| one_problem(&[("EMAIL_PROVIDER", provider)]);
    for (provider, hint) in [("smpt", "did you mean smtp? "), ("sendgird", "did you mean sendgrid? "), ("ses", "")] {
        let told = told(provider);
        let words = "EMAIL_PROVIDER has a word that is no provider: ";
        let known = "known are smtp, sendgrid; most others take mail by SMTP as well (SMTP_HOST)";
        assert_eq!(told, format!("{words}{hint}{known}"), "{provider}");
    }
    let told = one_problem(&[("EMAIL_PROVIDERS", "smtp,hidden"), ("SMTP_HOST", "mail.example"), SENDER]);
    assert!(told.starts_with("EMAIL_PROVIDERS has a word that is no provider, number 2 of 2: known are"), "{told}");
    let told = one_problem(&[("EMAIL_PROVIDERS", "smtp;sendgrid"), ("SMTP_HOST", "mail.example"), SENDER, SENDGRID]);
    assert_eq!(told, "EMAIL_PROVIDERS must have a comma between two providers, such as smtp,sendgrid");
    read(Role::Worker, &[("EMAIL_PROVIDER", "SMTP"), ("SANDBOX", "all")]).expect("accepted");
}

#[test]
fn who_carries_email_is_said_once_or_twice_in_the_same_words() {
    let mail = [("SMTP_HOST", "mail.example"), SENDER, SENDGRID];
    let named = |settings: &[(&str, &str)]| {
        let config = read(Role::Worker, &[&mail[..], &[("SANDBOX", "off")], settings].concat());
        let mut config = config.unwrap_or_else(|problems| panic!("{settings:?}: {problems}"));
        config.channels.preferred.remove("email")
    };
    assert_eq!(named(&[]), None);
    for one in ["EMAIL_PROVIDERS", "EMAIL_PROVIDER"] {
        assert_eq!(named(&[(one, " SendGrid , smtp,")]), Some(vec!["sendgrid", "smtp"]));
    }
    let twice = [("EMAIL_PROVIDERS", "sendgrid"), ("EMAIL_PROVIDER", "sendgrid")];
    assert_eq!(named(&twice), Some(vec!["sendgrid"]));
    let both = [("EMAIL_PROVIDERS", "sendgrid,smtp"), ("EMAIL_PROVIDER", "smtp")];
    let told = one_problem(&[&mail[..], &both].concat());
    let words = "EMAIL_PROVIDER is another than EMAIL_PROVIDERS, and means the same: leave one of the two out";
    assert_eq!(told, words);
}

#[test]
fn a_list_that_names_nobody_or_somebody_twice_is_refused() {
    for (name, list, words) in [
        ("EMAIL_PROVIDERS", "smtp,smtp", "names smtp twice: leave one of the two out"),
        ("EMAIL_PROVIDERS", " SendGrid , smtp, sendgrid,", "names sendgrid twice: leave one of the two out"),
        ("EMAIL_PROVIDERS", ",", "names no provider: write one, such as smtp,sendgrid"),
        ("EMAIL_PROVIDER", " , ,", "names no provider: write one, such as smtp,sendgrid"),
        ("WHATSAPP_PROVIDERS", "twilio,twilio", "names twilio twice: leave one of the two out"),
        ("CHANNELS", "sms,email,sms", "names sms twice: leave one of the two out"),
        ("CHANNELS", ",", "names no channel: write one, such as email,sms"),
    ] {
        assert_eq!(problems(Role::Worker, &[("SANDBOX", "all"), (name, list)]), [format!("{name} {words}")], "{list}");
    }
}

#[test]
fn who_carries_whatsapp_is_one_that_can() {
    for (given, words) in [
        ("twillio", "has a word that is no provider: did you mean twilio? known are twilio, whatsapp_cloud"),
        ("twilio,smtp", "has a word that is no provider, number 2 of 2: known are twilio, whatsapp_cloud"),
        ("twilio whatsapp_cloud", "must have a comma between two providers, such as twilio,whatsapp_cloud"),
    ] {
        let told = problems(Role::Worker, &[("SANDBOX", "all"), ("WHATSAPP_PROVIDERS", given)]);
        assert_eq!(told, [format!("WHATSAPP_PROVIDERS {words}")], "{given}");
    }
    let settings = [&CLOUD[..], &[("SANDBOX", "off"), ("WHATSAPP_PROVIDERS", "WhatsApp_Cloud")]].concat();
    let config = read(Role::Worker, &settings).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(config.channels.preferred.get("whatsapp"), Some(&vec!["whatsapp_cloud"]));
}

#[test]
fn a_provider_that_is_configured_by_halves_behind_the_one_that_carries_is_warned_of() {
    let twilio = [
        ("TWILIO_ACCOUNT_SID", "AC00000000000000000000000000000001"),
        ("TWILIO_AUTH_TOKEN", "hidden"),
        ("TWILIO_WHATSAPP_FROM", "+15550002222"),
    ];
    let told = |meta: &[(&str, &str)]| {
        let settings = [&twilio[..], meta, &[("SANDBOX", "missing")]].concat();
        let config = read(Role::Worker, &settings).unwrap_or_else(|problems| panic!("{problems}"));
        config.warnings.into_iter().filter(|told| told.starts_with("WHATSAPP_CLOUD_")).collect::<Vec<_>>()
    };
    let half = told(&CLOUD[..1]);
    assert!(half.len() == 1 && half[0].starts_with("WHATSAPP_CLOUD_PHONE_NUMBER_ID is not set"), "{half:#?}");
    assert!(half[0].ends_with("until then twilio carries whatsapp"), "{half:#?}");
    assert_eq!(told(&CLOUD), [""; 0]);
}

#[test]
fn a_base_url_that_ends_with_what_is_added_to_it_is_refused() {
    let sendgrid = [SENDGRID, ("FROM_EMAIL", "a@example.org")];
    let twilio = [
        ("TWILIO_ACCOUNT_SID", "AC00000000000000000000000000000001"),
        ("TWILIO_AUTH_TOKEN", "hidden"),
        ("TWILIO_FROM_NUMBER", "+15550001111"),
    ];
    let account = service_account().to_string();
    let firebase = [("FIREBASE_SERVICE_ACCOUNT_KEY", account.as_str())];
    let key = p256_private_pem(&p256()).replace('\n', "\\n");
    let apns = [
        ("APNS_KEY", key.as_str()),
        ("APNS_KEY_ID", "ABC123DEFG"),
        ("APNS_TEAM_ID", "DEF123GHIJ"),
        ("APNS_TOPIC", "com.example.app"),
    ];
    for (beside, name, url, ending) in [
        (&sendgrid[..], "SENDGRID_BASE_URL", "https://api.sendgrid.com/v3", "/v3"),
        (&sendgrid, "SENDGRID_BASE_URL", "https://api.sendgrid.com/v3/mail/send/", "/v3/mail/send"),
        (&twilio, "TWILIO_BASE_URL", "https://api.twilio.com/2010-04-01", "/2010-04-01"),
        (&firebase, "FCM_BASE_URL", "https://fcm.googleapis.com/v1/", "googleapis.com/v1"),
        (&apns, "APNS_BASE_URL", "https://api.push.apple.com/3/device/", "/3/device"),
        (&CLOUD, "WHATSAPP_CLOUD_BASE_URL", "https://graph.facebook.com/v24.0/messages", "/messages"),
    ] {
        let told = one_problem(&[beside, &[(name, url)]].concat());
        assert!(told.starts_with(&format!("{name} must not end with {ending}, which is added")), "{url}: {told}");
    }
    let gateway = [&firebase[..], &[("FCM_BASE_URL", "https://gateway.example/v1"), ("SANDBOX", "missing")]].concat();
    read(Role::Worker, &gateway).expect("a gateway's own version");
}

#[test]
fn a_key_of_sendgrid_that_does_not_look_like_one_is_warned_of() {
    let told = warnings(Role::Worker, &[("SENDGRID_API_KEY", "hidden"), ("FROM_EMAIL", "a@example.org")]);
    assert!(told.len() == 1 && told[0].starts_with("SENDGRID_API_KEY does not begin with SG."), "{told:#?}");
    assert!(!told[0].contains("hidden"), "{told:#?}");
}

const TWILIO: [(&str, &str); 3] = [
    ("TWILIO_ACCOUNT_SID", "AC00000000000000000000000000000001"),
    ("TWILIO_AUTH_TOKEN", "t"),
    ("TWILIO_FROM_NUMBER", "+15550001111"),
];

#[test]
fn limits_of_a_fleet_are_read_in_any_order_and_every_mistake_in_them_is_told_at_once() {
    let limits = |given: &str| {
        let config = read(Role::Worker, &[&TWILIO[..], &[("TWILIO_LIMITS", given)]].concat());
        let config = config.unwrap_or_else(|problems| panic!("{given}: {problems}"));
        let windows = config.channels.limits.get("twilio").cloned().unwrap_or_default();
        windows.into_iter().map(|window| (window.messages, window.unit.as_str())).collect::<Vec<_>>()
    };
    assert!(limits("").is_empty());
    assert_eq!(limits(" 7 / min "), [(7, "min")]);
    let all = [(10, "s"), (300, "min"), (5000, "h"), (10_000_000, "day")];
    assert_eq!(limits("10000000/day, 10/s ,5000/h,300/MIN"), all);
    for (given, mistakes) in [
        ("hidden", &["there is no / between a number and a unit"][..]),
        ("1/s,", &["of number 2 of 2, there is nothing before or behind a comma"]),
        ("1/s;2/min", &["there is no comma before the next window"]),
        ("1/s, 2/s", &["of number 2 of 2, there is one with the unit s before it: leave one of the two"]),
        ("1/hidden", &["the unit must be one of s, min, h, day"]),
        (
            "hidden/h, 10/s, 0/min, 5/hours",
            &[
                "of number 1 of 4, the number must be a whole one from 1 to 10000000",
                "of number 3 of 4, the number must be a whole one from 1 to 10000000",
                "of number 4 of 4, the unit must be one of s, min, h, day; did you mean h?",
            ],
        ),
        (
            "1.5/s, +1/min, 10000001/sec",
            &[
                "of number 1 of 3, the number must be a whole one from 1 to 10000000",
                "of number 2 of 3, the number must be a whole one from 1 to 10000000",
                "of number 3 of 3, the number must be a whole one from 1 to 10000000, and the unit must be one of s, min, h, day; \
                 did you mean s?",
            ],
        ),
    ] {
        let told = problems(Role::Worker, &[&TWILIO[..], &[("TWILIO_LIMITS", given)]].concat());
        let words = "TWILIO_LIMITS must be a list such as 10/s, 300/min;";
        let expected: Vec<String> = mistakes.iter().map(|mistake| format!("{words} {mistake}")).collect();
        assert_eq!(told, expected, "{given}");
    }
    let told = one_problem(&[&TWILIO[..], &[("TWILIO_LIMITS", "1/s,1/s,1/s,1/s,1/s")]].concat());
    assert_eq!(told, "TWILIO_LIMITS must have 4 windows at most, such as 10/s, 300/min");
    let told = one_problem(&[("FCM_LIMITS", "1/s")]);
    assert!(told.starts_with("FIREBASE_SERVICE_ACCOUNT_KEY is not set, but FCM_LIMITS is set"), "{told}");
}

/// What is warned of limits.
fn warned(role: Role, settings: &[(&str, &str)]) -> Vec<String> {
    let mut told = warnings(role, settings);
    told.retain(|told| told.contains("_LIMITS"));
    told
}

#[test]
fn a_window_that_is_never_reached_is_warned_of_with_the_one_before_it() {
    let told = |limits| warned(Role::Worker, &[&TWILIO[..], &[("TWILIO_LIMITS", limits)]].concat());
    for (limits, never, before) in [
        ("300/min,10000/s", "10000/s", "300/min"),
        ("300/min,300/s", "300/s", "300/min"),
        ("10/s,600/min", "600/min", "10/s"),
        ("10/s,864000/day", "864000/day", "10/s"),
    ] {
        let words = format!("TWILIO_LIMITS: {never} is never reached, because {before} is before it: leave it out");
        assert_eq!(told(limits), [words], "{limits}");
    }
    for limits in ["10/s, 300/min, 5000/h, 100000/day", "299/s,300/min", "10/s,599/min"] {
        assert_eq!(told(limits), [""; 0], "{limits}");
    }
}

#[test]
fn a_window_that_is_longer_than_a_message_may_wait_is_warned_of() {
    let told = |age, limits| {
        let settings = [("THROTTLE_MAX_AGE_SECONDS", age), ("TWILIO_LIMITS", limits)];
        warned(Role::Worker, &[&TWILIO[..], &settings].concat())
    };
    let both = told("3600", "10/h,100/day");
    let [longer] = &both[..] else { panic!("one of the two is longer") };
    assert!(
        longer.starts_with("TWILIO_LIMITS: the window of 100/day is longer than THROTTLE_MAX_AGE_SECONDS"),
        "{longer}"
    );
    assert_eq!((told("86400", "100/day").len(), told("86399.5", "100/day").len()), (0, 1));
}

#[test]
fn limits_of_a_provider_that_is_given_nothing_are_warned_of_where_messages_are_sent() {
    let mail = [("SMTP_HOST", "mail.example"), SENDER, SENDGRID, ("SENDGRID_LIMITS", "10/s")];
    let told = |role, settings: &[(&str, &str)]| warned(role, &[&mail[..], settings].concat());
    let words = |by: &str| vec![format!("SENDGRID_LIMITS has no effect: by {by} nothing is given to sendgrid")];
    assert_eq!(told(Role::Worker, &[("EMAIL_PROVIDERS", "smtp")]), words("EMAIL_PROVIDERS"));
    assert_eq!(told(Role::Worker, &[("EMAIL_PROVIDER", "smtp")]), words("EMAIL_PROVIDER"));
    assert_eq!(told(Role::Worker, &[("CHANNELS", "sms")]), words("CHANNELS"));
    assert_eq!(told(Role::Api, &[("EMAIL_PROVIDERS", "smtp")]), [""; 0]);
    for preferred in ["sendgrid", "smtp,sendgrid"] {
        assert_eq!(told(Role::Worker, &[("EMAIL_PROVIDERS", preferred)]), [""; 0], "{preferred}");
    }
    let of_twilio = [("TWILIO_LIMITS", "10/s"), ("WHATSAPP_PROVIDERS", "whatsapp_cloud")];
    let told = warned(Role::Worker, &[&TWILIO[..], &of_twilio].concat());
    assert_eq!(told, [""; 0], "it carries SMS");
}
