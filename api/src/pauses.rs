//! `/pauses`: what waits until somebody resumes it.

mod answer;
mod body;
pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod resume;

use operations::pauses::Reach;

use crate::token::{Caller, Scope};

/// Whose deliveries a caller may stop: those of its own tenant, unless it may act for all.
fn reach_of(caller: &Caller) -> Reach {
    if caller.has(Scope::Tenants) { Reach::Everybody } else { Reach::Only(caller.tenant.clone()) }
}
