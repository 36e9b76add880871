//! The short selection of the chaos run: `make chaos` has all of it.

use std::path::{Path, PathBuf};

use e2e::chaos::{Plan, run};

/// The order of the faults of a test run is always the same.
const SEED: u64 = 1;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_and_nothing_is_sent_twice_in_silence() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace.join("target"), PathBuf::from);
    let folder = target.join("chaos-short");
    let plan = Plan { seed: SEED, limit: None, only: None, short: true, own_mounts: false, folder };
    let report = run(&plan).await.expect("the run comes to its end");
    assert!(report.is_clean(), "{}", report.text());
}
