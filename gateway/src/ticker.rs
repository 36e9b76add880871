//! What is due because time has passed: tokens end or were taken back, and whoever may have missed something is told to ask
//! anew.

use std::time::Duration;

use runtime::failpoint;
use serde_json::json;
use tokio::time::{MissedTickBehavior, interval};

use crate::clients::{Client, Due};
use crate::message::Message;
use crate::shared::Shared;

const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Looks again and again, until it is dropped.
pub(crate) async fn keep(shared: &Shared) {
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        look(shared).await;
    }
}

async fn look(shared: &Shared) {
    let now = shared.clock.now();
    for client in shared.clients.all() {
        // A copy in memory answers that, which is read anew every few seconds.
        if shared.tokens.has_revoked(&client.identity()).await {
            end(shared, &client);
            continue;
        }
        match client.due(now) {
            Some(Due::Ended) => end(shared, &client),
            Some(Due::EndsSoon) => {
                let ends_at = json!({ "ends_at": client.ends().to_string() });
                if let Some(warning) = Message::new("token_ends", &ends_at) {
                    client.tell(&warning, &shared.resync);
                }
            }
            // Whoever is behind is told so first, and once.
            Some(Due::Resync) => {
                failpoint("gateway.resync_due");
                client.catch_up(&shared.resync);
            }
            None => {}
        }
    }
    let (clients, rooms) = shared.clients.counts();
    metrics::gauge!("chasqui_gateway_clients").set(clients as f64);
    metrics::gauge!("chasqui_gateway_rooms").set(rooms as f64);
    metrics::gauge!("chasqui_gateway_seats_taken").set(shared.seats.taken() as f64);
}

/// Sends a client away whose token is in force no more.
fn end(shared: &Shared, client: &Client) {
    client.tell(&Message::bare("token_ended"), &shared.resync);
    if client.cut() {
        metrics::counter!("chasqui_gateway_cut_total", "why" => "token_ended").increment(1);
        shared.clients.leave(client);
    }
}
