//! A misspelt word is reported before anything starts, with the word that was meant where one is near.

use super::*;

/// Checks the settings as `chasqui check up` and `chasqui up` do before they make anything.
fn unconfigured(settings: &[(&str, &str)]) -> Result<Config, Problems> {
    let mut sources = REFERENCE.with(settings.iter().copied());
    crate::unconfigured::look_up(&mut sources);
    Config::read(sources, Role::Up)
}

#[test]
fn what_up_goes_by_once_it_has_a_broker_is_looked_at_before() {
    for (name, value) in
        [("AMQP_TENANT_FROM_USER_ID", "treu"), ("AMQP_ALLOW_PLAINTEXT", "treu"), ("SECRET_KEY_FILE", "/nope")]
    {
        let told = unconfigured(&[(name, value), ("SMTP_PORT", "many")]).expect_err(name).problems;
        assert!(told.len() == 2 && told.concat().contains("SMTP_PORT"), "{told:#?}");
        assert!(told.iter().any(|told| told.starts_with(name)), "{told:#?}");
    }
    unconfigured(&[]).expect("accepted");
}

#[test]
fn a_word_that_is_near_one_of_a_closed_list_is_told_with_it() {
    for (name, given, meant) in [
        ("SANDBOX", "misssing", "missing"),
        ("SMTP_TLS", "startls", "starttls"),
        ("ALGORITHM", "RS-265", "RS256"),
        ("AMQP_QUEUE_TYPE", "quorom", "quorum"),
        ("AMQP_TOPOLOGY", "verfy", "verify"),
        ("AMQP_TENANT_FROM_USER_ID", "ture", "true"),
        ("SCHEDULER_DEMO_ENABLED", "flase", "false"),
        ("NOTIFY_OPEN", "locla", "local"),
        ("LOG_FORMAT", "jsno", "json"),
        ("LOG", "inof", "info"),
        ("LOG", "warning", "warn"),
        ("LOG", "worker=critical", "error"),
        ("LOG", "worker=debgu", "debug"),
        ("SANDBOX", "of", "off"),
        ("SMTP_TLS", "tls", "starttls"),
        ("SMTP_TLS", "SSL", "implicit"),
        ("EVENTS", "endings", "ended"),
    ] {
        let told = problems(Role::Worker, &[("SANDBOX", "all"), (name, given)]);
        assert_eq!(told.len(), 1, "{told:#?}");
        assert!(told[0].starts_with(name) && told[0].ends_with(&format!("; did you mean {meant}?")), "{told:#?}");
    }
    assert_eq!(one_problem(&[("LOG_FORMAT", "hidden")]), "LOG_FORMAT must be one of: text, json");
}

#[test]
fn whoever_has_no_broker_or_no_ledger_hears_of_up_and_a_role_is_not_sent_beside_one_that_may_run() {
    let told = |role| Config::read(REFERENCE.with([]), role).expect_err("refused").problems.join("\n");
    for (role, missing) in [(Role::Broker, 1), (Role::Publish, 1), (Role::Ledger, 1), (Role::Send, 2)] {
        let told = told(role);
        let hint = "or run `chasqui up` in this directory, which has one that this command finds";
        assert_eq!(told.matches(hint).count(), missing, "{told}");
    }
    for role in [Role::Api, Role::Worker, Role::Scheduler] {
        let told = told(role);
        assert_eq!(told.matches("`chasqui up` is all roles in one process").count(), 2, "{told}");
        assert!(!told.contains("run `chasqui up`"), "{told}");
    }
}

#[test]
fn a_level_for_a_part_that_is_nearly_one_of_ours_is_warned_of() {
    for (log, place, meant) in [
        ("info,wroker=debug", ", number 2 of 2", "worker"),
        ("Store=debug", "", "store"),
        ("warn,templats::catalog=trace,api=info", ", number 2 of 3", "templates"),
    ] {
        let told = warnings(Role::Worker, &[("LOG", log)]);
        let words = format!("LOG has a directive for no part of the fleet{place}; did you mean {meant}?");
        assert_eq!(told, [words], "{log}");
    }
    // Each of these is a library's target, or the beginning of several of ours.
    for log in ["info,worker::deliver=debug,lapin=warn", "sqlx=info,hyper_util=warn", "info,s=debug", "debug"] {
        assert_eq!(warnings(Role::Worker, &[("LOG", log)]), [""; 0], "{log}");
    }
}

#[test]
fn what_is_wrong_with_a_policy_of_lost_answers_is_told_by_its_place() {
    for (given, words) in [
        ("sms=hold,sms=resend", "names sms twice: leave one of the two"),
        (
            "sms=hodl",
            "such as sms=hold,email=resend; what to do must be one of resend, hold, resend_if_fresh; did you mean hold?",
        ),
        (
            "email=hold,smss=hold",
            "of number 2 of 2, the channel must be one of email, inapp, push, slack, sms, telegram, webhook, webpush, whatsapp; did you mean sms?",
        ),
        (
            "hidden=hold",
            "email=resend; the channel must be one of email, inapp, push, slack, sms, telegram, webhook, webpush, whatsapp",
        ),
        ("sms=hold;email=resend", "email=resend; there is no comma before the next pair"),
        ("push=hold,sms=hold email=resend", "of number 2 of 2, there is no comma before the next pair"),
        ("sms:hidden", "email=resend; there is no = between a channel and what to do"),
    ] {
        let told = one_problem(&[("AMBIGUITY", given)]);
        assert!(told.starts_with("AMBIGUITY ") && told.ends_with(words), "{given}: {told}");
    }
}

#[test]
fn what_is_no_approved_template_is_told_by_its_place_and_not_shown() {
    for name in ["WHATSAPP_ASK_TEMPLATE", "WHATSAPP_YES_NO_TEMPLATE", "WHATSAPP_VERIFY_TEMPLATE"] {
        for (given, end) in [
            ("hidden", "such as ask:es_AR"),
            ("ask:es,hidden", "such as ask:es_AR; number 2 of 2 is neither"),
            ("HX12:es,ask:es", "such as ask:es_AR; number 1 of 2 is neither"),
        ] {
            let told = one_problem(&[(name, given)]);
            assert!(told.starts_with(name) && told.ends_with(end) && !told.contains("hidden"), "{given}: {told}");
        }
    }
}

#[test]
fn a_channel_that_the_list_of_channels_leaves_out_is_no_default() {
    let mail = [("SMTP_HOST", "mail.example"), ("FROM_EMAIL", "a@example.org"), ("CHANNELS", "email")];
    let demo = [("SCHEDULER_DEMO_CHANNEL", "sms"), ("SCHEDULER_DEMO_DESTINATION", "+15550001111")];
    let demo = [&demo[..], &[("SCHEDULER_DEMO_ENABLED", "true")]].concat();
    for (settings, name) in [(&[("DEFAULT_CHANNEL", "sms")][..], "DEFAULT_CHANNEL"), (&demo, "SCHEDULER_DEMO_CHANNEL")]
    {
        let settings = [&mail[..], settings].concat();
        let words = format!("{name} is sms, which CHANNELS leaves out: add it there, or name another channel");
        assert_eq!(one_problem(&settings), words);
        // Where nothing is really sent, and where other processes send, there is a warning.
        for role in [Role::Up, Role::Scheduler, Role::Api] {
            assert_eq!(warnings(role, &settings), [words.as_str()], "{role:?}");
        }
    }
    for right in [&[("DEFAULT_CHANNEL", "email")][..], &[("DEFAULT_CHANNEL", "sms"), ("CHANNELS", "email,sms")]] {
        assert_eq!(warnings(Role::Up, &[&mail[..], right].concat()), [""; 0], "{right:?}");
    }
}

#[test]
fn a_slip_in_the_names_of_ones_own_templates_is_told_with_the_one_that_was_meant() {
    let folder = tempfile::tempdir().unwrap();
    let add = |path: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "{{ code }}").unwrap();
    };
    let own = ("TEMPLATES_DIR", folder.path().to_str().unwrap());
    add("otp/enn/sms.txt");
    add("otp/es/pigeon.txt");
    for role in [Role::Api, Role::Worker, Role::Up] {
        let told = warnings(role, &[own]);
        assert!(told.len() == 2 && told.iter().all(|told| told.starts_with("TEMPLATES_DIR: ")), "{told:#?}");
        assert!(told[0].contains("/otp/enn: ") && told[0].ends_with("; did you mean en?"), "{told:#?}");
        assert!(told[1].contains("the channel pigeon") && told[1].contains("email, inapp, push"), "{told:#?}");
    }
    add("otp/es/emial.txt");
    add("otp/es_AR/smss.txt");
    let told = problems(Role::Worker, &[("SANDBOX", "all"), own]);
    assert_eq!(told.len(), 2, "{told:#?}");
    for (told, (file, meant)) in told.iter().zip([("/otp/es/emial.txt: ", "email"), ("/otp/es_AR/smss.txt: ", "sms")]) {
        assert!(told.starts_with("TEMPLATES_DIR: ") && told.contains(file), "{told}");
        assert!(told.ends_with(&format!("; did you mean {meant}?")), "{told}");
    }
}

#[test]
fn a_locale_that_ends_with_no_region_is_warned_of() {
    let words = "DEFAULT_LOCALE ends with what is no region such as AR, and no template has words for it: those of the \
                 shorter one are taken";
    for (locale, hint) in [("es-ARR", "; did you mean es-AR?"), ("en-hidden-x", "")] {
        assert_eq!(warnings(Role::Api, &[("DEFAULT_LOCALE", locale)]), [format!("{words}{hint}")], "{locale}");
    }
    for locale in ["es", "ES_ar", "es-PY", "es-419", "en-Latn", "en-GB-oxendict"] {
        assert_eq!(warnings(Role::Api, &[("DEFAULT_LOCALE", locale)]), [""; 0], "{locale}");
    }
}

#[test]
fn channels_with_something_else_than_a_comma_between_them_are_told_so() {
    for list in ["email;sms", "email sms", "push, email | sms", "email/sms"] {
        let told = problems(Role::Up, &[("CHANNELS", list)]);
        assert_eq!(told, ["CHANNELS must have a comma between two channels, such as email,sms"], "{list}");
    }
    assert_eq!(problems(Role::Up, &[("CHANNELS", "email;hidden")]).len(), 1);
}

#[test]
fn a_file_that_is_named_is_looked_at_by_a_command_that_goes_by_no_setting() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("chasqui.toml");
    let told = |file: &std::path::Path| REFERENCE.look_at(file).expect_err("refused").to_string();
    assert!(told(&file).contains("chasqui.toml: "), "it is not there");
    for (text, words) in [("log = ", "line 1: "), ("smtp_hots = \"hidden\"\n", "did you mean smtp_host?")] {
        std::fs::write(&file, text).unwrap();
        assert!(told(&file).contains(words) && !told(&file).contains("hidden"), "{}", told(&file));
    }
    std::fs::write(&file, "smtp_host = \"mail.example\"\n").unwrap();
    assert_eq!(REFERENCE.look_at(&file), Ok(()));
}

#[test]
fn a_parameter_of_the_ledger_that_would_be_ignored_or_refused_late_is_told_with_the_setting() {
    for (parameters, words) in [
        ("postgresql://u:p@h/db?sslmod=require", "that is not known: known are sslmode, "),
        ("postgresql://u:p@h/db?sslmod=require", "; did you mean sslmode?"),
        ("postgresql://u:p@h/db?port=1&sslmode=requir", "a wrong value for sslmode, number 2 of 2: it must be one of"),
        ("postgresql://u:p@h/db?sslmode=requir", "; did you mean require?"),
        ("postgresql://u:p@h/db?port=hidden", "a wrong value for port: it must be a port"),
        ("postgresql://u:p@h/db?hostaddr=hidden", "it must be an IP address"),
        ("postgresql://u:p@h/db?statement-cache-capacity=hidden", "it must be a whole number"),
        ("sqlite:x.db?mod=rwc", "known are mode, cache, immutable, vfs; did you mean mode?"),
        ("sqlite:x.db?hidden=1", "known are mode, cache, immutable, vfs"),
        ("sqlite:x.db?mode=rcw", "a wrong value for mode: it must be one of ro, rw, rwc"),
    ] {
        for name in ["DATABASE_URL", "DB_URL"] {
            let told = Config::read(REFERENCE.with([(name, parameters)]), Role::Ledger).expect_err(parameters).problems;
            assert!(told.len() == 1 && told[0].starts_with(&format!("{name} has a ")), "{told:#?}");
            assert!(told[0].contains(words) && !told[0].contains("hidden"), "{parameters}: {told:#?}");
        }
    }
    let warnings = |url: &str| {
        let config = Config::read(REFERENCE.with([("DATABASE_URL", url)]), Role::Ledger);
        config.unwrap_or_else(|problems| panic!("{url}: {problems}")).warnings
    };
    // Other drivers have these parameters.
    for other in ["connect_timeout=10", "channel_binding=require", "sslcrl=x", "ssl=require", "hidden=1"] {
        let told = warnings(&format!("postgresql://u:p@h/db?{other}"));
        let words = "DATABASE_URL has a parameter that is not used: used are sslmode, ";
        assert!(told.len() == 1 && told[0].starts_with(words) && !told[0].contains("hidden"), "{told:#?}");
    }
    for right in [
        "postgresql://u:p@h/db?sslmode=Require&sslrootcert=/ca.pem&options[search_path]=x&application_name=x",
        "postgresql://u:p@h/db?",
        "sqlite:x.db?mode=rwc&cache=private",
    ] {
        assert_eq!(warnings(right), [""; 0], "{right}");
    }
}

#[test]
fn a_ledger_that_no_file_would_hold_is_refused_with_the_settings() {
    let folder = tempfile::tempdir().unwrap();
    let there = folder.path().to_str().unwrap();
    for (url, words) in [
        ("sqlite:", "names no file"),
        ("sqlite://", "names no file"),
        ("sqlite:?mode=rwc", "names no file"),
        ("sqlite::memory:", "must name a file: a ledger in memory is forgotten"),
        ("sqlite://:memory:", "must name a file: a ledger in memory is forgotten"),
        ("sqlite:x.db?mode=ro", "asks for a way of opening the file that no ledger can have"),
        ("sqlite:x.db?mode=rw", "asks for a way of opening the file that no ledger can have"),
        ("sqlite:x.db?immutable=1", "asks for a way of opening the file that no ledger can have"),
        ("sqlite:/dev/null", "names a device or a pipe"),
        ("sqlite:x.db?mode=memory", "must name a file: a ledger in memory is forgotten"),
        ("sqlite:x.db?cache=shared&mode=memory", "must name a file: a ledger in memory is forgotten"),
        ("sqlite:~/x.db", "no shell replaces ~ or $"),
        ("sqlite://~me/x.db", "no shell replaces ~ or $"),
        ("sqlite:$HOME/x.db", "no shell replaces ~ or $"),
        ("sqlite:${HOME}/x.db", "no shell replaces ~ or $"),
        ("sqlite:file:x.db", "without file:"),
        ("sqlite:new/", "names a folder"),
        (format!("sqlite:{there}").as_str(), "names a folder"),
        (format!("sqlite://{there}?mode=rwc").as_str(), "names a folder"),
        ("sqlite:%ff.db", "UTF-8"),
    ] {
        for name in ["DATABASE_URL", "DB_URL"] {
            let told = Config::read(REFERENCE.with([(name, url)]), Role::Ledger).expect_err(url).problems;
            assert!(told.len() == 1 && told[0].starts_with(name) && told[0].contains(words), "{url}: {told:#?}");
        }
    }
    for right in ["sqlite:x.db", "sqlite://x.db", "sqlite:./a~b/$.db", &format!("sqlite:{there}/memory:.db?mode=rwc")] {
        let read = Config::read(REFERENCE.with([("DATABASE_URL", right)]), Role::Ledger);
        read.unwrap_or_else(|problems| panic!("{right}: {problems}"));
    }
}

#[test]
fn a_name_that_the_broker_would_refuse_is_told_before_it_is_asked() {
    let words = "must begin with notifications. where `chasqui up` starts a node of its own";
    for name in ["AMQP_QUEUE", "AMQP_EXCHANGE"] {
        let told = unconfigured(&[(name, "notifications queue")]).expect_err(name).problems;
        assert!(told.len() == 1 && told[0].starts_with(&format!("{name} {words}")), "{told:#?}");
        unconfigured(&[(name, "notifications.v2")]).expect("the node's user may use it");
        // RabbitMQ itself accepts nearly any name.
        read(Role::Up, &[(name, "notifications queue")]).expect("the operator's own broker");
        let told = problems(Role::Up, &[(name, "amq.queue")]);
        assert_eq!(told, [format!("{name} must not begin with amq., which RabbitMQ keeps for itself")]);
        assert_eq!(problems(Role::Up, &[(name, &"x".repeat(246))]), [format!("{name} must have at most 245 bytes")]);
    }
    unconfigured(&[("AMQP_ROUTING_KEY", "any key")]).expect("a key is no object");
}

#[test]
fn a_name_on_the_broker_in_which_a_character_acts_on_a_terminal_is_refused_by_every_role() {
    for (character, called) in [
        ("\u{1b}[31m", "control character U+001B"),
        ("\n", "control character U+000A"),
        ("\u{9b}", "control character U+009B"),
        ("\u{202e}", "invisible character U+202E"),
    ] {
        let value = format!("notifications.{character}hidden");
        let why = format!("must not contain the {called}");
        for role in [Role::Api, Role::Scheduler, Role::Broker, Role::Probe] {
            for name in ["AMQP_EXCHANGE", "AMQP_QUEUE", "AMQP_ROUTING_KEY"] {
                assert_eq!(problems(role, &[(name, &value)]), [format!("{name} {why}")]);
            }
        }
        for name in ["RABBITMQ_VHOST", "RABBITMQ_USERNAME"] {
            let settings = [("RABBITMQ_HOST", "localhost"), (name, value.as_str())];
            let told = Config::read(REFERENCE.with(settings), Role::Broker).expect_err(name).problems;
            assert_eq!(told, [format!("{name} {why}")]);
        }
        let url = format!("amqp://u:hidden@localhost/{value}").replace('\n', "%0a");
        let told = problems(Role::Broker, &[("AMQP_URL", &url)]);
        assert!(told.len() == 1 && told[0].starts_with("AMQP_URL ") && !told[0].contains("hidden"), "{told:#?}");
    }
}
