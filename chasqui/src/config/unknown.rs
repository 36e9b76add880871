//! Names that are no setting but look like one: a typing error must not be taken in silence.

use std::collections::BTreeSet;

/// Variables of the same environment that begin like ours and belong to others: RabbitMQ's server, Kubernetes' links to
/// services, and this project's own `compose.yaml`.
const OF_OTHERS: [&str; 9] = [
    "RABBITMQ_DEFAULT_",
    "RABBITMQ_NODE",
    "RABBITMQ_ERLANG_",
    "RABBITMQ_SERVER_",
    "RABBITMQ_CONFIG_",
    "RABBITMQ_LOG",
    "RABBITMQ_MNESIA_",
    "RABBITMQ_DATA_DIR",
    "RABBITMQ_PLUGINS_",
];
/// First words of settings that begin the names of too many other programs: only a spelling that is nearly ours counts.
const COMMON: [&str; 3] = ["WEB_", "DEFAULT_", "SECRET_"];

/// Which names are ours, and which of the others were meant to be.
pub(super) struct Unknown<'a> {
    settings: Vec<&'a str>,
    prefixes: BTreeSet<&'a str>,
    /// What the names begin with that a channel of one's own reads.
    channels: &'a [String],
}

impl<'a> Unknown<'a> {
    pub(super) fn new(settings: impl Iterator<Item = &'a str>, channels: &'a [String]) -> Self {
        let settings: Vec<&str> = settings.collect();
        let prefixes = settings.iter().filter_map(|name| name.split_inclusive('_').next());
        let prefixes = prefixes.filter(|prefix| prefix.ends_with('_') && !COMMON.contains(prefix)).collect();
        Self { settings, prefixes, channels }
    }

    /// Why `name` is most likely a mistake; `None` when it is probably another program's.
    pub(super) fn explain(&self, name: &str) -> Option<String> {
        let upper = name.to_ascii_uppercase();
        let (distance, nearest) = self.nearest(&upper)?;
        let of_a_channel = self.channels.iter().any(|prefix| upper.starts_with(prefix.as_str()));
        let allowed = match upper.len() {
            _ if of_a_channel => 1,
            0..=4 => 0,
            5..=7 => 1,
            _ => 2,
        };
        if distance <= allowed {
            return Some(format!("there is no setting {}: did you mean {nearest}?", shown(name)));
        }
        let prefixed = self.prefixes.iter().any(|prefix| upper.starts_with(prefix));
        if !prefixed || of_a_channel || of_others(&upper) {
            return None;
        }
        Some(format!("there is no setting {}; the nearest is {nearest}, and `chasqui settings` lists all", shown(name)))
    }

    /// The nearest name of all, for a file in which every name must be known.
    pub(super) fn nearest_name(&self, name: &str) -> Option<&'a str> {
        self.nearest(&name.to_ascii_uppercase()).map(|(_, nearest)| nearest)
    }

    /// Of those that begin with the same word, if there are any, because `LOG_LEVEL` is not meant to be `DB_URL`.
    fn nearest(&self, upper: &str) -> Option<(usize, &'a str)> {
        let word = upper.split('_').next().unwrap_or_default();
        let ranked = self.settings.iter().map(|setting| {
            let other_word = setting.split('_').next() != Some(word);
            let distance = strsim::osa_distance(upper, setting);
            // A spelling that is nearly right wins over a common beginning.
            (other_word && distance > 2, distance, *setting)
        });
        ranked.min().map(|(_, distance, setting)| (distance, setting))
    }
}

fn of_others(upper: &str) -> bool {
    let link = ["_SERVICE_HOST", "_SERVICE_PORT", "_TCP", "_UDP"].iter().any(|part| upper.contains(part));
    link || OF_OTHERS.iter().any(|prefix| upper.starts_with(prefix))
}

/// A name may hold anything: control characters must not reach a terminal.
fn shown(name: &str) -> String {
    name.chars().take(80).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
        Unknown::new(settings.into_iter(), &channels).explain(name)
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
    fn a_name_that_begins_like_ours_is_told_with_the_nearest_of_its_kind() {
        for (name, nearest) in [
            ("RABBITMQ_VIRTUAL_HOST", "RABBITMQ_"),
            ("RABBITMQ_USER", "RABBITMQ_"),
            ("LOG_LEVEL", "LOG,"),
            ("API_PORT", "API_LISTEN"),
            ("SMTP_PASS_WORD_FILE", "SMTP_"),
        ] {
            let told = explain(name).unwrap_or_else(|| panic!("{name} is not told"));
            assert!(told.replace(";", ",").contains(&format!("nearest is {nearest}")), "{name}: {told}");
        }
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
            "_",
        ] {
            assert_eq!(explain(name), None, "{name}");
        }
    }
}
