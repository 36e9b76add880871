//! The node starts, answers, and leaves nothing behind.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::*;
use crate::processes;
use crate::supervised::Launch;

/// The variable that is set in the copy of this test program which one test starts and kills.
const VICTIM: &str = "CHASQUI_TEST_VICTIM";
const POLL: Duration = Duration::from_millis(50);

fn ephemeral() -> Options {
    Options { ephemeral: true, ..Options::default() }
}

async fn api(broker: &PrivateBroker, user: User, method: reqwest::Method, path: &str) -> reqwest::Response {
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(30)).build().unwrap();
    let request = client.request(method, format!("{}/api/{path}", broker.management_url()));
    request
        .basic_auth(user.name(), Some(broker.password(user)))
        .json(&serde_json::json!({"durable": true}))
        .send()
        .await
        .unwrap()
}

async fn wait_until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !holds().await {
        assert!(Instant::now() < deadline, "{what}");
        tokio::time::sleep(POLL).await;
    }
}

#[tokio::test]
async fn two_nodes_run_side_by_side_and_leave_nothing_behind() {
    let parent = tempfile::tempdir().unwrap();
    let [first, second] = ["a node", "another"].map(|name| parent.path().join(name));
    let advanced = "[{rabbit,[{dead_letter_worker_publisher_confirm_timeout,2000}]}].".to_owned();
    let options = Options { advanced, conf: "heartbeat = 7\n".to_owned(), ..ephemeral() };
    let (one, two) = tokio::join!(PrivateBroker::start(&first, options), PrivateBroker::start(&second, ephemeral()));
    let (mut one, two) = (one.unwrap(), two.unwrap());

    for user in [User::Admin, User::Orchestrator, User::Notifications] {
        let who: Value = api(&one, user, reqwest::Method::GET, "whoami").await.json().await.unwrap();
        assert_eq!(who["name"], user.name(), "{who}");
        let vhosts: Value = api(&one, user, reqwest::Method::GET, "vhosts").await.json().await.unwrap();
        assert_eq!(vhosts[0]["name"], VHOST, "{vhosts}");
    }
    let overview: Value = api(&one, User::Admin, reqwest::Method::GET, "overview").await.json().await.unwrap();
    assert_eq!(overview["node"], one.dir.node());
    let asked = "[application:get_env(rabbit, K) || K <- [max_message_size, heartbeat, dead_letter_worker_publisher_confirm_timeout]].";
    assert_eq!(one.ctl(&["eval", asked]).await.unwrap().trim(), "[{ok,1048576},{ok,7},{ok,2000}]");
    let plugins = "lists:sort([P || {P, _, _} <- application:which_applications(), lists:member(P, [rabbitmq_shovel_management, rabbitmq_management, rabbitmq_prometheus])]).";
    let running = two.ctl(&["eval", plugins]).await.unwrap();
    assert_eq!(running.trim(), "[rabbitmq_management,rabbitmq_prometheus,rabbitmq_shovel_management]");
    let depths = "metrics/detailed?vhost=foro&family=queue_coarse_metrics";
    for broker in [&one, &two] {
        let answer = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(30)).build().unwrap();
        let answer = answer.get(format!("http://127.0.0.1:{}/{depths}", broker.ports.metrics)).send().await.unwrap();
        answer.error_for_status().unwrap();
    }
    assert!(one.ctl(&["no_such_command"]).await.unwrap_err().to_string().contains("no_such_command"));

    let killed = one.os_pid();
    let waited = tokio::time::timeout(POLL, one.ended()).await;
    assert!(waited.is_err(), "it runs");
    one.kill().await.unwrap();
    assert!(!one.ended().await.unwrap().success());
    one.kill().await.expect("whoever is dead stays dead");
    one.start_again().await.unwrap();
    assert_ne!(one.os_pid(), killed);
    api(&one, User::Admin, reqwest::Method::GET, "overview").await.error_for_status().unwrap();

    let names = [&one, &two].map(|broker| broker.dir.node().to_owned());
    one.stop().await.unwrap();
    tokio::task::spawn_blocking(|| drop(two)).await.unwrap();
    assert_eq!(processes::running(&names).await.unwrap(), Vec::<u32>::new());
    assert!(!first.exists() && !second.exists(), "ephemeral folders are deleted");
}

#[tokio::test]
async fn a_kept_node_has_its_data_and_ports_after_a_stop_and_after_a_crash_of_everything() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("rabbitmq");
    let broker = PrivateBroker::start(&dir, Options::default()).await.unwrap();
    let url = broker.amqp_url(User::Notifications);
    let put = api(&broker, User::Orchestrator, reqwest::Method::PUT, "exchanges/foro/kept").await;
    put.error_for_status().unwrap();
    let password = broker.password(User::Admin).to_owned();
    let mode = std::os::unix::fs::PermissionsExt::mode(&dir.metadata().unwrap().permissions());
    assert_eq!(mode & 0o077, 0, "closed to others");
    let refused = PrivateBroker::start(&dir, Options::default()).await.unwrap_err().to_string();
    assert!(refused.contains("stop that one first"), "{refused}");
    broker.stop().await.unwrap();

    let orphan = PrivateBroker::start(&dir, Options::default()).await.unwrap();
    let PrivateBroker { node, epmd, dir: lock, .. } = orphan;
    let pid = node.pid();
    // Forgetting both has the effect of killing this process and both shells.
    std::mem::forget((node, epmd));
    drop(lock);
    let broker = PrivateBroker::start(&dir, Options::default()).await.unwrap();
    assert_ne!(broker.os_pid(), pid);
    let kept = api(&broker, User::Orchestrator, reqwest::Method::GET, "exchanges/foro/kept").await;
    kept.error_for_status().unwrap();
    assert_eq!(broker.amqp_url(User::Notifications), url);
    broker.stop().await.unwrap();

    // The file is missing in the folder of an earlier version, or after somebody has deleted it: the node learns new
    // passwords.
    std::fs::remove_file(dir.join("passwords")).unwrap();
    let broker = PrivateBroker::start(&dir, Options::default()).await.unwrap();
    assert_ne!(broker.password(User::Admin), password);
    api(&broker, User::Admin, reqwest::Method::GET, "overview").await.error_for_status().unwrap();
    broker.stop().await.unwrap();
}

#[tokio::test]
async fn a_node_that_cannot_start_is_answered_with_its_complaint() {
    let parent = tempfile::tempdir().unwrap();
    let options = Options { conf: "no.such.setting = 1\n".to_owned(), ..ephemeral() };
    let error = PrivateBroker::start(&parent.path().join("node"), options).await.unwrap_err().to_string();
    assert!(error.contains("no.such.setting"), "{error}");
}

#[tokio::test]
async fn an_ephemeral_node_refuses_a_folder_with_something_in_it() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("thesis.txt"), "do not delete").unwrap();
    let error = PrivateBroker::start(dir.path(), ephemeral()).await.unwrap_err().to_string();
    assert!(error.contains("is not empty"), "{error}");
}

#[tokio::test]
async fn a_folder_is_taken_as_long_as_a_process_has_it_and_a_look_makes_nothing() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("node");
    assert!(!PrivateBroker::is_taken(&dir) && !dir.exists());
    let held = NodeDir::open(&dir, false).unwrap();
    assert!(PrivateBroker::is_taken(&dir));
    drop(held);
    // A process that another test starts at this moment has the lock file open too, until it has become another
    // program.
    wait_until("the folder is free", async || !PrivateBroker::is_taken(&dir)).await;
}

#[test]
fn a_machine_without_rabbitmq_is_told_what_to_install() {
    let empty = tempfile::tempdir().unwrap();
    let error = Installation::find_in(empty.path(), "/nonexistent".as_ref(), &[]).unwrap_err().to_string();
    assert!(error.contains("tools/setup") && error.contains("brew install rabbitmq"), "{error}");
    assert!(error.contains("notifications-for-development"), "{error}");
}

#[test]
fn the_newest_of_several_releases_is_taken() {
    let system = tempfile::tempdir().unwrap();
    for version in ["3.9.13", "3.10.8", "4.0.0"] {
        let sbin = system.path().join(format!("rabbitmq_server-{version}/sbin"));
        std::fs::create_dir_all(&sbin).unwrap();
        std::fs::write(sbin.join(if version == "4.0.0" { "leftover" } else { "rabbitmq-server" }), "").unwrap();
        std::fs::write(sbin.join("epmd"), "").unwrap();
    }
    let path = system.path().join("rabbitmq_server-3.9.13/sbin");
    let found = Installation::find_in(system.path(), path.as_os_str(), &[]).unwrap();
    assert_eq!(found.sbin, system.path().join("rabbitmq_server-3.10.8/sbin"));
    assert_eq!(found.epmd, path.join("epmd"));
}

#[test]
fn the_release_of_an_installation_is_read_from_its_folders() {
    let parent = tempfile::tempdir().unwrap();
    let release = |sbin: &str, plugin: &str| {
        let sbin = parent.path().join(sbin);
        let plugins = sbin.parent().unwrap().join("plugins");
        std::fs::create_dir_all(&sbin).unwrap();
        std::fs::create_dir_all(plugins.join("rabbit_common-1.2.3")).unwrap();
        std::fs::create_dir_all(plugins.join(plugin)).unwrap();
        std::fs::write(sbin.join("rabbitmq-server"), "").unwrap();
        Installation { sbin, epmd: PathBuf::new(), path: Default::default() }.release()
    };
    assert_eq!(release("rabbitmq_server-4.0.5/sbin", "ra-2.2.0").as_deref(), Some("4.0.5"));
    assert_eq!(release("rabbitmq/3.13.7/sbin", "ra-2.2.0").as_deref(), Some("3.13.7"));
    assert_eq!(release("elsewhere/sbin", "rabbit-3.10.8").as_deref(), Some("3.10.8"));
    assert_eq!(release("archived/sbin", "rabbit-3.9.13.ez").as_deref(), Some("3.9.13"));
    assert_eq!(release("nobody/knows", "README"), None);
}

#[tokio::test]
async fn a_server_ends_when_our_process_is_killed() {
    if let Some(data) = std::env::var_os(VICTIM) {
        return be_killed(PathBuf::from(data)).await;
    }
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let name = "broker::tests::a_server_ends_when_our_process_is_killed";
    let mut victim = Command::new(std::env::current_exe().unwrap());
    victim.args(["--exact", name]).env(VICTIM, &data).stdout(Stdio::null()).stderr(Stdio::null());
    let mut victim = victim.spawn().unwrap();
    let word = [format!("--{}", data.display())];
    wait_until("the server runs", async || !processes::running(&word).await.unwrap().is_empty()).await;
    victim.kill().unwrap();
    victim.wait().unwrap();
    wait_until("the server is gone", async || processes::running(&word).await.unwrap().is_empty()).await;
    wait_until("its folder is gone", async || !data.exists()).await;
}

/// Starts a server that ignores TERM, and waits for the kill.
async fn be_killed(data: PathBuf) {
    let word = format!("--{}", data.display());
    let script = "trap '' TERM; while :; do sleep 0.2; done";
    let launch = Launch {
        name: "victim".to_owned(),
        program: "/bin/sh".into(),
        args: vec!["-c".into(), script.into(), word.into()],
        env: vec![("PATH".into(), std::env::var_os("PATH").unwrap())],
        log: data.with_extension("log"),
        at_end: Signal::Term,
        grace: Duration::from_secs(1),
        remove: Some(data),
    };
    let _server = Supervised::start(&launch).unwrap();
    std::future::pending().await
}
