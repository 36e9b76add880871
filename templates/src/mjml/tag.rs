//! Where a tag of HTML or MJML ends.

/// Behind the `>` that ends a tag: one that stands in quotes does not.
pub(super) fn end_of_tag(text: &str) -> usize {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match quote {
            Some(open) if open == byte => quote = None,
            Some(_) => {}
            None if byte == b'>' => return at + 1,
            None if matches!(byte, b'"' | b'\'') => quote = Some(byte),
            None => {}
        }
    }
    text.len()
}
