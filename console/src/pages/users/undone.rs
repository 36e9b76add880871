//! What is told where a change of accounts was not made.

use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::Response;
use domain::FieldError;
use operations::accounts::Undone;
use operations::accounts::passwords::NoTurn;
use web::problem::field;

use super::words::Words;
use crate::layout::Shell;
use crate::words::Lang;

/// The fields that are wrong, where nothing else is.
///
/// # Errors
/// What no field can be blamed for: [`page()`] tells it.
pub(super) fn fields(undone: Undone, lang: Lang) -> Result<Vec<FieldError>, Undone> {
    let words = Words::of(lang);
    match undone {
        Undone::Beyond(errors) | Undone::Invalid(errors) => Ok(errors),
        Undone::Taken => Ok(vec![field("/username", words.taken)]),
        Undone::WrongPassword => Ok(vec![field("/old_password", words.wrong_password)]),
        other => Err(other),
    }
}

pub(super) async fn page(shell: &Shell<'_>, undone: Undone) -> Response {
    let lang = shell.lang();
    let words = Words::of(lang);
    let undone = match fields(undone, lang) {
        Ok(errors) => {
            let details: Vec<(String, String)> =
                errors.into_iter().map(|error| (error.pointer, error.detail)).collect();
            return shell.problem(StatusCode::FORBIDDEN, words.not_done, words.not_done_detail, &details).await;
        }
        Err(undone) => undone,
    };
    match undone {
        Undone::Denied(denied) => shell.denied(denied).await,
        Undone::Ledger(error) => shell.ledger_failed(&error).await,
        Undone::LastOfAll => shell.problem(StatusCode::CONFLICT, words.not_done, words.last_of_all, &[]).await,
        Undone::LastOfTenant => shell.problem(StatusCode::CONFLICT, words.not_done, words.last_of_tenant, &[]).await,
        Undone::TooMany => shell.problem(StatusCode::CONFLICT, words.not_done, words.too_many_keys, &[]).await,
        Undone::Locked(wait) | Undone::NoTurn(NoTurn::Busy(wait)) => {
            let seconds = wait.as_secs() + 1;
            let detail = (words.wait)(seconds);
            let mut answer = shell.problem(StatusCode::TOO_MANY_REQUESTS, words.not_done, &detail, &[]).await;
            answer.headers_mut().insert(RETRY_AFTER, seconds.into());
            answer
        }
        Undone::NoTurn(NoTurn::Failed) => {
            shell.problem(StatusCode::INTERNAL_SERVER_ERROR, words.not_done, words.not_hashed, &[]).await
        }
        // The others were told by their fields.
        Undone::Unknown | Undone::Beyond(_) | Undone::Invalid(_) | Undone::Taken | Undone::WrongPassword => {
            shell.not_found().await
        }
    }
}
