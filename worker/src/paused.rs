//! What operators have paused, as this worker has last read it: kept in memory, so that a delivery asks nobody.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{Notification, Outcome, Pause, Pauses, Timestamp};

/// Replaced as a whole whenever it is read anew.
#[derive(Default)]
pub(crate) struct Paused {
    /// Nearly always nothing is paused: then a delivery looks at this alone.
    any: AtomicBool,
    known: Mutex<Arc<Pauses>>,
}

impl Paused {
    /// All that is paused. None when nothing is.
    pub(crate) fn known(&self) -> Option<Arc<Pauses>> {
        self.any.load(Ordering::Acquire).then(|| Arc::clone(&self.lock()))
    }

    /// Goes by these from now on, and logs what has changed.
    pub(crate) fn learn(&self, found: Vec<Pause>, now: Timestamp) {
        let found: Arc<Pauses> = Arc::new(found.into_iter().filter(|pause| pause.is_in_force(now)).collect());
        let before = std::mem::replace(&mut *self.lock(), Arc::clone(&found));
        self.any.store(!found.is_empty(), Ordering::Release);
        log_changes(&before, &found, now);
    }

    /// The outcome of a delivery that waits whoever would carry it.
    pub(crate) fn outcome(&self, notification: &Notification, now: Timestamp) -> Option<Outcome> {
        let known = self.known()?;
        let template = notification.wording.template.as_deref();
        let pause = known.of_delivery(&notification.tenant, &notification.channel, template, now)?;
        Some(Outcome::Paused { why: pause.told(), until: pause.until })
    }

    fn lock(&self) -> MutexGuard<'_, Arc<Pauses>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Of those that were known before, the ones whose time is over are gone as well.
fn log_changes(before: &Pauses, found: &Pauses, now: Timestamp) {
    let before: HashMap<&str, &Pause> = before.all().map(|pause| (pause.id.as_str(), pause)).collect();
    let found: HashMap<&str, &Pause> =
        found.in_force(now).into_iter().map(|pause| (pause.id.as_str(), pause)).collect();
    for pause in found.values().filter(|pause| before.get(pause.id.as_str()) != Some(*pause)) {
        let until = pause.until.map(|until| until.to_string());
        tracing::warn!(by = pause.by, until, why = pause.why, "paused: {}", pause.thing());
    }
    for pause in before.values().filter(|pause| !found.contains_key(pause.id.as_str())) {
        tracing::info!("no longer paused: {}", pause.thing());
    }
}
