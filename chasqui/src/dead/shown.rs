//! Dead letters, their groups, plans and jobs as lines and as JSON.

use domain::{Canary, RedirectTo, printable};
use operations::dead_letters::Shown;
use serde_json::{Value, json};
use store::{AtIt, Counted, IndexedLetter, JobState, LetterAction, LetterGroup, LetterJob, LetterSample, Outlook};

use crate::output::{self, say};
use crate::words::counted;

/// A table, or one object for each group.
pub(super) fn groups(groups: &[LetterGroup], is_json: bool) {
    if is_json {
        groups.iter().for_each(|group| output::json(&json_of_group(group)));
        return;
    }
    if groups.is_empty() {
        say!("no dead letters");
        return;
    }
    say!("{:>7}  {:>6}  {:<12}  {:<20}  {:<26}  how they failed", "letters", "last h", "life", "last", "group");
    for group in groups {
        let LetterGroup { fingerprint, letters, life, last_at, note, changed_by, .. } = group;
        let last_hour = format!("{}{}", if group.is_cut { "≥" } else { "" }, group.last_hour);
        let note = note.as_deref().map(|note| format!("; note: {note}")).unwrap_or_default();
        let by = changed_by.as_deref().map(|by| format!(" ({by})")).unwrap_or_default();
        let how = format!("{}{note}{by}", how(group));
        let last = last_at.to_string();
        let last = last.get(..19).unwrap_or(&last);
        let life = life.as_str();
        say!("{letters:>7}  {last_hour:>6}  {life:<12}  {last:<20}  {fingerprint:<26}  {}", printable(&how));
    }
}

fn how(group: &LetterGroup) -> String {
    let LetterGroup { channel, provider, class, code, template, reason, words, .. } = group;
    let parts = [channel, reason, provider, class, code, template, words];
    parts.into_iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" · ")
}

fn json_of_group(group: &LetterGroup) -> Value {
    json!({
        "group": group.fingerprint, "letters": group.letters, "last_hour": group.last_hour,
        "last_hour_is_cut": group.is_cut, "life": group.life.as_str(), "channel": group.channel,
        "provider": group.provider, "class": group.class, "code": group.code, "template": group.template,
        "reason": group.reason, "words": group.words, "sample": group.sample, "first": group.first_at.to_string(),
        "last": group.last_at.to_string(), "changed": group.changed_at.to_string(), "changed_by": group.changed_by,
        "note": group.note,
    })
}

/// The parts of the lines below.
pub(super) const LETTER_HEADING: &str =
    "letter  died  lane  channel  reason  provider code  id  how often it was moved: error";

/// One line, or one object.
pub(super) fn letter(letter: &IndexedLetter, is_json: bool) {
    if is_json {
        return output::json(&json_of_letter(letter));
    }
    let IndexedLetter { letter, id, lane, channel, reason, provider, code, error, dead_at, epoch, copies, .. } = letter;
    let copies = if *copies > 1 { format!(" × {copies}") } else { String::new() };
    let what = format!(
        "{letter}{copies}  {dead_at}  {lane}  {channel}  {reason}  {provider} {code}  {id}  moved {}: {error}",
        counted(*epoch, "time", "times")
    );
    say!("{}", printable(&what));
}

/// One letter with everything that is known of it.
pub(super) fn whole(letter: &IndexedLetter, is_json: bool) {
    if is_json {
        return output::json(&json_of_letter(letter));
    }
    if let Value::Object(fields) = json_of_letter(letter) {
        for (name, value) in fields {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            say!("{name:<12} {}", printable(&value));
        }
    }
    say!("its attempts: chasqui and the API show its delivery by the id");
}

fn json_of_letter(letter: &IndexedLetter) -> Value {
    json!({
        "letter": letter.letter, "tenant": letter.tenant.as_str(), "id": letter.id, "moved": letter.epoch,
        "lane": letter.lane.as_str(), "channel": letter.channel, "provider": letter.provider, "class": letter.class,
        "code": letter.code, "template": letter.template, "reason": letter.reason, "error": letter.error,
        "group": letter.fingerprint, "attempts": letter.attempts, "died": letter.dead_at.to_string(),
        "expires": letter.expires_at.map(|at| at.to_string()), "copies": letter.copies,
    })
}

/// A plan or job with what becomes of its letters.
pub(super) fn plan(shown: &Shown, is_json: bool) {
    if is_json {
        return output::json(&json_of_plan(shown));
    }
    job(&shown.job);
    counts(shown).iter().for_each(|line| say!("  {}", printable(line)));
    if let Some(seen) = &shown.outlook {
        outlook(seen);
    }
    since(shown.since);
    if shown.job.state == JobState::Planned && shown.open() == 0 {
        return say!("  nothing to begin: {}", why_nothing(shown));
    }
    match shown.job.state {
        JobState::Planned | JobState::Running | JobState::Paused => say!("  {}", to_begin(shown)),
        JobState::Cancelled => not_begun(shown).iter().for_each(|line| say!("  {line}")),
        JobState::Done => {}
    }
    canary(shown).iter().for_each(|line| say!("  {line}"));
}

/// What a cancelled plan or job has left, and how; nothing where it had begun all of it.
fn not_begun(shown: &Shown) -> Option<String> {
    let left = match shown.job.action {
        LetterAction::Restore => "kept as before",
        LetterAction::Close => "left as they were",
        LetterAction::Replay | LetterAction::Drop | LetterAction::Redirect | LetterAction::Edit => {
            "left as they were in the queue"
        }
    };
    let letters = shown.count("pending");
    (letters > 0).then(|| format!("{letters} not begun: {left}"))
}

/// What a cancellation has done.
pub(super) fn cancelled(shown: &Shown) -> String {
    // A plan that is cancelled forgets its letters.
    let not_begun = match (shown.job.started_at, not_begun(shown)) {
        (None, _) => "a plan: nothing of it was begun".to_owned(),
        (Some(_), Some(left)) => left,
        (Some(_), None) => "there was nothing left to begin".to_owned(),
    };
    let in_hand = match shown.count("taken") {
        0 => String::new(),
        taken => format!("; {taken} in hand, to be finished"),
    };
    format!("cancelled {}  {not_begun}{in_hand}", shown.job.id)
}

/// The counts of a plan or job below their headings; none where there is nothing to count.
fn counts(shown: &Shown) -> Vec<String> {
    let (alike, is_cancelled) = (&shown.counted, shown.job.state == JobState::Cancelled);
    let line = |letters: &str, rest: [&str; 4]| {
        let [lane, channel, provider, state] = rest;
        format!("{letters:>7}  {lane:<6}  {channel:<8}  {provider:<14}  {state}")
    };
    let heading = (!alike.is_empty()).then(|| line("letters", ["lane", "channel", "provider", "what becomes of them"]));
    let rows = alike.iter().map(|counted| {
        let Counted { lane, channel, provider, state, why, letters } = counted;
        let why = if why.is_empty() { String::new() } else { format!(": {why}") };
        let state = match state.as_str() {
            "pending" if is_cancelled => "not begun",
            state => state,
        };
        line(&letters.to_string(), [lane, channel, provider, &format!("{}{why}", state.replace('_', " "))])
    });
    heading.into_iter().chain(rows).collect()
}

/// How many letters are left, and how long they take, where that is known.
fn to_begin(shown: &Shown) -> String {
    let (open, rate) = (shown.open(), shown.job.rate);
    match shown.waits_for() {
        Some(first) => format!("{open} to begin, at {rate} a second; {}", waiting(first)),
        None => format!("{open} to begin, about {} s at {rate} a second", shown.lasts().as_secs()),
    }
}

/// That a job begins no others before its canary has ended.
pub(super) fn waiting(first: u32) -> String {
    if first == 1 { "waits for the first to end".to_owned() } else { format!("waits for the first {first} to end") }
}

/// With how many letters a plan begins, where it would wait for their end before the others.
fn canary(shown: &Shown) -> Option<String> {
    let LetterJob { state, canary, .. } = &shown.job;
    let waits = *state == JobState::Planned && (1..shown.open()).contains(canary);
    waits.then(|| {
        format!("it begins with {canary} of them (--canary), and pauses when more than half of these are dead again")
    })
}

/// Why a plan would begin nothing.
fn why_nothing(shown: &Shown) -> &'static str {
    match (shown.counted.is_empty(), shown.job.action) {
        (false, _) => "all of them are left out, as said above",
        (true, LetterAction::Restore) => "nothing that fits is kept any more",
        (true, LetterAction::Close) => "there is no dead delivery whose letter is not in the queue",
        (true, _) => "no letter in the queue fits; `chasqui dead list` prints those there are",
    }
}

/// How what a job has sent has ended since.
fn since(since: Option<Canary>) {
    if let Some(Canary { tried, failed, .. }) = since.filter(|since| since.tried > 0) {
        say!("  {failed} of {tried} {} dead again", if failed == 1 { "is" } else { "are" });
    }
}

fn json_of_since(since: Canary) -> Value {
    let Canary { tried, well, failed } = since;
    json!({"letters": tried, "well": well, "dead_again": failed})
}

/// What is worth knowing of a plan before it is started.
fn outlook(outlook: &Outlook) {
    let Outlook { newcomers, gone, maybe_sent, samples, others } = outlook;
    for sample in samples {
        let LetterSample { letter, id, channel, reason, error } = sample;
        let line = format!("{letter}  {channel}  {reason}  {id}: {error}");
        say!("    {}", printable(&line));
    }
    if *newcomers > 0 {
        say!("  +{newcomers} since it was made: they are not in it");
    }
    if *gone > 0 {
        say!("  {} no longer there", counted(*gone, "letter is", "letters are"));
    }
    if *maybe_sent > 0 {
        say!("  {maybe_sent} may have been sent already without our knowing: what is sent may be a duplicate");
    }
    for AtIt { who, action, what, since, letters } in others {
        let doing = action.map_or_else(
            || format!("looks after the group {what}"),
            |action| format!("has a {} of them, {what}", action.as_str()),
        );
        let line = format!("{who} {doing}, since {since}: {letters} of these letters");
        say!("  {}", printable(&line));
    }
}

fn json_of_outlook(outlook: &Outlook) -> Value {
    let Outlook { newcomers, gone, maybe_sent, samples, others } = outlook;
    let samples = samples.iter().map(|sample| {
        let LetterSample { letter, id, channel, reason, error } = sample;
        json!({"letter": letter, "id": id, "channel": channel, "reason": reason, "error": error})
    });
    let others = others.iter().map(|other| {
        let AtIt { who, action, what, since, letters } = other;
        let action = action.map(LetterAction::as_str);
        json!({"who": who, "action": action, "what": what, "since": since.to_string(), "letters": letters})
    });
    json!({
        "newcomers": newcomers, "gone": gone, "maybe_sent": maybe_sent, "samples": samples.collect::<Vec<_>>(),
        "others": others.collect::<Vec<_>>(),
    })
}

fn json_of_plan(shown: &Shown) -> Value {
    let counted = shown.counted.iter().map(|counted| {
        let Counted { lane, channel, provider, state, why, letters } = counted;
        json!({"lane": lane, "channel": channel, "provider": provider, "state": state, "why": why, "letters": letters})
    });
    let mut told = json_of_job(&shown.job);
    told["letters"] = json!(shown.open());
    told["seconds"] = json!(shown.lasts().as_secs());
    told["waits_for"] = json!(shown.waits_for());
    told["counts"] = Value::Array(counted.collect());
    if let Some(outlook) = &shown.outlook {
        told["outlook"] = json_of_outlook(outlook);
    }
    if let Some(since) = shown.since {
        told["since"] = json_of_since(since);
    }
    told
}

/// A plan or job of a list: one line and how what it has sent has ended since, or one object.
pub(super) fn listed(one: &LetterJob, ended: Option<Canary>, is_json: bool) {
    if is_json {
        let mut told = json_of_job(one);
        if let Some(ended) = ended {
            told["since"] = json_of_since(ended);
        }
        return output::json(&told);
    }
    job(one);
    since(ended);
}

fn job(job: &LetterJob) {
    let LetterJob { id, action, state, why, made_by, made_at, note, .. } = job;
    let note = note.as_deref().map(|note| format!("; {note}")).unwrap_or_default();
    let line = format!("{id}  {}  {}{note}  by {made_by} at {made_at}: {why}", action.as_str(), state.as_str());
    say!("{}", printable(&line));
}

fn json_of_job(job: &LetterJob) -> Value {
    json!({
        "id": job.id, "action": job.action.as_str(), "state": job.state.as_str(), "why": job.why,
        "wanted": serde_json::from_str::<Value>(&job.wanted).unwrap_or_default(), "made_by": job.made_by,
        "made": job.made_at.to_string(), "started_by": job.started_by,
        "started": job.started_at.map(|at| at.to_string()), "ended": job.ended_at.map(|at| at.to_string()),
        "rate": job.rate, "canary": job.canary, "note": job.note,
        "to": job.target.as_ref().and_then(RedirectTo::channel),
        "to_provider": job.target.as_ref().and_then(RedirectTo::provider),
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::shown;
    use super::*;

    #[test]
    fn a_plan_has_headings_above_its_counts_and_says_with_how_many_it_begins() {
        let plan = |letters| shown(LetterAction::Replay, JobState::Planned, &[("pending", letters), ("left_out", 3)]);
        let lines = counts(&plan(80));
        let [heading, first, second] = lines.as_slice() else { panic!("{lines:?}") };
        assert_eq!(heading, "letters  lane    channel   provider        what becomes of them");
        assert_eq!(first, "     80  normal  sms       twilio          pending");
        assert!(second.ends_with("left out"), "{second}");
        assert!(counts(&shown(LetterAction::Replay, JobState::Planned, &[])).is_empty());
        let told = canary(&plan(80)).expect("it waits for the end of the first ones");
        assert!(told.starts_with("it begins with 20 of them (--canary), and pauses"), "{told}");
        assert_eq!(canary(&plan(20)), None, "there are no others");
        assert_eq!(canary(&shown(LetterAction::Replay, JobState::Running, &[("pending", 80)])), None);
    }

    #[test]
    fn what_a_cancelled_job_has_not_begun_is_left_and_not_to_begin() {
        let over = |action, counts: &[(&str, u32)]| {
            let mut over = shown(action, JobState::Cancelled, counts);
            over.job.started_at = Some(testkit::NOW);
            over
        };
        let half = over(LetterAction::Replay, &[("done", 5), ("pending", 20), ("taken", 3)]);
        let lines = counts(&half);
        assert!(lines[2].ends_with("twilio          not begun"), "{lines:?}");
        assert!(half.lasts().is_zero(), "nothing is begun any more");
        let told = cancelled(&half);
        assert_eq!(told, "cancelled j-1  20 not begun: left as they were in the queue; 3 in hand, to be finished");
        let told = cancelled(&over(LetterAction::Restore, &[("pending", 1)]));
        assert_eq!(told, "cancelled j-1  1 not begun: kept as before");
        let told = cancelled(&over(LetterAction::Drop, &[("done", 1)]));
        assert_eq!(told, "cancelled j-1  there was nothing left to begin");
        let told = cancelled(&shown(LetterAction::Drop, JobState::Cancelled, &[]));
        assert_eq!(told, "cancelled j-1  a plan: nothing of it was begun");
    }

    #[test]
    fn a_job_that_waits_for_its_canary_says_so_and_promises_no_time() {
        let counts = [("done", 15), ("taken", 5), ("pending", 80)];
        let mut waits = shown(LetterAction::Replay, JobState::Running, &counts);
        assert_eq!(to_begin(&waits), "85 to begin, at 50 a second; waits for the first 20 to end");
        assert_eq!(json_of_plan(&waits)["waits_for"], 20);
        waits.job.canary = 1;
        assert!(to_begin(&waits).ends_with("waits for the first to end"), "{}", to_begin(&waits));
        waits.job.canary_passed = true;
        assert_eq!(to_begin(&waits), "85 to begin, about 2 s at 50 a second");
        assert_eq!(json_of_plan(&waits)["waits_for"], Value::Null);
        let mut few = shown(LetterAction::Replay, JobState::Running, &[("done", 15), ("pending", 5)]);
        assert_eq!(to_begin(&few), "5 to begin, about 1 s at 50 a second", "there are no others");
        few.job.canary = 19;
        assert!(to_begin(&few).ends_with("waits for the first 19 to end"), "{}", to_begin(&few));
        assert_eq!(shown(LetterAction::Replay, JobState::Planned, &counts).waits_for(), None, "it is not under way");
    }
}
