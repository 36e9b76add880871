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
/// What people and other programs call our settings, a space between the names. All begin like ours: a file may be
/// shared with other programs.
const OTHER_NAMES: [(&str, &str); 26] = [
    ("ACCESS_TOKEN_EXPIRE_MINUTES", "JWT_EXPIRE_MINUTES JWT_EXPIRATION JWT_LIFETIME"),
    ("ALGORITHM", "JWT_ALGORITHM JWT_ALG"),
    (
        "AMQP_URL",
        "RABBITMQ_URL RABBITMQ_URI RABBITMQ_ADDRESS RABBITMQ_ADDRESSES AMQP_URI AMQP_HOST AMQP_PORT AMQP_USER \
         AMQP_USERNAME AMQP_PASSWORD AMQP_VHOST AMQP_ADDRESS",
    ),
    ("API_LISTEN", "API_ADDR API_ADDRESS API_BIND API_HOST API_PORT"),
    ("CHANNELS", "CHANNELS_ENABLED CHANNELS_LIST"),
    (
        "DATABASE_URL",
        "DATABASE_HOST DATABASE_PORT DATABASE_NAME DATABASE_USER DATABASE_PASSWORD DATABASE_URI DATABASE_DSN \
         DB_HOST DB_PORT DB_NAME DB_USER DB_PASSWORD DB_URI DB_DSN",
    ),
    ("DATABASE_MAX_CONNECTIONS", "DATABASE_POOL_SIZE DB_POOL_SIZE DB_MAX_CONNECTIONS"),
    ("FIREBASE_PROJECT_ID", "FCM_PROJECT_ID FIREBASE_PROJECT"),
    (
        "FIREBASE_SERVICE_ACCOUNT_KEY",
        "FIREBASE_CREDENTIALS FIREBASE_KEY FIREBASE_SERVICE_ACCOUNT FIREBASE_SERVICE_ACCOUNT_JSON FCM_SERVICE_ACCOUNT \
         FCM_SERVICE_ACCOUNT_KEY FCM_CREDENTIALS FCM_SERVER_KEY FCM_KEY",
    ),
    ("FROM_EMAIL", "SMTP_FROM SMTP_FROM_EMAIL SMTP_SENDER FROM_ADDRESS"),
    ("FROM_NAME", "SMTP_FROM_NAME"),
    ("LOG", "LOG_LEVEL"),
    ("METRICS_LISTEN", "METRICS_ADDR METRICS_ADDRESS METRICS_BIND METRICS_HOST METRICS_PORT"),
    ("RABBITMQ_PASSWORD", "RABBITMQ_PASS RABBITMQ_PASSWD RABBITMQ_PWD"),
    ("RABBITMQ_USERNAME", "RABBITMQ_USER RABBITMQ_LOGIN"),
    ("RABBITMQ_VHOST", "RABBITMQ_VIRTUAL_HOST"),
    ("SANDBOX", "SANDBOX_MODE SANDBOX_ENABLED"),
    ("SECRET_KEY", "JWT_SECRET JWT_SECRET_KEY JWT_KEY"),
    ("SMTP_HOST", "SMTP_SERVER SMTP_ADDRESS SMTP_URL"),
    ("SMTP_PASSWORD", "SMTP_PASS SMTP_PASSWD SMTP_PWD"),
    ("SMTP_TLS", "SMTP_SSL SMTP_SECURE SMTP_STARTTLS SMTP_ENCRYPTION SMTP_USE_TLS SMTP_USE_SSL SMTP_SECURITY"),
    ("SMTP_USER", "SMTP_LOGIN SMTP_USERNAME"),
    ("TWILIO_ACCOUNT_SID", "TWILIO_SID TWILIO_ACCOUNT TWILIO_ACCOUNT_ID"),
    ("TWILIO_AUTH_TOKEN", "TWILIO_TOKEN TWILIO_AUTH"),
    ("TWILIO_FROM_NUMBER", "TWILIO_FROM TWILIO_NUMBER TWILIO_PHONE_NUMBER TWILIO_PHONE TWILIO_SENDER"),
    ("WORKER_CONCURRENCY", "WORKER_PREFETCH WORKER_THREADS WORKER_COUNT"),
];
/// As above, but other programs have them too: they are taken for ours in a file of settings only, and a `.env`, which may
/// be shared, is not refused for them.
const IN_FILES: [(&str, &str); 18] = [
    ("AMBIGUITY", "AMBIGUOUS"),
    ("BOOTSTRAP_TOKEN", "BOOTSTRAP"),
    ("DATABASE_URL", "DATABASE"),
    ("DEFAULT_LOCALE", "LANGUAGE LOCALE"),
    ("FROM_EMAIL", "MAIL_FROM MAIL_FROM_ADDRESS"),
    ("FROM_NAME", "MAIL_FROM_NAME"),
    ("LOG", "LOGLEVEL"),
    ("RETENTION_DAYS", "RETENTION"),
    ("SCHEDULER_DEMO_TIMEZONE", "TIMEZONE"),
    ("SMTP_HOST", "MAIL_HOST MAIL_SERVER"),
    ("SMTP_PASSWORD", "MAIL_PASSWORD"),
    ("SMTP_USER", "MAIL_USER MAIL_USERNAME"),
    ("TEMPLATES_DIR", "TEMPLATES"),
    ("WORKER_CONCURRENCY", "CONCURRENCY WORKERS"),
    ("WORKER_MAX_RETRIES", "MAX_RETRIES"),
    ("WORKER_RETRY_DELAY_1", "RETRY_DELAY_1"),
    ("WORKER_RETRY_DELAY_2", "RETRY_DELAY_2"),
    ("WORKER_RETRY_DELAY_3", "RETRY_DELAY_3"),
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
    pub(super) fn new(settings: impl Iterator<Item = &'a str>, channels: &'a [String]) -> Self {
        let settings: Vec<&str> = settings.collect();
        let prefixes = settings.iter().filter_map(|name| name.split_inclusive('_').next());
        let prefixes = prefixes.filter(|prefix| prefix.ends_with('_') && !COMMON.contains(prefix)).collect();
        Self { settings, prefixes, channels }
    }

    /// Why `name` is most likely a mistake; `None` when it is probably another program's.
    pub(super) fn explain(&self, name: &str) -> Option<String> {
        let upper = name.to_ascii_uppercase();
        let of_a_channel = self.channels.iter().any(|prefix| upper.starts_with(prefix.as_str()));
        let hint = self.hint(&upper, of_a_channel);
        let is_ours = match &hint {
            Hint::Slip(_) => true,
            Hint::OtherName(_) => !of_a_channel && !of_others(&upper),
            Hint::Family(_) => {
                self.prefixes.iter().any(|prefix| upper.starts_with(prefix)) && !of_a_channel && !of_others(&upper)
            }
        };
        is_ours.then(|| told(&shown(name), &hint, str::to_owned))
    }

    /// Of a file in which every name must be known, and is written in lower case.
    pub(super) fn explain_in_file(&self, name: &str) -> String {
        let upper = name.to_ascii_uppercase();
        let hint = match self.hint(&upper, false) {
            Hint::Family(family) => self.called(&IN_FILES, &upper).map_or(Hint::Family(family), Hint::OtherName),
            hint => hint,
        };
        told(&shown(name), &hint, str::to_ascii_lowercase)
    }

    /// Of a name in a `.env` that [`Unknown::explain`] leaves to others: what it would be if it were meant for us.
    pub(super) fn perhaps(&self, name: &str) -> Option<String> {
        let meant = self.called(&IN_FILES, &name.to_ascii_uppercase())?;
        Some(told(&shown(name), &Hint::OtherName(meant), str::to_owned))
    }

    fn hint(&self, upper: &str, of_a_channel: bool) -> Hint<'a> {
        let allowed = match upper.len() {
            _ if of_a_channel => 1,
            0..=4 => 0,
            5..=7 => 1,
            _ => 2,
        };
        let ranked = self.settings.iter().map(|setting| (strsim::osa_distance(upper, setting), *setting));
        let nearest = ranked.min().filter(|(distance, _)| *distance <= allowed);
        if let Some((_, nearest)) = nearest {
            return Hint::Slip(nearest);
        }
        if let Some(setting) = self.called(&OTHER_NAMES, upper) {
            return Hint::OtherName(setting);
        }
        let word = upper.split('_').next().unwrap_or_default();
        let family = self.settings.iter().copied().filter(|setting| setting.split('_').next() == Some(word));
        Hint::Family(family.collect())
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
    fn every_setting_that_has_another_name_exists_and_no_other_name_is_a_setting() {
        let table: toml::Table = crate::config::DEFAULTS.parse().unwrap();
        let settings: BTreeSet<String> = table.keys().map(|name| name.to_ascii_uppercase()).collect();
        for (setting, names) in OTHER_NAMES.into_iter().chain(IN_FILES) {
            assert!(settings.contains(setting), "{setting}");
            for name in names.split(' ') {
                assert!(!settings.contains(name), "{name}");
            }
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
        let channels = [];
        let unknown = Unknown::new(["SMTP_HOST", "LOG"].into_iter(), &channels);
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
