//! What the tests stand on: what clients share, with a ledger of its own, an inbox of the tests and no broker; and clients that
//! write down what they are told.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::{Keyring, Tenant};
use operations::tokens::JwtAlgorithm;
use runtime::Readiness;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};
use store::Store;
use tempfile::TempDir;
use testkit::{NOW, SECRET, Still};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::clients::{Clients, Heard, Outlet};
use crate::entry::{self, Entered};
use crate::health::Health;
use crate::identity::Identity;
use crate::inbox::{Inbox, Later, News, Since};
use crate::limits::Seats;
use crate::mapping::Mapping;
use crate::message::Message;
use crate::origins::Origins;
use crate::person::Person;
use crate::settings::Settings;
use crate::shared::Shared;
use crate::tokens::{Tokens, Trust};

/// An application signs with it.
pub(crate) const SHARED_SECRET: &str = "secret of an application, of thirty-two bytes";

/// The parts of a gateway, and what its inbox was asked.
pub(crate) struct Parts {
    pub(crate) shared: Arc<Shared>,
    pub(crate) clock: Arc<Still>,
    pub(crate) asked: Arc<Asked>,
    _folder: TempDir,
}

/// What the inbox of the tests was asked.
#[derive(Default)]
pub(crate) struct Asked {
    pub(crate) items: AtomicUsize,
    pub(crate) seen: Mutex<Vec<(String, String)>>,
    pub(crate) is_away: AtomicBool,
}

/// A client that is in, and what it was told.
pub(crate) struct Connected {
    pub(crate) entered: Entered,
    told: Receiver<(String, Value)>,
    is_cut: Arc<AtomicBool>,
}

impl Connected {
    pub(crate) fn told(&self) -> Vec<(String, Value)> {
        self.told.try_iter().collect()
    }

    pub(crate) fn is_cut(&self) -> bool {
        self.is_cut.load(Ordering::SeqCst)
    }
}

pub(crate) async fn parts() -> Parts {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(Still::at(NOW));
    let url = testkit::ledger_in(folder.path());
    let store = Store::connect(store::Options::new(url.into(), 2, Arc::<Still>::clone(&clock))).await.unwrap();
    store.migrate().await.unwrap();
    let asked = Arc::<Asked>::default();
    let settings = settings();
    let shared = Shared {
        tokens: Tokens::new(&trust(), store.clone(), Arc::<Still>::clone(&clock)).unwrap(),
        mapping: Mapping::shipped().unwrap(),
        clients: Clients::new(settings.max_per_user, settings.messages_per_second),
        seats: Seats::new(settings.max_connections),
        inbox: inbox(&asked),
        store,
        clock: Arc::<Still>::clone(&clock),
        resync: Message::bare("resync"),
        readiness: Readiness::default(),
        health: Health::default(),
        telling: TaskTracker::new(),
        stopping: CancellationToken::new(),
        leaving: CancellationToken::new(),
        node: Uuid::now_v7(),
        settings,
    };
    Parts { shared: Arc::new(shared), clock, asked, _folder: folder }
}

fn settings() -> Settings {
    Settings {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        is_usual: true,
        public_url: None,
        ping_interval: Duration::from_secs(25),
        ping_timeout: Duration::from_secs(60),
        max_connections: 10,
        max_per_user: 3,
        max_rooms: 4,
        max_message_bytes: 65_536,
        messages_per_second: 10,
        origins: Origins::default(),
        token_in_query: false,
        shared_secret: Some(SHARED_SECRET.into()),
        shared_algorithm: None,
        mapping: None,
    }
}

fn trust() -> Trust {
    Trust {
        keys: Keyring::new(SECRET.as_bytes(), None),
        algorithm: JwtAlgorithm::Hs256,
        audience: "chasqui".into(),
        issuer: "chasqui".into(),
        public_key: None,
        shared_secret: Some(SHARED_SECRET.into()),
        shared_algorithm: None,
    }
}

/// An inbox with one item, `a-1`, whoever asks.
fn inbox(asked: &Arc<Asked>) -> Inbox {
    let [for_items, for_news, for_seen] = [asked, asked, asked].map(Arc::clone);
    let away = |asked: &Asked| asked.is_away.load(Ordering::SeqCst).then(|| "away".to_owned());
    let item = || to_raw_value(&json!({ "id": "a-1" })).unwrap();
    Inbox {
        item: Arc::new(move |_: Person, id: String| -> Later<Option<Box<RawValue>>> {
            for_items.items.fetch_add(1, Ordering::SeqCst);
            let found = away(&for_items).map_or_else(|| Ok((id == "a-1").then(item)), Err);
            Box::pin(async move { found })
        }),
        since: Arc::new(move |_: Person, since: Since| -> Later<News> {
            let items = if since.seq == Some(1) { Vec::new() } else { vec![item()] };
            let news = News { items, complete: true, epoch: 5, seq: 1, unread: 1, unseen: 1 };
            let found = away(&for_news).map_or(Ok(news), Err);
            Box::pin(async move { found })
        }),
        seen: Arc::new(move |person: Person, id: String| -> Later<bool> {
            let is_there = id == "a-1";
            for_seen.seen.lock().unwrap().push((person.user, id));
            let found = away(&for_seen).map_or(Ok(is_there), Err);
            Box::pin(async move { found })
        }),
    }
}

/// Somebody with a token of an hour.
pub(crate) fn identity(user: &str, role: Option<&str>) -> Identity {
    Identity {
        tenant: Tenant::default(),
        user: user.to_owned(),
        role: role.map(str::to_owned),
        ends: NOW.plus(Duration::from_secs(3600)),
        claims: BTreeMap::from([("solicitudes".to_owned(), json!([7]))]),
        signed_in: None,
    }
}

impl Parts {
    pub(crate) fn enter(&self, identity: Identity) -> Connected {
        let (say, told) = sync_channel(64);
        let is_cut = Arc::<AtomicBool>::default();
        let cut = Arc::clone(&is_cut);
        let outlet = Outlet {
            tell: Box::new(move |message: &Message| {
                let data = serde_json::from_str(message.data.get()).unwrap();
                say.try_send((message.event.clone(), data)).map_or(Heard::Full, |()| Heard::Yes)
            }),
            cut: Box::new(move || {
                cut.store(true, Ordering::SeqCst);
                true
            }),
        };
        let entered = entry::enter(&self.shared, identity, Since::default(), outlet).unwrap();
        Connected { entered, told, is_cut }
    }
}
