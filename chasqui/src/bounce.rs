//! `chasqui bounce`: a mail server hands it each mail that comes to the return path, and it hands on what such a mail
//! reports. Its exit codes are those that mail servers know (sysexits.h).

use std::io::Read as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use channels::{CameBack, Webhooks};
use domain::{MAX_BODY_BYTES, Timestamp};
use tokio_util::sync::CancellationToken;
use topology::{Inbound, Mode, Publication, Topology};
use uuid::Uuid;

use crate::config::{Config, Role, Sources};
use crate::output::{complain, of_error, say};
use crate::{exit, logs, parts, unconfigured};

/// How long to wait for the broker. A mail server waits longer for a command.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(clap::Args, Debug)]
pub struct Bounce {
    /// The address that the mail came to, as Postfix gives it by ${recipient}; without it, it is looked for in the mail
    #[arg(long, value_name = "ADDRESS", allow_hyphen_values = true)]
    to: Option<String>,
}

/// Reads one mail from standard input. Exit code 0 once the broker has what it reports; 65 when it is no report; 75 when
/// anything else stands in the way, also a wrong setting, so that the mail server keeps the mail.
pub(crate) async fn bounce(sources: Sources, what: Bounce) -> Result<ExitCode> {
    let handed_on = hand_on(sources, what).await;
    Ok(handed_on.unwrap_or_else(|error| {
        complain(format_args!("{}", of_error(&error)));
        exit::not_now()
    }))
}

async fn hand_on(sources: Sources, what: Bounce) -> Result<ExitCode> {
    let mail = read()?;
    let config = Config::read(unconfigured::with_running(sources), Role::Broker)?;
    logs::start(&config)?;
    let at = parts::clock().now();
    let came_back = match Webhooks::new(&config.channels).came_back(what.to.as_deref(), &mail, at) {
        Ok(came_back) => came_back,
        Err(why) => {
            complain(format_args!("this address reads reports of mail servers only: {why}"));
            return Ok(exit::unreadable());
        }
    };
    if came_back.reports > 0 || came_back.is_unread {
        if came_back.is_unread {
            say!("a part of this report cannot be read: the mail is kept in the dead-letter queue");
        }
        if came_back.is_of_nobody {
            say!(
                "this report is about no delivery of this fleet, or about a copy of a mail: it has no label that counts"
            );
        }
        publish(&config, came_back, mail, at).await?;
    } else {
        say!("there is nothing in this report that would be of use");
    }
    Ok(ExitCode::SUCCESS)
}

/// The beginning of the mail, which has the report: what comes behind it is the mail that came back. All of it is read,
/// because a mail server that cannot write it all takes that for a failure.
fn read() -> Result<Vec<u8>> {
    let (mut mail, mut stdin) = (Vec::new(), std::io::stdin().lock());
    let most = u64::try_from(MAX_BODY_BYTES).unwrap_or(u64::MAX);
    let whole = stdin.by_ref().take(most).read_to_end(&mut mail);
    whole.and_then(|_| std::io::copy(&mut stdin, &mut std::io::sink())).context("standard input could not be read")?;
    Ok(mail)
}

/// Publishes the mail as the call of a provider is published, and returns when the broker has confirmed it.
async fn publish(config: &Config, came_back: CameBack, mail: Vec<u8>, at: Timestamp) -> Result<()> {
    let CameBack { provider, target, .. } = came_back;
    // Nothing is declared or looked at for one mail: what is not bound is told by the broker.
    let topology = Topology { mode: Mode::Off, ..parts::topology(config, "bounce")? };
    let stop = CancellationToken::new();
    let _ends_the_publisher = stop.clone().drop_guard();
    let publisher = parts::publisher(config, topology, stop);
    let is_ready = tokio::time::timeout(PATIENCE, publisher.until_ready()).await.unwrap_or(false);
    if !is_ready {
        let problem = publisher.watch().borrow().problem.clone();
        bail!("no connection to the broker: {}", problem.unwrap_or_else(|| "it does not answer".into()));
    }
    let inbound = Inbound::call(provider, target, at, mail);
    let published = publisher.publish(Publication::of_inbound(Uuid::now_v7().to_string(), inbound)).await;
    published.context("the broker did not take it")
}
