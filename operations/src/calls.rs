//! Which URLs this fleet never calls. The binary that composes the packages gives this, because no medium and no checker
//! knows what may be called.

use std::fmt;
use std::sync::Arc;

/// Says of a URL that somebody else gives why it is never called, as far as the URL itself tells. A clone is cheap.
#[derive(Clone)]
pub struct Calls(Arc<Refusal>);

/// Says of a URL why it is never called; none for one that may be.
type Refusal = dyn Fn(&str) -> Option<String> + Send + Sync;

impl Calls {
    /// `refusal` gives a text that is read after the name of a field. It asks nobody.
    pub fn new(refusal: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(refusal))
    }

    pub(crate) fn refusal(&self, url: &str) -> Option<String> {
        (self.0)(url)
    }
}

/// Nothing is known: whoever calls a URL decides.
impl Default for Calls {
    fn default() -> Self {
        Self::new(|_| None)
    }
}

impl fmt::Debug for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Calls")
    }
}
