//! Spans of what the fleet does with a message (OpenTelemetry), for the collector that an operator has named. Without
//! one no span is made: each function asks once whether there is a tracer, and does nothing.

use std::sync::OnceLock;

use opentelemetry::global::BoxedTracer;
use opentelemetry::trace::{
    Link, SpanBuilder, SpanContext, SpanId, SpanKind, Status, TraceContextExt as _, TraceFlags, TraceId, TraceState,
    Tracer as _,
};
use opentelemetry::{Context, KeyValue, Value};

/// The largest `tracestate` that is carried on (W3C Trace Context asks for at least 512 characters).
const MAX_STATE_BYTES: usize = 512;

static TRACING: OnceLock<Tracing> = OnceLock::new();

struct Tracing {
    tracer: BoxedTracer,
    attempts: Attempts,
}

/// How the span of an attempt belongs to the trace of its message. It has a link to it in any case.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Attempts {
    /// It is in that trace.
    Parent,
    /// It begins a trace of its own, so that no trace grows with its retries.
    Link,
}

/// Begins to make spans. Only the first call of a process counts.
pub fn begin(tracer: BoxedTracer, attempts: Attempts) {
    let _the_first_stays = TRACING.set(Tracing { tracer, attempts });
}

/// Whether spans are made: whoever would have to write a name for one asks first.
pub fn are_on() -> bool {
    TRACING.get().is_some()
}

/// The place of a message in a trace, as its headers have it (W3C Trace Context).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TraceHeaders {
    pub traceparent: String,
    /// Empty when there is none.
    pub tracestate: String,
}

impl TraceHeaders {
    /// The headers as they came; none where `traceparent` is no such header. A `tracestate` that is too long is left
    /// out.
    pub fn read(traceparent: &str, tracestate: Option<&str>) -> Option<Self> {
        context(traceparent, None)?;
        let is_small =
            |state: &&str| state.len() <= MAX_STATE_BYTES && state.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        let tracestate = tracestate.filter(is_small).unwrap_or_default();
        Some(Self { traceparent: traceparent.to_owned(), tracestate: tracestate.to_owned() })
    }

    fn context(&self) -> Option<SpanContext> {
        context(&self.traceparent, Some(&self.tracestate))
    }
}

/// Reads `version-trace-span-flags`. A later version may have more behind that.
fn context(traceparent: &str, tracestate: Option<&str>) -> Option<SpanContext> {
    let parts: Vec<&str> = traceparent.split('-').collect();
    let [version, trace, span, flags, more @ ..] = parts.as_slice() else { return None };
    let is_hex = |part: &str, len: usize| {
        part.len() == len && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let is_known = is_hex(version, 2) && *version != "ff" && (*version != "00" || more.is_empty());
    if !(is_known && is_hex(trace, 32) && is_hex(span, 16) && is_hex(flags, 2)) {
        return None;
    }
    let (trace, span) = (TraceId::from_hex(trace).ok()?, SpanId::from_hex(span).ok()?);
    let flags = TraceFlags::new(u8::from_str_radix(flags, 16).ok()?) & TraceFlags::SAMPLED;
    let state = tracestate.and_then(|state| state.parse::<TraceState>().ok()).unwrap_or_default();
    Some(SpanContext::new(trace, span, flags, true, state)).filter(SpanContext::is_valid)
}

/// A span that has begun. It ends when the last of its clones is dropped. Nothing where no spans are made.
#[derive(Clone, Debug, Default)]
pub struct Span(Option<Context>);

impl Span {
    /// The processing of a message that a consumer has in hand. `is_late` says that so much time has passed since it
    /// was published that nobody keeps its trace open: a trace of its own begins then.
    pub fn processing(name: String, message: Option<&TraceHeaders>, is_late: bool) -> Self {
        let Some(Tracing { tracer, attempts }) = TRACING.get() else { return Self::default() };
        let origin = message.and_then(TraceHeaders::context);
        let in_its_trace = origin.clone().filter(|_| *attempts == Attempts::Parent && !is_late);
        let builder = SpanBuilder::from_name(name).with_kind(SpanKind::Consumer);
        let builder = builder.with_links(origin.map(Link::with_context).into_iter().collect());
        Self::begun(tracer, builder, in_its_trace)
    }

    /// The publishing of a message. It makes the trace of a message that is in none: [`Span::headers`] are its headers.
    pub fn publishing(name: String, message: Option<&TraceHeaders>) -> Self {
        let Some(Tracing { tracer, .. }) = TRACING.get() else { return Self::default() };
        let origin = message.and_then(TraceHeaders::context);
        let kind = if origin.is_some() { SpanKind::Client } else { SpanKind::Producer };
        Self::begun(tracer, SpanBuilder::from_name(name).with_kind(kind), origin)
    }

    /// A request to somebody else, within this span. Nothing within nothing.
    pub fn request(&self, name: String) -> Self {
        let (Some(Tracing { tracer, .. }), Some(within)) = (TRACING.get(), &self.0) else { return Self::default() };
        let builder = SpanBuilder::from_name(name).with_kind(SpanKind::Client);
        Self(Some(Context::new().with_span(tracer.build_with_context(builder, within))))
    }

    fn begun(tracer: &BoxedTracer, builder: SpanBuilder, parent: Option<SpanContext>) -> Self {
        let parent = parent.map_or_else(Context::new, |parent| Context::new().with_remote_span_context(parent));
        Self(Some(Context::new().with_span(tracer.build_with_context(builder, &parent))))
    }

    pub fn set(&self, name: &'static str, value: impl Into<Value>) {
        if let Some(context) = &self.0 {
            context.span().set_attribute(KeyValue::new(name, value));
        }
    }

    /// Says that it has failed, by a word of a closed list.
    pub fn fail(&self, kind: &'static str) {
        if let Some(context) = &self.0 {
            context.span().set_attribute(KeyValue::new("error.type", kind));
            context.span().set_status(Status::error(""));
        }
    }

    /// The headers of a message that is published within this span.
    pub fn headers(&self) -> Option<TraceHeaders> {
        let span = self.0.as_ref()?.span();
        let context = span.span_context();
        let flags = context.trace_flags().to_u8();
        let traceparent = format!("00-{}-{}-{flags:02x}", context.trace_id(), context.span_id());
        let tracestate = context.trace_state().header();
        context.is_valid().then_some(TraceHeaders { traceparent, tracestate })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn only_a_header_of_the_standard_is_carried_on() {
        let zero = "0".repeat(32);
        for wrong in [
            "",
            "00",
            "hello",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            &*format!("00-{zero}-00f067aa0ba902b7-01"),
        ] {
            assert_eq!(TraceHeaders::read(wrong, None), None, "{wrong}");
        }
        for right in [TRACE, "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00-more"] {
            assert_eq!(TraceHeaders::read(right, None).unwrap().traceparent, right);
        }
    }

    #[test]
    fn a_state_that_is_too_long_or_no_text_is_left_out_and_the_trace_stays() {
        for (state, expected) in [("congo=t61rcWkgMzE", "congo=t61rcWkgMzE"), (&*"x".repeat(513), ""), ("a=\n", "")] {
            let read = TraceHeaders::read(TRACE, Some(state)).unwrap();
            assert_eq!((read.traceparent.as_str(), read.tracestate.as_str()), (TRACE, expected));
        }
    }

    #[test]
    fn without_a_collector_nothing_is_a_span() {
        let message = TraceHeaders::read(TRACE, None);
        let spans = [
            Span::processing("process x".into(), message.as_ref(), false),
            Span::publishing("publish x".into(), None),
            Span::default().request("send x".into()),
        ];
        for span in spans {
            span.set("a", 1_i64);
            span.fail("b");
            assert!(!are_on() && span.0.is_none() && span.headers().is_none());
        }
    }
}
