//! Where a page of a list has ended: a cursor, which is of the filter that gave it. A place says nothing of what was asked for,
//! so that the list of another filter would go on there without a word, and leave out what stands before it.

use std::fmt::{self, Debug, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{Key, RecipientHash, Tenant, Timestamp, content_of};

/// How many bytes of a hash tell a filter from others.
const FINGERPRINT_BYTES: usize = 8;

/// Where a page ended, and of which filter. Its text is opaque and fits in a URL. `R` is by what the rows of the list are told
/// apart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PageCursor<R = String> {
    pub(crate) filter: String,
    pub(crate) place: Place<R>,
}

/// A row's place in the order of time, and in that of what tells rows apart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Place<R = String> {
    pub(crate) at: Timestamp,
    pub(crate) row: R,
}

/// What a list is asked for.
pub trait Filtering {
    /// What tells this filter from others of this list and of every other, whichever page of it is asked for.
    fn fingerprint(&self) -> String;
}

/// By what the rows of a list are told apart.
pub trait RowName: Sized + fmt::Display {
    /// Reads the text of a name; None for any other text.
    fn of_text(text: &str) -> Option<Self>;
}

impl<R: RowName> PageCursor<R> {
    /// Reads the text of a cursor; None for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let mut parts = text.splitn(3, '/');
        let is_hex = |part: &&str| part.len() == 2 * FINGERPRINT_BYTES && part.bytes().all(|b| b.is_ascii_hexdigit());
        let filter = parts.next().filter(is_hex)?.to_owned();
        let at = Timestamp::from_micros(parts.next()?.parse().ok()?);
        // No name holds a NUL, which Postgres could not compare.
        let row = parts.next().filter(|row| !row.contains('\0')).and_then(R::of_text)?;
        Some(Self { filter, place: Place { at, row } })
    }
}

impl<R> PageCursor<R> {
    /// Where a page of this filter has ended whose last row is of this time.
    pub fn of(filter: &impl Filtering, at: Timestamp, row: R) -> Self {
        Place { at, row }.of(filter)
    }

    /// Where a page of this filter has ended, in a list whose order is that of what tells its rows apart, and not of time.
    pub fn of_row(filter: &impl Filtering, row: R) -> Self {
        Self::of(filter, Timestamp::from_micros(0), row)
    }

    /// What tells the last row of the page from others.
    pub fn row(&self) -> &R {
        &self.place.row
    }

    /// Whether a page of this filter has ended here.
    pub fn is_of(&self, filter: &impl Filtering) -> bool {
        self.filter == filter.fingerprint()
    }
}

impl<R: RowName> fmt::Display for PageCursor<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { filter, place: Place { at, row } } = self;
        f.write_str(&URL_SAFE_NO_PAD.encode(format!("{filter}/{}/{row}", at.as_micros())))
    }
}

impl<R> Place<R> {
    /// The cursor of a page of this filter that has ended here.
    pub(crate) fn of(self, filter: &impl Filtering) -> PageCursor<R> {
        PageCursor { filter: filter.fingerprint(), place: self }
    }
}

impl RowName for String {
    fn of_text(text: &str) -> Option<Self> {
        Some(text.to_owned()).filter(|text| !text.is_empty())
    }
}

impl RowName for i64 {
    fn of_text(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl RowName for Key {
    fn of_text(text: &str) -> Option<Self> {
        let (tenant, id) = text.split_once('/')?;
        Some(Self { tenant: Tenant::parse(tenant)?, id: id.to_owned() })
    }
}

/// The fingerprint of what the list of this name is asked for.
pub fn fingerprint(list: &str, words: impl Debug, recipient: &[RecipientHash]) -> String {
    let mut told = format!("{list} {words:?}").into_bytes();
    recipient.iter().for_each(|hash| told.extend_from_slice(hash.as_bytes()));
    hex(&content_of(&told)[..FINGERPRINT_BYTES])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
