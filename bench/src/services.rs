//! The RabbitMQ and the PostgreSQL of a measurement, and everything that was made there, to be removed again.

use std::env;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use reqwest::Method;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use crate::sql;

const REMOVAL_LIMIT: Duration = Duration::from_secs(20);

/// The services at hand, or private ones that end with this process.
pub struct Services {
    servers: e2e::services::Services,
    made: Mutex<Vec<Made>>,
}

enum Made {
    Vhost(String),
    Database(String),
}

impl Services {
    /// Takes the services at hand: `BENCH_AMQP_URL` (without a virtual host) and `BENCH_DATABASE_URL` (of a user who
    /// may create databases), and `BENCH_MANAGEMENT_URL` unless it is the same user and host at port 15672.
    ///
    /// # Errors
    /// Says what is missing or must be installed.
    pub async fn find() -> Result<Self> {
        let given = |name: &str| env::var(name).ok().filter(|text| !text.trim().is_empty());
        let servers = match (given("BENCH_AMQP_URL"), given("BENCH_DATABASE_URL")) {
            (Some(amqp), Some(postgres)) => {
                let management = given("BENCH_MANAGEMENT_URL").map_or_else(|| management_beside(&amqp), Ok)?;
                let plain = |url: String| url.trim_end_matches('/').to_owned();
                e2e::services::Services::at(plain(management), plain(amqp), postgres)
            }
            (None, None) => e2e::services::Services::find().await?,
            _ => bail!("give BENCH_AMQP_URL and BENCH_DATABASE_URL both, or neither: then private ones are started"),
        };
        Ok(Self { servers, made: Mutex::default() })
    }

    /// Creates a virtual host that nobody else uses, and gives its name and the URL for AMQP.
    pub(crate) async fn create_vhost(&self) -> Result<(String, String)> {
        let name = new_name();
        self.servers.manage(Method::PUT, &format!("vhosts/{name}"), Some(json!({}))).await?;
        self.made().push(Made::Vhost(name.clone()));
        let user = Url::parse(&self.servers.amqp)?.username().to_owned();
        let all = json!({"configure": ".*", "write": ".*", "read": ".*"});
        self.servers.manage(Method::PUT, &format!("permissions/{name}/{user}"), Some(all)).await?;
        let url = self.servers.amqp_url(&name);
        Ok((name, url))
    }

    /// Creates a database that nobody else uses, empty or a copy of another of ours, and gives its URL.
    pub(crate) async fn create_database(&self, copied_from: Option<&str>) -> Result<String> {
        let name = new_name();
        let template = match copied_from {
            Some(url) => format!(" TEMPLATE {}", Url::parse(url)?.path().trim_start_matches('/')),
            None => String::new(),
        };
        sql::run(&self.servers.postgres, &[format!("CREATE DATABASE {name}{template}")]).await?;
        self.made().push(Made::Database(name.clone()));
        let mut url = Url::parse(&self.servers.postgres)?;
        url.set_path(&name);
        Ok(url.into())
    }

    /// The versions of both services, for the report.
    pub(crate) async fn versions(&self) -> Result<(String, String)> {
        let overview: Value = self.servers.manage(Method::GET, "overview", None).await?;
        let rabbitmq = overview["rabbitmq_version"].as_str().unwrap_or("unknown").to_owned();
        let postgres = sql::text(&self.servers.postgres, "SHOW server_version").await?;
        Ok((rabbitmq, postgres))
    }

    /// Removes everything that was made so far. What cannot be removed is named on standard error.
    pub async fn clear(&self) {
        let made = std::mem::take(&mut *self.made());
        for made in made {
            let (Made::Vhost(name) | Made::Database(name)) = &made;
            match tokio::time::timeout(REMOVAL_LIMIT, self.remove(&made)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => eprintln!("bench: {name} is left over: {error:#}"),
                Err(_) => eprintln!("bench: {name} is left over: no answer in {} s", REMOVAL_LIMIT.as_secs()),
            }
        }
    }

    async fn remove(&self, made: &Made) -> Result<()> {
        match made {
            Made::Vhost(name) => self.servers.manage(Method::DELETE, &format!("vhosts/{name}"), None).await.map(drop),
            Made::Database(name) => {
                let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                sql::run(&self.servers.postgres, &[drop]).await
            }
        }
    }

    fn made(&self) -> MutexGuard<'_, Vec<Made>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn new_name() -> String {
    format!("bench_{}", Uuid::new_v4().simple())
}

fn management_beside(amqp: &str) -> Result<String> {
    let url = Url::parse(amqp).context("BENCH_AMQP_URL")?;
    let host = url.host_str().context("BENCH_AMQP_URL has no host")?;
    Ok(format!("http://{}:{}@{host}:15672", url.username(), url.password().unwrap_or_default()))
}
