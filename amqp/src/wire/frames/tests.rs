//! In whatever pieces bytes arrive and are read, the result is the same.

use std::task::Waker;

use proptest::prelude::*;

use super::*;

/// Hands out its bytes in pieces of these sizes, again and again, and then ends.
struct Pieces {
    bytes: Vec<u8>,
    sizes: Vec<usize>,
    at: usize,
    turn: usize,
}

impl AsyncRead for Pieces {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, out: &mut [u8]) -> Poll<io::Result<usize>> {
        let size = self.sizes[self.turn % self.sizes.len()];
        let count = size.min(out.len()).min(self.bytes.len() - self.at);
        out[..count].copy_from_slice(&self.bytes[self.at..self.at + count]);
        self.at += count;
        self.turn += 1;
        Poll::Ready(Ok(count))
    }
}

fn read(bytes: &[u8], sizes: &[usize], taken: usize) -> io::Result<Vec<u8>> {
    let pieces = Pieces { bytes: bytes.to_vec(), sizes: sizes.to_vec(), at: 0, turn: 0 };
    let mut frames = Frames::over(pieces);
    let (mut seen, mut out) = (Vec::new(), vec![0; taken]);
    loop {
        match Pin::new(&mut frames).poll_read(&mut Context::from_waker(Waker::noop()), &mut out) {
            Poll::Ready(Ok(0)) => return Ok(seen),
            Poll::Ready(Ok(count)) => seen.extend(&out[..count]),
            Poll::Ready(Err(error)) => return Err(error),
            Poll::Pending => panic!("it never waits"),
        }
    }
}

fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    let size = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&[kind, 0, 1][..], &size, payload, &[0xce]].concat()
}

/// A message with an id in Latin-1 and a body with the same bytes; only the id may change.
fn message(body: usize) -> (Vec<u8>, Vec<u8>) {
    let with = |byte: u8| {
        let id = [0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1 << 7, 2, b'a', byte];
        let deliver = [&[0, 60, 0, 60, 1, b't'][..], &[0; 9], b"\x01x\x01k"].concat();
        let body = frame(BODY, &vec![0xe9; body]);
        [frame(METHOD, &deliver), frame(HEADER, &id), body, frame(HEARTBEAT, &[])].concat()
    };
    (with(0xe9), with(0x1a))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn ids_are_made_readable_and_bodies_are_not_touched(
        bodies in proptest::collection::vec(prop_oneof![0..40usize, Just(40_000), Just(131_064)], 1..5),
        sizes in proptest::collection::vec(prop_oneof![1..20usize, Just(30_000)], 1..5),
        taken in prop_oneof![1..9usize, Just(4_096), Just(100_000)],
    ) {
        let (sent, expected): (Vec<_>, Vec<_>) = bodies.into_iter().map(message).unzip();
        let seen = read(&sent.concat(), &sizes, taken).unwrap();
        prop_assert!(seen == expected.concat(), "other bytes came out");
    }
}

#[test]
fn what_is_no_amqp_and_what_ends_too_early_is_passed_on() {
    let (message, _) = message(10);
    for bytes in [&b"AMQP\x00\x00\x09\x01"[..], b"HTTP/1.1 400 Bad Request\r\n", b"\x02", &message[..message.len() / 3]]
    {
        assert_eq!(read(bytes, &[3], 5).unwrap(), bytes);
    }
}

#[test]
fn a_header_without_end_is_refused_before_it_is_kept() {
    let huge = [HEADER, 0, 1, 0xff, 0xff, 0xff, 0xff];
    assert_eq!(read(&huge, &[100], 100).unwrap_err().kind(), io::ErrorKind::InvalidData);
}
