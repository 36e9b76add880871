//! One user: what it may do, and what is changed about it.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::{FieldError, Timestamp};
use maud::{Markup, html};
use operations::accounts::users::{self, Act};
use operations::accounts::{Undone, scopes_in};
use store::User;
use web::hosts::Source;
use web::problem::field;
use web::query::Parameters;

use super::addresses::{of_act, of_user};
use super::forms::{self, kept};
use super::rights::{rights, role_of};
use super::words::Words;
use super::{hashing, undone};
use crate::console::Console;
use crate::fields::Fields;
use crate::layout::Shell;
use crate::pieces::badge::{Tone, badge};
use crate::pieces::time::time;
use crate::pieces::written::{Line, unplaced};
use crate::section::Section;
use crate::session::{Posted, Viewer};
use crate::words::Lang;

pub(super) const SCOPES: &str = "/console/users/scopes";
pub(super) const PASSWORD: &str = "/console/users/password";
/// The fields that stand on the page.
const FIELDS: [&str; 3] = ["role", "scope", "password"];

pub(super) async fn show(State(console): State<Console>, viewer: Viewer, mut query: Parameters) -> Response {
    let name = query.text("name").unwrap_or_default();
    if let Err(problem) = query.finish(&["name"]) {
        return Shell::of(&console, &viewer, Section::Users).refused(&problem).await;
    }
    page(&console, &viewer, &name, None, &[]).await
}

pub(super) async fn set_scopes(State(console): State<Console>, Posted { viewer, fields }: Posted) -> Response {
    let name = kept(&fields, "name");
    let scopes = match scopes_in(fields.text("role"), fields.text("scope")) {
        Ok(Some(scopes)) => scopes,
        Ok(None) => {
            let missing = field("/scope", Words::of(viewer.look.lang).no_rights);
            return page(&console, &viewer, name, Some(&fields), &[missing]).await;
        }
        Err(errors) => return page(&console, &viewer, name, Some(&fields), &errors).await,
    };
    let changed = users::set_scopes(&console.store, &viewer.actor, name, &scopes, console.clock.as_ref()).await;
    told(&console, &viewer, &fields, changed).await
}

pub(super) async fn set_password(
    State(console): State<Console>,
    source: Source,
    Posted { viewer, fields }: Posted,
) -> Response {
    let (name, hashing) = (kept(&fields, "name"), hashing(&console, source));
    let password = fields.raw("password").unwrap_or_default().to_owned().into();
    let clock = console.clock.as_ref();
    let changed = users::set_password(&console.store, hashing, &viewer.actor, name, password, clock).await;
    told(&console, &viewer, &fields, changed).await
}

/// Leads back to the page of a user that was changed, or says what is wrong there.
async fn told(console: &Console, viewer: &Viewer, fields: &Fields, changed: Result<User, Undone>) -> Response {
    console.accounts.revoked.forget_age();
    let shell = Shell::of(console, viewer, Section::Users);
    match changed {
        Ok(user) => Redirect::to(&of_user(&user.name)).into_response(),
        Err(why) => match undone::fields(why, shell.lang()) {
            Ok(errors) => page(console, viewer, kept(fields, "name"), Some(fields), &errors).await,
            Err(why) => undone::page(&shell, why).await,
        },
    }
}

/// The page, with the form as it was sent where it is wrong.
async fn page(
    console: &Console,
    viewer: &Viewer,
    name: &str,
    given: Option<&Fields>,
    errors: &[FieldError],
) -> Response {
    let shell = Shell::of(console, viewer, Section::Users);
    let user = match users::show(&console.store, &viewer.actor, name, console.clock.as_ref()).await {
        Ok(user) => user,
        Err(why) => return undone::page(&shell, why).await,
    };
    let (lang, now) = (shell.lang(), console.clock.now());
    let words = Words::of(lang);
    let content = html! {
        p { a href=(Section::Users.path()) { (words.all_users) } }
        (facts(&user, lang, now))
        (unplaced(errors, &FIELDS))
        div.columns {
            section { h2 { (words.change_rights) } (rights_form(&user, lang, given, errors)) }
            section { h2 { (words.new_password) } (password_form(&user, lang, errors)) }
        }
        h2 { (words.more) }
        (acts(&user, lang))
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    shell.answer(status, &user.name, &content).await
}

fn facts(user: &User, lang: Lang, now: Timestamp) -> Markup {
    let words = Words::of(lang);
    html! {
        dl.facts {
            dt { (words.tenant) }
            dd { (user.tenant.as_str()) }
            dt { (words.may) }
            dd { (rights(&user.scopes)) }
            dt { (words.state) }
            dd {
                @match user.disabled_at {
                    Some(at) => { (badge(Tone::Warning, words.disabled)) " " (time(at, now, lang)) }
                    None => { (badge(Tone::Good, words.active)) }
                }
            }
            dt { (words.created) }
            dd { (time(user.created_at, now, lang)) }
            @if let Some(at) = user.password_changed_at {
                dt { (words.password_changed) }
                dd { (time(at, now, lang)) }
            }
        }
    }
}

fn rights_form(user: &User, lang: Lang, given: Option<&Fields>, errors: &[FieldError]) -> Markup {
    let words = Words::of(lang);
    let (role, single) = (role_of(&user.scopes).map_or("", |role| role.as_str()), user.scopes.join(" "));
    // Where a role has just these scopes, their words would say the same twice.
    let now = (role, if role.is_empty() { single.as_str() } else { "" });
    let is_of_rights = |error: &FieldError| ["/role", "/scope"].contains(&error.pointer.as_str());
    let wrong = given.filter(|_| errors.iter().any(is_of_rights));
    let chosen = wrong.map_or(now, |given| (kept(given, "role"), kept(given, "scope")));
    html! {
        form.form method="post" action=(SCOPES) aria-label=(words.change_rights) {
            input type="hidden" name="name" value=(user.name);
            (forms::rights(lang, chosen, words.scope_hint, errors))
            p.soft { (words.rights_effect) }
            p.actions { button type="submit" { (words.change_rights) } }
        }
    }
}

fn password_form(user: &User, lang: Lang, errors: &[FieldError]) -> Markup {
    let words = Words::of(lang);
    html! {
        form.form method="post" action=(PASSWORD) aria-label=(words.new_password) {
            input type="hidden" name="name" value=(user.name);
            (Line::password("password", words.password, "new-password").hint(words.password_rule).with(errors))
            p.soft { (words.password_effect) }
            p.actions { button type="submit" { (words.set_password) } }
        }
    }
}

fn acts(user: &User, lang: Lang) -> Markup {
    let words = Words::of(lang);
    let first = if user.disabled_at.is_some() { Act::Enable } else { Act::Disable };
    html! {
        p.actions {
            @for one in [first, Act::Revoke, Act::Delete] {
                a href=(of_act(&user.name, one)) { (words.verb(one)) }
            }
        }
    }
}
