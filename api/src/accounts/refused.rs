//! What is answered where a login or a change of accounts was not done.

use std::time::Duration;

use axum::http::StatusCode;
use domain::{Denied, FieldError};
use operations::accounts::Undone;
use operations::accounts::log_in::NotLoggedIn;
use operations::accounts::passwords::NoTurn;
use store::MAX_KEYS;
use web::problem::{Problem, field};

use crate::done::missing_scope;
use crate::unavailable::{ledger_changed, ledger_read};

/// What came of a change; `unknown` is said where there is nothing of the name or id in the path.
///
/// # Errors
/// The answer where nothing was done.
pub(crate) fn answered<T>(outcome: Result<T, Undone>, unknown: fn() -> Problem) -> Result<T, Problem> {
    match outcome {
        Ok(done) => ledger_changed(Ok(done)),
        Err(Undone::Ledger(error)) => ledger_changed(Err(error)),
        Err(Undone::Unknown) => Err(unknown()),
        Err(Undone::Denied(Denied { needed })) => Err(missing_scope(&[needed])),
        Err(Undone::Beyond(fields)) => Err(beyond(fields)),
        Err(Undone::Invalid(fields)) => Err(Problem::invalid_fields(fields)),
        Err(Undone::Taken) => Err(name_taken()),
        Err(Undone::TooMany) => Err(too_many_keys()),
        Err(Undone::LastOfAll) => Err(last_of_all()),
        Err(Undone::LastOfTenant) => Err(last_of_tenant()),
        Err(Undone::WrongPassword) => {
            Err(Problem::invalid_fields(vec![field("/old_password", "is not the password that you have now")]))
        }
        Err(Undone::Locked(wait)) => Err(too_many_failures(wait)),
        Err(Undone::NoTurn(no_turn)) => Err(not_hashed(no_turn)),
    }
}

/// Why somebody is not logged in.
pub(super) fn login(why: NotLoggedIn) -> Problem {
    match why {
        NotLoggedIn::Wrong => wrong_credentials(),
        NotLoggedIn::Locked(wait) => too_many_failures(wait),
        NotLoggedIn::NoTurn(NoTurn::Busy(patience)) => too_many_logins(patience),
        NotLoggedIn::NoTurn(NoTurn::Failed) => {
            internal_error("The password could not be checked. Try again, and tell the operator.")
        }
        NotLoggedIn::Unread(error) => told(ledger_read::<()>(Err(error))),
        NotLoggedIn::Uncounted(error) => told(ledger_changed::<()>(Err(error))),
    }
}

fn told(answer: Result<(), Problem>) -> Problem {
    answer.err().unwrap_or_else(|| internal_error("Try again, and tell the operator."))
}

fn not_hashed(no_turn: NoTurn) -> Problem {
    match no_turn {
        NoTurn::Busy(patience) => too_many_logins(patience),
        NoTurn::Failed => {
            internal_error("The password could not be hashed. Nothing was changed; try again, and tell the operator.")
        }
    }
}

pub(super) fn internal_error(detail: &str) -> Problem {
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal-error", "The API failed", detail)
}

fn wrong_credentials() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "wrong-credentials",
        "The user name or the password is wrong",
        "Check both and try again; an administrator registers users with POST /register.",
    )
    .with_challenge("Bearer")
}

fn too_many_failures(wait: Duration) -> Problem {
    Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too-many-failures",
        "Too many failed logins",
        "Wait as long as Retry-After says, then log in again.",
    )
    .with_retry_after(wait.as_secs() + 1)
}

fn too_many_logins(patience: Duration) -> Problem {
    Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too-many-logins",
        "Too many logins at once",
        "Wait as long as Retry-After says, then log in again.",
    )
    .with_retry_after(patience.as_secs())
}

/// What the administrator may not do, although it could be done.
fn beyond(fields: Vec<FieldError>) -> Problem {
    let (kind, title, detail) = if fields.iter().all(|field| field.detail.ends_with("the scope tenants")) {
        (
            "foreign-tenant",
            "The tenant is another's",
            "An administrator registers users of its own tenant. Users of other tenants, and users who may do so, are \
             registered with the scope tenants, which the first user has.",
        )
    } else {
        (
            "missing-scope",
            "The token does not allow this",
            "Nobody gives others what it may not do itself: ask somebody who has the scopes that errors names.",
        )
    };
    Problem::new(StatusCode::FORBIDDEN, kind, title, detail).with_fields(fields)
}

fn name_taken() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "name-taken",
        "There is a user of this name",
        "Choose another name, such as one with your tenant's before it: names are unique over all tenants, because \
         POST /login asks for no tenant.",
    )
}

fn too_many_keys() -> Problem {
    let detail = format!("A tenant has at most {MAX_KEYS} keys in force: revoke one that nobody needs.");
    Problem::new(StatusCode::CONFLICT, "too-many-keys", "The key is not made", detail)
}

fn last_of_all() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "last-administrator",
        "Nobody else manages all users",
        "It is the last user who can log in with the scopes admin and tenants: give them to another one first. Nothing \
         was done.",
    )
}

fn last_of_tenant() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "last-administrator",
        "Nobody else manages the users of the tenant",
        "It is the last user of its tenant who can log in with the scope admin: give that to another one first. Only whoever has \
         the scope tenants does so all the same, where a user is left who has it. Nothing was done.",
    )
}

pub(crate) fn unknown_user() -> Problem {
    Problem::not_found("unknown-user", "There is no such user", "GET /users lists those that you manage.")
}

pub(crate) fn unknown_key() -> Problem {
    Problem::not_found(
        "unknown-key",
        "There is no such key",
        "GET /keys lists those that you manage. One that is over, or that another follows already, is not rotated.",
    )
}
