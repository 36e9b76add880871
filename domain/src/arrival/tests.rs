//! What the headers of a copy say: how far it counts, and who published it.

use super::*;
use crate::samples::{CONTENT, key};

fn headers(headers: &Headers) -> Arrival {
    Arrival::new(key("d-1"), CONTENT, headers, false)
}

fn dead_mark() -> Option<DeadMark> {
    Some(DeadMark { reason: "exhausted".into(), error: String::new(), attempts: 4, at: Timestamp::default() })
}

#[test]
fn a_dead_mark_raises_the_effective_epoch_by_one_and_starts_from_nothing() {
    let counted = Headers { epoch: Some(2), seq: Some(3), attempt: Some(4), ..Headers::default() };
    let read = |arrival: Arrival| (arrival.epoch, arrival.seq, arrival.attempt, arrival.published_by);
    assert_eq!(read(headers(&counted)), (2, 3, 4, PublishedBy::Fleet));
    assert_eq!(read(headers(&Headers { dead: dead_mark(), ..counted.clone() })), (3, 0, 0, PublishedBy::OperatorMove));
    assert_eq!(read(headers(&Headers { broker_death: true, ..counted.clone() })), (3, 0, 0, PublishedBy::OperatorMove));
    let both = Headers { broker_death: true, dead: dead_mark(), ..counted.clone() };
    assert_eq!(read(headers(&both)), (3, 0, 0, PublishedBy::OperatorMove), "one move, one budget");
    assert_eq!(
        read(headers(&Headers { again: true, ..both })),
        (3, 0, 0, PublishedBy::OperatorMove),
        "also with the header"
    );
    assert_eq!(
        read(headers(&Headers { broker_death: true, ..Headers::default() })),
        (1, 0, 0, PublishedBy::OperatorMove)
    );
    assert_eq!(headers(&Headers { epoch: Some(u32::MAX), dead: dead_mark(), ..Headers::default() }).epoch, u32::MAX);
}

#[test]
fn a_publisher_an_operator_and_the_fleet_are_told_apart_by_their_headers() {
    let of = |headers: Headers| headers.published_by();
    let api = Headers { lane: Some(Lane::Bulk), publisher: Some("ada".into()), ..Headers::default() };
    let child = Headers { parent: Some("d-0".into()), released: true, ..Headers::default() };
    for publishers in [Headers::default(), api.clone(), child] {
        assert_eq!(of(publishers), PublishedBy::Publisher);
    }
    assert_eq!(of(Headers { again: true, ..api.clone() }), PublishedBy::OperatorRequest);
    assert_eq!(
        of(Headers { again: true, epoch: Some(1), ..api.clone() }),
        PublishedBy::OperatorMove,
        "it says of which letter"
    );
    for counts in [(Some(0), None, None), (None, Some(0), None), (None, None, Some(0))] {
        let (epoch, seq, attempt) = counts;
        assert_eq!(of(Headers { epoch, seq, attempt, ..api.clone() }), PublishedBy::Fleet);
    }
}
