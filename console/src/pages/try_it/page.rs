//! The form, with what is wrong beside each field.

use domain::{FieldError, Lane, Priority};
use maud::{Markup, html};

use super::form::{BEGUN, CHECK, DATA, DO, Form, SEND, TEXTS};
use super::words::Words;
use crate::console::Console;
use crate::pieces::filter::known;
use crate::section::Section;
use crate::words::Lang;

const PRIORITIES: [Priority; 4] = [Priority::Low, Priority::Normal, Priority::High, Priority::Urgent];

/// What came of the form that was sent.
#[derive(Default)]
pub(super) struct Answer {
    pub(super) errors: Vec<FieldError>,
    /// Nothing is wrong, and it was only to be checked.
    pub(super) is_checked: bool,
    pub(super) warnings: Vec<FieldError>,
    /// What happened where the broker has not confirmed.
    pub(super) unconfirmed: Option<&'static str>,
}

/// How a field is filled in.
enum Kind<'a> {
    Line(&'a str),
    Lines,
    /// Each value with what it is called.
    Choice(Vec<(&'a str, String)>),
    /// A line, with what may be meant.
    Known(Vec<&'a str>),
}

pub(super) fn of(lang: Lang, form: &Form, found: &Answer, console: &Console) -> Markup {
    let words = Words::of(lang);
    let channels = operations::channel_names().iter().map(|name| (*name, (*name).to_owned())).collect();
    let priorities = PRIORITIES.map(|asked| (asked.as_str(), by_lane(asked, words))).to_vec();
    let templates = console.checker.templates().names().collect();
    let field = |name, label, kind| field(form, found, name, label, kind);
    html! {
        p.soft { (words.what) @if console.settings.sandbox { " " (words.is_captured) } }
        (notice(lang, found))
        form.form method="post" action=(Section::TryIt.path()) {
            @if let Some(begun) = &form.begun { input type="hidden" name=(BEGUN) value=(begun); }
            (field("channel", words.channel, Kind::Choice(channels)))
            (field("destination", words.destination, Kind::Line("ana@example.com")))
            (field("subject", words.subject, Kind::Line("")))
            (field("message", words.message, Kind::Lines))
            (field("template", words.template, Kind::Known(templates)))
            (field("locale", words.locale, Kind::Line("es-AR")))
            (field(DATA, words.data, Kind::Lines))
            (field("priority", words.priority, Kind::Choice(priorities)))
            (field("send_at", words.send_at, Kind::Line("2026-03-01T09:00:00Z")))
            p.actions {
                button.main type="submit" name=(DO) value=(SEND) { (words.send) }
                button type="submit" name=(DO) value=(CHECK) { (words.check) }
            }
        }
    }
}

/// What is said of the whole form.
fn notice(lang: Lang, found: &Answer) -> Markup {
    let words = Words::of(lang);
    let elsewhere: Vec<&FieldError> = found.errors.iter().filter(|error| field_of(error).is_none()).collect();
    html! {
        @if let Some(happened) = found.unconfirmed {
            div.refused role="alert" { p { (words.not_confirmed) " " span lang="en" { (happened) } } }
        }
        @if !found.errors.is_empty() {
            div.refused role="alert" {
                p { (words.refused) }
                @if !elsewhere.is_empty() { ul lang="en" { @for error in elsewhere { li { (error.to_string()) } } } }
            }
        }
        @if found.is_checked { p.banner role="status" { (words.would_be_taken) } }
        @if !found.warnings.is_empty() {
            ul lang="en" { @for warning in &found.warnings { li { (warning.to_string()) } } }
        }
    }
}

fn field(form: &Form, found: &Answer, name: &'static str, label: &str, kind: Kind<'_>) -> Markup {
    let id = format!("try-{name}");
    let wrong: Vec<&FieldError> = found.errors.iter().filter(|error| field_of(error) == Some(name)).collect();
    let value = if name == DATA { form.data.as_str() } else { form.text(name) };
    let invalid = (!wrong.is_empty()).then_some("true");
    html! {
        div.field {
            label for=(id) { (label) }
            (input(&id, name, value, invalid, &kind))
            @for error in wrong { p.wrong lang="en" { code { (error.pointer) } " " (error.detail) } }
        }
    }
}

fn input(id: &str, name: &str, value: &str, invalid: Option<&str>, kind: &Kind<'_>) -> Markup {
    html! {
        @match kind {
            Kind::Line(example) => {
                input id=(id) type="text" name=(name) value=(value) placeholder=(example) autocomplete="off"
                    aria-invalid=[invalid];
            }
            Kind::Lines => { textarea id=(id) name=(name) aria-invalid=[invalid] { "\n" (value) } }
            Kind::Choice(options) => {
                select id=(id) name=(name) aria-invalid=[invalid] {
                    option value="" { "–" }
                    @for (option, label) in options {
                        option value=(option) selected[*option == value] { (label) }
                    }
                }
            }
            Kind::Known(names) => {
                input id=(id) type="text" name=(name) value=(value) autocomplete="off" list={ (id) "-known" }
                    aria-invalid=[invalid];
                (known(id, names))
            }
        }
    }
}

/// The field of the form that an error is about; None where it is about none of them.
fn field_of(error: &FieldError) -> Option<&'static str> {
    let step = error.pointer.strip_prefix('/')?.split('/').next()?;
    TEXTS.into_iter().chain([DATA]).find(|name| *name == step)
}

/// A priority, and the lane that it chooses.
fn by_lane(asked: Priority, words: &Words) -> String {
    let lane: Lane = asked.lane();
    (words.by_lane)(asked.as_str(), lane.as_str())
}
