//! Which templates there are, in which locales, and for which channels they have words.

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::Scope;
use maud::{Markup, html};
use templates::Description;

use super::PREVIEW;
use super::words::Words;
use crate::asked::Asked;
use crate::console::Console;
use crate::layout::Shell;
use crate::pieces::breakable::foreign;
use crate::pieces::filter::{Field, Input, filter};
use crate::pieces::pager::{address, pager};
use crate::pieces::table::{Row, table, text};
use crate::section::Section;
use crate::session::Viewer;
use crate::words::Lang;

/// How many are shown at once.
const PAGE: usize = 100;
/// The words for every channel that has none of its own.
const GENERIC: &str = "text";

/// What the address asks for.
struct Query {
    /// A part of the name.
    name: String,
    channel: &'static str,
    locale: String,
    /// The template behind which the page begins.
    after: Option<String>,
    problems: Vec<(String, String)>,
}

pub(super) async fn show(State(console): State<Console>, viewer: Viewer, RawQuery(query): RawQuery) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Templates);
    if let Err(denied) = viewer.actor.must(Scope::Read) {
        return shell.denied(denied).await;
    }
    let (query, lang) = (Query::read(query.as_deref()), shell.lang());
    let templates = console.checker.templates();
    let locales: Vec<&str> = templates.locales().into_iter().collect();
    let status = if query.problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let content = html! {
        (narrowed(&query, &locales, lang))
        @if query.problems.is_empty() { (listed(&query, &templates.describe(), lang)) }
    };
    shell.answer(status, Section::Templates.label(lang), &content).await
}

impl Query {
    fn read(query: Option<&str>) -> Self {
        let mut asked = Asked::of(query);
        let name = asked.text("name").unwrap_or_default();
        let channel = asked.one_of("channel", operations::channel_names()).unwrap_or_default();
        let locale = asked.text("locale").unwrap_or_default();
        let after = asked.text("after");
        asked.finish(&["name", "channel", "locale", "after"]);
        Self { name, channel, locale, after, problems: asked.problems }
    }

    fn pairs(&self) -> [(&'static str, &str); 3] {
        [("name", self.name.as_str()), ("channel", self.channel), ("locale", self.locale.as_str())]
    }

    fn fits(&self, template: &Description) -> bool {
        let has = |(locale, channels): &(String, Vec<String>)| {
            let is_locale = self.locale.is_empty() || *locale == self.locale;
            is_locale
                && (self.channel.is_empty() || channels.iter().any(|name| name == self.channel || name == GENERIC))
        };
        template.template.contains(&self.name) && template.locales.iter().any(has)
    }
}

fn narrowed(query: &Query, locales: &[&str], lang: Lang) -> Markup {
    let words = Words::of(lang);
    let channels: Vec<(&str, &str)> = operations::channel_names().iter().map(|name| (*name, *name)).collect();
    let locales: Vec<(&str, &str)> = locales.iter().map(|name| (*name, *name)).collect();
    let fields = [
        Field { name: "name", label: words.template, value: &query.name, input: Input::Search },
        Field { name: "channel", label: words.channel, value: query.channel, input: Input::Choice(&channels) },
        Field { name: "locale", label: words.locale, value: &query.locale, input: Input::Choice(&locales) },
    ];
    filter(lang, Section::Templates.path(), &fields, &query.problems)
}

fn listed(query: &Query, all: &[Description], lang: Lang) -> Markup {
    let words = Words::of(lang);
    let is_behind = |one: &&Description| query.after.as_ref().is_none_or(|after| one.template > *after);
    let fits: Vec<&Description> = all.iter().filter(|one| query.fits(one)).filter(is_behind).collect();
    let shown = &fits[..fits.len().min(PAGE)];
    let next = shown.last().filter(|_| fits.len() > shown.len()).map(|one| one.template.as_str());
    let columns = [text(words.template), text(words.locales), text(words.variables)];
    let rows: Vec<Row> = shown.iter().map(|one| row(one)).collect();
    html! {
        @if rows.is_empty() {
            p.nothing { (words.nothing) }
        } @else {
            (table(lang, Section::Templates.label(lang), &columns, &rows))
        }
        (pager(lang, Section::Templates.path(), &query.pairs(), query.after.is_none(), next))
    }
}

fn row(one: &Description) -> Row {
    let name = one.template.as_str();
    let cells = vec![
        html! { code { (foreign(name)) } },
        html! { @for (locale, channels) in &one.locales { div { (locale) ": " (words_of(name, locale, channels)) } } },
        foreign(&one.variables.join(", ")),
    ];
    Row { id: format!("template-{name}"), cells }
}

/// The channels for which a locale has words, each of which leads to what it says.
fn words_of(template: &str, locale: &str, channels: &[String]) -> Markup {
    html! {
        @for (at, words) in channels.iter().enumerate() {
            @if at > 0 { ", " }
            @match channel_of(words, channels) {
                Some(channel) => {
                    @let asked = [("template", template), ("locale", locale), ("channel", channel)];
                    a href=(address(PREVIEW, &asked, None)) { (words) }
                }
                None => { (words) }
            }
        }
    }
}

/// The channel that shows these words: of those for every other channel the first that has none of its own.
fn channel_of<'w>(words: &'w str, channels: &[String]) -> Option<&'w str> {
    let known = operations::channel_names();
    if words != GENERIC {
        return known.contains(&words).then_some(words);
    }
    known.iter().copied().find(|name| !channels.iter().any(|own| own == name))
}
