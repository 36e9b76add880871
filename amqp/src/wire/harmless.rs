//! Makes a frame harmless in place, without changing its length. Harmful is what the AMQP library cannot read, or reads
//! by recursion.

/// How deep tables and lists in a header may be nested; what lies deeper becomes opaque bytes. The library reads each
/// level by recursion, and a few hundred of them overflow its stack, which ends the process.
const MAX_NESTING: usize = 32;
/// Replaces every byte that is not UTF-8 where AMQP asks for UTF-8: "substitute", a control character. A `message_id`
/// with it is refused with a reason, as any other control character is.
const SUBSTITUTE: u8 = 0x1a;

pub(super) const METHOD: u8 = 1;
pub(super) const HEADER: u8 = 2;

const BASIC: usize = 60;
/// The methods of class `basic` that bring a message, with the bytes before their first name.
const DELIVER: usize = 60;
const GET_OK: usize = 71;
const RETURN: usize = 50;

/// Makes one frame harmless. `payload` is a whole method or content-header frame without its first seven bytes and its
/// last. A malformed frame stays as it is, for the library to refuse.
pub(super) fn make_harmless(kind: u8, payload: &mut [u8]) {
    let mut reader = Reader { bytes: payload, at: 0 };
    let _malformed = match kind {
        METHOD => reader.method(),
        HEADER => reader.content_header(),
        _ => Some(()),
    };
}

/// Reads a payload forward; each step is `None` when the bytes end too early or mean nothing.
struct Reader<'a> {
    bytes: &'a mut [u8],
    at: usize,
}

/// A table or list that is being read.
#[derive(Clone, Copy)]
struct Open {
    end: usize,
    /// Whether it is a table, whose values have names.
    is_table: bool,
}

impl Reader<'_> {
    /// Mends the names in the methods that bring a message: exchange, routing key, consumer tag.
    fn method(&mut self) -> Option<()> {
        if self.number(2)? != BASIC {
            return Some(());
        }
        match self.number(2)? {
            DELIVER => {
                self.short_text()?;
                self.skip(8 + 1)?;
            }
            GET_OK => self.skip(8 + 1)?,
            RETURN => {
                self.skip(2)?;
                self.short_text()?;
            }
            _ => return Some(()),
        }
        self.short_text()?;
        self.short_text()
    }

    fn content_header(&mut self) -> Option<()> {
        self.skip(2 + 2 + 8)?;
        let flags = self.number(2)?;
        // The properties in the order of the wire: content_type has the highest bit, cluster_id the third lowest.
        for bit in (2..16).rev().filter(|bit| flags & (1 << bit) != 0) {
            match bit {
                13 => self.headers()?,
                12 | 11 => self.skip(1)?,
                6 => self.skip(8)?,
                _ => self.short_text()?,
            }
        }
        Some(())
    }

    fn headers(&mut self) -> Option<()> {
        let end = self.end_of_sized(self.bytes.len())?;
        let mut open = vec![Open { end, is_table: true }];
        while let Some(&Open { end, is_table }) = open.last() {
            if self.at >= end {
                open.pop();
                continue;
            }
            if is_table {
                self.short_text()?;
            }
            let kind_at = self.at;
            self.skip(1)?;
            match self.bytes[kind_at] {
                b'V' => {}
                b't' | b'b' | b'B' => self.skip(1)?,
                b's' | b'U' | b'u' => self.skip(2)?,
                b'I' | b'i' | b'f' => self.skip(4)?,
                b'D' => self.skip(5)?,
                b'L' | b'l' | b'd' | b'T' => self.skip(8)?,
                b'S' | b'x' => self.at = self.end_of_sized(end)?,
                kind @ (b'F' | b'A') => {
                    let inner = self.end_of_sized(end)?;
                    if open.len() < MAX_NESTING {
                        open.push(Open { end: inner, is_table: kind == b'F' });
                    } else {
                        // A byte array has the same form on the wire: a length, and the bytes.
                        self.bytes[kind_at] = b'x';
                        self.at = inner;
                    }
                }
                _ => return None,
            }
        }
        Some(())
    }

    /// The end of a value that begins with a length of four bytes.
    fn end_of_sized(&mut self, limit: usize) -> Option<usize> {
        let len = self.number(4)?;
        self.at.checked_add(len).filter(|&end| end <= limit)
    }

    fn number(&mut self, bytes: usize) -> Option<usize> {
        let at = self.skip_over(bytes)?;
        Some(self.bytes[at..at + bytes].iter().fold(0, |number, &byte| number << 8 | usize::from(byte)))
    }

    fn short_text(&mut self) -> Option<()> {
        let len = self.number(1)?;
        let at = self.skip_over(len)?;
        as_utf8(&mut self.bytes[at..at + len]);
        Some(())
    }

    fn skip(&mut self, bytes: usize) -> Option<()> {
        self.skip_over(bytes).map(drop)
    }

    /// Skips bytes, and returns where they begin.
    fn skip_over(&mut self, bytes: usize) -> Option<usize> {
        let at = self.at;
        self.at = at.checked_add(bytes).filter(|&end| end <= self.bytes.len())?;
        Some(at)
    }
}

fn as_utf8(bytes: &mut [u8]) {
    let mut from = 0;
    while let Err(error) = std::str::from_utf8(&bytes[from..]) {
        let bad = from + error.valid_up_to();
        from = error.error_len().map_or(bytes.len(), |len| bad + len);
        bytes[bad..from].fill(SUBSTITUTE);
    }
}

#[cfg(test)]
mod tests;
