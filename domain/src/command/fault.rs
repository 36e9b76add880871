//! What is wrong with an argument of a command: by its field for programs, and by kind for whoever says it in the language of
//! somebody who has typed it.

use std::fmt;

use text::{FieldError, pointer_step};

/// What is wrong with one argument.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ArgumentFault {
    name: String,
    pub what: ArgumentWrong,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ArgumentWrong {
    Missing,
    Unknown {
        meant: Option<String>,
        known: Vec<String>,
    },
    NoText,
    NoWholeNumber,
    NoNumber,
    NoFlag,
    NotOneOf(Vec<String>),
    /// Of a number its value, of a text how many characters it has.
    TooLittle {
        least: String,
        of_text: bool,
    },
    TooMuch {
        greatest: String,
        of_text: bool,
    },
    /// The character U+0000, which no ledger keeps.
    HasNul,
    NoValue,
    Unclosed,
    BehindItsQuote,
    Backslash,
    NoName,
    Twice,
    /// There are more arguments than so many.
    TooMany(usize),
}

impl ArgumentFault {
    pub(super) fn new(name: &str, what: ArgumentWrong) -> Self {
        Self { name: name.to_owned(), what }
    }

    /// The name as it may be shown: somebody may have typed a number in its place.
    pub fn shown(&self) -> String {
        pointer_step(&self.name)
    }

    /// The same by its field.
    pub fn field(&self) -> FieldError {
        let pointer = match self.what {
            ArgumentWrong::TooMany(_) => String::new(),
            _ => format!("/{}", self.shown()),
        };
        FieldError { pointer, detail: self.what.to_string() }
    }
}

impl fmt::Display for ArgumentFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.field().fmt(f)
    }
}

impl fmt::Display for ArgumentWrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let characters = |of_text: &bool| if *of_text { " characters" } else { "" };
        let must = |of_text: &bool| if *of_text { "must have" } else { "must be" };
        match self {
            Self::Missing => f.write_str("is missing"),
            Self::Unknown { known, .. } if known.is_empty() => f.write_str("is not known: it takes no arguments"),
            Self::Unknown { meant: Some(meant), known } => {
                write!(f, "is not known; do you mean {meant}? It takes {}", known.join(", "))
            }
            Self::Unknown { meant: None, known } => write!(f, "is not known; it takes {}", known.join(", ")),
            Self::NoText => f.write_str("must be a text"),
            Self::NoWholeNumber => f.write_str("must be a whole number, such as 7"),
            Self::NoNumber => f.write_str("must be a number, such as 0.5"),
            Self::NoFlag => f.write_str("must be true or false"),
            Self::NotOneOf(known) => write!(f, "must be one of {}", known.join(", ")),
            Self::TooLittle { least, of_text } => {
                write!(f, "{} at least {least}{}", must(of_text), characters(of_text))
            }
            Self::TooMuch { greatest, of_text } => {
                write!(f, "{} at most {greatest}{}", must(of_text), characters(of_text))
            }
            Self::HasNul => f.write_str("must not contain the character U+0000"),
            Self::NoValue => f.write_str("has no value: write name=value, and quotes around a value with spaces"),
            Self::Unclosed => f.write_str("has no closing quote"),
            Self::BehindItsQuote => f.write_str("goes on behind its closing quote"),
            Self::Backslash => f.write_str("has a backslash before something else than a quote or a backslash"),
            Self::NoName => f.write_str("is no name of an argument"),
            Self::Twice => f.write_str("is given twice"),
            Self::TooMany(most) => write!(f, "has more than {most} arguments"),
        }
    }
}
