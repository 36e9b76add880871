//! The running fake: its two listeners, and the settings by which a fleet finds it.

use std::io;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use url::Url;

use crate::callbacks::Callbacks;
use crate::chats::Chats;
use crate::keys::Keys;
use crate::posts::Posts;
use crate::providers;
use crate::site::Site;
use crate::world::World;
use crate::{http, mailbox};

/// Where the fake is, and whom it calls.
#[derive(Clone, Debug)]
pub struct Options {
    /// The address of everything that speaks HTTP. With port 0 a free port is taken.
    pub listen: String,
    /// The address of the mail server.
    pub smtp_listen: String,
    /// The URL by which a fleet reaches what speaks HTTP, where that is not the address. The mail server has its host.
    pub at: Option<String>,
    /// Where the fleet's API is. Without it nobody is called.
    pub callbacks: Option<String>,
    /// Seconds since 1970.
    pub now: fn() -> u64,
    /// Says a line to whoever runs the fake, such as that a callback was not taken.
    pub complain: fn(&str),
}

/// The running fake; it ends when dropped.
pub struct Fake {
    /// Where its HTTP is, without a slash at the end.
    pub base_url: String,
    /// The lines of a `.env` with which a fleet uses it for everything.
    pub settings: String,
    serving: [JoinHandle<()>; 2],
}

impl Fake {
    /// # Errors
    /// An address that is taken or none, or a machine without random numbers or certificates.
    pub async fn start(options: Options) -> io::Result<Self> {
        let http = bind(&options.listen).await?;
        let mail = bind(&options.smtp_listen).await?;
        let base_url = match &options.at {
            Some(at) => at.trim_end_matches('/').to_owned(),
            None => format!("http://{}", http.local_addr()?),
        };
        let host = Url::parse(&base_url).ok().and_then(|url| Some(url.host_str()?.to_owned()));
        let host = host.ok_or_else(|| io::Error::other("where a fleet reaches the fake must be an http URL"))?;
        let keys = Keys::new().map_err(|_| io::Error::other("this machine makes no keys"))?;
        let callbacks = options.callbacks.as_deref().map(|url| url.trim_end_matches('/').to_owned());
        let site = Site {
            keys,
            base_url: base_url.clone(),
            host,
            mail_port: mail.local_addr()?.port(),
            calls_back: callbacks.is_some(),
            chats: Chats::default(),
            posts: Posts::default(),
            now: options.now,
        };
        let settings = providers::settings(&site);
        let callbacks = Callbacks::new(callbacks, options.complain).map_err(io::Error::other)?;
        let world = Arc::new(World::new(site, callbacks));
        let serving = [
            tokio::spawn(http::serve(http, Arc::clone(&world))),
            tokio::spawn(mailbox::serve(mail, Arc::clone(&world))),
        ];
        Ok(Self { base_url, settings, serving })
    }
}

async fn bind(address: &str) -> io::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| io::Error::new(error.kind(), format!("{address}: {error}")))
}

impl Drop for Fake {
    fn drop(&mut self) {
        for serving in &self.serving {
            serving.abort();
        }
    }
}
