//! What a notification is: its values, its state machine, and the pure functions that decide.
//!
//! No I/O, no runtime and no clock: time and dice are arguments. Read in this order: [`Notification`] (what a publisher
//! asked for), [`Arrival`] (how it came in), [`Row`] (what the ledger remembers), [`claim`] (may this copy be sent?),
//! [`NextStep`] (what follows from that answer?), [`choose`] (who carries it?), [`Outcome`] (what a provider answered),
//! [`decide`] (what now?), [`Follows`] (what is told of it, what is published for it, and how is it settled?),
//! [`Report`] (what did the provider say of it later?).
//!
//! What comes back from people and services: [`Ask`] (a question, and what an answer to it does), [`Secrets`] (with what
//! people answer), [`Verification`] (is this address theirs?), [`Command`] (how far is what a service was told to do?).

mod actor;
mod answered;
mod arrival;
mod ask;
mod breaker;
mod canary;
mod channel_name;
mod choice;
mod claim;
mod command;
mod cron;
mod decide;
mod endpoint_address;
mod escalation;
mod event;
mod explain;
mod fallback;
mod fan_out;
mod fault;
mod fingerprint;
mod follow_up;
mod identity;
mod inbox;
mod inbox_act;
mod interactive;
mod journal;
mod keys;
mod keyword;
mod label;
mod lane;
mod limit;
mod limits;
mod next_step;
mod notification;
mod outcome;
mod pause;
mod policy;
mod provider;
mod reason;
mod redirect;
mod redirect_to;
mod release;
mod rendered;
mod report;
mod row;
mod row_lease;
#[cfg(test)]
mod samples;
mod scope;
mod secret;
#[cfg(test)]
mod simulation;
mod stored_file;
mod subject_event;
mod suppression;
mod timestamp;
mod unsubscribe;
mod verification;
mod windows;
mod zones;

pub use actor::{Actor, Denied};
pub use answered::{ForChild, for_the_child};
pub use arrival::{Arrival, DeadMark, Headers, PublishedBy};
pub use ask::{
    Addressee, Answer, Ask, AskChoice, AskDecision, AskEdit, AskEnd, AskEnding, AskKind, AskRequest, AskState, AskStep,
    AskVerdict, GivenAnswer, MAX_APPROVERS, MAX_ASK_CHOICES, MAX_QUESTION_CHARS, refusal_as_a_name,
    refusal_as_a_persons,
};
pub use breaker::{Breaker, Sign};
pub use canary::{Canary, Verdict};
pub use channel_name::{ChannelName, InvalidChannelName};
pub use choice::{Before, Candidate, Choice, Closed, Condition, choose};
pub use claim::{Claim, Take, claim};
pub use command::{
    Action, Argument, ArgumentFault, ArgumentKind, ArgumentWrong, COMMAND_IS_OVER, Command, CommandLine, CommandMoved,
    CommandReport, CommandState, CommandStep, Confirm, InvalidLine, Registry, ReplyTo, Schema, Service, Unresolved,
    WantedCommand,
};
pub use cron::{Cron, InvalidCron};
pub use decide::{Transition, Ways, decide};
pub use endpoint_address::EndpointAddress;
pub use escalation::{Escalation, When};
pub use event::{Event, EventName, Heard, Telling, events_of};
pub use explain::{
    Child, EditFact, Explanation, Facts, JobFact, LetterFact, LetterPlace, MOST_LETTERS, OwnLetter, ReceiptFact,
    Sentence, Summary, Topic, Unreleased, Whereabouts, explain, explain_letters, explain_unreleased,
};
pub(crate) use fallback::child_body;
pub use fan_out::Members;
pub use fault::Fault;
pub use fingerprint::{Failed, Fingerprint, normalised};
pub use follow_up::{Destination, FollowUp, Follows, Message, Publish, Received, letter_headers};
pub use identity::{
    Content, Key, Tenant, ask_copy_id, ask_edit_id, ask_end_id, ask_progress_id, child_id, command_delivery_id,
    command_end_id, content_of, fingerprint_of, fire_id, mask, redirected_id, reply_id, run_id, typed_command_id,
    verification_send_id, webhook_id,
};
pub use inbox::{INAPP, INBOX, INBOX_NAME_RULE, InboxAddress, InboxCounters, InboxMarks, InboxStanding, is_inbox_name};
pub use inbox_act::{InboxAct, InboxEvent};
pub use interactive::{Interactive, NotRevealed, Revealed, Shown};
pub use journal::{Entry, JournalRow};
pub use keys::{
    CommandClaims, CommandKeys, CounterHasher, DerivedKey, FileLinks, JournalKeys, Keyring, LetterSealer, LinkSealer,
    LoginHasher, RecipientHash, RecipientHasher, RequestIds, RequestedBy, WebhookKeys, WebhookSecret,
    is_guessable_secret, is_published_secret,
};
pub use keyword::{Keyword, keyword};
pub use label::{Label, Labels};
pub use lane::{Lane, Priority};
pub use limit::Limit;
pub use limits::{MAX_ID_BYTES, MAX_SPAN, SEND_AT_GRACE};
pub use next_step::{Cause, CopyInHand, Intent, NextStep, Unsent, delivered_too_often};
pub use notification::{
    Asked, DecodeError, Defaults, Draft, Expiry, FIELDS, MAX_BODY_BYTES, Meant, Notification, OF_AN_ITEM, Target,
    UnknownField, Worded, Wording, files_named_in, is_field, json_fault, parse_object, whole,
};
pub use outcome::{About, Failure, Outcome, SANDBOX};
pub use pause::{Pause, PauseKind, Pauses};
pub use policy::{Ambiguity, Policy};
pub use provider::KnownProviders;
pub use reason::Reason;
pub use redirect::redirected_body;
pub use redirect_to::RedirectTo;
pub use release::{Counts, KeptHeaders};
pub use rendered::Rendered;
pub use report::{Bounce, Merged, Report, Reported, report};
pub use row::{Attempt, AttemptOutcome, FirstSight, Lease, Order, Origin, Row, State};
pub use row_lease::{
    ACKNOWLEDGED_FOR_CERTAIN_AFTER, CERTAINLY_ITS_OWN_FOR, Found, LeasableRow, LeasedRow, ROW_LEASED_FOR, find,
    is_taken_over, suspecting,
};
pub use scope::{Role, Scope};
pub use secret::{Code, Purpose, Salt, Secrets, Seed, Ticket};
pub use stored_file::{FileKind, ObjectName, Scan, StoredFile};
pub use subject_event::SubjectEvent;
pub use suppression::{Listed, SuppressedFor, Suppression, SuppressionScope};
pub use timestamp::{Clock, InvalidTimestamp, Timestamp};
pub use unsubscribe::{Subscriber, UnsubscribeLinks};
pub use verification::{
    BlockReason, CODE_LIVES, Checked, Conversion, Counters, PumpingLimits, Sending, Verification, VerificationMoved,
    VerificationState, dial_code, guard, number_prefix,
};
// The texts about a notification come in the types of `text`.
pub use text::{
    FieldError, MAX_COMPARED_NAMES, acts, check_subject, folded_subject, is_one_edit, is_plain_name,
    is_unsafe_in_a_line, nearest, nearest_of_few, pointer_step, printable, unseen,
};
pub use windows::{Purse, Wanted, Window, WindowUnit};
pub use zones::{ZoneRelease, Zones, reversed_sign};
