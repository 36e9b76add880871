//! Reads typed settings and collects the problems with them, each once.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use secrecy::SecretString;

use super::unknown::shown;
use super::{Problems, Sources};

/// The shortest time, because RabbitMQ counts in whole milliseconds.
const LEAST_SECONDS: f64 = 0.001;
const YEAR_SECONDS: f64 = 366.0 * 86_400.0;

/// Reads typed settings. A problem never repeats a value, because the wrong variable may hold a password. A path is
/// repeated where it names a file that is no secret.
pub struct Reader {
    sources: Sources,
    problems: Vec<String>,
    warnings: Vec<String>,
    /// Whether only the problems with the sources are told: what is missing may stand in the one that was not read.
    is_partial: bool,
    /// Settings whose value has been reported as wrong: settings that depend on them report nothing more.
    wrong: BTreeSet<String>,
}

impl Reader {
    pub fn new(mut sources: Sources) -> Self {
        let mut problems = std::mem::take(&mut sources.problems);
        let mut told = BTreeSet::new();
        problems.retain(|problem| told.insert(problem.clone()));
        let (warnings, is_partial) = (std::mem::take(&mut sources.warnings), sources.is_partial);
        // What such a line was to say is not known, so nothing is said of what would follow from its default.
        let wrong = std::mem::take(&mut sources.meant);
        Self { sources, problems, warnings, is_partial, wrong }
    }

    /// # Errors
    /// Every problem, when there is any.
    pub fn finish<T>(self, value: T) -> Result<T, Problems> {
        if self.problems.is_empty() {
            return Ok(value);
        }
        Err(Problems { problems: self.placed(&self.problems), warnings: self.placed(&self.warnings) })
    }

    /// Reports a problem. The same problem is not reported twice, because several packages may read one setting.
    pub fn problem(&mut self, problem: impl Into<String>) {
        let problem = problem.into();
        if !self.is_partial && !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// Reports a problem with the value of one setting; the text is read after the setting's name.
    pub fn refuse(&mut self, name: &str, what: impl Display) {
        self.problem(format!("{name} {what}"));
        self.wrong.insert(name.to_owned());
    }

    /// Reports a problem like [`Reader::refuse`], for a setting whose words are known, with the word that was most
    /// likely meant.
    pub fn refuse_word(&mut self, name: &str, what: impl Display, words: &[&str]) {
        let word = self.text(name).unwrap_or_default().to_ascii_lowercase();
        let near = self.other_word(name, &word).or_else(|| text::nearest_of_few(&word, words.iter().copied()));
        let hint = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        self.refuse(name, format_args!("{what}{hint}"));
    }

    /// The word of this setting for which others say `word`.
    fn other_word(&self, name: &str, word: &str) -> Option<&'static str> {
        let says = |others: &str| others.split(' ').any(|other| other == word);
        let mut of_setting = self.sources.reference.other_words.iter().filter(|(setting, ..)| *setting == name);
        of_setting.find(|(_, _, others)| says(others)).map(|(_, meant, _)| *meant)
    }

    /// Marks a setting as wrong whose problem was reported in other words.
    pub fn is_wrong(&mut self, name: &str) {
        self.wrong.insert(name.to_owned());
    }

    /// Whether no problem was reported with any of these settings.
    pub fn are_right(&self, names: &[&str]) -> bool {
        !names.iter().any(|name| self.wrong.contains(*name))
    }

    /// Adds a warning about what may start, but is most likely not meant.
    pub fn warn(&mut self, warning: impl Into<String>) {
        if !self.is_partial {
            self.warnings.push(warning.into());
        }
    }

    /// Whether any source gives a value. The default does not count.
    pub fn is_given(&self, name: &str) -> bool {
        self.sources.is_given(name)
    }

    /// The default of a setting as a text, for whoever tells it.
    pub fn default_of(&self, name: &str) -> String {
        self.sources.default_of(name).unwrap_or_default()
    }

    pub fn warnings(&self) -> Vec<String> {
        self.placed(&self.warnings)
    }

    /// The lines, of each setting the first one with the place where its value stands.
    fn placed(&self, lines: &[String]) -> Vec<String> {
        let mut told = BTreeSet::new();
        let placed = lines.iter().map(|line| {
            let name = line.split([' ', ':']).next().unwrap_or_default();
            match self.sources.places.get(name).filter(|_| told.insert(name)) {
                Some(place) => format!("{line} ({place})"),
                None => line.clone(),
            }
        });
        placed.collect()
    }

    pub fn text(&self, name: &str) -> Option<String> {
        self.sources.values.get(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    pub fn required_text(&mut self, name: &str) -> String {
        self.text(name).unwrap_or_else(|| {
            self.refuse(name, "must not be empty");
            String::new()
        })
    }

    /// Reads a key or a URL, without the white space around it.
    pub fn secret(&self, name: &str) -> Option<SecretString> {
        self.text(name).map(SecretString::from)
    }

    /// Reads a password with its spaces, which may be part of it. A line end after it belongs to the file that it came
    /// from.
    pub fn password(&self, name: &str) -> Option<SecretString> {
        let value = self.sources.values.get(name).filter(|value| !value.trim().is_empty())?;
        Some(SecretString::from(value.trim_end_matches(['\r', '\n'])))
    }

    /// Reads a number that may be left out.
    pub fn optional_number<T>(&mut self, name: &str, range: RangeInclusive<T>) -> Option<T>
    where
        T: FromStr + PartialOrd + Display,
    {
        let text = self.text(name)?;
        let number = text.parse().ok().filter(|number| range.contains(number));
        if number.is_none() {
            self.refuse(name, format_args!("must be a whole number from {} to {}", range.start(), range.end()));
        }
        number
    }

    /// Reads a number that has a default. The least of the range takes the place of a wrong one.
    pub fn number<T>(&mut self, name: &str, range: RangeInclusive<T>) -> T
    where
        T: FromStr + PartialOrd + Display + Copy,
    {
        self.optional_number(name, range.clone()).unwrap_or(*range.start())
    }

    pub fn port(&mut self, name: &str) -> Option<u16> {
        self.optional_number(name, 1..=u16::MAX)
    }

    pub fn flag(&mut self, name: &str) -> bool {
        match self.text(name).unwrap_or_default().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => true,
            "" | "false" | "0" | "no" | "off" => false,
            _ => {
                self.refuse_word(name, "must be true or false", &["true", "false"]);
                false
            }
        }
    }

    /// Reads a time in decimal seconds.
    pub fn seconds(&mut self, name: &str) -> Duration {
        let seconds: f64 = self.text(name).and_then(|text| text.parse().ok()).unwrap_or(f64::NAN);
        if (LEAST_SECONDS..=YEAR_SECONDS).contains(&seconds) {
            return Duration::from_secs_f64(seconds);
        }
        self.refuse(
            name,
            format_args!(
                "must be a number of seconds from {LEAST_SECONDS} to {YEAR_SECONDS} (a year), such as 30 or 0.5"
            ),
        );
        Duration::from_secs(1)
    }

    pub fn choice<T: Copy>(&mut self, name: &str, choices: &[(&str, T)]) -> T {
        let text = self.text(name).unwrap_or_default();
        if let Some((_, value)) = choices.iter().find(|(word, _)| word.eq_ignore_ascii_case(&text)) {
            return *value;
        }
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        self.refuse_word(name, format_args!("must be one of: {}", words.join(", ")), &words);
        choices[0].1
    }

    /// Reads one of the known words, such as the name of a channel.
    pub fn known_word<'k>(&mut self, name: &str, known: &[&'k str]) -> Option<&'k str> {
        let word = self.text(name)?;
        if let Some(known) = known.iter().find(|known| known.eq_ignore_ascii_case(&word)) {
            return Some(known);
        }
        let hint = text::nearest(&word, known.iter().copied()).map(|near| format!(": did you mean {near}?"));
        self.refuse(name, format_args!("must be one of {}{}", known.join(", "), hint.unwrap_or_default()));
        None
    }

    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.text(name).map(PathBuf::from)
    }

    /// The names among these that have a value.
    pub fn given_of(&self, names: &[&'static str]) -> Vec<&'static str> {
        names.iter().copied().filter(|name| self.text(name).is_some()).collect()
    }

    /// The names that have a value and belong to what this program does without, as they are shown.
    pub fn unneeded(&self) -> Vec<String> {
        self.sources.unneeded.iter().map(|name| shown(name)).collect()
    }

    /// The names among these to which a source gives another value than the default.
    pub fn set_of(&self, names: &[&'static str]) -> Vec<&'static str> {
        names.iter().copied().filter(|name| self.sources.is_changed(name)).collect()
    }
}

/// The end of a problem with a word: the known word that it is near, or nothing.
pub fn did_you_mean(word: &str, known: &[&str]) -> String {
    let near = text::nearest(word, known.iter().copied());
    near.map(|near| format!("; did you mean {near}?")).unwrap_or_default()
}

/// The place of an entry of a list, which is counted from 0, as a problem names it: `number 2 of 3`. None of an entry
/// that is alone.
pub fn place_in_list(at: usize, all: usize) -> Option<String> {
    (all > 1).then(|| format!("number {} of {all}", at + 1))
}

#[cfg(test)]
mod tests {
    use super::super::Reference;
    use super::*;

    static REFERENCE: Reference = Reference {
        defaults: "timeout_seconds = 10.0\ncolour = \"red\"\n",
        example: "colour",
        other_names: &[],
        in_files: &[],
        other_words: &[("COLOUR", "red", "crimson scarlet")],
        program: "PAINTER_",
        beside: &[],
        of_others: &[],
        unneeded: &[],
        common: &[],
        prefixes: Vec::new,
    };

    #[test]
    fn beside_a_source_that_could_not_be_read_nothing_is_called_missing() {
        let folder = tempfile::tempdir().unwrap();
        let sources = [
            (REFERENCE.with_file("colour = \"blue\ntimeout_seconds = 1\n"), "chasqui.toml: line "),
            (REFERENCE.with_dotenv(b"COLOUR=blue\nTIMEOUT_SECONDS=\xff\n"), ".env: line 2: is not UTF-8"),
            (REFERENCE.with_dotenv(b"\xff\xfeC\0"), ".env: line 1: the file is UTF-16"),
            (REFERENCE.load(Some(folder.path())), folder.path().to_str().unwrap()),
        ];
        for (sources, begin) in sources {
            let mut reader = Reader::new(sources);
            reader.problem("no broker is given");
            reader.refuse("COLOUR", "is missing");
            reader.warn("COLOUR is dull");
            let told = reader.finish(()).expect_err(begin);
            assert!(told.problems.len() == 1 && told.problems[0].starts_with(begin), "{told:#?}");
            assert!(!told.warnings.iter().any(|warning| warning.contains("dull")), "{told:#?}");
        }
    }

    #[test]
    fn of_thousands_of_names_that_are_no_settings_only_some_are_compared() {
        let names: String = (0..50_000).map(|n| format!("COLOR{n}=x\n")).collect();
        let told = Reader::new(REFERENCE.with_dotenv(format!("{names}COLOUR=blue\n").as_bytes()));
        assert_eq!(told.text("COLOUR").as_deref(), Some("blue"), "what is known is read wherever it stands");
        assert!(told.problems.len() <= 1_000, "{}", told.problems.len());
        let more = ".env: of 50000 names that are no settings, 49000 were not looked at";
        assert!(told.warnings().iter().any(|warning| warning.starts_with(more)), "{:?}", told.warnings());
        let table: String = (0..3_000).map(|n| format!("color{n} = 1\n")).collect();
        let told = Reader::new(REFERENCE.with_file(&table)).finish(()).expect_err("refused").problems;
        assert_eq!(told.len(), 1_001);
        assert_eq!(told[1_000], "chasqui.toml: 2000 more names in it are no settings");
    }

    #[test]
    fn a_setting_that_is_read_twice_is_told_to_be_wrong_once() {
        let mut reader = Reader::new(REFERENCE.with([("TIMEOUT_SECONDS", "many"), ("COLOUR", "loud")]));
        for _ in 0..2 {
            reader.seconds("TIMEOUT_SECONDS");
            reader.choice("COLOUR", &[("red", 1), ("blue", 2)]);
            reader.problem("COLOUR and TIMEOUT_SECONDS contradict each other");
        }
        reader.refuse("COLOUR", "is too loud");
        assert!(!reader.are_right(&["TIMEOUT_SECONDS"]) && !reader.are_right(&["COLOUR"]));
        let told = reader.finish(()).expect_err("refused").problems;
        let begin = ["TIMEOUT_SECONDS must", "COLOUR must", "COLOUR and TIMEOUT", "COLOUR is too loud"];
        assert!(told.len() == 4 && told.iter().zip(begin).all(|(told, begin)| told.starts_with(begin)), "{told:#?}");
    }

    #[test]
    fn a_wrong_value_is_told_with_the_line_on_which_it_stands() {
        let told = |sources| {
            let mut reader = Reader::new(sources);
            reader.seconds("TIMEOUT_SECONDS");
            reader.refuse("COLOUR", "is too loud");
            reader.problem("COLOUR: it hurts");
            reader.finish(()).expect_err("refused").problems
        };
        let of_dotenv = told(REFERENCE.with_dotenv(b"# Mine.\nCOLOUR=red\nTIMEOUT_SECONDS=10m\n"));
        assert!(of_dotenv[0].starts_with("TIMEOUT_SECONDS must") && of_dotenv[0].ends_with(" (.env line 3)"));
        assert_eq!(of_dotenv[1..], ["COLOUR is too loud (.env line 2)", "COLOUR: it hurts"]);
        let of_file = told(REFERENCE.with_file("\ntimeout_seconds = \"10m\"\n"));
        assert!(of_file[0].ends_with(" (chasqui.toml line 2: timeout_seconds)"), "{of_file:#?}");
        assert_eq!(of_file[1..], ["COLOUR is too loud", "COLOUR: it hurts"], "nobody has given it");
        let mut sources = REFERENCE.with_dotenv(b"COLOUR=red\n");
        sources.set("COLOUR", "blue");
        assert!(told(sources).contains(&"COLOUR is too loud".to_owned()), "another value took its place");
    }

    #[test]
    fn quotes_around_a_value_of_the_environment_are_told_whatever_the_value_is() {
        let told = |value: &str| {
            let mut sources = REFERENCE.with([]);
            sources.environment([("COLOUR".into(), value.into()), ("HOME".into(), "\"x\"".into())].into_iter());
            Reader::new(sources).warnings()
        };
        for value in ["\"hidden\"", "'hidden'", " 'hidden' "] {
            let told = told(value);
            assert!(told.len() == 1 && told[0].starts_with("environment: the value of COLOUR stands between quotes"));
            assert!(!told[0].contains("hidden"), "{told:#?}");
        }
        for value in ["hidden", "\"hidden", "'", "{\"a\": \"b\"}", ""] {
            assert_eq!(told(value), [""; 0], "{value}");
        }
        let of_file = Reader::new(REFERENCE.with_dotenv(b"COLOUR=\"blue\"\n"));
        assert_eq!((of_file.text("COLOUR").as_deref(), of_file.warnings().len()), (Some("blue"), 0));
    }

    #[test]
    fn a_name_that_stands_twice_in_a_file_is_told_with_both_lines() {
        for text in ["colour = \"red\"\n\ncolour = \"hidden\"\n", "colour = \"red\"\n\ncolour=\"hidden\" # mine\n"] {
            let told = Reader::new(REFERENCE.with_file(text)).finish(()).expect_err(text).problems;
            assert_eq!(told, ["chasqui.toml: line 3: colour stands on line 1 already: remove one"]);
        }
    }

    #[test]
    fn a_word_that_others_have_and_a_slip_in_a_short_word_are_told_with_the_word_that_is_meant() {
        for (given, meant) in [("Scarlet", "red"), ("rd", "red"), ("blu", "blue")] {
            let mut reader = Reader::new(REFERENCE.with([("COLOUR", given)]));
            reader.choice("COLOUR", &[("red", 1), ("blue", 2)]);
            let told = reader.finish(()).expect_err("refused").problems;
            assert_eq!(told, [format!("COLOUR must be one of: red, blue; did you mean {meant}?")]);
        }
    }

    #[test]
    fn a_text_without_quotes_in_a_file_is_told_as_one_and_not_repeated() {
        let told = |text: &str| Reader::new(REFERENCE.with_file(text)).finish(()).expect_err(text).problems.concat();
        let words = "chasqui.toml: line 1: colour has a text without quotes: write colour = \"…\"";
        for text in ["colour = info", "colour = hidden words", "colour=True\n", "colour = 10s\n"] {
            assert_eq!(told(text), words, "{text}");
        }
        for text in ["colour = \"hidden", "colour = ", "other = hidden"] {
            assert!(!told(text).contains("without quotes") && !told(text).contains("hidden"), "{text}: {}", told(text));
        }
    }
}
