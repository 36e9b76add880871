//! Disables, enables, signs out or deletes a user, once somebody has said yes to it.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use operations::accounts::users::{self, Act};
use web::query::Parameters;

use super::addresses::{ACT, of_user, word};
use super::undone;
use super::words::Words;
use crate::console::Console;
use crate::layout::Shell;
use crate::pieces::confirm::{Confirm, NotConfirmed};
use crate::section::Section;
use crate::session::{Posted, Viewer};

const ACTS: [Act; 4] = [Act::Disable, Act::Enable, Act::Revoke, Act::Delete];

fn of_word(given: Option<&str>) -> Option<Act> {
    ACTS.into_iter().find(|&act| given == Some(word(act)))
}

pub(super) async fn ask(State(console): State<Console>, viewer: Viewer, mut query: Parameters) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Users);
    let (name, given) = (query.text("name").unwrap_or_default(), query.text("act"));
    let act = of_word(given.as_deref());
    if act.is_none() {
        query.refuse("act", format!("must be one of {}", ACTS.map(word).join(", ")));
    }
    match (query.finish(&["name", "act"]), act) {
        (Ok(()), Some(act)) => asked(&console, &viewer, &name, act, None).await,
        (Err(problem), _) => shell.refused(&problem).await,
        (Ok(()), None) => shell.not_found().await,
    }
}

async fn asked(console: &Console, viewer: &Viewer, name: &str, act: Act, refused: Option<NotConfirmed>) -> Response {
    let shell = Shell::of(console, viewer, Section::Users);
    let user = match users::show(&console.store, &viewer.actor, name, console.clock.as_ref()).await {
        Ok(user) => user,
        Err(why) => return undone::page(&shell, why).await,
    };
    let words = Words::of(shell.lang());
    let confirm = Confirm {
        question: &words.question(act, &user.name),
        count: 1,
        action: ACT,
        verb: words.verb(act),
        is_dangerous: act != Act::Enable,
        otherwise: None,
        hidden: &[("name", user.name.as_str()), ("act", word(act))],
        asks_reason: false,
        back: &of_user(&user.name),
    };
    shell.confirm(&confirm, refused).await
}

pub(super) async fn done(State(console): State<Console>, Posted { viewer, fields }: Posted) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Users);
    let name = fields.text("name").unwrap_or_default();
    let Some(act) = of_word(fields.text("act")) else { return shell.not_found().await };
    if let Err(refused) = Confirm::read(&fields, 1, false) {
        return asked(&console, &viewer, name, act, Some(refused)).await;
    }
    let outcome = users::act(&console.store, &viewer.actor, name, act, console.clock.as_ref()).await;
    console.accounts.revoked.forget_age();
    match outcome {
        Ok(_) if act == Act::Delete => Redirect::to(Section::Users.path()).into_response(),
        Ok(user) => Redirect::to(&of_user(&user.name)).into_response(),
        Err(why) => undone::page(&shell, why).await,
    }
}
