//! Links by which whoever has one downloads a file until its time is over, without a token.

use std::fmt;

use aws_lc_rs::hmac;

use crate::{ObjectName, Timestamp};

/// Where the links lead to, below the address by which an installation is called.
const PATH: &str = "/f/";

/// Makes such links, and knows them again.
#[derive(Clone)]
pub struct FileLinks {
    current: hmac::Key,
    previous: Option<hmac::Key>,
}

impl FileLinks {
    pub(super) fn new(current: hmac::Key, previous: Option<hmac::Key>) -> Self {
        Self { current, previous }
    }

    /// The path of the link to a file until then, in whole seconds: `/f/{object}/{seconds}/{signature}/{name}`. The name is
    /// for programs that show the end of a path; nothing goes by it.
    pub fn path(&self, object: &ObjectName, name: &str, until: Timestamp) -> String {
        let seconds = until.as_micros().div_euclid(1_000_000);
        let signature = hmac::sign(&self.current, signed(object, seconds).as_bytes());
        let signature: String = signature.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let name: String = name.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
        format!("{PATH}{object}/{seconds}/{signature}/{name}")
    }

    /// The file that a path leads to now. None where nobody here has made it, or its time is over.
    pub fn object(&self, path: &str, now: Timestamp) -> Option<ObjectName> {
        let mut parts = path.strip_prefix(PATH)?.split('/');
        let object = ObjectName::parse(parts.next()?)?;
        let seconds: i64 = parts.next()?.parse().ok()?;
        let signature = bytes(parts.next()?)?;
        let text = signed(&object, seconds);
        let is_ours = |key: &hmac::Key| hmac::verify(key, text.as_bytes(), &signature).is_ok();
        let is_whole = parts.next().is_some() && parts.next().is_none();
        let is_signed = is_ours(&self.current) || self.previous.as_ref().is_some_and(is_ours);
        (is_whole && is_signed && now < Timestamp::from_seconds(seconds)).then_some(object)
    }
}

fn signed(object: &ObjectName, seconds: i64) -> String {
    format!("{object}/{seconds}")
}

/// The 32 bytes of so many hexadecimal digits in small letters.
fn bytes(digits: &str) -> Option<Vec<u8>> {
    let is_right = digits.len() == 64 && digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    if !is_right {
        return None;
    }
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).ok()).collect()
}

impl fmt::Debug for FileLinks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileLinks")
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{FileKind, Keyring};

    const NOW: Timestamp = Timestamp::from_seconds(1_772_366_400);

    fn links(secret: &str, previous: Option<&str>) -> FileLinks {
        Keyring::new(secret.as_bytes(), previous.map(str::as_bytes)).file_links()
    }

    #[test]
    fn a_link_opens_its_file_until_its_time_is_over_and_nothing_else() {
        let ours = links("one secret that is long enough, really", None);
        let object = ObjectName::new(Uuid::from_u128(7), FileKind::Png);
        let until = Timestamp::from_seconds(1_772_366_460);
        let path = ours.path(&object, "año 7.png", until);
        assert!(path.ends_with("/a_o_7.png"), "{path}");
        assert_eq!(ours.object(&path, NOW), Some(object.clone()));
        assert_eq!(ours.object(&path, until), None, "its time is over");
        let longer = path.replace("1772366460", "1772366999");
        let of_another = path.replace("07.png/", "08.png/");
        let capitals = path.to_ascii_uppercase();
        let more = format!("{path}/x");
        for other in [longer.as_str(), &of_another, &capitals, &more, "/f/", "", &path[..path.len() - 12]] {
            assert_eq!(ours.object(other, NOW), None, "{other}");
        }
        let others = links("another secret that is long enough, too", None);
        assert_eq!(others.object(&path, NOW), None);
        let rotated = links("another secret that is long enough, too", Some("one secret that is long enough, really"));
        assert_eq!(rotated.object(&path, NOW), Some(object), "links of the secret before it go on");
    }
}
