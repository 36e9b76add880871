//! Jobs that run side by side: each has its turns, however slow another is.

use chasqui::clock::SystemClock;
use domain::{Actor, Clock as _, Entry, Scope, Tenant};
use e2e::fleet::until;
use e2e::processes::{Process, run};
use e2e::provider::Provider;
use e2e::{Database, TestFleet};
use embedded::Signal;
use store::JobState;

use super::{dead, die, text};

/// At one letter in a second they take longer than anything here may take; all are met at once.
const SLOW: std::ops::Range<usize> = 0..38;
const QUICK: std::ops::Range<usize> = 38..45;

/// The id of a plan that drops the letters with this code, so many in a second.
async fn planned(fleet: &TestFleet, code: &str, rate: &str) -> String {
    let plan = ["plan", "drop", "--code", code, "--rate", rate, "--why", "nobody wants them"];
    let (_, planned) = dead(fleet, &plan).await;
    text(&planned[0], "id").to_owned()
}

async fn start(fleet: &TestFleet, id: &str) {
    let actor = Actor { name: "ada".into(), tenant: Tenant::default(), scopes: vec![Scope::Operate] };
    let told = Entry::of(&actor, "dead_letters.dropped", id, SystemClock.now());
    assert!(fleet.store().start_letter_job(&actor.tenant, id, &told).await.expect("the ledger"), "{id} is a plan");
}

async fn state(fleet: &TestFleet, id: &str) -> JobState {
    fleet.store().letter_job(&Tenant::default(), id).await.expect("the ledger").expect("the job").state
}

#[tokio::test]
async fn a_slow_job_does_not_keep_another_waiting_that_was_started_after_it() {
    let provider = Provider::start().await;
    let mut fleet = TestFleet::prepare(Database::Sqlite, &provider.settings()).await.expect("a place");
    for command in [["topology", "apply"].as_slice(), &["migrate"]] {
        let (code, said) = run(command, &fleet.environment).await;
        assert_eq!(code, 0, "{said}");
    }
    fleet.open_store().await;
    let worker = Process::ready("worker", &fleet.environment).await;
    die(&fleet, &provider, SLOW, 21_211).await;
    die(&fleet, &provider, QUICK, 29_999).await;
    let mut planning = Process::ready("scheduler", &fleet.environment).await;
    let (slow, quick) = (planned(&fleet, "21211", "1").await, planned(&fleet, "29999", "1000").await);
    // Nobody works on the first while the second is not there yet.
    assert_eq!(planning.end(Signal::Term).await, 0, "{}", planning.output());
    start(&fleet, &slow).await;
    start(&fleet, &quick).await;

    let scheduler = Process::ready("scheduler", &fleet.environment).await;
    let is_done = async || (state(&fleet, &quick).await == JobState::Done).then_some(());
    until("the quick job is done", is_done).await;
    let counted = fleet.store().count_letter_job(&slow).await.expect("the ledger");
    let left = counted.iter().filter(|counted| counted.state == "pending").map(|counted| counted.letters).sum::<u32>();
    assert!(left > 0, "{counted:?}");
    assert_eq!(state(&fleet, &slow).await, JobState::Running);
    drop((scheduler, worker));
    fleet.remove().await;
}
