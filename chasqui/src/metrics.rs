//! The metrics of a process: one recorder, rendered by every listener that serves `/metrics`.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use web::probes::RenderMetrics;

/// The buckets of histograms in seconds: from a local answer to a provider's timeout.
const SECONDS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];
/// How often the exporter is told to move histogram samples out of its buffers.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// Renders the metrics of this process. The first call installs the recorder.
pub(crate) fn render() -> RenderMetrics {
    static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    let handle = HANDLE.get_or_init(install).clone();
    Arc::new(move || handle.as_ref().map(PrometheusHandle::render).unwrap_or_default())
}

fn install() -> Option<PrometheusHandle> {
    let builder = PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".into()), SECONDS).ok()?;
    let handle = builder.install_recorder().ok()?;
    // A gauge that says what runs where, as Prometheus joins it to other metrics.
    metrics::gauge!("chasqui_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    let upkeep = handle.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(UPKEEP_EVERY).await;
            upkeep.run_upkeep();
        }
    });
    Some(handle)
}
