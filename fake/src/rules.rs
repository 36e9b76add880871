//! What goes wrong, when somebody has asked for it: each rule says to which messages it holds, how often, and what the
//! provider then does.

use std::time::Duration;

use serde_json::{Value, json};

use crate::exchange::Reply;
use crate::fields::{Fields, did_you_mean};
use crate::message::{Message, Refusal, Said};
use crate::providers::{self, Provider};

/// The most rules at a time.
const MAX_RULES: usize = 1000;
/// The longest time for which an answer is held back.
const MAX_LATENCY_MS: u64 = 10 * 60 * 1000;
const MAX_COUNT: u64 = 1_000_000_000;

/// What a provider does otherwise than usual.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Fault {
    status: Option<u16>,
    code: Option<String>,
    body: Option<String>,
    retry_after: Option<String>,
    pub(crate) latency: Duration,
    /// Whether the connection is cut once the request was read, so that nobody knows what became of it.
    pub(crate) cut: bool,
    /// What is reported of a message that was accepted, in place of the usual.
    pub(crate) reports: Option<Vec<Said>>,
}

impl Fault {
    /// How the provider answers.
    pub(crate) fn reply(&self, provider: &Provider, message: &Message) -> Reply {
        let mut reply = match self.status.filter(|status| *status >= 400) {
            Some(status) => {
                let words = format!("refused by a rule: {}", message.to);
                (provider.refused)(&Refusal { status, code: self.code.as_deref(), words })
            }
            None => (provider.accepted)(message),
        };
        reply.status = self.status.unwrap_or(reply.status);
        if let Some(body) = &self.body {
            reply.body.clone_from(body);
        }
        reply.headers.extend(self.retry_after.clone().map(|wait| ("retry-after", wait)));
        reply
    }
}

/// To which messages a fault happens.
#[derive(Debug)]
struct Rule {
    id: u64,
    /// As it was given.
    given: Value,
    provider: Option<&'static str>,
    to: Option<String>,
    text: Option<String>,
    /// How many more times it holds; without a number until it is removed.
    next: Option<u64>,
    /// It holds for one message of so many.
    every: u64,
    /// It holds only for what is more than so many in a second.
    per_second: Option<u64>,
    fault: Fault,
    /// How many messages it was compared with and fitted.
    fitted: u64,
    /// The present second, and how many messages fitted in it.
    second: (u64, u64),
}

impl Rule {
    fn fits(&self, provider: &str, message: &Message) -> bool {
        self.next != Some(0)
            && self.provider.is_none_or(|own| own == provider)
            && self.to.as_ref().is_none_or(|to| *to == message.to)
            && self.text.as_ref().is_none_or(|text| message.text.contains(text.as_str()))
    }

    /// Whether it holds for a message that fits.
    fn holds(&mut self, now: u64) -> bool {
        self.fitted += 1;
        self.second = if self.second.0 == now { (now, self.second.1 + 1) } else { (now, 1) };
        let is_too_many = self.per_second.is_none_or(|most| self.second.1 > most);
        let holds = is_too_many && self.fitted.is_multiple_of(self.every);
        if holds {
            self.next = self.next.map(|next| next.saturating_sub(1));
        }
        holds
    }

    fn shown(&self) -> Value {
        let mut shown = self.given.clone();
        shown["id"] = json!(self.id);
        shown["fitted"] = json!(self.fitted);
        shown["left"] = json!(self.next);
        shown
    }
}

/// The rules in the order in which they came. The newest goes first.
#[derive(Default, Debug)]
pub(crate) struct Rules {
    list: Vec<Rule>,
    last: u64,
}

impl Rules {
    /// Adds a rule, and gives its id.
    ///
    /// # Errors
    /// The answer that names every wrong field.
    pub(crate) fn add(&mut self, given: Value) -> Result<u64, Reply> {
        if self.list.len() >= MAX_RULES {
            return Err(Reply::json(
                409,
                &json!({ "errors": [{ "field": "", "detail": "there are too many rules" }] }),
            ));
        }
        let mut rule = read(given)?;
        self.last += 1;
        rule.id = self.last;
        self.list.push(rule);
        Ok(self.last)
    }

    /// The rule that holds for a message, and what happens by it.
    pub(crate) fn next(&mut self, provider: &str, message: &Message, now: u64) -> Option<(u64, Fault)> {
        let mut fitting = self.list.iter_mut().rev().filter(|rule| rule.fits(provider, message));
        fitting.find_map(|rule| rule.holds(now).then(|| (rule.id, rule.fault.clone())))
    }

    /// Removes one rule, or all of them. False where there was none.
    pub(crate) fn remove(&mut self, id: Option<u64>) -> bool {
        let before = self.list.len();
        self.list.retain(|rule| id.is_some_and(|id| rule.id != id));
        self.list.len() < before
    }

    pub(crate) fn shown(&self) -> Value {
        self.list.iter().map(Rule::shown).collect()
    }
}

/// # Errors
/// The answer that names every wrong field.
fn read(given: Value) -> Result<Rule, Reply> {
    let mut fields = Fields::of(given.clone());
    let provider = fields.word("provider", &providers::names());
    let (to, text) = (fields.text("to"), fields.text("text"));
    let next = fields.number("next", 1..=MAX_COUNT);
    let every = fields.number("every", 1..=MAX_COUNT).unwrap_or(1);
    let per_second = fields.number("per_second", 1..=MAX_COUNT);
    let fault = fault(&mut fields, provider);
    if fault == Fault::default() && fields.are_right() {
        fields.wrong("status", "is missing, and so is everything else that a rule does");
    }
    fields.end()?;
    Ok(Rule { id: 0, given, provider, to, text, next, every, per_second, fault, fitted: 0, second: (0, 0) })
}

fn fault(fields: &mut Fields, provider: Option<&'static str>) -> Fault {
    let status = fields.number("status", 200..=599).and_then(|status| u16::try_from(status).ok());
    let code = fields.text("code");
    if code.is_some() && status.is_none_or(|status| status < 400) {
        fields.wrong("code", "needs a status from 400 on");
    }
    let retry_after = fields.text("retry_after");
    if retry_after.as_ref().is_some_and(|wait| !wait.bytes().all(|b| b == b' ' || b.is_ascii_graphic())) {
        fields.wrong("retry_after", "must be a text of visible ASCII");
    }
    let body = fields.text("body");
    let latency = Duration::from_millis(fields.number("latency_ms", 0..=MAX_LATENCY_MS).unwrap_or(0));
    let cut = fields.flag("cut");
    let given = fields.texts("reports");
    let reports = given.map(|words| words.iter().map(|word| Said::read(word)).collect::<Vec<_>>());
    let known = provider.map(providers::reported_by);
    for said in reports.iter().flatten() {
        match &known {
            None => fields.wrong("reports", "needs a provider"),
            Some(known) if !known.contains(&said.word.as_str()) => {
                let words = if known.is_empty() { "nothing".to_owned() } else { known.join(", ") };
                let meant = did_you_mean(&said.word, known);
                fields.wrong("reports", format!("has what this provider does not report; it reports {words}{meant}"));
            }
            Some(_) => continue,
        }
        break;
    }
    Fault { status, code, body, retry_after, latency, cut, reports }
}
