//! What may stand in the fields of a cron expression, and what to say of one that may not.

use text::{nearest, nearest_of_few};

/// The longest expression: lists of all 60 seconds and all 60 minutes fit.
const MAX_CRON_CHARS: usize = 500;

/// Nicknames of whole expressions.
const NICKNAMES: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// The beginnings of Spanish names, and the words for them. `MAR` is left out: it is Tuesday, and March in English.
const SPANISH_MONTHS: [(&str, &str); 5] =
    [("ENE", "JAN"), ("ABR", "APR"), ("AGO", "AUG"), ("SET", "SEP"), ("DIC", "DEC")];
const SPANISH_DAYS: [(&str, &str); 6] =
    [("LUN", "MON"), ("MIE", "WED"), ("JUE", "THU"), ("VIE", "FRI"), ("SAB", "SAT"), ("DOM", "SUN")];

/// Bytes of `WEDNESDAY` and `SEPTEMBER`.
const LONGEST_WORD: usize = 9;

/// One field of a cron expression.
struct Field {
    name: &'static str,
    /// Which values the field may have, in words for people.
    values: &'static str,
    first: u16,
    last: u16,
    /// Words for the numbers from `first` on.
    words: &'static [&'static str],
    spanish: &'static [(&'static str, &'static str)],
    days: Days,
}

/// Which of the two fields for days a field is, if any: each of the two has special letters.
#[derive(PartialEq, Eq)]
enum Days {
    No,
    OfTheMonth,
    OfTheWeek,
}

const FIELDS: [Field; 6] = [
    Field { name: "second", values: "0 to 59", first: 0, last: 59, words: &[], spanish: &[], days: Days::No },
    Field { name: "minute", values: "0 to 59", first: 0, last: 59, words: &[], spanish: &[], days: Days::No },
    Field { name: "hour", values: "0 to 23", first: 0, last: 23, words: &[], spanish: &[], days: Days::No },
    Field {
        name: "day of the month",
        values: "1 to 31, L (the last day), LW (the last working day), 15W (the working day nearest to the 15th)",
        first: 1,
        last: 31,
        words: &[],
        spanish: &[],
        days: Days::OfTheMonth,
    },
    Field {
        name: "month",
        values: "1 to 12 or JAN to DEC",
        first: 1,
        last: 12,
        words: &MONTHS,
        spanish: &SPANISH_MONTHS,
        days: Days::No,
    },
    Field {
        name: "day of the week",
        values: "0 to 7 or SUN to SAT (0 and 7 are Sunday, 1 is Monday), MON#2 (the second Monday), 5L (the last Friday)",
        first: 0,
        last: 7,
        words: &DAYS,
        spanish: &SPANISH_DAYS,
        days: Days::OfTheWeek,
    },
];

/// The expression that a nickname stands for, or the expression as it was given.
pub(super) fn without_nickname(pattern: &str) -> &str {
    let pattern = pattern.trim();
    let known = NICKNAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(pattern));
    known.map_or(pattern, |(_, fields)| fields)
}

/// Whether a day must fit both fields for days. In Unix cron either is enough, unless one of the two begins with a
/// star.
pub(super) fn both_days_must_hold(pattern: &str) -> bool {
    let mut fields = pattern.split_whitespace().rev();
    let (week, month) = (fields.next(), fields.nth(1));
    [week, month].into_iter().flatten().any(|field| field.starts_with('*'))
}

/// What is wrong with an expression: every bad field once, by its name.
pub(super) fn check(pattern: &str) -> Vec<String> {
    if pattern.chars().count() > MAX_CRON_CHARS {
        return vec![format!("must have at most {MAX_CRON_CHARS} characters")];
    }
    let pattern = without_nickname(pattern).to_ascii_uppercase();
    if pattern.starts_with('@') {
        let names = NICKNAMES.map(|(name, _)| name);
        let hint = nearest(&pattern, names).map(|near| format!(": did you mean {near}?"));
        return vec![format!(
            "must be one of {}, or an expression of fields{}",
            names.join(", "),
            hint.unwrap_or_default()
        )];
    }
    let given: Vec<&str> = pattern.split_whitespace().collect();
    let fields = match given.len() {
        5 => &FIELDS[1..],
        6 => &FIELDS[..],
        count => {
            let year = if count == 7 { " (there is none for the year)" } else { "" };
            return vec![format!(
                "must have five fields (minute, hour, day of the month, month, day of the week) or six, with the \
                 second first; it has {count}{year}"
            )];
        }
    };
    fields.iter().zip(given).filter_map(|(field, text)| field.wrong(text)).collect()
}

impl Field {
    fn wrong(&self, text: &str) -> Option<String> {
        // A leading `+` asks that both fields for days fit.
        let text = if self.days == Days::OfTheWeek { text.strip_prefix('+').unwrap_or(text) } else { text };
        if text == "?" && self.days != Days::No {
            return None;
        }
        let wrong = text.split(',').find_map(|item| self.item(item).err())?;
        Some(format!("the {}: {wrong}", self.name))
    }

    fn item(&self, item: &str) -> Result<(), String> {
        if item.is_empty() {
            return Err("a list has an empty place".into());
        }
        if let Some((range, step)) = item.split_once('/') {
            return self.step(range, step);
        }
        if item == "*" || self.special(item)? {
            return Ok(());
        }
        match item.split_once('-') {
            Some((from, to)) => self.range(from, to).map(drop),
            None => self.value(item).map(drop),
        }
    }

    fn allowed(&self) -> String {
        format!("allowed are {}, ranges (1-5), lists (1,3) and steps (*/2)", self.values)
    }

    fn value(&self, text: &str) -> Result<u16, String> {
        let word = self.words.iter().zip(self.first..).find(|(word, _)| **word == text).map(|(_, number)| number);
        let number = || text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten();
        let known = word.or_else(number).filter(|value| (self.first..=self.last).contains(value));
        known.ok_or_else(|| format!("{}{}", self.allowed(), self.slip(text).unwrap_or_default()))
    }

    /// The word that was probably meant: one for which the text is Spanish, that is one edit away, or that the text
    /// begins. A text near to no word is not repeated.
    fn slip(&self, text: &str) -> Option<String> {
        if text.len() > LONGEST_WORD || !text.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return None;
        }
        let written_out = || self.words.iter().copied().find(|word| text.starts_with(word));
        let translated = self.spanish.iter().find(|(spanish, _)| text.starts_with(spanish)).map(|(_, word)| *word);
        let one_edit_away = || nearest_of_few(text, self.words.iter().copied());
        let near = translated.or_else(one_edit_away).or_else(written_out)?;
        Some(format!(": {text} is none of them, did you mean {near}?"))
    }

    /// Reads the two ends of a range.
    fn range(&self, from: &str, to: &str) -> Result<(u16, u16), String> {
        let written = (from, to);
        let (from, mut to) = (self.value(from)?, self.value(to)?);
        if self.days == Days::OfTheWeek && to == 0 {
            to = 7;
        }
        if from > to {
            let first = if self.days == Days::OfTheWeek { 1 } else { self.first };
            let before = self.part(from, self.last, written.0);
            let after = self.part(first, to, written.1);
            return Err(format!("a range goes upwards: write one over the end as two, here {before},{after}"));
        }
        Ok((from, to))
    }

    /// A range, or a value alone, in words if `like` is one.
    fn part(&self, from: u16, to: u16, like: &str) -> String {
        let in_words = like.starts_with(|letter: char| letter.is_ascii_alphabetic());
        // 7 is Sunday again.
        let word = |value: u16| self.words.iter().cycle().nth(usize::from(value - self.first)).filter(|_| in_words);
        let written = |value: u16| word(value).map_or_else(|| value.to_string(), |word| (*word).to_owned());
        if from == to { written(from) } else { format!("{}-{}", written(from), written(to)) }
    }

    fn step(&self, range: &str, step: &str) -> Result<(), String> {
        let (from, to) = match range.split_once('-') {
            _ if range == "*" => (self.first, if self.days == Days::OfTheWeek { 6 } else { self.last }),
            Some((from, to)) => self.range(from, to)?,
            None => return Err(format!("a step follows * or a range: write */5, or {0}-{1}/5", self.first, self.last)),
        };
        let most = to - from;
        let number = step.bytes().all(|byte| byte.is_ascii_digit()).then(|| step.parse::<u16>().ok()).flatten();
        if number.is_some_and(|step| (1..=most.max(1)).contains(&step)) {
            return Ok(());
        }
        Err(format!(
            "a step counts anew from the beginning of its range, so here it is from 1 to {}: a longer one would fire at \
             the beginning only, and an interval that does not divide it needs a schedule for each of its times",
            most.max(1)
        ))
    }

    /// Reads the special letters of the two fields for days, and says whether the item was one of them.
    fn special(&self, item: &str) -> Result<bool, String> {
        match self.days {
            Days::No => Ok(false),
            Days::OfTheMonth => match (item, item.strip_suffix('W')) {
                ("L" | "LW", _) => Ok(true),
                (_, Some(day)) => self.value(day).map(|_| true),
                _ => Ok(false),
            },
            Days::OfTheWeek => match (item.split_once('#'), item.strip_suffix('L')) {
                (Some((day, "1" | "2" | "3" | "4" | "5" | "L")), _) => self.value(day).map(|_| true),
                (None, Some(day)) => self.value(day).map(|_| true),
                _ => Ok(false),
            },
        }
    }
}
