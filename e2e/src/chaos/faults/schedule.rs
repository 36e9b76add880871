//! The published schedule of attempts with its real delays, against a provider that never takes anything.

use std::time::Duration;

use anyhow::{Result, bail};
use embedded::User;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::chaos::amqp::{Amqp, PublishOutcome};
use crate::chaos::world::{DEAD_LETTERS, Ledger, World, refusal, url_of};
use crate::processes::Process;
use crate::provider::Provider;

/// When the attempts are made, from the first on.
const ATTEMPTS: [Duration; 4] =
    [Duration::ZERO, Duration::from_secs(5), Duration::from_secs(35), Duration::from_secs(155)];
const RECIPIENTS: [(&str, &str); 2] = [("sms", "+12025550143"), ("whatsapp", "+12025550144")];
const READY_LIMIT: Duration = Duration::from_secs(60);
/// How long the fault waits at most, only so that it ends: no upper time is promised.
const PATIENCE: Duration = Duration::from_secs(300);
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Injects the fault in a virtual host and a database of its own, because the fleet of the run has shorter delays.
pub(super) async fn inject(world: &mut World) -> Result<()> {
    let Ledger::Postgres { server, .. } = &world.ledger else { bail!("needs a second database") };
    let name = format!("schedule_{}", uuid::Uuid::new_v4().simple());
    let ledger = server.create_database(&name).await?;
    world.manage(Method::PUT, &format!("vhosts/{name}"), Some(json!({}))).await?;
    let all = json!({"configure": ".*", "write": ".*", "read": ".*"});
    for user in [User::Admin, User::Notifications] {
        world.manage(Method::PUT, &format!("permissions/{name}/{}", user.name()), Some(all.clone())).await?;
    }
    let provider = Provider::start().await;
    provider.answer(refusal(500, None));
    let port = world.broker.amqp_port;
    let settings = [
        ("AMQP_URL", url_of(&world.broker, User::Notifications, port, &name)),
        ("DATABASE_URL", ledger),
        ("SECRET_KEY", "a secret of the chaos run that is long enough".to_owned()),
    ];
    let settings = provider.settings().into_iter().map(|(name, value)| (name, value.to_owned())).chain(settings);
    let environment: Vec<_> = settings.map(|(name, value)| (name.to_owned(), value)).collect();
    let worker = Process::start_with_log("worker", &environment, &world.logs.join("schedule.log"));
    let amqp = Amqp::new(url_of(&world.broker, User::Admin, port, &name));
    let ended = attempt_all(&worker, &amqp).await;
    drop(worker);
    let judged = ended.and_then(|()| judge(&provider));
    world.manage(Method::DELETE, &format!("vhosts/{name}"), None).await?;
    world.notes.extend(judged?);
    Ok(())
}

/// Waits until everything is in the dead-letter queue, out of attempts.
async fn attempt_all(worker: &Process, amqp: &Amqp) -> Result<()> {
    let deadline = Instant::now() + READY_LIMIT;
    while !worker.is_ready().await {
        if Instant::now() > deadline {
            bail!("the worker is not ready");
        }
        sleep(LOOK_EVERY).await;
    }
    for (channel, destination) in RECIPIENTS {
        let body = json!({"channel": channel, "destination": destination, "message": "Hola"}).to_string();
        if amqp.publish("notifications.key", &body, Some(channel)).await != PublishOutcome::Confirmed {
            bail!("the broker did not confirm");
        }
    }
    let deadline = Instant::now() + PATIENCE;
    while amqp.ready(DEAD_LETTERS).await != Some(u32::try_from(RECIPIENTS.len())?) {
        if Instant::now() > deadline {
            bail!("not in the dead-letter queue after {} s", PATIENCE.as_secs());
        }
        sleep(LOOK_EVERY).await;
    }
    for letter in amqp.take_all(DEAD_LETTERS).await? {
        let attempts = letter.headers.get("notify-dead-attempts").and_then(Value::as_u64);
        if letter.reason != "exhausted" || attempts != Some(ATTEMPTS.len() as u64) {
            bail!("dead-lettered as {:?} after {attempts:?} attempts", letter.reason);
        }
    }
    Ok(())
}

/// Judges by the provider's own log, and says for people when each request came.
fn judge(provider: &Provider) -> Result<Vec<String>> {
    let received = provider.received();
    let mut notes = Vec::new();
    for (channel, destination) in RECIPIENTS {
        let times: Vec<_> =
            received.iter().filter(|request| request.to.ends_with(destination)).map(|request| request.at).collect();
        let after: Vec<Duration> = times.iter().map(|at| *at - times[0]).collect();
        let seconds: Vec<_> = after.iter().map(|after| format!("{:.3}", after.as_secs_f64())).collect();
        let seconds = format!("{channel} attempted after {} s", seconds.join(", "));
        if after.len() != ATTEMPTS.len() {
            bail!("not {} attempts: {seconds}", ATTEMPTS.len());
        }
        if after.iter().zip(ATTEMPTS).any(|(after, promised)| *after < promised) {
            bail!("too early: {seconds}");
        }
        notes.push(seconds);
    }
    Ok(notes)
}
