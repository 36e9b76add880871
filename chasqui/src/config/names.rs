//! What is known about the names of the settings: which ones exist, what others call them, and which names only look
//! like ours.

use runtime::settings::Reference;

/// The reference of all settings, as text.
pub const DEFAULTS: &str = include_str!("../../../config.default.toml");

/// All settings of this binary.
pub static REFERENCE: Reference = Reference {
    defaults: DEFAULTS,
    example: "log",
    other_names: OTHER_NAMES,
    in_files: IN_FILES,
    other_words: OTHER_WORDS,
    program: "CHASQUI_",
    beside: BESIDE,
    of_others: OF_OTHERS,
    common: COMMON,
    prefixes: channels::prefixes,
};

/// Variables in the same environment that begin like ours and belong to others: RabbitMQ's server, the links of
/// Kubernetes to services, and this project's own `compose.yaml`.
const OF_OTHERS: &[&str] = &[
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
/// The names that people and other programs have for our settings, a space between the names. All begin like ours,
/// or are a word that nobody else has, because a file may be shared with other programs.
const OTHER_NAMES: &[(&str, &str)] = &[
    ("ACCESS_TOKEN_EXPIRE_MINUTES", "JWT_EXPIRE_MINUTES JWT_EXPIRATION JWT_LIFETIME"),
    ("ALGORITHM", "JWT_ALGORITHM JWT_ALG"),
    ("AMQP_URL", "RABBITMQ_URL RABBITMQ_URI RABBITMQ_ADDRESS RABBITMQ_ADDRESSES AMQP_URI AMQP_ADDRESS AMQP_BROKER_URL"),
    ("APNS_BASE_URL", "APNS_URL APNS_HOST APNS_ENDPOINT APNS_SERVER APNS_ENVIRONMENT APNS_SANDBOX APNS_PRODUCTION"),
    ("APNS_KEY", "APNS_AUTH_KEY APNS_PRIVATE_KEY APNS_SIGNING_KEY APNS_P8 APNS_KEY_P8 APNS_KEY_FILE APNS_KEY_PATH"),
    ("APNS_TEAM_ID", "APNS_TEAM APNS_ISSUER"),
    ("APNS_TOPIC", "APNS_BUNDLE APNS_BUNDLE_ID APNS_APP_ID APNS_TOPIC_ID"),
    ("API_LISTEN", "API_ADDR API_ADDRESS API_BIND API_HOST API_PORT"),
    ("CHANNELS", "CHANEL CHANNELS_ENABLED CHANNELS_LIST"),
    (
        "DATABASE_URL",
        "DATABASE_HOST DATABASE_PORT DATABASE_NAME DATABASE_USER DATABASE_PASSWORD DATABASE_URI DATABASE_DSN \
         DB_HOST DB_PORT DB_NAME DB_USER DB_PASSWORD DB_URI DB_DSN",
    ),
    ("DATABASE_MAX_CONNECTIONS", "DATABASE_POOL_SIZE DB_POOL_SIZE DB_MAX_CONNECTIONS"),
    ("EMAIL_BOUNCE_ADDRESS", "SMTP_BOUNCE_ADDRESS SMTP_RETURN_PATH EMAIL_RETURN_PATH EMAIL_BOUNCES"),
    ("EMAIL_DKIM_DOMAIN", "SMTP_DKIM_DOMAIN"),
    (
        "EMAIL_DKIM_PRIVATE_KEY_FILE",
        "SMTP_DKIM_KEY SMTP_DKIM_KEY_FILE SMTP_DKIM_PRIVATE_KEY SMTP_DKIM_PRIVATE_KEY_FILE EMAIL_DKIM_KEY \
         EMAIL_DKIM_KEY_FILE EMAIL_DKIM_KEY_PATH EMAIL_DKIM_PRIVATE_KEY EMAIL_DKIM_PRIVATE_KEY_PATH",
    ),
    ("EMAIL_DKIM_SELECTOR", "SMTP_DKIM_SELECTOR"),
    ("FIREBASE_PROJECT_ID", "FCM_PROJECT_ID FIREBASE_PROJECT"),
    (
        "FIREBASE_SERVICE_ACCOUNT_KEY",
        "FIREBASE_CREDENTIALS FIREBASE_KEY FIREBASE_SERVICE_ACCOUNT FIREBASE_SERVICE_ACCOUNT_JSON FCM_SERVICE_ACCOUNT \
         FCM_SERVICE_ACCOUNT_KEY FCM_CREDENTIALS FCM_SERVER_KEY FCM_KEY",
    ),
    (
        "FROM_EMAIL",
        "SMTP_FROM SMTP_FROM_EMAIL SMTP_SENDER FROM_ADDRESS SENDGRID_FROM SENDGRID_FROM_EMAIL SENDGRID_SENDER",
    ),
    ("FROM_NAME", "SMTP_FROM_NAME SENDGRID_FROM_NAME"),
    ("LOG", "LOG_LEVEL"),
    ("METRICS_LISTEN", "METRICS_ADDR METRICS_ADDRESS METRICS_BIND METRICS_HOST METRICS_PORT"),
    ("OUTBOUND_ALLOW", "OUTBOUND_ALLOWED OUTBOUND_ALLOWLIST OUTBOUND_ALLOW_LIST OUTBOUND_WHITELIST"),
    ("RABBITMQ_HOST", "AMQP_HOST AMQP_HOSTS"),
    ("RABBITMQ_PASSWORD", "RABBITMQ_PASS RABBITMQ_PASSWD RABBITMQ_PWD AMQP_PASSWORD"),
    ("RABBITMQ_PORT", "AMQP_PORT"),
    ("RABBITMQ_USERNAME", "RABBITMQ_USER RABBITMQ_LOGIN AMQP_USER AMQP_USERNAME"),
    ("RABBITMQ_VHOST", "RABBITMQ_VIRTUAL_HOST AMQP_VHOST"),
    ("SANDBOX", "SANDBOX_MODE SANDBOX_ENABLED"),
    ("SECRET_KEY", "JWT_SECRET JWT_SECRET_KEY JWT_KEY"),
    ("SECRET_KEY_PREVIOUS", "SECRET_KEY_PREV SECRET_KEY_OLD SECRET_KEY_LAST"),
    ("SENDGRID_API_KEY", "SENDGRID_KEY SENDGRID_TOKEN SENDGRID_APIKEY"),
    ("SMTP_HOST", "SMTP_SERVER SMTP_ADDRESS SMTP_URL"),
    ("SMTP_PASSWORD", "SMTP_PASS SMTP_PASSWD SMTP_PWD"),
    ("SMTP_TLS", "SMTP_SSL SMTP_SECURE SMTP_STARTTLS SMTP_ENCRYPTION SMTP_USE_TLS SMTP_USE_SSL SMTP_SECURITY"),
    ("SMTP_USER", "SMTP_LOGIN SMTP_USERNAME"),
    ("TWILIO_ACCOUNT_SID", "TWILIO_SID TWILIO_ACCOUNT TWILIO_ACCOUNT_ID"),
    ("TWILIO_API_KEY_SECRET", "TWILIO_API_SECRET TWILIO_KEY_SECRET"),
    ("TWILIO_API_KEY_SID", "TWILIO_API_KEY TWILIO_KEY_SID TWILIO_API_SID"),
    ("TWILIO_AUTH_TOKEN", "TWILIO_TOKEN TWILIO_AUTH"),
    ("TWILIO_FROM_NUMBER", "TWILIO_FROM TWILIO_NUMBER TWILIO_PHONE_NUMBER TWILIO_PHONE TWILIO_SENDER"),
    (
        "TWILIO_MESSAGING_SERVICE_SID",
        "TWILIO_MESSAGING_SERVICE TWILIO_MESSAGING_SID TWILIO_MESSAGE_SERVICE_SID TWILIO_SERVICE_SID",
    ),
    ("WEB_VAPID_PRIVATE_KEY", "WEB_VAPID_PRIVATE WEB_VAPID_SECRET_KEY WEB_VAPID_KEY"),
    ("WEB_VAPID_PUBLIC_KEY", "WEB_VAPID_PUBLIC"),
    ("WEB_VAPID_SUBJECT", "WEB_VAPID_SUB WEB_VAPID_EMAIL WEB_VAPID_MAILTO WEB_VAPID_CONTACT"),
    (
        "WHATSAPP_CLOUD_ACCESS_TOKEN",
        "WHATSAPP_CLOUD_TOKEN WHATSAPP_CLOUD_KEY WHATSAPP_CLOUD_API_TOKEN WHATSAPP_CLOUD_API_KEY \
         WHATSAPP_CLOUD_API_ACCESS_TOKEN",
    ),
    ("WHATSAPP_CLOUD_APP_SECRET", "WHATSAPP_CLOUD_SECRET WHATSAPP_CLOUD_WEBHOOK_SECRET"),
    ("WHATSAPP_CLOUD_BASE_URL", "WHATSAPP_CLOUD_URL WHATSAPP_CLOUD_API_URL WHATSAPP_CLOUD_API_VERSION"),
    (
        "WHATSAPP_CLOUD_PHONE_NUMBER_ID",
        "WHATSAPP_CLOUD_FROM WHATSAPP_CLOUD_NUMBER WHATSAPP_CLOUD_NUMBER_ID WHATSAPP_CLOUD_PHONE_ID \
         WHATSAPP_CLOUD_PHONE_NUMBER WHATSAPP_CLOUD_API_PHONE_NUMBER_ID",
    ),
    ("WHATSAPP_CLOUD_VERIFY_TOKEN", "WHATSAPP_CLOUD_WEBHOOK_TOKEN WHATSAPP_CLOUD_WEBHOOK_VERIFY_TOKEN"),
    ("WORKER_CONCURRENCY", "WORKER_PREFETCH WORKER_THREADS WORKER_COUNT"),
];
/// Like `OTHER_NAMES`, but other programs have these names too. Only in a file of settings do they count as meant for
/// us; a `.env`, which may be shared, is not refused for them.
const IN_FILES: &[(&str, &str)] = &[
    ("AMBIGUITY", "AMBIGUOUS"),
    ("AMQP_URL", "BROKER_URL BROKER CELERY_BROKER_URL CLOUDAMQP_URL"),
    ("BOOTSTRAP_TOKEN", "BOOTSTRAP"),
    ("DATABASE_URL", "DATABASE POSTGRES_URL POSTGRESQL_URL POSTGRES_URI POSTGRES_DSN PG_URL"),
    ("DEFAULT_LOCALE", "LANGUAGE LOCALE DEFAULT_LANGUAGE DEFAULT_LANG"),
    ("EMAIL_BOUNCE_ADDRESS", "BOUNCE_ADDRESS RETURN_PATH MAIL_RETURN_PATH"),
    ("EMAIL_DKIM_DOMAIN", "DKIM_DOMAIN"),
    ("EMAIL_DKIM_PRIVATE_KEY_FILE", "DKIM_KEY DKIM_KEY_FILE DKIM_PRIVATE_KEY DKIM_PRIVATE_KEY_FILE"),
    ("EMAIL_DKIM_SELECTOR", "DKIM_SELECTOR"),
    ("FROM_EMAIL", "MAIL_FROM MAIL_FROM_ADDRESS EMAIL_FROM_ADDRESS DEFAULT_FROM_EMAIL"),
    ("FROM_NAME", "MAIL_FROM_NAME EMAIL_FROM_NAME"),
    ("LOG", "LOGLEVEL"),
    ("RETENTION_DAYS", "RETENTION"),
    ("SCHEDULER_DEMO_TIMEZONE", "TIMEZONE"),
    ("SECRET_KEY", "SECRET APP_SECRET APP_SECRET_KEY"),
    ("SECRET_KEY_FILE", "SECRET_FILE"),
    ("SECRET_KEY_PREVIOUS", "OLD_SECRET_KEY PREV_SECRET_KEY SECRET_PREVIOUS SECRET_OLD"),
    ("SMTP_HOST", "MAIL_HOST MAIL_SERVER EMAIL_HOST EMAIL_SERVER"),
    ("SMTP_PASSWORD", "MAIL_PASSWORD EMAIL_HOST_PASSWORD EMAIL_PASSWORD"),
    ("SMTP_PORT", "MAIL_PORT EMAIL_PORT"),
    ("SMTP_TLS", "MAIL_ENCRYPTION EMAIL_USE_TLS EMAIL_USE_SSL"),
    ("SMTP_USER", "MAIL_USER MAIL_USERNAME EMAIL_HOST_USER EMAIL_USER"),
    ("TEMPLATES_DIR", "TEMPLATES"),
    ("WEB_VAPID_PRIVATE_KEY", "VAPID_PRIVATE_KEY"),
    ("WEB_VAPID_PUBLIC_KEY", "VAPID_PUBLIC_KEY"),
    ("WEB_VAPID_SUBJECT", "VAPID_SUBJECT VAPID_EMAIL VAPID_MAILTO"),
    ("WHATSAPP_CLOUD_ACCESS_TOKEN", "WHATSAPP_ACCESS_TOKEN WHATSAPP_TOKEN WHATSAPP_API_TOKEN"),
    ("WHATSAPP_CLOUD_APP_SECRET", "WHATSAPP_APP_SECRET"),
    ("WHATSAPP_CLOUD_PHONE_NUMBER_ID", "WHATSAPP_PHONE_NUMBER_ID WHATSAPP_PHONE_ID"),
    ("WHATSAPP_CLOUD_VERIFY_TOKEN", "WHATSAPP_VERIFY_TOKEN WHATSAPP_WEBHOOK_VERIFY_TOKEN"),
    ("WORKER_CONCURRENCY", "CONCURRENCY WORKERS"),
    ("WORKER_MAX_RETRIES", "MAX_RETRIES"),
    ("WORKER_RETRY_DELAY_1", "RETRY_DELAY_1"),
    ("WORKER_RETRY_DELAY_2", "RETRY_DELAY_2"),
    ("WORKER_RETRY_DELAY_3", "RETRY_DELAY_3"),
];
/// What others say instead of a word of ours. With many of them, `tls` is what STARTTLS makes of a connection.
const OTHER_WORDS: &[(&str, &str, &str)] = &[
    ("SMTP_TLS", "starttls", "tls"),
    ("SMTP_TLS", "implicit", "ssl smtps"),
    ("SMTP_TLS", "none", "off false no plain"),
    ("EVENTS", "all", "on yes true"),
    ("EVENTS", "ended", "end ending endings final finals"),
    ("EVENTS", "off", "no none false"),
    ("SANDBOX", "all", "on yes"),
    ("SANDBOX", "off", "no none"),
];
/// The names that this project's own `compose.yaml` reads from the same `.env`, and what people may write instead.
const BESIDE: &[(&str, &str)] = &[
    ("HOST_AMQP_PORT", "HOST_AMQP HOST_RABBITMQ_PORT"),
    ("HOST_API_PORT", "HOST_API HOST_HTTP_PORT"),
    ("HOST_GRAFANA_PORT", "HOST_GRAFANA"),
    ("HOST_MANAGEMENT_PORT", "HOST_MANAGEMENT HOST_RABBITMQ_MANAGEMENT_PORT"),
    ("HOST_PROMETHEUS_PORT", "HOST_PROMETHEUS"),
];
/// First words of settings with which the names of too many other programs begin: with these, only a spelling that is
/// nearly ours counts.
const COMMON: &[&str] = &["WEB_", "DEFAULT_", "SECRET_", "PUBLIC_", "DELIVERY_", "TRACE_"];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_names_that_compose_reads_are_those_that_are_no_settings() {
        let compose = include_str!("../../../compose.yaml");
        let names = compose.split("${").skip(1).filter_map(|rest| rest.split([':', '}']).next());
        let ports: BTreeSet<&str> = names.filter(|name| name.starts_with("HOST_")).collect();
        assert_eq!(ports, BESIDE.iter().map(|(name, _)| *name).collect::<BTreeSet<_>>());
    }

    #[test]
    fn every_setting_that_has_another_name_exists_and_no_other_name_is_a_setting() {
        let table: toml::Table = DEFAULTS.parse().unwrap();
        let settings: BTreeSet<String> = table.keys().map(|name| name.to_ascii_uppercase()).collect();
        for (setting, names) in OTHER_NAMES.iter().chain(IN_FILES) {
            assert!(settings.contains(*setting), "{setting}");
            for name in names.split(' ') {
                assert!(!settings.contains(name), "{name}");
            }
        }
    }
}
