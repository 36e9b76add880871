//! What has happened to a question, in its order.

use domain::Timestamp;
use maud::{Markup, html};
use operations::asks::Shown;

use super::facts::outcome;
use super::said::{called, label};
use super::words::Words;
use crate::pieces::time::moment;
use crate::words::Lang;

pub(super) fn of(shown: &Shown, lang: Lang, now: Timestamp) -> Markup {
    html! {
        h2 { (Words::of(lang).timeline) }
        ol.timeline {
            @for (at, told) in told(shown, lang, now) {
                li { (moment(at, now, lang)) " " span.told { (told) } }
            }
        }
    }
}

/// What is to come is not told: an end calls it off.
fn told(shown: &Shown, lang: Lang, now: Timestamp) -> Vec<(Timestamp, String)> {
    let words = Words::of(lang);
    let ask = &shown.ask;
    let name = |id: Option<&String>| id.map(|id| called(ask, id, lang)).unwrap_or_default();
    let mut told = vec![(ask.created_at, (words.opened)(&name(ask.requested_by.as_ref())))];
    let is_over = |at: Timestamp| ask.end.as_ref().is_some_and(|end| end.at <= at);
    let later = shown.copies.iter().filter(|message| message.step > 0);
    for message in later.filter(|message| message.due_at <= now && !is_over(message.due_at)) {
        let who = name(message.approver.as_ref());
        told.push((message.due_at, (words.asked_again)(&who, &message.channel)));
    }
    for answer in &shown.answers {
        let given = &answer.given;
        let say = if answer.late { words.said_late } else { words.said };
        told.push((given.at, say(&called(ask, &given.approver, lang), label(ask, &given.choice), &given.via)));
    }
    if let Some(end) = &ask.end {
        told.push((end.at, outcome(ask, lang)));
    }
    // What is of the same instant stays in this order: an answer before the end that it has brought.
    told.sort_by_key(|(at, _)| *at);
    told
}
