//! Random histories of equal messages without an id: the store finds the rows that `domain::find` finds.

use std::mem::forget;

use crate::{RowLease, Sight, Store};
use domain::{Content, Found, LeasableRow, Outcome, Row, State, Tenant, find, suspecting};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::tests::database::{Database, HOUR, arrival, at, candidate_at, decide, refused, sent};
use crate::tests::ledger::taken;
use crate::tests::model::histories;
use crate::tests::row_lease::{noted, written};

#[derive(Clone, Debug)]
enum Step {
    /// A first delivery, at once or long after the one before.
    First {
        apart: bool,
    },
    /// A copy that is delivered again. When others have leased all rows, or all whose message is certainly with the
    /// broker, the copy waits until a lease runs out.
    Again,
    /// The n-th copy so far records, publishes what was ordered, is acknowledged, releases its row, or crashes.
    Record {
        copy: usize,
        outcome: usize,
    },
    Republish {
        copy: usize,
    },
    Acknowledge {
        copy: usize,
    },
    Release {
        copy: usize,
    },
    Crash {
        copy: usize,
    },
    /// The lease of the n-th row runs out, or ten minutes pass over the row.
    RunOut {
        row: usize,
    },
    Age {
        row: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let nth = 0..5usize;
    prop_oneof![
        3 => (0..4u8).prop_map(|apart| Step::First { apart: apart == 0 }),
        4 => Just(Step::Again),
        4 => (nth.clone(), 0..3usize).prop_map(|(copy, outcome)| Step::Record { copy, outcome }),
        2 => nth.clone().prop_map(|copy| Step::Republish { copy }),
        1 => nth.clone().prop_map(|copy| Step::Acknowledge { copy }),
        2 => nth.clone().prop_map(|copy| Step::Release { copy }),
        2 => nth.clone().prop_map(|copy| Step::Crash { copy }),
        4 => nth.clone().prop_map(|row| Step::RunOut { row }),
        1 => nth.prop_map(|row| Step::Age { row }),
    ]
}

/// A copy in hand, its row, and the row that it suspects.
struct InHand {
    lease: RowLease,
    row: usize,
    certain: bool,
    suspected: Option<usize>,
}

/// One history, and the rows as they should be, the oldest first.
struct History<'a> {
    db: &'a Database,
    store: &'a Store,
    fingerprint: Content,
    model: Vec<LeasableRow>,
    rows: Vec<Row>,
    copies: Vec<Option<InHand>>,
}

impl History<'_> {
    async fn run(mut self, steps: Vec<Step>) -> Result<(), TestCaseError> {
        for step in steps {
            match step {
                Step::First { apart } => self.first(apart).await?,
                Step::Again => self.again().await?,
                Step::Record { copy, outcome } => self.record(copy, outcome).await,
                Step::Republish { copy } => self.republish(copy).await?,
                Step::Acknowledge { copy } => self.acknowledge(copy).await,
                Step::Release { copy } => self.release(copy).await,
                Step::Crash { copy } => self.remove(copy).into_iter().for_each(|copy| forget(copy.lease)),
                Step::RunOut { row } if row < self.rows.len() => self.run_out(row).await,
                Step::Age { row } if row < self.rows.len() => {
                    self.model[row].updated_at = at(-700);
                    self.execute("updated_at = 0", row).await;
                }
                Step::RunOut { .. } | Step::Age { .. } => {}
            }
        }
        Ok(())
    }

    fn lease_row(&self, copy: Uuid, redelivered: bool) -> impl Future<Output = RowLease> + Send + use<> {
        let (store, fingerprint) = (self.store.clone(), self.fingerprint);
        async move { store.lease_row(&Tenant::default(), &fingerprint, copy, redelivered).await.unwrap() }
    }

    async fn first(&mut self, apart: bool) -> Result<(), TestCaseError> {
        let lease = self.lease_row(Uuid::new_v4(), false).await;
        prop_assert_eq!(lease.sight(), Sight::New);
        self.insert(lease, apart, None).await;
        Ok(())
    }

    async fn again(&mut self) -> Result<(), TestCaseError> {
        let copy = Uuid::new_v4();
        let leasing = tokio::spawn(self.lease_row(copy, true));
        while self.find(copy) == Found::OnlyLeased {
            let leased = |row: &LeasableRow| !row.settled && row.claimant.is_some_and(|(_, until)| until > at(0));
            let leased = self.model.iter().position(leased).expect("others have them");
            self.run_out(leased).await;
        }
        let (found, lease) = (self.find(copy), leasing.await.unwrap());
        let (row, certain) = match found {
            Found::Nothing => {
                prop_assert_eq!(lease.sight(), Sight::New);
                self.insert(lease, false, None).await;
                return Ok(());
            }
            Found::Suspect(row) => {
                prop_assert_eq!(lease.sight(), Sight::Suspected);
                self.renew(row, suspecting(copy)).await;
                self.insert(lease, false, Some(row)).await;
                return Ok(());
            }
            Found::Row(row) => (row, true),
            Found::Probable(row) => (row, false),
            Found::OnlyLeased => unreachable!("one has run out"),
        };
        prop_assert_eq!((lease.sight(), lease.key()), (Sight::Known, &self.rows[row].key));
        self.renew(row, copy).await;
        self.copies.push(Some(InHand { lease, row, certain, suspected: None }));
        Ok(())
    }

    fn find(&self, copy: Uuid) -> Found {
        find(&self.model, copy, at(0), true)
    }

    /// Inserts a row as the claim of a copy that met none.
    async fn insert(&mut self, lease: RowLease, apart: bool, suspected: Option<usize>) {
        let id = lease.key().id.clone();
        let last = self.model.last().map_or(at(0), |row| row.created_at);
        let created_at = last.plus(HOUR / if apart { 1 } else { 3600 });
        let row = Row { fingerprint: Some(self.fingerprint), token: lease.token(), ..candidate_at(&id, created_at) };
        self.rows.push(taken(self.store.claim(row, &arrival(&id), HOUR).await.unwrap()));
        let state = State::Sending;
        let updated_at = created_at;
        self.model.push(LeasableRow {
            state,
            settled: false,
            republished: false,
            escalates: false,
            claimant: None,
            created_at,
            updated_at,
        });
        let row = self.rows.len() - 1;
        self.renew(row, lease.token()).await;
        self.copies.push(Some(InHand { lease, row, certain: true, suspected }));
    }

    async fn record(&mut self, copy: usize, outcome: usize) {
        let Some(Some(InHand { row, .. })) = self.copies.get(copy) else { return };
        let row = *row;
        if self.model[row].state != State::Sending {
            return;
        }
        let failure = domain::Failure::new("twilio", None, "not a number");
        let permanent = Outcome::Permanent { reason: domain::Reason::Permanent, failure };
        let transition = decide(&self.rows[row], &[sent(), refused(), permanent][outcome]);
        self.store.record(&transition, None).await.unwrap();
        (self.model[row].state, self.model[row].updated_at) = (transition.row.state, transition.row.updated_at);
    }

    async fn republish(&mut self, copy: usize) -> Result<(), TestCaseError> {
        let Some(Some(InHand { lease, row, .. })) = self.copies.get(copy) else { return Ok(()) };
        let (row, name) = (*row, lease.token());
        let holds = self.model[row].claimant.is_none_or(|(claimant, _)| claimant == name);
        prop_assert_eq!(lease.holds(true).await.unwrap(), holds);
        if holds {
            self.model[row].republished = true;
            self.renew(row, name).await;
        }
        Ok(())
    }

    async fn acknowledge(&mut self, copy: usize) {
        if let Some(InHand { lease, row, suspected, .. }) = self.remove(copy) {
            noted(&lease).await;
            written(self.store).await;
            for row in suspected.into_iter().chain([row]) {
                self.model[row].settled = true;
            }
        }
    }

    async fn release(&mut self, copy: usize) {
        let Some(InHand { lease, row, certain, suspected }) = self.remove(copy) else { return };
        let name = lease.token();
        drop(lease);
        written(self.store).await;
        let suspected = suspected.map(|row| (row, suspecting(name), false));
        for (row, name, certain) in suspected.into_iter().chain([(row, name, certain)]) {
            let row = &mut self.model[row];
            match row.claimant {
                Some((claimant, _)) if claimant == name && certain => (row.claimant, row.republished) = (None, false),
                Some((claimant, _)) if claimant == name => row.claimant = Some((name, at(-1))),
                _ => {}
            }
        }
    }

    fn remove(&mut self, copy: usize) -> Option<InHand> {
        self.copies.get_mut(copy).and_then(Option::take)
    }

    /// Renews the lease of a row: it runs out when the history says so, however long that takes.
    async fn renew(&mut self, row: usize, name: Uuid) {
        self.model[row].claimant = Some((name, at(1)));
        self.execute("adopted_until = 9000000000000000", row).await;
    }

    async fn run_out(&mut self, row: usize) {
        if let Some((claimant, _)) = self.model[row].claimant {
            self.model[row].claimant = Some((claimant, at(-1)));
            self.execute("adopted_until = 0", row).await;
        }
    }

    async fn execute(&self, change: &str, row: usize) {
        self.db.execute(&format!("UPDATE deliveries SET {change} WHERE id = '{}'", self.rows[row].key.id)).await;
    }
}

fn check(runtime: &Runtime, db: &Database) {
    let store = runtime.block_on(db.store());
    let steps = proptest::collection::vec(step(), 1..24);
    // One of these histories takes many times as long as one of a few deliveries with ids.
    let histories = Config { cases: histories().cases / 2, ..histories() };
    let run = |steps| {
        let fingerprint = domain::content_of(Uuid::new_v4().as_bytes());
        let (model, rows, copies) = (Vec::new(), Vec::new(), Vec::new());
        runtime.block_on(History { db, store: &store, fingerprint, model, rows, copies }.run(steps))
    };
    TestRunner::new(histories).run(&steps, run).unwrap();
}

#[test]
fn random_histories_of_equal_messages_on_sqlite() {
    let runtime = Runtime::new().unwrap();
    check(&runtime, &Database::sqlite());
}

#[test]
fn random_histories_of_equal_messages_on_postgres() {
    let runtime = Runtime::new().unwrap();
    check(&runtime, &runtime.block_on(Database::postgres()));
}
