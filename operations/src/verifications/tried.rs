//! What becomes of a code that somebody has typed, and of a link that somebody has opened. The attempt is counted before the
//! code is looked at, in a statement of its own.

use domain::{Actor, Checked, Key, Purpose, Scope, Ticket, Verification, VerificationMoved, VerificationState};
use store::StoreError;

use super::{NotVerified, Verifying};
use crate::allowed::must;

/// Who has shown the right code: the link of the message, whoever has opened it, however often.
const BY_THE_LINK: &str = "link";
/// What stands before an `Idempotency-Key`, so that none is the link.
const BY_A_REQUEST: &str = "key:";

impl Verifying<'_> {
    /// Tries a code. With an `Idempotency-Key` the request that was approved is told so again.
    ///
    /// # Errors
    /// [`NotVerified`]: denied, unknown, or the ledger. An attempt whose answer is lost stays counted; one of a code that nobody
    /// can derive any more is none.
    pub async fn confirm(
        &self,
        actor: &Actor,
        id: String,
        code: &str,
        idempotency_key: Option<&str>,
    ) -> Result<Checked, NotVerified> {
        must(self.store, actor, &[Scope::Notify], "confirm a verification", self.clock.now()).await?;
        let key = Key { tenant: actor.tenant.clone(), id };
        if self.has_lost_its_key(&key).await? {
            return Err(NotVerified::UnknownKey);
        }
        let by = idempotency_key.map(|key| format!("{BY_A_REQUEST}{key}"));
        let is_right = |row: &Verification| self.secrets.is_code(&row.seed(), Purpose::Verify, 0, code);
        self.tried(&key, by.as_deref(), is_right).await?.ok_or(NotVerified::Unknown)
    }

    /// Whether one that is open was started with a secret that is known no more.
    async fn has_lost_its_key(&self, key: &Key) -> Result<bool, StoreError> {
        let row = self.store.verification(key).await?;
        let is_open = |row: &Verification| row.state_at(self.clock.now()) == VerificationState::Pending;
        Ok(row.is_some_and(|row| is_open(&row) && self.secrets.code(&row.seed(), Purpose::Verify, 0).is_none()))
    }

    /// The verification of a link, which is changed by nothing that looks at it. None for a link that we have not made.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn of_link(&self, link: &str) -> Result<Option<Verification>, StoreError> {
        Ok(self.of_ticket(link).await?.map(|(verification, _)| verification))
    }

    /// Approves the verification of a link, because somebody who has the message says so. A link that we have not made is
    /// no attempt: it could keep others out. None for such a link.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn approve(&self, link: &str) -> Result<Option<Checked>, StoreError> {
        let Some((verification, ticket)) = self.of_ticket(link).await? else { return Ok(None) };
        let is_right = |row: &Verification| self.secrets.has_made(&row.seed(), &ticket);
        self.tried(&verification.key, Some(BY_THE_LINK), is_right).await
    }

    async fn of_ticket(&self, link: &str) -> Result<Option<(Verification, Ticket)>, StoreError> {
        let Some(ticket) = Ticket::parse(link).filter(|ticket| ticket.purpose == Purpose::Verify) else {
            return Ok(None);
        };
        let found = self.store.verification_of_ticket(ticket.handle).await?;
        let genuine = found.filter(|row| self.secrets.has_made(&row.seed(), &ticket));
        Ok(genuine.map(|row| (row, ticket)))
    }

    /// None where there is no such verification.
    async fn tried(
        &self,
        key: &Key,
        by: Option<&str>,
        is_right: impl Fn(&Verification) -> bool + Send,
    ) -> Result<Option<Checked>, StoreError> {
        let now = self.clock.now();
        let Some((checked, moved)) = self.store.check_verification(key, by, now, is_right).await? else {
            return Ok(None);
        };
        match (checked, moved) {
            (_, Some(VerificationMoved { verification, .. })) => self.has_ended(&verification).await,
            // Whoever was told so before may have been interrupted behind that.
            (Checked::AlreadyApproved, None) => {
                if let Some(approved) = self.store.verification(key).await? {
                    self.call_off(&approved).await?;
                }
            }
            _ => {}
        }
        Ok(Some(checked))
    }
}
