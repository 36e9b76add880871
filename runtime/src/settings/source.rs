//! Where settings come from: the environment, `.env`, a file, the defaults. The strongest source wins.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use toml::de::DeTable;

use super::dotenv::Dotenv;
use super::unknown::{Unknown, is_unneeded};
use super::{Problems, Reference};
use crate::files::{MAX_SETTINGS_BYTES, read_file, read_text_file};

/// How many names of one source that are no settings are compared with those that there are.
const MAX_COMPARED: usize = 1_000;

/// The raw values by upper-case name. The strongest source has already won.
#[derive(Clone)]
pub struct Sources {
    pub(super) reference: &'static Reference,
    pub(super) values: BTreeMap<String, String>,
    /// The names to which some source gives a value.
    given: BTreeSet<String>,
    /// Where the values stand, for whoever must correct one.
    pub(super) places: BTreeMap<String, String>,
    /// The names that have a value and belong to what this program does without.
    pub(super) unneeded: BTreeSet<String>,
    /// The settings for which a name that was refused was most likely meant.
    pub(super) meant: BTreeSet<String>,
    /// Whether a whole source could not be read: nobody knows which settings it would have given.
    pub(super) is_partial: bool,
    pub(super) problems: Vec<String>,
    pub(super) warnings: Vec<String>,
}

impl Reference {
    /// Reads the defaults, then `file`, then `.env` in the working directory, then the environment.
    pub fn load(&'static self, file: Option<&Path>) -> Sources {
        let mut sources = Sources::defaults(self);
        if let Some(file) = file {
            sources.file(file);
        }
        sources.dotenv(Path::new(".env"));
        sources.environment(std::env::vars_os());
        sources
    }

    /// Checks a file that was named for a command which needs no setting.
    ///
    /// # Errors
    /// [`Problems`] with the file itself and the names in it. Its values are checked by a role that reads them.
    pub fn look_at(&'static self, file: &Path) -> Result<(), Problems> {
        let mut sources = Sources::defaults(self);
        sources.file(file);
        let Sources { problems, warnings, .. } = sources;
        if problems.is_empty() { Ok(()) } else { Err(Problems { problems, warnings }) }
    }

    /// Only the defaults and the given pairs, for tests and for roles that other code starts.
    pub fn with<'a>(&'static self, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Sources {
        let mut sources = Sources::defaults(self);
        for (name, value) in pairs {
            sources.pair(name, value, None);
        }
        sources
    }

    /// Only the defaults and the text of a file that `--config` names.
    pub fn with_file(&'static self, text: &str) -> Sources {
        let mut sources = Sources::defaults(self);
        sources.file_text("chasqui.toml", text);
        sources
    }

    /// Only the defaults and the text of a `.env` file.
    pub fn with_dotenv(&'static self, text: &[u8]) -> Sources {
        let mut sources = Sources::defaults(self);
        sources.dotenv_text(".env", text);
        sources
    }
}

impl Sources {
    /// Sets one value, stronger than all sources.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.values.insert(name.to_owned(), value.into());
        self.places.remove(name);
    }

    /// Adds a warning, to be shown with the others.
    pub fn warn(&mut self, warning: String) {
        self.warnings.push(warning);
    }

    /// Whether any source gives a value. The default does not count.
    pub fn is_given(&self, name: &str) -> bool {
        self.given.contains(name)
    }

    /// Whether any source gives another value than the default.
    pub fn is_changed(&self, name: &str) -> bool {
        self.values.get(name) != self.default_of(name).as_ref()
    }

    pub(super) fn default_of(&self, name: &str) -> Option<String> {
        Self::defaults(self.reference).values.get(name).cloned()
    }

    /// The value that won, if it is not empty.
    pub fn get(&self, name: &str) -> Option<String> {
        self.values.get(name).filter(|value| !value.is_empty()).cloned()
    }

    fn defaults(reference: &'static Reference) -> Self {
        let table: toml::Table = reference.defaults.parse().expect("the embedded defaults are TOML, a test reads them");
        let values =
            table.iter().filter_map(|(name, value)| Some((name.to_ascii_uppercase(), plain(value)?))).collect();
        let (problems, warnings) = (Vec::new(), Vec::new());
        let (given, unneeded, meant, places) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new(), BTreeMap::new());
        Self { reference, values, given, places, unneeded, meant, is_partial: false, problems, warnings }
    }

    fn file(&mut self, path: &Path) {
        let shown = path.display();
        let text = match read_text_file(path, MAX_SETTINGS_BYTES) {
            Ok(text) => text,
            Err(error) => return self.unread(format!("{shown}: {error}")),
        };
        self.file_text(&shown.to_string(), text.strip_prefix('\u{feff}').unwrap_or(&text));
    }

    fn file_text(&mut self, file: &str, text: &str) {
        let (table, lines) = match (text.parse::<toml::Table>(), DeTable::parse(text)) {
            (Ok(table), Ok(places)) => {
                let names = places.get_ref().keys();
                let places = names.map(|name| (name.span().start, name.get_ref().to_string()));
                (table, lines_of(text, places.collect()))
            }
            // The whole text of the error shows the line, which may hold a password.
            (Err(error), _) | (_, Err(error)) => {
                let line = 1 + text[..error.span().map_or(0, |span| span.start)].matches('\n').count();
                let what = text.lines().nth(line - 1).and_then(|text| self.without_quotes(text));
                let what = what.or_else(|| given_twice(text, line).filter(|_| error.message() == "duplicate key"));
                let what = what.unwrap_or_else(|| error.message().to_owned());
                return self.unread(format!("{file}: line {line}: {what}"));
            }
        };
        let (mut read, mut foreign) = (BTreeMap::new(), 0);
        for (name, value) in &table {
            let is_foreign = !self.values.contains_key(&name.to_ascii_uppercase());
            foreign += usize::from(is_foreign);
            if is_foreign && foreign > MAX_COMPARED {
                continue;
            }
            let line = lines.get(name).copied().unwrap_or(1);
            if let Some(first) = read.insert(name.to_ascii_uppercase(), line) {
                let what = format!("{name} stands on line {first} already: remove one");
                self.problems.push(format!("{file}: line {line}: {what}"));
            }
            if let Err(what) = self.file_pair(name, value, || format!("{file} line {line}: {name}")) {
                self.problems.push(format!("{file}: line {line}: {what}"));
            }
        }
        if let Some(more @ 1..) = foreign.checked_sub(MAX_COMPARED) {
            self.problems.push(format!("{file}: {more} more names in it are no settings"));
        }
    }

    /// What is wrong with a line of a file if its value is a text without quotes. TOML takes that for a number.
    fn without_quotes(&self, line: &str) -> Option<String> {
        let (name, value) = line.split_once('=')?;
        // A comment may follow.
        let (name, value) = (name.trim(), value.split('#').next().unwrap_or_default().trim());
        let is_bare = !value.starts_with(['"', '\'', '[', '{']) && value.contains(|c: char| c.is_alphabetic());
        let is_ours = self.values.contains_key(&name.to_ascii_uppercase());
        let is_text = value.parse::<f64>().is_err() && !["true", "false"].contains(&value);
        (is_bare && is_ours && is_text).then(|| format!("{name} has a text without quotes: write {name} = \"…\""))
    }

    fn file_pair(&mut self, name: &str, value: &toml::Value, place: impl FnOnce() -> String) -> Result<(), String> {
        let upper = name.to_ascii_uppercase();
        if let toml::Value::Table(inside) = value {
            let names: Vec<&str> = inside.keys().map(String::as_str).collect();
            let instead = self.unknown(|unknown| unknown.explain_section(name, &names));
            return Err(format!("sections such as [{name}] are not read: {instead}"));
        }
        if !self.values.contains_key(&upper) && !self.is_unneeded(&upper) {
            self.meant.extend(self.unknown(|unknown| unknown.meant(name)));
            return Err(self.unknown(|unknown| unknown.explain_in_file(name)));
        }
        let value = plain(value).ok_or_else(|| {
            format!(
                "{name} must be a text in quotes, a number, true or false; several go into one text, such as \"email,sms\""
            )
        })?;
        self.pair(&upper, &value, Some(place()));
        Ok(())
    }

    fn dotenv(&mut self, path: &Path) {
        match read_file(path, MAX_SETTINGS_BYTES) {
            Ok(text) => self.dotenv_text(&path.display().to_string(), &text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => self.unread(format!("{} cannot be read: {error}", path.display())),
        }
    }

    fn dotenv_text(&mut self, file: &str, text: &[u8]) {
        self.is_partial |= std::str::from_utf8(text).is_err();
        let Dotenv { pairs, problems } = Dotenv::parse(text);
        self.problems.extend(problems.iter().map(|problem| format!("{file}: line {}: {}", problem.line, problem.what)));
        let mut foreign = 0;
        for pair in &pairs {
            self.pair(&pair.name, &pair.value, Some(format!("{file} line {}", pair.line)));
            if self.values.contains_key(&pair.name) || self.is_unneeded(&pair.name) {
                continue;
            }
            foreign += 1;
            if foreign > MAX_COMPARED {
                continue;
            }
            if let Some(why) = self.mistaken(&pair.name) {
                self.meant.extend(self.unknown(|unknown| unknown.meant(&pair.name)));
                self.problems.push(format!("{file}: line {}: {why}", pair.line));
            } else if let Some(why) = self.unknown(|unknown| unknown.perhaps(&pair.name)) {
                self.warnings.push(format!("{file}: line {}: {why}", pair.line));
            }
        }
        self.not_compared(file, foreign);
    }

    pub(super) fn environment(&mut self, variables: impl Iterator<Item = (std::ffi::OsString, std::ffi::OsString)>) {
        let mut foreign = 0;
        for (name, value) in variables {
            let Ok(name) = name.into_string() else { continue };
            let Ok(value) = value.into_string() else {
                if self.values.contains_key(&name) {
                    self.problems.push(format!("{name} is not UTF-8"));
                }
                continue;
            };
            self.pair(&name, &value, Some("environment".to_owned()));
            if self.values.contains_key(&name) {
                if is_quoted(&value) {
                    self.warnings.push(format!(
                        "environment: the value of {name} stands between quotes, which are part of it (docker's --env-file \
                         keeps them): leave them off"
                    ));
                }
                continue;
            }
            if self.is_unneeded(&name) {
                continue;
            }
            foreign += 1;
            if foreign > MAX_COMPARED {
                continue;
            }
            if let Some(why) = self.mistaken(&name) {
                self.warnings.push(format!("environment: {why}"));
            }
        }
        self.not_compared("environment", foreign);
    }

    /// Tells how many names that are no settings were not looked at more closely.
    fn not_compared(&mut self, place: &str, foreign: usize) {
        if let Some(more @ 1..) = foreign.checked_sub(MAX_COMPARED) {
            self.warnings.push(format!(
                "{place}: of {foreign} names that are no settings, {more} were not looked at for slips: take out those \
                 that nothing reads"
            ));
        }
    }

    fn unread(&mut self, problem: String) {
        self.is_partial = true;
        self.problems.push(problem);
    }

    /// Notes one value, and where it stands. An empty value changes nothing.
    fn pair(&mut self, name: &str, value: &str, place: Option<String>) {
        if value.trim().is_empty() {
            return;
        }
        if let Some(known) = self.values.get_mut(name) {
            value.clone_into(known);
            self.given.insert(name.to_owned());
            self.places.extend(place.map(|place| (name.to_owned(), place)));
        } else if self.is_unneeded(name) {
            self.unneeded.insert(name.to_ascii_uppercase());
        }
    }

    fn is_unneeded(&self, name: &str) -> bool {
        is_unneeded(self.reference, name)
    }

    /// Why a name that is no setting was most likely meant to be one.
    fn mistaken(&self, name: &str) -> Option<String> {
        if self.values.contains_key(name) { None } else { self.unknown(|unknown| unknown.explain(name)) }
    }

    fn unknown<T>(&self, ask: impl FnOnce(&Unknown<'_>) -> T) -> T {
        let prefixes = (self.reference.prefixes)();
        ask(&Unknown::new(self.reference, self.values.keys().map(String::as_str), &prefixes))
    }
}

/// What is said of the line of a file that gives a name again. It is a name of TOML, so it is no part of a value.
fn given_twice(text: &str, line: usize) -> Option<String> {
    let name_of = |line: &str| line.split_once('=').map(|(name, _)| name.trim().to_owned());
    let name = name_of(text.lines().nth(line - 1)?)?;
    let first = text.lines().position(|line| name_of(line).as_ref() == Some(&name))?;
    Some(format!("{name} stands on line {} already: remove one", first + 1))
}

/// The line of each name, by the offsets at which the names stand.
fn lines_of(text: &str, mut places: Vec<(usize, String)>) -> BTreeMap<String, usize> {
    places.sort();
    let (mut line, mut counted) = (1, 0);
    let places = places.into_iter().map(|(start, name)| {
        line += text[counted..start].matches('\n').count();
        counted = start;
        (name, line)
    });
    places.collect()
}

/// Whether a value begins and ends with the same quote, as a shell or a `.env` would take away.
fn is_quoted(value: &str) -> bool {
    let value = value.trim();
    value.len() > 1 && ['"', '\''].iter().any(|quote| value.starts_with(*quote) && value.ends_with(*quote))
}

/// The value as a text. `None` for one that is neither a text, nor a number, nor true or false.
fn plain(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Float(number) => Some(number.to_string()),
        toml::Value::Boolean(truth) => Some(truth.to_string()),
        toml::Value::Datetime(_) | toml::Value::Array(_) | toml::Value::Table(_) => None,
    }
}
