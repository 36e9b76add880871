//! Sorts letters into groups of those that failed alike, and adds what is new to the index.

use std::collections::HashMap;

use domain::{Failed, Fingerprint, Key, Notification, Timestamp, normalised};
use store::{IndexedLetter, LastAttempt, OF_NO_CALL, Sort};
use topology::{Held, Letter};

use super::Trouble;
use crate::shared::Shared;

/// The reason of a letter that has none of ours: the broker itself has dead-lettered it.
const BY_THE_BROKER: &str = "broker";

/// A letter that the index does not have yet, with what its body asks for.
struct New<'a> {
    letter: &'a Letter,
    notification: Option<Notification>,
    key: Key,
}

/// Notes that a pass has met these letters.
pub(super) async fn index(shared: &Shared, pass: i64, window: &[(Letter, Held)]) -> Result<(), Trouble> {
    let (store, defaults) = (&shared.intake.store, &shared.intake.defaults);
    let names: Vec<String> = window.iter().map(|(letter, _)| letter.reference.clone()).collect();
    let known = store.meet_letters(pass, &names).await?;
    let letters = window.iter().map(|(letter, _)| letter).filter(|letter| !known.contains(&letter.reference));
    let new = letters.map(|letter| {
        let notification = letter.notification(defaults);
        let key = Key { tenant: letter.tenant(notification.as_ref()), id: storable(&letter.message_id) };
        New { letter, notification, key }
    });
    let new: Vec<New<'_>> = new.collect();
    let keys: Vec<(Key, u32)> = new.iter().map(|new| (new.key.clone(), new.letter.epoch())).collect();
    let attempts = store.last_attempts(&keys).await?;
    let now = shared.intake.clock.now();
    let sorts: Vec<Sort> = new.iter().map(|new| sort(new, &attempts, now)).collect();
    Ok(store.index_letters(pass, &sorts, now).await?)
}

fn sort(new: &New<'_>, attempts: &HashMap<(Key, u32), LastAttempt>, now: Timestamp) -> Sort {
    let New { letter, notification, key } = new;
    let last = attempts.get(&(key.clone(), letter.epoch())).cloned().unwrap_or_default();
    let mark = letter.headers.dead.as_ref();
    let channel = match notification {
        _ if letter.is_of_no_call() => OF_NO_CALL,
        Some(notification) => notification.channel.as_str(),
        None => "",
    };
    let template = notification.as_ref().and_then(|notification| notification.wording.template.as_deref());
    let (template, reason) = (storable(template.unwrap_or_default()), mark.map(|mark| storable(&mark.reason)));
    let reason = reason.unwrap_or_else(|| BY_THE_BROKER.to_owned());
    let error = mark.map(|mark| storable(&mark.error)).unwrap_or_default();
    let destination = notification.as_ref().map_or("", |notification| notification.destination.as_str());
    let fingerprint = Fingerprint::of(&Failed {
        channel,
        provider: &last.provider,
        class: &last.class,
        code: &last.code,
        template: &template,
        reason: &reason,
        error: &error,
        destination,
    });
    let dead_at = mark.map_or(now, |mark| mark.at);
    let words = normalised(&error, destination);
    let sample = IndexedLetter {
        letter: letter.reference.clone(),
        tenant: key.tenant.clone(),
        id: key.id.clone(),
        epoch: letter.epoch(),
        lane: letter.lane,
        channel: channel.to_owned(),
        provider: last.provider,
        class: last.class,
        code: last.code,
        template,
        reason,
        error,
        fingerprint: fingerprint.as_str().to_owned(),
        attempts: mark.map_or(0, |mark| mark.attempts),
        dead_at,
        // One that counts from when the fleet first saw the message stands in its row, if it has one.
        expires_at: notification.as_ref().and_then(|notification| notification.expires_at(dead_at)),
        copies: 1,
    };
    Sort { sample, words }
}

/// The text without NUL, which Postgres refuses.
fn storable(text: &str) -> String {
    text.replace('\0', "")
}
