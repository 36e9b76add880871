//! `/console/providers`: who carries which medium, the preferred first, and how the workers have found each.

pub(crate) mod found;
mod words;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use domain::{Scope, Timestamp};
use maud::{Markup, html};
use operations::providers::{self, Carried};

use self::words::Words;
use crate::asked::Asked;
use crate::console::Console;
use crate::layout::Shell;
use crate::pieces::badge::{Tone, badge};
use crate::pieces::breakable::foreign;
use crate::pieces::figure::UNKNOWN;
use crate::pieces::filter::{Field, Input, filter};
use crate::pieces::table::{Column, Row, number, table, text};
use crate::pieces::time::time;
use crate::section::Section;
use crate::session::Viewer;
use crate::words::Lang;

pub(crate) fn routes() -> Router<Console> {
    Router::new().route("/console/providers", get(show))
}

async fn show(State(console): State<Console>, viewer: Viewer, RawQuery(query): RawQuery) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Providers);
    if let Err(denied) = viewer.actor.must(Scope::Read) {
        return shell.denied(denied).await;
    }
    let (now, lang) = (console.clock.now(), shell.lang());
    let mut asked = Asked::of(query.as_deref());
    let medium = asked.one_of("medium", operations::channel_names());
    asked.finish(&["medium"]);
    let all = match providers::list(&console.store, &console.settings.carriers, &viewer.reach(), now).await {
        Ok(all) => all,
        Err(error) => return shell.ledger_failed(&error).await,
    };
    let status = if asked.problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let content = html! {
        (narrowed(medium, &asked.problems, lang))
        @if asked.problems.is_empty() { (by_medium(&all, medium, lang, now)) }
    };
    shell.answer(status, Section::Providers.label(lang), &content).await
}

fn narrowed(medium: Option<&str>, problems: &[(String, String)], lang: Lang) -> Markup {
    let media: Vec<(&str, &str)> = operations::channel_names().iter().map(|name| (*name, *name)).collect();
    let value = medium.unwrap_or_default();
    let field = Field { name: "medium", label: Words::of(lang).medium, value, input: Input::Choice(&media) };
    filter(lang, Section::Providers.path(), &[field], problems)
}

/// One table: a medium with its providers after the other, and what is found of a provider as a whole first.
fn by_medium(all: &[Carried], only: Option<&str>, lang: Lang, now: Timestamp) -> Markup {
    let words = Words::of(lang);
    let mut media: Vec<&str> = all.iter().map(|one| one.medium.as_str()).collect();
    media.sort_unstable();
    media.dedup();
    media.retain(|medium| only.is_none_or(|only| *medium == only));
    let rows: Vec<Row> = media.iter().flat_map(|medium| of_one(medium, all, lang, now)).collect();
    html! {
        p.soft { (words.about) " " code { "chasqui providers check" } " " (words.asks_each) }
        @if rows.is_empty() {
            p.nothing { (words.nothing) }
        } @else {
            (table(lang, Section::Providers.label(lang), &columns(words), &rows))
        }
    }
}

fn columns(words: &Words) -> [Column; 8] {
    [
        text(words.provider),
        text(words.medium),
        number(words.place),
        text(words.state),
        text(words.until),
        text(words.limits),
        text(words.paused),
        text(words.noted),
    ]
}

fn of_one(medium: &str, all: &[Carried], lang: Lang, now: Timestamp) -> Vec<Row> {
    let carried = all.iter().filter(|one| one.medium == medium);
    carried.enumerate().map(|(at, one)| row(at, one, lang, now)).collect()
}

fn row(at: usize, one: &Carried, lang: Lang, now: Timestamp) -> Row {
    let words = Words::of(lang);
    let known = one.known.as_ref();
    let state = known.map(|known| known.state.as_str());
    let until = known.and_then(|known| known.open_until).filter(|until| *until > now);
    let place = if one.is_configured { (at + 1).to_string() } else { UNKNOWN.to_owned() };
    let medium = if one.medium.is_empty() { words.every_medium } else { one.medium.as_str() };
    let cells = vec![
        html! { (foreign(&one.provider)) @if !one.is_configured { " " span.soft { (words.noted_only) } } },
        html! { (medium) },
        html! { (place) },
        html! {
            (found::state(state, one.is_given_nothing(now), lang))
            @if one.is_captured { div { (badge(Tone::Warning, words.captured)) } }
        },
        html! { @if let Some(until) = until { (time(until, now, lang)) } },
        found::leased(one.limits.iter().copied(), lang),
        html! { @for pause in &one.pauses { div { a href=(Section::Pauses.path()) { (foreign(&pause.why)) } } } },
        html! { @match known { Some(known) => { (time(known.noted_at, now, lang)) } None => { (UNKNOWN) } } },
    ];
    // A provider may carry several kinds of one medium.
    Row { id: format!("provider-{}-{}-{at}", one.medium, one.provider), cells }
}
