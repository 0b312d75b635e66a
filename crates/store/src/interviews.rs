//! Interviews and their answers. A change names the revision it was made on, so that two tabs cannot overwrite each other.

use crate::connection::{BATCH_ROWS, Conn, Row, Value, groups, list, values};
use crate::error::Result;
use crate::ids::{GuestKey, InterviewId, RecommendationId};
use crate::outbox::{self, OutboxEvent};
use crate::store::Store;
use std::collections::HashMap;

/// An interview without its answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterviewRow {
    /// Its id.
    pub interview_id: InterviewId,
    /// Whose it is.
    pub guest: GuestKey,
    /// Where it stands, in the words of the service.
    pub status: String,
    /// The question that was asked and not answered yet.
    pub pending_question: Option<String>,
    /// When it began.
    pub created_ms: i64,
    /// When it last changed.
    pub updated_ms: i64,
    /// Grows with every change.
    pub revision: u64,
}

/// The answer to one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerRow {
    /// The question.
    pub question_id: String,
    /// Its place among the answers.
    pub seq: u32,
    /// The answer, as JSON.
    pub answer_json: String,
    /// When it was given.
    pub answered_ms: i64,
}

/// An interview of a list: the row, its answers in order, and its latest recommendation.
pub type InterviewListed = (InterviewRow, Vec<AnswerRow>, Option<RecommendationId>);

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaveOutcome {
    /// It is stored, and the revision is one higher.
    Saved,
    /// The interview changed or went away since it was read: load it again and decide anew.
    Stale,
}

struct Change {
    guest: GuestKey,
    interview: InterviewRow,
    upsert: Vec<AnswerRow>,
    remove: Vec<String>,
    event: OutboxEvent,
}

const LATEST: &str = "SELECT recommendation_id FROM recommendations WHERE interview_id = ? AND guest_key = ? \
                      ORDER BY created_ms DESC, sequence DESC LIMIT 1";

impl Store {
    /// Stores a new interview. [`crate::StoreError::Orphan`] when the guest does not exist.
    pub async fn interview_insert(&self, interview: &InterviewRow) -> Result<()> {
        self.write(interview.clone(), |mut conn, i| {
            Box::pin(async move {
                let sql = "INSERT INTO interviews (interview_id, guest_key, status, pending_question, created_ms, updated_ms, revision) \
                           VALUES (?, ?, ?, ?, ?, ?, ?)";
                let pending = i.pending_question.as_ref();
                conn.execute(sql, &values![&i.interview_id, &i.guest, &i.status, pending, i.created_ms, i.updated_ms, i.revision]).await?;
                Ok(())
            })
        })
        .await
    }

    /// An interview of this guest and its answers in order, all of one moment.
    pub async fn interview_fetch(
        &self,
        guest: &GuestKey,
        interview: &InterviewId,
    ) -> Result<Option<(InterviewRow, Vec<AnswerRow>)>> {
        let sql = "SELECT i.interview_id, i.status, i.pending_question, i.created_ms, i.updated_ms, i.revision, \
                   a.question_id, a.seq, a.answer_json, a.answered_ms \
                   FROM interviews i LEFT JOIN answers a ON a.interview_id = i.interview_id \
                   WHERE i.interview_id = ? AND i.guest_key = ? ORDER BY a.seq, a.question_id LIMIT 1000";
        let rows = self.fetch_all(sql, &values![interview, guest]).await?;
        let Some(first) = rows.first() else {
            return Ok(None);
        };
        let mut answers = Vec::with_capacity(rows.len());
        for row in &rows {
            // The join gives one row of nulls to an interview without answers.
            if row.optional_text(6)?.is_some() {
                answers.push(read_answer(row, 6)?);
            }
        }
        Ok(Some((read_interview(first, *guest)?, answers)))
    }

    /// The guest's interviews, newest first, up to `limit` (1,000 at most) of those after the one that `before` names.
    pub async fn interview_list(
        &self,
        guest: &GuestKey,
        before: Option<(i64, InterviewId)>,
        limit: u32,
    ) -> Result<Vec<InterviewListed>> {
        let sql = "SELECT interview_id, status, pending_question, created_ms, updated_ms, revision, \
                   (SELECT r.recommendation_id FROM recommendations r WHERE r.interview_id = i.interview_id AND r.guest_key = i.guest_key \
                   ORDER BY r.created_ms DESC, r.sequence DESC LIMIT 1) \
                   FROM interviews i WHERE guest_key = ? AND created_ms <= ? AND (created_ms < ? OR interview_id < ?) \
                   ORDER BY created_ms DESC, interview_id DESC LIMIT ?";
        let (before_ms, before_id) =
            before.map_or((i64::MAX, String::new()), |(ms, id)| (ms, id.to_string()));
        let rows = self
            .fetch_all(
                sql,
                &values![
                    guest,
                    before_ms,
                    before_ms,
                    &before_id,
                    limit.min(BATCH_ROWS)
                ],
            )
            .await?;
        let mut listed = Vec::with_capacity(rows.len());
        for row in &rows {
            listed.push((
                read_interview(row, *guest)?,
                Vec::new(),
                row.optional_id(6, "a recommendation's id")?,
            ));
        }
        self.attach_answers(&mut listed).await?;
        Ok(listed)
    }

    async fn attach_answers(&self, listed: &mut [InterviewListed]) -> Result<()> {
        if listed.is_empty() {
            return Ok(());
        }
        let ids: Vec<String> = listed
            .iter()
            .map(|(interview, ..)| interview.interview_id.to_string())
            .collect();
        let mut values = Vec::new();
        let sql = format!(
            "SELECT interview_id, question_id, seq, answer_json, answered_ms FROM answers WHERE interview_id IN ({}) \
             ORDER BY interview_id, seq, question_id",
            list(&mut values, &ids)
        );
        let mut answers: HashMap<String, Vec<AnswerRow>> = HashMap::with_capacity(ids.len());
        for row in self.fetch_all(sql, &values).await? {
            answers
                .entry(row.text(0)?)
                .or_default()
                .push(read_answer(&row, 1)?);
        }
        for (interview, own, _) in listed {
            *own = answers
                .remove(interview.interview_id.as_str())
                .unwrap_or_default();
        }
        Ok(())
    }

    /// Stores changed answers, the interview's new status, pending question and time, and the event, all or nothing, provided that the
    /// interview still has the revision of `interview`.
    pub async fn interview_save_answers(
        &self,
        guest: &GuestKey,
        interview: &InterviewRow,
        upsert: &[AnswerRow],
        remove: &[String],
        event: &OutboxEvent,
    ) -> Result<SaveOutcome> {
        let change = Change {
            guest: *guest,
            interview: interview.clone(),
            upsert: upsert.to_vec(),
            remove: remove.to_vec(),
            event: event.clone(),
        };
        self.write(change, |conn, change| Box::pin(save_answers(conn, change)))
            .await
    }

    /// The latest recommendation that this guest got from the interview.
    pub async fn interview_latest_recommendation(
        &self,
        guest: &GuestKey,
        interview: &InterviewId,
    ) -> Result<Option<RecommendationId>> {
        let row = self
            .fetch_optional(LATEST, &values![interview, guest])
            .await?;
        row.map(|row| row.id(0, "a recommendation's id"))
            .transpose()
    }
}

async fn save_answers(mut conn: Conn<'_>, change: &Change) -> Result<SaveOutcome> {
    let interview = &change.interview;
    let sql = "UPDATE interviews SET status = ?, pending_question = ?, updated_ms = ?, revision = revision + 1 \
               WHERE interview_id = ? AND guest_key = ? AND revision = ?";
    let pending = interview.pending_question.as_ref();
    let values = values![
        &interview.status,
        pending,
        interview.updated_ms,
        &interview.interview_id,
        &change.guest,
        interview.revision
    ];
    if conn.execute(sql, &values).await? == 0 {
        return Ok(SaveOutcome::Stale);
    }
    let replaced: Vec<&String> = change
        .upsert
        .iter()
        .map(|answer| &answer.question_id)
        .chain(&change.remove)
        .collect();
    let mut steps = Vec::with_capacity(3);
    if !replaced.is_empty() {
        let mut values = values![&interview.interview_id].to_vec();
        let sql = format!(
            "DELETE FROM answers WHERE interview_id = ? AND question_id IN ({})",
            list(&mut values, replaced)
        );
        steps.push((sql.into(), values));
    }
    if !change.upsert.is_empty() {
        let sql = format!(
            "INSERT INTO answers (interview_id, question_id, seq, answer_json, answered_ms) VALUES {}",
            groups(change.upsert.len(), 5)
        );
        let values: Vec<Value<'_>> = change
            .upsert
            .iter()
            .flat_map(|a| {
                values![
                    &interview.interview_id,
                    &a.question_id,
                    a.seq,
                    &a.answer_json,
                    a.answered_ms
                ]
            })
            .collect();
        steps.push((sql.into(), values));
    }
    steps.push(outbox::insert(&change.event));
    conn.execute_all(steps).await?;
    Ok(SaveOutcome::Saved)
}

fn read_interview(row: &Row, guest: GuestKey) -> Result<InterviewRow> {
    Ok(InterviewRow {
        interview_id: row.id(0, "an interview's id")?,
        guest,
        status: row.text(1)?,
        pending_question: row.optional_text(2)?,
        created_ms: row.int(3)?,
        updated_ms: row.int(4)?,
        revision: row.bits(5)?,
    })
}

fn read_answer(row: &Row, first: usize) -> Result<AnswerRow> {
    Ok(AnswerRow {
        question_id: row.text(first)?,
        seq: row.small(first + 1, "an answer's place")?,
        answer_json: row.text(first + 2)?,
        answered_ms: row.int(first + 3)?,
    })
}
