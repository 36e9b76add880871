//! A password from standard input: never from an argument, which everybody on this machine could see and a shell would
//! keep.

use std::io::{BufRead as _, IsTerminal as _, Read as _, Stdin, Write as _};

use anyhow::{Context as _, Result};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use secrecy::{ExposeSecret as _, SecretString};

use crate::exit::Usage;

/// The most bytes that are read of a line: many more than a password has.
const MAX_BYTES: u64 = 4096;

/// Reads a new password: from a terminal twice, without showing it; else the first line.
pub(crate) fn new_password() -> Result<SecretString> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return line(&stdin);
    }
    let first = hidden(&stdin, "New password: ")?;
    let again = hidden(&stdin, "The same again: ")?;
    if first.expose_secret() != again.expose_secret() {
        return Err(Usage("the two passwords differ: nothing was changed".into()).into());
    }
    Ok(first)
}

fn hidden(stdin: &Stdin, prompt: &str) -> Result<SecretString> {
    let _hidden = Hidden::of(stdin)?;
    let mut stderr = std::io::stderr();
    let _ = write!(stderr, "{prompt}").and_then(|()| stderr.flush());
    let read = line(stdin);
    let _ = writeln!(stderr);
    read
}

fn line(stdin: &Stdin) -> Result<SecretString> {
    let mut text = String::new();
    let read = stdin.lock().take(MAX_BYTES).read_line(&mut text);
    read.context("standard input could not be read as one line of UTF-8")?;
    let password = text.strip_suffix('\n').unwrap_or(&text);
    let password = password.strip_suffix('\r').unwrap_or(password);
    if password.is_empty() {
        return Err(Usage("no password was given: write it to standard input, in one line".into()).into());
    }
    Ok(SecretString::from(password.to_owned()))
}

/// A terminal that shows nothing of what is typed, until it is dropped.
struct Hidden<'a> {
    stdin: &'a Stdin,
    before: Termios,
}

impl<'a> Hidden<'a> {
    fn of(stdin: &'a Stdin) -> Result<Self> {
        let before = tcgetattr(stdin).context("the terminal could not be asked")?;
        let mut without_echo = before.clone();
        without_echo.local_modes.remove(LocalModes::ECHO);
        tcsetattr(stdin, OptionalActions::Flush, &without_echo).context("the terminal could not be made silent")?;
        Ok(Self { stdin, before })
    }
}

impl Drop for Hidden<'_> {
    fn drop(&mut self) {
        let _ = tcsetattr(self.stdin, OptionalActions::Now, &self.before);
    }
}
