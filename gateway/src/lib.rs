//! The gateway: it tells people who are connected what happens, and decides nothing. Whatever it could not tell is in their
//! inboxes.
//!
//! [`hear`] takes what the fleet and applications tell; [`event`] reads it, and [`mapping`] says in which [`room`] it is
//! told. Who is there, [`clients`] knows: each [`person`] was let in by [`entry`], with the [`identity`] that [`tokens`]
//! found, as a socket of [`sockets`] or a stream of [`streams`], through the [`door`] with its [`origins`]; [`limits`] say
//! what each may take, and [`requests`] what a client may ask. A [`message`] is what they are told. [`ticker`] ends what is
//! over by its time, [`presence`] notes who is there, and [`inbox`] is what the gateway asks of inboxes. [`health`] and
//! [`readiness`] say whether it can do its work, and [`missed`] what it had no room for; [`Gateway`] puts the parts together,
//! [`routes`] the listener, and [`shared`] is what every client has. Any number of gateways may run at once: each hears
//! everything.

mod clients;
mod door;
mod entry;
mod event;
mod gateway;
mod health;
mod hear;
mod identity;
mod inbox;
mod limits;
mod mapping;
mod message;
mod missed;
mod origins;
mod person;
mod presence;
mod readiness;
mod requests;
mod room;
mod routes;
mod settings;
mod shared;
mod sockets;
mod streams;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod ticker;
mod tokens;

pub use gateway::Gateway;
pub use inbox::{Inbox, Later, News, Since};
pub use mapping::Mapping;
pub use origins::Origins;
pub use person::Person;
pub use settings::Settings;
pub use tokens::Trust;
