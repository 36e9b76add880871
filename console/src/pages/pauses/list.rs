//! What is paused now, the newest first.

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::{Pause, PauseKind, Scope, Timestamp};
use maud::{Markup, html};
use operations::pauses;

use super::words::Words;
use super::{NEW, RESUME};
use crate::asked::Asked;
use crate::console::Console;
use crate::layout::Shell;
use crate::pieces::breakable::foreign;
use crate::pieces::filter::{Field, Input, filter};
use crate::pieces::pager::{address, pager};
use crate::pieces::table::{Row, table, text};
use crate::pieces::time::time;
use crate::section::Section;
use crate::session::Viewer;
use crate::words::Lang;

/// How many are shown at once.
const PAGE: usize = 100;

/// What the address asks for.
struct Query {
    kind: Option<PauseKind>,
    /// The pause behind which the page begins.
    after: Option<String>,
    problems: Vec<(String, String)>,
}

pub(super) async fn show(State(console): State<Console>, viewer: Viewer, RawQuery(query): RawQuery) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Pauses);
    if let Err(denied) = viewer.actor.must(Scope::Read) {
        return shell.denied(denied).await;
    }
    let (query, now, lang) = (Query::read(query.as_deref()), console.clock.now(), shell.lang());
    let found = match pauses::list(&console.store, &viewer.reach(), now).await {
        Ok(found) => found,
        Err(error) => return shell.ledger_failed(&error).await,
    };
    let may = viewer.actor.may(Scope::Operate);
    let status = if query.problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let content = html! {
        @if may { p.actions { a href=(NEW) { (Words::of(lang).pause_something) } } }
        (narrowed(&query, lang))
        @if query.problems.is_empty() { (listed(&query, &found, &viewer, now)) }
    };
    shell.answer(status, Section::Pauses.label(lang), &content).await
}

impl Query {
    fn read(query: Option<&str>) -> Self {
        let mut asked = Asked::of(query);
        let kind = asked.one_of("kind", &PauseKind::ALL.map(PauseKind::as_str)).and_then(PauseKind::parse);
        let after = asked.text("after");
        asked.finish(&["kind", "after"]);
        Self { kind, after, problems: asked.problems }
    }

    fn kind(&self) -> &'static str {
        self.kind.map(PauseKind::as_str).unwrap_or_default()
    }
}

fn narrowed(query: &Query, lang: Lang) -> Markup {
    let words = Words::of(lang);
    let kinds = PauseKind::ALL.map(|kind| (kind.as_str(), lang.words().shell.pause_kind(kind)));
    let kind = Field { name: "kind", label: words.what, value: query.kind(), input: Input::Choice(&kinds) };
    filter(lang, Section::Pauses.path(), &[kind], &query.problems)
}

fn listed(query: &Query, all: &[Pause], viewer: &Viewer, now: Timestamp) -> Markup {
    let lang = viewer.look.lang;
    let words = Words::of(lang);
    let fits: Vec<&Pause> = all.iter().filter(|pause| query.kind.is_none_or(|kind| pause.kind == kind)).collect();
    // One that has ended meanwhile leads to the beginning.
    let place = query.after.as_deref().and_then(|after| fits.iter().position(|pause| pause.id == after));
    let from = place.map_or(0, |place| place + 1);
    let shown: Vec<&Pause> = fits.iter().skip(from).take(PAGE).copied().collect();
    let next = shown.last().filter(|_| fits.len() > from + shown.len()).map(|pause| pause.id.as_str());
    let columns = [
        text(words.what),
        text(words.name),
        text(words.whose),
        text(words.why),
        text(words.by),
        text(words.since),
        text(words.until),
        text(words.action),
    ];
    let rows: Vec<Row> = shown.iter().map(|pause| row(pause, viewer, now)).collect();
    html! {
        @if rows.is_empty() { p.nothing { (words.nothing) } } @else { (table(lang, words.paused, &columns, &rows)) }
        (pager(lang, Section::Pauses.path(), &[("kind", query.kind())], from == 0, next))
    }
}

fn row(pause: &Pause, viewer: &Viewer, now: Timestamp) -> Row {
    let (lang, may) = (viewer.look.lang, pauses::may_resume(&viewer.actor, pause));
    let words = Words::of(lang);
    let cells = vec![
        html! { (lang.words().shell.pause_kind(pause.kind)) },
        foreign(&pause.name),
        html! { @match &pause.tenant { Some(tenant) => { (foreign(tenant.as_str())) } None => { (words.everybody) } } },
        foreign(&pause.why),
        html! { (foreign(&pause.by)) @if pause.by_platform { " (" (words.by_platform) ")" } },
        time(pause.since, now, lang),
        html! {
            @match pause.until {
                Some(until) => { (time(until, now, lang)) }
                None => { span.one-line { (words.until_resumed) } }
            }
        },
        html! { @if may { a href=(address(RESUME, &[("id", pause.id.as_str())], None)) { (words.resume) } } },
    ];
    Row { id: format!("pause-{}", pause.id), cells }
}
