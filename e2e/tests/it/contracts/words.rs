//! What each field of an event and each header of ours means, for the contracts. A name that is published and not said
//! here fails the tests.

use domain::{EventName, Lane, Reason, SubjectEvent, SuppressedFor};
use serde_json::{Value, json};

use super::schema::{WORD, defined, instant, text, whole};

const TENANT: &str = "Whose the delivery is.";

fn reason(description: &str) -> Value {
    json!({"type": "string", "enum": Reason::ALL.map(Reason::as_str), "description": description})
}

/// An attribute of a CloudEvent.
pub(super) fn of_an_event(name: &str) -> Value {
    match name {
        "specversion" => json!({"const": "1.0", "description": "The version of CloudEvents."}),
        "id" => json!({
            "type": "string",
            "format": "uuid",
            "description": "Stands for one transition: the same for every repeat.",
        }),
        "source" => json!({"const": "/chasqui", "description": "The same for every fleet."}),
        "type" => json!({
            "type": "string",
            "description": "chasqui, the channel, and what has happened.",
            "pattern": format!("^chasqui\\.[a-z0-9_-]{{1,32}}\\.({})$", EventName::ALL.map(EventName::as_str).join("|")),
        }),
        "subject" => text("The delivery's id; of an inbound event, the id of what a person has written."),
        "time" => instant("When the transition was committed, or when a person did it."),
        "datacontenttype" => json!({"const": "application/json", "description": "What data is."}),
        "tenant" => json!({"type": "string", "pattern": WORD, "description": TENANT}),
        "correlationid" => text("The correlation_id of the publisher's message."),
        "traceparent" | "tracestate" => text("The header of the publisher's message (W3C Trace Context)."),
        "data" => defined("eventData"),
        other => panic!("say what the attribute {other} of an event is"),
    }
}

/// A field of the data of an event.
pub(super) fn of_event_data(name: &str) -> Value {
    match name {
        "id" => text("The delivery's id; of an inbound event, the id of what a person has written."),
        "tenant" => json!({"type": "string", "pattern": WORD, "description": TENANT}),
        "channel" => text("The channel of the delivery, or by which a person has written."),
        "state" => text("The state that the transition led to."),
        "epoch" => whole("Retry budgets used before this one."),
        "attempt" => whole("Attempts of this budget."),
        "ambiguous" => {
            json!({"type": "boolean", "description": "Some attempt may have gone out without our knowing."})
        }
        "created_at" => instant("When the delivery was first seen."),
        "updated_at" => instant("When its row was last written."),
        "expires_at" => instant("When it stops being worth sending."),
        "provider" => text("Who carried the last attempt."),
        "provider_id" => text("The id that the provider gave to what it accepted."),
        "passed_over" => text("Who was to carry the last attempt rather than whoever did, and why not."),
        "code" => text("The last code that the provider answered."),
        "reason" => reason("Why it is in the dead-letter queue."),
        "detail" => text("What happened, for people."),
        "suppressed_for" => json!({
            "type": "string",
            "enum": SuppressedFor::ALL.map(SuppressedFor::as_str),
            "description": "Why its recipient was on the suppression list, where that has ended it.",
        }),
        "next" => text("retry.1 to retry.3, or scheduled at a time."),
        "due_at" => instant("When the next attempt is due, where the scheduler keeps it."),
        "parent" => text("The delivery whose fallback this one is."),
        "child" => text("The delivery that it was handed on to, or that is sent at escalates_at."),
        "escalates_at" => instant("When the child is sent, unless a report calls it off."),
        "inbox" => json!({
            "type": "object",
            "description": "Where the inbox of a user stands that has the message. Of the channel inapp only.",
            "required": ["user", "seq", "epoch", "unread", "unseen"],
            "properties": {
                "user": text("Whose it is."),
                "seq": whole("Counts what has changed in it."),
                "epoch": whole("Stands for its life: with seq the cursor of GET /inbox."),
                "unread": whole("How many items are not read."),
                "unseen": whole("How many items were not shown yet."),
            },
        }),
        "from" => text("Who has written. Of an inbound event only."),
        "to" => text("Whom a person has written to, as the provider names us. Of an inbound event only."),
        "text" => text("What a person has written. Of an inbound event only."),
        "media" => json!({
            "type": "array",
            "items": {"type": "string"},
            "description": "Where the provider keeps what a person has attached. Of an inbound event only.",
        }),
        "keyword" => json!({
            "type": "string",
            "enum": ["stop", "start"],
            "description": "What the words ask for, where they are such a word. Of an inbound event only.",
        }),
        "payload" => text("What the button stands for that a person has pressed. Of an inbound event only."),
        "replies_to" => text("The provider's id of the message that was answered. Of an inbound event only."),
        "received_at" => instant("When the provider told us. Of an inbound event only."),
        "metadata" => json!({"type": "object", "description": "The publisher's own, unchanged."}),
        "metadata_left_out" => {
            json!({"const": true, "description": "The metadata would have made the event too large."})
        }
        other => panic!("say what the field {other} of an event's data is"),
    }
}

/// An attribute of a CloudEvent that is about no delivery.
pub(super) fn of_a_subject_event(name: &str) -> Value {
    match name {
        "id" => json!({
            "type": "string",
            "format": "uuid",
            "description": "Stands for one thing that has happened: the same for every repeat.",
        }),
        "type" => json!({
            "type": "string",
            "description": "chasqui, what it is about, and what has happened.",
            "pattern": format!("^chasqui\\.({})\\.[a-z_]{{1,32}}$", SubjectEvent::NOUNS.join("|")),
        }),
        "subject" => text("The id of the ask, the command or the verification."),
        "time" => instant("When it happened."),
        "correlationid" => text("The correlation_id of the request that has begun it."),
        "data" => defined("subjectEventData"),
        other => of_an_event(other),
    }
}

/// A field of the data of an event that is about no delivery.
pub(super) fn of_subject_data(name: &str) -> Value {
    match name {
        "id" => text("The id of the ask, the command or the verification."),
        "tenant" => json!({"type": "string", "pattern": WORD, "description": TENANT}),
        "kind" => text("What the ask is for: confirm, verify, command or optin."),
        "correlation_id" => text("The correlation_id of the request that has begun it."),
        "approver" => {
            text("Who has answered, by the id under which they are known; absent for somebody who was not asked.")
        }
        "choice" => text("The id of the choice that was made, or decided."),
        "via" => text("By what the answer came: the channel, or link."),
        "counted" => whole("How many have chosen the same."),
        "quorum" => whole("How many must choose the same."),
        "version" => whole("Counts what has changed: a later event has a higher one."),
        "by" => text("Whose answer has ended it, or who has taken it back."),
        "reason" => text(
            "Why an answer is none: not_asked, is_requester, unknown_choice, stands, too_often or wrong_code. Where \
                 nobody could be asked, what is wrong, field by field.",
        ),
        "state" => text("How it had ended when a late answer came."),
        "service" => text("The service that was told to do something."),
        "action" => text("What it was told to do."),
        "requested_by" => text("Who has asked for it, by the id under which they are known."),
        "confirmed_by" => text("Who has confirmed it."),
        "purpose" => text("What the application verifies the address for."),
        "channel" => text("By which channel the code went."),
        "dial_code" => text("The dial code of a number, such as +34."),
        "sends" => whole("How often the code was sent."),
        "reasons" => json!({
            "type": "array",
            "items": {"type": "string"},
            "description": "Why nothing was sent: it looked like fraud.",
        }),
        other => panic!("say what the field {other} of an event of no delivery is"),
    }
}

/// A header of a message.
pub(super) fn of_a_header(name: &str) -> Value {
    match name {
        "notify-attempt" => whole("Attempts completed in this budget."),
        "notify-epoch" => {
            whole("Retry budgets used before this one. A move out of the dead-letter queue begins the next.")
        }
        "notify-seq" => whole("How often the fleet has published it again in this budget."),
        "notify-lane" => json!({
            "type": "string",
            "enum": Lane::ALL.map(Lane::as_str),
            "description": "The lane that it belongs to.",
        }),
        "notify-due" => instant("When the scheduler releases it."),
        "notify-released" => {
            json!({"type": "boolean", "description": "The scheduler has released it: it is never deferred again."})
        }
        "notify-again" => json!({
            "type": "boolean",
            "description": "Set by whoever publishes a dead letter by hand, to ask for a new budget. With the letter's \
                            notify-epoch, any number of copies ask for one budget.",
        }),
        "notify-parent" => text("The id of the delivery whose fallback it is."),
        "notify-publisher" => text("Who published it: http, a user of the API, chasqui send, dialog."),
        "notify-mark" => text(
            "That the fleet itself has believed the request: what people press and type decides something only with it.",
        ),
        "notify-token" => {
            text("A JSON Web Token by which whoever takes the message believes it. No republish keeps it.")
        }
        "notify-provider" => text("The provider whose signature was believed."),
        "notify-received-at" => instant("When the request came, more exactly than the property timestamp has it."),
        "notify-target" => text("The path and the query of the request, as they came."),
        "notify-tenant" => text(
            "With AMQP_TENANT_FROM_USER_ID, whose it is, told from its publisher's user_id; empty where that was not \
             known.",
        ),
        "notify-dead-reason" => reason("Absent when the broker itself gave up on the message; x-death says why then."),
        "notify-dead-error" => text("What happened, for people. At most 1 KiB."),
        "notify-dead-attempts" => whole("Attempts of the last budget."),
        "notify-dead-at" => instant("When it was given up."),
        "traceparent" | "tracestate" => text("W3C Trace Context, as the publisher sent it."),
        other => panic!("say what the header {other} is"),
    }
}

/// A property of AMQP.
pub(super) fn of_a_property(name: &str) -> Value {
    match name {
        "message_id" => json!({"type": "string", "maxLength": domain::MAX_ID_BYTES}),
        "delivery_mode" => json!({"const": 2}),
        "timestamp" => whole("Seconds since 1970."),
        _ => json!({"type": "string"}),
    }
}
