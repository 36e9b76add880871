//! The choices of a question with how many have chosen each, the people who are asked with the messages by which they are, and
//! their answers. People are shown by what they are called with the ids under which they are known, and addresses as masks.

use domain::{Answer, Ask, AskChoice, State, Timestamp};
use maud::{Markup, html};
use operations::asks::{self, Message, Shown};
use serde_json::{Map, Value};

use super::said::{called, label, person};
use super::words::Words;
use crate::pages::delivery::address;
use crate::pieces::badge::{Tone, badge, of_state};
use crate::pieces::breakable::{breakable, has_long_word};
use crate::pieces::figure::{UNKNOWN, whole};
use crate::pieces::table::{Row, number, table, text};
use crate::pieces::time::{lasting, moment};
use crate::words::Lang;

pub(super) fn choices(shown: &Shown, lang: Lang) -> Markup {
    let words = Words::of(lang);
    let chosen = asks::chosen(&shown.answers);
    let decided = shown.ask.end.as_ref().and_then(|end| end.choice.as_deref());
    let columns = [text(words.choice), number(words.chosen), text(words.means)];
    let row = |(at, choice): (usize, &AskChoice)| {
        let votes = chosen.values().filter(|chosen| **chosen == choice.id).count();
        let cells = vec![
            html! { (choice.label) " " code.soft { (choice.id) } },
            html! { (whole(votes as u64)) },
            html! {
                @if decided == Some(choice.id.as_str()) {
                    (badge(Tone::Good, words.is_decided))
                    @if choice.refuses { " · " }
                }
                @if choice.refuses { span.soft { (words.refuses) } }
            },
        ];
        Row { id: format!("choice-{at}"), cells }
    };
    let rows: Vec<Row> = shown.ask.choices.iter().enumerate().map(row).collect();
    html! { h2 { (words.choices) } (table(lang, words.choices, &columns, &rows)) }
}

pub(super) fn answers(shown: &Shown, lang: Lang, now: Timestamp) -> Markup {
    let words = Words::of(lang);
    let columns = [
        text(words.who),
        text(words.choice),
        text(words.via),
        text(words.when),
        text(words.late),
        text(words.evidence),
    ];
    let row = |(at, answer): (usize, &Answer)| {
        let given = &answer.given;
        let cells = vec![
            who(&shown.ask, &given.approver, lang),
            html! { (label(&shown.ask, &given.choice)) },
            html! { (given.via) },
            moment(given.at, now, lang),
            html! { @if answer.late { (badge(Tone::Warning, words.came_late)) } },
            evidence(&given.evidence, words),
        ];
        Row { id: format!("answer-{at}"), cells }
    };
    let rows: Vec<Row> = shown.answers.iter().enumerate().map(row).collect();
    html! {
        h2 { (words.answers) }
        @if rows.is_empty() {
            p.nothing { (words.no_answers) }
        } @else {
            (table(lang, words.answers, &columns, &rows))
        }
    }
}

/// `states` are those of the deliveries, in the order of the messages.
pub(super) fn messages(shown: &Shown, states: &[Option<State>], lang: Lang, now: Timestamp) -> Markup {
    let words = Words::of(lang);
    let columns = [
        text(words.who),
        text(words.channel),
        text(words.recipient),
        text(words.step),
        text(words.due),
        text(words.delivery),
        text(words.state),
    ];
    let of =
        |(at, message): (usize, &Message)| row(&shown.ask, at, message, states.get(at).copied().flatten(), lang, now);
    let rows: Vec<Row> = shown.copies.iter().enumerate().map(of).collect();
    html! {
        h2 { (words.asked) }
        p.soft { (words.asked_how) }
        (table(lang, words.asked, &columns, &rows))
        @let without = without_messages(shown, lang);
        @if !without.is_empty() { p { (words.not_reached) " " (without.join(", ")) } }
    }
}

/// Whoever is asked or has answered. Names are broken where their words end, and a word only where none of a language is
/// as long.
fn who(ask: &Ask, id: &str, lang: Lang) -> Markup {
    let is_long = has_long_word(id) || has_long_word(&called(ask, id, lang));
    let person = person(ask, id, lang);
    html! { @if is_long { span.most { (person) } } @else { (person) } }
}

/// What shows that an answer was given, name by name. What is no object stands as it is.
fn evidence(text: &str, words: &Words) -> Markup {
    let named: Option<Map<String, Value>> = serde_json::from_str(text).ok();
    html! {
        @match named {
            Some(named) => {
                @for (name, value) in &named {
                    @let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    div { span.soft { (words.evidence_of(name)) ":" } " " code.long { (shown) } }
                }
            }
            None => { code.long { (text) } }
        }
    }
}

fn row(ask: &Ask, at: usize, message: &Message, state: Option<State>, lang: Lang, now: Timestamp) -> Row {
    let words = Words::of(lang);
    let after = message.due_at.since(ask.created_at);
    let after = if after.is_zero() { String::new() } else { lasting(after) };
    let cells = vec![
        html! { @match &message.approver { Some(id) => { (who(ask, id, lang)) } None => { (UNKNOWN) } } },
        html! { (message.channel) },
        html! {
            @match (message.recipient_mask.as_deref(), &ask.end) {
                (Some(mask), _) => { (breakable(mask)) }
                (None, Some(_)) => { span.soft { (words.forgotten) } }
                (None, None) => { (UNKNOWN) }
            }
        },
        html! { ((words.of_step)(message.step, &after)) },
        moment(message.due_at, now, lang),
        address::link(&message.delivery),
        html! {
            @match state {
                Some(state) => { (of_state(state, lang)) }
                None => { span.soft { (words.not_taken) } }
            }
        },
    ];
    Row { id: format!("message-{at}"), cells }
}

/// Those who are asked and to whom no message leads.
fn without_messages(shown: &Shown, lang: Lang) -> Vec<String> {
    let is_written_to =
        |person: &&String| shown.copies.iter().any(|message| message.approver.as_deref() == Some(person.as_str()));
    shown
        .ask
        .audience
        .iter()
        .filter(|person| !is_written_to(person))
        .map(|person| called(&shown.ask, person, lang))
        .collect()
}
