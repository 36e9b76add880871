//! The three writers of a store, each of which commits its own kind of operation in groups.

use std::sync::Arc;

use crate::ledger::claim::{self, Claimed, Claiming};
use crate::ledger::jobs::{Job, Put, put};
use crate::ledger::record::Recorded;
use crate::ledger::write::{self, LedgerWrite};
use crate::sql::{Db, Work, Writer};

pub(crate) struct Writers {
    pub(crate) claims: Writer<Claiming, Claimed>,
    pub(crate) outcomes: Writer<LedgerWrite, Recorded>,
    pub(crate) jobs: Writer<Job, Put>,
}

impl Writers {
    /// Starts the writers. Must be called within a Tokio runtime, which runs them; each ends when the last handle to it
    /// is dropped. `captures_kept` is how many captures of the sandbox each tenant keeps.
    pub(crate) fn start(db: &Arc<Db>, captures_kept: u32) -> Self {
        let claims: Work<Claiming, Claimed> = Work {
            name: "claims",
            key: |op| &op.candidate.key,
            commit: Box::new(|line, ops| Box::pin(claim::commit(line, ops))),
        };
        let outcomes: Work<LedgerWrite, Recorded> = Work {
            name: "outcomes",
            key: LedgerWrite::key,
            commit: Box::new(move |line, ops| Box::pin(write::commit(line, ops, captures_kept))),
        };
        let jobs: Work<Job, Put> =
            Work { name: "jobs", key: |job| &job.key, commit: Box::new(|line, ops| Box::pin(put::commit(line, ops))) };
        Self {
            claims: Writer::start(db.clone(), claims),
            outcomes: Writer::start(db.clone(), outcomes),
            jobs: Writer::start(db.clone(), jobs),
        }
    }
}
