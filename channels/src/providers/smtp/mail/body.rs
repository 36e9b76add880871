//! What is in a mail, as lines that every server accepts: short, ASCII, each ended by CRLF (RFC 5321 section 2.3.8).

use domain::Rendered;
use lettre::message::header::{ContentTransferEncoding, ContentType};
use lettre::message::{Attachment, Body, MultiPart, SinglePart};

use crate::files::File;

/// The most characters of a line without its end, as RFC 5322 section 2.1.1 recommends.
const MAX_LINE: usize = 78;
/// The share of characters that quoted-printable writes as three bytes, above which base64 is shorter and no less
/// readable.
const MAX_QUOTED: f64 = 1.0 / 3.0;

/// The parts of a mail, one after the other, with their headers.
///
/// # Errors
/// Why a file cannot go with the mail.
pub(super) fn content(rendered: &Rendered, files: &[File<'_>]) -> Result<Vec<u8>, String> {
    let text = part(ContentType::TEXT_PLAIN, &rendered.text);
    let html = rendered.html.as_ref().map(|html| part(ContentType::TEXT_HTML, html));
    if files.is_empty() {
        return Ok(match html {
            Some(html) => MultiPart::alternative().singlepart(text).singlepart(html).formatted(),
            None => text.formatted(),
        });
    }
    // Where there is no HTML, nothing shows a file among the words.
    let (shown, beside): (Vec<_>, Vec<_>) = files.iter().partition(|file| file.content_id.is_some() && html.is_some());
    let mut mixed = match html {
        Some(html) if shown.is_empty() => {
            MultiPart::mixed().multipart(MultiPart::alternative().singlepart(text).singlepart(html))
        }
        Some(html) => {
            let related = MultiPart::alternative().singlepart(text).multipart(with_shown(html, &shown)?);
            if beside.is_empty() {
                return Ok(related.formatted());
            }
            MultiPart::mixed().multipart(related)
        }
        None => MultiPart::mixed().singlepart(text),
    };
    for file in beside {
        mixed = mixed.singlepart(attached(file)?);
    }
    Ok(mixed.formatted())
}

/// The HTML with the files that it shows (RFC 2387).
fn with_shown(html: SinglePart, shown: &[&File<'_>]) -> Result<MultiPart, String> {
    let mut related = MultiPart::related().singlepart(html);
    for file in shown {
        related = related.singlepart(attached(file)?);
    }
    Ok(related)
}

/// A file is always in base64: what is on the wire has no line ends but CRLF, and the file arrives with its own.
fn attached(file: &File<'_>) -> Result<SinglePart, String> {
    let kind = ContentType::parse(file.content_type).map_err(|_| "attachments must have types that can be read")?;
    let body = Body::new_with_encoding(file.bytes(), ContentTransferEncoding::Base64).unwrap_or_else(Body::new);
    let filename = file.filename.to_owned();
    Ok(match file.content_id {
        Some(id) => Attachment::new_inline_with_name(id.to_owned(), filename).body(body, kind),
        None => Attachment::new(filename).body(body, kind),
    })
}

/// One part, text or HTML. A part of short plain lines stays readable on the wire; any other is encoded.
fn part(kind: ContentType, words: &str) -> SinglePart {
    SinglePart::builder().header(kind).body(encoded(with_crlf(words)))
}

/// The words with CRLF at the end of every line, which CR, LF and CRLF all are: no other form may be on the wire, and
/// no reader knows another.
fn with_crlf(words: &str) -> String {
    let mut lines = String::with_capacity(words.len() + words.len() / 16);
    let mut rest = words;
    while let Some(at) = rest.find(['\r', '\n']) {
        lines.push_str(&rest[..at]);
        lines.push_str("\r\n");
        rest = &rest[at + if rest[at..].starts_with("\r\n") { 2 } else { 1 }..];
    }
    lines.push_str(rest);
    lines
}

fn encoded(lines: String) -> Body {
    if lines.split("\r\n").all(is_plain) {
        return Body::dangerous_pre_encoded(lines.into_bytes(), ContentTransferEncoding::SevenBit);
    }
    let quoted = lines.bytes().filter(|b| !matches!(b, b'\t' | b'\r' | b'\n' | b' '..=b'~')).count();
    let encoding = if quoted as f64 <= lines.len() as f64 * MAX_QUOTED {
        ContentTransferEncoding::QuotedPrintable
    } else {
        ContentTransferEncoding::Base64
    };
    // Neither encoding is ever refused; base64 of the bytes would be right for anything.
    Body::new_with_encoding(lines, encoding).unwrap_or_else(Body::new)
}

/// Whether a line needs no encoding. A line with white space at its end does, because servers on the way may cut that.
fn is_plain(line: &str) -> bool {
    line.len() <= MAX_LINE && line.bytes().all(|b| matches!(b, b'\t' | b' '..=b'~')) && !line.ends_with([' ', '\t'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_end_becomes_crlf() {
        for (words, expected) in [
            ("", ""),
            ("a\rb", "a\r\nb"),
            ("a\nb", "a\r\nb"),
            ("a\r\nb\nc\rd", "a\r\nb\r\nc\r\nd"),
            ("abc\r", "abc\r\n"),
            ("a\r\r\nb", "a\r\n\r\nb"),
            ("\n\r\n", "\r\n\r\n"),
            ("x\r.\rMAIL FROM:<a@b.c>", "x\r\n.\r\nMAIL FROM:<a@b.c>"),
        ] {
            assert_eq!(with_crlf(words), expected, "{words:?}");
        }
    }

    #[test]
    fn only_short_plain_lines_go_as_they_are() {
        let encoding = |words: &str| encoded(with_crlf(words)).encoding();
        for plain in ["", "Hello\nAna", ".\n..", "a\tb", &"x".repeat(78)] {
            assert_eq!(encoding(plain), ContentTransferEncoding::SevenBit, "{plain:?}");
        }
        for quoted in ["café, where we are", "trailing \nspace", "-- \nAna", &"x".repeat(79), "form\u{c}feed, and more"]
        {
            assert_eq!(encoding(quoted), ContentTransferEncoding::QuotedPrintable, "{quoted:?}");
        }
        assert_eq!(encoding("ご注文"), ContentTransferEncoding::Base64);
    }
}
