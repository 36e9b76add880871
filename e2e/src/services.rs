//! The services that every test shares: one RabbitMQ node, one PostgreSQL cluster. `e2e services`
//! starts them once for a whole test run; without it each test binary starts its own.

use std::env;

use anyhow::{Context as _, Result};
use embedded::{Options, PrivateBroker, User};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::postgres::Postgres;

/// The variable with `http://admin:password@127.0.0.1:port` of the node's management API.
pub const MANAGEMENT: &str = "CHASQUI_TEST_MANAGEMENT_URL";
/// The variable with `amqp://admin:password@127.0.0.1:port` without a virtual host.
pub const AMQP: &str = "CHASQUI_TEST_AMQP_URL";
/// The variable with a superuser's URL of the cluster's database `postgres`.
pub const POSTGRES: &str = testkit::postgres::SERVER;

/// Where the services are.
#[derive(Debug)]
pub struct Services {
    pub management: String,
    pub amqp: String,
    pub postgres: String,
    /// What this process has started, kept for its `Drop`.
    _own: Option<(PrivateBroker, Postgres)>,
}

/// Gives the services of this test run.
pub async fn services() -> &'static Services {
    static SERVICES: OnceCell<Services> = OnceCell::const_new();
    SERVICES.get_or_init(|| async { Services::find().await.expect("the services of the tests start") }).await
}

impl Services {
    /// Finds the services that the environment names, or else starts our own.
    ///
    /// # Errors
    /// Says what to install.
    pub async fn find() -> Result<Self> {
        if let (Ok(management), Ok(amqp), Ok(postgres)) = (env::var(MANAGEMENT), env::var(AMQP), env::var(POSTGRES)) {
            return Ok(Self { management, amqp, postgres, _own: None });
        }
        Self::start().await
    }

    /// # Errors
    /// Says what to install.
    pub async fn start() -> Result<Self> {
        let dir = env::temp_dir().join(format!("chasqui-tests-{}", uuid::Uuid::new_v4().simple()));
        let broker = PrivateBroker::start(&dir, Options { ephemeral: true, ..Options::default() }).await?;
        let postgres = Postgres::start().await?;
        let (name, password) = (User::Admin.name(), broker.password(User::Admin));
        Ok(Self {
            management: broker.management_url_as(User::Admin),
            amqp: format!("amqp://{name}:{password}@127.0.0.1:{}", broker.amqp_port),
            postgres: format!("postgresql://postgres@127.0.0.1:{}/postgres", postgres.port),
            _own: Some((broker, postgres)),
        })
    }

    /// Takes services that somebody else runs; the fields say what each URL must be.
    pub fn at(management: String, amqp: String, postgres: String) -> Self {
        Self { management, amqp, postgres, _own: None }
    }

    /// Gives what a child process must know to use these services.
    pub fn environment(&self) -> [(&'static str, &str); 3] {
        [(MANAGEMENT, &self.management), (AMQP, &self.amqp), (POSTGRES, &self.postgres)]
    }

    /// Creates a virtual host that nobody else uses, and returns its name.
    ///
    /// # Errors
    /// The management API's.
    pub async fn create_vhost(&self) -> Result<String> {
        let vhost = format!("t{}", uuid::Uuid::new_v4().simple());
        self.manage(Method::PUT, &format!("vhosts/{vhost}"), Some(json!({}))).await?;
        let all = json!({"configure": ".*", "write": ".*", "read": ".*"});
        for user in [User::Admin, User::Orchestrator, User::Notifications] {
            self.manage(Method::PUT, &format!("permissions/{vhost}/{}", user.name()), Some(all.clone())).await?;
        }
        Ok(vhost)
    }

    /// # Errors
    /// The management API's.
    pub async fn delete_vhost(&self, vhost: &str) -> Result<()> {
        self.manage(Method::DELETE, &format!("vhosts/{vhost}"), None).await.map(drop)
    }

    /// Sends one request to the management API; `path` begins after `/api/`.
    ///
    /// # Errors
    /// When it does not answer with a success.
    pub async fn manage(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value> {
        manage(&self.management, method, path, body).await
    }

    pub fn amqp_url(&self, vhost: &str) -> String {
        format!("{}/{vhost}", self.amqp)
    }
}

/// Sends one request to a node's management API, at `http://user:password@host:port`.
///
/// # Errors
/// When it does not answer with a success.
pub async fn manage(base: &str, method: Method, path: &str, body: Option<Value>) -> Result<Value> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let mut request = client.request(method, format!("{base}/api/{path}"));
    if let Some(body) = body {
        request = request.json(&body);
    }
    let answer = request.send().await.context("the management API")?.error_for_status()?;
    let text = answer.text().await?;
    Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
}
