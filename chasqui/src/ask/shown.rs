//! A question as it is printed: in a line, as a row, whole, and as JSON. People are told by what they are called and the
//! ids under which they are known, and addresses by their masks.

use domain::{Answer, Ask, AskState, State, Timestamp, printable};
use operations::asks::{self, Message, Shown};
use serde_json::{Value, json};

use crate::output::say;

pub(super) const HEADING: [&str; 8] = ["ID", "STATE", "KIND", "ANSWERS", "NEEDED", "ASKED BY", "EXPIRES", "QUESTION"];
/// How much of a question stands in a row, in characters.
const QUESTION_CHARS: usize = 60;
const UNKNOWN: &str = "-";
/// Stands for where a message went, of a question that has ended.
const FORGOTTEN: &str = "(where to is not kept once it has ended)";

pub(super) fn row_of(ask: &Ask, answered: usize) -> [String; 8] {
    let whole = ask.question.lines().collect::<Vec<_>>().join(" ");
    let mut question: String = whole.chars().take(QUESTION_CHARS).collect();
    if question.len() < whole.len() {
        question.push('…');
    }
    [
        ask.key.id.clone(),
        ask.state().as_str().to_owned(),
        ask.kind.as_str().to_owned(),
        format!("{answered} of {}", ask.audience.len()),
        ask.quorum.to_string(),
        who(ask, ask.requested_by.as_deref()),
        ask.expires_at.to_string(),
        question,
    ]
}

/// How many answers decide.
pub(super) fn needed(ask: &Ask) -> String {
    match ask.quorum {
        1 if ask.choices.iter().any(|choice| choice.refuses) => "one answer that is no refusal decides".to_owned(),
        1 => "the first answer decides".to_owned(),
        quorum => format!("{quorum} must choose the same"),
    }
}

/// How it has ended, or that it has not.
pub(super) fn outcome(ask: &Ask) -> String {
    let Some(end) = &ask.end else { return "open".to_owned() };
    let by = who(ask, end.by.as_deref());
    match (end.state, end.choice.as_deref()) {
        (AskState::Answered, Some(choice)) => format!("answered: {}, by {by}", label(ask, choice)),
        (AskState::Answered, None) => "answered: no choice can have enough answers any more".to_owned(),
        (AskState::Cancelled, _) => format!("cancelled by {by}"),
        (AskState::Expired | AskState::Open, _) => "expired: nothing was decided in time".to_owned(),
    }
}

pub(super) fn line_of(ask: &Ask, answer: &Answer) -> String {
    let given = &answer.given;
    let late = if answer.late { ", too late" } else { "" };
    format!(
        "{}  {} has chosen {} by {}{late}",
        given.at,
        who(ask, Some(&given.approver)),
        label(ask, &given.choice),
        given.via
    )
}

/// `states` are those of the deliveries, in the order of the messages.
pub(super) fn print(shown: &Shown, states: &[Option<State>], now: Timestamp) {
    lines(shown, states, now).iter().for_each(|line| say!("{}", printable(line)));
}

pub(super) fn lines(shown: &Shown, states: &[Option<State>], now: Timestamp) -> Vec<String> {
    let ask = &shown.ask;
    let by = who(ask, ask.requested_by.as_deref());
    let chosen = asks::chosen(&shown.answers);
    let mut lines = vec![format!("{}  {}  of {}", ask.key.id, outcome(ask), ask.key.tenant)];
    // Whatever is asked, no line of it looks like one of ours.
    lines.extend(ask.question.lines().map(|line| format!("  | {line}")));
    let times = format!("  asked {} by {by}, expires {}", ask.created_at, ask.expires_at);
    lines.push(format!("{times}; {}", needed(ask)));
    for choice in &ask.choices {
        let votes = chosen.values().filter(|chosen| **chosen == choice.id).count();
        let refuses = if choice.refuses { ", a refusal" } else { "" };
        lines.push(format!("  {votes}  {} ({}{refuses})", choice.label, choice.id));
    }
    lines.extend(shown.answers.iter().map(|answer| format!("  {}", line_of(ask, answer))));
    let message = |(at, message): (usize, &Message)| {
        let who = who(ask, message.approver.as_deref());
        let unknown = if ask.end.is_some() { FORGOTTEN } else { UNKNOWN };
        let mask = message.recipient_mask.as_deref().unwrap_or(unknown);
        let state = match states.get(at).copied().flatten() {
            Some(state) => state.as_str().to_owned(),
            None if ask.end.is_none() && message.due_at > now => format!("waits until {}", message.due_at),
            None => "not taken".to_owned(),
        };
        format!(
            "  to {who} by {} {mask}  {state}  delivery {}, due {}",
            message.channel, message.delivery, message.due_at
        )
    };
    lines.extend(shown.copies.iter().enumerate().map(message));
    lines
}

/// The same fields as GET /asks/{id} has, as far as a list has them.
pub(super) fn json_of_ask(ask: &Ask) -> Value {
    let end = ask.end.as_ref();
    json!({
        "id": ask.key.id, "tenant": ask.key.tenant.as_str(), "kind": ask.kind.as_str(), "state": ask.state().as_str(),
        "question": ask.question, "choices": ask.choices, "to": ask.audience, "quorum": ask.quorum,
        "four_eyes": ask.four_eyes, "may_change": ask.may_change, "requested_by": ask.requested_by,
        "correlation_id": ask.correlation_id, "created_at": ask.created_at.to_string(),
        "expires_at": ask.expires_at.to_string(), "choice": end.and_then(|end| end.choice.as_deref()),
        "ended_by": end.and_then(|end| end.by.as_deref()), "ended_at": end.map(|end| end.at.to_string()),
    })
}

pub(super) fn json_of(shown: &Shown, states: &[Option<State>]) -> Value {
    let mut told = json_of_ask(&shown.ask);
    let answer = |answer: &Answer| {
        let given = &answer.given;
        json!({
            "approver": given.approver, "choice": given.choice, "via": given.via, "at": given.at.to_string(),
            "late": answer.late, "id": given.id,
        })
    };
    let message = |(at, message): (usize, &Message)| {
        json!({
            "approver": message.approver, "channel": message.channel, "recipient": message.recipient_mask,
            "step": message.step, "due_at": message.due_at.to_string(), "delivery": message.delivery,
            "state": states.get(at).copied().flatten().map(State::as_str),
        })
    };
    told["answers"] = shown.answers.iter().map(answer).collect();
    told["messages"] = shown.copies.iter().enumerate().map(message).collect();
    told
}

/// What somebody is called, and the id under which they are known.
fn who(ask: &Ask, id: Option<&str>) -> String {
    match id.map(|id| (id, ask.names.get(id))) {
        Some((id, Some(name))) => format!("{name} ({id})"),
        Some((id, None)) => id.to_owned(),
        None => UNKNOWN.to_owned(),
    }
}

fn label<'a>(ask: &'a Ask, choice: &'a str) -> &'a str {
    ask.choices.iter().find(|known| known.id == choice).map_or(choice, |known| known.label.as_str())
}
