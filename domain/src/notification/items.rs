//! Reads the items of a fallback, and the fields that are left of a body or an item when every known field was read.

use serde_json::Value;

use super::draft::Target;
use super::fields::Fields;
use super::json::MAX_FIELDS;
use super::names::{Meant, UnknownField, unknown};
use super::values::kind_of;

const MAX_FALLBACKS: usize = 8;

impl Fields {
    /// Reads every item as its own delivery will be read.
    pub(super) fn fallback(&mut self, unknown: &mut Vec<UnknownField>) -> Vec<Target> {
        let items = match self.take("fallback") {
            None => return Vec::new(),
            Some(Value::Array(items)) => items,
            Some(other) => {
                self.refuse("/fallback", format!("must be a list, not {}", kind_of(&other)));
                return Vec::new();
            }
        };
        if items.len() > MAX_FALLBACKS {
            self.refuse("/fallback", format!("must have at most {MAX_FALLBACKS} items"));
        }
        let mut targets = Vec::with_capacity(items.len().min(MAX_FALLBACKS));
        for (at, item) in items.into_iter().enumerate().take(MAX_FALLBACKS) {
            let prefix = format!("/fallback/{at}");
            match item {
                Value::Object(object) if object.len() <= MAX_FIELDS => {
                    let mut fields = Self::of(object);
                    targets.push(fields.item(&prefix));
                    unknown.extend(fields.unknown(&prefix));
                    self.errors.append(&mut fields.errors);
                }
                item => {
                    let many = item.is_object();
                    let why = if many {
                        "must have at most 256 fields"
                    } else {
                        "must be an object with channel and destination"
                    };
                    self.refuse(prefix, why);
                    // An empty item keeps the items after this one in their places.
                    targets.push(Target::default());
                }
            }
        }
        targets
    }

    fn item(&mut self, prefix: &str) -> Target {
        let channel = self.channel(prefix, None);
        let destination = self.destination(prefix);
        let wording = self.wording_as_given(prefix);
        Target { channel, destination, wording, brings_data: self.given.names().contains(&"data") }
    }

    /// The fields that are left, each with the known field that it was probably meant to be.
    pub(super) fn unknown(&mut self, prefix: &str) -> Vec<UnknownField> {
        if self.object.is_empty() {
            return Vec::new();
        }
        let unknown = unknown(prefix, &self.object, self.given.names());
        for error in self.errors.iter_mut().filter(|error| error.detail.starts_with("is missing")) {
            let Some(missing) = error.pointer.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('/')) else {
                continue;
            };
            let stands_for = |field: &str| field == missing || (missing == "message" && field == "template");
            let written = unknown.iter().find(|one| matches!(one.meant, Meant::Ours(field) if stands_for(field)));
            if let Some(written) = written {
                error.detail.push_str(&format!("; is it what you wrote as {}?", written.name()));
            }
        }
        unknown
    }
}
