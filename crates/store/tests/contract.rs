//! One suite of behaviours, run on SQLite and on MySQL, and for the cache on memory and on Redis.
//! `SEONMUL_TEST_MYSQL_URL` and `SEONMUL_TEST_REDIS_URL` name servers; each test makes and removes a database or key prefix of its own.

#![expect(
    clippy::unwrap_used,
    reason = "in a test an error is a failure, and the panic says where"
)]

#[path = "contract/caches.rs"]
mod caches;
#[path = "contract/fixture.rs"]
mod fixture;
#[path = "contract/guests.rs"]
mod guests;
#[path = "contract/interviews.rs"]
mod interviews;
#[path = "contract/outbox.rs"]
mod outbox;
#[path = "contract/products.rs"]
mod products;
#[path = "contract/recommendations.rs"]
mod recommendations;
#[path = "contract/reminders.rs"]
mod reminders;
#[path = "contract/schema.rs"]
mod schema;
#[path = "contract/snapshots.rs"]
mod snapshots;
