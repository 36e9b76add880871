//! What can go wrong: with the files when they are loaded, and with one message when it is rendered.

use std::fmt;

use domain::printable;
use runtime::settings::first_of;

/// One thing to correct in the templates.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Problem {
    /// The file by the name that an operator knows: below the given directory, or `catalog/…` for a shipped one.
    pub file: String,
    /// The line and the column, from 1; none when the problem concerns the whole file.
    pub place: Option<(usize, usize)>,
    pub message: String,
}

impl fmt::Display for Problem {
    /// Names of files and folders may hold any character.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (file, message) = (printable(&self.file), printable(&self.message));
        match self.place {
            Some((line, column)) => write!(f, "{file}:{line}:{column}: {message}"),
            None => write!(f, "{file}: {message}"),
        }
    }
}

/// Why the templates cannot be used: every problem that was found, sorted by file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LoadError {
    pub problems: Vec<Problem>,
}

impl LoadError {
    pub(crate) fn new(mut problems: Vec<Problem>) -> Self {
        problems.sort();
        Self { problems }
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.problems.len();
        write!(f, "the templates cannot be used, correct {count} {}:", if count == 1 { "place" } else { "places" })?;
        first_of(&self.problems).try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl std::error::Error for LoadError {}

/// Why one message cannot be rendered. Trying again gives the same error, so each is a permanent failure. The text is
/// one line that never holds a value of the message's data.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TemplateError {
    #[error(
        "there is no template `{template}`{}: use one of {known}, or add a folder `{template}` to the templates",
        hint(.nearest)
    )]
    Unknown {
        template: String,
        /// The template that was probably meant.
        nearest: Option<String>,
        /// The templates that exist, for people.
        known: String,
    },
    #[error(
        "template `{template}` has no words for channel `{channel}` in {locales}: \
         add {template}/{first}/{channel}.txt, or send it by {available}"
    )]
    NoChannel {
        template: String,
        channel: String,
        /// The locales that were tried, for people.
        locales: String,
        /// The last locale that was tried: the place to add the words.
        first: String,
        /// The channels that have words, for people.
        available: String,
    },
    #[error("the template needs `{variable}`, which is missing: add it to the message's data ({at})")]
    Missing {
        /// The path of the variable, such as `name` or `customer.name`.
        variable: String,
        /// The place as `file:line:column`.
        at: String,
    },
    #[error("the words would be larger than {limit} bytes: send less data, or shorten template `{template}`")]
    TooLarge { template: String, limit: usize },
    #[error(
        "rendering was stopped after {steps} steps or {millis} ms: \
         send shorter lists, or take loops out of template `{template}`"
    )]
    TooMuchWork { template: String, steps: u32, millis: u128 },
    #[error("`{expression}` cannot be rendered with this data: {why}; correct the data or the template ({at})")]
    Failed { expression: String, why: String, at: String },
    #[error("the style sheets of the template cannot be written into its elements: {why} ({at})")]
    Styles { why: &'static str, at: String },
    #[error("there is nothing to send: give a message or a template")]
    Empty,
}

/// What is said of a field that names a template which there is not, with the one that was most likely meant.
pub fn no_template(known: &str, nearest: Option<&str>) -> String {
    let hint = nearest.map(|name| format!(": did you mean {name}?")).unwrap_or_default();
    format!("is no template of this fleet; known are {known}{hint}")
}

fn hint(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|name| format!(" (did you mean `{name}`?)")).unwrap_or_default()
}

impl TemplateError {
    fn at(&self) -> Option<&str> {
        match self {
            Self::Missing { at, .. } | Self::Failed { at, .. } | Self::Styles { at, .. } => Some(at.as_str()),
            Self::Unknown { .. }
            | Self::NoChannel { .. }
            | Self::TooLarge { .. }
            | Self::TooMuchWork { .. }
            | Self::Empty => None,
        }
    }

    /// The text without the place, for whoever has named that before it.
    pub(crate) fn without_place(&self) -> String {
        let text = self.to_string();
        let end = self.at().map(|at| format!(" ({at})")).unwrap_or_default();
        text.strip_suffix(&end).unwrap_or(&text).to_owned()
    }

    /// The file of the error, with line and column.
    pub(crate) fn place(&self) -> Option<(&str, Option<(usize, usize)>)> {
        let at = self.at()?;
        let mut steps = at.rsplitn(3, ':');
        let place = (steps.next()?.parse(), steps.next()?.parse(), steps.next()?);
        match place {
            (Ok(column), Ok(line), file) => Some((file, Some((line, column)))),
            _ => Some((at, None)),
        }
    }
}
