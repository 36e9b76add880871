//! Reads the parameters of a query: every one that is wrong is named at once, with what is known.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Query};
use axum::http::Uri;
use axum::http::request::Parts;

use crate::escapes::{ESCAPES, is_escaped, pairs};
use crate::problem::Problem;

/// Edits after which a name is no longer taken for a slip.
const SLIPS: usize = 2;
/// The most parameters of one kind of mistake that are named: an answer must not be many times as long as its query.
const MOST_NAMED: usize = 20;

/// The parameters of a query that nobody has read yet, and what is wrong with the others.
#[derive(Debug)]
pub struct Parameters {
    given: Vec<(String, String)>,
    bad: Vec<(String, String)>,
}

impl<S: Send + Sync> FromRequestParts<S> for Parameters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::of(&parts.uri)
    }
}

impl Parameters {
    pub(crate) fn of(uri: &Uri) -> Result<Self, Problem> {
        let unreadable = |_| {
            let detail = "the query cannot be read: write name=value&name=value";
            Problem::invalid_parameters(vec![("?".to_owned(), detail.to_owned())])
        };
        let Query(given) = Query::<Vec<(String, String)>>::try_from_uri(uri).map_err(unreadable)?;
        // Each pair is looked at as it was written, because what cannot be read of a value has been replaced by now.
        let written = pairs(uri.query().unwrap_or_default());
        let (given, broken): (Vec<_>, Vec<_>) = given.into_iter().zip(written).partition(|(_, pair)| is_escaped(pair));
        let broken = broken.iter().take(MOST_NAMED);
        let bad = broken.map(|((name, _), _)| (shown(name).to_owned(), ESCAPES.to_owned())).collect();
        Ok(Self { given: given.into_iter().map(|(pair, _)| pair).collect(), bad })
    }

    /// The same without what is blank: a form sends every field, also those that nobody has filled in.
    #[must_use]
    pub fn filled(mut self) -> Self {
        self.given.retain(|(_, value)| !value.trim().is_empty());
        self
    }

    /// Notes what is wrong with a parameter: [`Self::finish`] tells of it.
    pub fn refuse(&mut self, name: &str, detail: impl Into<String>) {
        self.bad.push((name.to_owned(), detail.into()));
    }

    /// Takes the value of a parameter, which must be there at most once.
    pub fn text(&mut self, name: &str) -> Option<String> {
        let mut values = self.given.extract_if(.., |(given, _)| given == name).map(|(_, value)| value);
        let value = values.next();
        let repeated = values.count() > 0;
        if repeated {
            self.refuse(name, "is given more than once");
        }
        value.filter(|_| !repeated)
    }

    /// The value that `parse` finds in the text of a parameter. `rule` is told when it finds none.
    pub fn parsed<T>(&mut self, name: &str, rule: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = self.text(name)?;
        let value = parse(&text);
        if value.is_none() {
            self.refuse(name, rule);
        }
        value
    }

    /// The value of a parameter that is a number of this range.
    pub fn number<T>(&mut self, name: &str, range: RangeInclusive<T>) -> Option<T>
    where
        T: FromStr + PartialOrd + Display,
    {
        let rule = format!("must be a number from {} to {}", range.start(), range.end());
        self.parsed(name, &rule, |text| text.parse().ok().filter(|number| range.contains(number)))
    }

    /// Takes how many items of a page are asked for: `usual` where nobody says, `most` at the most.
    pub fn limit(&mut self, usual: u32, most: u32) -> u32 {
        self.number("limit", 1..=most).unwrap_or(usual)
    }

    /// The value of a parameter that is `true` or `false`.
    pub fn flag(&mut self, name: &str) -> Option<bool> {
        self.parsed(name, "must be true or false", |text| text.parse().ok())
    }

    /// The one of these values whose word a parameter has.
    pub fn one_of<T: Copy>(&mut self, name: &str, all: &[T], word: impl Fn(T) -> &'static str) -> Option<T> {
        let words: Vec<_> = all.iter().map(|&value| word(value)).collect();
        let text = self.text(name)?;
        let found = all.iter().copied().find(|&value| word(value) == text);
        if found.is_none() {
            self.refuse(name, format!("must be one of {}{}", words.join(", "), slip(&text, &words)));
        }
        found
    }

    /// Ends the reading of a query that has parameters of these names.
    ///
    /// # Errors
    /// 422 with everything that was wrong: what is left over is known to nobody.
    pub fn finish(&mut self, known: &[&str]) -> Result<(), Problem> {
        for (name, _) in std::mem::take(&mut self.given).into_iter().take(MOST_NAMED) {
            let detail = format!("is not known here; the parameters are {}{}", known.join(", "), slip(&name, known));
            self.refuse(shown(&name), detail);
        }
        if self.bad.is_empty() { Ok(()) } else { Err(Problem::invalid_parameters(std::mem::take(&mut self.bad))) }
    }

    /// Ends the reading of the query of a route that takes no parameters. `fields` are those of the route's body.
    ///
    /// # Errors
    /// 422 with everything that was given.
    pub(crate) fn finish_without_any(self, fields: &[&str]) -> Result<(), Problem> {
        let bad = |(name, _): &(String, String)| {
            let detail = match text::nearest(name, fields.iter().copied()) {
                Some(field) => format!("is not known: this route takes no parameters; {field} belongs into the body"),
                None if fields.is_empty() => "is not known: this route takes no parameters".to_owned(),
                None => "is not known: this route takes no parameters, all that it reads is in the body".to_owned(),
            };
            (shown(name).to_owned(), detail)
        };
        let bad: Vec<_> = self.given.iter().take(MOST_NAMED).map(bad).collect();
        let bad = [self.bad, bad].concat();
        if bad.is_empty() { Ok(()) } else { Err(Problem::invalid_parameters(bad)) }
    }
}

/// The name of a parameter as a refusal shows it. Text that does not look like a name may be a value in the wrong
/// place.
fn shown(name: &str) -> &str {
    let is_name = name.len() <= 64 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b));
    if is_name && !name.bytes().all(|b| b.is_ascii_digit()) { name } else { "?" }
}

/// The end of a refusal, with the known name that was probably meant.
fn slip(given: &str, known: &[&str]) -> String {
    let given = given.to_ascii_lowercase();
    let edits = |name: &&&str| strsim::osa_distance(&given, name);
    match known.iter().filter(|name| given.len() <= 64 && edits(name) <= SLIPS).min_by_key(edits) {
        Some(name) => format!("; did you mean {name}?"),
        None => String::new(),
    }
}
