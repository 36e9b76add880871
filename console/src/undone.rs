//! The answer to whoever may not do a thing, and where the ledger fails it.

use axum::response::Response;
use operations::NotDone;

use crate::layout::Shell;

impl Shell<'_> {
    pub(crate) async fn undone(&self, why: &NotDone) -> Response {
        match why {
            NotDone::Denied(denied) => self.denied(*denied).await,
            NotDone::Ledger(error) => self.ledger_failed(error).await,
        }
    }
}
