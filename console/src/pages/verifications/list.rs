//! The list of verifications, a page at a time, below how many codes were entered.

use axum::extract::State;
use axum::response::Response;
use domain::{Actor, ChannelName, Timestamp, Verification, VerificationState};
use maud::{Markup, html};
use operations::{NotListed, verifications};
use store::{ConversionBy, Converted, VerificationFilter, VerificationPage};
use web::query::Parameters;

use super::badges::{guarded, of_state, word};
use super::words::Words;
use super::{address, conversions};
use crate::console::Console;
use crate::layout::Shell;
use crate::list::{Form, List, Page, Query, Span};
use crate::pages::delivery::address::anchor;
use crate::pieces::breakable::masked;
use crate::pieces::figure::{UNKNOWN, whole};
use crate::pieces::filter::Input;
use crate::pieces::table::{Column, Row, number, text};
use crate::pieces::time::time;
use crate::section::Section;
use crate::session::{Refusal, Viewer};
use crate::words::Lang;

/// The rows of a page.
const ROWS: usize = 50;
const LIST: List<VerificationFilter> = List {
    section: Section::Verifications,
    names: &["state", "channel", "purpose", "from", "to", "after"],
    read,
    form,
};

pub(super) async fn show(State(console): State<Console>, viewer: Viewer, query: Query) -> Result<Response, Refusal> {
    let shell = Shell::of(&console, &viewer, Section::Verifications);
    let (wanted, written) = LIST.asked(&shell, &viewer.actor, query).await?;
    let is_first = wanted.after.is_none();
    let (page, converted) = match found(&console, &viewer, wanted).await {
        Ok(found) => found,
        Err(why) => return Ok(LIST.not_listed(&shell, &written, why).await),
    };
    let (lang, now) = (shell.lang(), console.clock.now());
    let words = Words::of(lang);
    let rows: Vec<Row> = page.verifications.iter().map(|one| row(one, lang, now)).collect();
    let page = Page {
        over: html! {
            @if is_first { (conversions::of(&converted, lang)) h2 { (words.one_by_one) } }
        },
        columns: &columns(words),
        rows: &rows,
        nothing_at_all: words.nothing_at_all,
        nothing_fits: words.nothing_fits,
        // A page without any is the last.
        nothing_yet: words.nothing_fits,
        is_first,
        next: page.next.as_ref(),
    };
    Ok(LIST.answer(&shell, &written, &page).await)
}

fn read(query: &mut Parameters, actor: &Actor) -> VerificationFilter {
    let channel = query.one_of("channel", operations::channel_names(), |name| name);
    let channel = channel.and_then(|name| ChannelName::parse(name).ok());
    let state = query.one_of("state", &VerificationState::ALL, VerificationState::as_str);
    let purpose = query.text("purpose");
    let Span { from: since, until, after } = Span::read(query);
    VerificationFilter { tenant: actor.tenant.clone(), state, channel, purpose, since, until, after, limit: ROWS }
}

/// A page, and how many codes were entered, which only the first one shows.
async fn found(
    console: &Console,
    viewer: &Viewer,
    wanted: VerificationFilter,
) -> Result<(VerificationPage, Vec<Converted>), NotListed> {
    let (tenant, now) = (&viewer.actor.tenant, console.clock.now());
    let converted = match wanted.after {
        None => verifications::conversions(&console.store, tenant, ConversionBy::DialCode, now).await?,
        Some(_) => Vec::new(),
    };
    Ok((verifications::list(&console.store, wanted).await?, converted))
}

fn form(form: &Form<'_>) -> Markup {
    let words = Words::of(form.lang);
    let states = VerificationState::ALL.map(|state| (state.as_str(), word(state, form.lang)));
    let channels: Vec<(&str, &str)> = operations::channel_names().iter().map(|name| (*name, *name)).collect();
    let fields = vec![
        form.field("state", words.state, Input::Choice(&states)),
        form.field("channel", words.channel, Input::Choice(&channels)),
        form.field("purpose", words.purpose, Input::Search),
    ];
    form.filter(fields, words.from, words.to)
}

fn columns(words: &Words) -> [Column; 9] {
    [
        text(words.purpose),
        text(words.state),
        text(words.channel),
        text(words.recipient),
        text(words.country),
        number(words.checks),
        number(words.sends),
        text(words.guard),
        text(words.since),
    ]
}

fn row(one: &Verification, lang: Lang, now: Timestamp) -> Row {
    let id = one.key.id.as_str();
    let cells = vec![
        html! { span.most { a href=(address::of(id)) title=(id) { (one.purpose) } } },
        html! {
            (of_state(one.state_at(now), lang))
            @if let Some(at) = one.ended_at { " " span.soft { (time(at, now, lang)) } }
        },
        html! { (one.channel.as_str()) },
        masked(&one.recipient_mask),
        html! { (one.dial_code.as_deref().unwrap_or(UNKNOWN)) },
        html! { (whole(u64::from(one.checks))) },
        html! { (whole(u64::from(one.sends))) },
        html! { (guarded(one, lang).unwrap_or_else(|| UNKNOWN.to_owned())) },
        time(one.created_at, now, lang),
    ];
    Row { id: anchor("verification", id), cells }
}
