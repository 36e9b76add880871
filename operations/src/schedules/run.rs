//! Sends what a schedule sends now, beside its own times.

use domain::{Actor, Entry, FieldError, Key, Scope, Timestamp, parse_object, run_id};
use serde_json::Value;
use store::{Hurried, JobKind, Store};
use topology::Publisher;

use crate::accept::{Accepted, Unconfirmed, accept};
use crate::allowed::{NotDone, must};
use crate::checked::{Checked, Rules, field, rewritten};

/// What became of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ran {
    /// The broker has one more firing of a recurring schedule; the schedule fires at its own times as before.
    Accepted(Accepted),
    /// A schedule that fires once is due now, and sent by the next scheduler that looks. That was all of it.
    Due,
    /// The tenant has no schedule of this id, or it has just gone its way.
    Unknown,
    /// What it sends would not be taken today: every field that is wrong.
    Refused(Vec<FieldError>),
    Unconfirmed(Unconfirmed),
}

/// Sends what a schedule of the actor's tenant sends. `asked` is when somebody asked for it: asking for the same instant
/// again is the same delivery; so is asking again with the key of `rules`, which are those by which anything of the actor's
/// is accepted. A paused schedule is run all the same. A firing of a recurring schedule that is sent so has no `send_at`,
/// and nothing of it can be too late.
///
/// # Errors
/// [`NotDone`]; while the ledger is not available repeat it.
pub async fn run_now(
    store: &Store,
    publisher: &Publisher,
    actor: &Actor,
    id: &str,
    asked: Timestamp,
    rules: &Rules<'_>,
) -> Result<Ran, NotDone> {
    let now = rules.clock.now();
    must(store, actor, &[Scope::Operate], "run a schedule", now).await?;
    let key = Key { tenant: actor.tenant.clone(), id: id.to_owned() };
    let Some(job) = store.job(&key).await? else { return Ok(Ran::Unknown) };
    let told = Entry::of(actor, "schedule.run", id, now);
    if job.kind == JobKind::OneShot {
        store.journal(&told).await?;
        return Ok(match store.hurry_job(&key, now).await? {
            Hurried::Known => Ran::Due,
            Hurried::Unknown | Hurried::Cancelled => Ran::Unknown,
        });
    }
    let run = match rules.idempotency_key {
        // The same key may stand for a notification too.
        Some(given) => rules.request_ids.id(&key.tenant, rules.by, &format!("run/{id}/{given}"), None),
        None => run_id(&key, asked),
    };
    let checked = match firing(&job.body, &run, &Rules { idempotency_key: None, ..*rules }) {
        Ok(checked) => checked,
        Err(errors) => return Ok(Ran::Refused(errors)),
    };
    store.journal(&told.with("delivery", run)).await?;
    Ok(match accept(publisher, checked, &actor.name, None, now).await {
        Ok(accepted) => Ran::Accepted(accepted),
        Err(unconfirmed) => Ran::Unconfirmed(unconfirmed),
    })
}

/// One firing, checked as anything that is published: a template may be gone since the schedule was made. Its bytes
/// depend on nothing but the schedule and the id, so that a repeat is one.
fn firing(body: &[u8], id: &str, rules: &Rules<'_>) -> Result<Checked, Vec<FieldError>> {
    parse_object(body).map_err(|error| error.fields)?;
    let changes = [("id", Some(Value::from(id))), ("send_at", None), ("max_lateness_seconds", None)];
    let body = rewritten(body, &changes);
    let text = std::str::from_utf8(&body).map_err(|_| vec![field("", "the body is not UTF-8")])?;
    Checked::read(text, "", None, rules).map_err(|refused| refused.errors())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::fixtures::asking;

    #[test]
    fn the_same_run_is_the_same_bytes_without_what_belongs_to_a_time() {
        let body = br#"{"channel":"sms","destination":"+12025550143","message":"Hola","tenant":"acme",
                        "send_at":"2026-03-01T08:00:00Z","max_lateness_seconds":60}"#;
        let asking = asking(None);
        let run = || firing(body, "run-1", &asking.rules()).unwrap();
        let (first, second) = (run(), run());
        assert_eq!((first.key.id.as_str(), &first.body), ("run-1", &second.body));
        assert_eq!(first.notification.send_at, None);
        assert_eq!(first.notification.max_lateness_seconds, None);
        assert!(first.warnings.is_empty(), "{:?}", first.warnings);
    }

    #[test]
    fn what_would_not_be_taken_today_is_named() {
        let body = br#"{"channel":"sms","destination":"+12025550143","template":"gone","tenant":"acme"}"#;
        let refused = firing(body, "run-1", &asking(None).rules()).unwrap_err();
        assert!(refused.iter().any(|error| error.pointer == "/template"), "{refused:?}");
    }
}
