//! What a run says: a line while each fault goes on, one table at the end, and the same as JSON.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::reconcile::{Answer, End, Entry, Found, Verdict};

/// One line of the table.
#[derive(Clone, Default, Debug)]
pub struct Counts {
    pub name: String,
    pub accepted: usize,
    pub sent: usize,
    pub dead: usize,
    pub cancelled: usize,
    pub in_flight: usize,
    pub lost: usize,
    pub explained: usize,
    pub unexplained: usize,
    /// How many publishes got no answer, and came to nothing or to one delivery.
    pub unanswered: usize,
}

impl Counts {
    fn named(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    fn add(&mut self, entry: &Entry, verdict: &Verdict) {
        self.explained += verdict.explained;
        self.unexplained += verdict.unexplained;
        if entry.answer != Answer::Accepted {
            self.unanswered += 1;
            return;
        }
        self.accepted += 1;
        match verdict.end {
            End::Sent => self.sent += 1,
            End::Dead | End::Expired => self.dead += 1,
            End::Cancelled => self.cancelled += 1,
            End::InFlight => self.in_flight += 1,
            End::Lost | End::Nothing => self.lost += 1,
        }
    }

    fn add_all(&mut self, other: &Self) {
        let sums = [
            (&mut self.accepted, other.accepted),
            (&mut self.sent, other.sent),
            (&mut self.dead, other.dead),
            (&mut self.cancelled, other.cancelled),
            (&mut self.in_flight, other.in_flight),
            (&mut self.lost, other.lost),
            (&mut self.explained, other.explained),
            (&mut self.unexplained, other.unexplained),
            (&mut self.unanswered, other.unanswered),
        ];
        for (sum, more) in sums {
            *sum += more;
        }
    }

    fn line(&self) -> String {
        let Self { name, accepted, sent, dead, cancelled, in_flight, lost, explained, unexplained, .. } = self;
        format!(
            "{name:<38} {accepted:>8} {sent:>6} {dead:>5} {cancelled:>9} {in_flight:>9} {lost:>5} {explained:>9} \
             {unexplained:>11}"
        )
    }

    fn json(&self) -> Value {
        json!({
            "fault": self.name, "accepted": self.accepted, "sent": self.sent, "dead": self.dead,
            "cancelled": self.cancelled, "in_flight": self.in_flight, "lost": self.lost,
            "duplicates_explained": self.explained, "duplicates_unexplained": self.unexplained,
            "unanswered": self.unanswered,
        })
    }
}

/// What a whole run came to.
#[derive(Debug, Default)]
pub struct Report {
    pub seed: u64,
    pub faults: Vec<Counts>,
    /// Every promise that was broken, with the story of its notification.
    pub stories: Vec<String>,
    /// Whatever else must not be: a fault that did not happen, a process that ended unasked.
    pub troubles: Vec<String>,
    /// The measurements of faults, for people.
    pub notes: Vec<String>,
    /// Faults that this machine cannot have.
    pub skipped: Vec<String>,
    pub seconds: u64,
}

impl Report {
    pub(super) fn judged(&mut self, name: &str, judged: &[(&Entry, Found, Verdict)]) {
        let mut counts = Counts::named(name);
        for (entry, found, verdict) in judged {
            counts.add(entry, verdict);
            if !verdict.broken.is_empty() {
                self.stories.push(story(name, entry, found, verdict));
            }
        }
        self.faults.push(counts);
    }

    pub fn total(&self) -> Counts {
        let mut total = Counts::named("total");
        self.faults.iter().for_each(|fault| total.add_all(fault));
        total
    }

    pub fn is_clean(&self) -> bool {
        let total = self.total();
        total.lost + total.unexplained + total.in_flight == 0 && self.stories.is_empty() && self.troubles.is_empty()
    }

    /// Writes the table, and every story that there is to tell: the first ten.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let ruler = "─".repeat(100);
        let head = format!(
            "{:<38} {:>8} {:>6} {:>5} {:>9} {:>9} {:>5} {:>21}\n{:<86} {:>9} {:>3}",
            "fault",
            "accepted",
            "sent",
            "dead",
            "cancelled",
            "in flight",
            "lost",
            "duplicates",
            "",
            "explained",
            "unexplained"
        );
        let _ = writeln!(text, "{ruler}\n{head}\n{ruler}");
        for fault in &self.faults {
            let _ = writeln!(text, "{}", fault.line());
        }
        let total = self.total();
        let _ = writeln!(text, "{ruler}\n{}\n{ruler}", total.line());
        let _ = writeln!(
            text,
            "{} faults in {} s with seed {}; {} publishes got no answer",
            self.faults.len(),
            self.seconds,
            self.seed,
            total.unanswered
        );
        for note in &self.notes {
            let _ = writeln!(text, "{note}");
        }
        for skipped in &self.skipped {
            let _ = writeln!(text, "skipped: {skipped}");
        }
        for trouble in &self.troubles {
            let _ = writeln!(text, "TROUBLE: {trouble}");
        }
        for story in self.stories.iter().take(10) {
            let _ = writeln!(text, "BROKEN: {story}");
        }
        if self.is_clean() {
            let _ = writeln!(text, "nothing lost, nothing sent twice in silence");
        } else {
            let broken = self.stories.len();
            let (lost, unexplained) = (total.lost, total.unexplained);
            let _ = writeln!(text, "FAILED: {lost} lost, {unexplained} duplicates unexplained, {broken} stories");
            let _ = writeln!(text, "repeat with: CHAOS_SEED={} make chaos", self.seed);
        }
        text
    }

    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, file: &Path) -> Result<()> {
        let report = json!({
            "seed": self.seed, "seconds": self.seconds, "clean": self.is_clean(),
            "faults": self.faults.iter().map(Counts::json).collect::<Vec<_>>(), "total": self.total().json(),
            "broken": self.stories, "troubles": self.troubles, "notes": self.notes, "skipped": self.skipped,
        });
        let text = serde_json::to_string_pretty(&report)?;
        std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
    }
}

fn story(fault: &str, entry: &Entry, found: &Found, verdict: &Verdict) -> String {
    let mut text = format!(
        "{} ({:?} by {:?}, {}): {}\n    answer {:?}, cancel {:?}, {:?}",
        entry.id.as_deref().unwrap_or("without an id"),
        entry.channel,
        entry.way,
        fault,
        verdict.broken.join("; "),
        entry.answer,
        entry.cancel,
        found.handled
    );
    for view in &found.rows {
        let row = &view.row;
        let _ = write!(
            text,
            "\n    row {} {} epoch {} attempt {} seq {} version {} order {:?} created {} updated {}",
            row.key, row.state, row.epoch, row.attempt, row.seq, row.version, row.order, row.created_at, row.updated_at
        );
        for attempt in &view.attempts {
            let _ = write!(
                text,
                "\n      attempt {}.{} {} at {}: {}",
                attempt.epoch,
                attempt.n,
                attempt.outcome.as_str(),
                attempt.at,
                attempt.detail
            );
        }
    }
    for copy in &found.copies {
        let _ = write!(
            text,
            "\n    copy answered with {:?}, {:.1} s before the end",
            copy.answer,
            copy.at.elapsed().as_secs_f32()
        );
    }
    for letter in &found.letters {
        let _ = write!(text, "\n    dead letter {:?}: {} {}", letter.message_id, letter.reason, letter.error);
    }
    text
}
