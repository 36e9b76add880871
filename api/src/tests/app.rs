//! An API with a ledger of its own in a temporary file, a clock that stands still, and no broker.

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use crate::{Api, Call, Gate, JwtAlgorithm, JwtSettings, Open, Settings, Verdict};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, Response, StatusCode};
use domain::{Keyring, KnownProviders, PumpingLimits, Telling};
use jsonwebtoken::{EncodingKey, Header};
use operations::Checker;
use operations::overview::Watching;
use secrecy::SecretString;
use serde_json::{Value, json};
use store::{Options, Store};
use tempfile::TempDir;
use templates::Templates;
use testkit::{NO_BROKER, RETRY_DELAYS, Still};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use topology::{Broker, Mode, Names, Plan, Publisher, PublisherSettings, QueueType, Topology};
use tower::ServiceExt;

pub(crate) use testkit::{NOW, SECRET};

pub(crate) const BOOTSTRAP: &str = "printed-at-start";

/// Compiled once for all tests.
static SHIPPED: LazyLock<Arc<Templates>> = LazyLock::new(|| Arc::new(Templates::embedded("en").unwrap()));

pub(crate) struct TestApp {
    pub(crate) router: Router,
    api: Api,
    pub(crate) store: Store,
    pub(crate) clock: Arc<Still>,
    pub(crate) publisher: Publisher,
    stop: CancellationToken,
    folder: TempDir,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The pointers of a problem's errors.
    pub(crate) fn pointers(&self) -> Vec<String> {
        let errors = self.json()["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|error| error["pointer"].as_str().unwrap_or("?").to_owned()).collect()
    }

    pub(crate) fn kind(&self) -> String {
        self.json()["type"].as_str().unwrap_or_default().to_owned()
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Tokens of this secret, as the claims of these tests have them.
pub(crate) fn hs256(secret: &str) -> JwtSettings {
    JwtSettings {
        algorithm: JwtAlgorithm::Hs256,
        secret: SecretString::from(secret.to_owned()),
        previous_secret: None,
        public_key_pem: None,
        audience: "chasqui".into(),
        issuer: "chasqui".into(),
        lifetime: Duration::from_secs(30 * 60),
    }
}

pub(crate) fn settings() -> Settings {
    let mut settings =
        Settings::new("127.0.0.1:8080".parse().unwrap(), hs256(SECRET), SecretString::from(BOOTSTRAP.to_owned()));
    // As under `chasqui up`.
    (settings.open, settings.first_user_from_here) = (Open::ThisMachine, true);
    (settings.providers, settings.answerers) = (vec!["smtp", "twilio"], vec!["smtp", "twilio", "worker"]);
    settings.retry_delays = RETRY_DELAYS;
    settings.telling = Telling::All;
    settings.verify = PumpingLimits {
        countries: vec!["+34".into()],
        per_address: 3,
        per_client: 50,
        per_session: 5,
        per_prefix: 10,
        per_country: 1_000,
        conversion_percent: 20,
        conversion_after: 20,
    };
    settings
}

impl TestApp {
    pub(crate) async fn start() -> Self {
        Self::with(settings()).await
    }

    pub(crate) async fn with(settings: Settings) -> Self {
        let stop = CancellationToken::new();
        let publisher = without_broker(&stop);
        Self::over(settings, publisher, stop).await
    }

    /// The same with this publisher.
    pub(crate) async fn over(settings: Settings, publisher: Publisher, stop: CancellationToken) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(Still::at(NOW));
        let url = testkit::ledger_in(folder.path());
        let store = Store::connect(Options::new(url.into(), 10, clock.clone())).await.unwrap();
        store.migrate().await.unwrap();
        let metrics = Arc::new(|| "chasqui_example_total 1\n".to_owned());
        let known = vec![("smtp", vec!["email"]), ("twilio", vec!["sms", "whatsapp"])];
        let checker = Checker::new(SHIPPED.clone()).carried_by(KnownProviders::new(known));
        let overview = Watching::new(store.clone(), None, clock.clone());
        let api =
            Api::new(settings, publisher.clone(), store.clone(), overview, checker, clock.clone(), metrics, gate())
                .unwrap();
        Self { router: api.clone().router(), api, store, clock, publisher, stop, folder }
    }

    /// All that the ledger has on disk.
    pub(crate) fn ledger(&self) -> Vec<u8> {
        let files = std::fs::read_dir(self.folder.path()).unwrap();
        files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
    }

    /// Serves it on a real socket until the test ends.
    pub(crate) async fn listen(&self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(self.api.clone().serve(listener, self.stop.clone()));
        address
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        read(self.router.clone().oneshot(request).await.unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str, token: Option<&str>) -> Answer {
        self.send(request("GET", path, token).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn delete(&self, path: &str, token: Option<&str>) -> Answer {
        self.send(request("DELETE", path, token).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, token: Option<&str>, body: &Value) -> Answer {
        self.post_text(path, token, &body.to_string()).await
    }

    pub(crate) async fn post_text(&self, path: &str, token: Option<&str>, body: &str) -> Answer {
        let request = request("POST", path, token).header("content-type", "application/json");
        self.send(request.body(Body::from(body.to_owned())).unwrap()).await
    }
}

/// A gate that knows one provider, whose calls say that they are right.
fn gate() -> Gate {
    Arc::new(|call: &Call<'_>| match (call.name, call.body) {
        ("sample", Some(body)) if body.starts_with(b"right") => {
            Verdict::Believed { provider: "sample", content_type: "text/xml", text: "<Response/>".into() }
        }
        ("sample", Some(_)) => Verdict::Refused { provider: "sample", why: "it is wrong".into() },
        ("sample", None) if call.target.ends_with("?word=ours") => Verdict::Answered("77".into()),
        ("sample", None) => Verdict::Refused { provider: "sample", why: "it is wrong".into() },
        ("sampel", _) => Verdict::Unknown { meant: Some("sample") },
        _ => Verdict::Unknown { meant: None },
    })
}

/// A publisher whose broker refuses connections.
fn without_broker(stop: &CancellationToken) -> Publisher {
    let names = Names::of("notifications");
    let plan = Plan::new(&names, QueueType::Quorum, RETRY_DELAYS);
    let broker = Broker::new(NO_BROKER.to_owned().into(), "api").unwrap();
    let topology = Topology { broker, names, plan, mode: Mode::Off, management: None, declared: Default::default() };
    Publisher::start(topology, PublisherSettings::new(Duration::from_secs(5)), stop.clone())
}

pub(crate) fn request(method: &str, path: &str, token: Option<&str>) -> axum::http::request::Builder {
    request_for("localhost:8080", method, path, token)
}

/// As [`request`], for another host than this machine.
pub(crate) fn request_for(host: &str, method: &str, path: &str, token: Option<&str>) -> axum::http::request::Builder {
    let mut request = Request::builder().method(method).uri(path).header("host", host);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    request
}

/// The address that a request came from.
pub(crate) fn from_peer(mut request: Request<Body>, peer: &str) -> Request<Body> {
    let peer: SocketAddr = peer.parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    request
}

pub(crate) async fn read(response: Response<Body>) -> Answer {
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    Answer { status: parts.status, headers: parts.headers, text: String::from_utf8_lossy(&bytes).into_owned() }
}

/// The claims of a token that is valid at [`NOW`] for ten minutes.
pub(crate) fn claims(scope: &str) -> Value {
    let now = NOW.as_micros() / 1_000_000;
    json!({"sub": "ada", "iss": "chasqui", "aud": "chasqui", "exp": now + 600, "scope": scope, "tenant": "acme"})
}

pub(crate) fn sign(claims: &Value) -> String {
    jsonwebtoken::encode(&Header::default(), claims, &signing_key()).unwrap()
}

/// What `POST /login` signs with.
pub(crate) fn signing_key() -> EncodingKey {
    EncodingKey::from_secret(Keyring::new(SECRET.as_bytes(), None).token_key().as_bytes())
}

pub(crate) fn token(scope: &str) -> String {
    sign(&claims(scope))
}
