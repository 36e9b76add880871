//! The ledger's row as columns, and back.

use domain::{
    ChannelName, Lane, Lease, Order, Origin, Priority, Reason, RecipientHash, Row, State, SuppressedFor, Timestamp,
    When,
};
use sea_orm::QueryResult;

use crate::error::StoreError;
use crate::sql::{content_of, count_of, get, key_of, time_of, unreadable, uuid_of};

/// The columns that [`row_of`] reads, and whoever shows a delivery, from `deliveries AS d`.
pub(crate) const COLUMNS: &str = "d.tenant, d.id, d.channel, d.state, d.epoch, d.attempt, d.seq, d.version, d.token, \
     d.lease_until > {now} AS live, d.content, d.fingerprint, d.order_kind, d.order_tier, d.order_due_at, \
     d.order_reason, d.order_error, d.has_letter, d.ambiguous, d.throttled_since, d.expires_at, d.created_at, d.updated_at, \
     d.recipient_hash, d.recipient_mask, d.parent, d.provider, d.provider_id, d.code, d.suppressed_for, \
     d.passed_over, d.lane, d.priority, d.template, d.locale, d.sent_at";

pub(crate) fn row_of(row: &QueryResult) -> Result<Row, StoreError> {
    Ok(Row {
        key: key_of(row)?,
        channel: channel_of(row)?,
        origin: origin_of(row)?,
        state: state_of(row)?,
        epoch: count_of(row, "epoch")?,
        attempt: count_of(row, "attempt")?,
        seq: count_of(row, "seq")?,
        version: get(row, "version")?,
        token: uuid_of(row, "token")?,
        lease: if get(row, "live")? { Lease::Live } else { Lease::RanOut },
        content: content_of(row, "content")?,
        fingerprint: content_of(row, "fingerprint")?,
        order: order_of(row)?,
        has_letter: get(row, "has_letter")?,
        ambiguous: get(row, "ambiguous")?,
        throttled_since: time_of(row, "throttled_since")?,
        expires_at: time_of(row, "expires_at")?,
        created_at: Timestamp::from_micros(get(row, "created_at")?),
        updated_at: Timestamp::from_micros(get(row, "updated_at")?),
        recipient_hash: recipient_of(row)?,
        recipient_mask: get(row, "recipient_mask")?,
        parent: get(row, "parent")?,
        provider: get(row, "provider")?,
        provider_id: get(row, "provider_id")?,
        code: get(row, "code")?,
        suppressed_for: listed_for_of(row)?,
        passed_over: get(row, "passed_over")?,
    })
}

/// Why the recipient was on the suppression list when the row was claimed last.
pub(crate) fn listed_for_of(row: &QueryResult) -> Result<Option<SuppressedFor>, StoreError> {
    let reason: Option<String> = get(row, "suppressed_for")?;
    reason.map(|reason| SuppressedFor::parse(&reason).ok_or_else(|| unreadable("suppressed_for"))).transpose()
}

fn origin_of(row: &QueryResult) -> Result<Origin, StoreError> {
    let lane: Option<String> = get(row, "lane")?;
    let priority: Option<String> = get(row, "priority")?;
    Ok(Origin {
        lane: lane.map(|lane| Lane::parse(&lane).ok_or_else(|| unreadable("lane"))).transpose()?,
        priority: match priority {
            Some(word) => Priority::parse(&word).ok_or_else(|| unreadable("priority"))?,
            None => Priority::default(),
        },
        template: get(row, "template")?,
        locale: get(row, "locale")?,
    })
}

pub(crate) fn channel_of(row: &QueryResult) -> Result<ChannelName, StoreError> {
    ChannelName::parse(&get::<String>(row, "channel")?).map_err(|_| unreadable("channel"))
}

pub(crate) fn state_of(row: &QueryResult) -> Result<State, StoreError> {
    State::parse(&get::<String>(row, "state")?).ok_or_else(|| unreadable("state"))
}

fn recipient_of(row: &QueryResult) -> Result<RecipientHash, StoreError> {
    RecipientHash::from_bytes(&get::<Vec<u8>>(row, "recipient_hash")?).ok_or_else(|| unreadable("recipient_hash"))
}

/// An order in five columns, of which most are null.
pub(crate) struct OrderColumns<'a> {
    pub(crate) kind: &'static str,
    pub(crate) tier: Option<i64>,
    pub(crate) due_at: Option<i64>,
    pub(crate) reason: Option<&'static str>,
    pub(crate) error: Option<&'a str>,
}

impl<'a> From<&'a Order> for OrderColumns<'a> {
    fn from(order: &'a Order) -> Self {
        let plain = |kind| Self { kind, tier: None, due_at: None, reason: None, error: None };
        match order {
            Order::Nothing => plain("nothing"),
            Order::Retry { tier } => Self { tier: Some(i64::from(*tier)), ..plain("retry") },
            Order::Schedule { due } => Self { due_at: Some(due.as_micros()), ..plain("schedule") },
            Order::DeadLetter { reason, error } => {
                Self { reason: Some(reason.as_str()), error: Some(error), ..plain("dead_letter") }
            }
            Order::Fallback => plain("fallback"),
            Order::Escalate { when, due } => {
                Self { due_at: Some(due.as_micros()), reason: Some(when.as_str()), ..plain("escalate") }
            }
            Order::FanOut => plain("fan_out"),
            Order::GiveBack => plain("give_back"),
        }
    }
}

fn order_of(row: &QueryResult) -> Result<Order, StoreError> {
    let kind: String = get(row, "order_kind")?;
    Ok(match kind.as_str() {
        "nothing" => Order::Nothing,
        "retry" => {
            let tier = get::<Option<i64>>(row, "order_tier")?.and_then(|tier| u8::try_from(tier).ok());
            Order::Retry { tier: tier.ok_or_else(|| unreadable("order_tier"))? }
        }
        "schedule" => Order::Schedule { due: time_of(row, "order_due_at")?.ok_or_else(|| unreadable("order_due_at"))? },
        "dead_letter" => {
            let reason = get::<Option<String>>(row, "order_reason")?.and_then(|reason| Reason::parse(&reason));
            Order::DeadLetter {
                reason: reason.ok_or_else(|| unreadable("order_reason"))?,
                error: get::<Option<String>>(row, "order_error")?.unwrap_or_default(),
            }
        }
        "fallback" => Order::Fallback,
        "escalate" => {
            let when = get::<Option<String>>(row, "order_reason")?.and_then(|when| When::parse(&when));
            Order::Escalate {
                when: when.ok_or_else(|| unreadable("order_reason"))?,
                due: time_of(row, "order_due_at")?.ok_or_else(|| unreadable("order_due_at"))?,
            }
        }
        "fan_out" => Order::FanOut,
        "give_back" => Order::GiveBack,
        _ => return Err(unreadable("order_kind")),
    })
}
