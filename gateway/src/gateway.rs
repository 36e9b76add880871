//! The gateway as a whole: it hears what happens, tells whoever is connected, and lets them go when it ends.

use std::sync::Arc;
use std::time::Duration;

use domain::Clock;
use runtime::{Readiness, failpoint};
use serde_json::json;
use socketioxide::SocketIo;
use store::Store;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use topology::Topology;
use uuid::Uuid;
use web::server::{self, Limits};

use crate::clients::{Clients, spread};
use crate::health::Health;
use crate::inbox::Inbox;
use crate::limits::Seats;
use crate::mapping::Mapping;
use crate::message::Message;
use crate::readiness::keep_current;
use crate::settings::Settings;
use crate::shared::Shared;
use crate::tokens::{Tokens, Trust};
use crate::{hear, presence, routes, sockets, ticker};

/// How long a stop waits for what is being told, and for clients to be let go.
const GRACE: Duration = Duration::from_secs(10);
/// How long a client may take to read that this gateway ends, before it is let go.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The parts of a gateway. Each is running already.
pub struct Gateway {
    pub settings: Settings,
    pub mapping: Mapping,
    pub trust: Trust,
    pub topology: Topology,
    pub inbox: Inbox,
    pub store: Store,
    pub clock: Arc<dyn Clock>,
}

impl Gateway {
    /// Serves clients until `stop` is cancelled.
    ///
    /// # Errors
    /// What is wrong with the keys of tokens, each as a sentence for the operator.
    pub async fn run(
        self,
        listener: TcpListener,
        readiness: Readiness,
        stop: CancellationToken,
    ) -> Result<(), Vec<String>> {
        let topology = self.topology.clone();
        let shared = Arc::new(self.into_shared(readiness, &stop)?);
        let (sockets, io) = sockets::sockets(&shared);
        // A stream and a poll are connections of the listener; a proxy may be the peer of all of them.
        let limits = Limits::of(shared.settings.max_connections.saturating_mul(4).saturating_add(64), GRACE);
        let serving = tokio::spawn(server::serve(routes::router(&shared, sockets), listener, stop.clone(), limits));
        let (consumers, source) = topology::hear_realtime(&topology);
        let hearing = tokio::spawn(hear::hear(Arc::clone(&shared), source));
        tokio::select! {
            () = stop.cancelled() => {}
            () = keep_current(&shared, &consumers) => {}
            () = presence::keep(&shared) => {}
            () = ticker::keep(&shared) => {}
        }
        shared.readiness.set(vec!["stopping".into()]);
        let noted = async {
            if let Err(error) = presence::leave(&shared).await {
                tracing::warn!(%error, "that this gateway lets its clients go could not be noted");
            }
        };
        let drained = async {
            consumers.drain().await;
            let _ = hearing.await;
            shared.telling.close();
            shared.telling.wait().await;
            let_go(&shared, &io).await;
            let _ = serving.await;
        };
        if tokio::time::timeout(GRACE, async { tokio::join!(noted, drained) }).await.is_err() {
            tracing::warn!("some clients did not go in time");
        }
        if let Err(error) = presence::end(&shared).await {
            tracing::warn!(%error, "that nobody is connected here any more could not be noted: the lease ends by itself");
        }
        consumers.close().await;
        Ok(())
    }

    /// What every client shares.
    fn into_shared(self, readiness: Readiness, stop: &CancellationToken) -> Result<Shared, Vec<String>> {
        let Self { settings, mapping, trust, inbox, store, clock, .. } = self;
        Ok(Shared {
            tokens: Tokens::new(&trust, store.clone(), Arc::clone(&clock))?,
            clients: Clients::new(settings.max_per_user, settings.messages_per_second),
            seats: Seats::new(settings.max_connections),
            resync: Message::bare("resync"),
            health: Health::default(),
            telling: TaskTracker::new(),
            stopping: stop.clone(),
            leaving: CancellationToken::new(),
            node: Uuid::now_v7(),
            settings,
            mapping,
            inbox,
            store,
            clock,
            readiness,
        })
    }
}

/// Says that this gateway ends, and when each client should come back, so that not all come to the next one at once.
async fn let_go(shared: &Shared, io: &SocketIo) {
    for (number, client) in (0_u64..).zip(shared.clients.all()) {
        let retry_in = json!({ "retry_in_ms": u64::try_from(spread(number).as_millis()).unwrap_or_default() });
        if let Some(farewell) = Message::new("going_away", &retry_in) {
            client.tell(&farewell, &shared.resync);
        }
    }
    failpoint("gateway.farewell_told");
    if shared.clients.counts().0 > 0 {
        tokio::time::sleep(LAST_WORDS).await;
    }
    shared.leaving.cancel();
    io.close().await;
}
