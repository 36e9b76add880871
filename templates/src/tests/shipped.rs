//! Every shipped template, also one that is added later: it renders, and its sample has exactly the names that it uses.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{name, render};
use crate::{Description, Limits, Links, Templates};

/// The channels of the fleet and the parts that their providers need.
const CHANNELS: [(&str, bool, bool); 8] = [
    ("email", true, true),
    ("inapp", true, false),
    ("sms", false, false),
    ("whatsapp", false, false),
    ("telegram", false, false),
    ("slack", false, false),
    ("push", true, false),
    ("webpush", true, false),
];

/// The templates of the fleet's own questions and codes, which go to people whom it can hear.
const OF_THE_FLEET: [&str; 5] = ["ask", "ask_ended", "ask_reply", "command_ended", "verify"];

/// Makes every link of a sample this one, and counts them.
fn set_links(sample: &mut Map<String, Value>, link: &str) -> usize {
    let links = sample.iter_mut().map(|(name, value)| match value {
        Value::Object(inner) => set_links(inner, link),
        value if name == "link" || name.ends_with("_url") => {
            *value = link.into();
            1
        }
        _ => 0,
    });
    links.sum()
}

#[test]
fn every_template_has_words_for_every_channel_in_both_languages() {
    let templates = Templates::embedded("en").unwrap();
    let of_publishers = ["alert", "otp", "receipt", "welcome"];
    let names: BTreeSet<&str> = of_publishers.into_iter().chain(OF_THE_FLEET).collect();
    assert!(templates.names().eq(names));
    for template in templates.describe() {
        let is_of_the_fleet = OF_THE_FLEET.contains(&template.template.as_str());
        for locale in ["es", "en", "es-AR", "es-MX", "pt"] {
            for (channel, subject, html) in CHANNELS {
                if is_of_the_fleet && (channel.ends_with("push") || channel == "inapp") {
                    continue;
                }
                let sample = Value::Object(template.sample.clone());
                let rendered = render(&templates, channel, &template.template, Some(locale), sample).unwrap();
                let what = format!("{}/{locale}/{channel}: {rendered:?}", template.template);
                assert!(!rendered.text.is_empty() && rendered.text == rendered.text.trim(), "{what}");
                assert_eq!((rendered.subject.is_some(), rendered.html.is_some()), (subject, html), "{what}");
                assert!(!rendered.text.contains("{{") && !rendered.text.contains("__"), "{what}");
                assert!(rendered.html.is_none_or(|html| html.starts_with("<!doctype html>")), "{what}");
            }
        }
    }
}

#[test]
fn every_sample_has_exactly_the_variables_that_its_template_uses() {
    for Description { template, variables, sample, .. } in Templates::embedded("en").unwrap().describe() {
        let sample: BTreeSet<&str> = sample.keys().map(String::as_str).collect();
        assert_eq!(sample, variables.iter().map(String::as_str).collect(), "{template}/sample.json");
    }
}

#[test]
fn every_sms_fits_one_segment_of_the_gsm_alphabet() {
    // GSM 03.38: 160 characters of this alphabet in one segment, 70 as soon as one is outside
    let gsm = |c: char| c.is_ascii() && !"`[]{}\\|^~".contains(c) || "éèùìòÇØøÅåÄÖÑÜ§¿äöñüà¡£¥".contains(c);
    let templates = Templates::embedded("en").unwrap();
    for Description { template, locales, sample, .. } in templates.describe() {
        for (locale, channels) in locales.iter().filter(|(_, channels)| channels.iter().any(|c| c == "sms")) {
            let sample = Value::Object(sample.clone());
            let text = render(&templates, "sms", &template, Some(locale), sample).unwrap().text;
            assert!(text.chars().all(gsm) && text.len() <= 160, "{template}/{locale} of {channels:?}: {text}");
        }
    }
}

#[test]
fn a_value_is_printed_as_it_is_and_escaped_in_html() {
    let templates = Templates::embedded("en").unwrap();
    for template in templates.describe() {
        let hostile = "{{ 7*7 }}<script>\"'&{% raw %}";
        let data = template.sample.iter().map(|(key, value)| match value {
            Value::String(_) => (key.clone(), Value::from(hostile)),
            other => (key.clone(), other.clone()),
        });
        let wording = super::wording(&template.template, Some("es"), Value::Object(data.collect()));
        let email = templates.render(&name("email"), &wording).unwrap();
        let html = email.html.unwrap();
        let text = email.text.to_lowercase();
        assert!(text.contains(hostile) && !text.contains("49"), "{}", email.text);
        assert!(html.contains("{{ 7*7 }}&lt;script&gt;&quot;") && !html.contains("<script>"), "{html}");
    }
}

#[test]
fn the_argentine_words_are_used_where_there_are_any_and_spanish_elsewhere() {
    let templates = Templates::embedded("en").unwrap();
    let sample = || Value::Object(templates.describe().into_iter().find(|t| t.template == "welcome").unwrap().sample);
    let text = |locale, channel| render(&templates, channel, "welcome", Some(locale), sample()).unwrap().text;
    assert!(text("es-AR", "whatsapp").contains("Empezá acá"));
    assert!(text("es-AR", "email").contains("Empieza aquí"));
    assert!(text("es-419", "whatsapp").contains("Empieza aquí"));
    assert!(text("qu", "whatsapp").contains("Start here"));
}

#[test]
fn no_shipped_mail_has_a_button_or_a_link_that_leads_nowhere() {
    let templates = Templates::embedded("en").unwrap();
    for template in templates.describe() {
        let mut urls = 0;
        for bad in ["", "javascript:alert(1)", "data:text/html,x", "tambo.example/start"] {
            for locale in ["en", "es"] {
                let mut sample = template.sample.clone();
                urls = set_links(&mut sample, bad);
                let mail =
                    render(&templates, "email", &template.template, Some(locale), Value::Object(sample)).unwrap();
                let (text, html) = (mail.text, mail.html.unwrap());
                assert!(!html.contains("<a ") && !html.contains("<!--"), "{}/{locale}: {html}", template.template);
                assert!(bad.is_empty() || !html.contains(bad), "{}/{locale}: {html}", template.template);
                // There it leads nowhere by itself, and a bare host is what a text message is often given.
                assert_eq!(text.contains(bad), urls > 0 || bad.is_empty(), "{}: {text}", template.template);
            }
        }
        let sample = Value::Object(template.sample.clone());
        let html = render(&templates, "email", &template.template, Some("en"), sample).unwrap().html.unwrap();
        assert_eq!(html.matches("<a ").count(), urls, "{}: {html}", template.template);
    }
}

#[test]
fn a_link_that_a_shipped_mail_leaves_out_is_named() {
    let templates = Templates::embedded("en").unwrap();
    for template in templates.describe() {
        let urls: Vec<_> = template.sample.keys().filter(|name| name.ends_with("_url")).collect();
        let looked_at = |channel: &str, url: Value, looked_at: Links| {
            let mut data = template.sample.clone();
            data.iter_mut().filter(|(name, _)| urls.contains(name)).for_each(|(_, value)| *value = url.clone());
            let wording = super::wording(&template.template, None, Value::Object(data));
            templates.links_left_out_within(Limits::default(), &name(channel), &wording, looked_at).len()
        };
        let left_out = |channel: &str, url: Value| looked_at(channel, url, Links::All);
        for bad in ["javascript:alert(1)", "//evil", "http://a b", " ", "https://x.example/\u{202e}"] {
            assert_eq!(left_out("email", bad.into()), urls.len(), "{}: {bad}", template.template);
            assert_eq!(left_out("sms", bad.into()), 0, "its text is sent as it is");
        }
        assert_eq!(left_out("email", 7.into()), urls.len(), "{}", template.template);
        assert_eq!(left_out("email", "https://x.example".into()), 0);
        let required = urls.iter().filter(|name| **name != "details_url").count();
        assert_eq!(left_out("email", "".into()), required, "{}: an alert may have no details", template.template);
        assert_eq!(looked_at("email", "".into(), Links::NotEmpty), 0, "{}", template.template);
        assert_eq!(looked_at("email", "//evil".into(), Links::NotEmpty), urls.len(), "{}", template.template);
    }
}

#[test]
fn no_shipped_mail_asks_for_a_reply() {
    let templates = Templates::embedded("en").unwrap();
    for template in templates.describe() {
        for locale in ["en", "es"] {
            let sample = Value::Object(template.sample.clone());
            let email = render(&templates, "email", &template.template, Some(locale), sample).unwrap();
            for words in [email.text, email.html.unwrap()] {
                let words = words.to_lowercase();
                assert!(!words.contains("reply") && !words.contains("respond"), "{}: {words}", template.template);
            }
        }
    }
}

#[test]
fn what_may_be_absent_of_a_question_is_left_out() {
    let templates = Templates::embedded("en").unwrap();
    let cases = [
        (
            "ask",
            json!({"question": "q", "choices": ["Yes"], "replies": [{"word": "YES"}], "expires": "e",
                "secret": {"code": "1"}}),
        ),
        (
            "ask",
            json!({"question": "q", "choices": ["Yes"], "replies": [{"word": "YES"}], "expires": "e",
                "secret": {"code": "1"}, "progress": {"counted": 1, "quorum": 2}}),
        ),
        ("ask_ended", json!({"question": "q", "state": "expired"})),
        ("ask_ended", json!({"question": "q", "state": "cancelled"})),
        ("ask_ended", json!({"question": "q", "state": "answered"})),
        ("ask_reply", json!({"verdict": "answered", "choice": "Yes"})),
        ("verify", json!({"purpose": "p", "minutes": 10, "secret": {"code": "1"}})),
        ("command_ended", json!({"service": "s", "action": "a", "state": "failed"})),
        ("command_ended", json!({"service": "s", "action": "a", "state": "rejected"})),
    ];
    let verdicts = [
        "stands",
        "too_often",
        "late",
        "not_asked",
        "not_yours",
        "is_requester",
        "unknown_choice",
        "unknown_code",
        "new",
    ];
    let verdicts = verdicts.map(|verdict| ("ask_reply", json!({"verdict": verdict})));
    for (template, data) in cases.into_iter().chain(verdicts) {
        for locale in ["en", "es"] {
            for channel in ["email", "sms", "whatsapp", "telegram", "slack"] {
                let rendered = render(&templates, channel, template, Some(locale), data.clone());
                let text = rendered.unwrap_or_else(|error| panic!("{template}/{locale}/{channel}: {error}")).text;
                assert!(!text.is_empty() && !text.contains("http"), "{template}/{locale}/{channel}: {text}");
            }
        }
    }
}

#[test]
fn a_no_that_counts_is_told_as_no_part_of_a_quorum() {
    let templates = Templates::embedded("en").unwrap();
    let told = |channel, locale, choice: &str, refuses: bool| {
        let mut data = json!({"verdict": "counts", "choice": choice, "counted": 1, "quorum": 1});
        if refuses {
            data["refuses"] = json!(true);
        }
        render(&templates, channel, "ask_reply", Some(locale), data).unwrap()
    };
    for (locale, no, of_the_others, yes) in [
        ("en", "No", "Your answer counts: No. The others can still decide.", "Your answer counts: Yes (1 of 1)."),
        ("es", "No", "Tu respuesta cuenta: No. Los demás todavía pueden decidir.", "Tu respuesta cuenta: Sí (1 de 1)."),
    ] {
        for channel in ["email", "sms", "whatsapp", "telegram", "slack"] {
            let refusal = told(channel, locale, no, true);
            assert!(refusal.text.contains(of_the_others), "{locale}/{channel}: {}", refusal.text);
            let html = refusal.html.unwrap_or_default();
            assert!(!format!("{}{html}", refusal.text).contains("(1 "), "{locale}/{channel}: {html}");
            let choice = if locale == "es" { "Sí" } else { "Yes" };
            let agreed = told(channel, locale, choice, false).text;
            assert!(agreed.contains(yes), "{locale}/{channel}: {agreed}");
        }
    }
}

#[test]
fn a_text_message_says_what_to_write_back_in_letters_of_one_segment() {
    let templates = Templates::embedded("en").unwrap();
    for (replies, expected) in [
        (json!([{"word": "SI"}, {"word": "NO"}]), "q Contesta: SI 482193 / NO 482193"),
        (json!([{"word": "1", "label": "10:00"}, {"word": "LUNES"}]), "q Contesta: 1 482193 = 10:00 / LUNES 482193"),
    ] {
        let data = json!({"question": "q", "choices": ["a", "b"], "replies": replies, "expires": "e",
            "secret": {"code": "482193"}});
        let text = render(&templates, "sms", "ask", Some("es"), data).unwrap().text;
        assert_eq!(text, expected);
    }
}

#[test]
fn a_command_that_nobody_confirmed_is_not_told_as_one_that_took_too_long() {
    let templates = Templates::embedded("en").unwrap();
    for (state, locale, expected) in [
        ("unconfirmed", "en", "s.a: nobody confirmed it in time; nothing was done"),
        ("unconfirmed", "es", "s.a: nadie la confirmó a tiempo; no se hizo nada"),
        ("expired", "en", "s.a: not done in time"),
        ("expired", "es", "s.a: no terminó a tiempo"),
        ("rejected", "en", "s.a: not done: it was rejected by Ana"),
        ("rejected", "es", "s.a: no se hizo: la rechazó Ana"),
        ("undelivered", "en", "s.a: failed: it could not be delivered to its service"),
        ("unasked", "es", "s.a: no se hizo: no hay quien pueda confirmarla"),
    ] {
        let data = json!({"service": "s", "action": "a", "state": state, "output": "", "by": "Ana"});
        let text = render(&templates, "telegram", "command_ended", Some(locale), data).unwrap().text;
        assert_eq!(text, expected, "{state} {locale}");
    }
}

#[test]
fn each_choice_of_a_question_stands_in_a_line_of_its_own() {
    let templates = Templates::embedded("en").unwrap();
    let data = json!({"question": "q", "choices": ["Yes, all of it", "No"], "replies": [{"word": "1"}, {"word": "NO"}],
        "expires": "15:30 UTC", "secret": {"code": "482193", "link": "https://notify.example/a/x"}});
    for channel in ["email", "whatsapp"] {
        let rendered = render(&templates, channel, "ask", Some("en"), data.clone()).unwrap();
        let lines = "You can choose:\n- Yes, all of it\n- No\nOpen until 15:30 UTC.\n";
        assert!(rendered.text.contains(lines), "{channel}: {}", rendered.text);
    }
    let html = render(&templates, "email", "ask", Some("es"), data).unwrap().html.unwrap();
    assert!(html.contains("Puedes elegir:<br><strong>Yes, all of it</strong><br><strong>No</strong></p>"), "{html}");
}
