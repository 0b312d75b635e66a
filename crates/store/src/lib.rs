//! All SQL and all Redis of Seonmul: [`Store`] over SQLite or MySQL, [`Cache`] over memory or Redis.
//! One file per aggregate; nothing here decides anything about gifts.

mod cache;
mod connection;
mod error;
mod event_log;
mod guests;
mod idempotency;
mod ids;
mod interviews;
mod mysql;
mod outbox;
mod products;
mod recommendations;
mod reminders;
mod snapshots;
mod sqlite;
mod store;

pub use cache::{Cache, CacheError, Claim, RateDecision, Reservation};
pub use error::{Result, StoreError};
pub use event_log::{LogFile, LogManifest};
pub use guests::GuestRow;
pub use idempotency::{IdempotencyNew, IdempotencyRow};
pub use ids::{
    BuildId, EventId, FileId, GuestId, GuestKey, InterviewId, MailId, RecommendationId, ReminderId,
};
pub use interviews::{AnswerRow, InterviewListed, InterviewRow, SaveOutcome};
pub use outbox::{DeadLetter, Finished, OutboxEvent, OutboxRow, OutboxStatus};
pub use products::{ProductRow, StoredProduct, UpsertCounts};
pub use recommendations::{
    EventNew, EventRow, InsertOutcome, ItemRow, RecommendationNew, RecommendationRow,
};
pub use reminders::{MailClaim, MailNew, MailOutcome, MailStatus, ReminderRow, StuckMail};
pub use snapshots::{BuildRow, BuildStatus, SnapshotRow};
pub use store::{Store, StoreOptions};
