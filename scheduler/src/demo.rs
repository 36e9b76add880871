//! The recurring sample notification of `SCHEDULER_DEMO_*`.

use domain::{ChannelName, Cron, Key, Tenant, content_of};
use serde_json::json;
use store::{Job, JobKind, JobSummary, StoreError};

use crate::shared::Shared;

/// What the demo sends, and when.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Demo {
    pub cron: String,
    /// The name of the zone in the IANA time zone database.
    pub timezone: String,
    pub channel: ChannelName,
    pub destination: String,
    pub subject: Option<String>,
    pub message: String,
}

/// Stores the demo as the recurring job `scheduler-demo`, in place of the one of an earlier start.
pub(crate) async fn store(shared: &Shared, demo: Demo) {
    match put(shared, demo).await {
        Ok(key) => tracing::info!(schedule = %key, "the demo schedule is on"),
        Err(error) => tracing::warn!(%error, "the demo schedule could not be stored"),
    }
}

async fn put(shared: &Shared, demo: Demo) -> Result<Key, StoreError> {
    let now = shared.intake.clock.now();
    let body = json!({
        "channel": demo.channel.as_str(),
        "destination": demo.destination,
        "subject": demo.subject,
        "message": demo.message,
    });
    let body = body.to_string().into_bytes();
    let key = Key { tenant: Tenant::default(), id: "scheduler-demo".into() };
    let cron = Cron::parse(&demo.cron, &demo.timezone, &shared.zones);
    let due_at = cron.map_err(|error| StoreError::Refused(error.to_string()))?.next_after(now);
    let due_at = due_at.ok_or_else(|| StoreError::Refused("it never fires".into()))?;
    shared.intake.store.delete_job(&key, None).await?;
    let kind = JobKind::Cron { cron: demo.cron, zone: demo.timezone, name: Some("demo".into()) };
    let to = (demo.channel, demo.destination.as_str());
    let summary = JobSummary::new(key.clone(), kind, to, content_of(&body), due_at, now);
    let job = Job { summary, body, carried: Vec::new() };
    shared.intake.store.put_job(job).await?;
    Ok(key)
}
