//! The lines on their way to standard error once the log has started: a thread of its own writes them, so that a reader
//! who stands still stops nothing else.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The most lines that wait for the reader; later ones are lost, and counted.
const MAX_LINES: usize = 10_000;
/// How long the end of the process waits for whoever reads standard error.
const FLUSH_PATIENCE: Duration = Duration::from_secs(1);

/// The lines that are not written yet.
pub(crate) static QUEUE: Queue = Queue::new();

/// Adds a whole line. False when nothing writes such lines yet.
pub(crate) fn line(words: &str) -> bool {
    let is_served = QUEUE.is_served();
    if is_served {
        QUEUE.push(words.as_bytes());
    }
    is_served
}

/// Waits until every line is written, for a short time: nobody may be reading them.
pub(crate) fn flush() {
    if QUEUE.is_served() {
        QUEUE.flush(FLUSH_PATIENCE);
    }
}

/// Lines in their order. Nobody who adds one waits.
pub(crate) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    waiting: VecDeque<Entry>,
    /// Lines that were lost since the last one that was added.
    lost: u64,
    /// Whether a line was taken and is not written yet.
    is_writing: bool,
    /// Whether a thread writes the lines.
    is_served: bool,
}

enum Entry {
    Line(Vec<u8>),
    /// So many lines were lost here.
    Lost(u64),
}

impl Queue {
    const fn new() -> Self {
        let state = State { waiting: VecDeque::new(), lost: 0, is_writing: false, is_served: false };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Adds a line at the end, or counts it as lost.
    fn push(&self, line: &[u8]) {
        let mut state = self.state();
        if state.waiting.len() >= MAX_LINES {
            state.lost += 1;
            return;
        }
        if state.lost > 0 {
            let lost = std::mem::take(&mut state.lost);
            state.waiting.push_back(Entry::Lost(lost));
        }
        state.waiting.push_back(Entry::Line(line.to_vec()));
        self.changed.notify_all();
    }

    /// Whether a thread writes what is added.
    pub(crate) fn is_served(&self) -> bool {
        self.state().is_served
    }

    /// From now on a thread writes what is added.
    pub(crate) fn begin(&self) {
        self.state().is_served = true;
    }

    /// Writes every line, for as long as the process lives. `lost` makes the line that tells how many there were.
    pub(crate) fn serve(&self, mut out: impl Write, lost: impl Fn(u64) -> String) {
        loop {
            let line = match self.next() {
                Entry::Line(line) => line,
                Entry::Lost(lines) => lost(lines).into_bytes(),
            };
            // A reader of the log that has gone away is no reason to end.
            let _ = out.write_all(&line).and_then(|()| out.flush());
        }
    }

    /// Waits until every line is written, or for this time. Whether all were.
    fn flush(&self, patience: Duration) -> bool {
        let is_behind = |state: &mut State| state.is_writing || !state.is_empty();
        let waited = self.changed.wait_timeout_while(self.state(), patience, is_behind);
        let (_state, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        !waited.timed_out()
    }

    fn next(&self) -> Entry {
        let mut state = self.state();
        state.is_writing = false;
        self.changed.notify_all();
        let waited = self.changed.wait_while(state, |state| state.is_empty());
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        state.is_writing = true;
        match state.waiting.pop_front() {
            Some(entry) => entry,
            None => Entry::Lost(std::mem::take(&mut state.lost)),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.lost == 0
    }
}

impl Write for &Queue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.push(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader};

    use super::*;

    #[test]
    fn a_reader_that_stands_still_stops_nobody_and_hears_how_many_lines_were_lost() {
        static QUEUE: Queue = Queue::new();
        let (reader, writer) = io::pipe().unwrap();
        std::thread::spawn(|| QUEUE.serve(writer, |lines| format!("lost {lines}\n")));
        let all = 2 * MAX_LINES + 5_000;
        for n in 0..all {
            QUEUE.push(format!("{n} {}\n", "x".repeat(100)).as_bytes());
        }
        assert!(!QUEUE.flush(Duration::from_millis(1)), "nobody reads");
        let (mut next, mut lost) = (0, 0);
        let mut lines = BufReader::new(reader).lines();
        while next < all {
            let line = lines.next().unwrap().unwrap();
            let (first, second) = line.split_once(' ').unwrap();
            if first == "lost" {
                lost += second.parse::<usize>().unwrap();
                next += second.parse::<usize>().unwrap();
            } else {
                assert_eq!(first.parse::<usize>().unwrap(), next, "in order, and what is missing was told before");
                next += 1;
            }
        }
        assert!(next == all && lost > 0 && all - lost >= MAX_LINES, "{lost} of {next} were lost");
    }

    #[test]
    fn what_was_added_is_written_when_the_queue_is_flushed() {
        static QUEUE: Queue = Queue::new();
        let kept = testkit::Kept::default();
        let out = kept.clone();
        std::thread::spawn(|| QUEUE.serve(out, |_| String::new()));
        (0..100).for_each(|n| QUEUE.push(format!("{n}\n").as_bytes()));
        assert!(QUEUE.flush(Duration::from_secs(60)));
        assert_eq!(kept.text().lines().count(), 100);
    }
}
