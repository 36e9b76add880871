//! Puts somebody on the list by hand.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::{FieldError, Scope, SuppressedFor, SuppressionScope};
use maud::{Markup, html};
use operations::suppressions::{self, Entry, FIELDS};

use super::NEW;
use super::words::Words;
use crate::console::Console;
use crate::fields::Fields;
use crate::layout::Shell;
use crate::pieces::written::{Line, unplaced};
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
    let entry = match Entry::of(fields.object(&FIELDS), clock.now()) {
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

fn form(fields: &Fields, errors: &[FieldError], lang: Lang) -> Markup {
    let words = Words::of(lang);
    let channels: Vec<(&str, &str)> = operations::channel_names().iter().map(|name| (*name, *name)).collect();
    let reasons = SuppressedFor::ALL.map(|reason| (reason.as_str(), words.of_reason(reason)));
    let scopes = SuppressionScope::ALL.map(|scope| (scope.as_str(), words.of_scope(scope)));
    let scopes = [("", words.usual_scope)].into_iter().chain(scopes).collect::<Vec<_>>();
    let value = |name: &str| fields.text(name).unwrap_or_default();
    let reason = fields.text("reason").unwrap_or(SuppressedFor::Manual.as_str());
    let lines = [
        Line::choice("channel", words.channel, value("channel"), &channels),
        Line::text("destination", words.recipient, value("destination")).hint(words.recipient_hint).required(),
        Line::choice("reason", words.reason, reason, &reasons),
        Line::choice("scope", words.scope, value("scope"), &scopes),
        Line::such_as("until", words.until, value("until"), "2030-01-01T00:00:00Z").hint(words.until_hint),
        Line::words("note", words.note, value("note")).hint(words.note_hint),
    ];
    html! {
        form.form method="post" action=(NEW) {
            (unplaced(errors, &FIELDS))
            @for field in &lines { (field.with(errors)) }
            p.actions {
                button.main type="submit" { (words.suppress) }
                a href=(Section::Suppressions.path()) { (lang.words().confirm.go_back) }
            }
        }
    }
}
