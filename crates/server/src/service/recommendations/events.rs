//! What a guest did with a list: stored with its event, for the worker to learn from.

use crate::app::AppState;
use crate::clock::{parse_rfc3339_ms, rfc3339};
use crate::error::{Error, Faults, Result};
use crate::service::strict::objects;
use seonmul_store::{EventNew, GuestKey, OutboxEvent, RecommendationId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

const MAX_EVENTS: usize = 200;

/// Body of the events call.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventsInput {
    /// What happened, in any order.
    #[serde(deserialize_with = "objects")]
    #[schema(min_items = 1, max_items = 200)]
    pub events: Vec<EventInput>,
}

/// One thing that happened.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventInput {
    /// What was done.
    pub kind: EventKind,
    /// With which gift of the list.
    pub product_id: String,
    /// When; now when nothing is said.
    #[schema(format = DateTime)]
    pub at: Option<String>,
}

/// What can be done with a gift.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words of the HTTP contract")]
pub enum EventKind {
    Impression,
    Click,
    Like,
    Dislike,
    Purchase,
}

impl EventKind {
    /// The stable word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Impression => "impression",
            Self::Click => "click",
            Self::Like => "like",
            Self::Dislike => "dislike",
            Self::Purchase => "purchase",
        }
    }
}

/// Answer of the events call.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventsAccepted {
    /// How many were stored.
    pub accepted: usize,
}

/// Stores what a guest did with a list.
pub async fn record_events(
    app: &AppState,
    guest: &GuestKey,
    id: &RecommendationId,
    input: &EventsInput,
) -> Result<EventsAccepted> {
    let shown = app
        .store
        .recommendation_product_ids(guest, id)
        .await?
        .ok_or(Error::NotFound)?;
    let now_ms = app.clock.now_ms();
    let events = check(&input.events, &shown, now_ms)?;
    let payload = json!({
        "recommendation_id": id,
        "events": events
            .iter()
            .map(|e| json!({ "kind": e.kind, "product_id": e.product_id, "at": rfc3339(e.at_ms) }))
            .collect::<Vec<_>>(),
    });
    let event = OutboxEvent::new(
        Some(*guest),
        "recommendation.events",
        payload.to_string(),
        now_ms,
    );
    if app
        .store
        .recommendation_events_insert(guest, id, &events, &event)
        .await?
    {
        Ok(EventsAccepted {
            accepted: events.len(),
        })
    } else {
        Err(Error::NotFound)
    }
}

fn check(events: &[EventInput], shown: &[String], now_ms: i64) -> Result<Vec<EventNew>> {
    let mut faults = Faults::default();
    faults.require(
        (1..=MAX_EVENTS).contains(&events.len()),
        "events",
        "1개부터 200개까지 보낼 수 있습니다.",
        "must hold 1 to 200 events",
    );
    let mut checked = Vec::with_capacity(events.len().min(MAX_EVENTS));
    for (i, event) in events.iter().take(MAX_EVENTS).enumerate() {
        faults.require(
            shown.contains(&event.product_id),
            format!("events[{i}].product_id"),
            "이 추천에 없는 상품입니다.",
            "is not a product of this recommendation",
        );
        let at_ms = event.at.as_deref().map_or(Some(now_ms), parse_rfc3339_ms);
        faults.require(
            at_ms.is_some(),
            format!("events[{i}].at"),
            "RFC 3339 시각이어야 합니다.",
            "must be a time as RFC 3339",
        );
        // Clocks of browsers are often wrong; nothing can have happened later than now.
        let at_ms = at_ms.unwrap_or(now_ms).clamp(0, now_ms);
        checked.push(EventNew {
            kind: event.kind.as_str().to_owned(),
            product_id: Some(event.product_id.clone()),
            at_ms,
        });
    }
    faults.finish().map(|()| checked)
}
