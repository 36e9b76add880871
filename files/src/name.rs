//! The name that people see of a file: rebuilt from the one that it was sent with, so that it leads nowhere, acts nowhere,
//! and says what the file is.

use std::fmt::Write as _;

use domain::{FileKind, acts};

/// The most characters of a name before its extension.
const MAX_CHARS: usize = 100;
/// What a file is called of whose name nothing is left.
const NAMELESS: &str = "file";
/// Devices of Windows, whatever stands behind a dot.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// Makes a name of this kind from a name that somebody has given. Folders are taken away, and so is what no system of files
/// takes, what nobody sees, and what turns text.
pub fn name(given: &str, kind: FileKind) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = match last.rsplit_once('.') {
        Some((stem, extension)) if FileKind::parse(extension).is_some() => stem,
        _ => last,
    };
    let kept: String = stem.chars().filter(|&c| !is_refused(c)).take(MAX_CHARS).collect();
    let words: Vec<&str> = kept.split_whitespace().collect();
    let stem = words.join(" ");
    let stem = stem.trim_matches(['.', ' ', '-']);
    match stem {
        "" => format!("{NAMELESS}.{kind}"),
        stem if is_device(stem) => format!("_{stem}.{kind}"),
        stem => format!("{stem}.{kind}"),
    }
}

/// What a browser is told to do with a file of this name: to save it, and never to show it (RFC 6266).
pub fn disposition(name: &str) -> String {
    let plain: String = name.chars().map(|c| if is_of_a_token(c) || c == ' ' { c } else { '_' }).collect();
    let mut escaped = String::with_capacity(name.len());
    for byte in name.bytes() {
        match char::from(byte) {
            c if is_of_a_token(c) => escaped.push(c),
            _ => {
                // Writing to a `String` never fails.
                let _infallible = write!(escaped, "%{byte:02X}");
            }
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{escaped}")
}

/// What stands for itself in both forms of the header.
fn is_of_a_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
}

fn is_refused(c: char) -> bool {
    // A zero-width joiner and its like make two names look alike.
    let is_unseen = matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{00ad}' | '\u{e0000}'..='\u{e007f}');
    acts(c) || is_unseen || matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*' | ';' | '%' | '\u{fffd}')
}

fn is_device(stem: &str) -> bool {
    let first = stem.split('.').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_port = |kind: &str| {
        first.strip_prefix(kind).is_some_and(|rest| rest.len() == 1 && rest.bytes().all(|b| b.is_ascii_digit()))
    };
    DEVICES.contains(&first.as_str()) || is_port("com") || is_port("lpt")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere_and_says_what_the_file_is() {
        for (given, expected) in [
            ("report.pdf", "report.pdf"),
            ("Informe de año 2026.PDF", "Informe de año 2026.pdf"),
            ("../../etc/passwd", "passwd.pdf"),
            ("..\\..\\windows\\system32\\a.pdf", "a.pdf"),
            ("a/b/", "file.pdf"),
            ("invoice\u{202e}fdp.exe", "invoicefdp.exe.pdf"),
            ("a\0b\r\nc.pdf", "abc.pdf"),
            ("in\u{200b}voice.pdf", "invoice.pdf"),
            ("  .hidden. .pdf", "hidden.pdf"),
            ("a\"; filename=\"b.html", "a filename=b.html.pdf"),
            ("con.pdf", "_con.pdf"),
            ("COM1.txt", "_COM1.txt.pdf"),
            ("comet.pdf", "comet.pdf"),
            ("", "file.pdf"),
            ("...", "file.pdf"),
            (".pdf", "file.pdf"),
            ("photo.jpeg", "photo.pdf"),
        ] {
            assert_eq!(name(given, FileKind::Pdf), expected, "{given:?}");
        }
        assert_eq!(name(&"ñ".repeat(5_000), FileKind::Csv).chars().count(), MAX_CHARS + ".csv".len());
    }

    #[test]
    fn a_name_in_a_header_is_one_name() {
        let told = disposition("año \"2026\"; x.pdf");
        assert_eq!(
            told,
            "attachment; filename=\"a_o _2026__ x.pdf\"; filename*=UTF-8''a%C3%B1o%20%222026%22%3B%20x.pdf"
        );
    }
}
