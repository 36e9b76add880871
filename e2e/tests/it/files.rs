//! Files that come in at once, at an API that is a process of its own.

use e2e::processes::with;
use e2e::{Database, Process, TestFleet};
use reqwest::StatusCode;
use reqwest::multipart::{Form, Part};
use tokio::task::JoinSet;

use crate::api::{BOOTSTRAP, admin_at};

const MIB: usize = 1024 * 1024;

/// Of the memory of a process, what the kernel calls so, in KiB.
fn memory(process: &Process, called: &str) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.pid())).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix(called)?.strip_prefix(':')).expect("it is told");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// A CSV of so many bytes.
fn table(bytes: usize) -> Vec<u8> {
    let row = b"4711,Ana Quispe,2026-03-01,42.00\n";
    row.repeat(bytes.div_ceil(row.len()))[..bytes / row.len() * row.len()].to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_uploads_at_once_are_never_whole_in_memory() {
    const UPLOADS: usize = 20;
    let fleet = TestFleet::start(Database::Sqlite, &[("SANDBOX", "all"), BOOTSTRAP]).await;
    let folder = tempfile::tempdir().expect("a folder");
    let kept = folder.path().to_str().expect("UTF-8");
    let api = Process::ready("api", &with(&fleet.environment, &[("FILES_DIR", kept)])).await;
    let bearer = admin_at(&fleet, &api).await;
    let upload = |bytes: Vec<u8>| {
        let form = Form::new().part("file", Part::bytes(bytes).file_name("payments.csv"));
        fleet.http.post(api.url("/v1/files/upload")).header("authorization", &bearer).multipart(form).send()
    };
    // The first has the ledger and the routes in memory.
    assert_eq!(upload(table(1_000)).await.expect("answered").status(), StatusCode::CREATED);
    // The peak begins anew: the hash of a password has taken more.
    std::fs::write(format!("/proc/{}/clear_refs", api.pid()), "5").expect("the kernel counts the peak anew");
    let before = memory(&api, "VmRSS");
    let mut coming = JoinSet::new();
    for _ in 0..UPLOADS {
        coming.spawn(upload(table(5 * MIB)));
    }
    while let Some(answer) = coming.join_next().await {
        assert_eq!(answer.expect("no panic").expect("answered").status(), StatusCode::CREATED);
    }
    let more = memory(&api, "VmHWM").saturating_sub(before);
    assert!(more < 48 * 1024, "{more} KiB for {} MiB that came in", UPLOADS * 5);
    let names = |of: &str| std::fs::read_dir(folder.path().join(of)).expect("a folder").count();
    assert_eq!((names("stored"), names("incoming")), (UPLOADS + 1, 0));
    fleet.finish().await;
}
