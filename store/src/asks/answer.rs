//! Takes an answer, and takes a question back: one compare-and-swap each, with what the journal is told in the same
//! transaction.

use domain::{Ask, Entry, GivenAnswer, Key, Timestamp};

use super::answering::{Answering, AskAnswered};
use super::row::{read, swap};
use super::{MAX_TRIES, is_storable, overtaken};
use crate::error::StoreError;
use crate::journal;
use crate::store::Store;

/// What became of the wish to take a question back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AskCancelled {
    Cancelled(Box<Ask>),
    /// It had ended before.
    Ended(Box<Ask>),
    /// The tenant has no ask of this id.
    Unknown,
}

impl Store {
    /// Has an answer decided and writes what follows from it: the next version of the ask, the answer's row, and what the
    /// journal is told. Of several at once each is decided from what the one before it has written. None where the tenant
    /// has no such ask. What is to be told of it is in the decision, also when the same answer comes again.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] repeat it.
    pub async fn answer_ask(&self, key: &Key, given: &GivenAnswer) -> Result<Option<AskAnswered>, StoreError> {
        if !is_storable(&key.id) {
            return Ok(None);
        }
        let answering = Answering { key: key.clone(), given: given.clone() };
        self.inner.writers.answers.write(answering).await
    }

    /// Takes a question back. That is told like an expiry: [`Store::untold_asks`].
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] repeat it.
    pub async fn cancel_ask(
        &self,
        key: &Key,
        by: &str,
        now: Timestamp,
        told: &Entry,
    ) -> Result<AskCancelled, StoreError> {
        if !is_storable(&key.id) {
            return Ok(AskCancelled::Unknown);
        }
        for _ in 0..MAX_TRIES {
            let mut session = self.inner.db.begin().await?;
            let Some(ask) = read(&mut session, key).await? else { return Ok(AskCancelled::Unknown) };
            let Some(ending) = ask.cancelled(by, now) else { return Ok(AskCancelled::Ended(Box::new(ask))) };
            if swap(&mut session, &[(&ending.ask, true)]).await? {
                journal::insert(&mut session, told).await?;
                session.commit().await?;
                return Ok(AskCancelled::Cancelled(Box::new(ending.ask)));
            }
        }
        Err(overtaken())
    }
}
