//! The parameters behind the question mark of the ledger's URL, which are checked here. The driver ignores a name that
//! it does not know, or says so only when the ledger is opened; `sslmod=require` would silently be a connection without
//! TLS.

use runtime::settings::{Reader, did_you_mean, place_in_list};
use url::form_urlencoded;

/// The names of one parameter, the usual one first, and which values it takes.
type Parameter = (&'static [&'static str], Takes);

#[derive(Clone, Copy)]
enum Takes {
    Anything,
    Number,
    Port,
    Address,
    Words(&'static [&'static str]),
}

/// The parameters of Postgres that sqlx's driver reads.
const POSTGRES: [Parameter; 13] = [
    (&["sslmode", "ssl-mode"], Takes::Words(&["disable", "allow", "prefer", "require", "verify-ca", "verify-full"])),
    (&["sslrootcert", "ssl-root-cert", "ssl-ca"], Takes::Anything),
    (&["sslcert", "ssl-cert"], Takes::Anything),
    (&["sslkey", "ssl-key"], Takes::Anything),
    (&["statement-cache-capacity"], Takes::Number),
    (&["host"], Takes::Anything),
    (&["hostaddr"], Takes::Address),
    (&["port"], Takes::Port),
    (&["dbname"], Takes::Anything),
    (&["user"], Takes::Anything),
    (&["password"], Takes::Anything),
    (&["application_name"], Takes::Anything),
    (&["options"], Takes::Anything),
];
const SQLITE: [Parameter; 4] = [
    (&["mode"], Takes::Words(&["ro", "rw", "rwc"])),
    (&["cache"], Takes::Words(&["private", "shared"])),
    (&["immutable"], Takes::Words(&["true", "false", "1", "0"])),
    (&["vfs"], Takes::Anything),
];
/// A parameter that other drivers read, so it is no misspelt `sslcert`.
const OF_OTHERS: [&str; 1] = ["sslcrl"];

/// Checks the parameters of a URL. A problem names a parameter by its place, not by name or value: either may be the
/// rest of a password.
pub(super) fn check(reader: &mut Reader, setting: &str, url: &str) {
    let Some((_, query)) = url.split_once('?') else { return };
    let is_sqlite = url.starts_with("sqlite:");
    // In a URL of SQLite, a hash is part of the value.
    let query = if is_sqlite { query } else { query.split('#').next().unwrap_or_default() };
    let parameters: &[Parameter] = if is_sqlite { &SQLITE } else { &POSTGRES };
    let given: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    for (at, (name, value)) in given.iter().enumerate() {
        let place = place_in_list(at, given.len()).map(|place| format!(", {place}")).unwrap_or_default();
        let parameter = parameters.iter().find(|(names, _)| names.contains(&name.as_str()));
        if let Some((names, takes)) = parameter {
            if let Err(what) = takes.check(value, !is_sqlite) {
                reader.refuse(setting, format_args!("has a wrong value for {}{place}: it must be {what}", names[0]));
            }
        } else if is_sqlite || !name.starts_with("options[") {
            let known: Vec<&str> = parameters.iter().map(|(names, _)| names[0]).collect();
            let hint = if OF_OTHERS.contains(&name.as_str()) { String::new() } else { did_you_mean(name, &known) };
            let known = known.join(", ");
            if is_sqlite || !hint.is_empty() {
                let what = format_args!("has a parameter that is not known{place}: known are {known}{hint}");
                reader.refuse(setting, what);
            } else {
                // Other drivers have more parameters, and the same URL may be theirs as well.
                reader.warn(format!("{setting} has a parameter that is not used{place}: used are {known}"));
            }
        }
    }
}

impl Takes {
    /// # Errors
    /// What the value must be.
    fn check(self, value: &str, any_case: bool) -> Result<(), String> {
        let (right, what) = match self {
            Self::Anything => return Ok(()),
            Self::Number => (value.parse::<usize>().is_ok(), "a whole number"),
            Self::Port => (value.parse::<u16>().is_ok(), "a port from 1 to 65535"),
            Self::Address => (value.parse::<std::net::IpAddr>().is_ok(), "an IP address"),
            Self::Words(words) => {
                let right = words.iter().any(|word| *word == value || any_case && word.eq_ignore_ascii_case(value));
                let what = || format!("one of {}{}", words.join(", "), did_you_mean(value, words));
                return if right { Ok(()) } else { Err(what()) };
            }
        };
        if right { Ok(()) } else { Err(what.to_owned()) }
    }
}
