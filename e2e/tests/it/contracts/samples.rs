//! Messages as the fleet publishes them, with everything that they may have: made by the code that publishes.

use std::collections::BTreeMap;

use domain::{
    Arrival, ChannelName, Counts, Defaults, EventName, FollowUp, Follows, Headers, Heard, InboxCounters, InboxEvent,
    InboxStanding, KeptHeaders, Keyring, Keyword, Lane, MAX_BODY_BYTES, Notification, Order, Reason, Received, Report,
    Reported, Row, Secrets, State, SuppressedFor, Tenant, When, events_of,
};
use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable};
use serde_json::{Value, json};
use testkit::NOW;
use topology::{Inbound, Owner, Publication, PublisherProperties, properties};

const BODY: &[u8] = br#"{"channel": "sms", "destination": "+12025550143", "message": "m", "metadata": {"order": 7},
                         "fallback": [{"channel": "email", "destination": "ana@example.com"}]}"#;

fn some() -> Option<String> {
    Some("some".to_owned())
}

/// What a publisher may set and the fleet keeps.
fn of_a_publisher() -> BasicProperties {
    let headers = ["traceparent", "tracestate"].map(|name| (name.into(), AMQPValue::LongString("some".into())));
    BasicProperties::default()
        .with_content_type("application/json".into())
        .with_content_encoding("utf-8".into())
        .with_correlation_id("order-7".into())
        .with_reply_to("orders.replies".into())
        .with_timestamp(1_772_366_400)
        .with_type("order.shipped".into())
        .with_app_id("orders".into())
        .with_headers(FieldTable::from(BTreeMap::from(headers)))
}

/// A message of a publisher's, as far as the fleet keeps it.
pub(super) fn notification() -> BasicProperties {
    properties("id", &Headers::default(), &PublisherProperties::of(&of_a_publisher()))
}

/// What a worker may have in hand, of a fleet that tells tenants from users.
fn in_hand() -> Headers {
    Headers { parent: some(), publisher: some(), released: true, again: true, ..Headers::default() }
}

fn received(headers: &Headers) -> Received<'_> {
    Received { lane: Lane::Normal, headers, body: BODY }
}

fn published(order: &Order) -> Headers {
    let (in_hand, row) = (in_hand(), Row { parent: some(), ..testkit::row("d-1") });
    match received(&in_hand).follow_up(&row, order, NOW).then {
        FollowUp::Publish(publish) => publish.headers,
        other => panic!("{order:?} publishes nothing: {other:?}"),
    }
}

/// What is published with these headers; of several, one after the other.
fn with_headers<const N: usize>(all: [Headers; N]) -> Vec<BasicProperties> {
    let kept = PublisherProperties::of(&of_a_publisher()).with_owner(&Owner::Tenant(Tenant::default()));
    all.iter().map(|headers| properties("id", headers, &kept)).collect()
}

/// What the API and `chasqui send` publish of what they were given.
pub(super) fn accepted() -> Vec<BasicProperties> {
    let headers = Headers { lane: Some(Lane::Normal), publisher: some(), ..Headers::default() };
    let own = PublisherProperties::default().with_content_type("application/json").with_timestamp(NOW);
    vec![properties("id", &headers, &own)]
}

pub(super) fn child() -> Vec<BasicProperties> {
    with_headers([&Order::Fallback, &Order::Escalate { when: When::Undelivered, due: NOW }].map(published))
}

pub(super) fn deferred() -> Vec<BasicProperties> {
    with_headers([published(&Order::Schedule { due: NOW })])
}

pub(super) fn for_topic() -> Vec<BasicProperties> {
    with_headers([published(&Order::FanOut)])
}

pub(super) fn released() -> Vec<BasicProperties> {
    let counts = Counts { epoch: 1, seq: 1, attempt: 1 };
    with_headers([KeptHeaders::of(&in_hand()).released(Lane::Normal, counts)])
}

/// After an attempt, and for what has to wait without one.
pub(super) fn retry() -> Vec<BasicProperties> {
    let in_hand = in_hand();
    let arrival = Arrival::new(testkit::key("d-1"), [7; 32], &in_hand, false);
    let unmet = received(&in_hand).park_unmet(&arrival).expect("it may wait");
    with_headers([published(&Order::Retry { tier: 1 }), received(&in_hand).park(&arrival).headers, unmet.headers])
}

/// As the fleet writes it, and with what an operator adds.
pub(super) fn dead_letter() -> Vec<BasicProperties> {
    let written = published(&Order::DeadLetter { reason: Reason::Exhausted, error: "nobody answers".into() });
    with_headers([Headers { again: true, ..written }])
}

/// What the API publishes of a provider's request, and a dialog once more.
pub(super) fn callback() -> Vec<BasicProperties> {
    let inbound = Inbound::call("twilio", "/webhook/twilio", NOW, "MessageStatus=delivered");
    let inbound = inbound.marked(&Secrets::new(&Keyring::new(testkit::SECRET.as_bytes(), None)));
    let first = Publication::of_inbound("id".to_owned(), inbound.clone());
    let later = Publication::of_inbound_later("id".to_owned(), inbound, 1);
    let properties_of = |published: &Publication| {
        properties(&published.message_id, &published.headers, &published.publisher_properties)
    };
    vec![properties_of(&first), properties_of(&later)]
}

/// An event of every transition, with everything that an event may have, and one with as little as one may have.
fn told() -> Vec<Publication> {
    let dead = Order::DeadLetter { reason: Reason::Exhausted, error: "why".into() };
    let escalate = Order::Escalate { when: When::Undelivered, due: NOW };
    let orders =
        [Order::Nothing, Order::Retry { tier: 1 }, Order::Schedule { due: NOW }, Order::Fallback, escalate, dead];
    let notification = Notification::decode(BODY, &Defaults { channel: None }).expect("a notification");
    let kept = PublisherProperties::of(&of_a_publisher());
    let mut told = vec![least()];
    for (state, order) in State::ALL.into_iter().flat_map(|state| orders.iter().map(move |order| (state, order))) {
        let row = row_that_is(state);
        told.extend(
            events_of(&row, order).iter().map(|event| Publication::of_event(event, Some(&notification), &kept)),
        );
    }
    told.extend(heard());
    told.extend(of_an_inbox());
    told
}

/// A message that is in an inbox, and what its user has done with it.
fn of_an_inbox() -> Vec<Publication> {
    let counters = InboxCounters { seq: 7, epoch: 1, unread: 1, unseen: 0 };
    let (standing, row) = (InboxStanding { user: "ana", counters }, row_that_is(State::Delivered));
    let then = FollowUp::Acknowledge { goes_on: false };
    let follows = Follows { events: events_of(&row, &row.order), then }.in_inbox(standing);
    let told = follows.events.iter().map(|event| Publication::of_event(event, None, &PublisherProperties::default()));
    let seen = InboxEvent { name: EventName::Seen, item: &row.key, standing, at: NOW };
    told.chain([Publication::of_inbox(&seen)]).collect()
}

/// What a person did with a message, and what a person wrote and pressed.
fn heard() -> Vec<Publication> {
    let report = |said: Reported| Report {
        provider: "twilio",
        event_id: "e-1".into(),
        about: None,
        provider_id: some(),
        recipient: some(),
        has_copies: false,
        said,
        code: None,
        detail: String::new(),
        at: None,
    };
    let (from, text, media) = ("+12025550143".to_owned(), "STOP".to_owned(), vec!["https://example.com/1".to_owned()]);
    let written = Reported::Reply { from: from.clone(), text, media, keyword: Some(Keyword::Stop) };
    let pressed = Reported::Button { payload: "yes".into(), by: from.clone() };
    let row = row_that_is(State::Delivered);
    let publication = |name: EventName, said: Reported, row: Option<&Row>, from: Option<&str>| {
        let (tenant, channel) = (Tenant::default(), ChannelName::parse("sms").expect("a name"));
        let report = report(said);
        let (tenant, channel, report) = (&tenant, &channel, &report);
        Publication::of_heard(&Heard { name, tenant, channel, row, from, report, received_at: NOW })
    };
    vec![
        publication(EventName::Read, Reported::Read, Some(&row), None),
        publication(EventName::Inbound, written, None, Some(&from)),
        publication(EventName::Inbound, pressed, None, Some(&from)),
    ]
}

/// The event of a message whose metadata is too large to be told.
fn least() -> Publication {
    let metadata = json!({"m": "m".repeat(MAX_BODY_BYTES - 200)});
    let body = json!({"destination": "+12025550143", "channel": "sms", "message": "", "metadata": metadata});
    let notification = Notification::decode(body.to_string().as_bytes(), &Defaults { channel: None });
    let row = Row { state: State::Sent, ..testkit::row("d-1") };
    let events = events_of(&row, &Order::Nothing);
    let event = events.first().expect("an event");
    Publication::of_event(event, notification.as_ref().ok(), &PublisherProperties::default())
}

/// The first of a new budget.
fn row_that_is(state: State) -> Row {
    Row {
        state,
        epoch: 1,
        attempt: 1,
        seq: u32::from(state == State::Waiting),
        expires_at: Some(NOW),
        parent: some(),
        provider: some(),
        provider_id: some(),
        passed_over: some(),
        code: some(),
        suppressed_for: Some(SuppressedFor::Complaint),
        ..testkit::row("d-1")
    }
}

pub(super) fn events() -> Vec<Value> {
    told().iter().map(|event| serde_json::from_slice(&event.body).expect("JSON")).collect()
}

pub(super) fn event() -> Vec<BasicProperties> {
    told().iter().map(|event| properties(&event.message_id, &event.headers, &event.publisher_properties)).collect()
}
