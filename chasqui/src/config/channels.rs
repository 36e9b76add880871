//! The providers' settings, and those that this version knows and refuses.

use ::channels::{SandboxMode, Settings, fcm, prefixes, smtp, twilio};

use super::source::Reader;

/// `needed`: the process sends, so that nothing enabled is a problem. `up`: everything is captured
/// unless the operator says otherwise.
pub(super) fn read(reader: &mut Reader, needed: bool, up: bool) -> Settings {
    refuse_what_is_not_built(reader);
    let settings = Settings {
        only: reader.text("CHANNELS").map(|list| {
            list.split(',').map(|word| word.trim().to_ascii_lowercase()).filter(|word| !word.is_empty()).collect()
        }),
        sandbox: sandbox(reader, up),
        provider_timeout: reader.seconds("PROVIDER_TIMEOUT_SECONDS"),
        smtp: smtp(reader),
        twilio: twilio::Settings {
            account_sid: reader.text("TWILIO_ACCOUNT_SID"),
            auth_token: reader.secret("TWILIO_AUTH_TOKEN"),
            from_number: reader.text("TWILIO_FROM_NUMBER"),
            whatsapp_from: reader.text("TWILIO_WHATSAPP_FROM"),
            base_url: reader.text("TWILIO_BASE_URL"),
            max_per_second: reader.optional("TWILIO_MAX_PER_SECOND", "a whole number of requests a second"),
        },
        fcm: fcm::Settings {
            project_id: reader.text("FIREBASE_PROJECT_ID"),
            service_account_key: reader.secret("FIREBASE_SERVICE_ACCOUNT_KEY"),
            base_url: reader.text("FCM_BASE_URL"),
            token_url: reader.text("FCM_TOKEN_URL"),
        },
        others: reader.with_prefixes(&prefixes()),
    };
    if needed && let Err(problems) = ::channels::Channels::enable(&settings) {
        problems.into_iter().for_each(|problem| reader.problem(problem));
    }
    settings
}

fn sandbox(reader: &mut Reader, up: bool) -> SandboxMode {
    let Some(text) = reader.text("SANDBOX") else {
        return if up { SandboxMode::All } else { SandboxMode::Off };
    };
    SandboxMode::parse(&text).unwrap_or_else(|| {
        reader.problem("SANDBOX must be all, missing or off");
        SandboxMode::All
    })
}

fn smtp(reader: &mut Reader) -> smtp::Settings {
    smtp::Settings {
        host: reader.text("SMTP_HOST"),
        port: reader.optional("SMTP_PORT", "a port number"),
        tls: reader.choice(
            "SMTP_TLS",
            &[("starttls", smtp::Tls::StartTls), ("implicit", smtp::Tls::Implicit), ("none", smtp::Tls::None)],
        ),
        user: reader.text("SMTP_USER"),
        password: reader.secret("SMTP_PASSWORD"),
        ca_file: reader.path("SMTP_CA_FILE"),
        max_connections: reader.optional("SMTP_MAX_CONNECTIONS", "a whole number"),
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
