//! `/inbox`: what was told a user in an application, and what the user has done with it.

pub(crate) mod act;
pub(crate) mod answer;
pub(crate) mod body;
pub(crate) mod counts;
pub(crate) mod list;
pub(crate) mod read;
pub(crate) mod snooze;

use domain::is_inbox_name;
use serde_json::Value;
use store::InboxItem;
use web::query::Parameters;

/// An item as `GET /inbox` shows it, for whoever else shows one.
pub fn inbox_item_as_json(item: InboxItem) -> Value {
    serde_json::to_value(answer::item(item)).unwrap_or_default()
}

/// Whose inbox is meant, where it is not the caller's own.
fn user_of(query: &mut Parameters) -> Option<String> {
    query.parsed("user", domain::INBOX_NAME_RULE, |text| is_inbox_name(text).then(|| text.to_owned()))
}
