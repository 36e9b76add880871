//! The groups of dead letters that failed alike, and how far an operator has got with each. How many letters a group has is
//! kept with it: the transaction that puts letters into the index or takes them out counts them, and a pass that has met the
//! end of the queue counts all of them anew.

use std::collections::HashMap;
use std::time::Duration;

use domain::{Entry, Tenant, Timestamp};
use sea_orm::QueryResult;

use crate::error::StoreError;
use crate::sql::{Group, Session, Value, count_of, get, unreadable};
use crate::store::Store;

/// The most groups that are listed.
const MOST: u32 = 1_000;
/// How long a replayed group waits before it counts as resolved: what was replayed may still be on its way back.
const SETTLING: Duration = Duration::from_secs(600);
/// The time for which the rate of a group is told.
const LATELY: Duration = Duration::from_secs(3600);
/// So many of the letters of that time are counted at most: the newest.
const LATELY_LOOK: u32 = 10_000;
/// Of a group of which none is among these, so many are counted at most.
const RARE_LOOK: u32 = 1_000;

const COLUMNS: &str = "g.fingerprint, g.channel, g.provider, g.class, g.code, g.template, g.reason, g.words, g.sample, \
     g.life, g.changed_at, g.changed_by, g.note, g.first_at, g.last_at, g.letters";

/// How far an operator has got with a group.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Life {
    Open,
    /// Somebody looks after it.
    Acknowledged,
    /// Its letters were published again.
    Replayed,
    /// None of its letters is in the queue any more.
    Resolved,
    /// It was replayed or resolved, and letters have died in the same way since.
    Regressed,
}

impl Life {
    const ALL: [Self; 5] = [Self::Open, Self::Acknowledged, Self::Replayed, Self::Resolved, Self::Regressed];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Acknowledged => "acknowledged",
            Self::Replayed => "replayed",
            Self::Resolved => "resolved",
            Self::Regressed => "regressed",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|life| life.as_str() == text)
    }
}

/// Letters that failed alike.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LetterGroup {
    pub fingerprint: String,
    pub channel: String,
    pub provider: String,
    pub class: String,
    pub code: String,
    pub template: String,
    pub reason: String,
    /// The words of the error that they have in common.
    pub words: String,
    /// The name of one of them.
    pub sample: String,
    pub life: Life,
    pub changed_at: Timestamp,
    pub changed_by: Option<String>,
    pub note: Option<String>,
    /// How many are in the queue.
    pub letters: u32,
    /// How many of these have died within an hour, among the newest 10,000 of that hour. Where none is among them, 1,000 of
    /// its own are counted at most.
    pub last_hour: u32,
    /// More of the group may have died in that hour than were counted.
    pub is_cut: bool,
    /// When the first that was ever seen has died.
    pub first_at: Timestamp,
    pub last_at: Timestamp,
}

impl Store {
    /// The groups of a tenant, those with the most letters first, at most a thousand. Resolved ones only where asked for.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn letter_groups(&self, tenant: &Tenant, resolved: bool) -> Result<Vec<LetterGroup>, StoreError> {
        self.letter_groups_within(tenant, resolved, LATELY_LOOK).await
    }

    /// The same, counting another number of letters of the last hour.
    pub(crate) async fn letter_groups_within(
        &self,
        tenant: &Tenant,
        resolved: bool,
        look: u32,
    ) -> Result<Vec<LetterGroup>, StoreError> {
        let resolved = if resolved { "" } else { "AND (g.life <> 'resolved' OR g.letters > 0)" };
        let sql = format!(
            "SELECT {COLUMNS} FROM letter_groups AS g WHERE g.tenant = $1 {resolved} \
             ORDER BY g.letters DESC, g.last_at DESC, g.fingerprint LIMIT {MOST}"
        );
        let (of_tenant, began) = (Value::Text(Some(tenant.as_str())), self.lately_began());
        let mut session = self.inner.db.page_reader().await?;
        let lately = lately(&mut session, "tenant = $1", &[of_tenant], began, look).await?;
        let rows = session.query(&sql, &[of_tenant]).await?;
        let mut groups: Vec<LetterGroup> = rows.iter().map(|row| group_of(row, &lately)).collect::<Result<_, _>>()?;
        count_rare(&mut session, tenant, &mut groups, began).await?;
        session.commit().await?;
        Ok(groups)
    }

    /// One group of a tenant, also a resolved one. None when there is no such group.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn letter_group(&self, tenant: &Tenant, fingerprint: &str) -> Result<Option<LetterGroup>, StoreError> {
        if fingerprint.contains('\0') {
            return Ok(None);
        }
        let sql = format!("SELECT {COLUMNS} FROM letter_groups AS g WHERE g.tenant = $1 AND g.fingerprint = $2");
        let (tenant, fingerprint) = (Value::Text(Some(tenant.as_str())), Value::Text(Some(fingerprint)));
        let mut session = self.inner.db.page_reader().await?;
        let of_group = [tenant, fingerprint];
        let whose = "tenant = $1 AND fingerprint = $2";
        let lately = lately(&mut session, whose, &of_group, self.lately_began(), LATELY_LOOK).await?;
        let rows = session.query(&sql, &of_group).await?;
        session.commit().await?;
        rows.first().map(|row| group_of(row, &lately)).transpose()
    }

    /// Since when letters count as those of lately.
    fn lately_began(&self) -> Timestamp {
        self.inner.clock.now().minus(LATELY)
    }

    /// How many groups of a tenant, or of everybody, nobody looks after: those that are open or have come back.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_letter_groups(&self, tenant: Option<&Tenant>) -> Result<u32, StoreError> {
        let whose = tenant.map(|_| " AND tenant = $1").unwrap_or_default();
        let sql = format!("SELECT COUNT(*) AS open FROM letter_groups WHERE life IN ('open', 'regressed'){whose}");
        let values: Vec<Value<'_>> = tenant.map(|tenant| Value::Text(Some(tenant.as_str()))).into_iter().collect();
        let rows = self.inner.db.hasty_query(&sql, &values).await?;
        rows.first().map_or(Ok(0), |row| count_of(row, "open"))
    }

    /// Notes that somebody looks after a group, and what there is to say about it. False when there is no such group.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn acknowledge_letter_group(
        &self,
        tenant: &Tenant,
        fingerprint: &str,
        note: Option<&str>,
        told: &Entry,
    ) -> Result<bool, StoreError> {
        const ACKNOWLEDGE: &str = "UPDATE letter_groups SET life = 'acknowledged', changed_at = $3, changed_by = $4, \
             note = COALESCE($5, note) WHERE tenant = $1 AND fingerprint = $2 RETURNING fingerprint";
        let values = [
            Value::Text(Some(tenant.as_str())),
            Value::Text(Some(fingerprint)),
            Value::Int(Some(told.at.as_micros())),
            Value::Text(Some(&told.actor)),
            Value::Text(note),
        ];
        self.change_told(ACKNOWLEDGE, &values, told).await
    }
}

/// How many letters of each group have died within an hour.
struct Lately {
    letters: HashMap<String, u32>,
    began: Timestamp,
    is_cut: bool,
}

/// Counts the letters that fit a condition and died after `began`, at so many of which is looked.
async fn lately(
    session: &mut Session,
    whose: &str,
    values: &[Value<'_>],
    began: Timestamp,
    look: u32,
) -> Result<Lately, StoreError> {
    let mut values = values.to_vec();
    values.push(Value::Int(Some(began.as_micros())));
    let sql = format!(
        "SELECT l.fingerprint, COUNT(*) AS looked_at, CAST(SUM(l.copies) AS BIGINT) AS letters \
         FROM (SELECT fingerprint, copies FROM letters WHERE {whose} AND dead_at > ${} ORDER BY dead_at DESC LIMIT {look}) \
         AS l GROUP BY l.fingerprint",
        values.len()
    );
    let rows = session.query(&sql, &values).await?;
    let letters = rows
        .iter()
        .map(|row| Ok((get::<String>(row, "fingerprint")?, count_of(row, "letters")?)))
        .collect::<Result<HashMap<String, u32>, StoreError>>()?;
    let mut looked_at = 0;
    for row in &rows {
        looked_at += count_of(row, "looked_at")?;
    }
    let is_cut = looked_at >= look;
    Ok(Lately { letters, began, is_cut })
}

/// Counts the letters of groups of which none was among those at which was looked: "0 or more" tells nobody anything.
async fn count_rare(
    session: &mut Session,
    tenant: &Tenant,
    groups: &mut [LetterGroup],
    began: Timestamp,
) -> Result<(), StoreError> {
    let sql = format!(
        "SELECT u.fingerprint, (SELECT CAST(COALESCE(SUM(c.copies), 0) AS BIGINT) FROM (SELECT l.copies FROM letters AS l \
         WHERE l.tenant = u.tenant AND l.fingerprint = u.fingerprint AND l.dead_at > u.began LIMIT {RARE_LOOK}) AS c) \
         AS letters FROM {{u}}"
    );
    let rare = || groups.iter().filter(|group| group.is_cut && group.last_hour == 0);
    let wanted = rare().count();
    if wanted == 0 {
        return Ok(());
    }
    let of = Group::of(wanted)
        .text("fingerprint", rare().map(|group| group.fingerprint.as_str()))
        .text("tenant", rare().map(|_| tenant.as_str()))
        .int("began", rare().map(|_| began.as_micros()));
    let mut counted = HashMap::new();
    for row in session.query_group(&sql, &of).await? {
        counted.insert(get::<String>(&row, "fingerprint")?, count_of(&row, "letters")?);
    }
    for group in groups {
        if let Some(letters) = counted.get(&group.fingerprint) {
            (group.last_hour, group.is_cut) = (*letters, *letters >= RARE_LOOK);
        }
    }
    Ok(())
}

/// Counts the letters of all groups. How many groups had another number.
pub(super) async fn count(session: &mut Session) -> Result<usize, StoreError> {
    const COUNT: &str = "UPDATE letter_groups SET letters = (SELECT CAST(COALESCE(SUM(l.copies), 0) AS BIGINT) \
         FROM letters AS l \
         WHERE l.tenant = letter_groups.tenant AND l.fingerprint = letter_groups.fingerprint) \
         WHERE letters <> (SELECT CAST(COALESCE(SUM(l.copies), 0) AS BIGINT) FROM letters AS l \
         WHERE l.tenant = letter_groups.tenant AND l.fingerprint = letter_groups.fingerprint) RETURNING fingerprint";
    Ok(session.query(COUNT, &[]).await?.len())
}

/// Moves the groups on once the queue was read to its end.
pub(super) async fn live_on(session: &mut Session, now: Timestamp) -> Result<(), StoreError> {
    const RESOLVE: &str = "UPDATE letter_groups SET life = 'resolved', changed_at = $1, changed_by = NULL \
         WHERE life <> 'resolved' AND (life <> 'replayed' OR changed_at < $2) AND NOT EXISTS (SELECT 1 FROM letters AS l \
         WHERE l.tenant = letter_groups.tenant AND l.fingerprint = letter_groups.fingerprint)";
    const REGRESS: &str = "UPDATE letter_groups SET life = 'regressed', changed_at = $1, changed_by = NULL \
         WHERE life IN ('replayed', 'resolved') AND EXISTS (SELECT 1 FROM letters AS l \
         WHERE l.tenant = letter_groups.tenant AND l.fingerprint = letter_groups.fingerprint \
         AND l.dead_at > letter_groups.changed_at)";
    // What is there again and has not died since was put back by somebody, or was read late.
    const REOPEN: &str = "UPDATE letter_groups SET life = 'open', changed_at = $1, changed_by = NULL \
         WHERE life = 'resolved' AND EXISTS (SELECT 1 FROM letters AS l \
         WHERE l.tenant = letter_groups.tenant AND l.fingerprint = letter_groups.fingerprint)";
    let settled = Value::Int(Some(now.minus(SETTLING).as_micros()));
    let now = Value::Int(Some(now.as_micros()));
    session.query(RESOLVE, &[now, settled]).await?;
    session.query(REGRESS, &[now]).await?;
    session.query(REOPEN, &[now]).await.map(drop)
}

fn group_of(row: &QueryResult, lately: &Lately) -> Result<LetterGroup, StoreError> {
    let fingerprint: String = get(row, "fingerprint")?;
    let (letters, last_at) = (count_of(row, "letters")?, Timestamp::from_micros(get(row, "last_at")?));
    let last_hour = lately.letters.get(&fingerprint).copied().unwrap_or_default();
    Ok(LetterGroup {
        last_hour,
        is_cut: lately.is_cut && last_hour < letters && last_at > lately.began,
        letters,
        last_at,
        fingerprint,
        channel: get(row, "channel")?,
        provider: get(row, "provider")?,
        class: get(row, "class")?,
        code: get(row, "code")?,
        template: get(row, "template")?,
        reason: get(row, "reason")?,
        words: get(row, "words")?,
        sample: get(row, "sample")?,
        life: Life::parse(&get::<String>(row, "life")?).ok_or_else(|| unreadable("life"))?,
        changed_at: Timestamp::from_micros(get(row, "changed_at")?),
        changed_by: get(row, "changed_by")?,
        note: get(row, "note")?,
        first_at: Timestamp::from_micros(get(row, "first_at")?),
    })
}
