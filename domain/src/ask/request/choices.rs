//! Reads the choices of a question: texts, or objects with an id of the publisher's own.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use text::{hides, is_plain_name, is_unsafe_in_a_line, unseen};

use super::reader::{Reader, kind_of};
use crate::ask::faults::MAX_LABEL_CHARS;
use crate::ask::{AskChoice, MAX_ASK_CHOICES};

const OF_A_CHOICE: [&str; 3] = ["id", "label", "refuses"];
const SYNONYMS: [(&str, &str); 3] =
    [("id", "value key name"), ("label", "text title caption"), ("refuses", "negative rejects veto isno")];

/// The choices that are given. Of those with a fault something is kept, so that the others stay in their places.
pub(super) fn read_choices(fields: &mut Reader<'_>) -> Vec<AskChoice> {
    let Some(items) = fields.list("choices", MAX_ASK_CHOICES) else { return Vec::new() };
    let mut choices = Vec::with_capacity(items.len());
    for (at, item) in items.into_iter().enumerate() {
        let place = format!("choices/{at}");
        match item {
            Value::String(label) => {
                let label = checked_label(fields, &place, label);
                let id = label.as_deref().map(|label| id_of(label, at));
                choices.push(choice(id, label, false));
            }
            Value::Object(object) => choices.push(of_object(fields, &place, at, object)),
            other => {
                fields.refuse(&place, format!("must be a text or an object, not {}", kind_of(&other)));
                choices.push(choice(None, None, false));
            }
        }
    }
    refuse_twins(fields, &choices);
    if choices.iter().all(|choice| choice.refuses) {
        fields.refuse("choices", "must have one at least that does not refuse");
    }
    choices
}

fn of_object(fields: &mut Reader<'_>, place: &str, at: usize, object: Map<String, Value>) -> AskChoice {
    let mut own = fields.within(place, object);
    let id = own.word("id");
    let label = own.needed("label", MAX_LABEL_CHARS * 4);
    let refuses = own.flag("refuses");
    own.refuse_unknown(&OF_A_CHOICE, &SYNONYMS);
    let label = label.and_then(|label| checked_label(fields, &format!("{place}/label"), label));
    let id = match id {
        Some(id) if !is_plain_name(&id) => {
            fields.refuse(&format!("{place}/id"), "looks like a number of a phone: give a word");
            None
        }
        Some(id) => Some(id),
        None => label.as_deref().map(|label| id_of(label, at)),
    };
    choice(id, label, refuses)
}

fn choice(id: Option<String>, label: Option<String>, refuses: bool) -> AskChoice {
    AskChoice { id: id.unwrap_or_default(), label: label.unwrap_or_default(), refuses }
}

fn checked_label(fields: &mut Reader<'_>, place: &str, label: String) -> Option<String> {
    let chars = label.chars().count();
    if label.trim().is_empty() || chars > MAX_LABEL_CHARS {
        fields.refuse(place, format!("must have 1 to {MAX_LABEL_CHARS} characters"));
        return None;
    }
    if let Some(bad) = label.chars().find(|c| hides(*c) || is_unsafe_in_a_line(*c)) {
        fields.refuse(place, format!("must not contain {}", unseen(bad)));
        return None;
    }
    Some(label)
}

/// Two of one id would be one choice; two of one label nobody can tell apart.
fn refuse_twins(fields: &mut Reader<'_>, choices: &[AskChoice]) {
    let (mut ids, mut labels) = (BTreeSet::new(), BTreeSet::new());
    for (at, AskChoice { id, label, .. }) in choices.iter().enumerate() {
        if !id.is_empty() && !ids.insert(id) {
            fields.refuse(&format!("choices/{at}"), "has the id of another choice");
        } else if !label.is_empty() && !labels.insert(label.to_lowercase()) {
            fields.refuse(&format!("choices/{at}"), "has the label of another choice");
        }
    }
}

/// The id of a choice that has a label alone: its letters and digits in lower case, without accents. `Sí` is `si`.
fn id_of(label: &str, at: usize) -> String {
    let mut id = String::new();
    for c in label.to_lowercase().chars() {
        match unaccented(c) {
            c if c.is_ascii_alphanumeric() => id.push(c),
            _ if !id.is_empty() && !id.ends_with('-') => id.push('-'),
            _ => {}
        }
    }
    let id = id.trim_end_matches('-');
    // A label in other letters, or one that looks like a phone number, has a name by its place.
    if id.is_empty() || !is_plain_name(id) { format!("choice-{}", at + 1) } else { id.to_owned() }
}

fn unaccented(c: char) -> char {
    match c {
        'á' | 'à' | 'â' | 'ä' | 'ã' | 'å' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ó' | 'ò' | 'ô' | 'ö' | 'õ' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ñ' => 'n',
        'ç' => 'c',
        c => c,
    }
}
