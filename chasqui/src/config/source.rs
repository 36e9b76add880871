//! Where settings come from (environment, `.env`, a file, the defaults), and how one is read.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use secrecy::SecretString;

use super::{DEFAULTS, Problems};

/// Raw values by upper-case name; the strongest source has already won.
#[derive(Clone, Default)]
pub struct Sources {
    values: BTreeMap<String, String>,
    /// Names without a default of ours: a channel of one's own may read them.
    foreign: BTreeMap<String, SecretString>,
    problems: Vec<String>,
}

impl Sources {
    /// Defaults, then `file`, then `.env` of the working directory, then the environment.
    pub fn load(file: Option<&Path>) -> Self {
        let mut sources = Self::defaults();
        if let Some(file) = file {
            sources.file(file);
        }
        sources.dotenv(Path::new(".env"));
        sources.pairs(
            std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))),
        );
        sources
    }

    /// Only the defaults and the given pairs: for tests and for roles started by other code.
    pub fn of<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut sources = Self::defaults();
        sources.pairs(pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())));
        sources
    }

    /// Sets one value, stronger than all sources.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.values.insert(name.to_owned(), value.into());
    }

    /// Whether any source gives a value that is not the default.
    pub fn is_given(&self, name: &str) -> bool {
        self.values.get(name).is_some_and(|value| !value.is_empty())
    }

    /// The value that won, if it is not empty.
    pub fn get(&self, name: &str) -> Option<String> {
        self.values.get(name).filter(|value| !value.is_empty()).cloned()
    }

    fn defaults() -> Self {
        let table: toml::Table = DEFAULTS.parse().expect("the embedded defaults are TOML, a test reads them");
        let values = table.iter().map(|(name, value)| (name.to_ascii_uppercase(), plain(value))).collect();
        Self { values, ..Self::default() }
    }

    fn file(&mut self, path: &Path) {
        let read = std::fs::read_to_string(path).map_err(|error| error.to_string());
        let table = match read.and_then(|text| text.parse::<toml::Table>().map_err(|error| error.to_string())) {
            Ok(table) => table,
            Err(error) => return self.problems.push(format!("{}: {error}", path.display())),
        };
        for (name, value) in &table {
            let name = name.to_ascii_uppercase();
            match self.values.get_mut(&name) {
                Some(known) => *known = plain(value),
                None => {
                    self.problems.push(format!("{}: there is no setting {}", path.display(), name.to_ascii_lowercase()))
                }
            }
        }
    }

    fn dotenv(&mut self, path: &Path) {
        if !path.exists() {
            return;
        }
        match dotenvy::from_path_iter(path) {
            Ok(lines) => {
                let (pairs, bad): (Vec<_>, Vec<_>) = lines.partition(Result::is_ok);
                self.pairs(pairs.into_iter().flatten());
                if !bad.is_empty() {
                    self.problems.push(format!("{}: {} lines are not NAME=value", path.display(), bad.len()));
                }
            }
            Err(_) => self.problems.push(format!("{} cannot be read", path.display())),
        }
    }

    fn pairs(&mut self, pairs: impl Iterator<Item = (String, String)>) {
        for (name, value) in pairs {
            if let Some(known) = self.values.get_mut(&name) {
                if !value.trim().is_empty() {
                    *known = value;
                }
            } else {
                self.foreign.insert(name, SecretString::from(value));
            }
        }
    }
}

fn plain(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Integer(number) => number.to_string(),
        toml::Value::Float(number) => number.to_string(),
        toml::Value::Boolean(truth) => truth.to_string(),
        toml::Value::Datetime(_) | toml::Value::Array(_) | toml::Value::Table(_) => String::new(),
    }
}

/// Reads typed settings and collects what is wrong with them.
pub(super) struct Reader {
    sources: Sources,
    problems: Vec<String>,
}

impl Reader {
    pub(super) fn new(mut sources: Sources) -> Self {
        let problems = std::mem::take(&mut sources.problems);
        Self { sources, problems }
    }

    pub(super) fn finish<T>(self, value: T) -> Result<T, Problems> {
        if self.problems.is_empty() { Ok(value) } else { Err(Problems(self.problems)) }
    }

    pub(super) fn problem(&mut self, problem: impl Into<String>) {
        self.problems.push(problem.into());
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.sources.values.get(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    pub(super) fn required_text(&mut self, name: &str) -> String {
        self.text(name).unwrap_or_else(|| {
            self.problem(format!("{name} must not be empty"));
            String::new()
        })
    }

    pub(super) fn secret(&self, name: &str) -> Option<SecretString> {
        self.text(name).map(SecretString::from)
    }

    /// Values are never repeated in a problem: the wrong variable may hold a password.
    pub(super) fn optional<T: FromStr>(&mut self, name: &str, what: impl Display) -> Option<T> {
        let text = self.text(name)?;
        let parsed = text.parse().ok();
        if parsed.is_none() {
            self.problem(format!("{name} must be {what}"));
        }
        parsed
    }

    pub(super) fn number<T: FromStr + Default>(&mut self, name: &str) -> T {
        self.optional(name, "a whole number in range").unwrap_or_default()
    }

    pub(super) fn flag(&mut self, name: &str) -> bool {
        match self.text(name).unwrap_or_default().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => true,
            "" | "false" | "0" | "no" | "off" => false,
            _ => {
                self.problem(format!("{name} must be true or false"));
                false
            }
        }
    }

    /// Decimal seconds, more than none and at most a year.
    pub(super) fn seconds(&mut self, name: &str) -> Duration {
        let seconds: f64 = self.optional(name, "a number of seconds, such as 30 or 0.5").unwrap_or(1.0);
        if seconds > 0.0 && seconds <= 366.0 * 86_400.0 {
            return Duration::from_secs_f64(seconds);
        }
        self.problem(format!("{name} must be more than 0 and at most a year, in seconds"));
        Duration::from_secs(1)
    }

    pub(super) fn choice<T: Copy>(&mut self, name: &str, choices: &[(&str, T)]) -> T {
        let text = self.text(name).unwrap_or_default().to_ascii_lowercase();
        if let Some((_, value)) = choices.iter().find(|(word, _)| *word == text) {
            return *value;
        }
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        self.problem(format!("{name} must be one of: {}", words.join(", ")));
        choices[0].1
    }

    pub(super) fn path(&self, name: &str) -> Option<PathBuf> {
        self.text(name).map(PathBuf::from)
    }

    /// What names without a default begin with one of these, by their full names.
    pub(super) fn with_prefixes(&self, prefixes: &[String]) -> BTreeMap<String, SecretString> {
        let wanted = |name: &str| prefixes.iter().any(|prefix| name.starts_with(prefix.as_str()));
        self.sources.foreign.iter().filter(|(name, _)| wanted(name)).map(|(k, v)| (k.clone(), v.clone())).collect()
    }

    /// Which of these names have a value.
    pub(super) fn given_of(&self, names: &[&'static str]) -> Vec<&'static str> {
        names.iter().copied().filter(|name| self.text(name).is_some()).collect()
    }
}
