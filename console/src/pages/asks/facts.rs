//! What is known of a question besides what people have said.

use domain::{Ask, AskKind, AskState, Timestamp};
use maud::{Markup, html};

use super::badges::of_kind;
use super::said::{called, label, person};
use super::words::Words;
use crate::pages::commands::address;
use crate::pieces::facts::fact;
use crate::pieces::figure::{UNKNOWN, whole};
use crate::pieces::time::{moment, of_its_day};
use crate::words::Lang;

/// How it has ended, or what it waits for, in a sentence.
pub(super) fn outcome(ask: &Ask, lang: Lang) -> String {
    let words = Words::of(lang);
    let may_refuse = ask.choices.iter().any(|choice| choice.refuses);
    let Some(end) = &ask.end else { return (words.waits)(ask.quorum, ask.audience.len(), may_refuse) };
    let by = end.by.as_deref().map_or_else(|| UNKNOWN.to_owned(), |by| called(ask, by, lang));
    match (end.state, end.choice.as_deref()) {
        (AskState::Answered, Some(choice)) => (words.decided)(label(ask, choice), &by),
        (AskState::Answered, None) => words.undecided.to_owned(),
        (AskState::Cancelled, _) => (words.taken_back_by)(&by),
        (AskState::Expired | AskState::Open, _) => words.nobody_in_time.to_owned(),
    }
}

pub(super) fn of(ask: &Ask, lang: Lang, now: Timestamp) -> Markup {
    let words = Words::of(lang);
    let yes_or_no = |is: bool| html! { (if is { lang.words().lists.yes } else { lang.words().lists.no }) };
    html! {
        dl.facts {
            (fact(words.id, html! { code { (ask.key.id) } }))
            (fact(words.kind, html! { (of_kind(ask.kind, lang)) }))
            @if ask.kind == AskKind::Command { (fact(words.command, address::link(&ask.key.id))) }
            (fact(words.requested_by, html! {
                @match &ask.requested_by { Some(by) => { (person(ask, by, lang)) } None => { (UNKNOWN) } }
            }))
            (fact(words.quorum, html! { (whole(u64::from(ask.quorum))) }))
            (fact(words.four_eyes, yes_or_no(ask.four_eyes)))
            (fact(words.may_change, yes_or_no(ask.may_change)))
            @if let Some(correlated) = &ask.correlation_id { (fact(words.correlation, html! { code { (correlated) } })) }
            @if let Some(queue) = &ask.reply_to { (fact(words.reply_to, html! { code { (queue) } })) }
            (fact(words.made, moment(ask.created_at, now, lang)))
            @match &ask.end {
                // It has as many lines as when it has ended.
                None => {
                    (fact(words.expires, moment(ask.expires_at, now, lang)))
                    (fact(words.ended, html! { (UNKNOWN) }))
                }
                Some(end) => {
                    (fact(words.ended, moment(end.at, now, lang)))
                    // One whose time was over has ended then.
                    @if ask.expires_at > end.at { (fact(words.would_expire, of_its_day(ask.expires_at, now))) }
                }
            }
            @if ask.attempts > 0 { (fact(words.attempts, html! { (whole(u64::from(ask.attempts))) })) }
        }
    }
}
