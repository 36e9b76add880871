//! What the commands print. A reader that has gone away, such as `head`, is no error: the command ends as it would
//! have.

use std::borrow::Cow;
use std::fmt::Arguments;
use std::io::{ErrorKind, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::stderr;

/// Set when standard output could not be written for another reason, such as a full disk.
static FAILED: AtomicBool = AtomicBool::new(false);
/// Set when a notification was accepted: whoever sees another exit code would send it again.
static ACCEPTED: AtomicBool = AtomicBool::new(false);

/// Prints one line like `println!`, but never panics.
macro_rules! say {
    ($($words:tt)*) => { $crate::output::line(format_args!($($words)*)) };
}
pub(crate) use say;

pub(crate) fn line(words: Arguments<'_>) {
    note_failure(writeln!(std::io::stdout(), "{words}"));
}

/// Prints that a notification was accepted. Where standard output cannot be written, standard error says so, and the
/// command does not end as one that failed.
pub(crate) fn accepted(id: &str) {
    let id = domain::printable(id);
    ACCEPTED.store(true, Ordering::Relaxed);
    if writeln!(std::io::stdout(), "accepted {id}").is_err() {
        complain(format_args!("accepted {id} (standard output could not be written)"));
    }
}

/// Prints a whole text, with its own line ends.
pub(crate) fn text(text: &str) {
    note_failure(std::io::stdout().write_all(text.as_bytes()).and_then(|()| std::io::stdout().flush()));
}

/// Prints one JSON value on a line of its own, in which no character acts on a terminal.
pub(crate) fn json(value: &serde_json::Value) {
    line(format_args!("{}", inert_json(&value.to_string())));
}

/// The same JSON with all characters escaped that act. JSON escapes the controls of ASCII by itself; other such
/// characters can stand only in its strings, where an escape is possible.
pub(crate) fn inert_json(text: &str) -> Cow<'_, str> {
    if text.chars().any(acts_in_json) { text.chars().map(in_json).collect() } else { Cow::Borrowed(text) }
}

fn acts_in_json(c: char) -> bool {
    !c.is_ascii() && domain::acts(c) || c == '\u{7f}'
}

fn in_json(c: char) -> String {
    // All of them are in the first plane, for which escapes have four digits.
    if acts_in_json(c) { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() }
}

/// The text of an error. Its lines are ours; the values in them may come from outside. Whoever puts into a text of
/// several lines what a peer chose makes the line ends in it visible there: here they look like ours.
pub fn of_error(error: &anyhow::Error) -> String {
    let lines: Vec<_> = format!("{error:#}").lines().map(|line| domain::printable(line).into_owned()).collect();
    lines.join("\n")
}

/// Prints on standard error, behind the lines of the log. When that fails there is nobody left to tell.
pub fn complain(words: Arguments<'_>) {
    let line = format!("chasqui: {words}\n");
    if !stderr::line(&line) {
        let _ = std::io::stderr().write_all(line.as_bytes());
    }
}

/// Waits a short time until everything is printed, before the process ends.
pub fn flush() {
    stderr::flush();
}

/// Whether whoever read standard output has gone away, so that nothing more can be told.
pub(crate) fn is_unread() -> bool {
    let stdout = std::io::stdout();
    let mut watched = [PollFd::new(&stdout, PollFlags::empty())];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    let gone = PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL;
    poll(&mut watched, Some(&now)).is_ok_and(|_| watched[0].revents().intersects(gone))
}

/// Whether some output is missing although somebody may still read it, and the command can be repeated for it.
pub fn failed() -> bool {
    FAILED.load(Ordering::Relaxed) && !ACCEPTED.load(Ordering::Relaxed)
}

fn note_failure(written: std::io::Result<()>) {
    if written.is_err_and(|error| error.kind() != ErrorKind::BrokenPipe) {
        FAILED.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_that_is_printed_acts_on_no_terminal_and_means_the_same() {
        let value = serde_json::json!({"id": "a\u{1b}[31m\u{9b}31m\u{85}\u{7f}\u{202e}\u{2066}\u{2028}\u{feff}é😀"});
        let text = value.to_string();
        let shown = inert_json(&text);
        assert!(!shown.chars().any(domain::acts), "{shown:?}");
        assert!(shown.contains(r"\u009b31m\u0085\u007f\u202e\u2066\u2028\ufeffé😀"), "{shown}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
        assert!(matches!(inert_json(r#"{"plain":"é"}"#), Cow::Borrowed(_)));
    }
}
