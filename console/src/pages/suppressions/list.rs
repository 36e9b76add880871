//! The list, or what was taken off it, a page at a time.

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::{ChannelName, Scope, Suppression, Timestamp};
use maud::{Markup, html};
use operations::NotListed;
use operations::suppressions::{self, Wanted};
use store::{Lift, SuppressionCursor};

use super::words::Words;
use super::{LIFT, NEW};
use crate::asked::{Asked, of_another_search};
use crate::console::Console;
use crate::layout::Shell;
use crate::pieces::badge::{Tone, badge};
use crate::pieces::breakable::{foreign, masked};
use crate::pieces::filter::{Field, Input, filter};
use crate::pieces::pager::{address, pager};
use crate::pieces::table::{Column, Row, table, text};
use crate::pieces::time::time;
use crate::section::Section;
use crate::session::Viewer;
use crate::words::Lang;

const LIFTED: &str = "true";

/// What the address asks for.
#[derive(Default)]
struct Query {
    channel: Option<&'static str>,
    destination: Option<String>,
    is_lifted: bool,
    after: Option<SuppressionCursor>,
    problems: Vec<(String, String)>,
}

/// The rows of a page, and where the next begins.
struct Page {
    rows: Vec<Row>,
    next: Option<SuppressionCursor>,
}

pub(super) async fn show(State(console): State<Console>, viewer: Viewer, RawQuery(query): RawQuery) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Suppressions);
    if let Err(denied) = viewer.actor.must(Scope::Read) {
        return shell.denied(denied).await;
    }
    let (mut query, lang) = (Query::read(query.as_deref()), shell.lang());
    let (status, found) = match query.problems.is_empty() {
        true => match read(&console, &viewer, &query).await {
            Ok(page) => (StatusCode::OK, Some(page)),
            Err(NotListed::OtherFilter) => {
                query.problems.push(of_another_search());
                (StatusCode::UNPROCESSABLE_ENTITY, None)
            }
            Err(NotListed::Store(error)) => return shell.ledger_failed(&error).await,
        },
        false => (StatusCode::UNPROCESSABLE_ENTITY, None),
    };
    let words = Words::of(lang);
    let content = html! {
        @if viewer.actor.may(Scope::Operate) { p.actions { a href=(NEW) { (words.add) } } }
        (narrowed(&query, lang))
        @if let Some(page) = found { (listed(&query, &page, lang)) }
    };
    shell.answer(status, Section::Suppressions.label(lang), &content).await
}

impl Query {
    fn read(query: Option<&str>) -> Self {
        let mut asked = Asked::of(query);
        let channel = asked.one_of("channel", operations::channel_names());
        let destination = asked.text("destination");
        let is_lifted = asked.one_of("lifted", &[LIFTED]).is_some();
        let after =
            asked.parsed("after", "is no place in this list: begin with its first page", SuppressionCursor::parse);
        if destination.is_some() && channel.is_none() {
            asked.refuse("channel", "must be given with a recipient: the same address is compared otherwise on each");
        }
        asked.finish(&["channel", "destination", "lifted", "after"]);
        Self { channel, destination, is_lifted, after, problems: asked.problems }
    }

    fn pairs(&self) -> [(&'static str, &str); 3] {
        [
            ("channel", self.channel.unwrap_or_default()),
            ("destination", self.destination.as_deref().unwrap_or_default()),
            ("lifted", if self.is_lifted { LIFTED } else { "" }),
        ]
    }
}

async fn read(console: &Console, viewer: &Viewer, query: &Query) -> Result<Page, NotListed> {
    let (tenant, lang, now) = (viewer.actor.tenant.clone(), viewer.look.lang, console.clock.now());
    let wanted = Wanted {
        channel: query.channel.and_then(|name| ChannelName::parse(name).ok()),
        destination: query.destination.clone(),
        after: query.after.clone(),
        limit: 0,
    };
    if query.is_lifted {
        let page = suppressions::lifts(&console.store, tenant, wanted, &console.recipients).await?;
        let rows = page.lifts.iter().map(|lift| lifted_row(lift, lang, now)).collect();
        return Ok(Page { rows, next: page.next });
    }
    let page = suppressions::list(&console.store, tenant, wanted, &console.recipients).await?;
    let may_lift = viewer.actor.may(Scope::Operate);
    let rows = page.suppressions.iter().map(|entry| row(entry, may_lift, lang, now)).collect();
    Ok(Page { rows, next: page.next })
}

fn narrowed(query: &Query, lang: Lang) -> Markup {
    let words = Words::of(lang);
    let [(_, channel), (_, destination), (_, lifted)] = query.pairs();
    let channels: Vec<(&str, &str)> = operations::channel_names().iter().map(|name| (*name, *name)).collect();
    let lists = [(LIFTED, words.taken_off)];
    let fields = [
        Field { name: "channel", label: words.channel, value: channel, input: Input::Choice(&channels) },
        Field { name: "destination", label: words.recipient, value: destination, input: Input::Search },
        Field { name: "lifted", label: words.which, value: lifted, input: Input::Choice(&lists) },
    ];
    filter(lang, Section::Suppressions.path(), &fields, &query.problems)
}

fn listed(query: &Query, page: &Page, lang: Lang) -> Markup {
    let words = Words::of(lang);
    let (caption, columns, nobody) = if query.is_lifted {
        (words.taken_off, lifted_columns(words).to_vec(), words.nobody_taken_off)
    } else {
        (words.list, columns(words).to_vec(), words.nobody)
    };
    let next = page.next.as_ref().map(ToString::to_string);
    html! {
        @if page.rows.is_empty() {
            p.nothing { (nobody) }
        } @else {
            (table(lang, caption, &columns, &page.rows))
        }
        (pager(lang, Section::Suppressions.path(), &query.pairs(), query.after.is_none(), next.as_deref()))
    }
}

fn columns(words: &Words) -> [Column; 9] {
    [
        text(words.recipient),
        text(words.channel),
        text(words.reason),
        text(words.scope),
        text(words.since),
        text(words.until),
        text(words.by),
        text(words.note),
        text(words.action),
    ]
}

fn row(entry: &Suppression, may_lift: bool, lang: Lang, now: Timestamp) -> Row {
    let words = Words::of(lang);
    let cells = vec![
        masked(&entry.recipient_mask),
        html! { (entry.channel.as_str()) },
        html! { (words.of_reason(entry.reason)) },
        html! { (words.of_scope(entry.scope)) },
        time(entry.since, now, lang),
        html! {
            @if let Some(until) = entry.until {
                @if until <= now { (badge(Tone::Quiet, words.over)) " " }
                (time(until, now, lang))
            }
        },
        foreign(&entry.by),
        html! { @if let Some(note) = &entry.note { (foreign(note)) } },
        html! { @if may_lift { a.whole href=(address(LIFT, &[("id", entry.id.as_str())], None)) { (words.lift) } } },
    ];
    Row { id: format!("entry-{}", entry.id), cells }
}

fn lifted_columns(words: &Words) -> [Column; 6] {
    [
        text(words.recipient),
        text(words.channel),
        text(words.reason),
        text(words.lifted_at),
        text(words.by),
        text(words.why),
    ]
}

fn lifted_row(lift: &Lift, lang: Lang, now: Timestamp) -> Row {
    let (words, entry) = (Words::of(lang), &lift.suppression);
    let cells = vec![
        masked(&entry.recipient_mask),
        html! { (entry.channel.as_str()) },
        html! { (words.of_reason(entry.reason)) },
        time(lift.at, now, lang),
        foreign(&lift.by),
        foreign(&lift.why),
    ];
    // The same entry may have been lifted more than once.
    Row { id: format!("lift-{}-{}", entry.id, lift.at.as_micros()), cells }
}
