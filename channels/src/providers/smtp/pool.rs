//! Connections to one mail server. They are opened when needed and kept while they are in step; there are never more
//! than the limit.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::connection::{Connection, Envelope, Login};
use super::hello::Hello;
use super::reply::Reply;
use super::settings::Tls;
use super::step::{Failed, Step, Trouble};
use super::tls::Encryption;
use super::wire::Stream;

/// How long a connection may be idle. It is less than the time for which servers allow a client to be silent (Postfix
/// 300 s, RFC 5321 section 4.5.3.2.7 the same).
const MAX_IDLE: Duration = Duration::from_secs(30);

/// Where and how to connect.
pub(super) struct Server {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) mode: Tls,
    /// How connections are encrypted. None: never.
    pub(super) encryption: Option<Encryption>,
    pub(super) login: Option<Login>,
    pub(super) hello: Hello,
}

/// Why the server is not ready for a mail. Nothing was handed over.
pub(super) enum NotReady {
    /// No connection became free in time.
    Busy,
    /// The server took too long.
    Slow,
    Failed(Failed),
}

/// Shares of the worker's time limit. A step that ends before the mail was written ends with certainty.
struct Patience {
    for_a_connection: Duration,
    before_the_mail: Duration,
}

pub(super) struct Pool {
    server: Server,
    patience: Patience,
    permits: Semaphore,
    /// Connections between two mails: every command was answered. With each, since when it is idle.
    idle: Mutex<Vec<(Connection, Instant)>>,
}

/// A connection on which the mail itself is next. From its first command to its last answer it is not in the pool;
/// dropped at any point between, it is closed.
pub(super) struct Ready<'a> {
    pool: &'a Pool,
    connection: Connection,
    _permit: SemaphorePermit<'a>,
}

impl Server {
    async fn connect(&self) -> Result<Connection, Failed> {
        let lost = |error: std::io::Error| Step::Connect.failed(Trouble::Lost(error.to_string()));
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await.map_err(lost)?;
        // With Nagle's algorithm a short command would wait until the server's TCP acknowledges the one before, which
        // Linux delays by 40 ms.
        stream.set_nodelay(true).map_err(lost)?;
        let hello = self.hello.on(stream.local_addr().map_err(lost)?.ip());
        let mut connection = match (&self.encryption, self.mode) {
            (Some(encryption), Tls::Implicit) => {
                Connection::open(encryption.of(stream, Step::Connect).await?, &hello).await?
            }
            (Some(encryption), _) => {
                let stream = Connection::open(Stream::Plain(stream), &hello).await?.starttls().await?;
                Connection::resume(encryption.of(stream, Step::StartTls).await?, &hello).await?
            }
            (None, _) => Connection::open(Stream::Plain(stream), &hello).await?,
        };
        if let Some(login) = &self.login {
            connection.login(login).await?;
        }
        Ok(connection)
    }
}

impl Pool {
    pub(super) fn new(server: Server, max_connections: usize, provider_timeout: Duration) -> Self {
        let patience = Patience {
            for_a_connection: provider_timeout.mul_f64(0.3),
            before_the_mail: provider_timeout.mul_f64(0.5),
        };
        Self { server, patience, permits: Semaphore::new(max_connections), idle: Mutex::default() }
    }

    /// Brings a connection to the point at which the mail itself is next.
    pub(super) async fn ready(&self, envelope: &Envelope<'_>) -> Result<Ready<'_>, NotReady> {
        let Ok(Ok(permit)) = timeout(self.patience.for_a_connection, self.permits.acquire()).await else {
            return Err(NotReady::Busy);
        };
        match timeout(self.patience.before_the_mail, self.begin(envelope)).await {
            Ok(Ok(connection)) => Ok(Ready { pool: self, connection, _permit: permit }),
            Ok(Err(failed)) => Err(NotReady::Failed(failed)),
            Err(_elapsed) => Err(NotReady::Slow),
        }
    }

    /// Connects, logs in and says goodbye.
    pub(super) async fn check(&self) -> Result<(), NotReady> {
        match timeout(self.patience.before_the_mail, self.server.connect()).await {
            Ok(Ok(connection)) => {
                connection.quit().await;
                Ok(())
            }
            Ok(Err(failed)) => Err(NotReady::Failed(failed)),
            Err(_elapsed) => Err(NotReady::Slow),
        }
    }

    async fn begin(&self, envelope: &Envelope<'_>) -> Result<Connection, Failed> {
        while let Some((mut connection, since)) = self.take_idle() {
            if since.elapsed() >= MAX_IDLE {
                connection.quit().await;
                continue;
            }
            // RSET shows whether the server is still there, and clears what a refused mail has left behind.
            match connection.address(envelope, true).await {
                Err(Failed { step: Step::Reset, .. }) => {}
                addressed => return self.announce(connection, addressed).await,
            }
        }
        let mut connection = self.server.connect().await?;
        let addressed = connection.address(envelope, false).await;
        self.announce(connection, addressed).await
    }

    async fn announce(&self, mut connection: Connection, addressed: Result<(), Failed>) -> Result<Connection, Failed> {
        let announced = match addressed {
            Ok(()) => connection.announce().await,
            Err(failed) => Err(failed),
        };
        match announced {
            Ok(()) => Ok(connection),
            Err(failed) => {
                let in_step = match &failed.trouble {
                    Trouble::Refused(reply) => may_go_on(reply),
                    Trouble::TooLarge(_) => true,
                    Trouble::Lost(_) | Trouble::Unfit(_) => false,
                };
                if in_step {
                    self.put_back(connection);
                }
                Err(failed)
            }
        }
    }

    fn take_idle(&self) -> Option<(Connection, Instant)> {
        self.idle().pop()
    }

    fn put_back(&self, connection: Connection) {
        if connection.is_in_step() {
            self.idle().push((connection, Instant::now()));
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<(Connection, Instant)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ready<'_> {
    /// Hands the mail over. Any complete answer is an `Ok`.
    pub(super) async fn hand_over(mut self, mail: &[u8]) -> Result<Reply, Failed> {
        let reply = self.connection.hand_over(mail).await?;
        // After an answer that is neither yes nor no, the dialogue is out of step.
        if reply.code() / 100 != 3 && may_go_on(&reply) {
            self.pool.put_back(self.connection);
        }
        Ok(reply)
    }
}

/// Whether the dialogue is in step after an answer. A refusal leaves it so, unless it announces the end (421, RFC 5321
/// section 3.8).
fn may_go_on(reply: &Reply) -> bool {
    reply.code() != 421
}
