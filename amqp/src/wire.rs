//! The connection below the AMQP library: frames from the broker are made harmless before the library reads them.
//!
//! RabbitMQ passes on whatever a publisher writes into properties and headers. A short string in Latin-1 makes the
//! library close the connection, and headers nested a few hundred deep overflow the stack of its thread: one message
//! would end the process, again and again. Both are mended in the frames with names and headers before anything is
//! parsed; bodies are passed through.

mod frames;
mod harmless;
mod runtime;

use lapin::tcp::{AMQPUriTcpExt, AsyncTcpStream, OwnedTLSConfig};
use lapin::uri::AMQPUri;
use lapin::{Connection, ConnectionProperties};

use self::frames::Frames;
use self::runtime::Guarded;

/// What the library says of an error. Its words may be the broker's, and in those stand values that anybody may have
/// declared: no character of them acts on a terminal or begins a line.
pub(crate) fn told(error: &lapin::Error) -> String {
    text::printable(&error.to_string()).into_owned()
}

/// Connects like `lapin::Connection::connect_uri_with_config`.
pub(crate) async fn connect(
    uri: AMQPUri,
    tls: OwnedTLSConfig,
    properties: ConnectionProperties,
) -> lapin::Result<Connection> {
    let tokio = lapin::runtime::default_runtime()?;
    let connect = async move |uri: AMQPUri, _guarded| {
        let stream = AMQPUriTcpExt::connect_with_config_async(&uri, tls.as_ref(), &tokio).await?;
        Ok(AsyncTcpStream::Plain(Frames::over(stream)))
    };
    Connection::connector(uri, Guarded::runtime(), connect, properties).await
}
