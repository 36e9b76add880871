//! `/v1/files`: what messages may carry, and what people download.

pub(crate) mod answer;
pub(crate) mod delete;
pub(crate) mod download;
pub(crate) mod health;
pub(crate) mod list;
pub(crate) mod object;
pub(crate) mod refused;
pub(crate) mod served;
pub(crate) mod shared;
pub(crate) mod template;
pub(crate) mod upload;
pub(crate) mod url;

use operations::files::Cabinet;
use web::problem::Problem;

use crate::app::App;

/// The parts that files are kept with.
///
/// # Errors
/// Where this installation has none, no route leads here.
fn cabinet(app: &App) -> Result<Cabinet<'_>, Problem> {
    let files = app.settings.files.as_deref().ok_or_else(refused::unknown)?;
    Ok(Cabinet { store: &app.store, files })
}
