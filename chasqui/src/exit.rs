//! The exit codes, which are the same for all commands.

use std::process::ExitCode;

use domain::{FieldError, printable};
use topology::{InvalidBroker, TopologyError};

use crate::config::Problems;
use crate::output::say;

/// The text about exit codes that `--help` shows.
pub const CODES: &str = "\
Exit codes:
  0  done; for a question: nothing was found, or yes
  1  the answer is no, or something was found: stuck deliveries, a broker that differs, a role that is not ready,
     a delivery that was not sent, settings that `check` refuses, a body that `contract lint` refuses, nobody to take
     off the suppression list, nothing to resume or to clear, no such schedule, user or key, a provider that fails,
     refuses us or is paused, no delivery of the id that `explain` is asked for, books of `prove` that do not close, a
     question that was not answered, was refused or has the answer `no`, a command that has not succeeded, a code that is
     not right, none of that id
  2  the command line or the settings are wrong: nothing was tried
  3  it could not be done: no connection, no ledger, refused, in the way of another process; `prove`: nobody knows
  4  the id is known with another body: the notification was not sent, nobody was asked, nothing was done
  65  `bounce`: the mail is no report
  75  `bounce`: not now, also where the command line or the settings are wrong; the mail server keeps the mail, and
     tries again
  130  interrupted";

/// Something was found, or the answer is no.
pub(crate) const NO: u8 = 1;
const USAGE: u8 = 2;
const FAILED: u8 = 3;
/// The ledger knows the id with another body (`id_conflict`).
const CONFLICT: u8 = 4;
/// What mail servers read of a command (sysexits.h): the mail is of no use, and: try again later.
const UNREADABLE: u8 = 65;
const NOT_NOW: u8 = 75;
pub(crate) const INTERRUPTED: u8 = 130;

pub(crate) fn answer(yes: bool) -> ExitCode {
    if yes { ExitCode::SUCCESS } else { ExitCode::from(NO) }
}

/// Prints why the answer is no.
pub(crate) fn no(why: &str) -> ExitCode {
    say!("{}", printable(why));
    answer(false)
}

/// The code after Ctrl-C, as a shell reports it.
pub(crate) fn interrupted() -> ExitCode {
    ExitCode::from(INTERRUPTED)
}

/// The code by which a mail server tells the sender of a mail that it is of no use.
pub(crate) fn unreadable() -> ExitCode {
    ExitCode::from(UNREADABLE)
}

/// The code for a command line that cannot be run.
pub(crate) fn usage() -> ExitCode {
    ExitCode::from(USAGE)
}

/// The code by which a mail server keeps a mail, and calls again.
pub(crate) fn not_now() -> ExitCode {
    ExitCode::from(NOT_NOW)
}

/// An error in the command line; the text names the options.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);

impl Usage {
    /// What is wrong with fields; `option` says how one was given.
    pub(crate) fn of(errors: &[FieldError], option: fn(&str) -> String) -> Self {
        Self(errors.iter().map(|error| said(error, option)).collect::<Vec<_>>().join("\n"))
    }
}

/// What is said of a field, by how it was given.
pub(crate) fn said(error: &FieldError, option: fn(&str) -> String) -> String {
    match error.pointer.trim_start_matches('/') {
        "" => error.detail.clone(),
        field => format!("{} {}", option(field), error.detail),
    }
}

/// The ledger knows the id with another body.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Conflict(pub(crate) String);

/// Whoever was asked for something has pressed Ctrl-C.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("interrupted: nothing was changed")]
pub(crate) struct Interrupted;

/// The exit code for an error that a command has returned.
pub fn code(error: &anyhow::Error) -> ExitCode {
    let usage = error.chain().any(|cause| {
        cause.is::<Problems>()
            || cause.is::<Usage>()
            || cause.is::<InvalidBroker>()
            || cause.is::<templates::LoadError>()
    });
    let differs =
        error.chain().filter_map(|cause| cause.downcast_ref::<TopologyError>()).any(TopologyError::is_difference);
    let conflict = error.chain().any(|cause| cause.is::<Conflict>());
    let interrupted = error.chain().any(|cause| cause.is::<Interrupted>());
    let code = match () {
        () if interrupted => INTERRUPTED,
        () if usage => USAGE,
        () if conflict => CONFLICT,
        () if differs => NO,
        () => FAILED,
    };
    ExitCode::from(code)
}

/// The code when a command could not do what it should.
pub fn failed() -> ExitCode {
    ExitCode::from(FAILED)
}
