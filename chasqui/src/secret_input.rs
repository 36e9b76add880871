//! A password or a code from standard input: never from an argument, which everybody on this machine could see and a shell would
//! keep.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Stdin, Write as _};

use anyhow::{Context as _, Result};
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use secrecy::{ExposeSecret as _, SecretString};

use crate::exit::{Interrupted, Usage};

/// The most bytes that are read of a line: many more than a password has.
const MAX_BYTES: usize = 4096;
const UNREADABLE: &str = "standard input could not be read as one line of UTF-8";

/// What a terminal sends for Ctrl-C, Ctrl-\ and Ctrl-Z, which it does not act on itself while it is hidden.
const INTERRUPT: u8 = 0x03;
const QUIT: u8 = 0x1c;
const SUSPEND: u8 = 0x1a;
/// For Ctrl-D.
const END: u8 = 0x04;
/// For the key that takes the last character back: terminals send either.
const BACKSPACE: u8 = 0x08;
const DELETE: u8 = 0x7f;
/// For Ctrl-U, which takes all of the line back.
const KILL: u8 = 0x15;

/// Reads a new password: from a terminal twice, without showing it; else the first line.
pub(crate) fn new_password() -> Result<SecretString> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return line(&stdin, "password");
    }
    let first = hidden(&stdin, "New password: ", "password")?;
    let again = hidden(&stdin, "The same again: ", "password")?;
    if first.expose_secret() != again.expose_secret() {
        return Err(Usage("the two passwords differ: nothing was changed".into()).into());
    }
    Ok(first)
}

/// Reads what somebody was sent: from a terminal without showing it; else the first line.
pub(crate) fn code() -> Result<SecretString> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() { hidden(&stdin, "Code: ", "code") } else { line(&stdin, "code") }
}

fn hidden(stdin: &Stdin, prompt: &str, what: &str) -> Result<SecretString> {
    let _hidden = Hidden::of(stdin)?;
    let mut stderr = std::io::stderr();
    let _ = write!(stderr, "{prompt}").and_then(|()| stderr.flush());
    let read = typed(stdin.lock().bytes());
    let _ = writeln!(stderr);
    given(&read?, what)
}

/// A line as it is typed at a terminal that leaves all keys to us.
///
/// # Errors
/// [`Interrupted`], or what went wrong with reading.
fn typed(keys: impl Iterator<Item = io::Result<u8>>) -> Result<String> {
    let mut line = Vec::new();
    for key in keys {
        match key.context(UNREADABLE)? {
            b'\n' | b'\r' | END => break,
            INTERRUPT | QUIT => return Err(Interrupted.into()),
            BACKSPACE | DELETE => take_back(&mut line),
            KILL => line.clear(),
            key if key != SUSPEND && line.len() < MAX_BYTES => line.push(key),
            _ => {}
        }
    }
    // What was typed must not be told with the error.
    String::from_utf8(line).ok().context(UNREADABLE)
}

/// Takes the last character back, which has several bytes of UTF-8 beyond ASCII.
fn take_back(line: &mut Vec<u8>) {
    let begins = |byte: &u8| byte & 0b1100_0000 != 0b1000_0000;
    let last = line.iter().rposition(begins).unwrap_or_default();
    line.truncate(last);
}

fn line(stdin: &Stdin, what: &str) -> Result<SecretString> {
    let mut text = String::new();
    stdin.lock().take(MAX_BYTES as u64).read_line(&mut text).context(UNREADABLE)?;
    let password = text.strip_suffix('\n').unwrap_or(&text);
    given(password.strip_suffix('\r').unwrap_or(password), what)
}

fn given(password: &str, what: &str) -> Result<SecretString> {
    if password.is_empty() {
        return Err(Usage(format!("no {what} was given: write it to standard input, in one line")).into());
    }
    Ok(SecretString::from(password.to_owned()))
}

/// A terminal that shows nothing of what is typed, and does not act on it, until it is dropped: a key that ended this process
/// would leave the shell with a terminal that shows nothing.
struct Hidden<'a> {
    stdin: &'a Stdin,
    before: Termios,
}

impl<'a> Hidden<'a> {
    fn of(stdin: &'a Stdin) -> Result<Self> {
        let before = tcgetattr(stdin).context("the terminal could not be asked")?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
        // Each key comes by itself, and is waited for.
        silent.special_codes[SpecialCodeIndex::VMIN] = 1;
        silent.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(stdin, OptionalActions::Flush, &silent).context("the terminal could not be made silent")?;
        Ok(Self { stdin, before })
    }
}

impl Drop for Hidden<'_> {
    fn drop(&mut self) {
        let _ = tcsetattr(self.stdin, OptionalActions::Now, &self.before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(keys: &[u8]) -> Result<String> {
        typed(keys.iter().map(|key| Ok(*key)))
    }

    #[test]
    fn what_is_typed_is_read_to_the_end_of_its_line_with_what_was_taken_back() {
        for (keys, expected) in [
            ("correct horse\nmore", "correct horse"),
            ("correct\rmore", "correct"),
            ("end\u{4}more", "end"),
            ("no line end", "no line end"),
            ("horsé\u{7f}e\u{8}e\n", "horse"),
            ("wrong\u{15}right\u{1a}\n", "right"),
            ("\u{7f}\u{7f}a\n", "a"),
        ] {
            assert_eq!(read(keys.as_bytes()).expect("a line"), expected, "{keys:?}");
        }
        assert_eq!(read(&[b'a'; MAX_BYTES + 1]).expect("a line").len(), MAX_BYTES);
    }

    #[test]
    fn an_interrupt_is_told_as_such_so_that_the_terminal_is_given_back_first() {
        for keys in ["secret\u{3}more\n", "\u{1c}"] {
            let error = read(keys.as_bytes()).expect_err("interrupted");
            assert!(error.is::<Interrupted>(), "{error:?}");
        }
        let unreadable = read(b"\xffsecret\n").expect_err("no UTF-8");
        assert!(!format!("{unreadable:#}").contains("secret"), "{unreadable:#}");
    }
}
