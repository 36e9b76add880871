//! Rows of anonymous deliveries that a redelivery continues. Two equal messages that are redelivered at
//! once must not continue the same row: the other one would never be sent.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::Key;

/// The newest are remembered. An older one was settled in the ledger long ago, and is not found any more.
const REMEMBERED: usize = 4096;

#[derive(Default)]
pub(crate) struct Adopted(Mutex<VecDeque<Key>>);

impl Adopted {
    /// The oldest of these rows that no other redelivery of this process continues.
    pub(crate) fn adopt(&self, rows: Vec<Key>) -> Option<Key> {
        let mut adopted = self.lock();
        let free = rows.into_iter().find(|key| !adopted.contains(key))?;
        if adopted.len() == REMEMBERED {
            adopted.pop_front();
        }
        adopted.push_back(free.clone());
        Some(free)
    }

    /// The copy was not acknowledged: it comes again, and must find its row.
    pub(crate) fn release(&self, key: &Key) {
        self.lock().retain(|adopted| adopted != key);
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Key>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use domain::Tenant;

    use super::*;

    fn key(id: &str) -> Key {
        Key { tenant: Tenant::default(), id: id.into() }
    }

    #[test]
    fn twins_that_are_redelivered_together_continue_different_rows() {
        let adopted = Adopted::default();
        let rows = vec![key("a"), key("b")];
        assert_eq!(adopted.adopt(rows.clone()), Some(key("a")));
        assert_eq!(adopted.adopt(rows.clone()), Some(key("b")));
        assert_eq!(adopted.adopt(rows), None, "a third is a delivery of its own");
    }

    #[test]
    fn a_copy_that_comes_again_finds_its_row_again() {
        let adopted = Adopted::default();
        assert_eq!(adopted.adopt(vec![key("a")]), Some(key("a")));
        adopted.release(&key("a"));
        assert_eq!(adopted.adopt(vec![key("a")]), Some(key("a")));
    }
}
