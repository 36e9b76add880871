//! What no client of Socket.IO does, over a WebSocket that is written by hand: messages that are announced and never come, a
//! client that does not read, and handshakes by the thousand.

use std::time::Duration;

use e2e::TestFleet;
use reqwest::StatusCode;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::strangers::{UPGRADE, entered, hears, started, token_of};
use super::{gateway, tell};

/// Sooner than a client is sent away that shows no token.
const AT_ONCE: Duration = Duration::from_secs(8);

struct Raw {
    stream: TcpStream,
    come: Vec<u8>,
}

impl Raw {
    async fn open(fleet: &TestFleet) -> Self {
        let address = fleet.running().gateway.to_string();
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        stream.write_all(format!("{UPGRADE}\r\n").as_bytes()).await.expect("sent");
        let mut raw = Self { stream, come: Vec::with_capacity(64 * 1024) };
        raw.until("HTTP/1.1 101").await;
        // The session that is opened.
        raw.until("\"pingInterval\"").await;
        raw
    }

    /// The same with a token that is believed.
    async fn enter(fleet: &TestFleet, user: &str) -> Self {
        let mut raw = Self::open(fleet).await;
        let text = format!("40{}", json!({ "token": token_of(user) }));
        raw.stream.write_all(&begin(text.len() as u64)).await.expect("sent");
        raw.stream.write_all(text.as_bytes()).await.expect("sent");
        raw.until("[\"ready\"").await;
        raw
    }

    /// Reads until this has come, and forgets what came before it.
    async fn until(&mut self, words: &str) {
        let words = words.as_bytes();
        loop {
            if let Some(at) = self.come.windows(words.len()).position(|window| window == words) {
                self.come.drain(..at + words.len());
                return;
            }
            // What may be the beginning of the words is looked at once more.
            self.come.drain(..self.come.len().saturating_sub(words.len()));
            let read = self.stream.read_buf(&mut self.come).await.expect("it goes on");
            assert!(read > 0, "the connection has ended");
        }
    }

    /// Waits until the other side has ended it.
    async fn until_ended(&mut self) {
        let mut piece = [0; 4_096];
        while self.stream.read(&mut piece).await.is_ok_and(|read| read > 0) {}
    }
}

/// The beginning of a text of so many bytes (RFC 6455, 5.2). A key of zeros changes nothing of it.
fn begin(bytes: u64) -> Vec<u8> {
    let mut frame = vec![0x81];
    match u16::try_from(bytes) {
        Ok(short @ 0..126) => frame.push(0x80 | short.to_be_bytes()[1]),
        Ok(middle) => frame.extend([&[0x80 | 126][..], &middle.to_be_bytes()].concat()),
        Err(_) => frame.extend([&[0x80 | 127][..], &bytes.to_be_bytes()].concat()),
    }
    frame.extend([0; 4]);
    frame
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_announced_beyond_the_limit_ends_its_connection_before_it_has_come() {
    let fleet = started(&[]).await;
    let mut honest = entered(&fleet, &token_of("eva")).await;
    for bytes in [65_537, 64 << 20, u64::from(u32::MAX) << 8] {
        for mut hostile in [Raw::open(&fleet).await, Raw::enter(&fleet, "ben").await] {
            hostile.stream.write_all(&begin(bytes)).await.expect("sent");
            timeout(AT_ONCE, hostile.until_ended()).await.expect("it is ended at once");
        }
        hears(&fleet, &mut honest, "eva").await;
    }
    fleet.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_read_misses_what_there_is_no_room_for_and_is_told_so() {
    let fleet = started(&[]).await;
    let mut honest = entered(&fleet, &token_of("eva")).await;
    let mut deaf = Raw::enter(&fleet, "ben").await;
    // More than the sockets of both sides and 128 messages have.
    let event = json!({ "usuario_id": "ben", "filler": "x".repeat(60_000) });
    for _ in 0..600 {
        tell(&fleet, "notificacion.nueva", &event).await;
    }
    hears(&fleet, &mut honest, "eva").await;
    timeout(Duration::from_secs(30), deaf.until("[\"resync\"")).await.expect("it is told to ask anew");
    fleet.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_handshakes_have_half_of_the_seats_at_most_and_disturb_nobody() {
    const HANDSHAKES: usize = 2_000;
    const AT_A_TIME: usize = 100;
    let fleet = started(&[("WS_MAX_CONNECTIONS", "200")]).await;
    let mut honest = entered(&fleet, &token_of("eva")).await;
    let url = format!("{}/socket.io/?EIO=4&transport=polling", gateway(&fleet));
    let (mut refused, mut asking) = (0, JoinSet::new());
    for number in 0..HANDSHAKES + AT_A_TIME {
        if number < HANDSHAKES {
            asking.spawn(fleet.http.get(&url).send());
        }
        if number < AT_A_TIME {
            continue;
        }
        let answer = asking.join_next().await.expect("one of them").expect("no panic").expect("an answer");
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::SERVICE_UNAVAILABLE => {
                assert!(answer.headers().contains_key("retry-after"));
                refused += 1;
            }
            other => panic!("{other}"),
        }
        if number == HANDSHAKES / 2 {
            hears(&fleet, &mut honest, "eva").await;
        }
    }
    // Half of the seats are those of whoever shows no token, for ten seconds each.
    assert!(refused >= HANDSHAKES / 2, "{refused}");
    hears(&fleet, &mut honest, "eva").await;
    fleet.finish().await;
}
