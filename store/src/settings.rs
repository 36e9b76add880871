//! The settings of the ledger: its URL, under the modern name or the older one or in the spelling of another language's
//! driver; and how many connections a process has.

mod file;
mod parameters;

use runtime::settings::{Reader, is_whole};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

/// The names of the setting that says where the ledger is, the modern one first.
const URLS: [&str; 2] = ["DATABASE_URL", "DB_URL"];

/// The settings `DATABASE_*`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// None when no source names a ledger.
    pub url: Option<SecretString>,
    pub max_connections: u32,
}

impl Settings {
    pub fn read(reader: &mut Reader) -> Self {
        Self { url: either_url(reader), max_connections: reader.number("DATABASE_MAX_CONNECTIONS", 1..=10_000) }
    }

    /// Whether some source says where the ledger is, rightly or not.
    pub fn are_given(reader: &Reader) -> bool {
        !reader.given_of(&URLS).is_empty()
    }
}

fn either_url(reader: &mut Reader) -> Option<SecretString> {
    let [modern, older] = URLS.map(|name| url(reader, name));
    if let (Some(modern), Some(older)) = (&modern, &older)
        && modern.expose_secret() != older.expose_secret()
    {
        reader.problem("DATABASE_URL and DB_URL name different databases: remove DB_URL, the older name");
    }
    modern.or(older)
}

/// Reads the URL. `postgresql+psycopg2://` and the like name a driver of Python; the database is the same.
fn url(reader: &mut Reader, name: &str) -> Option<SecretString> {
    let text = reader.text(name)?;
    let (scheme, rest) = text.split_once(':').unwrap_or_default();
    let scheme = scheme.split('+').next().unwrap_or_default();
    let whole = format!("{scheme}:{rest}");
    let problem = match scheme {
        "sqlite" => match file::refused(&whole) {
            None => return Some(with_parameters(reader, name, whole)),
            Some(problem) => problem,
        },
        "postgres" | "postgresql" => match Url::parse(&whole) {
            Ok(url) if is_whole(&url) && names_something(&url) => {
                if !names_database(&url) {
                    reader.warn(format!(
                        "{name} names no database: that with the name of the user is taken; end the URL with /database"
                    ));
                }
                return Some(with_parameters(reader, name, whole));
            }
            _ => {
                "must look like postgresql://user:password@host:5432/database (of a password, percent-encode @ : / ? # and \
                 the percent sign)"
            }
        },
        _ => "must begin with postgresql:// or sqlite:",
    };
    reader.refuse(name, problem);
    None
}

/// Whether two slashes follow the scheme, and a server, a database or a parameter follows them. Without a host, the
/// driver takes the server of this machine.
fn names_something(url: &Url) -> bool {
    let after_scheme = url.as_str().split_once(':').map_or("", |(_, rest)| rest);
    after_scheme.starts_with("//") && !after_scheme.trim_matches('/').is_empty()
}

fn names_database(url: &Url) -> bool {
    !url.path().trim_matches('/').is_empty() || url.query_pairs().any(|(name, _)| name == "dbname")
}

fn with_parameters(reader: &mut Reader, name: &str, url: String) -> SecretString {
    parameters::check(reader, name, &url);
    SecretString::from(url)
}
