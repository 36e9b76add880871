//! What the commands print. A reader that has gone away, such as `head`, is no error: the command ends as it would have.

use std::fmt::Arguments;
use std::io::{ErrorKind, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

/// Standard output could not be written for another reason, such as a full disk.
static FAILED: AtomicBool = AtomicBool::new(false);

/// One line, or none at all: as `println!`, but it never panics.
macro_rules! say {
    ($($words:tt)*) => { $crate::output::line(format_args!($($words)*)) };
}
pub(crate) use say;

pub(crate) fn line(words: Arguments<'_>) {
    keep(writeln!(std::io::stdout(), "{words}"));
}

/// A whole text, with its own line ends.
pub(crate) fn text(text: &str) {
    keep(std::io::stdout().write_all(text.as_bytes()).and_then(|()| std::io::stdout().flush()));
}

/// On standard error: there is nobody left to tell when that fails.
pub fn complain(words: Arguments<'_>) {
    let _ = writeln!(std::io::stderr(), "chasqui: {words}");
}

/// Whether something that was to be printed is missing, although somebody may still read.
pub fn failed() -> bool {
    FAILED.load(Ordering::Relaxed)
}

fn keep(written: std::io::Result<()>) {
    if written.is_err_and(|error| error.kind() != ErrorKind::BrokenPipe) {
        FAILED.store(true, Ordering::Relaxed);
    }
}
