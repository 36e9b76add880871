//! What the tests stand on: a ledger of their own in a temporary file, a clock that stands still, and who asks.

use std::sync::Arc;
use std::time::Duration;

use domain::{
    Actor, Arrival, Clock, Defaults, FirstSight, Headers, Key, Keyring, Lane, Notification, Outcome, Policy,
    RecipientHasher, RequestIds, RequestedBy, Scope, Tenant, Timestamp, Ways, content_of, decide,
};
use secrecy::SecretString;
use serde_json::{Value, json};
use store::{Capture, Claimed, Options, Store};
use tempfile::TempDir;
use uuid::Uuid;

use crate::tests::check::SHIPPED;
use crate::{Checked, Refused, Rules};

/// 2026-03-01T12:00:00Z
pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_772_366_400);
pub(crate) static DEFAULTS: Defaults = Defaults { channel: None };

/// A clock that stands still.
pub(crate) struct Still(pub(crate) Timestamp);

impl Clock for Still {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// A ledger, and the folder of its file.
pub(crate) struct Ledger {
    pub(crate) store: Store,
    _folder: TempDir,
}

pub(crate) async fn ledger() -> Ledger {
    let folder = tempfile::tempdir().unwrap();
    let url = SecretString::from(format!("sqlite://{}", folder.path().join("ledger.db").display()));
    let store = Store::connect(Options::new(url, 10, Arc::new(Still(NOW)))).await.unwrap();
    store.migrate().await.unwrap();
    Ledger { store, _folder: folder }
}

pub(crate) fn tenant(name: &str) -> Tenant {
    Tenant::parse(name).unwrap()
}

/// Ada, who may operate in this tenant.
pub(crate) fn operator(of: &str) -> Actor {
    Actor { name: "ada".into(), tenant: tenant(of), scopes: vec![Scope::Operate] }
}

/// Of the tenant `acme`.
pub(crate) fn key(id: &str) -> Key {
    Key { tenant: tenant("acme"), id: id.into() }
}

/// Of another tenant.
pub(crate) fn foreign(id: &str) -> Key {
    Key { tenant: tenant("other"), id: id.into() }
}

pub(crate) fn keyring() -> Keyring {
    Keyring::new(b"a secret of the tests, 32 bytes or more", None)
}

pub(crate) fn recipients() -> RecipientHasher {
    keyring().recipients()
}

/// Who asks: the tenant `acme` at [`NOW`], with or without an idempotency key.
pub(crate) struct Asking {
    tenant: Tenant,
    request_ids: RequestIds,
    idempotency_key: Option<&'static str>,
    clock: Still,
}

pub(crate) fn asking(idempotency_key: Option<&'static str>) -> Asking {
    Asking { tenant: tenant("acme"), request_ids: keyring().request_ids(), idempotency_key, clock: Still(NOW) }
}

impl Asking {
    pub(crate) fn rules(&self) -> Rules<'_> {
        Rules {
            defaults: &DEFAULTS,
            tenant: &self.tenant,
            by: RequestedBy::TokenHolder,
            request_ids: &self.request_ids,
            idempotency_key: self.idempotency_key,
            checker: &SHIPPED,
            clock: &self.clock,
        }
    }

    pub(crate) fn read(&self, body: &Value) -> Result<Checked, Refused> {
        Checked::read(&body.to_string(), "", None, &self.rules())
    }
}

/// A text message with these fields besides.
pub(crate) fn sms(fields: Value) -> Value {
    let mut body = json!({"channel": "sms", "destination": "+12025550143", "message": "Hola"});
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    body
}

/// A delivery that a worker has taken, and that has ended its first attempt like this.
pub(crate) async fn attempted(store: &Store, key: &Key, has_fallback: bool, outcome: &Outcome) {
    attempted_with(store, key, sms(json!({})).to_string().as_bytes(), has_fallback, outcome).await;
}

/// The same of a message with this body.
pub(crate) async fn attempted_with(store: &Store, key: &Key, body: &[u8], has_fallback: bool, outcome: &Outcome) {
    recorded(store, key, body, has_fallback, outcome, None).await;
}

/// A text message that the sandbox captured like this.
pub(crate) async fn captured(store: &Store, key: &Key, capture: Capture) {
    recorded(store, key, sms(json!({})).to_string().as_bytes(), false, &Outcome::Captured, Some(capture)).await;
}

async fn recorded(
    store: &Store,
    key: &Key,
    body: &[u8],
    has_fallback: bool,
    outcome: &Outcome,
    capture: Option<Capture>,
) {
    let notification = Notification::decode(body, &DEFAULTS).unwrap();
    let arrival = Arrival::new(key.clone(), content_of(body), &Headers::default(), false);
    let candidate = FirstSight {
        arrival: &arrival,
        notification: &notification,
        fingerprint: None,
        parent: None,
        published_at: None,
        hasher: &recipients(),
        token: Uuid::from_u128(7),
        lane: Lane::Normal,
        now: NOW,
    };
    let claimed = store.claim(candidate.row(), &arrival, Duration::from_secs(60)).await.unwrap();
    let Claimed::New(row) = claimed else { panic!("{key} is known") };
    let policy = Policy { max_retries: 3, ..Policy::without_retries() };
    let ways = Ways { has_fallback, ..Ways::default() };
    store.record(&decide(&row, ways, outcome, &policy, NOW), capture).await.unwrap();
}
