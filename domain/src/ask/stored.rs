//! The choices and the audience of an ask as texts, for its row.

use super::{Ask, AskChoice};

impl Ask {
    pub fn choices_text(&self) -> String {
        serde_json::to_string(&self.choices).expect("texts and flags are JSON")
    }

    pub fn audience_text(&self) -> String {
        serde_json::to_string(&self.audience).expect("texts are JSON")
    }

    /// Reads the choices; None for a text that no version has written.
    pub fn choices_of(text: &str) -> Option<Vec<AskChoice>> {
        serde_json::from_str(text).ok()
    }

    /// Reads the audience; None for a text that no version has written.
    pub fn audience_of(text: &str) -> Option<Vec<String>> {
        serde_json::from_str(text).ok()
    }
}
