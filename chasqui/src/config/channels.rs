//! The providers' settings, those that this version knows and refuses, and what is there only by halves.

use ::channels::{Channels, SandboxMode, Settings, fcm, known, prefixes, smtp, twilio};

use super::place;
use super::reader::Reader;

/// `sends`: the process sends, so that what is missing is a problem. `up`: everything is captured unless the operator says
/// otherwise.
pub(super) fn read(reader: &mut Reader, sends: bool, up: bool) -> Settings {
    refuse_what_is_not_built(reader);
    let settings = Settings {
        only: only(reader),
        sandbox: sandbox(reader, up),
        provider_timeout: reader.seconds("PROVIDER_TIMEOUT_SECONDS"),
        smtp: smtp(reader),
        twilio: twilio::Settings {
            account_sid: reader.text("TWILIO_ACCOUNT_SID"),
            auth_token: reader.password("TWILIO_AUTH_TOKEN"),
            from_number: reader.text("TWILIO_FROM_NUMBER"),
            whatsapp_from: reader.text("TWILIO_WHATSAPP_FROM"),
            base_url: reader.text("TWILIO_BASE_URL"),
            max_per_second: reader.optional_number("TWILIO_MAX_PER_SECOND", 1..=100_000),
        },
        fcm: fcm::Settings {
            project_id: reader.text("FIREBASE_PROJECT_ID"),
            service_account_key: reader.secret("FIREBASE_SERVICE_ACCOUNT_KEY"),
            base_url: reader.text("FCM_BASE_URL"),
            token_url: reader.text("FCM_TOKEN_URL"),
        },
        others: reader.with_prefixes(&prefixes()),
    };
    warn_of_mail_in_clear(reader, &settings.smtp);
    check(reader, &settings, sends);
    settings
}

/// The channels that are known among the words of `CHANNELS`. The others are told by their place: what stands there may
/// be the value of another setting.
fn only(reader: &mut Reader) -> Option<Vec<String>> {
    let list = reader.text("CHANNELS")?.to_ascii_lowercase();
    let words: Vec<&str> = list.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
    let known = known();
    let (right, wrong): (Vec<_>, Vec<_>) = words.iter().enumerate().partition(|(_, word)| known.contains(word));
    for (at, word) in &wrong {
        let hint = domain::nearest(word, known.iter().copied()).map(|near| format!("did you mean {near}? "));
        reader.problem(format!(
            "CHANNELS has a word that is no channel, number {} of {}: {}known are {}",
            at + 1,
            words.len(),
            hint.unwrap_or_default(),
            known.join(", ")
        ));
    }
    if right.is_empty() && !wrong.is_empty() {
        reader.is_wrong("CHANNELS");
    }
    Some(right.into_iter().map(|(_, word)| (*word).to_owned()).collect())
}

/// What everybody on the way can read, and ports that belong to another kind of encryption.
fn warn_of_mail_in_clear(reader: &mut Reader, smtp: &smtp::Settings) {
    let elsewhere = smtp.host.as_deref().is_some_and(|host| !place::is_this_machine(host));
    if smtp.tls == smtp::Tls::None
        && smtp.password.is_some()
        && elsewhere
        && reader.are_right(&["SMTP_TLS", "SMTP_HOST"])
    {
        reader.warn(
            "SMTP_TLS=none sends SMTP_PASSWORD to another machine unencrypted: set SMTP_TLS=starttls or implicit, unless \
             nobody else can read what passes there",
        );
    }
    let usual = match (smtp.tls, smtp.port) {
        (smtp::Tls::Implicit, Some(25 | 587)) => "SMTP_TLS=implicit goes with port 465: set SMTP_TLS=starttls",
        (smtp::Tls::StartTls, Some(465)) => "SMTP_TLS=starttls goes with port 587: set SMTP_TLS=implicit",
        (smtp::Tls::None, Some(465)) => "SMTP_TLS=none goes with port 25: set SMTP_TLS=implicit",
        _ => return,
    };
    if reader.are_right(&["SMTP_TLS", "SMTP_PORT"]) {
        reader.warn(format!("SMTP_PORT and SMTP_TLS contradict each other. {usual}, or leave SMTP_PORT out"));
    }
}

/// What is there by halves is told in any case; it is a problem where it would send less than its operator believes.
fn check(reader: &mut Reader, settings: &Settings, sends: bool) {
    let halves = half_configured(reader, settings);
    if !sends || settings.sandbox == SandboxMode::All {
        halves.iter().for_each(|(name, what)| reader.warn(format!("{name} {what}")));
    } else {
        halves.iter().for_each(|(name, what)| reader.refuse(name, what));
    }
    if !sends {
        return;
    }
    for problem in Channels::enable(settings).err().unwrap_or_default() {
        // What is refused already is not called missing as well.
        let name = problem.split([' ', ':']).next().unwrap_or_default();
        if reader.are_right(&[name]) && (halves.is_empty() || name != "CHANNELS") {
            reader.problem(problem);
        }
    }
    if settings.sandbox == SandboxMode::All {
        // While everything is captured, nobody else looks at what a provider was given.
        let live = Settings { sandbox: SandboxMode::Missing, ..settings.clone() };
        let asleep = Channels::enable(&live).err().unwrap_or_default();
        let asleep = asleep.into_iter().filter(|problem| !problem.starts_with("CHANNELS"));
        let told = |problem: &String| halves.iter().any(|(name, _)| problem.starts_with(name));
        asleep.filter(|problem| !told(problem)).for_each(|problem| reader.warn(problem));
    }
}

/// The settings that are missing beside others of the same provider: without a word, its channel would be captured or off.
fn half_configured(reader: &Reader, settings: &Settings) -> Vec<(&'static str, String)> {
    let wanted = |channel: &str| settings.only.as_ref().is_none_or(|only| only.iter().any(|name| name == channel));
    let mut told = Vec::new();
    let mut tell = |missing: &'static str, beside: &[&'static str], less: &str| {
        let beside = reader.set_of(beside);
        if !beside.is_empty() && reader.given_of(&[missing]).is_empty() {
            told.push((missing, format!("is not set, but {}: {less}", listed(&beside))));
        }
    };
    if wanted("email") {
        let beside = ["SMTP_USER", "SMTP_PASSWORD", "SMTP_PORT", "SMTP_TLS", "SMTP_CA_FILE", "FROM_EMAIL", "FROM_NAME"];
        tell("SMTP_HOST", &beside, "email is not sent without it");
    }
    if wanted("push") {
        let beside = ["FIREBASE_PROJECT_ID", "FCM_BASE_URL", "FCM_TOKEN_URL"];
        tell("FIREBASE_SERVICE_ACCOUNT_KEY", &beside, "push is not sent without it");
    }
    let sender = reader.given_of(&["TWILIO_FROM_NUMBER", "TWILIO_WHATSAPP_FROM"]);
    if (wanted("sms") || wanted("whatsapp")) && sender.is_empty() {
        let beside = ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_BASE_URL", "TWILIO_MAX_PER_SECOND"];
        let less = "sms is not sent without it, and whatsapp not without TWILIO_WHATSAPP_FROM";
        tell("TWILIO_FROM_NUMBER", &beside, less);
    }
    told
}

fn listed(names: &[&str]) -> String {
    format!("{} {} set", names.join(", "), if names.len() == 1 { "is" } else { "are" })
}

fn sandbox(reader: &mut Reader, up: bool) -> SandboxMode {
    let Some(text) = reader.text("SANDBOX") else {
        return if up { SandboxMode::All } else { SandboxMode::Off };
    };
    SandboxMode::parse(&text).unwrap_or_else(|| {
        reader.refuse("SANDBOX", "must be all, missing or off");
        SandboxMode::All
    })
}

fn smtp(reader: &mut Reader) -> smtp::Settings {
    smtp::Settings {
        host: place::host(reader, "SMTP_HOST", "SMTP_PORT"),
        port: reader.port("SMTP_PORT"),
        tls: reader.choice(
            "SMTP_TLS",
            &[("starttls", smtp::Tls::StartTls), ("implicit", smtp::Tls::Implicit), ("none", smtp::Tls::None)],
        ),
        user: reader.text("SMTP_USER"),
        password: reader.password("SMTP_PASSWORD"),
        ca_file: reader.path("SMTP_CA_FILE"),
        max_connections: reader.optional_number("SMTP_MAX_CONNECTIONS", 1..=1000),
        hello: reader.text("SMTP_HELLO"),
        reply_to: reader.text("SMTP_REPLY_TO"),
        from_email: reader.text("FROM_EMAIL"),
        from_name: reader.text("FROM_NAME"),
    }
}

fn refuse_what_is_not_built(reader: &mut Reader) {
    let sendgrid = reader.given_of(&["SENDGRID_API_KEY", "SENDGRID_BASE_URL"]);
    if !sendgrid.is_empty() || reader.text("EMAIL_PROVIDER").is_some_and(|provider| provider != "smtp") {
        reader.problem(
            "email by SendGrid is not in this version: leave SENDGRID_API_KEY and SENDGRID_BASE_URL empty, set EMAIL_PROVIDER=smtp, and use SMTP_HOST=smtp.sendgrid.net with SMTP_USER=apikey instead",
        );
    }
    if !reader.given_of(&["WEB_VAPID_PUBLIC_KEY", "WEB_VAPID_PRIVATE_KEY"]).is_empty() {
        reader.problem("Web Push is not in this version: leave WEB_VAPID_PUBLIC_KEY and WEB_VAPID_PRIVATE_KEY empty");
    }
}
