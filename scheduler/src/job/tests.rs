//! A one-shot job goes out as the delivery it is, a recurring one as a new delivery for each fire.

use domain::{Headers, Tenant};
use store::JobSummary;
use topology::BasicProperties;

use super::*;
use crate::testing::{at, schedule};

fn of_orders() -> PublisherProperties {
    PublisherProperties::of(&BasicProperties::default().with_app_id("orders".into()))
}

fn job(kind: JobKind, due: &str) -> Job {
    let kept = StoredProperties { carried: of_orders(), publisher: Some("orders".into()), again: true, parent: None };
    let carried = serde_json::to_vec(&kept).unwrap();
    let Job { summary, body, .. } = schedule("reminder", "0 9 * * *", "UTC", due);
    Job { summary: JobSummary { kind, lane: Lane::Bulk, ..summary }, body, carried }
}

fn cron(cron: &str, zone: &str, due: &str) -> Job {
    job(JobKind::Cron { cron: cron.into(), zone: zone.into(), name: None }, due)
}

fn next_fire(job: &Job, now: Timestamp) -> Option<Timestamp> {
    super::next_fire(job, now, &Zones::bundled()).unwrap()
}

#[test]
fn a_one_shot_job_is_its_delivery() {
    let job = job(JobKind::OneShot, "2026-03-02T09:00:00Z");
    let publication = publication(&job).unwrap();
    assert_eq!(publication.to, To::Lane(Lane::Bulk));
    assert_eq!(publication.message_id, "reminder");
    assert_eq!(publication.body, job.body, "byte for byte: its hash is what a repetition is known by");
    assert_eq!(publication.publisher_properties, of_orders());
    let publisher = Some("orders".into());
    let expected = Headers { lane: Some(Lane::Bulk), released: true, publisher, again: true, ..Headers::default() };
    assert_eq!(publication.headers, expected);
}

#[test]
fn a_throttled_delivery_comes_back_with_its_counts() {
    let mut throttled = job(JobKind::OneShot, "2026-03-02T09:00:00Z");
    throttled.summary = JobSummary { epoch: 1, seq: 4, attempt: 2, ..throttled.summary };
    let headers = publication(&throttled).unwrap().headers;
    assert_eq!((headers.epoch, headers.seq, headers.attempt), (Some(1), Some(4), Some(2)));
    assert!(headers.released && headers.due.is_none());
    let mut first_wait = job(JobKind::OneShot, "2026-03-02T09:00:00Z");
    first_wait.summary.seq = 1;
    let headers = publication(&first_wait).unwrap().headers;
    assert_eq!((headers.epoch, headers.seq, headers.attempt), (Some(0), Some(1), Some(0)));
}

#[test]
fn a_schedule_whose_words_cannot_be_read_any_more_fires_nothing() {
    for body in ["", "{", "[]", r#"{"metadata": {"$serde_json::private::RawValue": "{bad"}}"#] {
        let job = Job { body: body.into(), ..cron("0 0 9 * * *", "UTC", "2026-03-02T09:00:00Z") };
        assert_eq!(publication(&job), Err(Unreadable), "{body}");
    }
}

#[test]
fn racing_schedulers_publish_one_and_the_same_fire() {
    let job = cron("0 0 9 * * *", "UTC", "2026-03-02T09:00:00Z");
    let (one, other) = (publication(&job).unwrap(), publication(&job).unwrap());
    assert_eq!(one, other);
    let body: Value = serde_json::from_slice(&one.body).unwrap();
    assert_eq!(body["id"], one.message_id.as_str());
    assert_eq!(at(body["send_at"].as_str().unwrap()), job.due_at);
    assert_eq!(body["message"], "Hola");
    let next = cron("0 0 9 * * *", "UTC", "2026-03-03T09:00:00Z");
    assert_ne!(publication(&next).unwrap().message_id, one.message_id, "every fire is a delivery of its own");
}

#[test]
fn missed_fires_are_skipped() {
    let job = cron("0 */5 * * * *", "UTC", "2026-03-02T09:00:00Z");
    assert_eq!(next_fire(&job, at("2026-03-02T09:00:00.4Z")), Some(at("2026-03-02T09:05:00Z")));
    assert_eq!(next_fire(&job, at("2026-03-02T15:02:00Z")), Some(at("2026-03-02T15:05:00Z")), "72 were missed");
}

#[test]
fn a_clock_that_went_back_fires_nothing_twice() {
    let job = cron("0 */5 * * * *", "UTC", "2026-03-02T09:00:00Z");
    assert_eq!(next_fire(&job, at("2026-03-02T07:00:00Z")), Some(at("2026-03-02T09:05:00Z")));
}

#[test]
fn the_next_fire_keeps_the_local_time_over_a_change_of_the_clocks() {
    let job = cron("0 0 9 * * *", "Europe/Berlin", "2026-03-28T08:00:00Z");
    assert_eq!(next_fire(&job, at("2026-03-28T08:00:01Z")), Some(at("2026-03-29T07:00:00Z")));
}

#[test]
fn a_one_shot_job_fires_once() {
    assert_eq!(next_fire(&job(JobKind::OneShot, "2026-03-02T09:00:00Z"), at("2026-03-02T09:00:01Z")), None);
}

#[test]
fn a_schedule_that_cannot_be_read_any_more_does_not_end_in_silence() {
    let job = cron("0 0 9 * * *", "Mars/Olympus", "2026-03-02T09:00:00Z");
    assert!(super::next_fire(&job, at("2026-03-02T09:00:01Z"), &Zones::bundled()).is_err());
}

#[test]
fn a_job_that_kept_nothing_carries_nothing() {
    let job = Job { carried: Vec::new(), ..job(JobKind::OneShot, "2026-03-02T09:00:00Z") };
    assert_eq!(publication(&job).unwrap().publisher_properties, PublisherProperties::default());
}

#[test]
fn what_a_job_kept_in_an_unknown_form_is_not_taken_for_nothing() {
    let once = || job(JobKind::OneShot, "2026-03-02T09:00:00Z");
    let whole = once().carried;
    let foreign = br#"{"carried":{"tenant":7},"publisher":null,"parent":null}"#;
    let forms: [&[u8]; 6] = [b"?", b"null", b"{}", b"[]", &whole[..whole.len() - 1], foreign];
    for carried in forms {
        let unreadable = Job { carried: carried.to_vec(), ..once() };
        assert_eq!(publication(&unreadable), Err(Unreadable), "{}", String::from_utf8_lossy(carried));
    }
}

#[test]
fn a_dead_letter_of_a_job_has_the_tenant_of_its_key() {
    let acme = Tenant::parse("acme").unwrap();
    let mut once = job(JobKind::OneShot, "2026-03-02T09:00:00Z");
    let key = Key { tenant: acme.clone(), id: "reminder".into() };
    once.summary = JobSummary { key, epoch: 1, attempt: 2, ..once.summary };
    let letter = dead_letter(&once, Reason::InternalError, "why", at("2026-03-02T09:00:01Z"));
    assert_eq!((letter.to, letter.message_id.as_str()), (To::DeadLetter, "reminder"));
    assert_eq!((letter.headers.epoch, letter.headers.seq, letter.headers.attempt), (Some(1), None, None));
    let dead = letter.headers.dead.unwrap();
    assert_eq!((dead.reason.as_str(), dead.error.as_str(), dead.attempts), ("internal_error", "why", 2));
    assert_eq!(letter.publisher_properties, PublisherProperties::default().with_owner(&Owner::Tenant(acme)));
    assert_eq!(letter.body, once.body);
}
