//! Reads the escapes of paths, queries and forms (RFC 3986, section 2.1). Escapes that cannot be read without a loss
//! are refused: their reader would change them in silence, and make one value of two.

/// The words for a text that is not [`is_escaped`].
pub const ESCAPES: &str = "must be UTF-8, and have two hexadecimal digits behind each %, which is itself written %25";

/// Whether a path, or a name or a value of a query or a form, can be read without a loss.
pub fn is_escaped(text: &str) -> bool {
    let mut pieces = text.split('%');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let Some((digits, rest)) = piece.split_at_checked(2) else { return false };
        let Some(byte) = escaped_byte(digits) else { return false };
        bytes.push(byte);
        bytes.extend_from_slice(rest.as_bytes());
    }
    std::str::from_utf8(&bytes).is_ok()
}

/// Splits a query or a form into its pairs as they were written, one for each that its reader finds.
pub(crate) fn pairs(text: &str) -> impl Iterator<Item = &str> {
    text.split('&').filter(|pair| !pair.is_empty())
}

fn escaped_byte(digits: &str) -> Option<u8> {
    // The reader of numbers would take a sign as well.
    if digits.bytes().all(|digit| digit.is_ascii_hexdigit()) { u8::from_str_radix(digits, 16).ok() } else { None }
}
