//! What a process prints and nobody takes: a log that is not read, a disk that is full.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use domain::State;
use e2e::processes::{run, run_in, run_on_a_full_disk};
use e2e::{Database, Process, TestFleet};
use embedded::Signal;
use lapin::options::BasicGetOptions;
use tokio::process::Command;

use super::{number, publish};

/// `O_NONBLOCK` of Linux.
const NOT_WAITING: i32 = 0o4000;

/// Makes a pipe, and fills it as far as it goes. Whoever writes to it waits, for as long as this is kept.
async fn full_pipe(path: &Path) -> File {
    let made = Command::new("mkfifo").arg(path).status().await.expect("mkfifo");
    assert!(made.success());
    let options = OpenOptions::new().read(true).write(true).custom_flags(NOT_WAITING).open(path);
    let mut pipe = options.expect("opened");
    loop {
        match pipe.write_all(b"x") {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return pipe,
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn a_worker_whose_log_nobody_reads_goes_on_sending_and_ends_when_it_is_asked_to() {
    let mut fleet =
        TestFleet::prepare(Database::Sqlite, &[("SANDBOX", "all"), ("LOG", "debug")]).await.expect("a place");
    let dir = tempfile::tempdir().expect("a folder");
    let log = dir.path().join("log");
    let _unread = full_pipe(&log).await;
    let mut worker = Process::start_with_log("worker", &fleet.environment, &log);
    e2e::fleet::until("the worker is ready", async || worker.is_ready().await.then_some(())).await;
    fleet.open_store().await;
    publish(&fleet, 0..20).await;
    for n in 0..20 {
        fleet.until(&format!("m{n}"), State::Captured).await;
    }
    assert_eq!(worker.end(Signal::Term).await, 0);
    fleet.finish().await;
}

#[tokio::test]
async fn what_was_accepted_is_told_on_standard_error_when_the_disk_is_full_and_is_not_called_failed() {
    let fleet = TestFleet::prepare(Database::Sqlite, &[("SANDBOX", "all")]).await.expect("a place");
    assert_eq!(run(&["topology", "apply"], &fleet.environment).await.0, 0);
    let to = number(0);
    let send = ["send", "--channel", "sms", "--to", &to, "--message", "m", "--id", "once"];
    let (code, said) = run_on_a_full_disk(&send, &fleet.environment).await;
    assert!(code == 0 && said.contains("accepted once (standard output could not be written)"), "{code}: {said}");
    let published = fleet.amqp.basic_get("notifications.queue".into(), BasicGetOptions::default()).await;
    assert!(published.expect("get").is_some());
    let (code, said) = run_on_a_full_disk(&["settings"], &[]).await;
    assert!(code == 3 && said.contains("standard output could not be written"), "{code}: {said}");
    fleet.remove().await;
}

#[tokio::test]
async fn settings_that_would_never_end_are_refused() {
    let dir = tempfile::tempdir().expect("a folder");
    let made = Command::new("mkfifo").arg(dir.path().join(".env")).status().await.expect("mkfifo");
    assert!(made.success());
    let (code, said) = run_in(dir.path(), &["check", "worker"], &[]).await;
    assert!(code == 1 && said.contains(".env cannot be read: it is no regular file"), "{said}");
    assert!(said.contains("there is a problem with"), "nothing is called missing beside it: {said}");
    let files = ["AMQP_CA_FILE", "SECRET_KEY_FILE"].map(|name| (name.to_owned(), "/dev/zero".to_owned()));
    let (code, said) = run(&["check", "api"], &files).await;
    assert!(code == 1 && said.matches("it is no regular file").count() == 2, "{said}");
    let (code, said) = run(&["--config", "/dev/zero\n\u{1b}[31m", "check", "api"], &[]).await;
    assert!(code == 1 && said.contains(r"/dev/zero\n\u{1b}[31m: ") && !said.contains('\u{1b}'), "{said}");
}
