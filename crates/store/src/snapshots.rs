//! Builds of the catalogue, which nodes claim from each other by a lease, and the snapshots that came of them.

use crate::connection::{Conn, Row, values};
use crate::error::{Result, StoreError};
use crate::ids::BuildId;
use crate::store::Store;
use std::fmt;

/// Where a build stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuildStatus {
    /// Asked for; nobody has begun.
    Requested,
    /// Claimed by a node.
    Running,
    /// Ended with a snapshot.
    Done,
    /// Ended without one.
    Failed,
}

impl BuildStatus {
    /// The stable word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for BuildStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TryFrom<String> for BuildStatus {
    type Error = StoreError;
    fn try_from(word: String) -> Result<Self> {
        [Self::Requested, Self::Running, Self::Done, Self::Failed]
            .into_iter()
            .find(|status| status.as_str() == word)
            .ok_or(StoreError::Corrupt {
                what: "a build's status",
            })
    }
}

/// A build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildRow {
    /// Its id.
    pub build_id: BuildId,
    /// Where it stands.
    pub status: BuildStatus,
    /// When it was asked for.
    pub requested_ms: i64,
    /// When it was last claimed.
    pub started_ms: Option<i64>,
    /// When it ended.
    pub finished_ms: Option<i64>,
    /// The snapshot that came of it.
    pub version: Option<String>,
    /// Why it failed.
    pub reason: Option<String>,
    /// How often it was claimed.
    pub attempts: u32,
}

/// A snapshot of the catalogue that nodes can map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotRow {
    /// Names its content: the same products give the same version.
    pub version: String,
    /// Where its file is.
    pub location: String,
    /// Checksum of its file.
    pub checksum: String,
    /// How many products it holds.
    pub products: u64,
    /// When it was built.
    pub built_ms: i64,
    /// The [`Store::product_revision`] it was built from.
    pub product_revision: u64,
}

const BUILD_FETCH: &str = "SELECT build_id, status, requested_ms, started_ms, finished_ms, version, reason, attempts FROM builds \
                           WHERE build_id = ?";
const BUILD_LATEST: &str = "SELECT build_id, status, requested_ms, started_ms, finished_ms, version, reason, attempts FROM builds \
                            ORDER BY requested_ms DESC, build_id DESC LIMIT 1";

impl Store {
    /// Asks for a build.
    pub async fn build_request(&self, build: &BuildId, now_ms: i64) -> Result<()> {
        self.write((build.clone(), now_ms), |mut conn, (build, now_ms)| {
            Box::pin(async move {
                let sql = "INSERT INTO builds (build_id, status, requested_ms) VALUES (?, 'requested', ?)";
                conn.execute(sql, &values![build, *now_ms]).await?;
                Ok(())
            })
        })
        .await
    }

    /// Takes the oldest build that waits, or that a node took and did not finish within its lease. Of several that ask, one gets it.
    pub async fn build_claim(&self, now_ms: i64, lease_ms: i64) -> Result<Option<BuildId>> {
        self.write((now_ms, lease_ms), |conn, &(now_ms, lease_ms)| {
            Box::pin(claim(conn, now_ms, lease_ms))
        })
        .await
    }

    /// Ends a running build: with the version of its snapshot, or with the reason why there is none. `false` when it was not running.
    pub async fn build_finish(
        &self,
        build: &BuildId,
        outcome: Result<&str, &str>,
        now_ms: i64,
    ) -> Result<bool> {
        let args = (
            build.clone(),
            outcome.map(str::to_owned).map_err(str::to_owned),
            now_ms,
        );
        self.write(args, |mut conn, (build, outcome, now_ms)| {
            Box::pin(async move {
                let (status, version, reason) = match outcome {
                    Ok(version) => (BuildStatus::Done, Some(version), None),
                    Err(reason) => (BuildStatus::Failed, None, Some(reason)),
                };
                let sql = "UPDATE builds SET status = ?, version = ?, reason = ?, finished_ms = ? WHERE build_id = ? AND status = 'running'";
                Ok(conn.execute(sql, &values![status.as_str(), version, reason, *now_ms, build]).await? > 0)
            })
        })
        .await
    }

    /// A build.
    pub async fn build_fetch(&self, build: &BuildId) -> Result<Option<BuildRow>> {
        let row = self.fetch_optional(BUILD_FETCH, &values![build]).await?;
        row.as_ref().map(read_build).transpose()
    }

    /// The build that was asked for last.
    pub async fn build_latest(&self) -> Result<Option<BuildRow>> {
        let row = self.fetch_optional(BUILD_LATEST, &[]).await?;
        row.as_ref().map(read_build).transpose()
    }

    /// Stores a snapshot and makes it the latest, also when its version was there before.
    pub async fn snapshot_insert(&self, snapshot: &SnapshotRow) -> Result<()> {
        self.write(snapshot.clone(), |conn, snapshot| {
            Box::pin(insert_snapshot(conn, snapshot))
        })
        .await
    }

    /// The snapshot that was stored last.
    pub async fn snapshot_latest(&self) -> Result<Option<SnapshotRow>> {
        let sql = "SELECT version, location, checksum, products, built_ms, product_revision FROM snapshots \
                   ORDER BY publication DESC LIMIT 1";
        let Some(row) = self.fetch_optional(sql, &[]).await? else {
            return Ok(None);
        };
        Ok(Some(SnapshotRow {
            version: row.text(0)?,
            location: row.text(1)?,
            checksum: row.text(2)?,
            products: row.bits(3)?,
            built_ms: row.int(4)?,
            product_revision: row.bits(5)?,
        }))
    }
}

/// The update names what was read, so that of two nodes that read the same build one changes no row, and looks again.
async fn claim(mut conn: Conn<'_>, now_ms: i64, lease_ms: i64) -> Result<Option<BuildId>> {
    let open = "SELECT build_id, status, lease_ms FROM builds \
                WHERE status IN ('requested', 'running') AND (status = 'requested' OR lease_ms <= ?) \
                ORDER BY requested_ms, build_id LIMIT 1";
    let take = "UPDATE builds SET status = 'running', started_ms = ?, lease_ms = ?, attempts = attempts + 1 \
                WHERE build_id = ? AND status = ? AND lease_ms = ?";
    while let Some(row) = conn.fetch_optional(open, &values![now_ms]).await? {
        let build: BuildId = row.id(0, "a build's id")?;
        let (status, lease_until_ms) = (row.text(1)?, row.int(2)?);
        let values = values![
            now_ms,
            now_ms.saturating_add(lease_ms),
            &build,
            &status,
            lease_until_ms
        ];
        if conn.execute(take, &values).await? > 0 {
            return Ok(Some(build));
        }
    }
    Ok(None)
}

async fn insert_snapshot(mut conn: Conn<'_>, snapshot: &SnapshotRow) -> Result<()> {
    // The counter's lock makes two nodes take turns, so that the one that commits last is the latest.
    conn.execute(
        "UPDATE counters SET value = value + 1 WHERE name = 'snapshot_publication'",
        &[],
    )
    .await?;
    let row = conn
        .fetch_optional(
            "SELECT value FROM counters WHERE name = 'snapshot_publication'",
            &[],
        )
        .await?;
    let publication = row
        .ok_or(StoreError::Corrupt { what: "a counter" })?
        .int(0)?;
    let sql = conn.dialect(
        "INSERT INTO snapshots (version, location, checksum, products, built_ms, product_revision, publication) VALUES (?, ?, ?, ?, ?, ?, ?) \
         ON CONFLICT (version) DO UPDATE SET location = excluded.location, checksum = excluded.checksum, products = excluded.products, \
         built_ms = excluded.built_ms, product_revision = excluded.product_revision, publication = excluded.publication",
        "INSERT INTO snapshots (version, location, checksum, products, built_ms, product_revision, publication) VALUES (?, ?, ?, ?, ?, ?, ?) \
         ON DUPLICATE KEY UPDATE location = VALUES(location), checksum = VALUES(checksum), products = VALUES(products), \
         built_ms = VALUES(built_ms), product_revision = VALUES(product_revision), publication = VALUES(publication)",
    );
    let SnapshotRow {
        version,
        location,
        checksum,
        products,
        built_ms,
        product_revision,
    } = snapshot;
    conn.execute(
        sql,
        &values![
            version,
            location,
            checksum,
            *products,
            *built_ms,
            *product_revision,
            publication
        ],
    )
    .await?;
    Ok(())
}

fn read_build(row: &Row) -> Result<BuildRow> {
    Ok(BuildRow {
        build_id: row.id(0, "a build's id")?,
        status: row.id(1, "a build's status")?,
        requested_ms: row.int(2)?,
        started_ms: row.optional_int(3)?,
        finished_ms: row.optional_int(4)?,
        version: row.optional_text(5)?,
        reason: row.optional_text(6)?,
        attempts: row.small(7, "a count of attempts")?,
    })
}
