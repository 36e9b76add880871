//! Processes that die, at every step and at any moment, that are asked to stop, and that stand still.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;

use super::{Fault, Scope, fault};
use crate::chaos::scene::Scene;
use crate::chaos::station::{KILLED, Station};
use crate::provider::Answer;

/// Longer than the worker's lease.
const FROZEN: Duration = Duration::from_secs(17);
/// So that whoever dies has several sends in flight.
const A_WHILE: Duration = Duration::from_millis(400);

#[derive(Clone, Copy, Debug)]
pub(in crate::chaos) enum Act {
    /// One worker aborts at this passage of a step.
    Worker(&'static str),
    /// Whichever scheduler comes to the step first.
    Scheduler(&'static str),
    Api(&'static str),
    KillWorker,
    KillWorkers,
    KillSchedulers,
    KillApi,
    StopWorker,
    StopSchedulers,
    FreezeWorker,
}

impl Act {
    pub(super) async fn prepare(self, scene: &Scene) -> Result<()> {
        let (stations, step) = match self {
            Self::Worker(step) => (vec![&scene.workers[0]], step),
            Self::Scheduler(step) => (scene.schedulers.iter().collect(), step),
            Self::Api(step) => (vec![&scene.hands.api], step),
            _ => return Ok(()),
        };
        for station in stations {
            station.arm(step).await?;
        }
        scene.until_ready().await?;
        scene.provider.answer(Answer::Slow(A_WHILE));
        Ok(())
    }

    pub(super) async fn strike(self, scene: &Scene) -> Result<()> {
        scene.provider.answer(Answer::Slow(A_WHILE));
        let struck = self.end_them(scene).await;
        scene.calm();
        struck
    }

    async fn end_them(self, scene: &Scene) -> Result<()> {
        match self {
            Self::Worker(_) => scene.workers[0].until_aborted().await,
            Self::Api(_) => scene.hands.api.until_aborted().await,
            Self::Scheduler(_) => {
                let [one, two] = &scene.schedulers;
                tokio::select! {
                    ended = one.until_aborted() => ended,
                    ended = two.until_aborted() => ended,
                }
            }
            Self::KillWorker => end(&[&scene.workers[0]], "KILL", KILLED).await,
            Self::KillWorkers => end(&scene.workers.iter().collect::<Vec<_>>(), "KILL", KILLED).await,
            Self::KillSchedulers => end(&scene.schedulers.each_ref(), "KILL", KILLED).await,
            Self::KillApi => end(&[&scene.hands.api], "KILL", KILLED).await,
            Self::StopWorker => end(&[&scene.workers[0]], "TERM", 0).await,
            Self::StopSchedulers => end(&scene.schedulers.each_ref(), "TERM", 0).await,
            Self::FreezeWorker => {
                scene.workers[0].signal("STOP").await?;
                tokio::time::sleep(FROZEN).await;
                scene.workers[0].signal("CONT").await
            }
        }
    }
}

async fn end(stations: &[&Arc<Station>], signal: &str, code: i32) -> Result<()> {
    let mut before = Vec::new();
    for station in stations {
        before.push(station.ends().await.len());
        station.signal(signal).await?;
    }
    for (station, before) in stations.iter().zip(before) {
        station.until_ended(before, code).await?;
    }
    Ok(())
}

/// In which runs each is, its name, what it does, and what the table says of it.
const FAULTS: &[(Scope, &str, Act, &str)] = &[
    (Scope::Short, "worker at received", Act::Worker("worker.received:15"), "dies before it has looked at a message"),
    (
        Scope::Everywhere,
        "worker at claimed",
        Act::Worker("worker.claimed:15"),
        "dies with a claim, before any word is made",
    ),
    (Scope::Short, "worker at before_send", Act::Worker("worker.before_send:15"), "dies just before the request"),
    (Scope::Everywhere, "worker at after_send", Act::Worker("worker.after_send:15"), "dies with an answer in its hand"),
    (Scope::Everywhere, "worker at recorded", Act::Worker("worker.recorded:15"), "dies with the outcome committed"),
    (Scope::Everywhere, "worker at republished", Act::Worker("worker.republished:3"), "dies with the retry confirmed"),
    (Scope::Short, "worker at before_ack", Act::Worker("worker.before_ack:15"), "dies before the acknowledgement"),
    (
        Scope::Full,
        "worker at before_confirm",
        Act::Worker("publish.before_confirm:3"),
        "dies with a publish on its way",
    ),
    (Scope::Short, "api at before_confirm", Act::Api("publish.before_confirm:10"), "dies with a publish on its way"),
    (Scope::Short, "api at confirmed", Act::Api("api.confirmed_before_response:10"), "dies before it can answer 202"),
    (
        Scope::Full,
        "scheduler at stored",
        Act::Scheduler("scheduler.stored_before_ack:5"),
        "dies with a job committed, before the acknowledgement",
    ),
    (Scope::Full, "scheduler at claimed", Act::Scheduler("scheduler.claimed:1"), "dies with due jobs under its lease"),
    (
        Scope::Full,
        "scheduler at before_confirm",
        Act::Scheduler("publish.before_confirm:1"),
        "dies with due jobs on their way",
    ),
    (
        Scope::Full,
        "scheduler at confirmed",
        Act::Scheduler("scheduler.confirmed_before_mark:1"),
        "dies with due jobs published, not yet deleted",
    ),
    (Scope::Full, "worker killed", Act::KillWorker, "kill -9 at any moment"),
    (Scope::Both, "both workers killed", Act::KillWorkers, "kill -9 of all who send"),
    (Scope::Both, "both schedulers killed", Act::KillSchedulers, "kill -9 of all who fire jobs"),
    (Scope::Full, "api killed", Act::KillApi, "kill -9 with requests in flight"),
    (Scope::Both, "worker stopped", Act::StopWorker, "SIGTERM under load: it drains and exits 0"),
    (Scope::Full, "schedulers stopped", Act::StopSchedulers, "SIGTERM under load: they exit 0"),
    (Scope::Full, "worker frozen", Act::FreezeWorker, "stands still for longer than its lease, and goes on"),
];

pub(super) fn faults() -> Vec<Fault> {
    FAULTS.iter().map(|(scope, name, act, says)| fault(*scope, name, super::Act::Process(*act), says)).collect()
}
