//! Recommendations: a result, the gifts in it, and what the guest did with them. A result, its idempotency key and its event are one transaction.

use crate::connection::{Conn, Row, Step, Value, groups, values};
use crate::error::{Result, StoreError};
use crate::idempotency::{self, IdempotencyNew, IdempotencyRow};
use crate::ids::{GuestKey, InterviewId, RecommendationId};
use crate::outbox::{self, OutboxEvent};
use crate::store::Store;

/// A result to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct RecommendationNew {
    /// Its id.
    pub recommendation_id: RecommendationId,
    /// Whose it is.
    pub guest: GuestKey,
    /// The interview it came from.
    pub interview_id: Option<InterviewId>,
    /// The result it was refined from.
    pub parent_id: Option<RecommendationId>,
    /// When it was made.
    pub created_ms: i64,
    /// The snapshot it was ranked on.
    pub catalogue_version: String,
    /// The seed it was ranked with.
    pub seed: u64,
    /// All of it, as JSON.
    pub body_json: String,
    /// Its gifts.
    pub items: Vec<ItemRow>,
    /// The key under which a repeated request gets the same answer.
    pub idempotency: Option<IdempotencyNew>,
    /// The interview's new status; `None` leaves it.
    pub interview_status: Option<String>,
    /// The event of its making.
    pub event: OutboxEvent,
}

/// One gift of a result.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemRow {
    /// Its place, from 1.
    pub rank: u32,
    /// The product.
    pub product_id: String,
    /// Its score.
    pub score: f64,
    /// How probable it was that it would be shown at this place.
    pub propensity: f64,
    /// Whether it was shown to learn rather than for its score.
    pub explore: bool,
}

/// What became of a result to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InsertOutcome {
    /// It is stored.
    Stored,
    /// Its idempotency key was used before: nothing was stored, and this is the first answer.
    Replayed(IdempotencyRow),
}

/// A stored result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecommendationRow {
    /// Its id.
    pub recommendation_id: RecommendationId,
    /// The interview it came from.
    pub interview_id: Option<InterviewId>,
    /// The result it was refined from.
    pub parent_id: Option<RecommendationId>,
    /// When it was made.
    pub created_ms: i64,
    /// The snapshot it was ranked on.
    pub catalogue_version: String,
    /// The seed it was ranked with.
    pub seed: u64,
    /// All of it, as JSON.
    pub body_json: String,
}

/// Something that the guest did with a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventNew {
    /// What was done.
    pub kind: String,
    /// To which gift; `None` for the result as a whole.
    pub product_id: Option<String>,
    /// When.
    pub at_ms: i64,
}

/// A stored [`EventNew`].
pub type EventRow = EventNew;

struct Events {
    guest: GuestKey,
    recommendation: RecommendationId,
    events: Vec<EventNew>,
    event: OutboxEvent,
}

impl Store {
    /// Stores a result with its gifts, its idempotency key, the interview's new status and its event, all or nothing.
    /// [`StoreError::Orphan`] when the guest does not exist, or not the interview whose status is to change.
    pub async fn recommendation_insert(&self, new: &RecommendationNew) -> Result<InsertOutcome> {
        self.write(new.clone(), |conn, new| Box::pin(insert(conn, new)))
            .await
    }

    /// A result of this guest.
    pub async fn recommendation_fetch(
        &self,
        guest: &GuestKey,
        id: &RecommendationId,
    ) -> Result<Option<RecommendationRow>> {
        let sql = "SELECT recommendation_id, interview_id, parent_id, created_ms, catalogue_version, seed, body_json \
                   FROM recommendations WHERE recommendation_id = ? AND guest_key = ?";
        let row = self.fetch_optional(sql, &values![id, guest]).await?;
        row.as_ref().map(read).transpose()
    }

    /// The guest's results, or those of one interview, newest first, those after the one that `before` names.
    pub async fn recommendation_list(
        &self,
        guest: &GuestKey,
        interview: Option<&InterviewId>,
        before: Option<(i64, RecommendationId)>,
        limit: u32,
    ) -> Result<Vec<RecommendationRow>> {
        let (before_ms, before_id) =
            before.map_or((i64::MAX, String::new()), |(ms, id)| (ms, id.to_string()));
        let rows = match interview {
            None => {
                let sql = "SELECT recommendation_id, interview_id, parent_id, created_ms, catalogue_version, seed, body_json \
                           FROM recommendations WHERE guest_key = ? AND created_ms <= ? AND (created_ms < ? OR recommendation_id < ?) \
                           ORDER BY created_ms DESC, recommendation_id DESC LIMIT ?";
                self.fetch_all(
                    sql,
                    &values![guest, before_ms, before_ms, &before_id, limit],
                )
                .await?
            }
            Some(interview) => {
                let sql = "SELECT recommendation_id, interview_id, parent_id, created_ms, catalogue_version, seed, body_json \
                           FROM recommendations WHERE interview_id = ? AND guest_key = ? AND created_ms <= ? \
                           AND (created_ms < ? OR recommendation_id < ?) ORDER BY created_ms DESC, recommendation_id DESC LIMIT ?";
                self.fetch_all(
                    sql,
                    &values![interview, guest, before_ms, before_ms, &before_id, limit],
                )
                .await?
            }
        };
        rows.iter().map(read).collect()
    }

    /// The products of a result of this guest, in their order.
    pub async fn recommendation_product_ids(
        &self,
        guest: &GuestKey,
        id: &RecommendationId,
    ) -> Result<Option<Vec<String>>> {
        let sql = "SELECT i.product_id FROM recommendations r LEFT JOIN recommendation_items i ON i.recommendation_id = r.recommendation_id \
                   WHERE r.recommendation_id = ? AND r.guest_key = ? ORDER BY i.rank_no LIMIT 1000";
        let rows = self.fetch_all(sql, &values![id, guest]).await?;
        if rows.is_empty() {
            return Ok(None);
        }
        // The join gives one row of nulls to a result without gifts.
        let ids = rows
            .iter()
            .filter_map(|row| row.optional_text(0).transpose())
            .collect::<Result<_>>()?;
        Ok(Some(ids))
    }

    /// Stores what the guest did with a result, together with its event. `false`: the result is not theirs, and nothing was stored.
    pub async fn recommendation_events_insert(
        &self,
        guest: &GuestKey,
        id: &RecommendationId,
        events: &[EventNew],
        event: &OutboxEvent,
    ) -> Result<bool> {
        let args = Events {
            guest: *guest,
            recommendation: id.clone(),
            events: events.to_vec(),
            event: event.clone(),
        };
        self.write(args, |conn, args| Box::pin(insert_events(conn, args)))
            .await
    }

    /// The last `limit` things that the guest did with a result of theirs, in the order of their happening.
    pub async fn recommendation_events_list(
        &self,
        guest: &GuestKey,
        id: &RecommendationId,
        limit: u32,
    ) -> Result<Vec<EventRow>> {
        let sql = "SELECT e.kind, e.product_id, e.at_ms FROM recommendation_events e \
                   JOIN recommendations r ON r.recommendation_id = e.recommendation_id \
                   WHERE e.recommendation_id = ? AND r.guest_key = ? ORDER BY e.sequence DESC LIMIT ?";
        let mut events = Vec::new();
        for row in self.fetch_all(sql, &values![id, guest, limit]).await? {
            events.push(EventRow {
                kind: row.text(0)?,
                product_id: row.optional_text(1)?,
                at_ms: row.int(2)?,
            });
        }
        events.reverse();
        Ok(events)
    }
}

/// The key comes first, so that a repetition waits there before it does any work; then the interview, whose lock orders two results of it.
async fn insert(mut conn: Conn<'_>, new: &RecommendationNew) -> Result<InsertOutcome> {
    if let Some(key) = &new.idempotency
        && let Some(first) = idempotency::take(&mut conn, &new.guest, key).await?
    {
        return Ok(InsertOutcome::Replayed(first));
    }
    if let (Some(interview), Some(status)) = (&new.interview_id, &new.interview_status) {
        let sql = "UPDATE interviews SET status = ?, updated_ms = ?, revision = revision + 1 WHERE interview_id = ? AND guest_key = ?";
        if conn
            .execute(sql, &values![status, new.created_ms, interview, &new.guest])
            .await?
            == 0
        {
            return Err(StoreError::Orphan);
        }
    }
    let sql = "INSERT INTO recommendations \
               (recommendation_id, guest_key, interview_id, parent_id, created_ms, catalogue_version, seed, body_json) \
               VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    let values = values![
        &new.recommendation_id,
        &new.guest,
        new.interview_id.as_ref(),
        new.parent_id.as_ref(),
        new.created_ms,
        &new.catalogue_version,
        new.seed,
        &new.body_json,
    ];
    let mut steps = vec![(sql.into(), values.to_vec())];
    steps.extend(insert_items(new));
    steps.push(outbox::insert(&new.event));
    conn.execute_all(steps).await?;
    Ok(InsertOutcome::Stored)
}

fn insert_items(new: &RecommendationNew) -> Option<Step<'_>> {
    const COLUMNS: &str = "INSERT INTO recommendation_items (recommendation_id, rank_no, product_id, score, propensity, explore) VALUES ";
    if new.items.is_empty() {
        return None;
    }
    let values = new
        .items
        .iter()
        .flat_map(|item| {
            values![
                &new.recommendation_id,
                item.rank,
                &item.product_id,
                item.score,
                item.propensity,
                item.explore
            ]
        })
        .collect();
    let sql = format!("{COLUMNS}{}", groups(new.items.len(), 6));
    Some((sql.into(), values))
}

async fn insert_events(mut conn: Conn<'_>, args: &Events) -> Result<bool> {
    let owned = "SELECT 1 FROM recommendations WHERE recommendation_id = ? AND guest_key = ?";
    if conn
        .fetch_optional(owned, &values![&args.recommendation, &args.guest])
        .await?
        .is_none()
    {
        return Ok(false);
    }
    let mut steps = Vec::with_capacity(2);
    if !args.events.is_empty() {
        let sql = format!(
            "INSERT INTO recommendation_events (recommendation_id, kind, product_id, at_ms) VALUES {}",
            groups(args.events.len(), 4)
        );
        let values: Vec<Value<'_>> = args
            .events
            .iter()
            .flat_map(|e| {
                values![
                    &args.recommendation,
                    &e.kind,
                    e.product_id.as_ref(),
                    e.at_ms
                ]
            })
            .collect();
        steps.push((sql.into(), values));
    }
    steps.push(outbox::insert(&args.event));
    conn.execute_all(steps).await?;
    Ok(true)
}

fn read(row: &Row) -> Result<RecommendationRow> {
    Ok(RecommendationRow {
        recommendation_id: row.id(0, "a recommendation's id")?,
        interview_id: row.optional_id(1, "an interview's id")?,
        parent_id: row.optional_id(2, "a recommendation's id")?,
        created_ms: row.int(3)?,
        catalogue_version: row.text(4)?,
        seed: row.bits(5)?,
        body_json: row.text(6)?,
    })
}
