//! Where a delivery stands, what can be done about it, and when it is looked at again.

use std::time::Duration;

use domain::{Explanation, Scope, State, Timestamp};
use maud::{Markup, html};
use operations::deliveries::{Shown, Taken};

use super::ACCEPTED;
use super::address;
use super::summary::summary_of;
use super::words::Words;
use crate::pieces::again;
use crate::pieces::badge::{Tone, badge, of_state};
use crate::pieces::pager::address as with_query;
use crate::section::Section;
use crate::session::Viewer;
use crate::words::Lang;

/// How soon what is about to change is looked at again, and what waits for longer.
pub(super) const SOON: &str = "every 2s";
const SELDOM: &str = "every 30s";
/// What changes within this time is about to change.
const SHORTLY: Duration = Duration::from_secs(180);

/// Its state and the sentence about it.
pub(super) fn of(shown: &Shown, told: &Explanation, lang: Lang) -> Markup {
    html! {
        p.standing {
            @match shown {
                Shown::Taken(taken) => { (of_state(taken.view.row.state, lang)) }
                Shown::Scheduled { .. } => { (badge(Tone::Waiting, Words::of(lang).scheduled)) }
            }
            " " span { (summary_of(&told.summary, lang)) }
        }
    }
}

/// Asks for the page again while the delivery is under way.
pub(super) fn again(id: &str, shown: &Shown, now: Timestamp, lang: Lang) -> Markup {
    match next_look(shown, now) {
        Some(every) => again_after(id, false, every, lang),
        None => html! {},
    }
}

pub(super) fn again_after(id: &str, is_accepted: bool, every: &str, lang: Lang) -> Markup {
    let words = Words::of(lang);
    let asked = if is_accepted { "true" } else { "" };
    let path = with_query(&address::of(id), &[(ACCEPTED, asked)], None);
    again::again("delivery", &path, every, words.under_way, words.reload)
}

fn next_look(shown: &Shown, now: Timestamp) -> Option<&'static str> {
    let due = match shown {
        Shown::Scheduled { job, .. } => Some(job.due_at),
        Shown::Taken(taken) => match taken.view.row.state {
            State::Sending => None,
            State::Waiting => taken.view.due_at,
            _ => return None,
        },
    };
    let is_far = due.is_some_and(|due| due > now.plus(SHORTLY));
    Some(if is_far { SELDOM } else { SOON })
}

pub(super) fn actions(id: &str, shown: &Shown, viewer: &Viewer) -> Markup {
    html! {
        p.actions {
            @if can_be_stopped(shown) { (cancel_link(id, viewer)) }
            @if let Shown::Taken(taken) = shown { (letters_like(taken, viewer.look.lang)) }
        }
    }
}

/// Leads to the page that asks once more.
pub(super) fn cancel_link(id: &str, viewer: &Viewer) -> Markup {
    let may = [Scope::Operate, Scope::Notify].into_iter().any(|scope| viewer.actor.may(scope));
    html! {
        @if may { a href={ (address::of(id)) "/cancel" } { (Words::of(viewer.look.lang).cancel) } }
    }
}

/// What waits can be stopped; what was handed on, or may be, is stopped where it is now: at the last of its fallbacks.
fn can_be_stopped(shown: &Shown) -> bool {
    let Shown::Taken(taken) = shown else { return true };
    let row = &taken.view.row;
    let hands_on = row.state == State::FellBack || row.order.escalates_at().is_some();
    // One of which nothing is known yet is stopped before a worker takes it.
    let last_waits = || taken.fallbacks.last().is_some_and(|last| matches!(last.state, None | Some(State::Waiting)));
    row.state == State::Waiting || (hands_on && last_waits())
}

/// The letter of a delivery is among those that failed as it did.
fn letters_like(taken: &Taken, lang: Lang) -> Markup {
    let row = &taken.view.row;
    let domain::Order::DeadLetter { reason, .. } = &row.order else { return html! {} };
    let asked = [
        ("channel", row.channel.as_str()),
        ("reason", reason.as_str()),
        ("code", row.code.as_deref().unwrap_or_default()),
        ("template", row.origin.template.as_deref().unwrap_or_default()),
    ];
    html! {
        @if row.state.is_dead_lettered() {
            a href=(with_query(Section::DeadLetters.path(), &asked, None)) { (Words::of(lang).find_letter) }
        }
    }
}

/// The same for programs, to be copied.
pub(super) fn by_api(id: &str, lang: Lang) -> Markup {
    let words = Words::of(lang);
    let id = address::escaped(id);
    let call =
        |method: &str, path: &str| format!("curl{method} -H \"Authorization: Bearer $TOKEN\" \"$CHASQUI{path}\"");
    let lines = [
        call("", &format!("/deliveries/{id}/explain")),
        call("", &format!("/deliveries/{id}")),
        call(" -X DELETE", &format!("/notify/{id}")),
    ];
    html! {
        details #by-api {
            summary { (words.by_api) }
            p.soft { (words.by_api_how) }
            @for line in lines { pre.copied { (line) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use operations::deliveries::Fallback;
    use store::DeliveryView;

    use super::*;

    #[test]
    fn what_is_copied_is_safe_in_a_shell() {
        let told = by_api("a\"; rm -rf $HOME `x` '", Lang::En).into_string();
        assert!(told.contains("/notify/a%22%3B%20rm%20-rf%20%24HOME%20%60x%60%20%27"), "{told}");
    }

    #[test]
    fn what_was_handed_on_can_be_stopped_only_where_its_last_fallback_can() {
        let check = |state, fallbacks: &[Option<State>], expected| {
            let row = domain::Row { state, ..testkit::row("d") };
            let view = DeliveryView { row, due_at: None, attempts: Vec::new(), late_answers: 0 };
            let child = |state: &Option<State>| Fallback { id: "d-1".into(), state: *state, is_scheduled: false };
            let fallbacks = fallbacks.iter().map(child).collect();
            let taken = Taken { view, fallbacks, warnings: Vec::new(), receipts: Vec::new() };
            assert_eq!(can_be_stopped(&Shown::Taken(Box::new(taken))), expected, "{state:?}");
        };
        check(State::Waiting, &[], true);
        check(State::Sent, &[], false);
        check(State::FellBack, &[None], true);
        check(State::FellBack, &[Some(State::FellBack), Some(State::Waiting)], true);
        for ended in [State::Delivered, State::Sending, State::Cancelled] {
            check(State::FellBack, &[Some(ended)], false);
        }
    }

    #[test]
    fn an_ended_delivery_is_not_asked_for_again() {
        let asks = again_after("a/b", true, SOON, Lang::Es).into_string();
        assert!(asks.contains("hx-get=\"/console/deliveries/a%2Fb?accepted=true\""), "{asks}");
        assert!(asks.contains("hx-status:4xx=\"swap:none\"") && asks.contains("hx-trigger=\"every 2s\""), "{asks}");
    }
}
