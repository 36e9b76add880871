//! Where spans go: to the collector that the standard variables of OpenTelemetry name, by OTLP over HTTP. Where they
//! name none, nothing of this is made.

mod collector;
mod variables;

use std::time::Duration;

use anyhow::{Context as _, Result};
use opentelemetry::global::BoxedTracer;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry::{InstrumentationScope, Key, KeyValue};
use opentelemetry_otlp::{SpanExporter, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;

use self::collector::Collector;
use self::variables::Variables;
use crate::config::{Config, Problems, Role};

/// How long the end of a process waits for its last spans.
const LAST: Duration = Duration::from_secs(3);
const SERVICE: &str = "chasqui";

/// The spans of this process, until its end.
pub(crate) struct Traces(Option<SdkTracerProvider>);

/// What is wrong with the variables.
///
/// # Errors
/// [`Problems`] naming each of them.
pub(crate) fn check() -> Result<(), Problems> {
    Variables::of_process().check()
}

/// Begins to make spans, if there is a collector.
///
/// # Errors
/// What the operator must change.
pub(crate) fn start(config: &Config, role: Role) -> Result<Traces> {
    let variables = Variables::of_process();
    variables.check()?;
    let Some(timeout) = variables.timeout_of_collector() else { return Ok(Traces(None)) };
    let exporter = SpanExporter::builder().with_http().with_http_client(Collector::new(timeout)?).build();
    let exporter = exporter.context("OTEL_EXPORTER_OTLP_ENDPOINT")?;
    let provider = SdkTracerProvider::builder().with_resource(resource(role)).with_batch_exporter(exporter).build();
    let scope = InstrumentationScope::builder(SERVICE).with_version(env!("CARGO_PKG_VERSION")).build();
    let tracer = BoxedTracer::new(Box::new(provider.tracer_with_scope(scope)));
    runtime::traces::begin(tracer, config.trace_attempts);
    tracing::info!("spans go to the collector of OTEL_EXPORTER_OTLP_ENDPOINT");
    Ok(Traces(Some(provider)))
}

/// Who makes the spans. An operator may call it otherwise, by `OTEL_SERVICE_NAME` or `OTEL_RESOURCE_ATTRIBUTES`.
fn resource(role: Role) -> Resource {
    let own = [KeyValue::new("service.version", env!("CARGO_PKG_VERSION")), KeyValue::new("chasqui.role", role.name())];
    let resource = Resource::builder().with_attributes(own);
    let named = Resource::builder().build().get(&Key::from_static_str("service.name"));
    // What the library puts in the place of a name that was not given.
    match named.filter(|name| !name.as_str().starts_with("unknown_service")) {
        Some(_) => resource.build(),
        None => resource.with_service_name(SERVICE).build(),
    }
}

impl Traces {
    /// Hands the last spans over. What the collector does not take within some seconds is lost.
    pub(crate) async fn end(self) {
        let Some(provider) = self.0 else { return };
        // It waits for its own thread, whose requests need this one.
        let ended = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(LAST)).await;
        if !matches!(ended, Ok(Ok(()))) {
            tracing::warn!("the last spans did not reach the collector");
        }
    }
}
