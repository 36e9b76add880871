//! As much of HTTP/1.1 as two ends need that know each other: whole messages with a `Content-Length`.

/// Says from where to where the first message in `bytes` has its body; None while the message is not complete.
pub(crate) fn body(bytes: &[u8]) -> Option<(usize, usize)> {
    let from = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let to = from + content_length(&bytes[..from]);
    (to <= bytes.len()).then_some((from, to))
}

fn content_length(head: &[u8]) -> usize {
    const NAME: &[u8] = b"content-length:";
    let at = head.windows(NAME.len()).position(|window| window.eq_ignore_ascii_case(NAME));
    let digits = at.map(|at| head[at + NAME.len()..].trim_ascii_start()).unwrap_or_default();
    digits.iter().take_while(|byte| byte.is_ascii_digit()).fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_complete_with_its_last_byte() {
        let message = b"HTTP/1.1 201 Created\r\ncontent-length: 3\r\n\r\nabcHTTP";
        assert_eq!(body(message), Some((message.len() - 7, message.len() - 4)));
        assert_eq!(body(&message[..message.len() - 5]), None);
        assert_eq!(body(b"HTTP/1.1 204 No Content\r\n\r\n"), Some((27, 27)));
    }
}
