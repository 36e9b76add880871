//! The commands of an operator: their words and their exit codes.

use e2e::processes::{run, run_in, run_unread, with};
use e2e::{Database, Process, TestFleet};
use lapin::options::BasicGetOptions;
use reqwest::Method;
use testkit::{SECRET, key};

fn environment(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    e2e::processes::with(&[], pairs)
}

#[tokio::test]
async fn check_names_every_problem_at_once_and_shows_no_value() {
    let wrong = [
        ("AMQP_URL", "http://nowhere"),
        ("DATABASE_URL", "hidden-file.db"),
        ("SECRET_KEY", "hidden-but-short"),
        ("SMTP_PORT", "hidden-port"),
        ("ALGORITHM", "hidden-algorithm"),
        ("WORKER_CONCURRENCY", "hidden-count"),
        ("SANDBOX", "hidden-word"),
    ];
    let (code, said) = run(&["check", "worker"], &environment(&wrong)).await;
    assert_eq!(code, 1, "{said}");
    assert!(said.starts_with("`chasqui worker` would not start: there are "), "{said}");
    for (name, value) in wrong {
        assert!(said.contains(name), "{name} is not in:\n{said}");
        assert!(!said.contains(value), "{value} is in:\n{said}");
    }
    assert!(!said.contains("is given"), "what is wrong is not called missing as well:\n{said}");
    let right = [
        ("AMQP_URL", "amqp://fleet:hidden-password@127.0.0.1:1/foro"),
        ("DATABASE_URL", "postgresql://fleet:hidden-password@127.0.0.1:1/ledger"),
        ("SECRET_KEY", SECRET),
        ("SANDBOX", "all"),
    ];
    for role in ["worker", "api", "scheduler", "dialog", "gateway"] {
        let (code, said) = run(&["check", role], &environment(&right)).await;
        let valid = format!("The settings for `chasqui {role}` are valid.");
        assert!(code == 0 && said.contains(&valid) && !said.contains("hidden-password"), "{said}");
    }
}

#[tokio::test]
async fn a_first_look_without_settings_is_told_of_up() {
    let (code, said) = run(&["check"], &[]).await;
    assert!(code == 1 && said.starts_with("No role is named: this is for `chasqui worker`."), "{said}");
    assert!(said.contains("no settings are needed: run `chasqui up`"), "{said}");
    let (code, said) = run(&["check", "worker"], &[]).await;
    assert!(code == 1 && !said.contains("no settings are needed"), "whoever names a role knows: {said}");
}

#[tokio::test]
async fn the_plan_is_printed_without_a_broker() {
    let (code, said) = run(&["topology", "plan"], &[]).await;
    assert_eq!(code, 0, "{said}");
    for word in ["notifications.exchange.retry.3", "notifications.queue.dlq", "120000", "notifications.key.urgent"] {
        assert!(said.contains(word), "{word} is not in:\n{said}");
    }
}

#[tokio::test]
async fn verify_prints_a_binding_that_was_deleted_and_fails() {
    let fleet = TestFleet::prepare(Database::Sqlite, &[]).await.expect("a place");
    let apply = async || run(&["topology", "apply"], &fleet.environment).await;
    let verify = async || run(&["topology", "verify"], &fleet.environment).await;
    assert_eq!(apply().await.0, 0);
    let (code, said) = verify().await;
    assert_eq!(code, 0, "{said}");
    let binding = "e/notifications.exchange/q/notifications.queue.urgent/notifications.key.urgent";
    fleet.manage(Method::DELETE, &format!("bindings/{}/{binding}", fleet.vhost), None).await;
    let (code, said) = verify().await;
    assert_eq!(code, 1, "{said}");
    for word in ["notifications.queue.urgent", "notifications.key.urgent", "topology apply"] {
        assert!(said.contains(word), "{word} is not in:\n{said}");
    }
    assert_eq!(apply().await.0, 0);
    assert_eq!(verify().await.0, 0, "and it is there again");
    fleet.remove().await;
}

#[tokio::test]
async fn health_tells_ready_from_not_ready_by_its_exit_code() {
    let fleet = TestFleet::prepare(Database::Sqlite, &[("SANDBOX", "all")]).await.expect("a place");
    let worker = Process::ready("worker", &fleet.environment).await;
    let url = worker.url("");
    let (code, said) = run(&["health", &url], &[]).await;
    assert!(code == 0 && said.contains("ready"), "{said}");
    drop(worker);
    let (code, said) = run(&["health", &url], &[]).await;
    assert!(code == 1 && said.contains(&url), "{said}");
    assert_eq!(run(&["health", "not a url"], &[]).await.0, 2);
    fleet.remove().await;
}

#[tokio::test]
async fn a_file_env_is_read_as_it_stands_and_a_typing_error_in_it_is_told_with_its_line() {
    let dir = tempfile::tempdir().expect("a folder");
    let env = |text: &str| std::fs::write(dir.path().join(".env"), text).expect("written");
    env("\u{feff}AMQP_URL=amqp://u:p@127.0.0.1:1/foro\r\nDATABASE_URL=sqlite:x.db\r\n\
         SECRET_KEY=a secret $of the tests that is long enough # and a comment\r\nexport SANDBOX='all'\r\n");
    let (code, said) = run_in(dir.path(), &["check", "worker"], &[]).await;
    assert!(code == 0 && said.contains("captured, not sent"), "{said}");
    env("SANDBOX=all\nSMTP_HOTS=hidden-host\nnonsense hidden\nSMTP_PASSWORD='hidden\n");
    let (code, said) = run_in(dir.path(), &["check", "worker"], &[]).await;
    assert_eq!(code, 1, "{said}");
    for words in [".env: line 2", "did you mean SMTP_HOST?", ".env: line 3", ".env: line 4: SMTP_PASSWORD"] {
        assert!(said.contains(words), "{words} is not in:\n{said}");
    }
    assert!(!said.contains("hidden"), "{said}");
    // The environment belongs to others too: there it is only a warning.
    std::fs::remove_file(dir.path().join(".env")).expect("removed");
    let right = [
        ("AMQP_URL", "amqp://u:p@127.0.0.1:1/foro"),
        ("DATABASE_URL", "sqlite:x.db"),
        ("SECRET_KEY", SECRET),
        ("SANDBOX", "all"),
        ("WORKER_CONCURENCY", "hidden"),
    ];
    let (code, said) = run_in(dir.path(), &["check", "worker"], &environment(&right)).await;
    assert!(code == 0 && said.contains("did you mean WORKER_CONCURRENCY?") && !said.contains("hidden"), "{said}");
}

#[tokio::test]
async fn a_file_of_settings_is_refused_with_the_line_and_never_quoted() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("chasqui.toml");
    let file = file.to_str().expect("a name");
    for (text, words) in [
        ("log = \"info\"\nsmtp_password = hidden words\n", "line 2"),
        ("smtp_hots = \"hidden\"\n", "line 1: there is no setting smtp_hots: did you mean smtp_host?"),
        ("channels = [\"hidden\"]\n", "channels must be a text"),
    ] {
        std::fs::write(file, text).expect("written");
        let (code, said) = run(&["--config", file, "topology", "plan"], &[]).await;
        assert!(code == 2 && said.contains(words) && !said.contains("hidden"), "{text}: {code} {said}");
    }
}

#[tokio::test]
async fn no_command_panics_when_nobody_reads_what_it_prints() {
    let dir = tempfile::tempdir().expect("a folder");
    let fleet = TestFleet::prepare(Database::Sqlite, &[("SANDBOX", "all"), ("LOG", "debug")]).await.expect("a place");
    let wrong = environment(&[("AMQP_URL", "nonsense"), ("LOG", "debug")]);
    let to_nobody = ["send", "--channel", "sms", "--to", "+12025550143", "--message", "-5 °C"];
    for (words, environment, code) in [
        (&["settings"][..], &fleet.environment, 0),
        (&["--help"], &fleet.environment, 0),
        (&["topology", "plan"], &fleet.environment, 0),
        (&["topology", "verify"], &fleet.environment, 1),
        (&["topology", "apply"], &fleet.environment, 0),
        (&["topology", "verify"], &fleet.environment, 0),
        (&["topology", "recreate-retry"], &fleet.environment, 0),
        (&["migrate"], &fleet.environment, 0),
        (&["stuck"], &fleet.environment, 0),
        (&["ask", "list"], &fleet.environment, 0),
        (&["ask", "show", "none"], &fleet.environment, 1),
        (&["ask", "create", "--question", "Go?", "--to-address", "sms:12"], &fleet.environment, 2),
        (&["command", "list"], &fleet.environment, 0),
        (&["command", "dispatch", "trading.look"], &fleet.environment, 2),
        (&["verify", "list"], &fleet.environment, 0),
        (&["verify", "start", "--channel", "sms", "--to", "+999", "--purpose", "log in"], &fleet.environment, 2),
        (&["check", "worker"], &fleet.environment, 0),
        (&["contract", "lint", "-"], &fleet.environment, 1),
        (&to_nobody, &fleet.environment, 0),
        (&["health", "http://127.0.0.1:1"], &fleet.environment, 1),
        (&["check", "up"], &wrong, 1),
        (&["worker"], &wrong, 2),
        (&["up"], &wrong, 2),
        (&["send", "--channel", "fax"], &fleet.environment, 2),
        (&["no-such-command"], &fleet.environment, 2),
    ] {
        assert_eq!(run_unread(dir.path(), words, environment).await, code, "{words:?}");
    }
    fleet.remove().await;
}

#[tokio::test]
async fn the_exit_code_tells_a_wrong_command_from_one_that_could_not_be_done() {
    let elsewhere = [
        ("AMQP_URL", "amqp://u:hidden@127.0.0.1:1/foro"),
        ("DATABASE_URL", "postgresql://u:hidden@127.0.0.1:1/ledger"),
        ("SECRET_KEY", SECRET),
    ];
    let elsewhere = environment(&elsewhere);
    let unset = environment(&[("SECRET_KEY", "short")]);
    for (words, environment, code) in [
        (&["topology", "verify"][..], &elsewhere, 3),
        (&["topology", "apply"], &elsewhere, 3),
        (&["stuck"], &elsewhere, 3),
        (&["migrate"], &elsewhere, 3),
        (&["topology", "verify"], &unset, 2),
        (&["stuck"], &unset, 2),
        (&["stuck", "--older-than", "soon"], &elsewhere, 2),
        (&["send", "--channel", "sms"], &elsewhere, 2),
        (&["check", "nobody"], &elsewhere, 2),
        (&["check", "worker"], &unset, 1),
    ] {
        let (ended, said) = run(words, environment).await;
        assert!(ended == code && !said.contains("hidden"), "{words:?} ended with {ended}: {said}");
    }
    let (_, help) = run(&["--help"], &[]).await;
    for code in ["0  done", "1  the answer is no", "2  the command line", "3  it could not be done"] {
        assert!(help.contains(code), "{code}: {help}");
    }
}

#[tokio::test]
async fn a_known_id_with_another_body_is_told_with_an_exit_code_of_its_own_and_nothing_is_published() {
    let mut fleet = TestFleet::prepare(Database::Sqlite, &[("SANDBOX", "all")]).await.expect("a place");
    let worker = Process::ready("worker", &fleet.environment).await;
    let scheduler = Process::ready("scheduler", &fleet.environment).await;
    let environment = fleet.environment.clone();
    let send = async |id: &str, message: &str, more: &[&str]| {
        let words = ["send", "--id", id, "--channel", "sms", "--to", "+12025550143", "--message", message];
        run(&[&words[..], more].concat(), &environment).await
    };
    for _ in 0..2 {
        let (code, said) = send("known", "one", &["--wait"]).await;
        assert!(code == 0 && said.contains("captured"), "{said}");
    }
    let later = ["--send-at", "2035-01-01T00:00:00Z"];
    assert_eq!(send("later", "one", &later).await.0, 0);
    let key = key("later");
    fleet.open_store().await;
    let store = fleet.store();
    e2e::fleet::until("the job is stored", async || store.job(&key).await.expect("read")).await;
    for (id, more) in [("known", &["--wait"][..]), ("known", &[]), ("later", &later)] {
        let (code, said) = send(id, "another", more).await;
        assert_eq!(code, 4, "{said}");
        for words in ["id_conflict", "nothing was sent", "leave --id out", &format!("GET /deliveries/{id}")] {
            assert!(said.contains(words), "{words} is not in:\n{said}");
        }
        assert!(!said.contains("accepted") && !said.contains("captured"), "{said}");
    }
    assert_eq!(send("known", "one", &[]).await.0, 0, "the same once more is no conflict");
    let letters = fleet.amqp.basic_get("notifications.queue.dlq".into(), BasicGetOptions::default()).await;
    assert!(letters.expect("get").is_none());
    let (_, help) = run(&["send", "--help"], &[]).await;
    assert!(help.contains("4  the id is known with another body"), "{help}");
    drop((worker, scheduler));
    fleet.remove().await;
}

#[tokio::test]
async fn who_is_put_on_the_suppression_list_by_a_command_is_written_to_again_only_after_the_lift() {
    let fleet = TestFleet::prepare(Database::Sqlite, &[("SANDBOX", "all")]).await.expect("a place");
    let worker = Process::ready("worker", &fleet.environment).await;
    let environment = fleet.environment.clone();
    let run = async |words: &[&str]| run(words, &environment).await;
    let to = ["--channel", "email", "--to", "Ana@Example.com"];
    let send = async |to: &str| {
        run(&["send", "--channel", "email", "--to", to, "--subject", "s", "--message", "m", "--wait"]).await
    };
    let add = [&["suppress", "add"][..], &to, &["--reason", "hard_bounce", "--note", "typo"]].concat();
    let (code, said) = run(&add).await;
    assert!(code == 0 && said.contains("email to ***@Example.com  hard_bounce, stops all"), "{said}");
    assert!(!said.contains("Ana"), "{said}");
    let (code, said) = send("ana@example.com").await;
    assert!(code == 1 && said.contains("suppressed") && !said.contains("captured"), "{said}");
    let (code, said) = run(&["suppress", "list", "--json"]).await;
    assert!(code == 0 && said.contains(r#""reason":"hard_bounce""#) && !said.contains("Ana"), "{said}");
    let lift = [&["suppress", "lift"][..], &to].concat();
    let (code, said) = run(&lift).await;
    assert!(code == 2 && said.contains("--reason"), "a lift has a reason: {said}");
    let lift = [&lift[..], &["--reason", "it was a typo"]].concat();
    assert_eq!(run(&lift).await.0, 0);
    assert_eq!(run(&lift).await.0, 1, "nobody is left to take off");
    let (_, said) = run(&["suppress", "list", "--lifted"]).await;
    assert!(said.contains("by command line:") && said.contains(": it was a typo"), "{said}");
    let (code, said) = send("ana@example.com").await;
    assert!(code == 0 && said.contains("captured"), "{said}");
    for (wrong, told) in [
        (
            &["suppress", "add", "--channel", "sms", "--to", "555", "--reason", "complain"][..],
            "--to must be a phone number",
        ),
        (&["suppress", "add", "--channel", "sms", "--to", "+12025550143", "--until", ""], "--until is empty"),
        (&["suppress", "lift", "--reason", "x"], "<ID>"),
    ] {
        let (code, said) = run(wrong).await;
        assert!(code == 2 && said.contains(told), "{wrong:?}: {said}");
    }
    drop(worker);
    fleet.remove().await;
}

#[tokio::test]
async fn a_command_that_only_reads_makes_no_ledger_where_there_is_none() {
    let dir = tempfile::tempdir().expect("a folder");
    let ledger = dir.path().join("none/ledger.db");
    let url = format!("sqlite:{}", ledger.display());
    let nowhere = [("DATABASE_URL", url.as_str()), ("AMQP_URL", "amqp://u:p@127.0.0.1:1/foro"), ("SECRET_KEY", SECRET)];
    let to_nobody = ["send", "--channel", "sms", "--to", "+12025550143", "--message", "m", "--wait"];
    for words in [&["stuck"][..], &["stuck", "--json"], &["ask", "list"], &["verify", "list"], &to_nobody] {
        let (code, said) = run(words, &environment(&nowhere)).await;
        assert_eq!(code, 3, "{words:?}: {said}");
        assert!(said.contains(&format!("there is no ledger at {}", ledger.display())), "{words:?}: {said}");
    }
    assert_eq!(std::fs::read_dir(dir.path()).expect("a folder").count(), 0);
    assert_eq!(run(&["migrate"], &environment(&nowhere)).await.0, 0, "who makes one, makes it");
    assert_eq!(run(&["stuck"], &environment(&nowhere)).await.0, 0);
}

#[tokio::test]
async fn a_time_of_an_option_is_told_with_its_unit_and_range() {
    for time in ["5x", "-5m", "soon", "4000d"] {
        let (code, said) = run(&["stuck", "--older-than", time], &[]).await;
        assert!(code == 2 && said.contains("from 0s to 3660d") && !said.contains("invalid digit"), "{time}: {said}");
    }
}

#[tokio::test]
async fn a_broker_that_differs_ends_verify_with_a_whole_line() {
    let fleet = TestFleet::prepare(Database::Sqlite, &[]).await.expect("a place");
    let (code, said) = run(&["topology", "verify"], &fleet.environment).await;
    assert!(code == 1 && said.ends_with('\n'), "{said:?}");
    let over_amqp = with(&fleet.environment, &[("RABBITMQ_MANAGEMENT_URL", "")]);
    let (code, said) = run(&["topology", "verify"], &over_amqp).await;
    assert!(code == 1 && said.ends_with('\n'), "{said:?}");
    fleet.remove().await;
}

#[tokio::test]
async fn the_secret_of_a_receiver_is_printed_and_is_the_one_that_signs() {
    let command = ["webhook", "secret", "--tenant", "acme"];
    let (code, said) = run(&command, &environment(&[("SECRET_KEY", SECRET)])).await;
    let acme = domain::Tenant::parse("acme").expect("a tenant");
    let secrets = domain::Keyring::new(SECRET.as_bytes(), None).webhooks().direct(&acme);
    assert_eq!((code, said.trim()), (0, secrets[0].shown().as_str()));
    let (code, said) = run(&command, &[]).await;
    assert!(code != 0 && said.contains("set SECRET_KEY") && !said.contains("whsec_"), "{said}");
}
