//! Random histories of a few deliveries: the ledger answers as a map in memory with `domain::claim` does.

use std::collections::HashMap;
use std::time::Duration;

use crate::{Cancel, Claimed, Recorded, Store, Which};
use domain::{
    Arrival, Attempt, ChannelName, Claim, Failure, Key, Lease, Listed, Outcome, PublishedBy, RecipientHash,
    RecipientHasher, Row, State, SuppressedFor, Suppression, SuppressionScope, Transition,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::tests::database::{Database, HOUR, arrival, at, candidate, decide, key, listed, refused, sent, suppression};

#[derive(Clone, Debug)]
enum Step {
    /// A copy arrives; its claim's lease is live, or runs out at once.
    Claim {
        id: usize,
        epoch: u32,
        seq: u32,
        published_by: usize,
        redelivered: bool,
        other_body: bool,
        live: bool,
    },
    /// The n-th claim so far records its attempt, perhaps again, perhaps late.
    Record {
        claim: usize,
        outcome: usize,
    },
    /// The n-th claim so far is repeated.
    Repeat {
        claim: usize,
    },
    Cancel {
        id: usize,
    },
    /// The broker confirms the dead letter of this epoch.
    Letter {
        id: usize,
        epoch: u32,
    },
    /// The recipient is put on the suppression list with this scope, or taken off it.
    List {
        scope: Option<usize>,
    },
}

const PUBLISHED_BY: [PublishedBy; 4] =
    [PublishedBy::Publisher, PublishedBy::Fleet, PublishedBy::OperatorMove, PublishedBy::OperatorRequest];

fn step() -> impl Strategy<Value = Step> {
    let claim = (0..2usize, 0..2u32, 0..3u32, 0..PUBLISHED_BY.len(), any::<bool>(), 0..8u8, any::<bool>());
    prop_oneof![
        5 => claim.prop_map(|(id, epoch, seq, published_by, redelivered, body, live)| Step::Claim {
            id, epoch, seq, published_by, redelivered, other_body: body == 0, live,
        }),
        5 => (0..4usize, 0..7usize).prop_map(|(claim, outcome)| Step::Record { claim, outcome }),
        1 => (0..4usize).prop_map(|claim| Step::Repeat { claim }),
        1 => (0..2usize).prop_map(|id| Step::Cancel { id }),
        2 => (0..2usize, 0..2u32).prop_map(|(id, epoch)| Step::Letter { id, epoch }),
        1 => proptest::option::of(0..SuppressionScope::ALL.len()).prop_map(|scope| Step::List { scope }),
    ]
}

fn outcome(n: usize) -> Outcome {
    let failure = Failure::new("twilio", Some("21211".into()), "not a number");
    match n {
        0 => sent(),
        1 => refused(),
        2 => Outcome::Ambiguous { failure },
        3 => Outcome::Permanent { reason: domain::Reason::Permanent, failure },
        4 => Outcome::Throttled { failure, retry_after: Some(HOUR) },
        5 => Outcome::Suppressed { reason: SuppressedFor::Complaint },
        _ => Outcome::GivenBack,
    }
}

/// The ledger as it should be.
#[derive(Default)]
struct Model {
    rows: HashMap<Key, Row>,
    attempts: HashMap<(Key, Uuid), Attempt>,
    late: HashMap<(Key, Uuid), ()>,
    list: Option<SuppressionScope>,
}

impl Model {
    fn claim(&mut self, candidate: &Row, arrival: &Arrival, live: bool) -> Claimed {
        let lease = if live { Lease::Live } else { Lease::RanOut };
        // All deliveries of a history are of one recipient, on the lane normal.
        let is_listed = self.list.is_some_and(|scope| scope >= SuppressionScope::AllButUrgent);
        let suppressed_for = is_listed.then_some(SuppressedFor::Complaint);
        let Some(row) = self.rows.get_mut(&candidate.key) else {
            let first = Row { suppressed_for, ..candidate.clone() };
            self.rows.insert(candidate.key.clone(), Row { lease, ..first.clone() });
            return Claimed::New(first);
        };
        match domain::claim(row, arrival, candidate.token) {
            Claim::Take(next, take) => {
                let (version, updated_at) = (row.version + 1, candidate.created_at);
                let recipient_hash = candidate.recipient_hash;
                let next = Row { version, updated_at, suppressed_for, recipient_hash, ..*next };
                *row = Row { lease, ..next.clone() };
                Claimed::Known(Claim::Take(Box::new(Row { lease: Lease::Live, ..next }), take))
            }
            other => Claimed::Known(other),
        }
    }

    fn record(&mut self, transition: &Transition) -> Recorded {
        let Some(row) = self.rows.get_mut(&transition.row.key) else { panic!("recorded before it was claimed") };
        let claim = (row.key.clone(), transition.row.token);
        if row.token != transition.row.token {
            let tried = transition.attempt.is_some() || matches!(transition.row.state, State::Sent);
            if tried && !self.attempts.contains_key(&claim) {
                self.late.insert(claim, ());
            }
            return Recorded::Late;
        }
        if row.state != State::Sending {
            return Recorded::Repeated;
        }
        *row = Row { version: row.version + 1, lease: row.lease, ..transition.row.clone() };
        self.attempts.extend(transition.attempt.clone().map(|attempt| (claim, attempt)));
        Recorded::Written
    }

    fn cancel(&mut self, key: &Key) -> Cancel {
        let Some(row) = self.rows.get_mut(key) else {
            self.rows.insert(key.clone(), tombstone(key));
            return Cancel::Unknown;
        };
        match row.state {
            State::Waiting => {
                row.state = State::Cancelled;
                row.order = domain::Order::Nothing;
                row.version += 1;
                row.updated_at = at(20);
                Cancel::Cancelled { maybe_sent: row.ambiguous }
            }
            State::Cancelled if row.content.is_none() => Cancel::Unknown,
            State::Cancelled => Cancel::Cancelled { maybe_sent: row.ambiguous },
            state => Cancel::TooLate { state, maybe_sent: row.ambiguous },
        }
    }
}

/// The row that stops a delivery which no worker has seen.
fn tombstone(key: &Key) -> Row {
    Row {
        channel: ChannelName::parse("unknown").unwrap(),
        state: State::Cancelled,
        token: Uuid::nil(),
        lease: Lease::RanOut,
        content: None,
        expires_at: None,
        created_at: at(20),
        updated_at: at(20),
        recipient_hash: RecipientHash::UNKNOWN,
        recipient_mask: "***".into(),
        parent: None,
        ..candidate(&key.id)
    }
}

/// Runs one history under ids of its own and compares every answer and every row.
async fn run(store: &Store, steps: Vec<Step>) -> Result<(), TestCaseError> {
    let history = Uuid::new_v4();
    let recipient = RecipientHasher::new(history.as_bytes()).hash("+12025550143");
    let listed = Listed { recipient, ..listed() };
    let name = |id: usize| format!("{history}/{id}");
    let mut model = Model::default();
    let mut claims: Vec<(Row, Arrival, bool)> = Vec::new();
    let mut taken: Vec<Row> = Vec::new();
    for step in steps {
        match step {
            Step::Claim { id, epoch, seq, published_by, redelivered, other_body, live } => {
                let content = if other_body { [1; 32] } else { arrival("").content };
                let arrival = Arrival {
                    epoch,
                    seq,
                    published_by: PUBLISHED_BY[published_by],
                    redelivered,
                    content,
                    ..arrival(&name(id))
                };
                let candidate =
                    Row { epoch, seq, content: Some(content), recipient_hash: recipient, ..candidate(&name(id)) };
                claims.push((candidate, arrival, live));
            }
            Step::Repeat { claim } if claim < claims.len() => claims.push(claims[claim].clone()),
            Step::Record { claim, outcome: n } if claim < taken.len() => {
                let transition = decide(&taken[claim], &outcome(n));
                let expected = model.record(&transition);
                prop_assert_eq!(store.record(&transition, None).await.unwrap(), expected);
                continue;
            }
            Step::Cancel { id } => {
                let expected = model.cancel(&key(&name(id)));
                prop_assert_eq!(store.cancel(&key(&name(id)), at(20), &|_| None, None).await.unwrap(), expected);
                continue;
            }
            Step::Letter { id, epoch } => {
                store.note_letter(&key(&name(id)), epoch).await.unwrap();
                if let Some(row) = model.rows.get_mut(&key(&name(id))).filter(|row| row.epoch == epoch) {
                    row.has_letter |= row.state.is_dead_lettered();
                }
                continue;
            }
            Step::List { scope } => {
                model.list = scope.map(|scope| SuppressionScope::ALL[scope]);
                list(store, &history, recipient, model.list).await;
                continue;
            }
            Step::Repeat { .. } | Step::Record { .. } => continue,
        }
        let (candidate, arrival, live) = claims.last().expect("a claim was just added");
        let lease = if *live { HOUR } else { Duration::ZERO };
        let expected = model.claim(candidate, arrival, *live);
        let claimed = store.claim_to_send(candidate.clone(), arrival, lease, listed).await.unwrap();
        prop_assert_eq!(&claimed, &expected);
        if let Claimed::New(row) = claimed {
            taken.push(row);
        } else if let Claimed::Known(Claim::Take(row, _)) = claimed {
            taken.push(*row);
        }
    }
    compare(store, &model).await
}

/// Puts the recipient of a history on the list with this scope, or takes it off.
async fn list(store: &Store, history: &Uuid, recipient: RecipientHash, scope: Option<SuppressionScope>) {
    let entry = Suppression { id: history.to_string(), recipient, ..suppression() };
    match scope {
        Some(scope) => drop(store.suppress(&Suppression { scope, ..entry }, None).await.unwrap()),
        None => drop(store.lift(&entry.tenant, &Which::Id(entry.id.clone()), "ada", "why", at(0), None).await.unwrap()),
    }
}

async fn compare(store: &Store, model: &Model) -> Result<(), TestCaseError> {
    for (key, row) in &model.rows {
        let view = store.delivery(key).await.unwrap().expect("the row is there");
        prop_assert_eq!(&view.row, row);
        let of_key = |claim: &&(Key, Uuid)| claim.0 == *key;
        let late = model.late.keys().filter(of_key).count();
        let tried = model.attempts.keys().filter(of_key).count() + usize::from(row.state == State::Sent);
        prop_assert_eq!((view.attempts.len(), view.late_answers as usize), (tried + late, late));
    }
    Ok(())
}

/// How many histories run on each database: one takes about 15 ms on Postgres. `CHASQUI_HISTORIES=10000` runs more.
pub(crate) fn histories() -> Config {
    let cases = std::env::var("CHASQUI_HISTORIES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(256);
    Config { cases, failure_persistence: None, ..Config::default() }
}

fn check(runtime: &Runtime, database: &Database) {
    let store = runtime.block_on(database.store());
    let mut runner = TestRunner::new(histories());
    let histories = proptest::collection::vec(step(), 1..16);
    runner.run(&histories, |steps| runtime.block_on(run(&store, steps))).unwrap();
}

#[test]
fn random_histories_on_sqlite() {
    let runtime = Runtime::new().unwrap();
    check(&runtime, &Database::sqlite());
}

#[test]
fn random_histories_on_postgres() {
    let runtime = Runtime::new().unwrap();
    check(&runtime, &runtime.block_on(Database::postgres()));
}
