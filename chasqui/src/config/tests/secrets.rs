//! Passwords and secrets: none is shown, none is changed, and none that can be guessed is taken.

use super::*;

/// The places where a password may stand in what an operator has typed, rightly or wrongly.
const SHAPES_WITH_A_SECRET: [&str; 24] = [
    "HIDDEN",
    "u:HIDDEN@h",
    "amqp://u:HIDDEN@h",
    "amqp://u:HIDDEN@h/foro,amqp://v:HIDDEN@h2/foro",
    "h1,u:HIDDEN@h2",
    "amqp://u:HID/DEN@h/foro",
    "amqp://u:1/HIDDEN@h/foro",
    "amqp://u:1#HIDDEN@h/foro",
    "amqp://u:1?HIDDEN@h/foro",
    "amqp://u:HIDDEN@h/foro amqp://u:HIDDEN@h2/foro",
    "amqp://u:HIDDEN@h/foro;x",
    "amqp://u:HIDDEN@/foro",
    "amqp://u:HIDDEN@h:port/foro",
    "amqp://u:HIDDEN@[::1/foro",
    "postgresql://u:HIDDEN@h/db",
    "https://u:HIDDEN@h:1",
    "u:HIDDEN",
    "HIDDEN:5672:1",
    "tcp://HIDDEN:1",
    "h:HIDDEN",
    "%HIDDEN%",
    "\u{1b}HIDDEN",
    "HIDDEN,",
    ",HIDDEN,,",
];

const SETTINGS_OF_PLACES: [&str; 37] = [
    "AMQP_URL",
    "RABBITMQ_HOST",
    "RABBITMQ_PORT",
    "RABBITMQ_VHOST",
    "RABBITMQ_USERNAME",
    "RABBITMQ_MANAGEMENT_URL",
    "DATABASE_URL",
    "DB_URL",
    "SMTP_HOST",
    "SMTP_PORT",
    "TWILIO_BASE_URL",
    "FCM_BASE_URL",
    "FCM_TOKEN_URL",
    "SENDGRID_BASE_URL",
    "WHATSAPP_CLOUD_BASE_URL",
    "APNS_BASE_URL",
    "TELEGRAM_BASE_URL",
    "SLACK_BASE_URL",
    "OUTBOUND_ALLOW",
    "API_LISTEN",
    "PUBLIC_URL",
    "METRICS_LISTEN",
    "WS_LISTEN",
    "WS_ORIGINS",
    "WS_PUBLIC_URL",
    "FILES_LISTEN",
    "FILES_PUBLIC_URL",
    "FILES_SCAN",
    "MINIO_ENDPOINT",
    "MINIO_BUCKET_NAME",
    "MINIO_REGION",
    "CLAMAV_HOST",
    "CLAMAV_PORT",
    "AMQP_TOPOLOGY",
    "AMQP_ALLOW_PLAINTEXT",
    "LOG",
    "SANDBOX",
];

#[test]
fn no_password_is_shown_whatever_stands_in_the_settings_of_the_broker() {
    for name in SETTINGS_OF_PLACES {
        for shape in SHAPES_WITH_A_SECRET {
            let host = if name.starts_with("RABBITMQ_") { "127.0.0.1" } else { "" };
            let pairs = [("RABBITMQ_HOST", host), RIGHT[2], (name, shape)];
            for role in [Role::Worker, Role::Up, Role::Broker] {
                match Config::read(REFERENCE.with(pairs), role) {
                    Err(problems) => {
                        let told = problems.to_string();
                        assert!(!told.contains("HIDDEN") && !told.contains("DEN@"), "{name}={shape}: {told}");
                    }
                    // The name of a host, a user or a virtual host may be anything, and is shown.
                    Ok(config) => {
                        let shown = config
                            .topology
                            .broker
                            .map(|broker| topology::Broker::new(broker.url, "test").unwrap().address());
                        assert!(!shown.unwrap_or_default().contains("HIDDEN@"), "{name}={shape}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_password_keeps_its_spaces_and_loses_the_line_end_of_its_file() {
    use secrecy::ExposeSecret as _;
    let email = [("SMTP_HOST", "h.example"), ("FROM_EMAIL", "a@example.org"), ("SMTP_USER", "u"), ("SANDBOX", "off")];
    let password = |sources: Sources| {
        let config = Config::read(sources, Role::Worker).unwrap_or_else(|problems| panic!("{problems}"));
        config.channels.smtp.password.unwrap().expose_secret().to_owned()
    };
    let given = |value| password(REFERENCE.with(RIGHT.iter().chain(&email).copied().chain([("SMTP_PASSWORD", value)])));
    assert_eq!(given("  sp  "), "  sp  ");
    assert_eq!(given("of a file\n"), "of a file");
    let pairs: String = RIGHT.iter().chain(&email).map(|(name, value)| format!("{name}={value}\n")).collect();
    for (line, value) in [
        ("SMTP_PASSWORD=abc$def", "abc$def"),
        ("SMTP_PASSWORD=a$$b", "a$$b"),
        ("SMTP_PASSWORD=ends$", "ends$"),
        ("SMTP_PASSWORD=pa$HOME", "pa$HOME"),
        ("SMTP_PASSWORD='abc$def'", "abc$def"),
        ("SMTP_PASSWORD=abc#def", "abc#def"),
        ("SMTP_PASSWORD='contraseña-ñ€'", "contraseña-ñ€"),
        ("SMTP_PASSWORD='  sp  '", "  sp  "),
        ("SMTP_PASSWORD=abcd efgh ijkl mnop", "abcd efgh ijkl mnop"),
    ] {
        assert_eq!(password(REFERENCE.with_dotenv(format!("{pairs}{line}\n").as_bytes())), value, "{line}");
    }
}

#[test]
fn a_secret_that_is_long_and_can_be_guessed_is_refused() {
    let guessable = ["a".repeat(32), "ab".repeat(40), "0123456789abcdef".repeat(2)];
    for secret in &guessable {
        for name in ["SECRET_KEY", "BOOTSTRAP_TOKEN"] {
            let told = one_problem(&[(name, secret.as_str())]);
            assert!(told.starts_with(name) && told.contains("openssl rand -hex"), "{told}");
            assert!(!told.contains(secret.as_str()), "{told}");
        }
        // An operator who leaves such a secret behind must still find what it hashed.
        let left_behind = [("SANDBOX", "missing"), ("SECRET_KEY_PREVIOUS", secret.as_str())];
        assert!(read(Role::Worker, &left_behind).is_ok(), "{secret}");
    }
}

#[test]
fn a_secret_that_is_the_path_of_a_file_is_warned_of_and_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("9c2f7b1e-hidden-4ad8-secret.key");
    std::fs::write(&path, SECRET).unwrap();
    let told = warnings(Role::Worker, &[("SECRET_KEY", path.to_str().unwrap())]);
    assert!(told.len() == 1 && told[0].starts_with("SECRET_KEY is the path of a file"), "{told:#?}");
    assert!(!told[0].contains("hidden"), "{told:#?}");
}

#[test]
fn webhooks_are_sent_where_the_operator_says_so_and_signed_with_keys_of_the_secret() {
    let sent = |settings: &[(&str, &str)]| {
        let channels = read(Role::Worker, settings).unwrap_or_else(|problems| panic!("{problems}")).channels;
        assert!(channels.webhook.keys.is_some(), "{settings:?}");
        let lines = crate::channel_lines::lines(&channels);
        lines.iter().any(|line| line == "webhook    really sent, by webhook")
    };
    assert!(sent(&[("SANDBOX", "off"), ("WEBHOOKS", "true")]));
    assert!(!sent(&[("SANDBOX", "missing")]));
    assert!(!sent(&[("SANDBOX", "all"), ("WEBHOOKS", "true")]));
}
