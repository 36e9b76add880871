//! Processes that die, at every step and at any moment, that are asked to stop, and that stand still.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;

use super::{Fault, Needs, Scope, fault};
use crate::chaos::replica::{KILLED, Replica};
use crate::chaos::world::{World, refusal};
use crate::provider::Answer;

/// How long a process stands still: longer than the worker's lease.
const FROZEN: Duration = Duration::from_secs(17);
/// How long the provider takes, so that whoever dies has several sends in flight.
const SLOW: Duration = Duration::from_millis(400);

#[derive(Clone, Copy, Debug)]
pub(in crate::chaos) enum Action {
    /// A worker aborts at this passage of a step.
    Worker(&'static str),
    /// The same, where the step is one that only failing deliveries come to.
    WorkerThatRetries(&'static str),
    /// The scheduler that comes to the step first aborts there.
    Scheduler(&'static str),
    Api(&'static str),
    /// The dialog aborts at a step with a question, an answer or a command.
    Dialog(&'static str),
    /// The first gateway aborts at a step with its clients.
    Gateway(&'static str),
    /// The same, where the step is one of its end.
    GatewayThatStops(&'static str),
    /// The same, where the step is one after a loss of the broker.
    GatewayThatMisses(&'static str),
    KillWorker,
    KillWorkers,
    KillSchedulers,
    KillApi,
    KillDialog,
    KillGateways,
    StopWorker,
    StopSchedulers,
    StopGateway,
    FreezeWorker,
    FreezeGateway,
}

impl Action {
    pub(super) fn needs(self) -> Needs {
        Needs { someone_leaves: matches!(self, Self::KillApi | Self::KillWorkers), ..Needs::default() }
    }

    pub(super) async fn prepare(self, world: &World) -> Result<()> {
        let (replicas, step) = match self {
            Self::Worker(step) | Self::WorkerThatRetries(step) => (vec![&world.workers[0]], step),
            Self::Scheduler(step) => (world.schedulers.iter().collect(), step),
            Self::Api(step) => (vec![&world.clients.api], step),
            Self::Dialog(step) => (vec![&world.dialog], step),
            Self::Gateway(step) | Self::GatewayThatStops(step) | Self::GatewayThatMisses(step) => {
                (vec![&world.gateways[0]], step)
            }
            _ => return Ok(()),
        };
        for replica in replicas {
            replica.arm(step).await?;
        }
        world.until_ready().await?;
        world.provider.answer(self.answer());
        Ok(())
    }

    pub(super) async fn inject(self, world: &World) -> Result<()> {
        world.provider.answer(self.answer());
        let injected = self.end_processes(world).await;
        world.reset_provider();
        injected
    }

    /// What the provider does until the processes have ended.
    fn answer(self) -> Answer {
        match self {
            Self::WorkerThatRetries(_) => refusal(500, None),
            _ => Answer::Slow(SLOW),
        }
    }

    async fn end_processes(self, world: &World) -> Result<()> {
        match self {
            Self::Worker(_) | Self::WorkerThatRetries(_) => world.workers[0].until_aborted().await,
            Self::Api(_) => world.clients.api.until_aborted().await,
            Self::Dialog(_) => world.dialog.until_aborted().await,
            Self::Gateway(_) => world.gateways[0].until_aborted().await,
            Self::GatewayThatStops(_) => {
                world.gateways[0].signal("TERM").await?;
                world.gateways[0].until_aborted().await
            }
            Self::Scheduler(_) => {
                let [one, two] = &world.schedulers;
                tokio::select! {
                    ended = one.until_aborted() => ended,
                    ended = two.until_aborted() => ended,
                }
            }
            Self::GatewayThatMisses(_) => {
                world.broker.ctl(&["close_all_connections", "closed on purpose"]).await?;
                world.gateways[0].until_aborted().await
            }
            Self::KillWorker => end(&[&world.workers[0]], "KILL", KILLED).await,
            Self::KillWorkers => end(&world.workers.iter().collect::<Vec<_>>(), "KILL", KILLED).await,
            Self::KillSchedulers => end(&world.schedulers.each_ref(), "KILL", KILLED).await,
            Self::KillApi => end(&[&world.clients.api], "KILL", KILLED).await,
            Self::KillDialog => end(&[&world.dialog], "KILL", KILLED).await,
            Self::KillGateways => end(&world.gateways.each_ref(), "KILL", KILLED).await,
            Self::StopWorker => end(&[&world.workers[0]], "TERM", 0).await,
            Self::StopSchedulers => end(&world.schedulers.each_ref(), "TERM", 0).await,
            Self::StopGateway => end(&[&world.gateways[0]], "TERM", 0).await,
            Self::FreezeWorker => freeze(&world.workers[0]).await,
            Self::FreezeGateway => freeze(&world.gateways[0]).await,
        }
    }
}

async fn freeze(replica: &Arc<Replica>) -> Result<()> {
    replica.signal("STOP").await?;
    tokio::time::sleep(FROZEN).await;
    replica.signal("CONT").await
}

async fn end(replicas: &[&Arc<Replica>], signal: &str, code: i32) -> Result<()> {
    let mut before = Vec::new();
    for replica in replicas {
        before.push(replica.exit_codes().await.len());
        replica.signal(signal).await?;
    }
    for (replica, before) in replicas.iter().zip(before) {
        replica.until_ended(before, code).await?;
    }
    Ok(())
}

/// For each fault: in which runs it is, its name, what it does, and what the table says of it.
const FAULTS: &[(Scope, &str, Action, &str)] = &[
    (
        Scope::Short,
        "worker at received",
        Action::Worker("worker.received:15"),
        "dies before it has looked at a message",
    ),
    (
        Scope::Everywhere,
        "worker at claimed",
        Action::Worker("worker.claimed:15"),
        "dies with a claim, before any word is made",
    ),
    (Scope::Short, "worker at before_send", Action::Worker("worker.before_send:15"), "dies just before the request"),
    (
        Scope::Everywhere,
        "worker at after_send",
        Action::Worker("worker.after_send:15"),
        "dies with an answer in its hand",
    ),
    (Scope::Everywhere, "worker at recorded", Action::Worker("worker.recorded:15"), "dies with the outcome committed"),
    (Scope::Both, "worker at told", Action::Worker("worker.told:15"), "dies with its event confirmed"),
    (
        Scope::Everywhere,
        "worker at republished",
        Action::WorkerThatRetries("worker.republished:3"),
        "dies with the retry confirmed",
    ),
    (Scope::Short, "worker at before_ack", Action::Worker("worker.before_ack:15"), "dies before the acknowledgement"),
    (
        Scope::Full,
        "worker at before_confirm",
        Action::Worker("publish.before_confirm:3"),
        "dies with a publish on its way",
    ),
    (Scope::Short, "api at before_confirm", Action::Api("publish.before_confirm:10"), "dies with a publish on its way"),
    (
        Scope::Short,
        "api at confirmed",
        Action::Api("api.confirmed_before_response:10"),
        "dies before it can answer 202",
    ),
    (
        Scope::Full,
        "scheduler at stored",
        Action::Scheduler("scheduler.stored_before_ack:5"),
        "dies with a job committed, before the acknowledgement",
    ),
    (
        Scope::Full,
        "scheduler at claimed",
        Action::Scheduler("scheduler.claimed:1"),
        "dies with due jobs under its lease",
    ),
    (
        Scope::Full,
        "scheduler at before_confirm",
        Action::Scheduler("publish.before_confirm:1"),
        "dies with due jobs on their way",
    ),
    (
        Scope::Full,
        "scheduler at confirmed",
        Action::Scheduler("scheduler.confirmed_before_mark:1"),
        "dies with due jobs published, not yet deleted",
    ),
    (
        Scope::Full,
        "scheduler at replayed",
        Action::Scheduler("letters.published_before_ack:1"),
        "dies with dead letters published again, which the queue still has",
    ),
    (
        Scope::Full,
        "dialog at ask_opened",
        Action::Dialog("dialog.ask_opened:1"),
        "dies with a question committed, before anybody is told",
    ),
    (Scope::Full, "dialog at ask_told", Action::Dialog("dialog.ask_told:1"), "dies before it sends the question"),
    (
        Scope::Full,
        "dialog at ask_sent",
        Action::Dialog("dialog.ask_sent:1"),
        "dies before the acknowledgement of a question",
    ),
    (
        Scope::Short,
        "dialog at answered",
        Action::Dialog("dialog.answered:2"),
        "dies with an answer committed, before anybody is told",
    ),
    (
        Scope::Full,
        "dialog at answer_told",
        Action::Dialog("dialog.answer_told:2"),
        "dies before it has the question ended",
    ),
    (
        Scope::Full,
        "dialog at end_requested",
        Action::Dialog("dialog.end_requested:2"),
        "dies before whoever has answered is told so",
    ),
    (
        Scope::Full,
        "dialog at edited",
        Action::Dialog("dialog.edited:1"),
        "dies before it forgets where a question went",
    ),
    (
        Scope::Full,
        "dialog at command_made",
        Action::Dialog("dialog.command_made:1"),
        "dies with a command committed, before anybody is asked",
    ),
    (
        Scope::Short,
        "dialog at command_moved",
        Action::Dialog("dialog.command_moved:1"),
        "dies with a command confirmed, before its service is sent it",
    ),
    (
        Scope::Full,
        "dialog at command_told",
        Action::Dialog("dialog.command_told:2"),
        "dies with the event of a command confirmed",
    ),
    (
        Scope::Full,
        "api at dispatched",
        Action::Api("api.dispatched_before_response:1"),
        "dies before it can answer 202 to a command",
    ),
    (
        Scope::Full,
        "api at reported",
        Action::Api("api.reported_before_response:1"),
        "dies before it can answer 202 to a service",
    ),
    (
        Scope::Full,
        "api at called",
        Action::Api("api.callback_before_response:2"),
        "dies before it can answer 200 to a press",
    ),
    (Scope::Short, "dialog killed", Action::KillDialog, "kill -9 of the one who asks, hears and has things done"),
    (Scope::Full, "worker killed", Action::KillWorker, "kill -9 at any moment"),
    (Scope::Both, "both workers killed", Action::KillWorkers, "kill -9 of all who send"),
    (Scope::Both, "both schedulers killed", Action::KillSchedulers, "kill -9 of all who fire jobs"),
    (Scope::Full, "api killed", Action::KillApi, "kill -9 with requests in flight"),
    (Scope::Both, "worker stopped", Action::StopWorker, "SIGTERM under load: it drains and exits 0"),
    (Scope::Full, "schedulers stopped", Action::StopSchedulers, "SIGTERM under load: they exit 0"),
    (Scope::Full, "worker frozen", Action::FreezeWorker, "stands still for longer than its lease, and goes on"),
];

pub(super) fn faults() -> Vec<Fault> {
    FAULTS
        .iter()
        .map(|(scope, name, action, description)| fault(*scope, name, super::Action::Process(*action), description))
        .collect()
}
