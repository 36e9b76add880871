//! Finds an ask by what its links and buttons say, with the messages that have asked. Whoever presses many buttons at once has
//! them looked up together: a round trip for each would cost more than the answer.

use std::collections::HashMap;

use domain::{Answer, Ask, Key};
use uuid::Uuid;

use super::copy::{AskCopy, read_copies};
use super::row::{ASK, ask_of, read_answers};
use crate::error::StoreError;
use crate::sql::{Group, Line, get, unreadable};

/// An ask as it stands.
#[derive(Clone, PartialEq, Debug)]
pub struct AskFound {
    pub ask: Ask,
    /// In their order. They are read after the ask: one that came in between belongs to a later version than the ask has.
    pub answers: Vec<Answer>,
    /// In the order of people, steps and channels.
    pub copies: Vec<AskCopy>,
}

/// Looks up a group.
pub(crate) async fn look_up(line: &mut Line, handles: &[Uuid]) -> Result<Vec<Option<AskFound>>, StoreError> {
    let sql = format!("SELECT handle, {ASK} FROM asks WHERE handle IN (SELECT u.named FROM {{u}})");
    let mut session = line.db.reader();
    let named = Group::of(handles.len()).bytes("named", handles.iter().map(|handle| handle.as_bytes().as_slice()));
    let mut asks: HashMap<Uuid, Ask> = HashMap::with_capacity(handles.len());
    for row in session.query_group(&sql, &named).await? {
        let handle: Vec<u8> = get(&row, "handle")?;
        asks.insert(Uuid::from_slice(&handle).map_err(|_| unreadable("handle"))?, ask_of(&row)?);
    }
    let keys: Vec<&Key> = asks.values().map(|ask| &ask.key).collect();
    let answers = read_answers(&mut session, keys.iter().copied()).await?;
    let copies = read_copies(&mut session, keys.iter().copied()).await?;
    // Several may press buttons of one ask at once.
    let found = |handle| {
        let ask = asks.get(handle)?.clone();
        let answers = answers.get(&ask.key).cloned().unwrap_or_default();
        let copies = copies.get(&ask.key).cloned().unwrap_or_default();
        Some(AskFound { ask, answers, copies })
    };
    Ok(handles.iter().map(found).collect())
}
