//! Reads the parts of a mail, as far as reports need them (RFC 5322, RFC 2045, RFC 2046). What is odd is left out, and
//! everything has a limit.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The most fields of a header, and bytes of each, that are read.
const MAX_FIELDS: usize = 200;
const MAX_FIELD_BYTES: usize = 8 * 1024;
/// The most parts of a mail, and how deep they may lie in one another.
const MAX_PARTS: usize = 32;
const MAX_DEPTH: usize = 4;
/// The longest boundary (RFC 2046 section 5.1.1).
const MAX_BOUNDARY_BYTES: usize = 70;

/// The fields of a header, each on one line, with their names in lower case.
#[derive(Default, Debug)]
pub(super) struct Fields(Vec<(String, String)>);

/// A part that has no parts.
#[derive(Debug)]
pub(super) struct Part {
    /// Type and subtype in lower case.
    pub(super) kind: String,
    /// What it holds, without its encoding.
    pub(super) text: String,
}

/// A mail whose ends of lines are LF.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) fields: Fields,
    pub(super) parts: Vec<Part>,
}

impl Message {
    pub(super) fn read(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
        let (fields, body) = Fields::read(&text);
        let mut parts = Vec::new();
        add_parts(&fields, body, 0, &mut parts);
        Self { fields, parts }
    }
}

impl Fields {
    /// Reads fields up to the first empty line. Returns what stands behind it. A line that is none, such as the `From` of
    /// a mailbox file, is left out.
    pub(super) fn read(text: &str) -> (Self, &str) {
        let mut fields: Vec<(String, String)> = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
            rest = after;
            if line.trim().is_empty() {
                break;
            }
            if line.starts_with([' ', '\t']) {
                if let Some((_, value)) = fields.last_mut() {
                    value.push(' ');
                    push(value, line.trim());
                }
                continue;
            }
            let Some((name, value)) = line.split_once(':') else { continue };
            let name = name.trim_end();
            if fields.len() < MAX_FIELDS && !name.is_empty() && !name.contains(char::is_whitespace) {
                let mut whole = String::new();
                push(&mut whole, value.trim());
                fields.push((name.to_ascii_lowercase(), whole));
            }
        }
        (Self(fields), rest)
    }

    /// The groups of fields of a text, between empty lines.
    pub(super) fn groups(text: &str, most: usize) -> Vec<Self> {
        let (mut groups, mut rest) = (Vec::new(), text);
        while !rest.is_empty() && groups.len() < most {
            let (fields, after) = Self::read(rest);
            rest = after;
            if !fields.0.is_empty() {
                groups.push(fields);
            }
        }
        groups
    }

    /// The first value of that name, which is in lower case.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    pub(super) fn all<'f>(&'f self, name: &str) -> impl Iterator<Item = &'f str> {
        let named = self.0.iter().filter(move |(known, value)| known == name && !value.is_empty());
        named.map(|(_, value)| value.as_str())
    }
}

/// Adds as much as there is room for.
fn push(value: &mut String, more: &str) {
    let room = MAX_FIELD_BYTES.saturating_sub(value.len());
    value.push_str(&more[..more.floor_char_boundary(room.min(more.len()))]);
}

fn add_parts(fields: &Fields, body: &str, depth: usize, parts: &mut Vec<Part>) {
    let content_type = fields.get("content-type").unwrap_or("text/plain");
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if !kind.starts_with("multipart/") {
        if parts.len() < MAX_PARTS {
            let encoding = fields.get("content-transfer-encoding").unwrap_or_default().to_ascii_lowercase();
            parts.push(Part { kind, text: decoded(body, &encoding) });
        }
        return;
    }
    let Some(boundary) = boundary(content_type).filter(|_| depth < MAX_DEPTH) else { return };
    for part in between(body, boundary) {
        let (fields, body) = Fields::read(part);
        add_parts(&fields, body, depth + 1, parts);
        if parts.len() >= MAX_PARTS {
            return;
        }
    }
}

fn boundary(content_type: &str) -> Option<&str> {
    const NAME: &str = "boundary=";
    let at = content_type.to_ascii_lowercase().find(NAME)? + NAME.len();
    let value = &content_type[at..];
    let value = match value.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => value.split(|c: char| c == ';' || c.is_whitespace()).next(),
    };
    value.filter(|value| (1..=MAX_BOUNDARY_BYTES).contains(&value.len()))
}

/// The parts between the lines of a boundary. The last may have no end, because only the beginning of a long mail is read.
fn between<'t>(body: &'t str, boundary: &str) -> Vec<&'t str> {
    let (mut parts, mut begun, mut at) = (Vec::new(), None, 0);
    for line in body.split_inclusive('\n') {
        let end = at + line.len();
        if let Some(behind) = line.strip_prefix("--").and_then(|line| line.strip_prefix(boundary)) {
            let is_last = behind.trim_end() == "--";
            if is_last || behind.trim_end().is_empty() {
                parts.extend(begun.map(|begun: usize| &body[begun..at]));
                begun = (!is_last && parts.len() < MAX_PARTS).then_some(end);
                if begun.is_none() {
                    return parts;
                }
            }
        }
        at = end;
    }
    parts.extend(begun.map(|begun| &body[begun..]));
    parts
}

fn decoded(body: &str, encoding: &str) -> String {
    match encoding.trim() {
        "base64" => {
            let digits: String = body.chars().filter(|c| !c.is_whitespace()).collect();
            // What stands behind a cut is no whole group.
            let whole = digits.len() - digits.len() % 4;
            let bytes = digits.get(..whole).and_then(|digits| STANDARD.decode(digits).ok());
            bytes.map_or_else(|| body.to_owned(), |bytes| with_line_feeds(&bytes))
        }
        "quoted-printable" => with_line_feeds(&unquoted(body.as_bytes())),
        _ => body.to_owned(),
    }
}

fn with_line_feeds(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace("\r\n", "\n")
}

/// The bytes of a text in quoted-printable (RFC 2045 section 6.7). What is no escape stays as it is.
fn unquoted(text: &[u8]) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match (byte, after) {
            (b'=', [b'\n', behind @ ..]) => rest = behind,
            (b'=', [high, low, behind @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    out.push(high << 4 | low);
                    rest = behind;
                }
                _ => out.push(byte),
            },
            _ => out.push(byte),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_unfolded_and_end_at_the_first_empty_line() {
        let (fields, rest) = Fields::read("From x\nA: one\n two\n\tthree\nnonsense\nB :4\na: again\n\nbody");
        assert_eq!((fields.get("a"), fields.get("b"), rest), (Some("one two three"), Some("4"), "body"));
        assert_eq!(fields.all("a").count(), 2);
        let long = format!("A: {}\n {}\n", "ñ".repeat(10_000), "x".repeat(10_000));
        assert!(Fields::read(&long).0.get("a").is_some_and(|value| value.len() <= MAX_FIELD_BYTES + 1));
    }

    #[test]
    fn parts_lie_between_the_lines_of_their_boundary_and_lose_their_encoding() {
        let mail = "Content-Type: multipart/report; BOUNDARY=\"=_a;b\"\r\n\r\nbefore\r\n--=_a;b\r\n\r\nfirst\r\n--=_a;bc\r\n\
                    --=_a;b  \r\nContent-Type: Message/Delivery-Status\r\nContent-Transfer-Encoding: base64\r\n\r\n\
                    QWN0aW9u\r\nOiBmYWls\r\n--=_a;b\r\nContent-Transfer-Encoding: Quoted-Printable\r\n\r\n=C3=B1=\r\nx=zz=\r\n\
                    --=_a;b--\r\nbehind";
        let message = Message::read(mail.as_bytes());
        let parts: Vec<(&str, &str)> =
            message.parts.iter().map(|part| (part.kind.as_str(), part.text.as_str())).collect();
        assert_eq!(
            parts,
            [("text/plain", "first\n--=_a;bc\n"), ("message/delivery-status", "Action: fail"), ("text/plain", "ñx=zz"),]
        );
    }

    #[test]
    fn what_has_no_end_is_read_to_where_it_is_cut_and_no_deeper_than_reports_are() {
        let cut = Message::read(b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo");
        assert_eq!(cut.parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>(), ["one\n", "two"]);
        let deep = "Content-Type: multipart/mixed; boundary=b\n\n--b\n".repeat(1_000);
        assert!(Message::read(deep.as_bytes()).parts.len() <= MAX_PARTS);
        let wide = format!("Content-Type: multipart/mixed; boundary=b\n\n{}", "--b\n\nx\n".repeat(1_000));
        assert_eq!(Message::read(wide.as_bytes()).parts.len(), MAX_PARTS);
    }
}
