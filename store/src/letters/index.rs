//! What a reader of the dead-letter queue writes while it reads.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::{Key, Timestamp};
use sea_orm::QueryResult;

use super::{IndexedLetter, WINDOW_LIMIT};
use crate::error::StoreError;
use crate::sql::{Group, Session, count_of, get, key_of};
use crate::store::Store;

/// The most letters in one statement: a window of a pass is two.
const GROUP: usize = 512;

/// How the last attempt of a letter's budget ended.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LastAttempt {
    pub provider: String,
    pub class: String,
    pub code: String,
}

/// What letters of a fingerprint have in common.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sort {
    /// A letter of the group.
    pub sample: IndexedLetter,
    /// The words of its error that the fingerprint is made of.
    pub words: String,
}

impl Store {
    /// Notes that a pass has met these letters, and returns the names of those that are in the index already. A name that
    /// comes several times stands for as many copies, where the letter has no id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn meet_letters(&self, pass: i64, letters: &[String]) -> Result<HashSet<String>, StoreError> {
        const ADD: &str = "UPDATE letter_groups SET letters = letter_groups.letters + u.letters FROM {u} \
             WHERE letter_groups.tenant = u.tenant AND letter_groups.fingerprint = u.fingerprint";
        let mut known = HashSet::new();
        for letters in counted(letters.iter().map(String::as_str)).chunks(GROUP) {
            let mut session = self.inner.db.begin_anew().await?;
            let (met, mut grown) = meet(&mut session, pass, letters).await?;
            grown.retain(|_, letters| *letters != 0);
            session.query_group(ADD, &tally_group(&grown)).await?;
            session.commit().await?;
            known.extend(met);
        }
        Ok(known)
    }

    /// How the last attempt of each of these deliveries ended in this epoch, as far as the ledger knows it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn last_attempts(&self, of: &[(Key, u32)]) -> Result<HashMap<(Key, u32), LastAttempt>, StoreError> {
        const READ: &str = "SELECT u.tenant, u.id, u.epoch, a.provider, a.outcome, a.code FROM {u} \
             JOIN attempts AS a ON a.tenant = u.tenant AND a.id = u.id AND a.epoch = u.epoch \
             WHERE a.outcome <> 'late' ORDER BY a.n, a.at";
        let mut last = HashMap::new();
        for of in of.chunks(GROUP) {
            let group = Group::of(of.len())
                .text("tenant", of.iter().map(|(key, _)| key.tenant.as_str()))
                .text("id", of.iter().map(|(key, _)| key.id.as_str()))
                .int("epoch", of.iter().map(|(_, epoch)| i64::from(*epoch)));
            let mut session = self.inner.db.hasty_reader(WINDOW_LIMIT).await?;
            let rows = session.query_group(READ, &group).await?;
            session.commit().await?;
            for row in &rows {
                let key = key_of(row)?;
                let epoch = count_of(row, "epoch")?;
                let code: Option<String> = get(row, "code")?;
                let attempt = LastAttempt {
                    provider: get(row, "provider")?,
                    class: get(row, "outcome")?,
                    code: code.unwrap_or_default(),
                };
                last.insert((key, epoch), attempt);
            }
        }
        Ok(last)
    }

    /// Adds letters that a pass has met for the first time, and their groups.
    ///
    /// # Errors
    /// [`StoreError`]; repeating it is harmless.
    pub async fn index_letters(&self, pass: i64, sorts: &[Sort], now: Timestamp) -> Result<(), StoreError> {
        for sorts in sorts.chunks(GROUP) {
            let mut session = self.inner.db.begin_anew().await?;
            let new = session.query_group(INSERT, &letters_group(sorts, pass)).await?;
            let mut added = tally(&new)?;
            let new: HashSet<String> = new.iter().map(|row| get::<String>(row, "letter")).collect::<Result<_, _>>()?;
            let others = sorts.iter().map(|sort| sort.sample.letter.as_str()).filter(|letter| !new.contains(*letter));
            let (_, grown) = meet(&mut session, pass, &counted(others)).await?;
            for (group, letters) in grown {
                *added.entry(group).or_default() += letters;
            }
            session.query_group(INSERT_GROUPS, &groups_group(sorts, &added, now)).await?;
            session.commit().await?;
        }
        Ok(())
    }

    /// Takes letters out of the index that are no longer in the queue. Of copies without an id so many are gone as the name
    /// is told.
    ///
    /// # Errors
    /// [`StoreError`]. Repeating it counts copies twice until the next pass has met them.
    pub async fn forget_letters(&self, letters: &[String]) -> Result<(), StoreError> {
        const GONE: &str = "DELETE FROM letters WHERE letter IN (SELECT l.letter FROM {u} \
             JOIN letters AS l ON l.letter = u.letter WHERE l.copies <= u.n) \
             RETURNING tenant, fingerprint, copies AS letters";
        const SOME: &str = "SELECT l.tenant, l.fingerprint, u.n AS letters FROM {u} \
             JOIN letters AS l ON l.letter = u.letter WHERE l.copies > u.n";
        const FEWER: &str = "UPDATE letters SET copies = letters.copies - u.n FROM {u} \
             WHERE letters.letter = u.letter AND letters.copies > u.n";
        const TAKE_AWAY: &str = "UPDATE letter_groups SET letters = letter_groups.letters - u.letters FROM {u} \
             WHERE letter_groups.tenant = u.tenant AND letter_groups.fingerprint = u.fingerprint";
        for letters in counted(letters.iter().map(String::as_str)).chunks(GROUP) {
            let group = Group::of(letters.len())
                .text("letter", letters.iter().map(|(letter, _)| *letter))
                .int("n", letters.iter().map(|(_, n)| *n));
            let mut session = self.inner.db.begin_anew().await?;
            let mut gone = session.query_group(GONE, &group).await?;
            gone.extend(session.query_group(SOME, &group).await?);
            session.query_group(FEWER, &group).await?;
            session.query_group(TAKE_AWAY, &tally_group(&tally(&gone)?)).await?;
            session.commit().await?;
        }
        Ok(())
    }
}

/// How often each name comes: one statement changes no row twice.
fn counted<'a>(letters: impl IntoIterator<Item = &'a str>) -> Vec<(&'a str, i64)> {
    let mut counted: BTreeMap<&str, i64> = BTreeMap::new();
    for letter in letters {
        *counted.entry(letter).or_default() += 1;
    }
    counted.into_iter().collect()
}

/// Notes that a pass has met letters of the index. Which these are, and by how many copies their groups have grown.
async fn meet(
    session: &mut Session,
    pass: i64,
    letters: &[(&str, i64)],
) -> Result<(HashSet<String>, Tally), StoreError> {
    const GROWN: &str = "SELECT l.tenant, l.fingerprint, \
         CASE WHEN l.seen = u.pass THEN u.n ELSE u.n - l.copies END AS letters \
         FROM {u} JOIN letters AS l ON l.letter = u.letter WHERE l.id = ''";
    const MEET: &str = "UPDATE letters SET seen = u.pass, copies = CASE WHEN letters.id <> '' THEN 1 \
         WHEN letters.seen = u.pass THEN letters.copies + u.n ELSE u.n END FROM {u} \
         WHERE letters.letter = u.letter RETURNING letters.letter";
    let group = Group::of(letters.len())
        .text("letter", letters.iter().map(|(letter, _)| *letter))
        .int("pass", letters.iter().map(|_| pass))
        .int("n", letters.iter().map(|(_, n)| *n));
    let grown = tally(&session.query_group(GROWN, &group).await?)?;
    let met = session.query_group(MEET, &group).await?;
    Ok((met.iter().map(|row| get::<String>(row, "letter")).collect::<Result<_, _>>()?, grown))
}

/// How many letters there are of a tenant's group. Several processes lock rows in one order.
type Tally = BTreeMap<(String, String), i64>;

fn tally(letters: &[QueryResult]) -> Result<Tally, StoreError> {
    let mut tally = Tally::new();
    for letter in letters {
        let some: i64 = get(letter, "letters")?;
        *tally.entry((get(letter, "tenant")?, get(letter, "fingerprint")?)).or_default() += some;
    }
    Ok(tally)
}

fn tally_group(tally: &Tally) -> Group<'_> {
    Group::of(tally.len())
        .text("tenant", tally.keys().map(|(tenant, _)| tenant.as_str()))
        .text("fingerprint", tally.keys().map(|(_, fingerprint)| fingerprint.as_str()))
        .int("letters", tally.values().copied())
}

/// One that is there already is met, and not added.
const INSERT: &str = "INSERT INTO letters (letter, tenant, id, epoch, lane, channel, provider, class, code, template, \
     reason, error, fingerprint, attempts, dead_at, expires_at, seen, copies) \
     SELECT u.letter, u.tenant, u.id, u.epoch, u.lane, u.channel, u.provider, u.class, u.code, u.template, u.reason, \
     u.error, u.fingerprint, u.attempts, u.dead_at, u.expires_at, u.pass, u.copies FROM {u} WHERE TRUE \
     ON CONFLICT (letter) DO NOTHING RETURNING letter, tenant, fingerprint, copies AS letters";

/// A group that was made before keeps its life, and knows the oldest and the newest of its letters.
const INSERT_GROUPS: &str = "INSERT INTO letter_groups (tenant, fingerprint, channel, provider, class, code, template, \
     reason, words, sample, life, changed_at, first_at, last_at, letters) \
     SELECT u.tenant, u.fingerprint, u.channel, u.provider, u.class, u.code, u.template, u.reason, u.words, u.letter, \
     'open', u.now, u.first_at, u.last_at, u.letters FROM {u} WHERE TRUE \
     ON CONFLICT (tenant, fingerprint) DO UPDATE SET sample = excluded.sample, \
     letters = letter_groups.letters + excluded.letters, \
     first_at = CASE WHEN excluded.first_at < letter_groups.first_at THEN excluded.first_at \
     ELSE letter_groups.first_at END, \
     last_at = CASE WHEN excluded.last_at > letter_groups.last_at THEN excluded.last_at ELSE letter_groups.last_at END";

/// One statement writes no row twice: equal letters without an id are counted.
fn letters_group<'a>(sorts: &'a [Sort], pass: i64) -> Group<'a> {
    let mut copies: HashMap<&'a str, i64> = HashMap::new();
    for Sort { sample, .. } in sorts {
        *copies.entry(sample.letter.as_str()).or_default() += i64::from(sample.copies);
    }
    let first = |one: &'a IndexedLetter| Some((one, copies.remove(one.letter.as_str())?));
    let letters: Vec<(&'a IndexedLetter, i64)> = sorts.iter().map(|sort| &sort.sample).filter_map(first).collect();
    let each = || letters.iter().map(|(one, _)| *one);
    Group::of(letters.len())
        .text("letter", each().map(|one| one.letter.as_str()))
        .text("tenant", each().map(|one| one.tenant.as_str()))
        .text("id", each().map(|one| one.id.as_str()))
        .int("epoch", each().map(|one| i64::from(one.epoch)))
        .text("lane", each().map(|one| one.lane.as_str()))
        .text("channel", each().map(|one| one.channel.as_str()))
        .text("provider", each().map(|one| one.provider.as_str()))
        .text("class", each().map(|one| one.class.as_str()))
        .text("code", each().map(|one| one.code.as_str()))
        .text("template", each().map(|one| one.template.as_str()))
        .text("reason", each().map(|one| one.reason.as_str()))
        .text("error", each().map(|one| one.error.as_str()))
        .text("fingerprint", each().map(|one| one.fingerprint.as_str()))
        .int("attempts", each().map(|one| i64::from(one.attempts)))
        .int("dead_at", each().map(|one| one.dead_at.as_micros()))
        .int("expires_at", each().map(|one| one.expires_at.map(Timestamp::as_micros)))
        .int("pass", each().map(|_| pass))
        .int("copies", letters.iter().map(|(one, copies)| if one.id.is_empty() { *copies } else { 1 }))
}

/// One row for each group, which tells when the first and the last of its letters here have died, and how many of them were
/// added.
fn groups_group<'a>(sorts: &'a [Sort], added: &Tally, now: Timestamp) -> Group<'a> {
    let mut groups: HashMap<(&'a str, &'a str), (&'a Sort, Timestamp, Timestamp)> = HashMap::new();
    for sort in sorts {
        let one = &sort.sample;
        let group = groups.entry((one.tenant.as_str(), one.fingerprint.as_str()));
        let (_, first, last) = group.or_insert((sort, one.dead_at, one.dead_at));
        *first = (*first).min(one.dead_at);
        *last = (*last).max(one.dead_at);
    }
    // Several processes lock rows in one order.
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_unstable_by_key(|(key, _)| *key);
    let each = || groups.iter().map(|(_, (sort, ..))| &sort.sample);
    let added_to = |one: &IndexedLetter| {
        added.get(&(one.tenant.as_str().to_owned(), one.fingerprint.clone())).copied().unwrap_or_default()
    };
    Group::of(groups.len())
        .text("tenant", each().map(|one| one.tenant.as_str()))
        .text("fingerprint", each().map(|one| one.fingerprint.as_str()))
        .text("channel", each().map(|one| one.channel.as_str()))
        .text("provider", each().map(|one| one.provider.as_str()))
        .text("class", each().map(|one| one.class.as_str()))
        .text("code", each().map(|one| one.code.as_str()))
        .text("template", each().map(|one| one.template.as_str()))
        .text("reason", each().map(|one| one.reason.as_str()))
        .text("words", groups.iter().map(|(_, (sort, ..))| sort.words.as_str()))
        .text("letter", each().map(|one| one.letter.as_str()))
        .int("now", groups.iter().map(|_| now.as_micros()))
        .int("first_at", groups.iter().map(|(_, (_, first, _))| first.as_micros()))
        .int("last_at", groups.iter().map(|(_, (.., last))| last.as_micros()))
        .int("letters", each().map(added_to))
}
