//! How many calls of one person are in hand at once: whoever says more waits for themselves, and keeps nobody else waiting.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// As many as somebody presses and writes who does it by hand, while the first of it is being heard.
const MOST_OF_ONE: usize = 16;

/// How many calls of each person are in hand. It has no entry for a person of whom none is.
#[derive(Clone, Default)]
pub(crate) struct Crowd(Arc<Mutex<HashMap<String, usize>>>);

/// One call of a person, until this is dropped.
pub(crate) struct Present {
    crowd: Crowd,
    person: String,
}

impl Crowd {
    /// None where so many calls of this person are in hand that this one is to come again later.
    pub(crate) fn admit(&self, person: String) -> Option<Present> {
        let mut crowd = self.lock();
        let present = crowd.entry(person.clone()).or_default();
        if *present >= MOST_OF_ONE {
            return None;
        }
        *present += 1;
        drop(crowd);
        Some(Present { crowd: self.clone(), person })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        let mut crowd = self.crowd.lock();
        if let Some(present) = crowd.get_mut(&self.person) {
            *present -= 1;
            if *present == 0 {
                crowd.remove(&self.person);
            }
        }
    }
}

#[test]
fn whoever_says_too_much_at_once_comes_again_and_nobody_else_does() {
    let crowd = Crowd::default();
    let admit = |person: &str| crowd.admit(person.to_owned());
    let mut present: Vec<Present> = (0..MOST_OF_ONE).filter_map(|_| admit("telegram 1")).collect();
    assert_eq!(present.len(), MOST_OF_ONE);
    assert!(admit("telegram 1").is_none() && admit("telegram 2").is_some());
    present.pop();
    let again = admit("telegram 1");
    assert!(again.is_some());
    drop((again, present));
    assert!(crowd.lock().is_empty(), "nothing is kept of who has been heard");
}
