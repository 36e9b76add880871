//! The list of users, and the form that adds one.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::{FieldError, Role, Scope};
use maud::{Markup, html};
use operations::accounts::is_user_name;
use operations::accounts::users::{self, AddedBy, Asked, FIELDS};
use store::{USUAL_PAGE, User, UserPage};
use web::hosts::Source;
use web::query::Parameters;

use super::addresses::of_user;
use super::forms::{self, kept};
use super::rights::rights;
use super::words::Words;
use super::{hashing, keys, undone};
use crate::console::Console;
use crate::fields::Fields;
use crate::layout::Shell;
use crate::pieces::badge::{Tone, badge};
use crate::pieces::pager::pager;
use crate::pieces::table::{Row, table, text};
use crate::pieces::time::time;
use crate::pieces::written::{Line, unplaced};
use crate::section::Section;
use crate::session::{Posted, Viewer};

pub(super) async fn show(State(console): State<Console>, viewer: Viewer, mut query: Parameters) -> Response {
    let is_name = |text: &str| is_user_name(text).then(|| text.to_owned());
    let after = query.parsed("after", "must be the last name of the page before", is_name);
    if let Err(problem) = query.finish(&["after"]) {
        return Shell::of(&console, &viewer, Section::Users).refused(&problem).await;
    }
    page(&console, &viewer, after.as_deref(), &Fields::default(), &[]).await
}

pub(super) async fn add(State(console): State<Console>, source: Source, Posted { viewer, fields }: Posted) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Users);
    let asked = match Asked::of(fields.object(&FIELDS), AddedBy::Administrator(&viewer.actor), Vec::new()) {
        Ok(asked) => asked,
        Err(errors) => return page(&console, &viewer, None, &fields, &errors).await,
    };
    let (name, clock) = (asked.name.clone(), console.clock.as_ref());
    match users::add(&console.store, hashing(&console, source), &viewer.actor, asked, clock).await {
        Ok(()) => Redirect::to(&of_user(&name)).into_response(),
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
    after: Option<&str>,
    given: &Fields,
    errors: &[FieldError],
) -> Response {
    let shell = Shell::of(console, viewer, Section::Users);
    let limit = USUAL_PAGE as usize;
    let found = users::list(&console.store, &viewer.actor, None, after, limit, console.clock.as_ref()).await;
    let found = match found {
        Ok(found) => found,
        Err(why) => return undone::page(&shell, why).await,
    };
    let (lang, words) = (shell.lang(), Words::of(shell.lang()));
    let content = html! {
        p.actions { a href=(keys::PATH) { (words.keys) } a href=(Section::Account.path()) { (Section::Account.label(lang)) } }
        (form(viewer, given, errors))
        (listed(console, viewer, &found))
        (pager(lang, Section::Users.path(), &[], after.is_none(), found.next.as_deref()))
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    shell.answer(status, Section::Users.label(lang), &content).await
}

fn listed(console: &Console, viewer: &Viewer, found: &UserPage) -> Markup {
    let (lang, sees_all) = (viewer.look.lang, viewer.actor.may(Scope::Tenants));
    let words = Words::of(lang);
    let mut columns = vec![text(words.name), text(words.may), text(words.state), text(words.created)];
    if sees_all {
        columns.insert(1, text(words.tenant));
    }
    let now = console.clock.now();
    let row = |user: &User| {
        let mut cells = vec![
            html! { a href=(of_user(&user.name)) { (user.name) } },
            rights(&user.scopes),
            html! {
                @match user.disabled_at {
                    Some(at) => { (badge(Tone::Warning, words.disabled)) " " (time(at, now, lang)) }
                    None => { (badge(Tone::Good, words.active)) }
                }
            },
            time(user.created_at, now, lang),
        ];
        if sees_all {
            cells.insert(1, html! { (user.tenant.as_str()) });
        }
        // Names have more than letters, digits and hyphens.
        let id: String = user.name.bytes().map(|byte| format!("{byte:02x}")).collect();
        Row { id: format!("user-{id}"), cells }
    };
    let rows: Vec<Row> = found.users.iter().map(row).collect();
    table(lang, words.users, &columns, &rows)
}

fn form(viewer: &Viewer, given: &Fields, errors: &[FieldError]) -> Markup {
    let lang = viewer.look.lang;
    let words = Words::of(lang);
    // Whoever chooses nothing gives the least. What was sent already stands as it was sent.
    let role = if errors.is_empty() { Role::Viewer.as_str() } else { kept(given, "role") };
    html! {
        details open[!errors.is_empty()] {
            summary { (words.add) }
            form.form method="post" action=(Section::Users.path()) aria-label=(words.add) {
                (unplaced(errors, &FIELDS))
                (Line::text("username", words.name, kept(given, "username")).required().with(errors))
                (Line::password("password", words.password, "new-password").hint(words.password_rule).with(errors))
                (forms::rights(lang, (role, kept(given, "scope")), words.usual_scopes, errors))
                @if viewer.actor.may(Scope::Tenants) {
                    (Line::text("tenant", words.tenant, kept(given, "tenant")).hint(words.own_tenant).with(errors))
                }
                p.actions { button.main type="submit" { (words.add_submit) } }
            }
        }
    }
}
