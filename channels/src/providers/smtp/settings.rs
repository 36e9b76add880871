//! The settings `SMTP_*` and `FROM_*`, and which of their values are most likely not meant.

use std::path::PathBuf;

use runtime::settings::{Kind, Setting, Values, is_this_machine};
use secrecy::SecretString;

use crate::section::{Half, Section, Warning};
use crate::sender::{FROM_EMAIL, FROM_NAME, REPLY_TO, Sender};

pub(super) const HOST: Setting = Setting { name: "SMTP_HOST", kind: Kind::Host { port: PORT.name } };
pub(super) const PORT: Setting = Setting::number("SMTP_PORT", 1, 65_535);
pub(super) const TLS: Setting = Setting { name: "SMTP_TLS", kind: Kind::Choice(&["starttls", "implicit", "none"]) };
pub(super) const USER: Setting = Setting::text("SMTP_USER");
pub(super) const PASSWORD: Setting = Setting::password("SMTP_PASSWORD");
pub(super) const CA_FILE: Setting = Setting::text("SMTP_CA_FILE");
pub(super) const MAX_CONNECTIONS: Setting = Setting::number("SMTP_MAX_CONNECTIONS", 1, 1000);
pub(super) const HELLO: Setting = Setting::text("SMTP_HELLO");
pub(super) const DKIM_SELECTOR: Setting = Setting::text("EMAIL_DKIM_SELECTOR");
pub(super) const DKIM_DOMAIN: Setting = Setting::text("EMAIL_DKIM_DOMAIN");
pub(super) const DKIM_KEY_FILE: Setting = Setting::text("EMAIL_DKIM_PRIVATE_KEY_FILE");
pub(super) const BOUNCE_ADDRESS: Setting = Setting::text("EMAIL_BOUNCE_ADDRESS");
const LIMITS: Setting = Setting::text("SMTP_LIMITS");

pub(super) const SECTION: Section = Section {
    settings: &[
        HOST,
        PORT,
        TLS,
        USER,
        PASSWORD,
        CA_FILE,
        MAX_CONNECTIONS,
        LIMITS,
        HELLO,
        DKIM_SELECTOR,
        DKIM_DOMAIN,
        DKIM_KEY_FILE,
        BOUNCE_ADDRESS,
        REPLY_TO,
        FROM_EMAIL,
        FROM_NAME,
    ],
    limits: Some(LIMITS),
    halves: &[Half {
        channels: &["email"],
        needs: &[HOST.name],
        beside: &[
            USER.name,
            PASSWORD.name,
            PORT.name,
            TLS.name,
            CA_FILE.name,
            HELLO.name,
            LIMITS.name,
            DKIM_SELECTOR.name,
            DKIM_DOMAIN.name,
            DKIM_KEY_FILE.name,
            BOUNCE_ADDRESS.name,
            REPLY_TO.name,
            FROM_EMAIL.name,
            FROM_NAME.name,
        ],
        less: "email is not sent without it",
    }],
};

/// `SMTP_*` and `FROM_*`. The default is that nothing is set.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `SMTP_HOST`
    pub host: Option<String>,
    /// `SMTP_PORT`: 587 with `starttls`, 465 with `implicit`, 25 with `none`.
    pub port: Option<u16>,
    /// `SMTP_TLS`
    pub tls: Tls,
    /// `SMTP_USER`. Without it, the client does not log in.
    pub user: Option<String>,
    /// `SMTP_PASSWORD`
    pub password: Option<SecretString>,
    /// `SMTP_HELLO`: how the client introduces itself. Without it, by the name of this machine, or by its address.
    pub hello: Option<String>,
    /// `SMTP_REPLY_TO`: where replies go, if not to `FROM_EMAIL`.
    pub reply_to: Option<String>,
    /// `FROM_EMAIL`
    pub from_email: Option<String>,
    /// `FROM_NAME`
    pub from_name: Option<String>,
    /// `SMTP_MAX_CONNECTIONS`: the most connections at once; at least one is always allowed.
    pub max_connections: usize,
    /// `SMTP_CA_FILE`: certificates in PEM that are trusted beside the system's.
    pub ca_file: Option<PathBuf>,
    /// `EMAIL_DKIM_SELECTOR`: where DNS has the key with which mails are verified. Without it, mails are not signed here.
    pub dkim_selector: Option<String>,
    /// `EMAIL_DKIM_DOMAIN`
    pub dkim_domain: Option<String>,
    /// `EMAIL_DKIM_PRIVATE_KEY_FILE`: the key that signs, in PEM.
    pub dkim_private_key_file: Option<PathBuf>,
    /// `EMAIL_BOUNCE_ADDRESS`: where mails come back to, with a label of the attempt. Without it, to `FROM_EMAIL`.
    pub bounce_address: Option<String>,
}

/// How the connection is encrypted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Tls {
    /// The client encrypts by STARTTLS, and sends nothing without it: there is no fallback to plain text.
    #[default]
    StartTls,
    /// The connection is encrypted from the first byte.
    Implicit,
    /// The connection is never encrypted, for a relay on this machine or in a trusted network.
    None,
}

impl Settings {
    pub(super) fn of(values: &Values) -> Self {
        Self {
            host: values.text(HOST),
            port: values.number(PORT),
            tls: values.text(TLS).and_then(|text| Tls::parse(&text)).unwrap_or_default(),
            user: values.text(USER),
            password: values.secret(PASSWORD),
            hello: values.text(HELLO),
            reply_to: values.text(REPLY_TO),
            from_email: values.text(FROM_EMAIL),
            from_name: values.text(FROM_NAME),
            max_connections: values.number(MAX_CONNECTIONS).unwrap_or_default(),
            ca_file: values.text(CA_FILE).map(PathBuf::from),
            dkim_selector: values.text(DKIM_SELECTOR),
            dkim_domain: values.text(DKIM_DOMAIN),
            dkim_private_key_file: values.text(DKIM_KEY_FILE).map(PathBuf::from),
            bounce_address: values.text(BOUNCE_ADDRESS),
        }
    }

    /// Whom mails come from, also those that another provider carries.
    ///
    /// # Errors
    /// Every problem, beginning with the name of its setting.
    pub(crate) fn sender(&self) -> Result<Sender, Vec<String>> {
        Sender::new(self.from_email.as_deref(), self.from_name.as_deref(), self.reply_to.as_deref())
    }
}

impl Tls {
    /// Reads `starttls`, `implicit` or `none`.
    fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "starttls" => Some(Self::StartTls),
            "implicit" => Some(Self::Implicit),
            "none" => Some(Self::None),
            _ => None,
        }
    }

    pub(super) fn default_port(self) -> u16 {
        match self {
            Self::StartTls => 587,
            Self::Implicit => 465,
            Self::None => 25,
        }
    }
}

/// Warnings about what everybody on the way can read, about ports that belong to another kind of encryption, and about
/// signatures that say nothing of the sender.
pub(super) fn warnings(smtp: &Settings) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let elsewhere = smtp.host.as_deref().is_some_and(|host| !is_this_machine(host));
    if smtp.tls == Tls::None && smtp.password.is_some() && elsewhere {
        let text = "SMTP_TLS=none sends SMTP_PASSWORD to another machine unencrypted: set SMTP_TLS=starttls or implicit, \
                    unless nobody else can read what passes there";
        warnings.push(Warning { about: &[TLS.name, HOST.name], text: text.into() });
    }
    let usual = match (smtp.tls, smtp.port) {
        (Tls::Implicit, Some(25 | 587)) => Some("SMTP_TLS=implicit goes with port 465: set SMTP_TLS=starttls"),
        (Tls::StartTls, Some(465)) => Some("SMTP_TLS=starttls goes with port 587: set SMTP_TLS=implicit"),
        (Tls::None, Some(465)) => Some("SMTP_TLS=none goes with port 25: set SMTP_TLS=implicit"),
        _ => None,
    };
    warnings.extend(usual.map(|usual| Warning {
        about: &[TLS.name, PORT.name],
        text: format!("SMTP_PORT and SMTP_TLS contradict each other. {usual}, or leave SMTP_PORT out"),
    }));
    warnings.extend(of_another_domain(smtp));
    warnings
}

/// Warns of signatures of a domain that is not the sender's: whoever receives such a mail takes it for one without (DMARC,
/// RFC 7489 section 3.1). Names that end alike count as of one owner.
fn of_another_domain(smtp: &Settings) -> Option<Warning> {
    let owner = |domain: &str| {
        let labels: Vec<&str> = domain.rsplit('.').take(2).collect();
        labels.join(".").to_ascii_lowercase()
    };
    let signing = owner(smtp.dkim_domain.as_deref()?);
    let (_, sender) = smtp.from_email.as_deref()?.rsplit_once('@')?;
    let text = "EMAIL_DKIM_DOMAIN is another domain than that of FROM_EMAIL: DMARC does not count such a signature";
    (signing != owner(sender)).then(|| Warning { about: &[DKIM_DOMAIN.name, FROM_EMAIL.name], text: text.into() })
}
