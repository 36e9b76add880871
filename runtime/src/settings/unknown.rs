//! Names that are no setting but look like one: a typing error must not be taken in silence.

use std::collections::BTreeSet;

use super::Reference;

/// Which names are ours, and which of the others were meant to be.
pub(super) struct Unknown<'a> {
    reference: &'a Reference,
    settings: Vec<&'a str>,
    /// With what the settings begin.
    words: BTreeSet<&'a str>,
    /// What the names begin with that code of one's own reads.
    own: &'a [String],
}

/// What a name that is no setting was meant to be, as far as it tells.
enum Hint<'a> {
    /// A slip of the pen.
    Slip(&'a str),
    /// Another name for it.
    OtherName(&'a str),
    /// One of those that begin with the same word, or none.
    Family(Vec<&'a str>),
}

impl<'a> Unknown<'a> {
    pub(super) fn new(reference: &'a Reference, settings: impl Iterator<Item = &'a str>, own: &'a [String]) -> Self {
        let settings: Vec<&str> = settings.collect();
        let words = settings.iter().filter_map(|name| name.split_inclusive('_').next());
        let words = words.filter(|word| word.ends_with('_') && !reference.common.contains(word)).collect();
        Self { reference, settings, words, own }
    }

    /// Why `name` is most likely a mistake; `None` when it is probably another program's.
    pub(super) fn explain(&self, name: &str) -> Option<String> {
        let upper = name.to_ascii_uppercase();
        let is_own = self.own.iter().any(|prefix| upper.starts_with(prefix.as_str()));
        let hint = self.hint(&upper, is_own);
        let is_ours = match &hint {
            Hint::Slip(_) => true,
            Hint::OtherName(_) => !is_own && !self.is_of_others(&upper),
            Hint::Family(_) => {
                self.words.iter().any(|word| upper.starts_with(word)) && !is_own && !self.is_of_others(&upper)
            }
        };
        is_ours.then(|| told(&shown(name), &hint, str::to_owned))
    }

    /// Of a file in which every name must be known, and is written in lower case.
    pub(super) fn explain_in_file(&self, name: &str) -> String {
        let upper = name.to_ascii_uppercase();
        let hint = match self.hint(&upper, false) {
            Hint::Family(family) => {
                self.called(self.reference.in_files, &upper).map_or(Hint::Family(family), Hint::OtherName)
            }
            hint => hint,
        };
        told(&shown(name), &hint, str::to_ascii_lowercase)
    }

    /// Of a name in a `.env` that [`Unknown::explain`] leaves to others: what it would be if it were meant for us.
    pub(super) fn perhaps(&self, name: &str) -> Option<String> {
        let meant = self.called(self.reference.in_files, &name.to_ascii_uppercase())?;
        Some(told(&shown(name), &Hint::OtherName(meant), str::to_owned))
    }

    fn hint(&self, upper: &str, is_own: bool) -> Hint<'a> {
        let allowed = match upper.len() {
            _ if is_own => 1,
            0..=4 => 0,
            5..=7 => 1,
            _ => 2,
        };
        let ranked = self.settings.iter().map(|setting| (strsim::osa_distance(upper, setting), *setting));
        let nearest = ranked.min().filter(|(distance, _)| *distance <= allowed);
        if let Some((_, nearest)) = nearest {
            return Hint::Slip(nearest);
        }
        if let Some(setting) = self.called(self.reference.other_names, upper) {
            return Hint::OtherName(setting);
        }
        let word = upper.split('_').next().unwrap_or_default();
        let family = self.settings.iter().copied().filter(|setting| setting.split('_').next() == Some(word));
        Hint::Family(family.collect())
    }

    fn is_of_others(&self, upper: &str) -> bool {
        let link = ["_SERVICE_HOST", "_SERVICE_PORT", "_TCP", "_UDP"].iter().any(|part| upper.contains(part));
        link || self.reference.of_others.iter().any(|prefix| upper.starts_with(prefix))
    }

    /// The setting that a table has this other name for.
    fn called(&self, table: &[(&str, &str)], upper: &str) -> Option<&'a str> {
        let (meant, _) = table.iter().find(|(_, names)| names.split(' ').any(|other| other == upper))?;
        self.settings.iter().copied().find(|setting| setting == meant)
    }
}

fn told(name: &str, hint: &Hint<'_>, written: fn(&str) -> String) -> String {
    match hint {
        Hint::Slip(meant) | Hint::OtherName(meant) => {
            format!("there is no setting {name}: did you mean {}?", written(meant))
        }
        Hint::Family(family) if family.is_empty() => {
            format!("there is no setting {name}: `chasqui settings` lists all that there are")
        }
        Hint::Family(family) => {
            let family: Vec<String> = family.iter().map(|setting| written(setting)).collect();
            format!("there is no setting {name}: those that begin alike are {}", family.join(", "))
        }
    }
}

/// A name may hold anything: control characters must not reach a terminal.
fn shown(name: &str) -> String {
    name.chars().take(80).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    static REFERENCE: Reference = Reference {
        defaults: "",
        example: "log",
        other_names: &[
            ("AMQP_URL", "RABBITMQ_URL AMQP_URI"),
            ("API_LISTEN", "API_HOST API_PORT"),
            ("LOG", "LOG_LEVEL"),
            ("RABBITMQ_USERNAME", "RABBITMQ_USER RABBITMQ_LOGIN"),
            ("SANDBOX", "SANDBOX_MODE SANDBOX_ENABLED"),
            ("SMTP_HOST", "SMTP_SERVER SMTP_URL"),
            ("SMTP_USER", "SMTP_LOGIN SMTP_USERNAME"),
        ],
        in_files: &[("DEFAULT_LOCALE", "LANGUAGE LOCALE"), ("WORKER_CONCURRENCY", "CONCURRENCY WORKERS")],
        of_others: &["RABBITMQ_DEFAULT_", "RABBITMQ_NODE"],
        common: &["WEB_", "DEFAULT_", "SECRET_"],
        prefixes: Vec::new,
    };

    fn explain(name: &str) -> Option<String> {
        let settings = [
            "AMQP_URL",
            "API_LISTEN",
            "CHANNELS",
            "DB_URL",
            "EMAIL_PROVIDER",
            "LOG",
            "LOG_FORMAT",
            "RABBITMQ_PORT",
            "RABBITMQ_USERNAME",
            "RETENTION_DAYS",
            "SANDBOX",
            "SMTP_HOST",
            "SMTP_USER",
            "TWILIO_FROM_NUMBER",
            "WORKER_CONCURRENCY",
            "DEFAULT_LOCALE",
        ];
        let channels = ["EMAIL_".to_owned(), "SMS_".to_owned(), "TELEGRAM_".to_owned()];
        Unknown::new(&REFERENCE, settings.into_iter(), &channels).explain(name)
    }

    #[test]
    fn a_spelling_that_is_nearly_right_is_told_with_the_name_that_was_meant() {
        for (name, meant) in [
            ("SMTP_HOTS", "SMTP_HOST"),
            ("SMPT_HOST", "SMTP_HOST"),
            ("smtp_host", "SMTP_HOST"),
            ("WORKER_CONCURENCY", "WORKER_CONCURRENCY"),
            ("RETENTION_DAY", "RETENTION_DAYS"),
            ("SANDBX", "SANDBOX"),
            ("CHANELS", "CHANNELS"),
            ("EMAIL_PROVIDR", "EMAIL_PROVIDER"),
            ("AMPQ_URL", "AMQP_URL"),
            ("DEFAULT_LOCAL", "DEFAULT_LOCALE"),
            ("TWILLIO_FROM_NUMBER", "TWILIO_FROM_NUMBER"),
            ("log", "LOG"),
        ] {
            let told = explain(name).unwrap_or_else(|| panic!("{name} is not told"));
            assert!(told.contains(&format!("did you mean {meant}?")), "{name}: {told}");
        }
    }

    #[test]
    fn what_people_call_a_setting_is_told_with_its_name_here() {
        for (name, meant) in [
            ("RABBITMQ_USER", "RABBITMQ_USERNAME"),
            ("RABBITMQ_URL", "AMQP_URL"),
            ("LOG_LEVEL", "LOG"),
            ("API_PORT", "API_LISTEN"),
            ("api_host", "API_LISTEN"),
            ("SMTP_SERVER", "SMTP_HOST"),
            ("SMTP_USERNAME", "SMTP_USER"),
            ("SANDBOX_MODE", "SANDBOX"),
        ] {
            let told = explain(name).unwrap_or_else(|| panic!("{name} is not told"));
            assert!(told.ends_with(&format!("did you mean {meant}?")), "{name}: {told}");
        }
    }

    #[test]
    fn a_name_that_begins_like_ours_is_told_with_all_that_begin_alike() {
        for (name, family) in
            [("SMTP_PASS_WORD_FILE", "SMTP_HOST, SMTP_USER"), ("RABBITMQ_TIMEOUT", "RABBITMQ_PORT, RABBITMQ_USERNAME")]
        {
            let told = explain(name).unwrap_or_else(|| panic!("{name} is not told"));
            assert!(told.ends_with(&format!("those that begin alike are {family}")), "{name}: {told}");
        }
        let unknown = Unknown::new(&REFERENCE, ["SMTP_HOST", "LOG"].into_iter(), &[]);
        assert_eq!(unknown.explain_in_file("smtp_hots"), "there is no setting smtp_hots: did you mean smtp_host?");
        let told = unknown.explain_in_file("colour");
        assert_eq!(told, "there is no setting colour: `chasqui settings` lists all that there are");
    }

    #[test]
    fn names_of_others_are_left_alone() {
        for name in [
            "HOME",
            "LANG",
            "PATH",
            "PWD",
            "TERM",
            "LS_COLORS",
            "HOST_API_PORT",
            "POSTGRES_PASSWORD",
            "COMPOSE_FILE",
            "RABBITMQ_DEFAULT_PASS",
            "RABBITMQ_NODENAME",
            "RABBITMQ_SERVICE_HOST",
            "API_PORT_80_TCP_ADDR",
            "TELEGRAM_BOT_TOKEN",
            "SMS_HOST",
            "SMS_USER",
            "EMAIL_API_KEY",
            "WEB_CONCURRENCY",
            "DEFAULT_REGION",
            "SECRET_SAUCE",
            "CARGO_HOME",
            "SHLVL",
            "LANGUAGE",
            "DATABASE",
            "WORKERS",
            "_",
        ] {
            assert_eq!(explain(name), None, "{name}");
        }
    }
}
