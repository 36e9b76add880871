//! Reads a body as a whole, one field after the other.

use serde_json::{Map, Value};

use super::Defaults;
use super::draft::{Draft, Target};
use super::fields::Fields;
use super::names::UnknownField;

impl Draft {
    /// Reads one item that was parsed as JSON before.
    pub fn of(object: Map<String, Value>, defaults: &Defaults) -> Self {
        let mut fields = Fields::of(object);
        let beyond = fields.numbers_beyond();
        fields.version();
        let id = fields.id();
        let tenant = fields.tenant();
        let channel = fields.channel("", defaults.channel.as_ref());
        let destination = fields.destination("");
        let wording = fields.wording("");
        let priority = fields.priority();
        let provider = fields.provider();
        let send_at = fields.instant("send_at");
        let expiry = fields.expiry();
        let max_lateness_seconds = fields.seconds("max_lateness_seconds");
        let mut unknown = Vec::new();
        let fallback = fields.fallback(&mut unknown);
        fields.refuse_after(expiry, &fallback);
        fields.refuse_beside_inboxes((channel.as_ref(), destination.as_deref()), &fallback);
        let interactive = fields.interactive("");
        fields.refuse_unanswered(interactive.is_some(), &fallback);
        let metadata = fields.map("", "metadata");
        unknown.extend(fields.unknown(""));
        fields.refuse_numbers(beyond);
        if !fields.errors.is_empty() {
            // An item that is refused anyway is refused for everything that is wrong with it.
            fields.errors.extend(unknown.iter().filter_map(UnknownField::refusal));
        }
        Self {
            id,
            tenant,
            target: Target { channel, destination, wording, brings_data: true, escalation: None, interactive },
            priority,
            provider,
            send_at,
            expiry,
            max_lateness_seconds,
            fallback,
            metadata,
            unknown,
            errors: fields.errors,
            unsupported: fields.unsupported,
        }
    }
}
