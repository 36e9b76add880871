//! The settings of files: where they lie, what may come in, who scans them, and how much a tenant may have.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use domain::FileKind;
use runtime::settings::{Reader, did_you_mean, place_in_list};
use url::Url;

use crate::check::Encoding;
use crate::scanner::Scanner;
use crate::storage::Account;

const MIB: u64 = 1024 * 1024;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Whether files are scanned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scanning {
    Off,
    /// A file comes in without it while the scanner is away, and says so.
    IfAvailable,
    /// No file comes in while the scanner is away.
    Required,
}

/// The settings `FILES_…`, `MINIO_…`, `CLAMAV_…`, `MAX_FILE_SIZE_MB` and `ALLOWED_EXTENSIONS`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where files lie, and where they come in when they lie in a bucket.
    pub folder: PathBuf,
    /// Files of the operator that everybody may download.
    pub templates: Option<PathBuf>,
    /// The bucket, where they lie in one.
    pub(crate) account: Option<Account>,
    /// The most bytes of one file.
    pub max_bytes: u64,
    pub kinds: Vec<FileKind>,
    pub(crate) csv: Encoding,
    pub(crate) scanning: Scanning,
    pub(crate) scanner: Option<Scanner>,
    /// How many files of a tenant there may be, and how many bytes all of them may have.
    pub quota_files: u64,
    pub quota_bytes: u64,
    /// How long a file is kept whose sender does not say. None: until somebody deletes it.
    pub kept_for: Option<Duration>,
    /// Another address at which the API listens, for those who expect files at a port of their own.
    pub listen: Option<SocketAddr>,
}

impl Settings {
    /// Files in this folder, with the limits that everybody has who sets none: for tests of whoever uses them.
    pub fn in_folder(folder: PathBuf) -> Self {
        Self {
            folder,
            templates: None,
            account: None,
            max_bytes: 10 * MIB,
            kinds: FileKind::ALL.to_vec(),
            csv: Encoding::Utf8,
            scanning: Scanning::Off,
            scanner: None,
            quota_files: 1_000,
            quota_bytes: 100 * MIB,
            kept_for: None,
            listen: None,
        }
    }

    pub fn read(reader: &mut Reader) -> Self {
        let scanning = scanning(reader);
        let days: u64 = reader.number("FILES_EXPIRE_DAYS", 0..=36_500);
        Self {
            folder: PathBuf::from(reader.required_text("FILES_DIR")),
            templates: reader.path("FILES_TEMPLATES_DIR"),
            account: account(reader),
            max_bytes: reader.number("MAX_FILE_SIZE_MB", 1..=1024_u64) * MIB,
            kinds: kinds(reader),
            csv: if reader.flag("FILES_CSV_LATIN1") { Encoding::Latin1Too } else { Encoding::Utf8 },
            scanner: scanner(reader, scanning),
            scanning,
            quota_files: reader.number("FILES_QUOTA_FILES", 1..=10_000_000_u64),
            quota_bytes: reader.number("FILES_QUOTA_MB", 1..=10_000_000_u64) * MIB,
            kept_for: (days > 0).then(|| DAY * u32::try_from(days).unwrap_or(u32::MAX)),
            listen: reader.listen("FILES_LISTEN", "0.0.0.0:8004"),
        }
    }
}

/// Reads the kinds, each by its extension, with a dot before it or without.
fn kinds(reader: &mut Reader) -> Vec<FileKind> {
    let list = reader.required_text("ALLOWED_EXTENSIONS");
    let words: Vec<&str> = list.split(',').map(|word| word.trim().trim_start_matches('.')).collect();
    let mut kinds = Vec::new();
    for (at, word) in words.iter().enumerate().filter(|(_, word)| !word.is_empty()) {
        match FileKind::parse(word) {
            Some(kind) if kinds.contains(&kind) => {}
            Some(kind) => kinds.push(kind),
            None => {
                let known = FileKind::ALL.map(FileKind::extension);
                let place = place_in_list(at, words.len()).map(|place| format!("{place} ")).unwrap_or_default();
                let meant = did_you_mean(word, &known);
                reader.refuse(
                    "ALLOWED_EXTENSIONS",
                    format_args!("must be a list of {}: {place}is none of them{meant}", known.join(", ")),
                );
            }
        }
    }
    kinds
}

/// Reads whether files are scanned, by either name.
fn scanning(reader: &mut Reader) -> Scanning {
    let scanning = reader.choice(
        "FILES_SCAN",
        &[("off", Scanning::Off), ("if_available", Scanning::IfAvailable), ("required", Scanning::Required)],
    );
    let is_off = reader.text("CLAMAV_ENABLED").is_some() && !reader.flag("CLAMAV_ENABLED");
    if is_off && scanning == Scanning::Required && reader.are_right(&["CLAMAV_ENABLED"]) {
        reader.problem("CLAMAV_ENABLED=false contradicts FILES_SCAN=required: leave one of them out");
    }
    if is_off { Scanning::Off } else { scanning }
}

fn scanner(reader: &mut Reader, scanning: Scanning) -> Option<Scanner> {
    let host = reader.host("CLAMAV_HOST", "CLAMAV_PORT");
    let port = reader.port("CLAMAV_PORT");
    match (scanning, &host) {
        (Scanning::Required, None) => reader.problem("FILES_SCAN=required needs CLAMAV_HOST: the host of clamd"),
        (Scanning::Off, Some(_)) => reader.warn("CLAMAV_HOST has no effect with FILES_SCAN=off: no file is scanned"),
        _ => {}
    }
    let address = host.zip(port).filter(|_| scanning != Scanning::Off);
    address.map(|(host, port)| Scanner::new(host, port))
}

/// Reads the bucket, of which there are all parts or none.
fn account(reader: &mut Reader) -> Option<Account> {
    const PARTS: [&str; 3] = ["MINIO_ENDPOINT", "MINIO_ACCESS_KEY", "MINIO_SECRET_KEY"];
    let public_endpoint = reader.http_url("FILES_PUBLIC_URL", "https://files.example.com");
    let is_secure = reader.flag("MINIO_SECURE");
    let usual = reader.required_text("MINIO_BUCKET_NAME");
    let bucket = match reader.text("MINIO_BUCKET") {
        Some(bucket) => bucket,
        None => usual,
    };
    let region = reader.required_text("MINIO_REGION");
    let given = reader.given_of(&PARTS);
    if given.is_empty() {
        if public_endpoint.is_some() {
            reader.warn("FILES_PUBLIC_URL has no effect without MINIO_ENDPOINT: links to files lead to PUBLIC_URL");
        }
        return None;
    }
    for missing in PARTS.iter().filter(|part| !given.contains(part)) {
        reader.problem(format!("{missing} is missing: {} is set, and a bucket needs all of them", given.join(", ")));
    }
    let text = reader.text("MINIO_ENDPOINT")?;
    let scheme = if is_secure { "https" } else { "http" };
    let endpoint = if text.contains("://") { text } else { format!("{scheme}://{text}") };
    let is_right = Url::parse(&endpoint).is_ok_and(|url| {
        let is_bare = url.username().is_empty() && url.password().is_none() && url.query().is_none();
        is_bare && url.has_host() && matches!(url.scheme(), "http" | "https")
    });
    if !is_right {
        reader.refuse("MINIO_ENDPOINT", "must be a host with its port, such as minio:9000, or an http or https URL");
    }
    let (access_key, secret_key) = (reader.secret("MINIO_ACCESS_KEY")?, reader.secret("MINIO_SECRET_KEY")?);
    is_right.then_some(Account { endpoint, public_endpoint, bucket, region, access_key, secret_key })
}
