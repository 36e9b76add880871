//! Who shows a key: a copy in memory of the keys that were shown lately, so that not every request asks the ledger. A
//! change counts within five seconds. While the ledger does not answer, keys that are known go on.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::{Actor, Clock, Timestamp, content_of};
use store::{ApiKey, Store, StoreError};
use tokio::sync::Semaphore;

use super::super::grants::known_scopes;
use super::Parts;

/// Nobody goes by a copy of this age, unless the ledger does not answer.
const STALE_AFTER: Duration = Duration::from_secs(4);
/// The longest time that a request with a known key waits for the ledger.
const PATIENCE: Duration = Duration::from_millis(250);
/// How long a ledger that has not answered is not asked again for a known key.
const AGAIN_AFTER: Duration = Duration::from_secs(1);
/// How often a use is noted.
const NOTED_EVERY: Duration = Duration::from_secs(60);
/// The most prefixes that are kept.
const MAX_KEPT: usize = 10_000;
/// The most questions at once: whoever tries keys that do not exist keeps few connections busy.
const MAX_ASKING: usize = 4;

/// The keys that were shown lately.
#[derive(Debug)]
pub struct Keys {
    kept: Mutex<HashMap<String, Kept>>,
    asking: Semaphore,
    /// Turns for the keys that are known: a revoked one must not go on because others crowd the ledger.
    renewing: Semaphore,
}

#[derive(Clone, Debug)]
struct Kept {
    /// None where there is no key of this prefix.
    key: Option<ApiKey>,
    fresh_until: Instant,
    noted_at: Option<Instant>,
}

impl Default for Keys {
    fn default() -> Self {
        Self { kept: Mutex::default(), asking: Semaphore::new(MAX_ASKING), renewing: Semaphore::new(MAX_ASKING) }
    }
}

impl Keys {
    /// Who shows this key. None for a key that is unknown, revoked or expired, or has another secret.
    ///
    /// # Errors
    /// [`StoreError`] where the key is not known yet, and the ledger does not answer.
    pub async fn actor(&self, store: &Store, clock: &dyn Clock, text: &str) -> Result<Option<Actor>, StoreError> {
        let Some(parts) = Parts::parse(text) else { return Ok(None) };
        let key = self.key(store, &parts.prefix).await?;
        let now = clock.now();
        // Hashes are compared, so that the time says nothing about the secret.
        let hash = content_of(parts.secret.as_bytes());
        let Some(key) = key.filter(|key| key.secret_hash == hash && key.is_in_force(now)) else { return Ok(None) };
        self.note_use(store, &key, now);
        let ApiKey { prefix, tenant, scopes, .. } = key;
        Ok(Some(Actor { name: format!("key:{prefix}"), tenant, scopes: known_scopes(&scopes) }))
    }

    /// Has the next request read the ledger: something was changed just now.
    pub fn forget_age(&self) {
        let now = Instant::now();
        self.with(|kept| kept.values_mut().for_each(|kept| kept.fresh_until = now));
    }

    async fn key(&self, store: &Store, prefix: &str) -> Result<Option<ApiKey>, StoreError> {
        let kept = self.with(|kept| kept.get(prefix).cloned());
        if let Some(kept) = kept.as_ref().filter(|kept| kept.fresh_until > Instant::now()) {
            return Ok(kept.key.clone());
        }
        match kept.and_then(|kept| kept.key) {
            None => {
                let key = asked(&self.asking, store, prefix).await?;
                self.keep(prefix, key.clone());
                Ok(key)
            }
            Some(known) => match tokio::time::timeout(PATIENCE, asked(&self.renewing, store, prefix)).await {
                Ok(Ok(key)) => {
                    self.keep(prefix, key.clone());
                    Ok(key)
                }
                Ok(Err(error)) if !error.is_unavailable() => Err(error),
                Ok(Err(_)) | Err(_) => {
                    let again_at = Instant::now() + AGAIN_AFTER;
                    self.with(|kept| {
                        if let Some(kept) = kept.get_mut(prefix) {
                            kept.fresh_until = again_at;
                        }
                    });
                    Ok(Some(known))
                }
            },
        }
    }

    fn keep(&self, prefix: &str, key: Option<ApiKey>) {
        let fresh_until = Instant::now() + STALE_AFTER;
        self.with(|kept| {
            if kept.len() >= MAX_KEPT {
                kept.retain(|_, kept| kept.key.is_some());
            }
            if kept.len() >= MAX_KEPT {
                kept.clear();
            }
            let noted_at = kept.get(prefix).and_then(|kept| kept.noted_at);
            kept.insert(prefix.to_owned(), Kept { key, fresh_until, noted_at });
        });
    }

    /// Notes beside the request that a key is used, once a minute at most.
    fn note_use(&self, store: &Store, key: &ApiKey, now: Timestamp) {
        let is_lately = key.last_used_at.is_some_and(|at| now.since(at) < NOTED_EVERY);
        let is_first = self.with(|kept| {
            let Some(kept) = kept.get_mut(&key.prefix) else { return false };
            let is_due = kept.noted_at.is_none_or(|at| at.elapsed() >= NOTED_EVERY);
            if is_due {
                kept.noted_at = Some(Instant::now());
            }
            is_due
        });
        if is_first && !is_lately {
            let (store, id) = (store.clone(), key.id.clone());
            // Where the ledger takes no changes, the use of a key is not worth a word.
            tokio::spawn(async move { drop(store.note_key_used(&id, now).await) });
        }
    }

    fn with<T>(&self, doing: impl FnOnce(&mut HashMap<String, Kept>) -> T) -> T {
        doing(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn asked(turns: &Semaphore, store: &Store, prefix: &str) -> Result<Option<ApiKey>, StoreError> {
    let _turn = turns.acquire().await;
    store.key_by_prefix(prefix).await
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use domain::{Role, Scope};
    use secrecy::ExposeSecret as _;

    use super::super::{Asked, add, revoke};
    use super::*;
    use crate::tests::fixtures::{NOW, Still, ledger, tenant};

    #[tokio::test]
    async fn a_known_key_has_turns_of_its_own_while_unknown_ones_crowd_and_are_refused() {
        let ledger = ledger().await;
        let (store, clock, known) = (&ledger.store, Still(NOW), Keys::default());
        let scopes = Role::Admin.scopes().to_vec();
        let admin = Actor { name: "admin".into(), tenant: tenant("acme"), scopes };
        let asked =
            Asked { name: "orders".into(), scopes: vec![Scope::Notify], tenant: tenant("acme"), expires_at: None };
        let made = add(store, &admin, asked, &clock).await.unwrap();
        assert!(known.actor(store, &clock, made.shown()).await.unwrap().is_some());

        let crowd = known.asking.acquire_many(u32::try_from(MAX_ASKING).unwrap()).await.unwrap();
        let unknown = Parts::new().text();
        let mut refused = pin!(known.actor(store, &clock, unknown.expose_secret()));
        tokio::select! {
            biased;
            answer = &mut refused => panic!("it did not wait for its turn: {answer:?}"),
            () = std::future::ready(()) => {}
        }
        revoke(store, &admin, &made.key.id, &clock).await.unwrap();
        known.forget_age();
        assert_eq!(known.actor(store, &clock, made.shown()).await.unwrap(), None, "the ledger was asked");

        drop(crowd);
        assert_eq!(refused.await.unwrap(), None);
    }
}
