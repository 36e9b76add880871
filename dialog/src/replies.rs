//! Tells somebody, where they have said something, what became of it.

use domain::{Key, ReplyTo, Tenant, reply_id};
use operations::commands::TOLD_FOR_SECONDS;
use serde_json::{Map, Value, json};

use crate::disposition::Disposition;
use crate::outgoing;
use crate::shared::Shared;

/// The template of what is told.
const TEMPLATE: &str = "ask_reply";

/// What somebody is told.
pub(crate) struct Reply<'a> {
    pub(crate) tenant: &'a Tenant,
    pub(crate) to: &'a ReplyTo,
    /// Names what they have said: a repeat has the same.
    pub(crate) said: &'a str,
    /// What became of it, in one word.
    pub(crate) verdict: &'a str,
    /// What the words tell besides. Always the same for the same verdict on the same words.
    pub(crate) data: Map<String, Value>,
}

/// Publishes the message that tells it.
///
/// # Errors
/// What follows where the broker has not taken it.
pub(crate) async fn reply(shared: &Shared, reply: Reply<'_>) -> Result<(), Disposition> {
    let Reply { tenant, to, said, verdict, mut data } = reply;
    data.insert("verdict".into(), verdict.into());
    let key = Key { tenant: tenant.clone(), id: reply_id(tenant, said, verdict) };
    let body = json!({
        "id": key.id, "tenant": tenant.as_str(), "channel": to.channel.as_str(), "destination": to.destination,
        "template": TEMPLATE, "locale": to.locale, "data": data, "priority": "urgent", "ttl_seconds": TOLD_FOR_SECONDS,
    });
    outgoing::deliver(shared, &key, &body).await
}
