//! A file that a tenant has stored: of what kind it is, under which name it lies, whether it was scanned, and until when
//! it is kept.

use std::fmt;

use uuid::Uuid;

use crate::{Content, Tenant, Timestamp};

/// Digits of the id in the name of an object.
const ID_DIGITS: usize = 32;

/// What a file may be. Its type, as it is served, comes from here and never from whoever sent it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum FileKind {
    Xlsx,
    Xls,
    Csv,
    Pdf,
    Png,
    Jpeg,
}

impl FileKind {
    pub const ALL: [Self; 6] = [Self::Xlsx, Self::Xls, Self::Csv, Self::Pdf, Self::Png, Self::Jpeg];

    /// The extension, in small letters and without a dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Xlsx => "xlsx",
            Self::Xls => "xls",
            Self::Csv => "csv",
            Self::Pdf => "pdf",
            Self::Png => "png",
            Self::Jpeg => "jpg",
        }
    }

    /// The media type (<https://www.iana.org/assignments/media-types/>).
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Xls => "application/vnd.ms-excel",
            Self::Csv => "text/csv",
            Self::Pdf => "application/pdf",
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
        }
    }

    /// Reads an extension, in any case.
    pub fn parse(extension: &str) -> Option<Self> {
        if extension.eq_ignore_ascii_case("jpeg") {
            return Some(Self::Jpeg);
        }
        Self::ALL.into_iter().find(|kind| kind.extension().eq_ignore_ascii_case(extension))
    }

    /// The kind that a name says, by what stands behind its last dot.
    pub fn of_name(name: &str) -> Option<Self> {
        name.rsplit_once('.').and_then(|(_, extension)| Self::parse(extension))
    }

    /// Whether a mail shows it among its words.
    pub const fn is_picture(self) -> bool {
        matches!(self, Self::Png | Self::Jpeg)
    }
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.extension())
    }
}

/// The name under which a file lies: an id and the extension of its kind, such as
/// `018f2b6c0d3e7a41b6c9d2e5f8a1b4c7.pdf`. Nothing of it comes from whoever sent the file.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectName(String);

impl ObjectName {
    pub fn new(id: Uuid, kind: FileKind) -> Self {
        Self(format!("{}.{kind}", id.simple()))
    }

    /// None for what no file here is called.
    pub fn parse(text: &str) -> Option<Self> {
        let (id, extension) = text.split_once('.')?;
        let is_id = id.len() == ID_DIGITS && id.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        let is_known = FileKind::ALL.iter().any(|kind| kind.extension() == extension);
        (is_id && is_known).then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The kind of the file.
    ///
    /// # Panics
    /// Never: each way to make a name has looked at its extension.
    pub fn kind(&self) -> FileKind {
        FileKind::of_name(&self.0).expect("the name of an object ends in the extension of a kind")
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a virus scanner has said of a file. One in which it found something is not stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scan {
    Clean,
    /// There is no scanner, or it did not answer, and the settings do without it.
    NotScanned,
}

impl Scan {
    pub const ALL: [Self; 2] = [Self::Clean, Self::NotScanned];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::NotScanned => "not_scanned",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scan| scan.as_str() == text)
    }
}

/// A file of a tenant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredFile {
    pub tenant: Tenant,
    pub object: ObjectName,
    /// The name that people see, made of the one that it was sent with.
    pub name: String,
    pub bytes: u64,
    /// The SHA-256 of its bytes.
    pub digest: Content,
    pub scan: Scan,
    /// Who has stored it: [`crate::Actor::name`].
    pub by: String,
    pub created_at: Timestamp,
    /// When it is not served any more. None for as long as nobody deletes it.
    pub expires_at: Option<Timestamp>,
}

impl StoredFile {
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|expires| expires <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_read_by_its_extension_in_any_case() {
        for (name, kind) in [
            ("a.xlsx", Some(FileKind::Xlsx)),
            ("a.b.XLS", Some(FileKind::Xls)),
            ("photo.jpeg", Some(FileKind::Jpeg)),
            ("photo.JPG", Some(FileKind::Jpeg)),
            ("a.xlsm", None),
            ("pdf", None),
            ("a.pdf.exe", None),
            ("", None),
        ] {
            assert_eq!(FileKind::of_name(name), kind, "{name}");
        }
        assert!(FileKind::ALL.iter().all(|&kind| FileKind::parse(kind.extension()) == Some(kind)));
    }

    #[test]
    fn an_object_has_a_name_that_leads_nowhere_else() {
        let made = ObjectName::new(Uuid::from_u128(7), FileKind::Pdf);
        assert_eq!(made.as_str(), "00000000000000000000000000000007.pdf");
        assert_eq!((ObjectName::parse(made.as_str()), made.kind()), (Some(made.clone()), FileKind::Pdf));
        for other in [
            "00000000000000000000000000000007",
            "00000000000000000000000000000007.exe",
            "00000000000000000000000000000007.PDF",
            "0000000000000000000000000000000G.pdf",
            "0000000000000000000000000000000A.pdf",
            "../0000000000000000000000000007.pdf",
            "7.pdf",
            "00000000000000000000000000000007.pdf/",
            "",
        ] {
            assert_eq!(ObjectName::parse(other), None, "{other}");
        }
    }
}
