//! Problems that could be reported late, twice, or not at all are reported with all others, once.

use testkit::keys::{private_pem, public_pem, rsa};

use super::*;

#[test]
fn a_key_that_verifies_no_token_is_told_with_the_other_problems() {
    let pair = rsa();
    let (private, public) = (private_pem(&pair), public_pem(&pair));
    for (algorithm, key, words) in [
        ("RS256", "", "JWT_PUBLIC_KEY is missing"),
        ("RS256", "hidden, and no PEM", "JWT_PUBLIC_KEY is not an RSA public key in PEM"),
        ("RS256", private.as_str(), "JWT_PUBLIC_KEY is a private key"),
        ("ES256", &public, "JWT_PUBLIC_KEY is not an EC (P-256) public key in PEM"),
        ("PS256", &public, "ALGORITHM must be one of: HS256, RS256, ES256"),
    ] {
        for role in [Role::Api, Role::Up] {
            let told = problems(role, &[("ALGORITHM", algorithm), ("JWT_PUBLIC_KEY", key), ("SMTP_PORT", "many")]);
            assert!(told.iter().any(|told| told.starts_with(words)), "{algorithm}: {told:#?}");
            assert!(told.len() == 2 && told.concat().contains("SMTP_PORT"), "{told:#?}");
            assert!(!told.concat().contains("hidden"), "{told:#?}");
        }
    }
    read(Role::Api, &[("ALGORITHM", "RS256"), ("JWT_PUBLIC_KEY", &public.replace('\n', "\\n"))]).expect("accepted");
    let unused = read(Role::Api, &[("JWT_PUBLIC_KEY", &public)]).expect("accepted").warnings;
    assert!(unused.len() == 1 && unused[0].starts_with("JWT_PUBLIC_KEY is not used"), "{unused:#?}");
}

#[test]
fn templates_that_cannot_be_used_are_told_with_the_other_problems() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("offer/en")).unwrap();
    std::fs::write(folder.path().join("offer/en/sms.txt"), "{{ name ").unwrap();
    let broken = folder.path().to_str().unwrap();
    for (given, words) in [("/nowhere/templates", "/nowhere/templates: does not exist"), (broken, "offer/en/sms.txt:1")]
    {
        for role in [Role::Api, Role::Up, Role::Send, Role::Publish] {
            let told = problems(role, &[("TEMPLATES_DIR", given), ("API_LISTEN", "8080")]);
            let named = |words: &str| told.iter().any(|told| told.contains(words));
            assert!(named("TEMPLATES_DIR: ") && named(words) && named("API_LISTEN must be"), "{told:#?}");
        }
    }
    std::fs::write(folder.path().join("offer/en/sms.txt"), "Hello").unwrap();
    let told = problems(Role::Worker, &[("TEMPLATES_DIR", broken), ("SANDBOX", "hidden")]);
    assert!(told.iter().all(|told| told.contains("SANDBOX") || told.contains("offer")), "{told:#?}");
    read(Role::Scheduler, &[("TEMPLATES_DIR", "/nowhere")]).expect("a scheduler has no use for them");
}

#[test]
fn a_default_locale_in_which_no_template_has_words_is_refused_with_those_there_are() {
    let captured = ("SANDBOX", "all");
    for role in [Role::Api, Role::Worker, Role::Up, Role::Send] {
        let told = problems(role, &[captured, ("DEFAULT_LOCALE", "se-AR")]);
        let words = "DEFAULT_LOCALE must be a locale of some template: en, es, es-AR; did you mean es-AR?";
        assert_eq!(told, [words], "{role:?}");
    }
    for known in ["es", "ES-ar", "es-PY"] {
        read(Role::Worker, &[captured, ("DEFAULT_LOCALE", known)])
            .expect("it has words, or falls back to one that has");
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("offer/pt")).unwrap();
    std::fs::write(folder.path().join("offer/pt/text.txt"), "Olá").unwrap();
    std::fs::write(folder.path().join("offer/sample.json"), "{}").unwrap();
    let own = ("TEMPLATES_DIR", folder.path().to_str().unwrap());
    read(Role::Worker, &[captured, own, ("DEFAULT_LOCALE", "pt")]).expect("the operator's own");
}

#[test]
fn a_broker_authority_that_cannot_be_read_is_told_with_the_other_problems() {
    let told = problems(Role::Api, &[("AMQP_CA_FILE", "/nowhere/ca.pem"), ("API_LISTEN", "8080")]);
    assert!(told.len() == 2 && told.concat().contains("AMQP_CA_FILE must name a readable PEM file"), "{told:#?}");
}

#[test]
fn all_that_is_wrong_with_the_demo_is_told_each_thing_once() {
    let told = problems(
        Role::Scheduler,
        &[
            ("SCHEDULER_DEMO_CHANNEL", "emial"),
            ("SCHEDULER_DEMO_CRON", "hidden"),
            ("SCHEDULER_DEMO_TIMEZONE", "CEST"),
            ("SCHEDULER_DEMO_ENABLED", "hidden"),
        ],
    );
    for words in [
        "SCHEDULER_DEMO_CHANNEL must be one of email, inapp, push, slack, sms, telegram, webhook, webpush, whatsapp: did you mean email?",
        "SCHEDULER_DEMO_CRON: must",
        "SCHEDULER_DEMO_TIMEZONE: must be the IANA name of a time zone",
        "SCHEDULER_DEMO_ENABLED must be true or false",
    ] {
        assert_eq!(told.iter().filter(|told| told.starts_with(words)).count(), 1, "{words}: {told:#?}");
    }
    assert!(told.len() == 4 && told.concat().contains("such as Europe/Berlin"), "{told:#?}");
    let told = problems(Role::Scheduler, &[("SCHEDULER_DEMO_DESTINATION", "ana@")]);
    assert_eq!(told, ["SCHEDULER_DEMO_DESTINATION must have a domain after the @, such as ana@example.org"]);
}

#[test]
fn a_password_that_leaves_this_machine_in_clear_is_warned_of() {
    let mail = |settings: &[(&str, &str)]| {
        let base = [("SANDBOX", "off"), ("FROM_EMAIL", "a@example.org"), ("SMTP_USER", "u")];
        let config = read(Role::Worker, &[&base[..], &[("SMTP_PASSWORD", "hidden")], settings].concat());
        config.unwrap_or_else(|problems| panic!("{settings:?}: {problems}")).warnings
    };
    for host in ["mail.example", "192.0.2.7", "localhost.example", "2001:db8::1"] {
        let told = mail(&[("SMTP_TLS", "none"), ("SMTP_HOST", host)]);
        let words = "SMTP_TLS=none sends SMTP_PASSWORD to another machine unencrypted";
        assert!(told.len() == 1 && told[0].starts_with(words) && !told[0].contains("hidden"), "{host}: {told:#?}");
    }
    for host in ["localhost", "127.0.0.1", "127.1.2.3", "::1"] {
        assert_eq!(mail(&[("SMTP_TLS", "none"), ("SMTP_HOST", host)]), [""; 0], "{host}");
    }
    assert_eq!(mail(&[("SMTP_HOST", "mail.example")]), [""; 0]);
}

#[test]
fn a_signature_of_another_domain_than_the_senders_is_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key.pem");
    std::fs::write(&key, testkit::keys::private_pem(&testkit::keys::rsa())).unwrap();
    let warnings = |domain: &str| {
        let settings = [
            ("SMTP_HOST", "mail.example"),
            ("FROM_EMAIL", "a@mail.example.org"),
            ("SANDBOX", "off"),
            ("EMAIL_DKIM_SELECTOR", "s1"),
            ("EMAIL_DKIM_DOMAIN", domain),
            ("EMAIL_DKIM_PRIVATE_KEY_FILE", key.to_str().unwrap()),
        ];
        read(Role::Worker, &settings).unwrap_or_else(|problems| panic!("{domain}: {problems}")).warnings
    };
    for aligned in ["mail.example.org", "example.org", "Example.ORG", "other.example.org"] {
        assert_eq!(warnings(aligned), [""; 0], "{aligned}");
    }
    for other in ["example.com", "ample.org", "org"] {
        let told = warnings(other);
        assert!(told.len() == 1 && told[0].starts_with("EMAIL_DKIM_DOMAIN is another domain"), "{other}: {told:#?}");
    }
}

#[test]
fn a_port_of_another_encryption_is_warned_of() {
    let warnings = |tls: &str, port: &str| {
        let settings = [("SMTP_HOST", "mail.example"), ("FROM_EMAIL", "a@example.org"), ("SANDBOX", "off")];
        let config = read(Role::Worker, &[&settings[..], &[("SMTP_TLS", tls), ("SMTP_PORT", port)]].concat());
        config.unwrap_or_else(|problems| panic!("{tls} {port}: {problems}")).warnings
    };
    for (tls, port, instead) in [
        ("implicit", "587", "SMTP_TLS=starttls"),
        ("implicit", "25", "SMTP_TLS=starttls"),
        ("starttls", "465", "SMTP_TLS=implicit"),
        ("none", "465", "SMTP_TLS=implicit"),
    ] {
        let told = warnings(tls, port);
        assert!(told.len() == 1 && told[0].contains(&format!("set {instead}")), "{tls} {port}: {told:#?}");
    }
    for (tls, port) in [("implicit", "465"), ("starttls", "587"), ("starttls", "25"), ("none", "25"), ("none", "1025")]
    {
        assert_eq!(warnings(tls, port), [""; 0], "{tls} {port}");
    }
    let broker = |url: &str| read(Role::Broker, &[("AMQP_URL", url)]).expect("accepted").warnings.len();
    let urls =
        ["amqp://u:p@127.0.0.1:5671/foro", "amqps://u:p@h:5672/foro", "amqps://u:p@h:5671/foro", "amqps://h/foro"];
    assert_eq!(urls.map(broker), [1, 1, 0, 0]);
}

#[test]
fn all_that_is_wrong_with_a_provider_is_told_in_one_round() {
    let sid = ("TWILIO_ACCOUNT_SID", "nobody");
    for (settings, names) in [
        (
            &[sid, ("TWILIO_BASE_URL", "nowhere")][..],
            "TWILIO_FROM_NUMBER TWILIO_ACCOUNT_SID TWILIO_BASE_URL TWILIO_AUTH_TOKEN",
        ),
        (
            &[sid, ("TWILIO_FROM_NUMBER", "nobody at all"), ("TWILIO_WHATSAPP_FROM", "nobody")],
            "TWILIO_FROM_NUMBER TWILIO_WHATSAPP_FROM TWILIO_ACCOUNT_SID TWILIO_AUTH_TOKEN",
        ),
        (
            &[
                ("SMTP_PASSWORD", "p"),
                ("FROM_EMAIL", "nobody"),
                ("SMTP_REPLY_TO", "nobody"),
                ("SMTP_HELLO", "no body"),
                ("SMTP_CA_FILE", "/nowhere/ca.pem"),
            ],
            "SMTP_HOST SMTP_USER FROM_EMAIL SMTP_HELLO SMTP_REPLY_TO SMTP_CA_FILE",
        ),
        (
            &[("SENDGRID_BASE_URL", "nowhere"), ("EMAIL_PROVIDERS", "sendgrid"), ("FROM_NAME", "a\u{202e}b")],
            "SENDGRID_API_KEY SENDGRID_BASE_URL FROM_EMAIL FROM_NAME",
        ),
        (
            &[
                ("WHATSAPP_CLOUD_PHONE_NUMBER_ID", "+14155550100"),
                ("WHATSAPP_CLOUD_BASE_URL", "nowhere"),
                ("WHATSAPP_PROVIDERS", "whatsapp_cloud"),
            ],
            "WHATSAPP_CLOUD_ACCESS_TOKEN WHATSAPP_CLOUD_PHONE_NUMBER_ID WHATSAPP_CLOUD_BASE_URL",
        ),
        (&[("TELEGRAM_BOT_TOKEN", "nobody"), ("TELEGRAM_BASE_URL", "nowhere")], "TELEGRAM_BOT_TOKEN TELEGRAM_BASE_URL"),
        (&[("SLACK_BOT_TOKEN", "nobody"), ("SLACK_BASE_URL", "nowhere")], "SLACK_BOT_TOKEN SLACK_BASE_URL"),
        (
            &[("APNS_KEY_ID", "nobody"), ("APNS_TOPIC", "no body"), ("APNS_BASE_URL", "nowhere")],
            "APNS_KEY APNS_KEY_ID APNS_TEAM_ID APNS_TOPIC APNS_BASE_URL",
        ),
        (
            &[("FIREBASE_PROJECT_ID", "a b"), ("FCM_BASE_URL", "nowhere"), ("FCM_TOKEN_URL", "nowhere")],
            "FIREBASE_SERVICE_ACCOUNT_KEY FIREBASE_PROJECT_ID FCM_BASE_URL FCM_TOKEN_URL",
        ),
        (
            &[("FIREBASE_SERVICE_ACCOUNT_KEY", "{}"), ("FCM_BASE_URL", "nowhere")],
            "FIREBASE_SERVICE_ACCOUNT_KEY FCM_BASE_URL",
        ),
        (
            &[("WEB_VAPID_PUBLIC_KEY", "nobody"), ("WEB_VAPID_SUBJECT", "nobody")],
            "WEB_VAPID_PRIVATE_KEY WEB_VAPID_PUBLIC_KEY WEB_VAPID_SUBJECT",
        ),
    ] {
        let name = |told: &String| told.split(' ').next().unwrap_or_default().to_owned();
        let sorted = |mut names: Vec<String>| {
            names.sort();
            names
        };
        let expected = sorted(names.split(' ').map(str::to_owned).collect());
        let told = problems(Role::Worker, &[&[("SANDBOX", "off")], settings].concat());
        assert_eq!(sorted(told.iter().map(name).collect()), expected, "{told:#?}");
        // Where everything is captured, the same problem is a warning.
        let told = read(Role::Up, settings).expect("accepted").warnings;
        assert_eq!(sorted(told.iter().map(name).collect()), expected, "{told:#?}");
    }
}

#[test]
fn two_ports_for_one_broker_are_a_contradiction() {
    let with = |host: &str, port: &str| {
        let settings = [("RABBITMQ_HOST", host), ("RABBITMQ_PORT", port), ("AMQP_ALLOW_PLAINTEXT", "true")];
        Config::read(REFERENCE.with(settings), Role::Broker)
    };
    for (host, port) in [("h:5672", "5673"), ("h1:5672,h2:5674", "5673"), ("[::1]:5672", "5673")] {
        let told = with(host, port).expect_err(host).problems;
        assert!(told.len() == 1 && told[0].starts_with("RABBITMQ_PORT is another port than"), "{told:#?}");
    }
    for (host, port) in [("h:5672", "5672"), ("h1,h2:5673", "5672"), ("h1:5672,h2:5673", "5673"), ("h", "5673")] {
        with(host, port).unwrap_or_else(|problems| panic!("{host} {port}: {problems}"));
    }
}

#[test]
fn what_is_wrong_with_a_part_of_the_broker_is_told_whether_a_host_is_given_or_not() {
    for (name, value) in [("RABBITMQ_PORT", "x"), ("RABBITMQ_VHOST", "a@b"), ("RABBITMQ_USERNAME", "u:hidden")] {
        let told = Config::read(REFERENCE.with([(name, value)]), Role::Broker).expect_err(name).problems;
        let without = format!("{name} is set without RABBITMQ_HOST");
        assert!(told.len() == 2 && told.contains(&without) && !told.concat().contains("hidden"), "{told:#?}");
        assert!(told.iter().any(|told| told.starts_with(&format!("{name} must be "))), "{told:#?}");
    }
}

#[test]
fn a_word_that_is_no_channel_is_told_to_every_role_by_its_place_and_not_repeated() {
    for role in [Role::Api, Role::Scheduler, Role::Worker, Role::Up] {
        let told = problems(role, &[("CHANNELS", "sms, emial, hidden-word"), ("SANDBOX", "all")]);
        assert_eq!(told.len(), 2, "{told:#?}");
        assert!(told[0].starts_with("CHANNELS has a word that is no channel, number 2 of 3: did you mean email?"));
        assert!(told[1].contains("number 3 of 3: known are email") && !told[1].contains("hidden"), "{told:#?}");
    }
    let told = problems(Role::Worker, &[("CHANNELS", "hidden"), ("SANDBOX", "all")]);
    assert!(told.len() == 1 && !told[0].contains("hidden"), "{told:#?}");
}

#[test]
fn what_stands_in_place_of_a_file_with_a_secret_is_not_shown() {
    let file = [("SECRET_KEY", ""), ("SECRET_KEY_FILE", "hidden-secret-in-the-place-of-a-path")];
    let base = [RIGHT[0], RIGHT[1]];
    let told =
        Config::read(REFERENCE.with(base.iter().chain(&file).copied()), Role::Api).expect_err("refused").problems;
    assert_eq!(told.len(), 1, "what was given is not called missing: {told:#?}");
    assert!(
        told[0].starts_with("SECRET_KEY_FILE must be the path of a file") && !told[0].contains("hidden"),
        "{told:#?}"
    );
}

#[test]
fn a_file_of_settings_is_refused_with_the_line_of_each_mistake() {
    let told = |text: &str| Config::read(REFERENCE.with_file(text), Role::Probe).expect_err(text).problems;
    let text =
        "# a comment\nlog = \"info\"\n\nsmtp_hots = \"hidden\"\nchannels = [\n\"hidden\"]\nsmtp_port = 1979-05-27\n";
    let told_of_all = told(text);
    for words in [
        "chasqui.toml: line 4: there is no setting smtp_hots: did you mean smtp_host?",
        "chasqui.toml: line 5: channels must be a text in quotes",
        "chasqui.toml: line 7: smtp_port must be a text in quotes",
    ] {
        assert!(told_of_all.iter().any(|told| told.starts_with(words)), "{words}: {told_of_all:#?}");
    }
    assert!(told_of_all.len() == 3 && !told_of_all.concat().contains("hidden"), "{told_of_all:#?}");
    for (text, words) in [
        ("log = \"info\"\nlog = \"warn\"\n", "chasqui.toml: line 2: "),
        ("log = \"info\"\nLOG = \"warn\"\n", "stands on line"),
        ("[smtp]\nhost = \"hidden\"\n", "line 1: sections such as [smtp] are not read: write smtp_host = … above it"),
        ("[email]\nsmtp_host = \"hidden\"\n", "sections such as [email] are not read: write smtp_host = … above it"),
        ("[smtp]\nsmtp_port = 25\nuser = \"hidden\"\n", "write smtp_port = …, smtp_user = … above it"),
        ("[email]\nhost = \"hidden\"\n", "sections such as [email] are not read: write smtp_host = … above it"),
        (
            "[relay]\nhost = \"hidden\"\n",
            "no setting relay_host: those that end so are clamav_host, rabbitmq_host, smtp_host",
        ),
        ("log = info\n", "chasqui.toml: line 1: log has a text without quotes: write log = \"…\""),
        ("smtp_smtp_host = \"hidden\"\n", "there is no setting smtp_smtp_host: did you mean smtp_host?"),
        ("\n\n[colours]\nred = 1\n", "line 3: sections such as [colours] are not read"),
        ("api_port = 80\n", "line 1: there is no setting api_port: did you mean api_listen?"),
        ("rabbitmq_user = \"x\"\n", "did you mean rabbitmq_username?"),
        ("colour = 1\n", "there is no setting colour: `chasqui settings` lists all"),
        ("smtp_password = hidden words\n", "chasqui.toml: line 1: "),
    ] {
        let told = told(text);
        assert!(told.len() == 1 && told[0].contains(words) && !told[0].contains("hidden"), "{text}: {told:#?}");
    }
}
