//! How a claim looks its recipient up in the suppression list, within its own statement, and how others are looked up by
//! the same rule.

use domain::{Listed, RecipientHash};

use crate::sql::Group;

/// Why the recipient of a row of the group is on the list, or NULL. The second lookup is made only where the first has
/// found nothing, and reads no index where there was no other secret before. The expression reads the columns that
/// [`looked_up`] adds to the group, and its columns `tenant` and `channel`.
macro_rules! listed_for {
    () => {
        "COALESCE((SELECT s.reason FROM suppressions AS s WHERE s.recipient = u.listed AND s.channel = u.channel \
         AND s.tenant = u.tenant AND s.breadth >= u.breadth AND (s.until_at IS NULL OR s.until_at > {now}) \
         ORDER BY s.reason LIMIT 1), \
         (SELECT s.reason FROM suppressions AS s WHERE s.recipient = u.listed_before AND s.channel = u.channel \
         AND s.tenant = u.tenant AND s.breadth >= u.breadth AND (s.until_at IS NULL OR s.until_at > {now}) \
         ORDER BY s.reason LIMIT 1))"
    };
}
pub(crate) use listed_for;

/// Looks up those of a group that also has their `place` in it.
pub(crate) const LOOK_UP: &str = concat!("SELECT u.place, ", listed_for!(), " AS reason FROM {u}");

/// Adds to a group under which names its recipients may be on the list. One without a name is not looked up.
pub(crate) fn looked_up<'a>(group: Group<'a>, listed: impl Iterator<Item = Option<&'a Listed>> + Clone) -> Group<'a> {
    let before = |listed: &'a Listed| listed.recipient_before.as_ref().map(RecipientHash::as_bytes);
    let breadth = |listed: &Listed| listed.narrowest.breadth();
    group
        .bytes("listed", listed.clone().map(|listed| listed.map(|listed| listed.recipient.as_bytes())))
        .bytes("listed_before", listed.clone().map(move |listed| listed.and_then(before)))
        .int("breadth", listed.map(move |listed| listed.map(breadth)))
}
