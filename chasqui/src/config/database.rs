//! Where the ledger is: the modern name, the older one, and the URL of another language's driver.

use runtime::settings::{Reader, is_whole};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

pub(super) fn read(reader: &mut Reader) -> Option<SecretString> {
    let modern = url(reader, "DATABASE_URL");
    let older = url(reader, "DB_URL");
    if let (Some(modern), Some(older)) = (&modern, &older)
        && modern.expose_secret() != older.expose_secret()
    {
        reader.problem("DATABASE_URL and DB_URL name different databases: remove DB_URL, the older name");
    }
    modern.or(older)
}

/// `postgresql+psycopg2://` and its like name a driver of Python; the database is the same.
fn url(reader: &mut Reader, name: &str) -> Option<SecretString> {
    let text = reader.text(name)?;
    let (scheme, rest) = text.split_once(':').unwrap_or_default();
    let scheme = scheme.split('+').next().unwrap_or_default();
    let whole = format!("{scheme}:{rest}");
    let problem = match scheme {
        "sqlite" => return Some(SecretString::from(whole)),
        "postgres" | "postgresql" => match Url::parse(&whole) {
            Ok(url) if is_whole(&url) => return Some(SecretString::from(whole)),
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
