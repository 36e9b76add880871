//! The choices and the audience of an ask as texts, for its row.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Ask, AskChoice};

/// The audience as it is written: of people of whom nothing but their ids is known as a list of these.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Audience {
    Ids(Vec<String>),
    Named { ids: Vec<String>, names: BTreeMap<String, String> },
}

impl Ask {
    pub fn choices_text(&self) -> String {
        serde_json::to_string(&self.choices).expect("texts and flags are JSON")
    }

    /// The audience with what its people are called.
    pub fn audience_text(&self) -> String {
        let (ids, names) = (self.audience.clone(), self.names.clone());
        let audience = if names.is_empty() { Audience::Ids(ids) } else { Audience::Named { ids, names } };
        serde_json::to_string(&audience).expect("texts are JSON")
    }

    /// Reads the choices; None for a text that no version has written.
    pub fn choices_of(text: &str) -> Option<Vec<AskChoice>> {
        serde_json::from_str(text).ok()
    }

    /// Reads the audience, and what its people are called; None for a text that no version has written.
    pub fn audience_of(text: &str) -> Option<(Vec<String>, BTreeMap<String, String>)> {
        Some(match serde_json::from_str(text).ok()? {
            Audience::Ids(ids) => (ids, BTreeMap::new()),
            Audience::Named { ids, names } => (ids, names),
        })
    }
}
