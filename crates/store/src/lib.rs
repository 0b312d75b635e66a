//! All SQL and all Redis of Seonmul: [`Store`] over SQLite or MySQL, [`Cache`] over memory or Redis.
//! One file per aggregate; nothing here decides anything about gifts.

mod cache;
mod connection;
mod error;
mod guests;
mod idempotency;
mod ids;
mod interviews;
mod mysql;
mod outbox;
mod products;
mod recommendations;
mod snapshots;
mod sqlite;
mod store;

pub use cache::{Cache, CacheError, Claim, RateDecision, Reservation};
pub use error::{Result, StoreError};
pub use guests::GuestRow;
pub use idempotency::{IdempotencyNew, IdempotencyRow};
pub use ids::{BuildId, EventId, GuestId, GuestKey, InterviewId, RecommendationId};
pub use interviews::{AnswerRow, InterviewListed, InterviewRow, SaveOutcome};
pub use outbox::{OutboxEvent, OutboxRow};
pub use products::{ProductRow, StoredProduct, UpsertCounts};
pub use recommendations::{
    EventNew, EventRow, InsertOutcome, ItemRow, RecommendationNew, RecommendationRow,
};
pub use snapshots::{BuildRow, BuildStatus, SnapshotRow};
pub use store::{Store, StoreOptions};
