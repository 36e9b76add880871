//! The list of users, and the form that adds one.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use domain::{FieldError, Role, Timestamp};
use maud::{Markup, html};
use operations::accounts::is_user_name;
use operations::accounts::users::{self, AddedBy, Asked, FIELDS};
use store::{USUAL_PAGE, User, UserPage};
use web::hosts::Source;
use web::query::Parameters;

use super::addresses::of_user;
use super::forms::kept;
use super::listing::{Adding, Listing, listed};
use super::rights::rights;
use super::words::Words;
use super::{hashing, undone};
use crate::console::Console;
use crate::fields::Fields;
use crate::layout::Shell;
use crate::pieces::badge::{Tone, badge};
use crate::pieces::breakable::foreign;
use crate::pieces::table::{Row, text};
use crate::pieces::time::time;
use crate::pieces::written::Line;
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
    let lang = shell.lang();
    let listing = Listing {
        title: Section::Users.label(lang),
        path: Section::Users.path(),
        over: html! {
            p.actions {
                a href=(Section::Keys.path()) { (Section::Keys.label(lang)) }
                a href=(Section::Account.path()) { (Section::Account.label(lang)) }
            }
        },
        form: form(viewer, given, errors),
        list: rows(viewer, &found, console.clock.now()),
        is_first: after.is_none(),
        next: found.next.as_deref(),
    };
    listing.answer(&shell, errors).await
}

fn rows(viewer: &Viewer, found: &UserPage, now: Timestamp) -> Markup {
    let lang = viewer.look.lang;
    let words = Words::of(lang);
    let columns = [text(words.name), text(words.may), text(words.state), text(words.created)];
    let row = |user: &User| {
        let cells = vec![
            html! { a href=(of_user(&user.name)) { (foreign(&user.name)) } },
            rights(&user.scopes),
            html! {
                @match user.disabled_at {
                    Some(at) => { (badge(Tone::Warning, words.disabled)) " " (time(at, now, lang)) }
                    None => { (badge(Tone::Good, words.active)) }
                }
            },
            time(user.created_at, now, lang),
        ];
        // Names have more than letters, digits and hyphens.
        let id: String = user.name.bytes().map(|byte| format!("{byte:02x}")).collect();
        Row { id: format!("user-{id}"), cells }
    };
    listed(viewer, words.users, &columns, found.users.iter().map(|user| (row(user), user.tenant.as_str())))
}

fn form(viewer: &Viewer, given: &Fields, errors: &[FieldError]) -> Markup {
    let words = Words::of(viewer.look.lang);
    let adding = Adding {
        path: Section::Users.path(),
        title: words.add,
        submit: words.add_submit,
        fields: &FIELDS,
        given,
        errors,
        // Whoever chooses nothing gives the least. What was sent already stands as it was sent.
        role: if errors.is_empty() { Role::Viewer.as_str() } else { kept(given, "role") },
        scope_hint: words.usual_scopes,
    };
    let name = Line::text("username", words.name, kept(given, "username")).required();
    let password = Line::password("password", words.password, "new-password").hint(words.password_rule);
    adding.form(viewer, &html! { (name.with(errors)) (password.with(errors)) }, &html! {})
}
