//! The captures of a tenant, with a search in what they say.

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::{ChannelName, Scope, Timestamp};
use maud::{Markup, html};
use operations::captures::{Found, Wanted, find};
use store::CapturedView;
use web::problem::Problem;
use web::query::Parameters;

use super::words::Words;
use super::{FAULTS, recipient};
use crate::console::Console;
use crate::fields::Fields;
use crate::layout::Shell;
use crate::pages::delivery::address;
use crate::pieces::breakable::foreign;
use crate::pieces::figure::whole;
use crate::pieces::filter::{Field, Input, filter};
use crate::pieces::pager::pager;
use crate::pieces::table::{Row, table, text};
use crate::pieces::time::time;
use crate::section::Section;
use crate::session::Viewer;
use crate::words::Lang;

/// The rows of a page.
const LIMIT: usize = 50;
/// What is shown of the words of a capture, in characters.
const GLIMPSE: usize = 90;
const MAX_TEXT_BYTES: usize = 256;
const NAMES: [&str; 3] = ["q", "channel", "after"];

pub(super) async fn show(
    State(console): State<Console>,
    viewer: Viewer,
    parameters: Result<Parameters, Problem>,
    RawQuery(query): RawQuery,
) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Sandbox);
    if let Err(denied) = viewer.actor.must(Scope::Read) {
        return shell.denied(denied).await;
    }
    let (lang, title) = (shell.lang(), Section::Sandbox.label(shell.lang()));
    if !console.settings.sandbox {
        return shell.page(title, &html! { p.nothing { (Words::of(lang).is_off) } }).await;
    }
    let asked = Fields::parse(query.unwrap_or_default().as_bytes());
    match parameters.and_then(read) {
        Err(problem) => {
            let wrong: Vec<(String, String)> =
                problem.bad().map(|(name, detail)| (name.to_owned(), detail.to_owned())).collect();
            shell.answer(problem.status(), title, &form(lang, &asked, &wrong)).await
        }
        Ok(wanted) => match find(&console.store, &viewer.actor.tenant, &wanted, LIMIT).await {
            Err(error) => shell.ledger_failed(&error).await,
            Ok(found) => {
                let content = page_of(lang, &asked, &found, console.clock.now());
                shell.answer(StatusCode::OK, title, &content).await
            }
        },
    }
}

fn read(query: Parameters) -> Result<Wanted, Problem> {
    let mut query = query.filled();
    let channel = query.one_of("channel", operations::channel_names(), |name| name);
    let wanted = Wanted {
        channel: channel.and_then(|name| ChannelName::parse(name).ok()),
        text: query.parsed("q", "must be at most 256 bytes", |text| {
            (text.len() <= MAX_TEXT_BYTES).then(|| text.trim().to_owned())
        }),
        before: query.number("after", 0..=i64::MAX),
    };
    query.finish(&NAMES)?;
    Ok(wanted)
}

fn page_of(lang: Lang, asked: &Fields, found: &Found, now: Timestamp) -> Markup {
    let words = Words::of(lang);
    let next = found.next.map(|id| id.to_string());
    let value = |name| asked.text(name).unwrap_or_default();
    let pairs = [("q", value("q")), ("channel", value("channel"))];
    let is_for_all = pairs.iter().all(|(_, value)| value.is_empty());
    let (seen, fit) = (whole(found.looked_at as u64), whole(found.captures.len() as u64));
    html! {
        p.soft { (words.what) " " a href="/sandbox" { (words.without_login) } "." }
        p.actions { a href=(FAULTS) { (words.faults) } }
        (form(lang, asked, &[]))
        @if found.captures.is_empty() {
            p.nothing { (if is_for_all { words.nothing_at_all } else { words.nothing_fits }) }
        } @else {
            (table_of(&found.captures, lang, now))
        }
        p.soft { ((words.looked_at)(&seen, &fit)) @if next.is_some() { " " (words.go_on) } }
        (pager(lang, Section::Sandbox.path(), &pairs, asked.text("after").is_none(), next.as_deref()))
    }
}

fn form(lang: Lang, asked: &Fields, problems: &[(String, String)]) -> Markup {
    let words = Words::of(lang);
    let channels: Vec<(&str, &str)> = operations::channel_names().iter().map(|name| (*name, *name)).collect();
    let value = |name| asked.text(name).unwrap_or_default();
    let fields = [
        Field { name: "q", label: words.search, value: value("q"), input: Input::Search },
        Field { name: "channel", label: words.channel, value: value("channel"), input: Input::Choice(&channels) },
    ];
    filter(lang, Section::Sandbox.path(), &fields, problems)
}

fn table_of(captures: &[CapturedView], lang: Lang, now: Timestamp) -> Markup {
    let words = Words::of(lang);
    let columns =
        [text(words.message), text(words.channel), text(words.recipient), text(words.delivery), text(words.captured)];
    let rows: Vec<Row> = captures.iter().map(|view| row(view, lang, now)).collect();
    table(lang, Section::Sandbox.label(lang), &columns, &rows)
}

fn row(view: &CapturedView, lang: Lang, now: Timestamp) -> Row {
    let capture = &view.capture;
    let said = capture.subject.as_deref().filter(|subject| !subject.is_empty()).unwrap_or(&capture.text);
    let cells = vec![
        html! { a href={ (Section::Sandbox.path()) "/" (view.id) } { (foreign(&glimpse(said, lang))) } },
        html! { (capture.channel.as_str()) },
        recipient::shown(&capture.destination),
        address::link(&view.key.id),
        time(view.at, now, lang),
    ];
    Row { id: format!("capture-{}", view.id), cells }
}

fn glimpse(text: &str, lang: Lang) -> String {
    let mut chars = text.trim().chars();
    let mut shown: String = chars.by_ref().take(GLIMPSE).collect();
    if chars.next().is_some() {
        shown.push('…');
    }
    if shown.is_empty() { Words::of(lang).without_words.to_owned() } else { shown }
}
