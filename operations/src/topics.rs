//! Who is told what is for a topic: users whom somebody has put there. The contacts of a group of that name are told as well.

use domain::{Actor, Entry, INBOX_NAME_RULE, Scope, Tenant, Timestamp, is_inbox_name};
use store::{Filtering, MemberPut, PageCursor, Store, fingerprint};

use crate::allowed::{NotDone, must};
use crate::listed::{NotListed, must_be_of};

/// A page of members.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MemberPage {
    pub users: Vec<String>,
    /// Where the next page begins.
    pub next: Option<PageCursor>,
}

/// Whose members are asked for.
struct Asked<'a> {
    tenant: &'a Tenant,
    topic: &'a str,
}

impl Filtering for Asked<'_> {
    fn fingerprint(&self) -> String {
        fingerprint("topic_members", (self.tenant.as_str(), self.topic), &[])
    }
}

/// Which of the name of a topic and the id of a user is wrong, and why.
pub fn wrong_names(topic: &str, user: Option<&str>) -> Vec<(&'static str, &'static str)> {
    let names = [("topic", Some(topic)), ("user", user)];
    let wrong = names.into_iter().filter(|(_, name)| name.is_some_and(|name| !is_inbox_name(name)));
    wrong.map(|(what, _)| (what, INBOX_NAME_RULE)).collect()
}

/// Makes a user a member of a topic of the actor's tenant.
///
/// # Errors
/// [`NotDone`]; repeating it is harmless.
pub async fn put(store: &Store, actor: &Actor, topic: &str, user: &str, now: Timestamp) -> Result<MemberPut, NotDone> {
    must(store, actor, &[Scope::Operate], "put a member into a topic", now).await?;
    let told = Entry::of(actor, "topic.member_put", topic, now).with("user", user);
    Ok(store.put_topic_member(&actor.tenant, topic, user, &told).await?)
}

/// Ends that a user is a member of a topic; false for one whom nobody has put there.
///
/// # Errors
/// [`NotDone`]; repeating it is harmless.
pub async fn delete(store: &Store, actor: &Actor, topic: &str, user: &str, now: Timestamp) -> Result<bool, NotDone> {
    must(store, actor, &[Scope::Operate], "take a member out of a topic", now).await?;
    let told = Entry::of(actor, "topic.member_deleted", topic, now).with("user", user);
    Ok(store.delete_topic_member(&actor.tenant, topic, user, &told).await?)
}

/// A page of the members that were put into a topic of the actor's tenant.
///
/// # Errors
/// [`NotListed`].
pub async fn list(
    store: &Store,
    actor: &Actor,
    topic: &str,
    after: Option<&PageCursor>,
    limit: usize,
) -> Result<MemberPage, NotListed> {
    let asked = Asked { tenant: &actor.tenant, topic };
    must_be_of(after, &asked)?;
    let after = after.map_or("", |cursor| cursor.row().as_str());
    let mut users = store.topic_members(&actor.tenant, topic, after, limit.saturating_add(1)).await?;
    let more = users.len() > limit;
    users.truncate(limit);
    let next = users.last().filter(|_| more).map(|last| PageCursor::of_row(&asked, last.clone()));
    Ok(MemberPage { users, next })
}
