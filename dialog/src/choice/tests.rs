//! Words as people type them, and the choice that each means.

use domain::{Ask, AskChoice, AskKind};

use super::{choice_of, words_of};

fn ask(choices: &[(&str, &str)]) -> Ask {
    let choice = |(id, label): &(&str, &str)| AskChoice { id: (*id).into(), label: (*label).into(), refuses: false };
    Ask {
        key: testkit::key("a-1"),
        kind: AskKind::Confirm,
        question: "?".into(),
        choices: choices.iter().map(choice).collect(),
        audience: vec!["ana".into()],
        names: Default::default(),
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
    let grades = ask(&[("c-1", "A+"), ("c-2", "A-")]);
    let numbers = ask(&[("c-1", "2"), ("c-2", "1")]);
    let faces = ask(&[("c-1", "👍"), ("c-2", "👎")]);
    for (ask, word, expected) in [
        (&yes_and_no, "SI", Some("yes")),
        (&yes_and_no, "sí", Some("yes")),
        (&yes_and_no, "¡Sí!", Some("yes")),
        (&yes_and_no, "Yes.", Some("yes")),
        (&yes_and_no, "ok", Some("yes")),
        (&yes_and_no, "N", Some("no")),
        (&yes_and_no, "no,", Some("no")),
        (&yes_and_no, "1", Some("yes")),
        (&yes_and_no, "2.", Some("no")),
        (&yes_and_no, "0", None),
        (&yes_and_no, "3", None),
        (&yes_and_no, "maybe", None),
        (&yes_and_no, "", None),
        (&colours, "AZUL MARINO", Some("c-1")),
        (&colours, "c-2", Some("c-2")),
        (&colours, "anil", None),
        (&colours, "3", Some("c-3")),
        (&grades, "A+", Some("c-1")),
        (&grades, "a-", Some("c-2")),
        (&grades, "a", None),
        (&numbers, "2", Some("c-1")),
        (&numbers, "1", Some("c-2")),
        (&faces, "👍", Some("c-1")),
        (&faces, "👎", Some("c-2")),
        (&faces, "🤷", None),
    ] {
        assert_eq!(choice_of(ask, word).map(|choice| choice.id.as_str()), expected, "{word}");
    }
}

#[test]
fn what_a_message_says_to_type_means_the_choice_and_is_easily_typed() {
    for (choices, expected) in [
        (vec![("yes", "Sí"), ("no", "No")], vec!["SI", "NO"]),
        (vec![("a", "Plan 1"), ("b", "2024"), ("c", "Mañana")], vec!["PLAN 1", "2024", "MAÑANA"]),
        (vec![("a", "10:00"), ("b", "Sí, a las 5"), ("c", "👍"), ("d", "A-1")], vec!["1", "2", "3", "4"]),
        (vec![("a", "2"), ("b", "1")], vec!["2", "1"]),
        (vec![("a", "Straße"), ("b", "ΟΔΟΣ")], vec!["STRASSE", "2"]),
        (vec![("a", "the longest of all the labels that there are"), ("b", "Azul")], vec!["1", "AZUL"]),
        (vec![("a", "Azul"), ("b", "AZÚL")], vec!["1", "2"]),
        (vec![("a", "1st, or"), ("b", "1")], vec!["a", "1"]),
    ] {
        let ask = ask(&choices);
        let words: Vec<String> = words_of(&ask).into_iter().map(|(word, _)| word).collect();
        assert_eq!(words, expected, "{choices:?}");
        for (word, choice) in words.iter().zip(&ask.choices) {
            assert_eq!(choice_of(&ask, word).map(|found| &found.id), Some(&choice.id), "{word}");
        }
    }
}
