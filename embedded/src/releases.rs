//! Which release of RabbitMQ has last run in a folder, and what to do when another one cannot read its data.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::node_dir::NodeDir;

const STAMP: &str = "release";
/// The line with which every node's log begins.
const SAYS: &str = "Starting RabbitMQ ";
/// What a node says of data that an earlier series made without a feature flag that its own series needs.
const REFUSES: &str = "required feature flag not enabled";

/// Called before a log begins anew. Data of an earlier version of ours have no stamp, but the last good log names the
/// release.
pub(crate) fn remember_the_last(dir: &NodeDir) -> Result<()> {
    if dir.root().join(STAMP).exists() {
        return Ok(());
    }
    let good = [dir.log(), dir.previous_log()].into_iter().find(|log| log_of_a_good_start(log));
    good.and_then(|log| in_log(&log)).map_or(Ok(()), |release| write(dir, &release))
}

/// Called after a good start: the data belong to this release from now on.
pub(crate) fn remember_this(dir: &NodeDir) -> Result<()> {
    in_log(&dir.log()).map_or(Ok(()), |release| write(dir, &release))
}

fn write(dir: &NodeDir, release: &str) -> Result<()> {
    let stamp = dir.root().join(STAMP);
    fs::write(&stamp, format!("{release}\n")).with_context(|| format!("cannot write {}", stamp.display()))
}

/// Why the node did not start. `None` when the data belong to the series that was started, or nobody knows. `installed`
/// is the release of the programs that were started: a node that refuses the data's feature flags ends before it has
/// named its own in the log.
pub(crate) fn explain(dir: &NodeDir, installed: Option<&str>) -> Option<String> {
    let made_by = fs::read_to_string(dir.root().join(STAMP)).ok()?.trim().to_owned();
    let started = match in_log(&dir.log()).or_else(|| installed.map(str::to_owned)) {
        Some(release) if series(&release) == series(&made_by) => return None,
        Some(release) => format!("RabbitMQ {release}"),
        None if refuses_the_flags(&dir.log()) => "Another RabbitMQ".to_owned(),
        None => return None,
    };
    Some(text(dir.root(), &made_by, &started, &dir.log()))
}

fn text(root: &Path, made_by: &str, started: &str, log: &Path) -> String {
    let shown = root.display();
    format!(
        "{started} is installed now, and cannot read {shown}, which RabbitMQ {made_by} has made: a series takes \
         over the data of the one before it only with all its feature flags enabled. Ways out:\n\
         \x20 - nothing in its queues is needed any more: mv {shown} {shown}-{made_by}, then start again; the ledger stays as \
         it is\n\
         \x20 - its messages are needed: install RabbitMQ {made_by} again, start `chasqui up` until nothing waits any more, \
         stop it, go on as above\n\
         \x20 - or take its data along: with RabbitMQ {made_by} and each series on the way (3.13 before 4.0), start it and run \
         `rabbitmqctl enable_feature_flag all`\n\
         The node's own words are in {}",
        log.display()
    )
}

fn in_log(log: &Path) -> Option<String> {
    let text = fs::read(log).ok()?;
    let text = String::from_utf8_lossy(&text);
    let behind = text.split_once(SAYS)?.1;
    let release: String = behind.chars().take_while(|c| c.is_ascii_alphanumeric() || ".-+".contains(*c)).collect();
    (!release.is_empty()).then_some(release)
}

/// Whether a log has the line that is written after the data were opened.
fn log_of_a_good_start(log: &Path) -> bool {
    says(log, "Server startup complete")
}

fn refuses_the_flags(log: &Path) -> bool {
    says(log, REFUSES)
}

fn says(log: &Path, words: &str) -> bool {
    fs::read(log).is_ok_and(|text| String::from_utf8_lossy(&text).contains(words))
}

/// The series of a release: `3.10` for `3.10.8`.
fn series(release: &str) -> String {
    release.split('.').take(2).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dir_with_log(root: &Path, log: &str) -> NodeDir {
        let dir = NodeDir::open(root, false).unwrap();
        fs::write(dir.log(), log).unwrap();
        dir
    }

    const GOOD: &str = "Server startup complete; 7 plugins started.\n";

    #[test]
    fn data_of_another_series_are_told_with_both_releases_and_the_ways_out() {
        let parent = tempfile::tempdir().unwrap();
        let root = parent.path().join("rabbitmq");
        let dir = dir_with_log(&root, "x\n Starting RabbitMQ 3.10.8 on Erlang 25.2.3 [jit]\n");
        remember_this(&dir).unwrap();
        assert_eq!(explain(&dir, None), None, "its own release");
        fs::write(dir.log(), "Starting RabbitMQ 3.10.25 on Erlang 25\ncrash").unwrap();
        assert_eq!(explain(&dir, None), None, "the same series");
        fs::write(dir.log(), "Starting RabbitMQ 4.0.5 on Erlang 27.3\ncrash").unwrap();
        let told = explain(&dir, None).expect("another series");
        for words in ["RabbitMQ 4.0.5", "RabbitMQ 3.10.8", "mv ", "enable_feature_flag all"] {
            assert!(told.contains(words), "{words}: {told}");
        }
        remember_the_last(&dir).unwrap();
        assert_eq!(explain(&dir, None), Some(told), "as often as it is tried");
    }

    /// The whole of what 4.0.5 says of a folder of 3.10.8, but for the trace behind it: its own release is not named.
    const REFUSED: &str = "\
2026-11-29 13:36:28.156330+00:00 [error] <0.216.0> Feature flags: `stream_single_active_consumer`: required feature flag not enabled! It must be enabled before upgrading RabbitMQ.
2026-11-29 13:36:28.169567+00:00 [error] <0.216.0> Failed to initialize feature flags registry: {disabled_required_feature_flag,
2026-11-29 13:36:28.169567+00:00 [error] <0.216.0>                                               stream_single_active_consumer}
2026-11-29 13:36:28.184048+00:00 [error] <0.216.0> \n\
2026-11-29 13:36:28.184048+00:00 [error] <0.216.0> BOOT FAILED
2026-11-29 13:36:28.184048+00:00 [error] <0.216.0> ===========
2026-11-29 13:36:28.184048+00:00 [error] <0.216.0> Error during startup: {error,failed_to_initialize_feature_flags_registry}

BOOT FAILED
===========
Error during startup: {error,failed_to_initialize_feature_flags_registry}
";

    #[test]
    fn a_node_that_ends_before_it_names_its_release_is_told_by_its_installation() {
        let parent = tempfile::tempdir().unwrap();
        let dir = dir_with_log(parent.path(), "Starting RabbitMQ 3.10.8 on Erlang 25.2.3 [jit]\n");
        remember_this(&dir).unwrap();
        fs::write(dir.log(), REFUSED).unwrap();
        let told = explain(&dir, Some("4.0.5")).expect("another series");
        for words in ["RabbitMQ 4.0.5 is installed now", "RabbitMQ 3.10.8", "mv ", "enable_feature_flag all"] {
            assert!(told.contains(words), "{words}: {told}");
        }
        let told = explain(&dir, None).expect("its words are a sign");
        assert!(told.starts_with("Another RabbitMQ is installed now, and cannot read"), "{told}");
        assert_eq!(explain(&dir, Some("3.10.25")), None, "the same series");
        fs::write(dir.log(), "crash").unwrap();
        assert_eq!(explain(&dir, None), None, "nobody knows");
    }

    #[test]
    fn a_folder_of_an_earlier_version_of_ours_is_known_by_its_last_good_log() {
        let parent = tempfile::tempdir().unwrap();
        let dir = dir_with_log(parent.path(), "Starting RabbitMQ 4.0.5 on Erlang 27.3\ncrash");
        remember_the_last(&dir).unwrap();
        assert_eq!(explain(&dir, None), None, "nobody knows");
        fs::write(dir.previous_log(), format!("Starting RabbitMQ 3.13.7 on Erlang 26\n{GOOD}")).unwrap();
        remember_the_last(&dir).unwrap();
        assert!(explain(&dir, None).expect("another series").contains("3.13.7"));
    }
}
