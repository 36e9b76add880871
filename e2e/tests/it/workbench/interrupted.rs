//! A scheduler that dies in the middle of a job, between two effects: the next one goes on, and nothing is sent twice.

use domain::State;
use e2e::processes::{Process, run, with};
use e2e::provider::{Answer, Provider};
use e2e::{Database, TestFleet};

use super::{dead, die, letters, number};

const LETTERS: usize = 60;
/// `abort()` as a shell reports it.
const ABORTED: i32 = 128 + 6;

/// The fleet as processes, with so many letters in the queue, of which the provider would now accept every one.
async fn with_letters(provider: &Provider) -> (TestFleet, Process) {
    let mut fleet = TestFleet::prepare(Database::Sqlite, &provider.settings()).await.expect("a place");
    for command in [["topology", "apply"].as_slice(), &["migrate"]] {
        let (code, said) = run(command, &fleet.environment).await;
        assert_eq!(code, 0, "{said}");
    }
    fleet.open_store().await;
    let worker = Process::ready("worker", &fleet.environment).await;
    die(&fleet, provider, 0..LETTERS, 21_211).await;
    provider.answer(Answer::Accept);
    (fleet, worker)
}

/// Runs a job with a scheduler that dies at this step, and another that goes on.
async fn ends_although_its_scheduler_dies(fleet: &TestFleet, words: &[&str], step: &str) {
    let mut dying = Process::ready("scheduler", &with(&fleet.environment, &[("CHASQUI_ABORT_AT", step)])).await;
    let going_on = async {
        assert_eq!(dying.ended().await, ABORTED, "{}", dying.output());
        Process::ready("scheduler", &fleet.environment).await
    };
    let ((code, ended), _scheduler) = tokio::join!(dead(fleet, words), going_on);
    let ended = ended.last().expect("the job");
    assert_eq!((code, super::count(ended, "done")), (0, LETTERS as u64), "{ended:#}");
}

#[tokio::test]
async fn a_replay_whose_scheduler_dies_before_an_acknowledgement_sends_each_once() {
    let provider = Provider::start().await;
    let (fleet, _worker) = with_letters(&provider).await;
    let words = ["replay", "--all", "--canary", "0", "--yes", "--why", "it is mended"];
    ends_although_its_scheduler_dies(&fleet, &words, "letters.published_before_ack:1").await;
    for n in 0..LETTERS {
        let row = fleet.until(&format!("m{n}"), State::Sent).await.row;
        assert_eq!((row.epoch, provider.count(&number(n))), (1, 2), "m{n}: refused once, accepted once");
    }
    letters(&fleet, 0).await;
    fleet.finish().await;
}

#[tokio::test]
async fn a_drop_whose_scheduler_dies_before_an_acknowledgement_keeps_every_letter() {
    let provider = Provider::start().await;
    let (fleet, _worker) = with_letters(&provider).await;
    let words = ["drop", "--all", "--yes", "--why", "nobody wants them"];
    ends_although_its_scheduler_dies(&fleet, &words, "letters.kept_before_ack:1").await;
    letters(&fleet, 0).await;
    assert_eq!(provider.requests(), LETTERS, "nothing was sent again");
    fleet.finish().await;
}

#[tokio::test]
async fn a_redirect_whose_scheduler_dies_before_an_acknowledgement_sends_each_once() {
    let provider = Provider::start().await;
    let (fleet, _worker) = with_letters(&provider).await;
    let words = ["redirect", "--all", "--to", "whatsapp", "--canary", "0", "--yes", "--why", "SMS is down"];
    ends_although_its_scheduler_dies(&fleet, &words, "letters.redirected_before_ack:1").await;
    for n in 0..LETTERS {
        let edits = fleet.store().letter_edits(&testkit::key(&format!("m{n}"))).await.expect("the ledger");
        assert_eq!(edits.len(), 1, "{edits:?}");
        fleet.until(&edits[0].id, State::Sent).await;
    }
    letters(&fleet, 0).await;
    assert_eq!(provider.requests(), 2 * LETTERS, "refused once as SMS, accepted once as WhatsApp");
    fleet.finish().await;
}
