//! A command as a person types it into a chat: `/cmd service.action key=value key="a value"`.

use text::is_plain_name;

use super::fault::{ArgumentFault, ArgumentWrong};

/// What a line begins with.
const NAME: &str = "/cmd";
/// The longest line that is read, as long as a message of Telegram.
const MAX_LINE_BYTES: usize = 4_096 * 4;
/// The most arguments of a line.
const MAX_ARGUMENTS: usize = 50;

/// What somebody has typed, before anybody has looked whether there is such a thing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CommandLine {
    pub service: String,
    /// What stands behind the first dot; empty where there is none.
    pub action: String,
    /// In their order, each name once.
    pub arguments: Vec<(String, String)>,
}

/// Why a line cannot be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InvalidLine {
    #[error("names no command: write /cmd service.action key=value")]
    NoCommand,
    #[error("is too long")]
    TooLong,
    /// What is wrong with its arguments, all of it.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Arguments(Vec<ArgumentFault>),
}

impl CommandLine {
    /// Reads a message. None for one that is no command, or one for another bot of the same group (`/cmd@other_bot`);
    /// `bot` is the name of ours.
    ///
    /// # Errors
    /// [`InvalidLine`].
    pub fn parse(text: &str, bot: &str) -> Option<Result<Self, InvalidLine>> {
        let (name, rest) = text.trim_start().split_at_checked(NAME.len())?;
        let rest = name.eq_ignore_ascii_case(NAME).then_some(rest)?;
        let rest = match rest.strip_prefix('@') {
            Some(rest) => {
                let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                let (name, rest) = rest.split_at(end);
                (name.eq_ignore_ascii_case(bot)).then_some(rest)?
            }
            None => rest,
        };
        let is_its_end = rest.chars().next().is_none_or(char::is_whitespace);
        is_its_end.then(|| read(rest))
    }

    /// The tenant that is named before the service, as in `/cmd acme/trading.stop`, and the line without it.
    pub fn of_a_tenant(self) -> (Option<String>, Self) {
        let Some((tenant, service)) = self.service.split_once('/') else { return (None, self) };
        let (tenant, service) = (tenant.to_owned(), service.to_owned());
        (Some(tenant), Self { service, ..self })
    }
}

fn read(rest: &str) -> Result<CommandLine, InvalidLine> {
    if rest.len() > MAX_LINE_BYTES {
        return Err(InvalidLine::TooLong);
    }
    let rest = rest.trim();
    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    let (target, rest) = rest.split_at(end);
    let (service, action) = target.split_once('.').unwrap_or((target, ""));
    // A slash stands between a tenant and a service: neither is empty.
    if service.split('/').any(str::is_empty) || service.contains('=') {
        return Err(InvalidLine::NoCommand);
    }
    let (service, action) = (service.to_owned(), action.to_owned());
    Ok(CommandLine { service, action, arguments: arguments(rest)? })
}

fn arguments(mut rest: &str) -> Result<Vec<(String, String)>, InvalidLine> {
    let (mut arguments, mut faults) = (Vec::<(String, String)>::new(), Vec::new());
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            break;
        }
        if arguments.len() + faults.len() >= MAX_ARGUMENTS {
            faults.push(ArgumentFault::new("", ArgumentWrong::TooMany(MAX_ARGUMENTS)));
            break;
        }
        let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let Some(after) = after.strip_prefix('=') else {
            faults.push(ArgumentFault::new(name, ArgumentWrong::NoValue));
            rest = after;
            continue;
        };
        let (value, after) = match value(after) {
            Ok(read) => read,
            Err(what) => {
                faults.push(ArgumentFault::new(name, what));
                break;
            }
        };
        rest = after;
        if name.is_empty() || !is_plain_name(name) {
            faults.push(ArgumentFault::new(name, ArgumentWrong::NoName));
        } else if arguments.iter().any(|(known, _)| known == name) {
            faults.push(ArgumentFault::new(name, ArgumentWrong::Twice));
        } else {
            arguments.push((name.to_owned(), value));
        }
    }
    if faults.is_empty() { Ok(arguments) } else { Err(InvalidLine::Arguments(faults)) }
}

/// The value that a text begins with, and what stands behind it.
fn value(text: &str) -> Result<(String, &str), ArgumentWrong> {
    let Some(closing) = text.chars().next().and_then(closing_of) else {
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        let (value, rest) = text.split_at(end);
        return Ok((value.to_owned(), rest));
    };
    let mut value = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        if closing.contains(&c) {
            let rest = &text[at + c.len_utf8()..];
            let is_its_end = rest.chars().next().is_none_or(char::is_whitespace);
            return if is_its_end { Ok((value, rest)) } else { Err(ArgumentWrong::BehindItsQuote) };
        }
        // In single quotes everything stands for itself.
        match c {
            '\\' if closing.contains(&'"') => match chars.next() {
                Some((_, escaped)) if escaped == '\\' || closing.contains(&escaped) => value.push(escaped),
                _ => return Err(ArgumentWrong::Backslash),
            },
            c => value.push(c),
        }
    }
    Err(ArgumentWrong::Unclosed)
}

/// What closes a quote that begins so, if it is one. Telephones write typographic quotes where straight ones were typed.
fn closing_of(opening: char) -> Option<&'static [char]> {
    match opening {
        '"' | '“' | '”' | '„' => Some(&['"', '”', '“']),
        '\'' | '‘' | '’' | '‚' => Some(&['\'', '’', '‘']),
        _ => None,
    }
}
