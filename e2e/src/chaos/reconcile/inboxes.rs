//! Reconciles what was put into inboxes, and what their users have done with it, with what became of it: each client has what
//! SQL has, counters are equal, each member of a topic has it once, and a fallback goes out for those alone who have not read
//! in time. Pure: who reads and listens is in `inboxes`.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Instant;

use domain::{EventName, InboxCounters, Key, Members, State, Tenant, Timestamp, child_id};
use store::DeliveryView;

use super::{Answer, Cancel, Entry, Told, Way};

/// What ends the wait of a fallback.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Until {
    Read,
    Seen,
}

/// Where a message goes that nobody has read in time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Next {
    pub recipient: String,
    pub channel: &'static str,
    pub until: Until,
}

/// A message to a user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Posted {
    /// The fault that went on meanwhile.
    pub fault: usize,
    pub id: String,
    pub user: String,
    pub next: Option<Next>,
    pub answer: Answer,
}

/// A message to a topic, and who was a member when it was published.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ToTopic {
    pub id: String,
    pub members: Vec<String>,
    pub answer: Answer,
}

/// What somebody does with an item.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Act {
    Seen,
    Read,
    Unread,
}

/// One thing that was done with one item.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Deed {
    pub id: String,
    pub act: Act,
    /// When it was answered with success. None where no answer came: it may have been done.
    pub done: Option<(Timestamp, Instant)>,
}

/// What publishers and users know.
#[derive(Clone, Default, Debug)]
pub struct Books {
    pub posted: Vec<Posted>,
    pub to_topics: Vec<ToTopic>,
    pub deeds: Vec<Deed>,
}

/// An item, as far as clients and SQL can be compared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Item {
    pub seq: i64,
    pub changed_seq: i64,
    pub is_seen: bool,
    pub is_read: bool,
}

/// An inbox, as somebody has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Inbox {
    /// By their ids.
    pub items: BTreeMap<String, Item>,
    pub counters: InboxCounters,
}

impl Default for Inbox {
    fn default() -> Self {
        let counters = InboxCounters { seq: 0, epoch: 0, unread: 0, unseen: 0 };
        Self { items: BTreeMap::new(), counters }
    }
}

/// An inbox as one client of its user has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shown {
    pub user: String,
    pub window: String,
    pub inbox: Inbox,
}

/// What there is at the end.
#[derive(Clone, Default, Debug)]
pub struct Kept {
    /// What SQL has, by the users.
    pub inboxes: BTreeMap<String, Inbox>,
    pub shown: Vec<Shown>,
    /// With how many gateways each user is said to be connected who has a client.
    pub present: BTreeMap<String, u32>,
    /// The deliveries to inboxes and topics, by their ids.
    pub deliveries: HashMap<String, DeliveryView>,
    /// What was told of these.
    pub told: Vec<Told>,
    /// When the provider got a copy that it may have taken, by the recipients.
    pub copies: HashMap<String, Vec<Timestamp>>,
}

/// Whether the fallback of a message was to be sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// Nobody has done what it waits for.
    Sent,
    /// That was done, and answered at this moment, before the fallback was due.
    CalledOff(Instant),
    /// That was done about when it was due, or later, or without an answer: it was sent or not.
    Either,
}

impl Act {
    const fn answers(self, until: Until) -> bool {
        matches!((self, until), (Self::Read, _) | (Self::Seen, Until::Seen))
    }
}

impl Books {
    fn deeds<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a Deed> {
        self.deeds.iter().filter(move |deed| deed.id == id)
    }

    /// Everybody whose inbox may have something.
    pub fn users(&self) -> BTreeSet<&str> {
        let members = self.to_topics.iter().flat_map(|topic| topic.members.iter());
        self.posted.iter().map(|posted| &posted.user).chain(members).map(String::as_str).collect()
    }

    /// The ids of the items that must be in the inbox of a user, or may be.
    fn items_of<'a>(&'a self, user: &'a str) -> impl Iterator<Item = (String, &'a Answer)> {
        let own = self.posted.iter().filter(move |posted| posted.user == user);
        let topics = self.to_topics.iter().filter(move |topic| topic.members.iter().any(|member| member == user));
        let own = own.map(|posted| (posted.id.clone(), &posted.answer));
        own.chain(topics.map(move |topic| (of_member(&topic.id, user), &topic.answer)))
    }

    /// What was handed in, as far as it is to be awaited.
    pub fn handed_in(&self) -> Vec<Entry> {
        let own = self.posted.iter().map(|posted| (posted.id.clone(), posted.user.clone(), &posted.answer));
        let members = self.to_topics.iter().flat_map(|topic| {
            topic.members.iter().map(move |member| (of_member(&topic.id, member), member.clone(), &topic.answer))
        });
        let entry = |(id, user, answer): (String, String, &Answer)| Entry {
            fault: 0,
            recipient: format!("user:{user}"),
            channel: "inapp",
            way: Way::Amqp,
            id: Some(id),
            answer: answer.clone(),
            cancel: Cancel::NotAsked,
        };
        own.chain(members).map(entry).collect()
    }
}

fn key(id: &str) -> Key {
    Key { tenant: Tenant::default(), id: id.to_owned() }
}

/// The delivery of one member of a topic.
fn of_member(topic: &str, user: &str) -> String {
    let topic = key(topic);
    Members::of(&topic, b"{}", None).map(|mut members| members.delivery(user).0).unwrap_or_default()
}

/// What was to become of the fallback of a message.
pub fn fate(posted: &Posted, until: Until, books: &Books, kept: &Kept) -> Fate {
    let due = kept.deliveries.get(&posted.id).and_then(|view| view.row.order.escalates_at());
    let answers: Vec<&Deed> = books.deeds(&posted.id).filter(|deed| deed.act.answers(until)).collect();
    let in_time = answers.iter().filter_map(|deed| deed.done).filter(|(at, _)| due.is_some_and(|due| *at < due));
    match in_time.map(|(_, at)| at).min() {
        Some(at) => Fate::CalledOff(at),
        None if answers.is_empty() => Fate::Sent,
        None => Fate::Either,
    }
}

/// The fallbacks, each as an entry of its own, which is judged as all others are.
pub fn fallbacks(books: &Books, kept: &Kept) -> Vec<Entry> {
    let entries = books.posted.iter().filter_map(|posted| {
        let next = posted.next.as_ref()?;
        let (answer, cancel) = match fate(posted, next.until, books, kept) {
            Fate::Sent => (posted.answer.clone(), Cancel::NotAsked),
            Fate::CalledOff(at) => (posted.answer.clone(), Cancel::Done(at)),
            Fate::Either => (Answer::None, Cancel::Reported),
        };
        let (recipient, id) = (next.recipient.clone(), Some(child_id(&key(&posted.id), 1)));
        Some(Entry { fault: posted.fault, recipient, channel: next.channel, way: Way::Child, id, answer, cancel })
    });
    entries.collect()
}

/// Every promise that was broken.
pub fn judge(books: &Books, kept: &Kept) -> Vec<String> {
    let mut broken = Vec::new();
    for user in books.users() {
        let nothing = Inbox::default();
        let inbox = kept.inboxes.get(user).unwrap_or(&nothing);
        let found = [judge_items(user, inbox, books, kept), judge_counters(inbox), judge_deeds(inbox, books)].concat();
        broken.extend(found.into_iter().map(|what| format!("the inbox of {user}: {what}")));
    }
    broken.extend(kept.shown.iter().filter_map(|shown| judge_shown(shown, kept)));
    broken.extend(books.to_topics.iter().filter_map(|topic| judge_topic(topic, kept)));
    broken.extend(books.posted.iter().filter_map(|posted| judge_fallback(posted, books, kept)));
    // There are two gateways, and nobody may be left with one that has died.
    let wrong = kept.present.iter().filter(|(_, gateways)| !(1..=2).contains(*gateways));
    broken.extend(wrong.map(|(user, gateways)| format!("{user} is connected, and shown with {gateways} gateways")));
    broken
}

/// An inbox has everything that was accepted for its user, and nothing else; each item was told.
fn judge_items(user: &str, inbox: &Inbox, books: &Books, kept: &Kept) -> Vec<String> {
    let known: BTreeMap<String, &Answer> = books.items_of(user).collect();
    let mut broken = Vec::new();
    for (id, answer) in &known {
        if **answer == Answer::Accepted && !inbox.items.contains_key(id) {
            broken.push(format!("{id} was accepted, and is not in it"));
        }
        if let Answer::Wrong(why) = answer {
            broken.push(why.clone());
        }
    }
    for id in inbox.items.keys() {
        if !known.contains_key(id) {
            broken.push(format!("{id} is nobody's message to this user"));
        }
        let state = kept.deliveries.get(id).map(|view| view.row.state);
        if state != Some(State::Delivered) {
            broken.push(format!("{id} is in it, and its delivery is {state:?}"));
        }
        if !kept.told.iter().any(|event| event.delivery == *id && event.name == EventName::Delivered) {
            broken.push(format!("{id} is in it, and nobody was told"));
        }
    }
    broken
}

fn judge_counters(inbox: &Inbox) -> Vec<String> {
    let count = |is_counted: fn(&Item) -> bool| inbox.items.values().filter(|item| is_counted(item)).count();
    let counted = [count(|item| !item.is_read), count(|item| !item.is_seen)];
    let InboxCounters { unread, unseen, .. } = inbox.counters;
    let is_right = counted.map(|count| i64::try_from(count).unwrap_or(i64::MAX)) == [unread, unseen];
    let wrong = || format!("its counters say {unread} unread and {unseen} unseen, its rows {counted:?}");
    if is_right { Vec::new() } else { vec![wrong()] }
}

/// What was answered as done is done. Whoever takes something back does so last.
fn judge_deeds(inbox: &Inbox, books: &Books) -> Vec<String> {
    let mut broken = Vec::new();
    for (id, item) in &inbox.items {
        let is_done = |act: Act| books.deeds(id).any(|deed| deed.act == act && deed.done.is_some());
        let is_taken_back = books.deeds(id).any(|deed| deed.act == Act::Unread);
        let was_read = is_done(Act::Read);
        if was_read && !is_taken_back && !item.is_read {
            broken.push(format!("{id} was read, and that is lost"));
        }
        if (was_read || is_done(Act::Seen)) && !item.is_seen {
            broken.push(format!("{id} was seen, and that is lost"));
        }
        if is_done(Act::Unread) && item.is_read {
            broken.push(format!("{id} is to be read again, and that is lost"));
        }
    }
    broken
}

/// A client has what SQL has.
fn judge_shown(shown: &Shown, kept: &Kept) -> Option<String> {
    let nothing = Inbox::default();
    let (has, ours) = (&shown.inbox, kept.inboxes.get(&shown.user).unwrap_or(&nothing));
    if has == ours {
        return None;
    }
    let ids: BTreeSet<&String> = has.items.keys().chain(ours.items.keys()).collect();
    let differs = ids.into_iter().filter(|id| has.items.get(*id) != ours.items.get(*id));
    let differs: Vec<String> =
        differs.map(|id| format!("{id}: {:?}, in SQL {:?}", has.items.get(id), ours.items.get(id))).collect();
    let (counters, in_sql) = (has.counters, ours.counters);
    let window = &shown.window;
    Some(format!("{window} has {counters:?}, in SQL {in_sql:?}; {}", differs.join("; ")))
}

/// Of a topic everybody was told. That each member has it once is told by the inboxes.
fn judge_topic(topic: &ToTopic, kept: &Kept) -> Option<String> {
    let state = kept.deliveries.get(&topic.id).map(|view| view.row.state);
    let is_right = state == Some(State::Sent) || state.is_none() && topic.answer != Answer::Accepted;
    (!is_right).then(|| format!("the message {} to a topic is {state:?}", topic.id))
}

/// Nothing goes out to somebody who has read in time, and to nobody before the time.
fn judge_fallback(posted: &Posted, books: &Books, kept: &Kept) -> Option<String> {
    let next = posted.next.as_ref()?;
    let copies = kept.copies.get(&next.recipient)?;
    let id = &posted.id;
    if matches!(fate(posted, next.until, books, kept), Fate::CalledOff(_)) {
        return Some(format!("the fallback of {id} was sent, and it had been {:?} in time", next.until));
    }
    let due = kept.deliveries.get(id).and_then(|view| view.row.order.escalates_at())?;
    let too_soon = copies.iter().find(|at| **at < due)?;
    Some(format!("the fallback of {id} was sent at {too_soon}, and was due at {due}"))
}

/// How much there was, for people.
pub fn counts(books: &Books, kept: &Kept) -> String {
    let (mut sent, mut called_off, mut either) = (0, 0, 0);
    for (posted, next) in books.posted.iter().filter_map(|posted| Some((posted, posted.next.as_ref()?))) {
        match fate(posted, next.until, books, kept) {
            Fate::Sent => sent += 1,
            Fate::CalledOff(_) => called_off += 1,
            Fate::Either => either += 1,
        }
    }
    let items: usize = kept.inboxes.values().map(|inbox| inbox.items.len()).sum();
    format!(
        "inboxes: {items} items of {} users, {} messages to topics, {} clients; fallbacks: {sent} unread, {called_off} \
         called off in time, {either} either",
        kept.inboxes.len(),
        books.to_topics.len(),
        kept.shown.len()
    )
}
