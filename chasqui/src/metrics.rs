//! The metrics of a process: one recorder, rendered by every listener that serves `/metrics`.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use web::probes::RenderMetrics;

/// The buckets of histograms in seconds: from a local answer to a provider's timeout.
const SECONDS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];
/// The histogram that alarms count by, and its buckets beside the objective: from an answer at once to an hour.
const LATENCY: &str = "chasqui_delivery_latency_seconds";
const LATENCIES: &[f64] = &[0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0];
/// How often the exporter is told to move histogram samples out of its buffers.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// Renders the metrics of this process. The first call installs the recorder; `objective` is the time in which a
/// delivery is to be with its provider.
pub(crate) fn render(objective: Duration) -> RenderMetrics {
    static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    let handle = HANDLE.get_or_init(|| install(objective)).clone();
    Arc::new(move || handle.as_ref().map(PrometheusHandle::render).unwrap_or_default())
}

fn install(objective: Duration) -> Option<PrometheusHandle> {
    let builder = PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".into()), SECONDS).ok()?;
    let builder = builder.set_buckets_for_metric(Matcher::Full(LATENCY.into()), &latencies(objective)).ok()?;
    let handle = builder.install_recorder().ok()?;
    metrics::gauge!("chasqui_delivery_objective_seconds").set(objective.as_secs_f64());
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

/// The buckets of the latency, one of which ends at the objective: what is late is counted, and not interpolated.
fn latencies(objective: Duration) -> Vec<f64> {
    let mut buckets: Vec<f64> = LATENCIES.iter().copied().chain([objective.as_secs_f64()]).collect();
    buckets.sort_by(f64::total_cmp);
    buckets.dedup();
    buckets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_ends_at_the_objective_whatever_it_is() {
        assert_eq!(latencies(Duration::from_secs(5)), LATENCIES, "it has one already");
        let buckets = latencies(Duration::from_millis(2_500));
        assert_eq!(buckets.len(), LATENCIES.len() + 1);
        assert!(buckets.is_sorted() && buckets.contains(&2.5), "{buckets:?}");
    }
}
