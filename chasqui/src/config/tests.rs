//! Mistakes in settings, at every place where one can be: each is reported once, with what to do, and no value is
//! repeated.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret as _;
use testkit::SECRET;
use testkit::keys::service_account;

use super::*;

mod admins;
mod at_once;
mod files;
mod gateway;
mod names;
mod polling;
mod providers;
mod secrets;
mod services;
mod typos;
mod without_effect;

const RIGHT: [(&str, &str); 3] =
    [("AMQP_URL", "amqp://u:p@127.0.0.1:5672/foro"), ("DATABASE_URL", "sqlite:x.db"), ("SECRET_KEY", SECRET)];

fn read(role: Role, settings: &[(&str, &str)]) -> Result<Config, Problems> {
    Config::read(REFERENCE.with(RIGHT.iter().chain(settings).copied()), role)
}

fn problems(role: Role, settings: &[(&str, &str)]) -> Vec<String> {
    read(role, settings).expect_err("refused").problems
}

fn warnings(role: Role, settings: &[(&str, &str)]) -> Vec<String> {
    let config = read(role, &[&[("SANDBOX", "all")], settings].concat());
    config.unwrap_or_else(|problems| panic!("{settings:?}: {problems}")).warnings
}

fn one_problem(settings: &[(&str, &str)]) -> String {
    let problems = problems(Role::Worker, &[&[("SANDBOX", "missing")], settings].concat());
    assert_eq!(problems.len(), 1, "{settings:?}: {problems:#?}");
    problems[0].clone()
}

#[test]
fn a_number_is_refused_once_with_its_range() {
    for (name, range) in [
        ("WORKER_CONCURRENCY", "a whole number from 4 to 1600"),
        ("WORKER_PREFETCH_MIB", "a whole number from 4 to 65536"),
        ("WORKER_MAX_RETRIES", "a whole number from 0 to 1000"),
        ("RETENTION_DAYS", "a whole number from 0 to 36500"),
        ("DATABASE_MAX_CONNECTIONS", "a whole number from 1 to 10000"),
        ("ACCESS_TOKEN_EXPIRE_MINUTES", "a whole number from 1 to 527040"),
        ("SMTP_MAX_CONNECTIONS", "a whole number from 1 to 1000"),
        ("TWILIO_MAX_PER_SECOND", "a whole number from 1 to 100000"),
        ("WORKER_LEASE_SECONDS", "a number of seconds from 0.001 to 31622400"),
        ("WORKER_RETRY_DELAY_3", "a number of seconds from 0.001 to 31622400"),
        ("PROVIDER_TIMEOUT_SECONDS", "a number of seconds from 0.001 to 31622400"),
        ("STUCK_AFTER_SECONDS", "a number of seconds from 0.001 to 31622400"),
    ] {
        for wrong in ["many", "-1", "1e99", "NaN", "99999999999999999999"] {
            let beside = [("TWILIO_FROM_NUMBER", "+15550001111")];
            let account = [("TWILIO_ACCOUNT_SID", "AC00000000000000000000000000000001"), ("TWILIO_AUTH_TOKEN", "t")];
            let told = one_problem(&[&[(name, wrong)], &beside[..], &account[..]].concat());
            assert!(told.starts_with(name) && told.contains(range) && !told.contains(wrong), "{name}={wrong}: {told}");
        }
    }
}

#[test]
fn a_host_with_something_around_it_is_explained() {
    for (host, words) in [
        ("mail.example:587", "put its port into SMTP_PORT=587"),
        ("smtp://mail.example", "not a URL"),
        ("mail.example/", "not a URL"),
        ("user:hidden@mail.example", "without a user or a password"),
        ("mail.example:many", "no port"),
        ("mail example", "a host name or an address"),
        ("one.example,two.example", "a host name or an address"),
    ] {
        let told = one_problem(&[("SMTP_HOST", host), ("FROM_EMAIL", "a@example.org")]);
        assert!(told.starts_with("SMTP_HOST") && told.contains(words) && !told.contains("hidden"), "{host}: {told}");
    }
    for host in ["mail.example", "192.0.2.7", "::1", "localhost", "mail_relay"] {
        read(
            Role::Worker,
            &[("SANDBOX", "off"), ("SMTP_HOST", host), ("FROM_EMAIL", "a@example.org"), ("SMTP_TLS", "none")],
        )
        .unwrap_or_else(|problems| panic!("{host}: {problems}"));
    }
}

#[test]
fn a_broker_of_which_only_the_host_is_given_is_asked_for_the_virtual_host_of_the_private_one() {
    let given = [("RABBITMQ_HOST", "127.0.0.1"), ("DATABASE_URL", "sqlite:x.db"), ("SECRET_KEY", SECRET)];
    let broker = Config::read(REFERENCE.with(given), Role::Api).expect("it is right").topology.broker;
    let url = broker.expect("it is given").url;
    assert_eq!(url.expose_secret().rsplit('/').next(), Some(embedded::VHOST));
}

#[test]
fn addresses_and_urls_say_how_they_are_written() {
    for (name, value, words) in [
        ("API_LISTEN", "localhost:8080", "an IP address and a port"),
        ("API_LISTEN", "8080", "an IP address and a port"),
        ("METRICS_LISTEN", ":9090", "an IP address and a port"),
        ("PUBLIC_URL", "notify.example.com", "must be an https URL"),
        ("PUBLIC_URL", "http://notify.example.com", "must be an https URL"),
        ("PUBLIC_URL", "https://u:hidden@notify.example.com", "without a user"),
        ("PUBLIC_URL", "https://notify.example.com/?hidden", "without a user, a query"),
        ("SMTP_PORT", "0", "a whole number from 1 to 65535"),
        ("SMTP_PORT", "smtp", "a whole number from 1 to 65535"),
        ("RABBITMQ_MANAGEMENT_URL", "localhost:15672", "must be a URL"),
        ("RABBITMQ_MANAGEMENT_URL", "http://u:12/hidden@h:15672", "percent-encode"),
        ("DATABASE_URL", "postgresql://u:12/hidden@h/db", "percent-encode"),
        ("DATABASE_URL", "mysql://u:hidden@h/db", "postgresql:// or sqlite:"),
        ("LOG", "verbose", "must be error, warn"),
        ("LOG", "info,worker=loud", "must be error, warn"),
        ("BOOTSTRAP_TOKEN", "hidden", "fewer than 16 bytes"),
        ("SANDBOX", "hidden", "must be all, missing or off"),
        ("OUTBOUND_ALLOW", "10.0.0.0/8,hidden:1", "number 2 of 2 must be the name of a host"),
        ("SMTP_TLS", "hidden", "must be one of: starttls, implicit, none"),
    ] {
        let beside: &[(&str, &str)] =
            if name.starts_with("SMTP") { &[("SMTP_HOST", "h.example"), ("FROM_EMAIL", "a@example.org")] } else { &[] };
        let told = one_problem(&[beside, &[(name, value)]].concat());
        assert!(told.starts_with(name) && told.contains(words) && !told.contains("hidden"), "{name}={value}: {told}");
    }
}

#[test]
fn the_url_of_links_is_read_without_its_slash_and_may_have_a_path() {
    for (given, url, host) in [
        ("https://Notify.Example.com/", "https://notify.example.com", "notify.example.com"),
        ("https://example.com:8443/notify/", "https://example.com:8443/notify", "example.com"),
        ("http://localhost:8080", "http://localhost:8080", "localhost"),
        ("http://[::1]:8080/", "http://[::1]:8080", "::1"),
    ] {
        let config = read(Role::Worker, &[("SANDBOX", "all"), ("PUBLIC_URL", given)]);
        let own = config.unwrap_or_else(|problems| panic!("{given}: {problems}")).public_url.expect("given");
        assert_eq!((own.url.as_str(), own.host.as_str()), (url, host), "{given}");
        assert_eq!(
            own.is_over_tls(),
            given.starts_with("https"),
            "{given}: a browser keeps no secure cookie without TLS"
        );
    }
}

#[test]
fn a_provider_that_is_there_by_halves_is_always_told() {
    for (settings, missing) in [
        (&[("SMTP_USER", "u"), ("SMTP_PASSWORD", "hidden")][..], "SMTP_HOST"),
        (&[("FROM_EMAIL", "a@example.org")], "SMTP_HOST"),
        (&[("EMAIL_DKIM_SELECTOR", "hidden")], "SMTP_HOST"),
        (&[("EMAIL_BOUNCE_ADDRESS", "hidden@example.org")], "SMTP_HOST"),
        (&[("EMAIL_PROVIDERS", "sendgrid"), ("FROM_EMAIL", "a@example.org")], "SENDGRID_API_KEY"),
        (
            &[("EMAIL_PROVIDER", "smtp"), ("SENDGRID_API_KEY", "SG.hidden"), ("FROM_EMAIL", "a@example.org")],
            "SMTP_HOST",
        ),
        (&[("SENDGRID_BASE_URL", "https://api.eu.sendgrid.com")], "SENDGRID_API_KEY"),
        (&[("SENDGRID_SANDBOX", "true")], "SENDGRID_API_KEY"),
        (&[("SENDGRID_API_KEY", "SG.hidden")], "FROM_EMAIL"),
        (
            &[("TWILIO_ACCOUNT_SID", "AC00000000000000000000000000000001"), ("TWILIO_AUTH_TOKEN", "hidden")],
            "TWILIO_FROM_NUMBER",
        ),
        (&[("FIREBASE_PROJECT_ID", "p")], "FIREBASE_SERVICE_ACCOUNT_KEY"),
        (&[("FCM_VALIDATE_ONLY", "true")], "FIREBASE_SERVICE_ACCOUNT_KEY"),
        (&[("APNS_TOPIC", "com.example.app")], "APNS_KEY is not set"),
        (&[("APNS_BASE_URL", "https://api.sandbox.push.apple.com")], "APNS_KEY is not set"),
        (&[("WHATSAPP_CLOUD_PHONE_NUMBER_ID", "106540352242922")], "WHATSAPP_CLOUD_ACCESS_TOKEN"),
        (&[("WHATSAPP_CLOUD_ACCESS_TOKEN", "hidden")], "WHATSAPP_CLOUD_PHONE_NUMBER_ID"),
        (&[("WHATSAPP_PROVIDERS", "whatsapp_cloud")], "WHATSAPP_CLOUD_ACCESS_TOKEN"),
        (&[("WHATSAPP_PROVIDERS", "twilio"), ("TWILIO_FROM_NUMBER", "+15550001111")], "TWILIO_WHATSAPP_FROM"),
        (&[("WEB_VAPID_SUBJECT", "mailto:push@example.org")], "WEB_VAPID_PRIVATE_KEY"),
        (&[("WEB_VAPID_PRIVATE_KEY", "hidden")], "WEB_VAPID_PUBLIC_KEY"),
        (&[("TELEGRAM_BASE_URL", "https://bots.example.org")], "TELEGRAM_BOT_TOKEN"),
        (&[("SLACK_BASE_URL", "https://slack.example.org/api")], "SLACK_BOT_TOKEN"),
        (&[("SMTP_HOST", "mail.example")], "FROM_EMAIL"),
        (&[("TWILIO_FROM_NUMBER", "+15550001111")], "TWILIO_ACCOUNT_SID"),
        (&[("TWILIO_MESSAGING_SERVICE_SID", "MG00000000000000000000000000000001")], "TWILIO_ACCOUNT_SID"),
        (&[("TWILIO_WHATSAPP_MESSAGING_SERVICE_SID", "MG00000000000000000000000000000001")], "TWILIO_AUTH_TOKEN"),
        (&[("TWILIO_API_KEY_SECRET", "hidden")], "TWILIO_FROM_NUMBER"),
        (&[("TWILIO_FROM_NUMBER", "+15550001111"), ("TWILIO_API_KEY_SECRET", "hidden")], "TWILIO_API_KEY_SID"),
    ] {
        for sandbox in ["missing", "off"] {
            let told = problems(Role::Worker, &[&[("SANDBOX", sandbox)], settings].concat());
            assert!(told.iter().any(|told| told.starts_with(missing)), "{settings:?}: {told:#?}");
            assert!(!told.concat().contains("hidden"), "{told:#?}");
        }
        // Everything is captured: nothing fails, but the operator is warned all the same.
        for (role, sandbox) in [(Role::Up, &[][..]), (Role::Worker, &[("SANDBOX", "all")])] {
            let config = read(role, &[sandbox, settings].concat()).expect("accepted");
            let told = config.warnings.iter().filter(|told| told.starts_with(missing)).count();
            assert_eq!(told, 1, "{settings:?}: {:#?}", config.warnings);
        }
    }
    // A channel that nobody wants may be configured by halves.
    let wanted = [("CHANNELS", "sms"), ("SANDBOX", "missing"), ("FROM_EMAIL", "a@example.org")];
    read(Role::Worker, &wanted).expect("accepted");
    let unwanted = [("CHANNELS", "sms"), ("SANDBOX", "missing"), ("EMAIL_PROVIDERS", "sendgrid")];
    read(Role::Worker, &unwanted).expect("accepted");
    // The sender is not only SMTP's, and a provider that is not named may be there by halves.
    let sendgrid = [("SENDGRID_API_KEY", "SG.hidden"), ("FROM_EMAIL", "a@example.org"), ("SANDBOX", "off")];
    for rest in [&[][..], &[("EMAIL_PROVIDERS", "sendgrid"), ("SMTP_USER", "u"), ("SMTP_PASSWORD", "hidden")]] {
        let config = read(Role::Worker, &[&sendgrid[..], rest].concat()).expect("accepted");
        assert_eq!(config.warnings, [""; 0]);
    }
    // One that is named after another is looked at before it is needed.
    let named = [("SMTP_HOST", "mail.example"), ("EMAIL_PROVIDERS", "smtp,sendgrid"), ("SENDGRID_BASE_URL", "hidden")];
    let told = problems(Role::Worker, &[&sendgrid[..], &named].concat());
    assert_eq!(told, ["SENDGRID_BASE_URL must be an http or https URL such as https://api.sendgrid.com"]);
}

#[test]
fn mails_that_sendgrid_only_checks_are_warned_of() {
    let account = [("SENDGRID_API_KEY", "SG.hidden"), ("FROM_EMAIL", "a@example.org")];
    let checked = [("SANDBOX", "off"), ("SENDGRID_SANDBOX", "yes")];
    let told = read(Role::Worker, &[account, checked].concat()).expect("accepted").warnings;
    assert!(told.len() == 1 && told[0].starts_with("SENDGRID_SANDBOX=true has SendGrid check each mail"), "{told:#?}");
    let told = one_problem(&[&account[..], &[("SENDGRID_SANDBOX", "hidden")]].concat());
    assert_eq!(told, "SENDGRID_SANDBOX must be true or false");
}

#[test]
fn a_sender_without_its_plus_is_refused_at_the_start() {
    let account = [("TWILIO_ACCOUNT_SID", "AC00000000000000000000000000000001"), ("TWILIO_AUTH_TOKEN", "hidden")];
    for (name, sender) in [
        ("TWILIO_FROM_NUMBER", "15550001111"),
        ("TWILIO_FROM_NUMBER", "5550001111"),
        ("TWILIO_WHATSAPP_FROM", "15550001111"),
        ("TWILIO_WHATSAPP_FROM", "whatsapp:15550001111"),
    ] {
        let told = one_problem(&[&account[..], &[(name, sender)]].concat());
        assert!(told.starts_with(name) && told.contains("no plus") && told.contains("E.164"), "{told}");
    }
    let told = one_problem(&[&account[..], &[("TWILIO_FROM_NUMBER", "+1 555 000 1111")]].concat());
    assert!(told.contains("E.164"), "{told}");
}

#[test]
fn an_api_key_beside_an_auth_token_is_used_and_half_of_one_is_refused() {
    let account = [("TWILIO_ACCOUNT_SID", "AC00000000000000000000000000000001"), ("TWILIO_AUTH_TOKEN", "hidden")];
    let from = ("TWILIO_FROM_NUMBER", "+15550001111");
    let (sid, secret) =
        (("TWILIO_API_KEY_SID", "SK00000000000000000000000000000001"), ("TWILIO_API_KEY_SECRET", "hidden"));
    let with = |key: &[(&'static str, &'static str)]| [&account[..], &[from], key].concat();
    for (half, missing) in [(sid, "TWILIO_API_KEY_SECRET is not set"), (secret, "TWILIO_API_KEY_SID is not set")] {
        assert!(one_problem(&with(&[half])).starts_with(missing));
    }
    let config =
        read(Role::Worker, &[&[("SANDBOX", "missing")], &with(&[sid, secret])[..]].concat()).expect("accepted");
    let told = config.warnings.iter().filter(|told| told.contains("messages are sent with the API key")).count();
    assert_eq!(told, 1, "{:#?}", config.warnings);
}

#[test]
fn several_brokers_are_given_as_urls_or_as_hosts() {
    let url = |settings: &[(&str, &str)]| {
        let rest = [("SANDBOX", "all"), ("AMQP_ALLOW_PLAINTEXT", "true"), RIGHT[1], RIGHT[2]];
        let config = Config::read(REFERENCE.with(rest.iter().chain(settings).copied()), Role::Worker);
        config
            .unwrap_or_else(|problems| panic!("{settings:?}: {problems}"))
            .topology
            .broker
            .unwrap()
            .url
            .expose_secret()
            .to_owned()
    };
    let list = "amqp://u:p@h1:5672/foro,amqp://u:p@h2/foro";
    assert_eq!(url(&[("AMQP_URL", list)]), list);
    let parts = [
        ("RABBITMQ_HOST", "h1, h2:5673,[::1]:5674,::2,192.0.2.7"),
        ("RABBITMQ_PORT", "5671"),
        ("RABBITMQ_USERNAME", "u"),
        ("RABBITMQ_PASSWORD", " p,q/@ "),
    ];
    let password = "%20p%2Cq%2F%40%20";
    let expected = ["h1:5671", "h2:5673", "[::1]:5674", "[::2]:5671", "192.0.2.7:5671"]
        .map(|place| format!("amqp://u:{password}@{place}/foro"));
    assert_eq!(url(&parts), expected.join(","));
    assert_eq!(
        url(&[
            ("AMQP_URL", "amqp://u:p@h1/foro,amqp://u:p@h2/foro"),
            ("RABBITMQ_HOST", "h2,h1"),
            ("RABBITMQ_USERNAME", "u"),
            ("RABBITMQ_PASSWORD", "p")
        ]),
        "amqp://u:p@h1/foro,amqp://u:p@h2/foro",
        "the same brokers in another order are no contradiction"
    );
    let clear = Config::read(
        REFERENCE.with([("AMQP_URL", "amqp://u:p@127.0.0.1/foro,amqp://u:p@h2/foro"), RIGHT[1], RIGHT[2]]),
        Role::Api,
    );
    assert!(clear.unwrap_err().to_string().contains("AMQP_ALLOW_PLAINTEXT"), "each of them counts");
}

#[test]
fn the_tenant_is_told_from_the_user_id_only_where_the_operator_says_so() {
    let told = |given: &str| {
        let config = read(Role::Api, &[("AMQP_TENANT_FROM_USER_ID", given)]);
        config.map(|config| config.topology.broker.expect("a broker").tenant_from_user_id)
    };
    assert_eq!((told(""), told("false"), told("true")), (Ok(false), Ok(false), Ok(true)));
    assert!(told("perhaps").unwrap_err().to_string().contains("AMQP_TENANT_FROM_USER_ID"));
}

#[test]
fn a_name_near_ours_is_a_problem_in_a_file_and_names_of_channels_of_ones_own_are_not() {
    let pairs: String = RIGHT.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
    let told = |line: &str| {
        let sources = REFERENCE.with_dotenv(format!("{pairs}SANDBOX=all\n{line}\n").as_bytes());
        Config::read(sources, Role::Worker).err().map(|problems| problems.problems.join("\n")).unwrap_or_default()
    };
    assert!(told("SMTP_HOTS=hidden").contains(".env: line 5: there is no setting SMTP_HOTS: did you mean SMTP_HOST?"));
    assert!(told("LOG_LEVEL=hidden").contains("there is no setting LOG_LEVEL"));
    for name in
        ["EMAIL_API_TOKEN", "SMS_HOST", "PUSH_KEY", "POSTGRES_PASSWORD", "RABBITMQ_DEFAULT_PASS", "HOST_API_PORT"]
    {
        assert_eq!(told(&format!("{name}=x")), "", "{name}");
    }
}

#[test]
fn every_setting_of_a_provider_has_its_default_in_the_reference() {
    let reference: toml::Table = DEFAULTS.parse().unwrap();
    for setting in channels::sections().flat_map(|section| section.settings) {
        assert!(reference.contains_key(&setting.name.to_ascii_lowercase()), "{}", setting.name);
    }
    let channels = read(Role::Worker, &[("SANDBOX", "all")]).unwrap().channels;
    assert_eq!(Some(channels.smtp.max_connections as i64), reference["smtp_max_connections"].as_integer());
    assert_eq!(Some(channels.twilio.base_url.as_str()), reference["twilio_base_url"].as_str());
    assert_eq!(Some(channels.fcm.base_url.as_str()), reference["fcm_base_url"].as_str());
    assert_eq!(Some(channels.sendgrid.base_url.as_str()), reference["sendgrid_base_url"].as_str());
    assert_eq!(Some(channels.telegram.base_url.as_str()), reference["telegram_base_url"].as_str());
    assert_eq!(Some(channels.slack.base_url.as_str()), reference["slack_base_url"].as_str());
    assert_eq!(Some(channels.sendgrid.sandbox), reference["sendgrid_sandbox"].as_bool());
    assert_eq!(Some(channels.fcm.validate_only), reference["fcm_validate_only"].as_bool());
    let checking = read(Role::Worker, &[("SANDBOX", "all"), ("FCM_VALIDATE_ONLY", "yes")]).unwrap().channels;
    assert!(checking.fcm.validate_only);
    let told = problems(Role::Worker, &[("SANDBOX", "all"), ("FCM_VALIDATE_ONLY", "hidden")]);
    assert!(told.len() == 1 && told[0].starts_with("FCM_VALIDATE_ONLY must be true or false"), "{told:?}");
    assert!(!told[0].contains("hidden"), "{told:?}");
}

#[test]
fn a_key_of_firebase_is_read_however_it_is_written_into_the_file() {
    let account = service_account();
    let (pretty, line) = (serde_json::to_string_pretty(&account).unwrap(), account.to_string());
    let pairs: String = RIGHT.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
    let read = |value: &str| {
        let text = format!("{pairs}SANDBOX=off\nFIREBASE_SERVICE_ACCOUNT_KEY={value}\nLOG=warn\n");
        Config::read(REFERENCE.with_dotenv(text.as_bytes()), Role::Worker)
    };
    let escaped = format!("\"{}\"", line.replace('\\', "\\\\").replace('"', "\\\""));
    for value in [
        format!("'{pretty}'"),
        format!("'{line}'"),
        line.clone(),
        escaped,
        format!("'{}'", pretty.replace('\n', "\r\n")),
    ] {
        let config = read(&value).unwrap_or_else(|problems| panic!("{}: {problems}", &value[..20]));
        assert_eq!(config.log, "warn", "what follows is read");
    }
    for value in [STANDARD.encode(&line), "/etc/key.json".into(), line.replace("\\n", "\\\\n")] {
        let told = read(&value).expect_err("refused").to_string();
        assert!(told.contains("FIREBASE_SERVICE_ACCOUNT_KEY") && !told.contains("PRIVATE KEY"), "{told}");
    }
    // Without quotes, the value is only the first line.
    let told = read(&pretty).expect_err("refused").to_string();
    assert!(told.contains(".env: line 6") && told.contains("between single quotes"), "{told}");
}
