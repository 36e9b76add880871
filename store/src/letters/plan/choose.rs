//! Which letters a plan has, and which of them are left out and why: one statement for each kind of plan.

use domain::{RedirectTo, State, Tenant, Timestamp};

use super::{LetterPlan, Redirect};
use crate::error::StoreError;
use crate::letters::OF_NO_CALL;
use crate::letters::list::condition;
use crate::sql::{Session, Value};

const INSERT: &str = "INSERT INTO letter_job_items (job, letter, tenant, id, epoch, lane, channel, provider, fingerprint, \
     copies, state, why, missed)";

/// Chooses letters of the queue. What would have no effect is left out where something is sent: the claim of each copy
/// looks again, so that is for the operator's eyes.
///
/// The tenant is joined as an expression: otherwise Postgres, before its next ANALYZE, may compare each letter with each
/// delivery of the tenant, which takes minutes.
pub(super) async fn letters(session: &mut Session, plan: &LetterPlan, now: Timestamp) -> Result<(), StoreError> {
    let mut values = vec![Value::Text(Some(&plan.id))];
    let mut reasons = vec![format!("WHEN {} THEN 'in_another_job'", in_another_job("l"))];
    if plan.action.sends() {
        reasons.extend(reasons_of(plan, now, &mut values));
    }
    let condition = condition(&plan.filter, &mut values);
    let sql = format!(
        "{INSERT} SELECT $1, c.letter, c.tenant, c.id, c.epoch, c.lane, c.channel, c.provider, c.fingerprint, \
         c.copies, CASE WHEN c.left_out_for = '' THEN 'pending' ELSE 'left_out' END, c.left_out_for, 0 FROM \
         (SELECT l.letter, l.tenant, l.id, l.epoch, l.lane, l.channel, l.provider, l.fingerprint, \
         l.copies, CASE {} ELSE '' END AS left_out_for FROM letters AS l \
         LEFT JOIN deliveries AS d ON d.tenant = l.tenant || '' AND d.id = l.id WHERE {condition}) AS c",
        reasons.join(" ")
    );
    session.query(&sql, &values).await.map(drop)
}

/// Why letters are left out for which something would be sent. The first that holds is told.
fn reasons_of<'a>(plan: &'a LetterPlan, now: Timestamp, values: &mut Vec<Value<'a>>) -> Vec<String> {
    values.push(Value::Int(Some(now.as_micros())));
    let at = format!("${}", values.len());
    values.push(Value::Int(Some(i64::from(plan.rule.max_moves))));
    let moves = format!("${}", values.len());
    let mut reasons = vec![format!("WHEN l.channel = '{OF_NO_CALL}' THEN 'no_notification'")];
    let mut channel = "l.channel".to_owned();
    let mut provider = None;
    if let Some(Redirect { from, to }) = &plan.redirect {
        if !from.is_empty() {
            let first = values.len() + 1;
            values.extend(from.iter().map(|channel| Value::Text(Some(channel))));
            let places: Vec<String> = (first..=values.len()).map(|place| format!("${place}")).collect();
            reasons.push(format!("WHEN l.channel NOT IN ({}) THEN 'another_address'", places.join(", ")));
        }
        // No value stands there that the statement does not name.
        let is_asked_for = matches!(to, RedirectTo::Channel(_)) || !plan.rule.even_waiting;
        if is_asked_for {
            values.push(Value::Text(Some(to.name())));
        }
        let name = format!("${}", values.len());
        match to {
            RedirectTo::Channel(_) => channel = name,
            RedirectTo::Provider(_) => provider = is_asked_for.then_some(name),
        }
    }
    let ended: Vec<_> =
        State::ALL.into_iter().filter(|state| state.is_final()).map(|state| format!("'{state}'")).collect();
    // Who names letters one by one means them.
    if plan.filter.letters.is_empty() {
        reasons.push(SENT_OTHERWISE.to_owned());
    }
    reasons.extend([
        format!("WHEN COALESCE(d.expires_at, l.expires_at) <= {at} THEN 'expired'"),
        format!("WHEN l.epoch >= {moves} THEN 'replayed_too_often'"),
        format!("WHEN d.state IN ({}) THEN 'ended'", ended.join(", ")),
        suppressed(&channel),
    ]);
    if !plan.rule.even_waiting {
        reasons.push(paused(&channel, provider.as_deref(), &at));
        match (&plan.redirect, &provider) {
            (None, _) => reasons.push(breaker_open("l.provider", &at)),
            (Some(_), Some(provider)) => reasons.push(breaker_open(provider, &at)),
            // Who carries the other channel nobody knows yet.
            (Some(_), None) => {}
        }
    }
    reasons
}

/// The condition that another job than `$1` has a letter of the table `of`, or a twin of it: of the same delivery, and dead
/// in the same epoch, so that both ask for one budget. Letters without an id have no twins. Whether any job runs is asked
/// once, and mostly none does: then nothing is looked up for each letter.
pub(super) fn in_another_job(of: &str) -> String {
    let has = |same: &str| {
        format!(
            "EXISTS (SELECT 1 FROM letter_job_items AS o JOIN letter_jobs AS j ON j.id = o.job WHERE {same} \
             AND o.job <> $1 AND o.state IN ('pending', 'taken') AND j.state IN ('running', 'paused'))"
        )
    };
    let letter = has(&format!("o.letter = {of}.letter"));
    let twin = has(&format!("o.tenant = {of}.tenant || '' AND o.id = {of}.id AND o.epoch = {of}.epoch"));
    let any = "EXISTS (SELECT 1 FROM letter_jobs AS r WHERE r.id <> $1 AND r.state IN ('running', 'paused'))";
    format!("({any} AND ({letter} OR ({of}.id <> '' AND {twin})))")
}

/// Something was sent in the place of a letter of the same delivery: this one has a twin, or was put back since. Letters
/// without an id have none in common. Whether anything ever was is asked once.
const SENT_OTHERWISE: &str = "WHEN EXISTS (SELECT 1 FROM letter_edits) AND EXISTS (SELECT 1 FROM letter_edits AS e \
     WHERE e.tenant = l.tenant AND e.edited_from = l.id AND (l.id <> '' OR e.letter = l.letter)) THEN 'sent_otherwise'";

/// The rule by which a claim looks its recipient up.
fn suppressed(channel: &str) -> String {
    format!(
        "WHEN EXISTS (SELECT 1 FROM suppressions AS s WHERE s.recipient = d.recipient_hash \
         AND s.channel = {channel} AND s.tenant = d.tenant AND s.breadth >= CASE l.lane WHEN 'bulk' THEN 1 \
         WHEN 'urgent' THEN 3 ELSE 2 END AND (s.until_at IS NULL OR s.until_at > {{now}})) THEN 'suppressed'"
    )
}

/// A pause of a provider is not asked for: another may carry it, and who redirects by a pause wants just that. It is where
/// that provider alone is to carry it.
fn paused(channel: &str, provider: Option<&str>, at: &str) -> String {
    let of_it = provider.map(|name| format!(" OR (p.kind = 'provider' AND p.name = {name})")).unwrap_or_default();
    format!(
        "WHEN EXISTS (SELECT 1 FROM pauses AS p WHERE (p.until_at IS NULL OR p.until_at > {at}) \
         AND (p.tenant IS NULL OR p.tenant = l.tenant) AND ((p.kind = 'channel' AND p.name = {channel}) \
         OR (p.kind = 'tenant' AND p.name = l.tenant) OR (p.kind = 'template' AND p.name = l.template){of_it})) THEN 'paused'"
    )
}

/// This provider, such as whoever carried the last attempt, is given no messages now, by what a worker has said last.
fn breaker_open(provider: &str, at: &str) -> String {
    format!(
        "WHEN EXISTS (SELECT 1 FROM providers AS b WHERE b.name IN ({provider}, {provider} || '/' || l.channel) \
         AND b.state <> 'closed' AND b.open_until > {at}) THEN 'breaker_open'"
    )
}

/// Chooses letters that were dropped.
pub(super) async fn archived(session: &mut Session, tenant: &Tenant, plan: &LetterPlan) -> Result<(), StoreError> {
    let mut values = vec![Value::Text(Some(&plan.id)), Value::Text(Some(tenant.as_str()))];
    let mut condition = "a.tenant = $2".to_owned();
    if let Some(job) = &plan.of_job {
        values.push(Value::Text(Some(job)));
        condition = format!("{condition} AND a.job = ${}", values.len());
    }
    let letters = &plan.filter.letters;
    if !letters.is_empty() {
        let first = values.len() + 1;
        values.extend(letters.iter().map(|letter| Value::Text(Some(letter))));
        let places: Vec<String> = (first..=values.len()).map(|place| format!("${place}")).collect();
        condition = format!("{condition} AND a.letter IN ({})", places.join(", "));
    }
    let sql = format!(
        "{INSERT} SELECT $1, a.letter, a.tenant, i.id, i.epoch, i.lane, i.channel, i.provider, i.fingerprint, \
         CASE WHEN a.copies > 1 THEN a.copies ELSE 1 END, 'pending', '', 0 FROM archived_letters AS a \
         JOIN letter_job_items AS i ON i.job = a.job AND i.letter = a.letter WHERE {condition}"
    );
    session.query(&sql, &values).await.map(drop)
}

/// Chooses dead deliveries whose letter the last whole pass did not meet, and which nobody has dropped. No letter is
/// called as these items are.
pub(super) async fn without_letter(
    session: &mut Session,
    tenant: &Tenant,
    plan: &LetterPlan,
) -> Result<(), StoreError> {
    let sql = format!(
        "{INSERT} SELECT $1, 'row ' || d.id, d.tenant, d.id, d.epoch, COALESCE(d.lane, ''), d.channel, \
         COALESCE(d.provider, ''), '', 1, 'pending', '', 0 FROM deliveries AS d WHERE d.tenant = $2 \
         AND d.state IN ('dead', 'held') AND d.updated_at < (SELECT r.read_at FROM letter_reader AS r WHERE r.id = 1) \
         AND NOT EXISTS (SELECT 1 FROM letters AS l WHERE l.tenant = d.tenant || '' AND l.id = d.id) \
         AND d.id NOT IN (SELECT k.id FROM archived_letters AS a JOIN letter_job_items AS k ON k.job = a.job \
         AND k.letter = a.letter WHERE a.tenant = $2)"
    );
    let values = [Value::Text(Some(&plan.id)), Value::Text(Some(tenant.as_str()))];
    session.query(&sql, &values).await.map(drop)
}
