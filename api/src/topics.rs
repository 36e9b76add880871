//! `/topics`: users who are told together what is for a group or a role of them.

pub(crate) mod delete;
pub(crate) mod list;
pub(crate) mod put;

use axum::http::StatusCode;
use operations::topics::wrong_names;
use web::problem::Problem;

/// # Errors
/// 422 with every name that nothing can have.
fn named(topic: &str, user: Option<&str>) -> Result<(), Problem> {
    let wrong = wrong_names(topic, user);
    if wrong.is_empty() {
        return Ok(());
    }
    let detail = "Nothing can have this name in the path: correct it as errors says.";
    let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-id", "A name is not valid", detail);
    Err(wrong.into_iter().fold(problem, |problem, (name, why)| problem.with_parameter(name, why)))
}
