//! What a template says with some data: the words of each part, what is missing, and what is doubtful.

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::{FieldError, Rendered, Scope};
use maud::{Markup, html};
use operations::Preview;

use super::wanted::{MAX_DATA_BYTES, Wanted};
use super::words::Words;
use super::{FRAME, PREVIEW, missing};
use crate::console::Console;
use crate::layout::Shell;
use crate::pieces::figure::whole;
use crate::pieces::pager::address;
use crate::pieces::written::{Line, unplaced};
use crate::section::Section;
use crate::session::Viewer;
use crate::words::Lang;

/// The fields of the form.
const FIELDS: [&str; 3] = ["channel", "locale", "data"];

pub(super) async fn show(State(console): State<Console>, viewer: Viewer, RawQuery(query): RawQuery) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Templates);
    if let Err(denied) = viewer.actor.must(Scope::Read) {
        return shell.denied(denied).await;
    }
    let lang = shell.lang();
    let Some(wanted) = Wanted::read(query.as_deref(), &console.checker) else {
        return missing(&shell, Words::of(lang).no_such).await;
    };
    let preview = match wanted.problems.is_empty() {
        true => wanted.preview(&console.checker).await.unwrap_or_default(),
        false => Preview { errors: wanted.problems.iter().map(of_parameter).collect(), ..Preview::default() },
    };
    let locales: Vec<&str> = console.checker.templates().locales().into_iter().collect();
    let content = html! {
        div.split {
            (form(&wanted, &locales, &preview.errors, lang))
            div { (shown(&wanted, &preview, lang)) }
        }
    };
    // Data with which nothing can be rendered is what somebody looks for here, and no wrong request.
    let status = if wanted.problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    shell.answer(status, &wanted.template, &content).await
}

fn of_parameter((name, detail): &(String, String)) -> FieldError {
    FieldError { pointer: format!("/{name}"), detail: detail.clone() }
}

fn form(wanted: &Wanted, locales: &[&str], errors: &[FieldError], lang: Lang) -> Markup {
    let words = Words::of(lang);
    let channels: Vec<(&str, &str)> = operations::channel_names().iter().map(|name| (*name, *name)).collect();
    let known = locales.iter().map(|name| (*name, *name));
    let own = wanted.locale.as_deref().filter(|own| !locales.contains(own)).map(|own| (own, own));
    let locales: Vec<(&str, &str)> = [("", words.default_locale)].into_iter().chain(known).chain(own).collect();
    let hint = (words.data_hint)(MAX_DATA_BYTES);
    let lines = [
        Line::choice("channel", words.channel, wanted.channel, &channels),
        Line::choice("locale", words.locale, wanted.locale.as_deref().unwrap_or_default(), &locales),
        Line::area("data", words.data, &wanted.data).hint(&hint),
    ];
    html! {
        form.form method="get" action=(PREVIEW) {
            input type="hidden" name="template" value=(wanted.template);
            (unplaced(errors, &FIELDS))
            @for one in &lines { (one.with(errors)) }
            p.actions {
                button.main type="submit" { (words.show) }
                a href=(address(PREVIEW, &[("template", wanted.template.as_str())], None)) { (words.sample) }
                a href=(Section::Templates.path()) { (Section::Templates.label(lang)) }
            }
        }
    }
}

fn shown(wanted: &Wanted, preview: &Preview, lang: Lang) -> Markup {
    let words = Words::of(lang);
    html! {
        @if !preview.warnings.is_empty() {
            div.refused {
                p { (words.warnings) }
                ul { @for one in &preview.warnings { li { code { (one.pointer) } " " (one.detail) } } }
            }
        }
        @match &preview.rendered {
            Some(rendered) => { (parts(wanted, rendered, preview, lang)) }
            None => { p.nothing { (words.not_rendered) } }
        }
    }
}

fn parts(wanted: &Wanted, rendered: &Rendered, preview: &Preview, lang: Lang) -> Markup {
    let words = Words::of(lang);
    html! {
        @if let Some(subject) = &rendered.subject {
            h2 { (words.subject) }
            p { strong { (subject) } }
        }
        h2 { (words.text) }
        @if let Some(segments) = preview.segments {
            p.soft { ((words.segments)(&whole(segments.count.into()), segments.encoding)) }
        }
        pre { (rendered.text) }
        @if rendered.html.is_some() {
            h2 { "HTML" }
            iframe.preview title=(words.html) src=(address(FRAME, &wanted.pairs(), None)) loading="lazy"
                referrerpolicy="no-referrer" {}
        }
    }
}
