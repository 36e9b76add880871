//! Finds an ask by what its links and buttons say, with the messages that have asked. Whoever presses many buttons at once has
//! them looked up together: a round trip for each would cost more than the answer.

use std::collections::HashMap;

use domain::{Ask, Key};
use uuid::Uuid;

use super::copies::{AskCopy, read_copies};
use super::row::{ASK, ask_of};
use crate::error::StoreError;
use crate::sql::{Group, Line, get, unreadable};
use crate::store::Store;

impl Store {
    /// The ask that a link or a button names ([`domain::Ticket::handle`]), with its copies in the order of people, steps and
    /// channels.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn ask_of_ticket(&self, handle: Uuid) -> Result<Option<(Ask, Vec<AskCopy>)>, StoreError> {
        self.inner.writers.tickets.write(handle).await
    }
}

/// Looks up a group.
pub(crate) async fn look_up(line: &mut Line, handles: &[Uuid]) -> Result<Vec<Option<(Ask, Vec<AskCopy>)>>, StoreError> {
    let sql = format!("SELECT handle, {ASK} FROM asks WHERE handle IN (SELECT u.named FROM {{u}})");
    let mut session = line.session().await?;
    let named = Group::of(handles.len()).bytes("named", handles.iter().map(|handle| handle.as_bytes().as_slice()));
    let mut asks: HashMap<Uuid, Ask> = HashMap::with_capacity(handles.len());
    for row in session.query_group(&sql, &named).await? {
        let handle: Vec<u8> = get(&row, "handle")?;
        asks.insert(Uuid::from_slice(&handle).map_err(|_| unreadable("handle"))?, ask_of(&row)?);
    }
    let keys: Vec<&Key> = asks.values().map(|ask| &ask.key).collect();
    let mut copies = read_copies(&mut session, keys.into_iter()).await?;
    line.keep(session);
    let mut found = |handle| {
        let ask = asks.remove(handle)?;
        let copies = copies.remove(&ask.key).unwrap_or_default();
        Some((ask, copies))
    };
    Ok(handles.iter().map(&mut found).collect())
}
