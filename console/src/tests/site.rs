//! A console with a ledger of its own, a clock that stands still, and sessions by the word in a cookie.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode};
use domain::{
    Actor, Clock, Defaults, Keyring, KnownProviders, Registry, Role, Scope, Secrets, Tenant, Window, WindowUnit, Zones,
};
use operations::Checker;
use operations::files::{FileSettings, Files};
use operations::overview::Watching;
use operations::providers::Carrier;
use store::{Options, Store};
use tempfile::TempDir;
use templates::Templates;
use testkit::{NO_BROKER, NOW, RETRY_DELAYS, SECRET, Still};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::sync::CancellationToken;
use topology::{Broker, Mode, Names, Plan, Publication, Publisher, PublisherSettings, QueueType, Topology};
use tower::ServiceExt;
use web::hosts::Source;

use crate::{Accounts, Console, Doors, LoginRefused, Parts, SessionUnknown, Settings};

/// Compiled once for all tests.
static SHIPPED: LazyLock<Arc<Templates>> = LazyLock::new(|| Arc::new(Templates::embedded("en").unwrap()));

pub(crate) struct Site {
    pub(crate) router: Router,
    pub(crate) store: Store,
    pub(crate) clock: Arc<Still>,
    pub(crate) doors: Arc<TestDoors>,
    pub(crate) ending: CancellationToken,
    _folder: TempDir,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

/// Asserts that the list has told the end of a page of another list from its own.
pub(crate) fn refused_of_another_filter(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text);
    assert!(answer.text.contains("<code>after</code>"), "{}", answer.text);
    assert!(answer.text.contains("a list of something else"), "{}", answer.text);
}

/// A cookie `session=operator` is the session of an operator; the password of everybody is `right`.
#[derive(Default)]
pub(crate) struct TestDoors {
    pub(crate) is_away: AtomicBool,
    /// Everybody may look, and do nothing else.
    pub(crate) is_read_only: AtomicBool,
}

#[async_trait]
impl Doors for TestDoors {
    async fn log_in(&self, name: &str, password: &str, _: Source, _: &HeaderMap) -> Result<HeaderValue, LoginRefused> {
        match password {
            "right" => Ok(HeaderValue::try_from(format!("session={name}; Path=/console")).unwrap()),
            "often" => Err(LoginRefused::TooMany(Duration::from_secs(30))),
            _ => Err(LoginRefused::Wrong),
        }
    }

    async fn actor_of(&self, headers: &HeaderMap) -> Result<Option<Actor>, SessionUnknown> {
        if self.is_away.load(Ordering::SeqCst) {
            return Err(SessionUnknown);
        }
        let found = self.session_id(headers).as_deref().and_then(actor);
        if self.is_read_only.load(Ordering::SeqCst) {
            return Ok(found.map(|found| Actor { scopes: vec![Scope::Read], ..found }));
        }
        Ok(found)
    }

    fn session_id(&self, headers: &HeaderMap) -> Option<String> {
        let cookies = headers.get(COOKIE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        cookies.split("; ").find_map(|cookie| cookie.strip_prefix("session=")).map(str::to_owned)
    }

    /// The admin's are made elsewhere.
    async fn inbox_token(&self, actor: &Actor) -> Result<Option<String>, SessionUnknown> {
        Ok((actor.name != "<admin>").then(|| format!("token of {}", actor.name)))
    }

    async fn log_out(&self, _: &HeaderMap) -> Option<HeaderValue> {
        Some(HeaderValue::from_static("session=; Path=/console; Max-Age=0"))
    }
}

fn actor(role: &str) -> Option<Actor> {
    let scopes = match role {
        "everything" => Scope::ALL.to_vec(),
        "nothing" => Vec::new(),
        role => Role::parse(role)?.scopes().to_vec(),
    };
    Some(Actor { name: format!("<{role}>"), tenant: Tenant::default(), scopes })
}

impl Site {
    pub(crate) async fn start() -> Self {
        let ending = CancellationToken::new();
        let publisher = without_broker(&ending);
        Self::over(settings(), publisher, ending).await
    }

    /// One whose services take commands, and what it publishes.
    pub(crate) async fn commanding(services: Registry) -> (Self, UnboundedReceiver<Publication>) {
        let (publisher, published) = Publisher::reporting();
        let settings = Settings { services, ..settings() };
        (Self::over(settings, publisher, CancellationToken::new()).await, published)
    }

    async fn over(settings: Settings, publisher: Publisher, ending: CancellationToken) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (clock, doors) = (Arc::new(Still::at(NOW)), Arc::new(TestDoors::default()));
        let url = testkit::ledger_in(folder.path());
        let store = Store::connect(Options::new(url.into(), 10, clock.clone())).await.unwrap();
        store.migrate().await.unwrap();
        let keys = Keyring::new(SECRET.as_bytes(), None);
        let console = Console::new(Parts {
            store: store.clone(),
            overview: Watching::new(store.clone(), None, clock.clone()),
            publisher,
            checker: Checker::new(SHIPPED.clone())
                .carried_by(KnownProviders::new(vec![("smtp", vec!["email"]), ("twilio", vec!["sms", "whatsapp"])])),
            clock: clock.clone() as Arc<dyn Clock>,
            accounts: Accounts {
                passwords: Arc::default(),
                logins: keys.logins(),
                revoked: Arc::default(),
                keys: Arc::default(),
            },
            doors: doors.clone(),
            defaults: Defaults { channel: None },
            request_ids: keys.request_ids(),
            recipients: keys.recipients(),
            letters: keys.letters(),
            secrets: Secrets::new(&keys),
            files: Some(Arc::new(Files::new(FileSettings::in_folder(folder.path().join("files"))).unwrap())),
            settings,
            ending: ending.clone(),
        });
        Self { router: crate::router(console), store, clock, doors, ending, _folder: folder }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, text: String::from_utf8_lossy(&bytes).into_owned() }
    }

    /// Asks for a page with these cookies, such as `session=viewer; chasqui_lang=es`.
    pub(crate) async fn get(&self, path: &str, cookies: &str) -> Answer {
        self.send(Request::get(path).header(COOKIE, cookies).body(Body::empty()).unwrap()).await
    }

    /// Sends a form as a page of ours does.
    pub(crate) async fn post(&self, path: &str, cookies: &str, form: &str) -> Answer {
        let request = Request::post(path).header(COOKIE, cookies).header("sec-fetch-site", "same-origin");
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form.to_owned())).unwrap()).await
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.ending.cancel();
    }
}

impl Answer {
    /// What a page says, without its tags.
    pub(crate) fn words(&self) -> String {
        self.text.split('<').map(|part| part.split_once('>').map_or(part, |(_, words)| words)).collect()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

fn settings() -> Settings {
    Settings {
        sandbox: true,
        providers: vec!["smtp", "twilio"],
        carriers: vec![Carrier {
            medium: "email",
            provider: "smtp",
            is_captured: true,
            limits: vec![Window { unit: WindowUnit::Hour, messages: 500 }],
        }],
        answerers: vec!["smtp", "twilio", "worker"],
        retention: None,
        retry_delays: RETRY_DELAYS,
        zones: Zones::bundled(),
        services: Registry::default(),
        realtime: None,
        push_key: Some("BPk-_".into()),
        body_limit: 64 * 1024,
    }
}

/// A publisher whose broker refuses connections.
fn without_broker(stop: &CancellationToken) -> Publisher {
    let names = Names::of("notifications");
    let plan = Plan::new(&names, QueueType::Quorum, RETRY_DELAYS);
    let broker = Broker::new(NO_BROKER.to_owned().into(), "console").unwrap();
    let topology = Topology { broker, names, plan, mode: Mode::Off, management: None, declared: Default::default() };
    Publisher::start(topology, PublisherSettings::new(Duration::from_secs(5)), stop.clone())
}
