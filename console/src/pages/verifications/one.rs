//! The page of one verification: how it stands, where its code went and how often, and what the guard has done. There is no code
//! here and no address. While it is pending the page asks for itself again.

use axum::extract::{Path, State};
use axum::response::Response;
use domain::{Scope, Timestamp, Verification, VerificationState};
use maud::{Markup, html};
use operations::deliveries::is_id;
use operations::verifications;

use super::address;
use super::badges::{guarded, of_state};
use super::words::Words;
use crate::console::Console;
use crate::layout::Shell;
use crate::pages::delivery::address::titled;
use crate::pieces::again::again;
use crate::pieces::facts::fact;
use crate::pieces::figure::{UNKNOWN, whole};
use crate::pieces::time::{moment, of_its_day};
use crate::section::Section;
use crate::session::Viewer;
use crate::words::Lang;

const EVERY: &str = "every 5s";

pub(super) async fn show(State(console): State<Console>, viewer: Viewer, Path(id): Path<String>) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Verifications);
    if let Err(denied) = viewer.actor.must(Scope::Read) {
        return shell.denied(denied).await;
    }
    if !is_id(&id) {
        return shell.not_found().await;
    }
    match verifications::show(&console.store, &viewer.actor.tenant, &id).await {
        Ok(Some(one)) => {
            let lang = shell.lang();
            let title = titled(Words::of(lang).verification, &one.key.id);
            shell.page(&title, &content(&one, lang, console.clock.now())).await
        }
        Ok(None) => shell.not_found().await,
        Err(error) => shell.ledger_failed(&error).await,
    }
}

fn content(one: &Verification, lang: Lang, now: Timestamp) -> Markup {
    let (words, state) = (Words::of(lang), one.state_at(now));
    html! {
        div #verification {
            p.standing { (of_state(state, lang)) " " span { (words.outcome(state)) } }
            // Its room stays when it has ended, and below it nothing moves.
            div.actions.held {
                @if state == VerificationState::Pending {
                    (again("verification", &address::of(&one.key.id), EVERY, words.is_pending, words.reload))
                }
            }
            (facts(one, state, lang, now))
        }
    }
}

fn facts(one: &Verification, state: VerificationState, lang: Lang, now: Timestamp) -> Markup {
    let words = Words::of(lang);
    let is_pending = state == VerificationState::Pending;
    html! {
        dl.facts {
            (fact(words.id, html! { code { (one.key.id) } }))
            (fact(words.purpose, html! { (one.purpose) }))
            (fact(words.channel, html! { (one.channel.as_str()) }))
            (fact(words.recipient, html! { (one.recipient_mask) }))
            (fact(words.country, html! { (one.dial_code.as_deref().unwrap_or(UNKNOWN)) }))
            (fact(words.sends, html! { (whole(u64::from(one.sends))) }))
            (fact(words.checks, html! { (whole(u64::from(one.checks))) " · " span.soft { (words.checks_how) } }))
            @if let Some(told) = guarded(one, lang) { (fact(words.guard, html! { (told) })) }
            (fact(words.since, moment(one.created_at, now, lang)))
            @if let Some(at) = one.last_sent_at { (fact(words.last_sent, moment(at, now, lang))) }
            @match is_pending {
                true => { (fact(words.good_until, moment(one.expires_at, now, lang))) }
                false => { (fact(words.good_until, of_its_day(one.expires_at, now))) }
            }
            // Where its end stands later, so that no other line moves then.
            @if is_pending { (fact(words.attempts_left, html! { (whole(u64::from(one.attempts_left()))) })) }
            @if let Some(at) = one.ended_at { (fact(words.ended, moment(at, now, lang))) }
        }
    }
}
