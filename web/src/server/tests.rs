//! Over real sockets: what one peer does costs no other its answer.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Bytes;
use axum::routing::{get, post};
use futures_util::stream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Semaphore;

use super::*;
use crate::body::read_json_text;

const LIMITS: Limits = Limits {
    room: Room { all: 8, of_a_peer: 4, reserve: 2, silence: Duration::ZERO },
    header_timeout: Duration::from_millis(200),
    write_timeout: Duration::from_secs(3600),
    drain: Duration::from_secs(1),
    stop_patience: Duration::from_secs(1),
};

/// `/busy` adds a permit to `taken` when it has been taken, and answers when `open` is closed. `/body` adds one, and
/// answers when its body has come. `/endless` has no end, and adds one to `ended` when its connection is dropped.
/// `/count` answers how often it was asked.
struct Gate {
    taken: Arc<Semaphore>,
    open: Arc<Semaphore>,
    ended: Arc<Semaphore>,
}

/// Adds a permit when it is dropped.
struct Ends(Arc<Semaphore>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.add_permits(1);
    }
}

fn endless(ended: &Arc<Semaphore>) -> Body {
    let ends = Ends(Arc::clone(ended));
    Body::from_stream(stream::repeat_with(move || {
        let _held = &ends;
        Ok::<_, Infallible>(Bytes::from_static(&[b'x'; 8192]))
    }))
}

fn gated() -> (Router, Gate) {
    let closed = || Arc::new(Semaphore::new(0));
    let gate = Gate { taken: closed(), open: closed(), ended: closed() };
    let (taken, open) = (Arc::clone(&gate.taken), Arc::clone(&gate.open));
    let busy = move || async move {
        taken.add_permits(1);
        let _ = open.acquire().await;
        "at last"
    };
    let taken = Arc::clone(&gate.taken);
    let body = move |request: Request<Body>| async move {
        taken.add_permits(1);
        read_json_text(request, 100).await
    };
    let ended = Arc::clone(&gate.ended);
    let asked = Arc::new(AtomicUsize::new(0));
    let count = move || async move { asked.fetch_add(1, Ordering::Relaxed).to_string() };
    let router = Router::new()
        .route("/health", get(async || "well"))
        .route("/busy", get(busy))
        .route("/body", post(body))
        .route("/endless", get(move || async move { endless(&ended) }))
        .route("/count", get(count));
    (router, gate)
}

async fn served(limits: Limits) -> (SocketAddr, Gate) {
    let (router, gate) = gated();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(router, listener, CancellationToken::new(), limits));
    (address, gate)
}

async fn send(address: SocketAddr, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    stream
}

async fn ask(address: SocketAddr, path: &str) -> String {
    rest(send(address, &format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")).await).await
}

async fn rest(mut stream: TcpStream) -> String {
    let mut text = Vec::new();
    let _ = stream.read_to_end(&mut text).await;
    String::from_utf8(text).unwrap()
}

#[tokio::test]
async fn connections_that_ask_nothing_keep_nobody_out() {
    let patient = Limits { header_timeout: Duration::from_secs(3600), ..LIMITS };
    let (address, _gate) = served(patient).await;
    let mut idle = Vec::new();
    for _ in 0..200 {
        idle.push(send(address, "GET /health HTTP/1.1\r\nX-Slow: ").await);
    }
    assert!(ask(address, "/health").await.ends_with("well"));
    // The oldest made room.
    assert_eq!(rest(idle.remove(0)).await, "");
}

#[tokio::test]
async fn while_all_are_busy_probes_are_answered_and_others_told_to_wait() {
    let patient = Limits { header_timeout: Duration::from_secs(3600), ..LIMITS };
    let (address, gate) = served(patient).await;
    let mut busy = Vec::new();
    while busy.len() < LIMITS.room.of_a_peer {
        let ask = "GET /busy HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        busy.push(send(address, ask).await);
        gate.taken.acquire().await.unwrap().forget();
    }
    assert!(ask(address, "/busy").await.contains("too-many-connections"));
    for _ in 0..20 {
        assert!(ask(address, "/health").await.ends_with("well"));
    }
    gate.open.close();
    for stream in busy {
        assert!(rest(stream).await.ends_with("at last"));
    }
    assert!(ask(address, "/busy").await.ends_with("at last"));
}

#[tokio::test]
async fn a_header_that_is_one_byte_too_long_is_refused_although_it_has_come_whole() {
    let connections = Connections::new(LIMITS.room);
    let rest = "GET /health HTTP/1.1\r\nx: \r\n\r\n".len();
    for (bytes, status) in [
        (HEADER_LIMIT, StatusCode::OK),
        (HEADER_LIMIT + 1, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE),
        (100_000, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE),
    ] {
        let request = Request::get("/health").header("x", "a".repeat(bytes - rest)).body(Body::empty()).unwrap();
        let admitted = connections.admit([127, 0, 0, 1].into());
        let response = answer(gated().0, request, false, admitted.activity()).await.unwrap();
        assert_eq!(response.status(), status, "{bytes}");
    }
}

#[tokio::test]
async fn a_header_that_does_not_come_and_a_pause_that_does_not_end_close_the_connection() {
    let (address, _gate) = served(LIMITS).await;
    assert_eq!(rest(send(address, "GET /health HTTP/1.1\r\n").await).await, "");
    let kept = rest(send(address, "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n").await).await;
    assert!(kept.ends_with("well"), "{kept}");
}

/// Announces more than it sends.
const SLOW: &str = "POST /body HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n[1,";

#[tokio::test]
async fn bodies_that_do_not_come_keep_nobody_out() {
    let patient = Limits { header_timeout: Duration::from_secs(3600), ..LIMITS };
    let (address, gate) = served(patient).await;
    let mut slow = Vec::new();
    while slow.len() < LIMITS.room.of_a_peer {
        slow.push(send(address, SLOW).await);
        gate.taken.acquire().await.unwrap().forget();
    }
    assert!(ask(address, "/count").await.ends_with('0'));
    let oldest = rest(slow.remove(0)).await;
    assert!(oldest.starts_with("HTTP/1.1 408 ") && oldest.contains("slow-body"), "{oldest}");
    // The others are read to their end.
    for mut stream in slow {
        stream.write_all(b"2,3,4]").await.unwrap();
        let answer = rest(stream).await;
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("[1,2,3,4]"), "{answer}");
    }
}

#[tokio::test]
async fn an_answer_that_nobody_reads_ends_its_connection() {
    let limits = Limits { write_timeout: Duration::from_millis(200), ..LIMITS };
    let (address, gate) = served(limits).await;
    let _unread = send(address, "GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    gate.ended.acquire().await.unwrap().forget();
}

#[tokio::test]
async fn answers_that_nobody_reads_keep_nobody_out() {
    let (address, gate) = served(LIMITS).await;
    let mut unread = Vec::new();
    while unread.len() < LIMITS.room.of_a_peer {
        let mut stream = send(address, "GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
        let mut first = [0; 15];
        stream.read_exact(&mut first).await.unwrap();
        assert_eq!(&first, b"HTTP/1.1 200 OK");
        unread.push(stream);
    }
    assert!(ask(address, "/count").await.ends_with('0'));
    gate.ended.acquire().await.unwrap().forget();
}

#[tokio::test]
async fn requests_without_a_pause_between_them_let_others_have_their_turn() {
    const CONNECTIONS: usize = 4;
    let room = Room { all: 64, of_a_peer: 64, reserve: 2, silence: Duration::ZERO };
    let (address, _gate) = served(Limits { room, ..LIMITS }).await;
    // All is sent before the server, which has this one thread, sees any of it.
    let send = |text: &str| {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        stream.set_nonblocking(true).unwrap();
        TcpStream::from_std(stream).unwrap()
    };
    let requests = "GET /count HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(50);
    let _pipelined: Vec<TcpStream> = (0..CONNECTIONS).map(|_| send(&requests)).collect();
    let last = send("GET /count HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    let answer = rest(last).await;
    let before: usize = answer.rsplit("\r\n").next().unwrap().parse().unwrap();
    assert!(before <= 3 * CONNECTIONS, "{before} requests of {CONNECTIONS} connections were answered before it");
}

#[tokio::test]
async fn a_request_that_came_whole_is_answered_although_its_client_has_closed_its_side() {
    let (address, gate) = served(LIMITS).await;
    let mut stream = send(address, "GET /busy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    stream.shutdown().await.unwrap();
    let _ = gate.taken.acquire().await;
    gate.open.close();
    assert!(rest(stream).await.ends_with("at last"));
}

#[tokio::test]
async fn a_stop_waits_for_answers_and_not_for_bodies_that_do_not_come() {
    let (router, gate) = gated();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    // Whoever waited for the body would wait for the whole test.
    let limits = Limits { drain: Duration::from_secs(3600), stop_patience: Duration::from_millis(10), ..LIMITS };
    let serving = tokio::spawn(serve(router, listener, stop.clone(), limits));
    let busy = send(address, "GET /busy HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let body =
        send(address, "POST /body HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{")
            .await;
    let _ = gate.taken.acquire_many(2).await;
    stop.cancel();
    assert_eq!(rest(body).await, "", "it was closed, and the process is not kept by it");
    gate.open.close();
    assert!(rest(busy).await.ends_with("at last"));
    serving.await.unwrap();
}

#[tokio::test]
async fn a_stop_waits_for_answers_and_not_for_whoever_takes_one_slowly() {
    let (router, gate) = gated();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    // Whoever waited for the reader would wait for the whole test.
    let limits = Limits { drain: Duration::from_secs(3600), stop_patience: Duration::from_millis(10), ..LIMITS };
    let serving = tokio::spawn(serve(router, listener, stop.clone(), limits));
    let busy = send(address, "GET /busy HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let _ = gate.taken.acquire().await;
    let mut slow = send(address, "GET /endless HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let mut byte = [0];
    slow.read_exact(&mut byte).await.unwrap();
    stop.cancel();
    loop {
        tokio::select! {
            biased;
            _ = gate.ended.acquire() => break,
            // Byte by byte, so that it is never long until it takes more.
            read = slow.read_exact(&mut byte) => assert!(read.is_ok(), "{read:?}"),
        }
        tokio::task::yield_now().await;
    }
    gate.open.close();
    assert!(rest(busy).await.ends_with("at last"));
    serving.await.unwrap();
}
