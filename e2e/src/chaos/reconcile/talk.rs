//! Reconciles what people have pressed and programs have asked for with what became of it: each question and each command
//! has one end, no answer is lost, and no command is done twice in silence. Pure: who asks and presses is in `talk`.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use anyhow::{Context as _, Result};
use domain::{Answer, Ask, AskState, AttemptOutcome, Command, CommandState, State, SubjectEvent};
use serde_json::Value;
use store::DeliveryView;

/// The events by which a question ends.
const ENDS_OF_ASKS: [&str; 3] = ["answered", "expired", "cancelled"];
/// The events by which a command ends.
const ENDS_OF_COMMANDS: [&str; 4] = ["succeeded", "failed", "rejected", "expired"];

/// One press of a button.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Press {
    /// The question, by its id.
    pub ask: String,
    /// Who has pressed, as the fleet knows them.
    pub approver: String,
    /// By what the press is known.
    pub id: String,
    /// Whether they are asked.
    pub is_asked: bool,
    /// Whether the API has answered 2xx.
    pub is_confirmed: bool,
}

/// A command as its service was sent it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Posted {
    /// As the body has it.
    pub id: String,
    /// The `Idempotency-Key`.
    pub key: String,
}

/// What a subscriber was told of a question or a command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Saying {
    pub noun: &'static str,
    pub subject: String,
    pub name: String,
    /// The event's own id.
    pub id: String,
}

/// What everybody has asked for and was answered.
#[derive(Clone, Default, Debug)]
pub struct Books {
    /// The questions that the broker has confirmed.
    pub asked: Vec<String>,
    pub presses: Vec<Press>,
    /// The commands that the API has accepted.
    pub ordered: Vec<String>,
    pub posted: Vec<Posted>,
    /// The commands of which the API has taken that they have succeeded.
    pub succeeded: HashSet<String>,
}

/// What the ledger has at the end, and what was told.
#[derive(Clone, Default, Debug)]
pub struct Kept {
    pub asks: Vec<(Ask, Vec<Answer>)>,
    pub commands: Vec<Command>,
    /// The deliveries of commands, by their ids.
    pub deliveries: HashMap<String, DeliveryView>,
    pub told: Vec<Saying>,
}

impl Saying {
    /// None for an event of a delivery.
    ///
    /// # Errors
    /// When it is no event.
    pub fn read(body: &[u8]) -> Result<Option<Self>> {
        let event: Value = serde_json::from_slice(body).context("an event that is no JSON")?;
        let text = |value: &Value| value.as_str().map(str::to_owned).with_context(|| format!("in the event {event}"));
        let kind = text(&event["type"])?;
        let mut words = kind.rsplit('.');
        let (name, noun) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let Some(noun) = SubjectEvent::NOUNS.into_iter().find(|known| *known == noun) else { return Ok(None) };
        Ok(Some(Self { noun, subject: text(&event["subject"])?, name: name.to_owned(), id: text(&event["id"])? }))
    }
}

impl Kept {
    /// The events of these names about something, each once however often it was told.
    fn told(&self, noun: &str, subject: &str, names: &[&str]) -> BTreeSet<(&str, &str)> {
        let is_it = |one: &&Saying| one.noun == noun && one.subject == subject && names.contains(&one.name.as_str());
        self.told.iter().filter(is_it).map(|one| (one.name.as_str(), one.id.as_str())).collect()
    }
}

/// Every promise that was broken.
pub fn judge(books: &Books, kept: &Kept) -> Vec<String> {
    let mut broken = Vec::new();
    let asks: HashSet<&str> = kept.asks.iter().map(|(ask, _)| ask.key.id.as_str()).collect();
    let commands: HashSet<&str> = kept.commands.iter().map(|command| command.key.id.as_str()).collect();
    let lost = |what: &str, ids: &[String], known: &HashSet<&str>| -> Vec<String> {
        let lost = ids.iter().filter(|id| !known.contains(id.as_str()));
        lost.map(|id| format!("{what} {id} was accepted, and nothing is known of it")).collect()
    };
    broken.extend(lost("the ask", &books.asked, &asks));
    broken.extend(lost("the command", &books.ordered, &commands));
    for (ask, answers) in &kept.asks {
        let mut found = judge_end_of_ask(ask, kept);
        found.extend(judge_answers(ask, answers, kept));
        found.extend(judge_presses(ask, answers, books, kept));
        broken.extend(found.into_iter().map(|what| format!("the ask {}: {what}", ask.key.id)));
    }
    for command in &kept.commands {
        let mut found = judge_end_of_command(command, books, kept);
        found.extend(judge_posts(command, books, kept));
        broken.extend(found.into_iter().map(|what| format!("the command {}: {what}", command.key.id)));
    }
    let unknown = books.posted.iter().filter(|posted| !commands.contains(posted.id.as_str()));
    broken.extend(unknown.map(|posted| format!("the service was sent {posted:?}, which nobody knows")));
    broken
}

/// How much there was, for people.
pub fn counts(books: &Books, kept: &Kept) -> String {
    let mut asks: BTreeMap<&str, usize> = BTreeMap::new();
    for (ask, _) in &kept.asks {
        *asks.entry(ask.state().as_str()).or_default() += 1;
    }
    let mut commands: BTreeMap<&str, usize> = BTreeMap::new();
    for command in &kept.commands {
        *commands.entry(command.state.as_str()).or_default() += 1;
    }
    let told = |counts: BTreeMap<&str, usize>| {
        let told: Vec<String> = counts.into_iter().map(|(name, count)| format!("{count} {name}")).collect();
        told.join(", ")
    };
    let answers = || kept.asks.iter().flat_map(|(_, answers)| answers);
    let (counted, late) = (answers().filter(|one| !one.late).count(), answers().filter(|one| one.late).count());
    let confirmed = books.presses.iter().filter(|press| press.is_confirmed).count();
    format!(
        "asks: {}; {confirmed} presses confirmed, {counted} counted, {late} late; commands: {}; {} posted to their service",
        told(asks),
        told(commands),
        books.posted.len()
    )
}

/// A question has one end, which is told as what it is.
fn judge_end_of_ask(ask: &Ask, kept: &Kept) -> Vec<String> {
    let (id, state) = (ask.key.id.as_str(), ask.state());
    let mut broken = Vec::new();
    if kept.told("ask", id, &["opened"]).len() != 1 {
        broken.push("its beginning was not told once".to_owned());
    }
    if state == AskState::Open {
        broken.push("still open at rest".to_owned());
        return broken;
    }
    broken.extend(judge_told_end(&kept.told("ask", id, &ENDS_OF_ASKS), state.as_str()));
    broken
}

fn judge_told_end(told: &BTreeSet<(&str, &str)>, state: &str) -> Option<String> {
    let names: Vec<&str> = told.iter().map(|(name, _)| *name).collect();
    (names != [state]).then(|| format!("{state}, and told as {names:?}"))
}

/// Each answer is kept once, and told by one event. Nobody here may change their mind.
fn judge_answers(ask: &Ask, answers: &[Answer], kept: &Kept) -> Vec<String> {
    let mut broken = Vec::new();
    let mut seen = HashSet::new();
    for answer in answers {
        if !seen.insert((answer.given.approver.as_str(), answer.late)) {
            broken.push(format!("{} has answered twice, late: {}", answer.given.approver, answer.late));
        }
    }
    for (names, is_late) in [(&["counted", "changed"][..], false), (&["late"][..], true)] {
        let kept_ones = answers.iter().filter(|answer| answer.late == is_late).count();
        let told = kept.told("ask", &ask.key.id, names).len();
        if told != kept_ones {
            broken.push(format!("{kept_ones} answers are kept, {told} told as {names:?}"));
        }
    }
    broken
}

/// Whoever is asked and has pressed has an answer, by one of their presses; whoever is not asked has none, and that is told.
fn judge_presses(ask: &Ask, answers: &[Answer], books: &Books, kept: &Kept) -> Vec<String> {
    let mut broken = Vec::new();
    let presses = || books.presses.iter().filter(|press| press.ask == ask.key.id);
    let is_a_press = |answer: &Answer| {
        let mut own = presses().filter(|press| press.is_asked && press.approver == answer.given.approver);
        own.any(|press| press.id == answer.given.id)
    };
    let strange = answers.iter().filter(|answer| !is_a_press(answer));
    broken.extend(strange.map(|answer| format!("an answer that nobody has given: {:?}", answer.given)));
    let confirmed = || presses().filter(|press| press.is_confirmed);
    let asked: BTreeSet<&str> =
        confirmed().filter(|press| press.is_asked).map(|press| press.approver.as_str()).collect();
    let lost = asked.into_iter().filter(|approver| !answers.iter().any(|one| one.given.approver == *approver));
    broken.extend(lost.map(|approver| format!("what {approver} has pressed was confirmed, and is lost")));
    let strangers = confirmed().filter(|press| !press.is_asked).count();
    let refused = kept.told("ask", &ask.key.id, &["refused"]).len();
    if strangers > refused {
        broken.push(format!("{strangers} presses of strangers, {refused} told as refused"));
    }
    broken
}

/// A command ends as its service has said, unless its time was over or its delivery was given up before.
fn judge_end_of_command(command: &Command, books: &Books, kept: &Kept) -> Vec<String> {
    let (id, state) = (command.key.id.as_str(), command.state);
    let mut broken = Vec::new();
    if !state.is_ended() {
        broken.push(format!("still {} at rest", state.as_str()));
        return broken;
    }
    broken.extend(judge_told_end(&kept.told("command", id, &ENDS_OF_COMMANDS), state.as_str()));
    // Its time may be over before a dialog has come to tell anything else.
    for (name, must_be) in [("pending_confirmation", true), ("dispatched", command.confirmed_by.is_some())] {
        let told = kept.told("command", id, &[name]).len();
        if told > 1 || must_be && told == 0 && state != CommandState::Expired {
            broken.push(format!("told {told} times as {name}"));
        }
    }
    let is_given_up = || {
        let delivery = command.delivery.as_ref().and_then(|delivery| kept.deliveries.get(delivery));
        delivery.is_some_and(|view| view.row.state == State::Dead)
    };
    if state == CommandState::Failed && !is_given_up() {
        broken.push("failed, and neither its service nor its delivery has".to_owned());
    }
    let is_as_said = matches!(state, CommandState::Succeeded | CommandState::Expired | CommandState::Failed);
    if books.succeeded.contains(id) && !is_as_said {
        broken.push(format!("its service has said that it succeeded, and it is {}", state.as_str()));
    }
    broken
}

/// What was confirmed reaches its service, always under the same key, and again only where an answer was lost.
fn judge_posts(command: &Command, books: &Books, kept: &Kept) -> Vec<String> {
    let id = command.key.id.as_str();
    let posts: Vec<&Posted> = books.posted.iter().filter(|posted| posted.id == id).collect();
    let mut broken = Vec::new();
    if posts.iter().any(|posted| posted.key != id) {
        broken.push(format!("posted under another key: {posts:?}"));
    }
    if !posts.is_empty() && command.confirmed_by.is_none() {
        broken.push("posted, and nobody has confirmed it".to_owned());
    }
    if posts.is_empty() && command.state == CommandState::Succeeded {
        broken.push("succeeded, and its service has never seen it".to_owned());
    }
    let delivery = command.delivery.as_ref().and_then(|delivery| kept.deliveries.get(delivery));
    let explains = |outcome| matches!(outcome, AttemptOutcome::MaybeSent | AttemptOutcome::Ambiguous);
    let explained = delivery.map_or(0, |view| view.attempts.iter().filter(|attempt| explains(attempt.outcome)).count());
    if posts.len() > 1 + explained {
        broken.push(format!("posted {} times, {explained} of them explained", posts.len()));
    }
    broken
}
