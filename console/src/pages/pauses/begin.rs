//! Pauses a channel, a provider, a template or a tenant.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::{FieldError, PauseKind, Scope};
use maud::{Markup, html};
use operations::pauses::{self, Asked, EVERYBODY, FIELDS, Outcome};
use store::MAX_PAUSES;

use super::NEW;
use super::words::Words;
use crate::console::Console;
use crate::fields::Fields;
use crate::layout::Shell;
use crate::pieces::written::{Line, unplaced};
use crate::section::Section;
use crate::session::{Posted, Viewer};

pub(super) async fn show(State(console): State<Console>, viewer: Viewer) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Pauses);
    if let Err(denied) = viewer.actor.must(Scope::Operate) {
        return shell.denied(denied).await;
    }
    let content = form(&console, &viewer, &Fields::default(), &[]);
    shell.page(Words::of(shell.lang()).pause_something, &content).await
}

pub(super) async fn pause(State(console): State<Console>, Posted { viewer, fields }: Posted) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Pauses);
    let (own, clock) = (&viewer.actor.tenant, console.clock.as_ref());
    let asked = match Asked::of(fields.object(&FIELDS), Some(own), &console.settings.providers, clock.now()) {
        Ok(asked) => asked,
        Err(errors) => return refused(&shell, &console, &viewer, &fields, &errors).await,
    };
    let doubts = pauses::doubts(&console.store, &asked, own, Some(console.checker.templates())).await;
    match pauses::pause(&console.store, &viewer.actor, asked, clock).await {
        Ok(Outcome::Paused(_)) if doubts.is_empty() => Redirect::to(Section::Pauses.path()).into_response(),
        Ok(Outcome::Paused(_)) => doubted(&shell, &doubts).await,
        Ok(Outcome::Foreign(error)) => refused(&shell, &console, &viewer, &fields, &[error]).await,
        Ok(Outcome::TooMany) => {
            let detail = (Words::of(shell.lang()).too_many)(MAX_PAUSES);
            let error = FieldError { pointer: "/name".to_owned(), detail };
            refused(&shell, &console, &viewer, &fields, &[error]).await
        }
        Err(why) => shell.undone(&why).await,
    }
}

async fn refused(
    shell: &Shell<'_>,
    console: &Console,
    viewer: &Viewer,
    fields: &Fields,
    errors: &[FieldError],
) -> Response {
    let content = form(console, viewer, fields, errors);
    shell.answer(StatusCode::UNPROCESSABLE_ENTITY, Words::of(shell.lang()).pause_something, &content).await
}

/// It is paused, and perhaps not what was meant.
async fn doubted(shell: &Shell<'_>, doubts: &[FieldError]) -> Response {
    let words = Words::of(shell.lang());
    let content = html! {
        div.refused role="alert" {
            p { (words.doubted) }
            ul { @for doubt in doubts { li { code { (doubt.pointer.trim_start_matches('/')) } " " (doubt.detail) } } }
        }
        p.actions { a href=(Section::Pauses.path()) { (Section::Pauses.label(shell.lang())) } }
    };
    shell.page(words.paused, &content).await
}

/// What can be paused, of every kind: a browser offers it by what somebody begins to write.
fn known_names<'a>(console: &'a Console, viewer: &'a Viewer) -> Vec<&'a str> {
    let templates = console.checker.templates().names();
    let carriers = operations::channel_names().iter().chain(&console.settings.providers).copied();
    carriers.chain(templates).chain([viewer.actor.tenant.as_str()]).collect()
}

fn form(console: &Console, viewer: &Viewer, fields: &Fields, errors: &[FieldError]) -> Markup {
    let (lang, may_for_all) = (viewer.look.lang, viewer.actor.may(Scope::Tenants));
    let words = Words::of(lang);
    let kinds = PauseKind::ALL.map(|kind| (kind.as_str(), lang.words().shell.pause_kind(kind)));
    let names = (words.name_hint)(&operations::channel_names().join(", "), &console.settings.providers.join(", "));
    let whose = (words.whose_hint)(viewer.actor.tenant.as_str(), EVERYBODY);
    let value = |name: &str| fields.text(name).unwrap_or_default();
    let kind = Line::choice("kind", words.what, value("kind"), &kinds);
    let known = known_names(console, viewer);
    let name = Line::known("name", words.name, value("name"), &known).hint(&names).required();
    let tenant = Line::text("tenant", words.whose, value("tenant")).hint(&whose);
    let why = Line::words("why", words.why, value("why")).hint(words.why_hint).required();
    let until = Line::such_as("until", words.until, value("until"), "2030-01-01T00:00:00Z").hint(words.until_hint);
    html! {
        p { (words.what_it_does) }
        form.form method="post" action=(NEW) {
            (unplaced(errors, &FIELDS))
            (kind.with(errors))
            (name.with(errors))
            // Nobody else may name a tenant but their own, which stands where none is named.
            @if may_for_all || errors.iter().any(|error| error.pointer == "/tenant") { (tenant.with(errors)) }
            (why.with(errors))
            (until.with(errors))
            p.actions {
                button.main type="submit" { (words.pause) }
                a href=(Section::Pauses.path()) { (lang.words().confirm.go_back) }
            }
        }
    }
}
