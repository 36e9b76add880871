//! `chasqui prove`: sends notifications through a running fleet, follows each to its end, and says whether the books close.

mod beside;
mod books;
mod over_http;
mod target;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use domain::{AttemptOutcome, Tenant};
use futures_util::future::join_all;
use serde_json::{Map, Value};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep_until};

use self::beside::Beside;
use self::books::{Books, Ending, Seen, Verdict};
use self::over_http::Api;
use crate::config::{Config, Role, Sources};
use crate::output::{self, say};
use crate::words::{tenant, time};
use crate::{exit, logs, unconfigured};

const LOOK_EVERY: Duration = Duration::from_millis(100);
/// So many requests are on their way at once, so that a proof is no load.
const AT_ONCE: usize = 16;
/// The longest time that a notification may be followed.
const LONGEST: Duration = Duration::from_secs(86_400);

#[derive(clap::Args, Debug)]
pub struct Prove {
    /// How many notifications, 1 to 1000; the recipients get them in turn
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
    count: u16,
    /// A channel and a recipient; may be given several times
    #[arg(long, value_name = "CHANNEL:RECIPIENT", default_value = "email:probe@example.com")]
    to: Vec<String>,
    /// Also to recipients who may be somebody: each message costs what a message costs
    #[arg(long)]
    really: bool,
    /// The API of the fleet, such as https://notify.example.com; default: its broker and its ledger, as the settings name them
    #[arg(long)]
    url: Option<String>,
    /// Whose notifications they are; with --url, the token says so
    #[arg(long, value_parser = tenant, default_value = "default", conflicts_with = "url")]
    tenant: Tenant,
    /// How long each may take to its end: 30s, 5m, 1h; at most 1d
    #[arg(long, value_name = "TIME", value_parser = within, default_value = "60s", allow_hyphen_values = true)]
    within: Duration,
    /// One JSON object
    #[arg(long, conflicts_with = "quiet")]
    json: bool,
    /// Print nothing when the books close, and one line when they do not
    #[arg(short, long)]
    quiet: bool,
}

/// The fleet, by whichever way it is reached.
enum Fleet {
    OverHttp(Box<Api>),
    Beside(Box<Beside>),
}

/// Sends and follows. Exit code 0 when the books close; 1 when they do not; 3 when somebody could not be asked, so that
/// nobody knows.
pub(crate) async fn prove(sources: Sources, what: Prove) -> Result<ExitCode> {
    let targets = target::read(&what.to, what.really)?;
    let fleet = &Fleet::reach(sources, &what).await?;
    let run = uuid::Uuid::new_v4().simple();
    let (permits, allowed) = (&Semaphore::new(AT_ONCE), what.within);
    let probes = (1..=what.count).zip(targets.iter().cycle()).map(|(n, target)| {
        let id = format!("probe-{run}-{n}");
        let body = target.body(&id);
        async move {
            let ending = followed(fleet, &id, &body, allowed, permits).await;
            (id, ending)
        }
    });
    let books = Books::of(allowed, join_all(probes).await);
    let verdict = books.verdict();
    match (what.json, what.quiet) {
        (true, _) => output::json(&books.as_json()),
        (false, true) if verdict == Verdict::Closed => {}
        (false, true) => say!("{}", books.in_a_line()),
        (false, false) => books.in_lines().iter().for_each(|line| say!("{line}")),
    }
    Ok(match verdict {
        Verdict::Closed | Verdict::Open => exit::answer(verdict == Verdict::Closed),
        Verdict::Unknown => exit::failed(),
    })
}

impl Fleet {
    async fn reach(mut sources: Sources, what: &Prove) -> Result<Self> {
        // One line on failure: what the connection has to say of itself is in it.
        if what.quiet && !sources.is_given("LOG") {
            sources.set("LOG", "off");
        }
        if let Some(url) = &what.url {
            let config = Config::read(sources, Role::Probe)?;
            logs::start(&config)?;
            return Ok(Self::OverHttp(Box::new(Api::reach(&config, url).await?)));
        }
        let config = Config::read(unconfigured::with_running(sources), Role::Send)?;
        logs::start(&config)?;
        Ok(Self::Beside(Box::new(Beside::reach(&config, what.tenant.clone()).await?)))
    }

    async fn publish(&self, body: &Map<String, Value>) -> Result<()> {
        match self {
            Self::OverHttp(api) => api.publish(body).await,
            Self::Beside(beside) => beside.publish(body).await,
        }
    }

    async fn look(&self, id: &str) -> Result<Option<Seen>> {
        match self {
            Self::OverHttp(api) => api.look(id).await,
            Self::Beside(beside) => beside.look(id).await,
        }
    }
}

/// Publishes one notification, and looks at it until it has ended or its time is over. The times are those of this
/// process's clock, so that no two clocks need to agree.
async fn followed(fleet: &Fleet, id: &str, body: &Map<String, Value>, within: Duration, permits: &Semaphore) -> Ending {
    let began = {
        let _permit = permits.acquire().await.ok();
        let began = Instant::now();
        if let Err(error) = fleet.publish(body).await {
            return Ending::NotAccepted(format!("{error:#}"));
        }
        began
    };
    let deadline = began + within;
    loop {
        let looked = {
            let _permit = permits.acquire().await.ok();
            fleet.look(id).await
        };
        let now = Instant::now();
        let so_far = match looked {
            Ok(Some(seen)) => match seen.ended() {
                Some(state) => {
                    let Seen { reason, may_be_doubled, .. } = seen;
                    return Ending::Ended { state, reason, after: now - began, may_be_doubled };
                }
                None => Ending::Late(seen.state),
            },
            Ok(None) => Ending::Lost,
            Err(error) => Ending::Unread(format!("{error:#}")),
        };
        if now >= deadline {
            return so_far;
        }
        sleep_until(deadline.min(now + LOOK_EVERY)).await;
    }
}

/// Whether a delivery may have gone out more than once: an answer was lost, came when another had taken over, or more
/// than one attempt has succeeded.
fn may_be_doubled<'a>(is_ambiguous: bool, has_late_answers: bool, outcomes: impl Iterator<Item = &'a str>) -> bool {
    let succeeded = [AttemptOutcome::Sent, AttemptOutcome::Captured].map(AttemptOutcome::as_str);
    is_ambiguous || has_late_answers || outcomes.filter(|outcome| succeeded.contains(outcome)).count() > 1
}

fn within(text: &str) -> Result<Duration, String> {
    let refused = || "it must be from 1s to 1d, such as 30s or 5m".to_owned();
    let time = time(text).map_err(|_| refused())?;
    let allowed = Duration::from_secs(1)..=LONGEST;
    if allowed.contains(&time) { Ok(time) } else { Err(refused()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notification_is_followed_for_a_second_to_a_day() {
        for (text, seconds) in [("1s", 1), ("5m", 300), ("1d", 86_400)] {
            assert_eq!(within(text), Ok(Duration::from_secs(seconds)));
        }
        for text in ["0s", "2d", "soon", "-1s", "60"] {
            let refused = within(text).expect_err(text);
            assert!(refused.contains("from 1s to 1d"), "{text}: {refused}");
        }
    }
}
