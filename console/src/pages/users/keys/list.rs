//! The list of keys, and the form that makes one.

use axum::extract::State;
use axum::response::Response;
use domain::{FieldError, Timestamp};
use maud::{Markup, html};
use operations::accounts::keys::{self, Asked, FIELDS};
use store::{ApiKey, KeyCursor, KeyPage, USUAL_PAGE};
use web::query::Parameters;

use super::words::Words;
use super::{made, revoke, rotate};
use crate::console::Console;
use crate::fields::Fields;
use crate::layout::Shell;
use crate::pages::users::forms::kept;
use crate::pages::users::listing::{Adding, Listing, listed};
use crate::pages::users::rights::rights;
use crate::pages::users::undone;
use crate::pieces::badge::{Tone, badge};
use crate::pieces::breakable::foreign;
use crate::pieces::table::{Row, text};
use crate::pieces::time::time;
use crate::pieces::written::Line;
use crate::section::Section;
use crate::session::{Posted, Viewer};
use crate::words::Lang;

pub(super) async fn show(State(console): State<Console>, viewer: Viewer, mut query: Parameters) -> Response {
    let after = query.parsed("after", "must be the last id of the page before", KeyCursor::parse);
    if let Err(problem) = query.finish(&["after"]) {
        return Shell::of(&console, &viewer, Section::Keys).refused(&problem).await;
    }
    page(&console, &viewer, after.as_ref(), &Fields::default(), &[]).await
}

pub(super) async fn add(State(console): State<Console>, Posted { viewer, fields }: Posted) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Keys);
    let asked = match Asked::of(fields.object(&FIELDS), &viewer.actor.tenant, console.clock.now()) {
        Ok(asked) => asked,
        Err(errors) => return page(&console, &viewer, None, &fields, &errors).await,
    };
    let added = keys::add(&console.store, &viewer.actor, asked, console.clock.as_ref()).await;
    console.accounts.keys.forget_age();
    match added {
        Ok(key) => made::page(&shell, &key).await,
        Err(why) => match undone::fields(why, shell.lang()) {
            Ok(errors) => page(&console, &viewer, None, &fields, &errors).await,
            Err(why) => undone::page(&shell, why).await,
        },
    }
}

/// The page, with the form as it was sent where it is wrong.
async fn page(
    console: &Console,
    viewer: &Viewer,
    after: Option<&KeyCursor>,
    given: &Fields,
    errors: &[FieldError],
) -> Response {
    let shell = Shell::of(console, viewer, Section::Keys);
    let limit = USUAL_PAGE as usize;
    let found = keys::list(&console.store, &viewer.actor, None, after, limit, console.clock.as_ref()).await;
    let found = match found {
        Ok(found) => found,
        Err(why) => return undone::page(&shell, why).await,
    };
    let (lang, words) = (shell.lang(), Words::of(shell.lang()));
    let next = found.next.as_ref().map(ToString::to_string);
    let listing = Listing {
        title: Section::Keys.label(lang),
        path: Section::Keys.path(),
        over: html! {
            p { a href=(Section::Users.path()) { (Section::Users.label(lang)) } }
            p.soft { (words.what) }
        },
        form: form(viewer, given, errors),
        list: rows(viewer, &found, console.clock.now()),
        is_first: after.is_none(),
        next: next.as_deref(),
    };
    listing.answer(&shell, errors).await
}

fn rows(viewer: &Viewer, found: &KeyPage, now: Timestamp) -> Markup {
    let lang = viewer.look.lang;
    let words = Words::of(lang);
    let columns = [
        text(words.name),
        text(words.prefix),
        text(words.may),
        text(words.state),
        text(words.expires),
        text(words.last_used),
        text(words.made_by),
        text(words.what_now),
    ];
    let row = |key: &ApiKey| Row { id: format!("key-{}", key.id), cells: cells(key, lang, now) };
    listed(viewer, Section::Keys.label(lang), &columns, found.keys.iter().map(|key| (row(key), key.tenant.as_str())))
}

fn cells(key: &ApiKey, lang: Lang, now: Timestamp) -> Vec<Markup> {
    let words = Words::of(lang);
    vec![
        html! { span title=(key.id) { (foreign(&key.name)) } },
        html! { code { "chq_" (key.prefix) } },
        rights(&key.scopes),
        state(key, lang, now),
        html! { @match key.expires_at { Some(at) => { (time(at, now, lang)) } None => { (words.until_revoked) } } },
        html! { @match key.last_used_at { Some(at) => { (time(at, now, lang)) } None => { (words.never) } } },
        html! { (foreign(&key.created_by)) " " (time(key.created_at, now, lang)) },
        html! {
            @if key.is_in_force(now) {
                span.actions {
                    @if key.replaced_by.is_none() { a href=(rotate::address(&key.id)) { (words.rotate) } }
                    a href=(revoke::address(&key.id)) { (words.revoke) }
                }
            }
        },
    ]
}

fn state(key: &ApiKey, lang: Lang, now: Timestamp) -> Markup {
    let words = Words::of(lang);
    if key.revoked_at.is_some() {
        badge(Tone::Quiet, words.revoked)
    } else if !key.is_in_force(now) {
        badge(Tone::Quiet, words.expired)
    } else if key.replaced_by.is_some() {
        badge(Tone::Waiting, words.replaced)
    } else {
        badge(Tone::Good, words.in_force)
    }
}

fn form(viewer: &Viewer, given: &Fields, errors: &[FieldError]) -> Markup {
    let words = Words::of(viewer.look.lang);
    let adding = Adding {
        path: Section::Keys.path(),
        title: words.add,
        submit: words.add_submit,
        fields: &FIELDS,
        given,
        errors,
        role: kept(given, "role"),
        scope_hint: words.scope_hint,
    };
    let name = Line::text("name", words.name, kept(given, "name")).required().hint(words.name_hint);
    let expires = Line::text("expires_at", words.expires, kept(given, "expires_at")).hint(words.expires_hint);
    adding.form(viewer, &name.with(errors), &expires.with(errors))
}
