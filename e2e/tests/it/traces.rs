//! The spans of a notification, as a collector receives them: in the trace of its publisher, from the queue through the
//! retry to the provider and the event.

use std::collections::{BTreeMap, BTreeSet};

use domain::State;
use e2e::processes::{run, with};
use e2e::provider::{Answer, Provider};
use e2e::receiver::Receiver;
use e2e::{Database, Process, TestFleet};
use embedded::Signal;
use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use prost::Message as _;
use serde_json::json;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PUBLISHER: &str = "00f067aa0ba902b7";

/// A collector, and the environment of a process that hands its spans to it.
async fn collector(fleet: &TestFleet) -> (Receiver, Vec<(String, String)>) {
    let collector = Receiver::start().await;
    let address = collector.url.split("/hooks").next().expect("an address").to_owned();
    let settings = [("OTEL_EXPORTER_OTLP_ENDPOINT", address.as_str()), ("OTEL_BSP_SCHEDULE_DELAY", "20")];
    (collector, with(&fleet.environment, &settings))
}

/// What has come so far, in the order in which it began.
fn spans(collector: &Receiver) -> Vec<Span> {
    let posted = collector.posted();
    let read = |body: &[u8]| ExportTraceServiceRequest::decode(body).expect("spans as OTLP has them");
    let resources = posted.iter().flat_map(|posted| read(&posted.body).resource_spans);
    let mut spans: Vec<Span> =
        resources.flat_map(|resource| resource.scope_spans).flat_map(|scope| scope.spans).collect();
    spans.sort_by_key(|span| span.start_time_unix_nano);
    spans
}

fn named<'a>(spans: &'a [Span], name: &str) -> Vec<&'a Span> {
    spans.iter().filter(|span| span.name == name).collect()
}

fn text(attributes: &[KeyValue], name: &str) -> Option<String> {
    let found = attributes.iter().find(|attribute| attribute.key == name)?;
    match found.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text.clone()),
        _ => None,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn until_told(collector: &Receiver, name: &str) -> Vec<Span> {
    e2e::fleet::until(&format!("a span {name}"), async || {
        let spans = spans(collector);
        let is_there = !named(&spans, name).is_empty();
        is_there.then_some(spans)
    })
    .await
}

#[tokio::test]
async fn a_notification_is_followed_in_the_trace_of_its_publisher_through_its_retry_to_its_event() {
    let provider = Provider::start().await;
    provider.answer(Answer::Refuse { status: 503, code: 0, retry_after: None });
    let mut fleet = TestFleet::prepare(Database::Sqlite, &provider.settings()).await.expect("a place");
    let (collector, environment) = collector(&fleet).await;
    let mut worker = Process::ready("worker", &environment).await;
    fleet.open_store().await;
    let trace = AMQPValue::LongString(format!("00-{TRACE}-{PUBLISHER}-01").into());
    let properties = BasicProperties::default()
        .with_message_id("traced".into())
        .with_correlation_id("order-7".into())
        .with_headers(FieldTable::from(BTreeMap::from([("traceparent".into(), trace)])));
    let body = json!({"channel": "sms", "destination": "+12025550101", "message": "Hola"});
    fleet.publish(body.to_string(), properties).await;
    e2e::fleet::until("the first attempt", async || (provider.requests() > 0).then_some(())).await;
    provider.answer(Answer::Accept);
    fleet.until("traced", State::Sent).await;
    until_told(&collector, "publish notifications.events").await;
    assert_eq!(worker.end(Signal::Term).await, 0, "{}", worker.output());

    let spans = spans(&collector);
    assert!(spans.iter().all(|span| hex(&span.trace_id) == TRACE), "{spans:#?}");
    let processed = named(&spans, "process notifications.queue");
    assert!(processed.len() > 1, "one for each copy: {spans:#?}");
    for span in &processed {
        assert_eq!((hex(&span.parent_span_id).as_str(), span.kind), (PUBLISHER, SpanKind::Consumer as i32));
        assert_eq!(span.links.iter().map(|link| hex(&link.span_id)).collect::<Vec<_>>(), [PUBLISHER]);
        let place = text(&span.attributes, "messaging.destination.name");
        assert_eq!(place.as_deref(), Some("notifications.exchange:notifications.key:notifications.queue"));
        assert_eq!(text(&span.attributes, "messaging.message.conversation_id").as_deref(), Some("order-7"));
    }
    let asked = named(&spans, "send twilio");
    let within: BTreeSet<&[u8]> = processed.iter().map(|span| span.span_id.as_slice()).collect();
    assert!(asked.iter().all(|span| within.contains(span.parent_span_id.as_slice())), "{spans:#?}");
    let failed: Vec<_> = asked.iter().map(|span| text(&span.attributes, "error.type")).collect();
    assert_eq!((failed[0].as_deref(), failed[failed.len() - 1].as_deref()), (Some("retriable"), None));
    for exchange in ["notifications.exchange.retry.1", "notifications.events"] {
        let published = named(&spans, &format!("publish {exchange}"));
        let parents: BTreeSet<String> = published.iter().map(|span| hex(&span.parent_span_id)).collect();
        assert_eq!(parents, BTreeSet::from([PUBLISHER.to_owned()]), "{exchange}");
    }
    for posted in collector.posted() {
        let said = String::from_utf8_lossy(&posted.body).into_owned();
        assert!(!said.contains("20255501") && !said.contains("Hola"), "{said}");
    }
    fleet.finish().await;
}

#[tokio::test]
async fn what_comes_by_http_without_a_trace_begins_one_that_goes_through_the_queue() {
    let provider = Provider::start().await;
    let settings = [provider.settings(), vec![("NOTIFY_OPEN", "local")]].concat();
    let mut fleet = TestFleet::prepare(Database::Sqlite, &settings).await.expect("a place");
    let (collector, environment) = collector(&fleet).await;
    let (mut worker, api) = tokio::join!(Process::ready("worker", &environment), Process::ready("api", &environment));
    fleet.open_store().await;
    let body = json!({"id": "by-http", "channel": "sms", "destination": "+12025550101", "message": "Hola"});
    let answer = fleet.http.post(api.url("/notify")).json(&body).send().await.expect("answered");
    assert_eq!(answer.status(), 202);
    fleet.until("by-http", State::Sent).await;
    let spans = until_told(&collector, "publish notifications.exchange").await;
    let published = named(&spans, "publish notifications.exchange")[0].clone();
    assert_eq!((published.parent_span_id.len(), published.kind), (0, SpanKind::Producer as i32));
    assert_eq!(worker.end(Signal::Term).await, 0, "{}", worker.output());
    let spans = until_told(&collector, "process notifications.queue").await;
    let processed = named(&spans, "process notifications.queue")[0];
    assert_eq!((&processed.trace_id, &processed.parent_span_id), (&published.trace_id, &published.span_id));
    fleet.finish().await;
}

#[tokio::test]
async fn a_variable_of_a_collector_that_cannot_be_followed_is_told_before_anything_starts() {
    let fleet = TestFleet::prepare(Database::Sqlite, &[("SANDBOX", "all")]).await.expect("a place");
    let wrong = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")];
    let environment = with(&fleet.environment, &wrong);
    for (words, expected) in [(["worker"].as_slice(), 2), (["check", "worker"].as_slice(), 1)] {
        let (code, said) = run(words, &environment).await;
        assert!(
            code == expected && said.contains("OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf"),
            "{code} {said}"
        );
    }
    fleet.remove().await;
}
