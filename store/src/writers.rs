//! The writers of a store, each of which commits its own kind of operation in groups, or reads what many ask for at once.

use std::sync::Arc;

use domain::{Key, Row};
use uuid::Uuid;

use crate::asks::answering::{self, Answering, AskAnswered};
use crate::asks::lookup::{AskFound, look_up};
use crate::ledger::claim::{self, Claimed, Claiming};
use crate::ledger::jobs::{Job, Put, put};
use crate::ledger::keeping::{self, Keeping, KeptReport, Name};
use crate::ledger::record::Recorded;
use crate::ledger::rows::read_rows;
use crate::ledger::write::{self, LedgerWrite};
use crate::sql::{Db, Work, Writer};

pub(crate) struct Writers {
    pub(crate) claims: Writer<Claiming, Claimed>,
    pub(crate) outcomes: Writer<LedgerWrite, Recorded>,
    pub(crate) jobs: Writer<Job, Put>,
    pub(crate) reports: Writer<Keeping, Vec<KeptReport>>,
    pub(crate) answers: Writer<Answering, Option<AskAnswered>>,
    /// What stands behind links and buttons. This one and the next read alone.
    pub(crate) tickets: Writer<Uuid, Option<AskFound>>,
    pub(crate) rows: Writer<Key, Option<Row>>,
}

impl Writers {
    /// Starts the writers. Must be called within a Tokio runtime, which runs them; each ends when the last handle to it
    /// is dropped. `captures_kept` is how many captures of the sandbox each tenant keeps.
    pub(crate) fn start(db: &Arc<Db>, captures_kept: u32) -> Self {
        let claims: Work<Claiming, Claimed, Key> = Work {
            name: "claims",
            key: |op| &op.candidate.key,
            repeats: false,
            commit: Box::new(|line, ops| Box::pin(claim::commit(line, ops))),
        };
        let outcomes: Work<LedgerWrite, Recorded, Key> = Work {
            name: "outcomes",
            key: LedgerWrite::key,
            repeats: false,
            commit: Box::new(move |line, ops| Box::pin(write::commit(line, ops, captures_kept))),
        };
        let jobs: Work<Job, Put, Key> = Work {
            name: "jobs",
            key: |job| &job.key,
            repeats: false,
            commit: Box::new(|line, ops| Box::pin(put::commit(line, ops))),
        };
        let reports: Work<Keeping, Vec<KeptReport>, Vec<Name>> = Work {
            name: "reports",
            key: |op| &op.names,
            repeats: false,
            commit: Box::new(|line, ops| Box::pin(keeping::commit(line, ops))),
        };
        let answers: Work<Answering, Option<AskAnswered>, Key> = Work {
            name: "answers",
            key: |op| &op.key,
            repeats: false,
            commit: Box::new(|line, ops| Box::pin(answering::commit(line, ops))),
        };
        let tickets: Work<Uuid, Option<AskFound>, Uuid> = Work {
            name: "tickets",
            key: |handle| handle,
            repeats: true,
            commit: Box::new(|line, handles| Box::pin(look_up(line, handles))),
        };
        let rows: Work<Key, Option<Row>, Key> = Work {
            name: "rows",
            key: |key| key,
            repeats: true,
            commit: Box::new(|line, keys| Box::pin(read_rows(line, keys))),
        };
        Self {
            claims: Writer::start(db.clone(), claims),
            outcomes: Writer::start(db.clone(), outcomes),
            jobs: Writer::start(db.clone(), jobs),
            reports: Writer::start(db.clone(), reports),
            answers: Writer::start(db.clone(), answers),
            tickets: Writer::start(db.clone(), tickets),
            rows: Writer::start(db.clone(), rows),
        }
    }
}
