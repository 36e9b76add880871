//! Starts the counterparts that `make tools` installs, reads what they print, and ends them.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::{Channels, Enabled, Outgoing, Settings};
use domain::{ChannelName, Key, Outcome, Rendered, Tenant, Timestamp};
use serde_json::{Map, Value};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// Far above what any counterpart needs to start, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program that runs as long as this value lives.
pub(crate) struct Counterpart {
    _child: Child,
    _stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Counterpart {
    /// `program` is relative to the folder where the tools are installed.
    pub(crate) fn start(program: &str, arguments: &[&str]) -> Self {
        let program = installed().join(program);
        assert!(program.exists(), "{} is missing: run `make tools`", program.display());
        let mut child = Command::new(&program)
            .args(arguments)
            .current_dir(repository())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start ({error}): run `make tools`", program.display()));
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { _stdin: child.stdin.take().unwrap(), _child: child, lines }
    }

    /// The next line that it prints.
    pub(crate) async fn line(&mut self) -> String {
        let line = tokio::time::timeout(PATIENCE, self.lines.next_line()).await.expect("it prints a line in time");
        line.unwrap().expect("it is still running; is everything installed? run `make tools`")
    }
}

/// The only channel of that name that these settings enable.
pub(crate) fn channel(name: &str, settings: &Settings) -> std::sync::Arc<Enabled> {
    let channels = Channels::enable(settings).unwrap_or_else(|problems| panic!("{problems:#?}"));
    channels.get(&ChannelName::parse(name).unwrap()).unwrap().clone()
}

/// One delivery to be sent.
pub(crate) struct Delivery {
    key: Key,
    destination: String,
    rendered: Rendered,
    data: Map<String, Value>,
    deadline: Option<Instant>,
}

impl Delivery {
    pub(crate) fn new(id: &str, destination: &str) -> Self {
        let rendered = Rendered {
            subject: Some("¡Hola, Ana!".into()),
            text: "Your code is 4711.\n.\n..dots\n".into(),
            html: Some("<p>Your code is <b>4711</b>.</p>".into()),
        };
        let data = Map::from_iter([("order".to_owned(), Value::from(7)), ("kind".to_owned(), "otp".into())]);
        let key = Key { tenant: Tenant::default(), id: id.into() };
        Self { key, destination: destination.into(), rendered, data, deadline: None }
    }

    pub(crate) fn with(self, rendered: Rendered) -> Self {
        Self { rendered, ..self }
    }

    pub(crate) fn expiring(self, deadline: Instant) -> Self {
        Self { deadline: Some(deadline), ..self }
    }

    pub(crate) async fn send_by(&self, channel: &Enabled) -> Outcome {
        let now = Timestamp::parse_rfc3339("2026-03-01T09:00:00Z").unwrap();
        let outgoing = Outgoing {
            key: &self.key,
            destination: &self.destination,
            rendered: &self.rendered,
            data: &self.data,
            expires_at: Some(now.plus(Duration::from_secs(300))),
            deadline: self.deadline,
            now,
        };
        channel.send(&outgoing).await
    }
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn installed() -> PathBuf {
    std::env::var_os("CHASQUI_TOOLS").map_or_else(|| repository().join("var/tools"), PathBuf::from)
}
