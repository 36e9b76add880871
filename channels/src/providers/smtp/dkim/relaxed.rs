//! The relaxed form of a mail's parts, in which they are signed (RFC 6376 section 3.4).

/// The fields of a header that has no empty line, each with the lines that it is folded over, and without the end of the
/// last one.
pub(super) fn fields(head: &str) -> Vec<&str> {
    let (mut fields, mut begin) = (Vec::new(), 0);
    for (at, _) in head.match_indices("\r\n") {
        let next = at + 2;
        if !head[next..].starts_with([' ', '\t']) {
            fields.push(&head[begin..at]);
            begin = next;
        }
    }
    fields.push(&head[begin..]);
    fields
}

/// The name of a field.
pub(super) fn name(field: &str) -> String {
    field.split(':').next().unwrap_or_default().trim_end().to_ascii_lowercase()
}

/// A field as one line, without its end.
pub(super) fn field(field: &str) -> String {
    let value = field.split_once(':').map_or("", |(_, value)| value).replace("\r\n", "");
    let mut line = name(field) + ":";
    let begin = line.len();
    spaced(&value, &mut line);
    if line[begin..].starts_with(' ') {
        line.remove(begin);
    }
    line
}

/// A body without white space at the end of its lines, and without empty lines at its own end.
pub(super) fn body(text: &str) -> String {
    let mut body = String::with_capacity(text.len() + 2);
    for line in text.split("\r\n") {
        spaced(line, &mut body);
        body.push_str("\r\n");
    }
    body.truncate(body.trim_end_matches("\r\n").len());
    if !body.is_empty() {
        body.push_str("\r\n");
    }
    body
}

/// Adds a line with one space for each run of white space, and none at its end.
fn spaced(line: &str, to: &mut String) {
    let mut space = false;
    for c in line.chars() {
        if matches!(c, ' ' | '\t') {
            space = true;
            continue;
        }
        if std::mem::take(&mut space) {
            to.push(' ');
        }
        to.push(c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 6376 section 3.4.5, and the empty body of 3.4.4.
    #[test]
    fn the_examples_of_the_rfc_are_relaxed_as_it_says() {
        let head = "A: X\r\nB : Y\t\r\n\tZ  ";
        assert_eq!(fields(head), ["A: X", "B : Y\t\r\n\tZ  "]);
        assert_eq!(fields(head).into_iter().map(field).collect::<Vec<_>>(), ["a:X", "b:Y Z"]);
        assert_eq!(fields(head).into_iter().map(name).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(body(" C \r\nD \t E\r\n\r\n\r\n"), " C\r\nD E\r\n");
        for empty in ["", "\r\n", " \r\n\t\r\n"] {
            assert_eq!(body(empty), "", "{empty:?}");
        }
        assert_eq!(body("a"), "a\r\n");
        assert_eq!(field("Subject:"), "subject:");
    }
}
