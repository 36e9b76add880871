//! The operator of the dead letters: reads, plans, starts, cancels, resumes, edits and acknowledges by the API, as a person or
//! a script with a token does. Only what the provider has refused for good is moved.

use std::convert::Infallible;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::sleep;
use uuid::Uuid;

use super::PLANS;
use super::book::Job;
use super::desk::Desk;
use crate::chaos::dice::Dice;
use crate::chaos::load::{REPEAT_EVERY, address_of, channel_of};
use crate::chaos::reconcile::journal::Said;
use crate::chaos::reconcile::{Answer, Cancel, Entry, Way};

/// The time from one decision of the operator to the next.
const DECIDES_EVERY: Duration = Duration::from_millis(300);
/// The latest moment after its start at which a job is cancelled.
const CANCELLED_WITHIN_MS: u64 = 900;
/// The most letters of a plan that names them.
const NAMED: u64 = 20;
/// How many of the last jobs are looked at.
const LATELY: usize = 8;
const LISTED: &str = "/dead-letters?reason=permanent&limit=100";
const WHY: &str = "the numbers were looked at";

/// A letter as it is listed.
struct Listed {
    name: String,
    /// The number of its notification.
    number: u64,
}

pub(super) async fn operate(desk: &Desk<'_>, fault: usize, mut dice: Dice) -> Infallible {
    // Whatever is broken, there is a replay in it.
    while replay(desk, &mut dice).await.is_none() {
        sleep(DECIDES_EVERY).await;
    }
    loop {
        sleep(DECIDES_EVERY).await;
        match dice.below(8) {
            0..=2 => {
                let job = replay(desk, &mut dice).await;
                cancel_now_and_then(desk, job, &mut dice).await;
            }
            3 => remove(desk, &mut dice).await,
            4 => restore(desk, &mut dice).await,
            5 => edit(desk, fault, &mut dice).await,
            6 => decide(desk, &mut dice).await,
            _ => acknowledge(desk).await,
        }
    }
}

/// What was refused for good, as the queue was read last; and has it read again.
async fn listed(desk: &Desk<'_>) -> Vec<Listed> {
    desk.until_answered(Method::POST, "/dead-letters/read", None, None).await;
    let (_, page) = desk.until_answered(Method::GET, LISTED, None, None).await;
    let letter = |letter: &Value| {
        let number = letter["id"].as_str()?.strip_prefix('m')?.parse().ok()?;
        Some(Listed { name: letter["letter"].as_str()?.to_owned(), number })
    };
    page["letters"].as_array().into_iter().flatten().filter_map(letter).collect()
}

/// Some letters that follow each other, wherever they begin.
fn some(letters: Vec<Listed>, dice: &mut Dice) -> Vec<Listed> {
    let skip = usize::try_from(dice.below(letters.len() as u64)).unwrap_or(0);
    let most = usize::try_from(1 + dice.below(NAMED)).unwrap_or(1);
    letters.into_iter().skip(skip).take(most).collect()
}

fn names(letters: &[Listed]) -> Vec<&str> {
    letters.iter().map(|letter| letter.name.as_str()).collect()
}

/// Replays letters, of which the provider takes three in four now; some jobs begin with a few and wait for their end.
async fn replay(desk: &Desk<'_>, dice: &mut Dice) -> Option<String> {
    let letters = some(listed(desk).await, dice);
    if letters.is_empty() {
        return None;
    }
    for number in letters.iter().map(|letter| letter.number).filter(|&number| !(number / 20).is_multiple_of(4)) {
        desk.clients.provider.answer_as_others(&address_of(number));
    }
    let canary = if dice.below(3) == 0 { 3 } else { 0 };
    let mut body = json!({"action": "replay", "why": WHY, "canary": canary});
    if dice.below(3) == 0 {
        // All that was refused, with whatever has died since the list was read.
        body["reason"] = "permanent".into();
        body["rate"] = (100 + dice.below(400)).into();
    } else {
        body["letters"] = names(&letters).into();
        body["rate"] = (5 + dice.below(100)).into();
    }
    start(desk, "replay", &body).await
}

/// Takes letters out of the queue, and keeps them.
async fn remove(desk: &Desk<'_>, dice: &mut Dice) {
    let letters = some(listed(desk).await, dice);
    if !letters.is_empty() {
        let body = json!({"action": "drop", "letters": names(&letters), "why": WHY, "rate": 5 + dice.below(100)});
        let job = start(desk, "drop", &body).await;
        cancel_now_and_then(desk, job, dice).await;
    }
}

/// Puts back what an earlier job has taken out.
async fn restore(desk: &Desk<'_>, dice: &mut Dice) {
    let dropped: Vec<Job> = desk.book.jobs().into_iter().filter(|job| job.action == "drop").collect();
    let which = usize::try_from(dice.below(dropped.len() as u64)).unwrap_or(0);
    let Some(job) = dropped.get(which) else { return };
    let body = json!({"action": "restore", "job": job.id, "why": "dropped by mistake"});
    let job = start(desk, "restore", &body).await;
    cancel_now_and_then(desk, job, dice).await;
}

/// Cancels one job in three in the middle.
async fn cancel_now_and_then(desk: &Desk<'_>, job: Option<String>, dice: &mut Dice) {
    let Some(id) = job else { return };
    if dice.below(3) == 0 {
        sleep(Duration::from_millis(dice.below(CANCELLED_WITHIN_MS))).await;
        cancel(desk, &id).await;
    }
}

/// Plans, and starts what was planned. The id of the job; none where there is nothing to do, or it was too late.
pub(super) async fn start(desk: &Desk<'_>, action: &'static str, body: &Value) -> Option<String> {
    let key = Uuid::new_v4().to_string();
    let (_, plan) = desk.until_answered(Method::POST, PLANS, Some(body), Some(&key)).await;
    let id = plan["id"].as_str()?.to_owned();
    let letters = plan["letters"].as_u64().filter(|letters| *letters > 0)?;
    desk.book.note_start(Job { id: id.clone(), action });
    let path = format!("/dead-letters/jobs/{id}/start?letters={letters}");
    loop {
        match desk.act(told_as(action), &id, Method::POST, &path, None).await.0 {
            Said::Done => return Some(id),
            // It may run all the same: an answer before this one was lost.
            Said::Refused => return None,
            Said::Lost => sleep(REPEAT_EVERY).await,
        }
    }
}

pub(super) async fn cancel(desk: &Desk<'_>, id: &str) {
    let path = format!("/dead-letters/jobs/{id}");
    desk.act("dead_letters.job_cancelled", id, Method::DELETE, &path, None).await;
}

pub(super) async fn resume(desk: &Desk<'_>, id: &str) {
    let path = format!("/dead-letters/jobs/{id}/resume");
    desk.act("dead_letters.job_resumed", id, Method::POST, &path, None).await;
}

/// Decides about one of the last jobs: one that pauses goes on or is cancelled, and one that runs may be cancelled.
async fn decide(desk: &Desk<'_>, dice: &mut Dice) {
    let jobs = desk.book.jobs();
    let lately = &jobs[jobs.len().saturating_sub(LATELY)..];
    let which = usize::try_from(dice.below(lately.len() as u64)).unwrap_or(0);
    let Some(Job { id, .. }) = lately.get(which) else { return };
    let (_, job) = desk.until_answered(Method::GET, &format!("/dead-letters/jobs/{id}"), None, None).await;
    match (job["state"].as_str(), dice.below(2)) {
        (Some("paused"), 0) => resume(desk, id).await,
        (Some("paused" | "running"), 1) => cancel(desk, id).await,
        _ => {}
    }
}

/// Sends a letter to another number, once for each notification, until that is accepted or it is too late.
async fn edit(desk: &Desk<'_>, fault: usize, dice: &mut Dice) {
    let letters = some(listed(desk).await, dice);
    let Some(letter) = letters.into_iter().find(|letter| Way::of(letter.number) == Way::Refused) else { return };
    let Listed { name, number } = letter;
    let recipient = format!("+1606{number:07}");
    let entry = Entry {
        fault,
        recipient: recipient.clone(),
        channel: channel_of(number),
        way: Way::Edited,
        id: None,
        answer: Answer::None,
        cancel: Cancel::NotAsked,
    };
    let Some(at) = desk.book.begin_edit(entry) else { return };
    let body = json!({"set": {"/destination": recipient}, "why": "the number had a slip"});
    let (path, of) = (format!("/dead-letters/{name}/edit"), format!("m{number}"));
    loop {
        match desk.act("dead_letter.edited", &of, Method::POST, &path, Some(&body)).await {
            (Said::Done, answer) => return desk.book.end_edit(at, answer["id"].as_str()),
            (Said::Refused, _) => return,
            // The same edit of the same letter gives the same delivery.
            (Said::Lost, _) => sleep(REPEAT_EVERY).await,
        }
    }
}

/// Looks at the groups, and looks after the first of them.
async fn acknowledge(desk: &Desk<'_>) {
    let (_, page) = desk.until_answered(Method::GET, "/dead-letters/groups", None, None).await;
    let Some(group) = page["groups"][0]["group"].as_str() else { return };
    let path = format!("/dead-letters/groups/{group}/acknowledge?note=seen");
    desk.act("dead_letters.acknowledged", group, Method::POST, &path, None).await;
}

/// The kind of the journal's entry.
fn told_as(action: &str) -> &'static str {
    match action {
        "replay" => "dead_letters.replayed",
        "drop" => "dead_letters.dropped",
        "restore" => "dead_letters.restored",
        _ => "dead_letters.closed",
    }
}
