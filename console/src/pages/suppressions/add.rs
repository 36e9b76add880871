//! Puts somebody on the list by hand.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::{FieldError, Scope, SuppressedFor, SuppressionScope};
use maud::{Markup, html};
use operations::suppressions::{self, Entry, FIELDS};
use serde_json::{Map, Value};

use super::NEW;
use super::words::Words;
use crate::console::Console;
use crate::fields::Fields;
use crate::layout::Shell;
use crate::pieces::written::{Input, Line, line, others};
use crate::section::Section;
use crate::session::{Posted, Viewer};
use crate::words::Lang;

pub(super) async fn show(State(console): State<Console>, viewer: Viewer) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Suppressions);
    match viewer.actor.must(Scope::Operate) {
        Ok(()) => shell.page(Words::of(shell.lang()).add, &form(&Fields::default(), &[], shell.lang())).await,
        Err(denied) => shell.denied(denied).await,
    }
}

pub(super) async fn suppress(State(console): State<Console>, Posted { viewer, fields }: Posted) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Suppressions);
    let clock = console.clock.as_ref();
    let entry = match Entry::of(written(&fields), clock.now()) {
        Ok(entry) => entry,
        Err(errors) => {
            let content = form(&fields, &errors, shell.lang());
            return shell.answer(StatusCode::UNPROCESSABLE_ENTITY, Words::of(shell.lang()).add, &content).await;
        }
    };
    match suppressions::suppress(&console.store, &viewer.actor, entry, &console.recipients, clock).await {
        Ok(_) => Redirect::to(Section::Suppressions.path()).into_response(),
        Err(why) => shell.undone(&why).await,
    }
}

/// What an entrance that reads JSON would be given.
fn written(fields: &Fields) -> Map<String, Value> {
    let given = FIELDS.into_iter().filter_map(|name| Some((name.to_owned(), Value::from(fields.text(name)?))));
    given.collect()
}

fn form(fields: &Fields, errors: &[FieldError], lang: Lang) -> Markup {
    let words = Words::of(lang);
    let channels: Vec<(&str, &str)> = operations::channel_names().iter().map(|name| (*name, *name)).collect();
    let reasons = SuppressedFor::ALL.map(|reason| (reason.as_str(), reason.as_str()));
    let scopes = SuppressionScope::ALL.map(|scope| (scope.as_str(), words.of_scope(scope)));
    let scopes = [("", words.usual_scope)].into_iter().chain(scopes).collect::<Vec<_>>();
    let value = |name: &str| fields.text(name).unwrap_or_default();
    let one = |name: &'static str, label: &'static str, input| Line {
        name,
        label,
        hint: "",
        value: value(name),
        input,
        is_required: false,
    };
    let reason = fields.text("reason").unwrap_or(SuppressedFor::Manual.as_str());
    let (until, free) = (Input::Text("2030-01-01T00:00:00Z"), || Input::Text(""));
    let lines = [
        Line { is_required: true, ..one("channel", words.channel, Input::Choice(&channels)) },
        Line { is_required: true, hint: words.recipient_hint, ..one("destination", words.recipient, free()) },
        Line { value: reason, ..one("reason", words.reason, Input::Choice(&reasons)) },
        one("scope", words.scope, Input::Choice(&scopes)),
        Line { hint: words.until_hint, ..one("until", words.until, until) },
        Line { hint: words.note_hint, ..one("note", words.note, free()) },
    ];
    html! {
        form.form method="post" action=(NEW) {
            (others(&FIELDS, errors))
            @for field in &lines { (line(field, errors)) }
            p.actions {
                button.main type="submit" { (words.suppress) }
                a href=(Section::Suppressions.path()) { (lang.words().confirm.go_back) }
            }
        }
    }
}
