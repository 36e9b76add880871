//! Which release of RabbitMQ has last run in a folder, and what to do when another one cannot read its data.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::node_dir::NodeDir;

const STAMP: &str = "release";
/// The line with which every node's log begins.
const SAYS: &str = "Starting RabbitMQ ";

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

/// Why the node did not start. `None` when the data belong to the series that was started, or nobody knows.
pub(crate) fn explain(dir: &NodeDir) -> Option<String> {
    let made_by = fs::read_to_string(dir.root().join(STAMP)).ok()?.trim().to_owned();
    let started = in_log(&dir.log())?;
    (series(&made_by) != series(&started)).then(|| text(dir.root(), &made_by, &started, &dir.log()))
}

fn text(root: &Path, made_by: &str, started: &str, log: &Path) -> String {
    let shown = root.display();
    format!(
        "RabbitMQ {started} is installed now, and cannot read {shown}, which RabbitMQ {made_by} has made: a series takes \
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
    fs::read(log).is_ok_and(|text| String::from_utf8_lossy(&text).contains("Server startup complete"))
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
        assert_eq!(explain(&dir), None, "its own release");
        fs::write(dir.log(), "Starting RabbitMQ 3.10.25 on Erlang 25\ncrash").unwrap();
        assert_eq!(explain(&dir), None, "the same series");
        fs::write(dir.log(), "Starting RabbitMQ 4.0.5 on Erlang 27.3\ncrash").unwrap();
        let told = explain(&dir).expect("another series");
        for words in ["RabbitMQ 4.0.5", "RabbitMQ 3.10.8", "mv ", "enable_feature_flag all"] {
            assert!(told.contains(words), "{words}: {told}");
        }
        remember_the_last(&dir).unwrap();
        assert_eq!(explain(&dir), Some(told), "as often as it is tried");
    }

    #[test]
    fn a_folder_of_an_earlier_version_of_ours_is_known_by_its_last_good_log() {
        let parent = tempfile::tempdir().unwrap();
        let dir = dir_with_log(parent.path(), "Starting RabbitMQ 4.0.5 on Erlang 27.3\ncrash");
        remember_the_last(&dir).unwrap();
        assert_eq!(explain(&dir), None, "nobody knows");
        fs::write(dir.previous_log(), format!("Starting RabbitMQ 3.13.7 on Erlang 26\n{GOOD}")).unwrap();
        remember_the_last(&dir).unwrap();
        assert!(explain(&dir).expect("another series").contains("3.13.7"));
    }
}
