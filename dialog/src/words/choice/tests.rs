//! Words as people type them, and the choice that each means.

use domain::{Ask, AskChoice, AskKind};

use super::choice_of;

fn ask(choices: &[(&str, &str)]) -> Ask {
    let choice = |(id, label): &(&str, &str)| AskChoice { id: (*id).into(), label: (*label).into(), refuses: false };
    Ask {
        key: testkit::key("a-1"),
        kind: AskKind::Confirm,
        question: "?".into(),
        choices: choices.iter().map(choice).collect(),
        audience: vec!["ana".into()],
        quorum: 1,
        four_eyes: false,
        may_change: false,
        requested_by: None,
        correlation_id: None,
        reply_to: None,
        content: domain::RecipientHasher::new(b"secret").hash("ask"),
        version: 1,
        salt: [0; 16],
        key_id: "k".into(),
        attempts: 0,
        sends: 0,
        created_at: testkit::NOW,
        expires_at: testkit::NOW,
        end: None,
    }
}

#[test]
fn a_word_means_a_choice_however_it_is_written() {
    let yes_and_no = ask(&[("yes", "Sí"), ("no", "No")]);
    let colours = ask(&[("c-1", "Azul marino"), ("c-2", "Añil"), ("c-3", "Añil")]);
    for (ask, word, expected) in [
        (&yes_and_no, "SI", Some("yes")),
        (&yes_and_no, "sí", Some("yes")),
        (&yes_and_no, "¡Sí!", Some("yes")),
        (&yes_and_no, "Yes.", Some("yes")),
        (&yes_and_no, "ok", Some("yes")),
        (&yes_and_no, "N", Some("no")),
        (&yes_and_no, "no,", Some("no")),
        (&yes_and_no, "maybe", None),
        (&yes_and_no, "", None),
        (&colours, "AZUL MARINO", Some("c-1")),
        (&colours, "c-2", Some("c-2")),
        (&colours, "anil", None),
    ] {
        assert_eq!(choice_of(ask, word).map(|choice| choice.id.as_str()), expected, "{word}");
    }
}
