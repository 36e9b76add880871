//! `/inbox`: what was told a user in an application, and what the user has done with it.

pub(crate) mod act;
pub(crate) mod answer;
pub(crate) mod body;
pub(crate) mod counts;
pub(crate) mod list;
pub(crate) mod read;
pub(crate) mod snooze;

use domain::is_inbox_name;
use web::query::Parameters;

/// Whose inbox is meant, where it is not the caller's own.
fn user_of(query: &mut Parameters) -> Option<String> {
    query.parsed("user", domain::INBOX_NAME_RULE, |text| is_inbox_name(text).then(|| text.to_owned()))
}
