//! The queue at which a publisher waits for the end of its delivery: the `reply_to` of its message, where that may be
//! written to.

use crate::{Names, Owner};

/// How queues are named that the broker has named, so that their names cannot be guessed.
const NAMED_BY_THE_BROKER: &str = "amq.gen-";
/// How the queues of direct reply-to are named, which nothing is written to: RabbitMQ 3.10 ends the whole connection of
/// whoever writes to one whose node is gone, or which never was.
const DIRECT: &str = "amq.rabbitmq.reply-to";

/// The queue that is told how the delivery ends. It is none of ours: an event in a lane would be a notification. Where
/// tenants are told from their users, it is one that no other tenant can have, because we may write where its publisher
/// may not.
pub(crate) fn reply_queue(reply_to: Option<&str>, names: &Names, owner: &Owner) -> Option<String> {
    let queue = reply_to.filter(|queue| !queue.is_empty() && !queue.chars().any(domain::acts))?;
    let allowed = match owner {
        _ if is_below(queue, &names.queue) || queue.starts_with(DIRECT) => false,
        Owner::Body => true,
        Owner::Tenant(tenant) => queue.starts_with(NAMED_BY_THE_BROKER) || is_below(queue, tenant.as_str()),
        Owner::Nobody(_) => false,
    };
    allowed.then(|| queue.to_owned())
}

/// Whether a name is this stem, or the stem with a dot and more behind it.
fn is_below(name: &str, stem: &str) -> bool {
    name.strip_prefix(stem).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use domain::Tenant;

    use super::*;

    #[test]
    fn a_reply_goes_to_no_queue_of_ours_and_to_no_other_tenants() {
        let names = Names::of("notifications");
        let acme = Owner::Tenant(Tenant::parse("acme").unwrap());
        let nobody = Owner::Nobody("why".into());
        let cases = [
            // The queue, and whether it is told where bodies are believed, and where tenants are told from users.
            ("orders.replies", true, false),
            ("acme.replies", true, true),
            ("acme", true, true),
            ("acme2.replies", true, false),
            ("globex.replies", true, false),
            ("amq.rabbitmq.reply-to.g1h2AA.abc==", false, false),
            ("amq.rabbitmq.reply-to", false, false),
            ("amq.gen-JzTY20BRgKO-HjmUJj0wLg", true, true),
            ("amq.other", true, false),
            ("notifications.queue", false, false),
            ("notifications.queue.urgent", false, false),
            ("notifications.queue.dlq", false, false),
            ("notifications.queue.retry.1", false, false),
            ("notifications.queues", true, false),
            ("", false, false),
            ("a\u{1b}[31m", false, false),
        ];
        for (queue, by_body, by_user) in cases {
            let told = |owner: &Owner| reply_queue(Some(queue), &names, owner).is_some();
            assert_eq!((told(&Owner::Body), told(&acme), told(&nobody)), (by_body, by_user, false), "{queue:?}");
        }
        assert_eq!(reply_queue(None, &names, &Owner::Body), None);
        assert_eq!(reply_queue(Some("a.b"), &names, &Owner::Body).as_deref(), Some("a.b"));
    }
}
