//! Structured logs on standard error: a message for people, fields for queries, nothing personal, and no character that
//! acts on a terminal.

use std::io::{self, IsTerminal as _, Write};

use anyhow::{Context as _, Result};
use domain::printable;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt::format::{self, FormatFields, Writer};
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};

use crate::config::Config;
use crate::output::inert_json;
use crate::stderr::{self, QUEUE};

/// Limits for libraries: lapin prints returned messages with their properties at WARN, and sqlx prints statements.
const QUIET: &str =
    "lapin=off,sqlx=error,sea_orm=error,sea_orm_migration=warn,tokio_cron_scheduler=error,hyper_util=warn,rustls=warn";

/// # Errors
/// When LOG is not a level or a list of directives.
pub(crate) fn start(config: &Config) -> Result<()> {
    let filter = EnvFilter::try_new(format!("{QUIET},{}", config.log))
        .context("LOG must be error, warn, info, debug, or directives such as worker=debug")?;
    // Colours are for a terminal only: in a file they would stand between the words that somebody searches for.
    let colours = io::stderr().is_terminal();
    write_in_the_background(config.log_json)?;
    // A line that cannot be written is no reason for another one.
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).log_internal_errors(false);
    let started = if config.log_json {
        logs.json().with_writer(|| Escaped(&QUEUE)).try_init()
    } else {
        logs.fmt_fields(fields()).with_writer(|| &QUEUE).with_target(false).try_init()
    };
    let _ = started;
    std::panic::set_hook(Box::new(|panic| {
        // The payload may hold a recipient, so only the place is logged.
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a task panicked");
        if std::thread::current().name() == Some("main") {
            stderr::flush();
        }
    }));
    for warning in runtime::settings::first_of(&config.warnings) {
        tracing::warn!("{warning}");
    }
    Ok(())
}

fn write_in_the_background(json: bool) -> Result<()> {
    if !QUEUE.is_served() {
        let serve = move || QUEUE.serve(io::stderr(), |lines| lost(lines, json));
        std::thread::Builder::new().name("log".into()).spawn(serve).context("the log could not be started")?;
        QUEUE.begin();
    }
    Ok(())
}

/// The line that stands where so many lines are missing. It is told whatever LOG says.
fn lost(lines: u64, json: bool) -> String {
    let mut at = String::new();
    // Writing to a `String` never fails.
    let _infallible = SystemTime.format_time(&mut Writer::new(&mut at));
    let message = "lines of the log are missing here: whoever reads standard error was too slow";
    if json {
        let fields = serde_json::json!({"message": message, "lines": lines});
        let line = serde_json::json!({"timestamp": at, "level": "WARN", "fields": fields, "target": "chasqui::logs"});
        return format!("{line}\n");
    }
    format!("{at}  WARN {message} lines={lines}\n")
}

/// Formats a line as the message and then `name=value`. Ids, errors and providers' texts come from outside, so no
/// character in them may act on a terminal.
fn fields() -> impl for<'writer> FormatFields<'writer> + Send + Sync + 'static {
    let written = format::debug_fn(|writer, field, value| {
        let value = format!("{value:?}");
        let (dim, italic, end) = match writer.has_ansi_escapes() {
            true => ("\u{1b}[2m", "\u{1b}[3m", "\u{1b}[0m"),
            false => ("", "", ""),
        };
        match field.name() {
            "message" => write!(writer, "{}", printable(&value)),
            name => write!(writer, "{italic}{name}{end}{dim}={end}{}", printable(&value)),
        }
    });
    written.delimited(" ")
}

/// Escapes lines of JSON as they are written.
struct Escaped<W>(W);

impl<W: Write> Write for Escaped<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.write_all(line).map(|()| line.len())
    }

    fn write_all(&mut self, line: &[u8]) -> io::Result<()> {
        match std::str::from_utf8(line) {
            Ok(text) => self.0.write_all(inert_json(text).as_bytes()),
            Err(_) => self.0.write_all(line),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests;
