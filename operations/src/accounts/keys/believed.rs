//! Who shows a key: a copy in memory of the keys that were shown lately, so that not every request asks the ledger. A
//! change counts within five seconds. While the ledger does not answer, keys that are known go on.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::{Actor, Clock, Timestamp, content_of};
use store::{ApiKey, Store, StoreError};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::super::grants::known_scopes;
use super::{ACTOR, Parts};

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
/// The longest time that somebody waits for one of these turns.
const TURN_WITHIN: Duration = Duration::from_secs(5);

/// The keys that were shown lately.
#[derive(Debug)]
pub struct Keys {
    shared: Arc<Shared>,
    asking: Semaphore,
}

/// What a reading has as well that goes on when nobody waits for it any more.
#[derive(Debug)]
struct Shared {
    kept: Mutex<HashMap<String, Kept>>,
    /// Turns for the keys that are known: a revoked one must not go on because others crowd the ledger.
    renewing: Semaphore,
}

#[derive(Clone, Debug)]
struct Kept {
    /// None where there is no key of this prefix.
    key: Option<ApiKey>,
    fresh_until: Instant,
    noted_at: Option<Instant>,
    /// Whether a reading goes on for which nobody waits.
    is_being_read: bool,
}

impl Default for Keys {
    fn default() -> Self {
        Self { shared: Arc::default(), asking: Semaphore::new(MAX_ASKING) }
    }
}

impl Default for Shared {
    fn default() -> Self {
        Self { kept: Mutex::default(), renewing: Semaphore::new(MAX_ASKING) }
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
        Ok(Some(Actor { name: format!("{ACTOR}{prefix}"), tenant, scopes: known_scopes(&scopes) }))
    }

    /// Has the next request read the ledger: something was changed just now.
    pub fn forget_age(&self) {
        let now = Instant::now();
        self.shared.with(|kept| kept.values_mut().for_each(|kept| kept.fresh_until = now));
    }

    async fn key(&self, store: &Store, prefix: &str) -> Result<Option<ApiKey>, StoreError> {
        let kept = self.shared.with(|kept| kept.get(prefix).cloned());
        if let Some(kept) = kept.as_ref().filter(|kept| kept.fresh_until > Instant::now()) {
            return Ok(kept.key.clone());
        }
        match kept.and_then(|kept| kept.key) {
            None => {
                let key = asked(&self.asking, store, prefix).await?;
                self.shared.keep(prefix, key.clone());
                Ok(key)
            }
            Some(known) => {
                let (shared, store, prefix) = (Arc::clone(&self.shared), store.clone(), prefix.to_owned());
                let reading = async move { asked(&shared.renewing, &store, &prefix).await };
                renewed(&self.shared, known, reading).await
            }
        }
    }

    /// Notes beside the request that a key is used, once a minute at most.
    fn note_use(&self, store: &Store, key: &ApiKey, now: Timestamp) {
        let is_lately = key.last_used_at.is_some_and(|at| now.since(at) < NOTED_EVERY);
        let is_first = self.shared.with(|kept| {
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
}

impl Shared {
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
            kept.insert(prefix.to_owned(), Kept { key, fresh_until, noted_at, is_being_read: false });
        });
    }

    /// Has requests go by what is known for a while.
    fn put_off(&self, prefix: &str) {
        let again_at = Instant::now() + AGAIN_AFTER;
        self.with(|kept| {
            if let Some(kept) = kept.get_mut(prefix) {
                kept.fresh_until = again_at;
            }
        });
    }

    /// Notes whether a reading goes on for which nobody waits, and returns whether one did before.
    fn note_reading(&self, prefix: &str, is_being_read: bool) -> bool {
        let note = |kept: &mut Kept| std::mem::replace(&mut kept.is_being_read, is_being_read);
        self.with(|kept| kept.get_mut(prefix).is_some_and(note))
    }

    fn with<T>(&self, doing: impl FnOnce(&mut HashMap<String, Kept>) -> T) -> T {
        doing(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What a reading says of a known key; what is known, where it takes longer than a request waits. It goes on after that, and
/// counts when it ends: whoever crowds the ledger must not keep a revoked key in force by it.
async fn renewed(
    shared: &Arc<Shared>,
    known: ApiKey,
    reading: impl Future<Output = Result<Option<ApiKey>, StoreError>> + Send + 'static,
) -> Result<Option<ApiKey>, StoreError> {
    let mut reading = Box::pin(reading);
    let waited = tokio::time::timeout(PATIENCE, reading.as_mut()).await;
    match waited {
        Ok(Ok(key)) => {
            shared.keep(&known.prefix, key.clone());
            return Ok(key);
        }
        Ok(Err(error)) if !error.is_unavailable() => return Err(error),
        Ok(Err(_)) => {}
        Err(_) if shared.note_reading(&known.prefix, true) => {}
        Err(_) => {
            let (shared, prefix) = (Arc::clone(shared), known.prefix.clone());
            tokio::spawn(async move {
                match reading.await {
                    Ok(key) => shared.keep(&prefix, key),
                    Err(_) => {
                        shared.note_reading(&prefix, false);
                    }
                }
            });
        }
    }
    shared.put_off(&known.prefix);
    Ok(Some(known))
}

async fn asked(turns: &Semaphore, store: &Store, prefix: &str) -> Result<Option<ApiKey>, StoreError> {
    let _turn = turn(turns).await?;
    store.key_by_prefix(prefix).await
}

async fn turn(turns: &Semaphore) -> Result<SemaphorePermit<'_>, StoreError> {
    let turn = tokio::time::timeout(TURN_WITHIN, turns.acquire()).await;
    turn.ok().and_then(Result::ok).ok_or_else(|| StoreError::Unavailable("too many ask for keys at once".into()))
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use domain::{Role, Scope, Tenant};
    use secrecy::ExposeSecret as _;

    use super::super::{Asked, add, revoke};
    use super::*;
    use crate::tests::fixtures::{NOW, Still, ledger, tenant};

    #[tokio::test(start_paused = true)]
    async fn a_reading_that_takes_longer_than_a_request_waits_counts_when_it_is_over() {
        let known = ApiKey {
            id: "1".into(),
            tenant: Tenant::default(),
            name: "orders".into(),
            prefix: "0123456789ab".into(),
            secret_hash: content_of(b"secret"),
            scopes: vec!["notify".into()],
            created_by: "ada".into(),
            created_at: Timestamp::from_seconds(1),
            expires_at: None,
            last_used_at: None,
            revoked_at: None,
            replaced_by: None,
        };
        let revoked = ApiKey { revoked_at: Some(Timestamp::from_seconds(2)), ..known.clone() };
        let shared = Arc::new(Shared::default());
        shared.keep(&known.prefix, Some(known.clone()));
        let (tell, told) = tokio::sync::oneshot::channel();
        let slow = async move { Ok::<_, StoreError>(told.await.ok()) };
        assert_eq!(renewed(&shared, known.clone(), slow).await, Ok(Some(known.clone())));
        assert!(shared.note_reading(&known.prefix, true), "it goes on");
        tell.send(revoked.clone()).unwrap();
        let kept = || shared.with(|kept| kept.get(&known.prefix).and_then(|kept| kept.key.clone()));
        while kept().as_ref() == Some(&known) {
            tokio::task::yield_now().await;
        }
        assert_eq!(kept(), Some(revoked));
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_a_turn_without_end() {
        let (free, taken) = (Semaphore::new(1), Semaphore::new(0));
        assert!(turn(&free).await.is_ok());
        assert!(turn(&taken).await.is_err_and(|error| error.is_unavailable()));
    }

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
