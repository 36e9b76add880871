//! Who is told what is for a topic: those who were put there, and the contacts of a group of that name.

use domain::{Entry, Tenant};

use crate::error::StoreError;
use crate::sql::{Value, get};
use crate::store::Store;

/// What became of a member that was put.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MemberPut {
    New,
    Known,
}

impl Store {
    /// Makes a user a member of a topic.
    ///
    /// # Errors
    /// [`StoreError`]; repeating it is harmless.
    pub async fn put_topic_member(
        &self,
        tenant: &Tenant,
        topic: &str,
        user: &str,
        told: &Entry,
    ) -> Result<MemberPut, StoreError> {
        const PUT: &str = "INSERT INTO topic_members (tenant, topic, user_id, since) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (tenant, topic, user_id) DO NOTHING RETURNING user_id";
        let [tenant, topic, user] = member(tenant, topic, user);
        let values = [tenant, topic, user, Value::Int(Some(told.at.as_micros()))];
        Ok(if self.change_told(PUT, &values, told).await? { MemberPut::New } else { MemberPut::Known })
    }

    /// Ends that a user is a member of a topic; false when nobody has put the user there.
    ///
    /// # Errors
    /// [`StoreError`]; repeating it is harmless.
    pub async fn delete_topic_member(
        &self,
        tenant: &Tenant,
        topic: &str,
        user: &str,
        told: &Entry,
    ) -> Result<bool, StoreError> {
        const DELETE: &str =
            "DELETE FROM topic_members WHERE tenant = $1 AND topic = $2 AND user_id = $3 RETURNING user_id";
        self.change_told(DELETE, &member(tenant, topic, user), told).await
    }

    /// The members that were put into a topic, after this one and in the order of their ids.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn topic_members(
        &self,
        tenant: &Tenant,
        topic: &str,
        after: &str,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        let sql = format!(
            "SELECT user_id FROM topic_members WHERE tenant = $1 AND topic = $2 AND user_id > $3 \
             ORDER BY user_id LIMIT {limit}"
        );
        let rows = self.inner.db.reader().query(&sql, &member(tenant, topic, after)).await?;
        rows.iter().map(|row| get(row, "user_id")).collect()
    }

    /// Everybody who is told what is for a topic, after this one and in the order of their ids: each once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn everybody_of_a_topic(
        &self,
        tenant: &Tenant,
        topic: &str,
        after: &str,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        let mut all = self.topic_members(tenant, topic, after, limit).await?;
        // Each is as many as may be needed: of the two together the first are the next ones.
        all.extend(self.contact_ids_in_group(tenant, topic, after, limit).await?);
        all.sort_unstable();
        all.dedup();
        all.truncate(limit);
        Ok(all)
    }
}

fn member<'a>(tenant: &'a Tenant, topic: &'a str, user: &'a str) -> [Value<'a>; 3] {
    [tenant.as_str(), topic, user].map(|text| Value::Text(Some(text)))
}
