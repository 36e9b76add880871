//! The schema of an event of what is no delivery, from events of asks, commands and verifications.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::{
    Ask, AskChoice, AskKind, BlockReason, ChannelName, Command, CommandState, FieldError, GivenAnswer, RecipientHasher,
    Sending, SubjectEvent, Verification, VerificationState,
};
use lapin::BasicProperties;
use serde_json::{Value, json};
use testkit::{NOW, SECRET, key};
use topology::{Publication, properties};

use super::events::shape;
use super::schema::over;
use super::words;

const WHOLE: &str = "A CloudEvent 1.0 in its structured mode. More attributes may be added.";
const DATA: &str =
    "What has happened. Never a recipient, a code, or what somebody was asked. More fields may be added.";

pub(super) fn event() -> Value {
    over(shape(&bodies(), words::of_a_subject_event), json!({"description": WHOLE}))
}

/// What the schema refers to.
pub(super) fn definitions() -> Value {
    let data: Vec<Value> = bodies().into_iter().map(|mut event| event["data"].take()).collect();
    json!({"subjectEventData": over(shape(&data, words::of_subject_data), json!({"description": DATA}))})
}

/// The last words of their routing keys.
pub(super) fn names() -> BTreeSet<&'static str> {
    let told: BTreeSet<&str> = told().iter().map(|event| event.name).collect();
    assert_eq!(told, BTreeSet::from(SubjectEvent::NAMES), "which names there are is said in one place");
    told
}

pub(super) fn sent() -> Vec<BasicProperties> {
    let published = published();
    published.iter().map(|one| properties(&one.message_id, &one.headers, &one.publisher_properties)).collect()
}

fn bodies() -> Vec<Value> {
    published().iter().map(|event| serde_json::from_slice(&event.body).expect("JSON")).collect()
}

fn published() -> Vec<Publication> {
    // Nothing connects a verification with another request.
    let correlation = |event: &SubjectEvent| (event.noun != "verification").then_some("order-7");
    told().iter().map(|event| Publication::of_subject(event, correlation(event))).collect()
}

fn told() -> Vec<SubjectEvent> {
    [of_asks(), of_commands(), of_verifications()].concat()
}

fn ask() -> Ask {
    let choice = |id: &str| AskChoice { id: id.into(), label: id.into(), refuses: false };
    Ask {
        key: key("a-1"),
        kind: AskKind::Confirm,
        question: "Deploy?".into(),
        choices: vec![choice("yes"), choice("no")],
        audience: vec!["ana".into(), "ben".into(), "caro".into()],
        names: Default::default(),
        quorum: 2,
        four_eyes: false,
        may_change: true,
        requested_by: Some("ben".into()),
        correlation_id: Some("order-7".into()),
        reply_to: None,
        content: domain::RecipientHasher::new(b"secret").hash("ask"),
        version: 1,
        salt: [0; 16],
        key_id: "0a0b0c0d".into(),
        attempts: 0,
        sends: 0,
        created_at: NOW,
        expires_at: NOW.plus(Duration::from_secs(60)),
        end: None,
    }
}

fn of_asks() -> Vec<SubjectEvent> {
    let given = |id: &str, approver: &str, choice: &str| GivenAnswer {
        id: id.into(),
        approver: approver.into(),
        choice: choice.into(),
        via: "telegram".into(),
        at: NOW,
        evidence: "{}".into(),
    };
    let (mut ask, mut answers, mut told) = (ask(), Vec::new(), vec![ask().opened()]);
    for given in [
        given("1", "ana", "no"),
        given("2", "ana", "yes"),
        given("3", "eve", "yes"),
        given("4", "ben", "yes"),
        given("5", "caro", "no"),
    ] {
        let decision = ask.answered(&answers, &given);
        ask = decision.moved.unwrap_or(ask);
        answers.extend(decision.kept);
        told.extend(decision.events);
    }
    let open = self::ask();
    told.extend(open.cancelled("ben", NOW).map(|ending| ending.event));
    told.extend(open.expired(open.expires_at).map(|ending| ending.event));
    told.push(open.mistyped("SM1", "sms", NOW));
    told.push(open.rejected(&[FieldError { pointer: "/to/0".into(), detail: "is nobody who is known".into() }]));
    told
}

fn of_commands() -> Vec<SubjectEvent> {
    let command = |state: CommandState| Command {
        key: key("c-1"),
        service: "trading".into(),
        action: "deploy".into(),
        arguments: "{}".into(),
        ask: Some("c-1".into()),
        delivery: Some("d-1".into()),
        state,
        version: 2,
        requested_by: "ben".into(),
        confirmed_by: Some("ana".into()),
        correlation_id: Some("order-7".into()),
        output: None,
        reply: None,
        created_at: NOW,
        updated_at: NOW,
        expires_at: NOW,
    };
    let states = [
        CommandState::PendingConfirmation,
        CommandState::Dispatched,
        CommandState::Running,
        CommandState::Succeeded,
        CommandState::Failed,
        CommandState::Rejected,
        CommandState::Expired,
    ];
    states.map(|state| command(state).told()).to_vec()
}

fn of_verifications() -> Vec<SubjectEvent> {
    let pending = Verification {
        key: key("v-1"),
        purpose: "login".into(),
        locale: None,
        channel: ChannelName::parse("sms").expect("a name"),
        recipient: RecipientHasher::new(SECRET.as_bytes()).hash("+34600000000"),
        recipient_mask: "***00".into(),
        addresses: RecipientHasher::new(SECRET.as_bytes()).hash("number +34600000000"),
        prefix: None,
        client: None,
        session: None,
        dial_code: Some("+34".into()),
        state: VerificationState::Pending,
        version: 1,
        salt: [0; 16],
        key_id: "0a0b0c0d".into(),
        checks: 0,
        sends: 0,
        last_sent_at: None,
        approved_by: None,
        reasons: Vec::new(),
        created_at: NOW,
        expires_at: NOW.plus(Duration::from_secs(600)),
        ended_at: None,
    };
    let mut told = vec![pending.started()];
    told.extend(pending.clone().guarded(vec![BlockReason::Country]).ended());
    if let Sending::Now(moved) = pending.sent(NOW) {
        told.push(moved.event);
    }
    told.extend(pending.expired(pending.expires_at).map(|moved| moved.event));
    told.extend(pending.cancelled(NOW).map(|moved| moved.event));
    told.extend(pending.checked(Some("r-1"), NOW, || true).1.map(|moved| moved.event));
    let tried = Verification { checks: 9, ..pending };
    told.extend(tried.checked(None, NOW, || false).1.map(|moved| moved.event));
    told
}
