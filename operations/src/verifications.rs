//! Verifications: somebody shows that an address is theirs, by a code or a link that was sent there. The guard against
//! pumping is asked before anything is sent. No code is stored or published: a worker derives it while it renders, and
//! whoever tries one has it derived again.
//!
//! `written` reads what is asked for, `ladder` is by which channels a code goes and its message, `tried` what becomes of a
//! code or a link, `told` who hears of all that.

mod ladder;
mod told;
mod tried;
mod written;

use std::net::IpAddr;
use std::time::Duration;

use domain::{
    Actor, BlockReason, CODE_LIVES, Clock, Content, CounterHasher, Counters, Defaults, Key, PumpingLimits,
    RecipientHasher, RequestIds, RequestedBy, Scope, Secrets, Sending, Telling, Tenant, Timestamp, Verification,
    VerificationMoved, VerificationState, dial_code, guard, mask, number_prefix,
};
use store::{
    ConversionBy, Converted, MAX_PAGE, Store, StoreError, USUAL_PAGE, VerificationFilter, VerificationMade,
    VerificationPage,
};
use topology::{PublishError, Publisher};
use uuid::Uuid;

use crate::allowed::{NotDone, must};
use crate::checked::{Refused, field, mint};
use crate::listed::{NotListed, must_be_of};
use crate::recipients::recipient_of;

pub use self::ladder::{Ladder, Rung};
pub use self::written::{Asked, CODE_FIELDS, FIELDS, RESEND_FIELDS, read_code};

/// What is counted apart from what.
const PREFIX: &str = "prefix";
const CLIENT: &str = "client";
const SESSION: &str = "session";

/// What verifying stands on.
#[derive(Clone, Copy)]
pub struct Verifying<'a> {
    pub store: &'a Store,
    pub publisher: &'a Publisher,
    pub secrets: &'a Secrets,
    pub recipients: &'a RecipientHasher,
    pub counters: &'a CounterHasher,
    pub request_ids: &'a RequestIds,
    pub defaults: &'a Defaults,
    pub limits: &'a PumpingLimits,
    /// Which events are published.
    pub telling: Telling,
    /// Whether somebody carries WhatsApp here: a ladder leaves it out otherwise.
    pub has_whatsapp: bool,
    pub clock: &'a dyn Clock,
}

/// Why a verification was not started, sent, shown or ended.
#[derive(Clone, PartialEq, Debug)]
pub enum NotVerified {
    NotDone(NotDone),
    /// What was written cannot be taken.
    Refused(Refused),
    /// The tenant has none of this id.
    Unknown,
    /// The `Idempotency-Key` has started another one.
    Another {
        id: String,
    },
    /// The guard sends nothing there; the row says why.
    Blocked(Box<Verification>),
    Ended(VerificationState),
    /// It was sent a moment ago.
    TooSoon(Duration),
    TooOften,
    /// It was started before the secret was changed twice, so that nobody can derive its code any more.
    UnknownKey,
    /// The broker has not confirmed the message. A repeat goes on from there.
    Unconfirmed {
        id: String,
        error: PublishError,
    },
}

impl From<NotDone> for NotVerified {
    fn from(not_done: NotDone) -> Self {
        Self::NotDone(not_done)
    }
}

impl From<StoreError> for NotVerified {
    fn from(error: StoreError) -> Self {
        Self::NotDone(NotDone::Ledger(error))
    }
}

impl Verifying<'_> {
    /// Starts a verification, and returns once the broker has its first message. Its row comes first, which the guard is
    /// asked about as it is written, then the message, whose id is always the same, then the row says that it was sent: a
    /// repeat with the same `Idempotency-Key` goes on where the one before was interrupted, and sends nothing twice.
    ///
    /// # Errors
    /// [`NotVerified`]; after [`NotVerified::Unconfirmed`] and while the ledger is not available repeat it.
    pub async fn start(
        &self,
        actor: &Actor,
        asked: &Asked,
        idempotency_key: Option<&str>,
    ) -> Result<Verification, NotVerified> {
        let now = self.clock.now();
        must(self.store, actor, &[Scope::Notify], "start a verification", now).await?;
        let id = idempotency_key
            .map_or_else(|| mint(now), |key| self.request_ids.id(&actor.tenant, RequestedBy::TokenHolder, key, None));
        let begun = self.begun(Key { tenant: actor.tenant.clone(), id }, asked, now).await?;
        match begun.state {
            VerificationState::Blocked => return Err(NotVerified::Blocked(Box::new(begun))),
            VerificationState::Pending if begun.sends == 0 => {}
            _ => return Ok(begun),
        }
        self.tell(&begun, &begun.started()).await?;
        self.send(&begun, &ladder_of(&begun, &asked.ladder), asked.locale.as_deref(), &actor.name).await
    }

    /// Sends the same code once more, to the address that `text` names again: the ledger has none. What still waits of the
    /// send before is called off.
    ///
    /// # Errors
    /// [`NotVerified`].
    pub async fn resend(&self, actor: &Actor, id: String, text: &str) -> Result<Verification, NotVerified> {
        must(self.store, actor, &[Scope::Notify], "send a code again", self.clock.now()).await?;
        let key = Key { tenant: actor.tenant.clone(), id };
        let verification = self.store.verification(&key).await?.ok_or(NotVerified::Unknown)?;
        let (ladder, locale) =
            written::resent(text, &verification.channel, self.has_whatsapp).map_err(NotVerified::Refused)?;
        if !self.is_to(&verification, &ladder) {
            let detail = "must be what this verification was started with: all of it, and nothing else";
            return Err(NotVerified::Refused(Refused::Fields(vec![field("/to", detail)])));
        }
        let locale = locale.as_deref().or(verification.locale.as_deref());
        self.send(&verification, &ladder_of(&verification, &ladder), locale, &actor.name).await
    }

    /// Ends a verification that is not wanted any more, and returns it.
    ///
    /// # Errors
    /// [`NotVerified`]; [`NotVerified::Ended`] for one that has ended before.
    pub async fn cancel(&self, actor: &Actor, id: String) -> Result<Verification, NotVerified> {
        let now = self.clock.now();
        must(self.store, actor, &[Scope::Notify], "cancel a verification", now).await?;
        let key = Key { tenant: actor.tenant.clone(), id };
        if let Some(VerificationMoved { verification, .. }) = self.store.cancel_verification(&key, now).await? {
            self.has_ended(&verification).await;
            return Ok(verification);
        }
        let ended = self.store.verification(&key).await?.ok_or(NotVerified::Unknown)?;
        Err(NotVerified::Ended(ended.state_at(now)))
    }

    /// The row of what is started, as the guard has judged it, or as it was where it is known.
    async fn begun(&self, key: Key, asked: &Asked, now: Timestamp) -> Result<Verification, NotVerified> {
        let barred = self.barred(&asked.ladder);
        let reduced = if barred.is_empty() { None } else { asked.ladder.without_numbers() };
        let ladder = reduced.as_ref().unwrap_or(&asked.ladder);
        let reasons = if reduced.is_some() { barred } else { Vec::new() };
        let fresh = Verification { reasons, ..self.fresh(key, asked, ladder, now) };
        let number = ladder.number();
        let judge = |counters: &Counters| guard(self.limits, number.as_deref(), counters);
        let addresses = ladder.hashes(self.recipients);
        match self.store.begin_verification(&fresh, &addresses, now, judge).await? {
            VerificationMade::Known(known) => self.same(*known, asked),
            VerificationMade::New(begun) => {
                if begun.state == VerificationState::Blocked {
                    self.has_ended(&begun).await;
                }
                Ok(*begun)
            }
        }
    }

    /// Why no code may go to the number of a ladder, whoever asks: nothing was counted yet.
    fn barred(&self, ladder: &Ladder) -> Vec<BlockReason> {
        let number = ladder.number();
        guard(self.limits, number.as_deref(), &Counters::default())
    }

    /// `ladder` is what of that of `asked` is sent by.
    fn fresh(&self, key: Key, asked: &Asked, ladder: &Ladder, now: Timestamp) -> Verification {
        let Rung { channel, destination } = &ladder.first;
        let hashed = |kind: &'static str, what: &str| self.counters.hash(kind, what);
        Verification {
            key,
            purpose: asked.purpose.clone(),
            locale: asked.locale.clone(),
            channel: channel.clone(),
            recipient: recipient_of(channel, destination, self.recipients),
            recipient_mask: mask(destination),
            addresses: self.recipients.hash(&asked.ladder.addresses()),
            prefix: self.prefix_of(ladder),
            client: asked.client_ip.map(|ip| hashed(CLIENT, &network(ip))),
            session: asked.session.as_deref().map(|session| hashed(SESSION, session)),
            dial_code: ladder.number().as_deref().and_then(dial_code).map(str::to_owned),
            state: VerificationState::Pending,
            version: 1,
            salt: Uuid::new_v4().into_bytes(),
            key_id: self.secrets.key_id().to_owned(),
            checks: 0,
            sends: 0,
            last_sent_at: None,
            approved_by: None,
            reasons: Vec::new(),
            created_at: now,
            expires_at: now.plus(CODE_LIVES),
            ended_at: None,
        }
    }

    fn prefix_of(&self, ladder: &Ladder) -> Option<Content> {
        let number = ladder.number()?;
        number_prefix(&number).map(|prefix| self.counters.hash(PREFIX, prefix))
    }

    /// The one that is known, where it was asked for in the same way.
    fn same(&self, known: Verification, asked: &Asked) -> Result<Verification, NotVerified> {
        if known.purpose == asked.purpose && self.is_to(&known, &asked.ladder) {
            return Ok(known);
        }
        Err(NotVerified::Another { id: known.key.id })
    }

    /// Whether a ladder leads to the addresses for which the verification was started, and to no other: whoever reads the
    /// code elsewhere would be believed.
    fn is_to(&self, verification: &Verification, ladder: &Ladder) -> bool {
        let known = self.recipients.every_hash(&ladder.addresses());
        ladder.first.channel == verification.channel && known.contains(&verification.addresses)
    }

    /// Publishes the next message, and notes that it was sent. Its id is that of the send, so that whoever does the same at
    /// the same time, or again after a crash, publishes the same delivery.
    async fn send(
        &self,
        verification: &Verification,
        ladder: &Ladder,
        locale: Option<&str>,
        by: &str,
    ) -> Result<Verification, NotVerified> {
        let now = self.clock.now();
        let moved = match verification.sent(now) {
            Sending::Now(moved) => moved,
            Sending::Wait(wait) => return Err(NotVerified::TooSoon(wait)),
            Sending::TooOften => return Err(NotVerified::TooOften),
            Sending::Ended(state) => return Err(NotVerified::Ended(state)),
        };
        let message = ladder.message(&moved.verification, self.secrets, locale, by, now);
        let message = message.ok_or(NotVerified::UnknownKey)?;
        self.call_off(verification).await?;
        self.publish(verification, message).await?;
        self.tell(verification, &moved.event).await?;
        match self.store.send_verification(&verification.key, now).await?.ok_or(NotVerified::Unknown)? {
            Sending::Now(moved) => {
                self.count_sent(&moved.verification);
                Ok(moved.verification)
            }
            // Somebody has sent the same at the same time.
            _ => self.store.verification(&verification.key).await?.ok_or(NotVerified::Unknown),
        }
    }
}

/// What of a ladder a verification is sent by: without its number where that was left out when it was started.
pub fn ladder_of(verification: &Verification, ladder: &Ladder) -> Ladder {
    let is_left_out = verification.reasons.iter().any(|reason| reason.is_of_the_number());
    let reduced = is_left_out.then(|| ladder.without_numbers()).flatten();
    reduced.unwrap_or_else(|| ladder.clone())
}

/// A verification of the tenant. It has neither its code nor its address. None when the tenant has none of this id.
///
/// # Errors
/// [`StoreError`].
pub async fn show(store: &Store, tenant: &Tenant, id: &str) -> Result<Option<Verification>, StoreError> {
    store.verification(&Key { tenant: tenant.clone(), id: id.to_owned() }).await
}

/// A page of a tenant's verifications, the newest first. `limit` is 1 to 1,000; 0 stands for 100.
///
/// # Errors
/// [`NotListed`].
pub async fn list(store: &Store, filter: VerificationFilter) -> Result<VerificationPage, NotListed> {
    must_be_of(filter.after.as_ref(), &filter)?;
    let limit = match filter.limit {
        0 => USUAL_PAGE as usize,
        limit => limit.min(MAX_PAGE as usize),
    };
    Ok(store.verifications(&VerificationFilter { limit, ..filter }).await?)
}

/// How many codes were entered of those of the last day, by country or by prefix: over the time by which the guard judges.
///
/// # Errors
/// [`StoreError`].
pub async fn conversions(
    store: &Store,
    tenant: &Tenant,
    by: ConversionBy,
    now: Timestamp,
) -> Result<Vec<Converted>, StoreError> {
    store.verification_conversions(tenant, now.minus(DAY), by).await
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What is counted of an address: of IPv6 the network of 64 bits, of which one client has all addresses.
fn network(ip: IpAddr) -> String {
    match ip.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}
