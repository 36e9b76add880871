//! The list of verifications, a page at a time, below how many codes were entered.

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::{Actor, ChannelName, Scope, Timestamp, Verification, VerificationState};
use maud::{Markup, html};
use operations::deliveries::written::{LATER_THAN_FROM, TIME};
use operations::verifications;
use store::{ConversionBy, Converted, StoreError, VerificationCursor, VerificationFilter, VerificationPage};
use web::problem::Problem;
use web::query::Parameters;

use super::badges::{guarded, of_state, word};
use super::words::Words;
use super::{address, conversions};
use crate::asked::problems;
use crate::console::Console;
use crate::fields::Fields;
use crate::layout::Shell;
use crate::pages::delivery::address::anchor;
use crate::pieces::breakable::breakable;
use crate::pieces::figure::{UNKNOWN, whole};
use crate::pieces::filter::{Field, Input, filter};
use crate::pieces::pager::pager;
use crate::pieces::table::{Row, number, table, text};
use crate::pieces::time::time;
use crate::section::Section;
use crate::session::Viewer;
use crate::words::Lang;

/// The rows of a page.
const ROWS: usize = 50;
const NAMES: [&str; 6] = ["state", "channel", "purpose", "from", "to", "after"];

pub(super) async fn show(
    State(console): State<Console>,
    viewer: Viewer,
    parameters: Result<Parameters, Problem>,
    RawQuery(query): RawQuery,
) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Verifications);
    if let Err(denied) = viewer.actor.must(Scope::Read) {
        return shell.denied(denied).await;
    }
    let (lang, title) = (shell.lang(), Section::Verifications.label(shell.lang()));
    let asked = Fields::parse(query.unwrap_or_default().as_bytes());
    let wanted = match parameters.and_then(|parameters| read(parameters, &viewer.actor)) {
        Ok(wanted) => wanted,
        Err(problem) => return shell.answer(problem.status(), title, &form(&asked, &problems(&problem), lang)).await,
    };
    let is_first = wanted.after.is_none();
    let (page, converted) = match found(&console, &viewer, wanted).await {
        Ok(found) => found,
        Err(error) => return shell.ledger_failed(&error).await,
    };
    let next = page.next.as_ref().map(ToString::to_string);
    let content = html! {
        @if is_first { (conversions::of(&converted, lang)) h2 { (title) } }
        (form(&asked, &[], lang))
        @if page.verifications.is_empty() {
            p.nothing { (Words::of(lang).nothing) }
        } @else {
            (rows(&page.verifications, lang, console.clock.now()))
        }
        (pager(lang, Section::Verifications.path(), &pairs(&asked), is_first, next.as_deref()))
    };
    shell.answer(StatusCode::OK, title, &content).await
}

/// # Errors
/// 422 that names every part that is wrong.
fn read(query: Parameters, actor: &Actor) -> Result<VerificationFilter, Problem> {
    let mut query = query.filled();
    let channel = query.one_of("channel", operations::channel_names(), |name| name);
    let wanted = VerificationFilter {
        tenant: actor.tenant.clone(),
        state: query.one_of("state", &VerificationState::ALL, VerificationState::as_str),
        channel: channel.and_then(|name| ChannelName::parse(name).ok()),
        purpose: query.text("purpose"),
        since: query.parsed("from", TIME.must, TIME.read),
        until: query.parsed("to", TIME.must, TIME.read),
        after: query.parsed("after", "must be the end of the page before", VerificationCursor::parse),
        limit: ROWS,
    };
    if wanted.since.zip(wanted.until).is_some_and(|(since, until)| since >= until) {
        query.refuse("to", LATER_THAN_FROM);
    }
    query.finish(&NAMES)?;
    Ok(wanted)
}

/// A page, and how many codes were entered, which only the first one shows.
async fn found(
    console: &Console,
    viewer: &Viewer,
    wanted: VerificationFilter,
) -> Result<(VerificationPage, Vec<Converted>), StoreError> {
    let (tenant, now) = (&viewer.actor.tenant, console.clock.now());
    let converted = match wanted.after {
        None => verifications::conversions(&console.store, tenant, ConversionBy::DialCode, now).await?,
        Some(_) => Vec::new(),
    };
    Ok((verifications::list(&console.store, wanted).await?, converted))
}

fn value<'a>(asked: &'a Fields, name: &str) -> &'a str {
    asked.text(name).unwrap_or_default()
}

fn pairs(asked: &Fields) -> Vec<(&'static str, &str)> {
    NAMES.into_iter().map(|name| (name, value(asked, name))).collect()
}

fn form(asked: &Fields, problems: &[(String, String)], lang: Lang) -> Markup {
    let words = Words::of(lang);
    let states = VerificationState::ALL.map(|state| (state.as_str(), word(state, lang)));
    let channels: Vec<(&str, &str)> = operations::channel_names().iter().map(|name| (*name, *name)).collect();
    let field = |name, label, input| Field { name, label, value: value(asked, name), input };
    let fields = [
        field("state", words.state, Input::Choice(&states)),
        field("channel", words.channel, Input::Choice(&channels)),
        field("purpose", words.purpose, Input::Search),
        field("from", words.from, Input::Text("2026-03-01T09:00:00Z")),
        field("to", words.to, Input::Text("2026-03-02T09:00:00Z")),
    ];
    filter(lang, Section::Verifications.path(), &fields, problems)
}

fn rows(verifications: &[Verification], lang: Lang, now: Timestamp) -> Markup {
    let words = Words::of(lang);
    let columns = [
        text(words.verification),
        text(words.state),
        text(words.channel),
        text(words.recipient),
        text(words.purpose),
        text(words.country),
        number(words.checks),
        number(words.sends),
        text(words.guard),
        text(words.since),
        text(words.ended),
    ];
    let rows: Vec<Row> = verifications.iter().map(|one| row(one, lang, now)).collect();
    table(lang, Section::Verifications.label(lang), &columns, &rows)
}

fn row(one: &Verification, lang: Lang, now: Timestamp) -> Row {
    let id = one.key.id.as_str();
    let cells = vec![
        address::link(id),
        of_state(one.state_at(now), lang),
        html! { (one.channel.as_str()) },
        html! { span.most { (breakable(&one.recipient_mask)) } },
        html! { (one.purpose) },
        html! { (one.dial_code.as_deref().unwrap_or(UNKNOWN)) },
        html! { (whole(u64::from(one.checks))) },
        html! { (whole(u64::from(one.sends))) },
        html! { (guarded(one, lang).unwrap_or_default()) },
        time(one.created_at, now, lang),
        html! { @match one.ended_at { Some(at) => { (time(at, now, lang)) } None => { (UNKNOWN) } } },
    ];
    Row { id: anchor("verification", id), cells }
}
