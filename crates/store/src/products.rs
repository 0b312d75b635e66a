//! Products: the validated rows of every feed. A row that leaves the shop is retired, not deleted, and a counter changes with every change
//! of the live rows, so that a build knows whether there is anything to do.

use crate::connection::{BATCH_ROWS, Conn, Value, groups, list, powers, values};
use crate::error::{Result, StoreError};
use crate::store::Store;
use seonmul_engine::catalogue::Product;
use std::collections::{BTreeMap, HashMap};

/// Rows of one INSERT, a power of two; with the largest rows stays below the 16 MB that MySQL takes in one packet.
const STATEMENT_ROWS: usize = 256;

/// A product as a source gave it.
#[derive(Debug, Clone, PartialEq)]
pub struct ProductRow {
    /// The product.
    pub product: Product,
    /// The feed or adapter it came from.
    pub source: String,
    /// Hash of its content, by which a change is noticed.
    pub content_hash: u64,
}

/// A stored product.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredProduct {
    /// The row.
    pub row: ProductRow,
    /// Whether it has left the shop.
    pub retired: bool,
    /// When it last changed.
    pub updated_ms: i64,
}

/// What became of the rows of a batch. A product that a batch holds twice counts once, and its last row is taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UpsertCounts {
    /// New products.
    pub inserted: u64,
    /// Products that changed or came back.
    pub updated: u64,
    /// Products that were the same already.
    pub unchanged: u64,
}

struct Prepared {
    product_id: String,
    source: String,
    content_hash: u64,
    product_json: String,
}

struct Batch {
    rows: Vec<Prepared>,
    import_id: String,
    now_ms: i64,
}

impl Store {
    /// Stores the products of one import, 1,000 a transaction, and marks each as seen by it. A product that is the same and not retired stays as it is.
    pub async fn product_upsert_batch(
        &self,
        products: &[ProductRow],
        now_ms: i64,
        import_id: &str,
    ) -> Result<UpsertCounts> {
        let mut counts = UpsertCounts::default();
        for chunk in products.chunks(BATCH_ROWS as usize) {
            let batch = Batch {
                rows: prepare(chunk)?,
                import_id: import_id.to_owned(),
                now_ms,
            };
            let done = self
                .write(batch, |conn, batch| Box::pin(upsert(conn, batch)))
                .await?;
            counts.inserted += done.inserted;
            counts.updated += done.updated;
            counts.unchanged += done.unchanged;
        }
        Ok(counts)
    }

    /// Retires the live products of a source that this import did not see, in transactions of 1,000, and gives their number.
    pub async fn product_prune(&self, source: &str, import_id: &str, now_ms: i64) -> Result<u64> {
        let sql = "SELECT product_id FROM products WHERE retired_ms IS NULL AND product_id > ? AND source = ? AND import_id <> ? \
                   ORDER BY product_id LIMIT ?";
        let mut after = String::new();
        let mut retired = 0;
        loop {
            let rows = self
                .fetch_all(sql, &values![&after, source, import_id, BATCH_ROWS])
                .await?;
            let ids = rows
                .iter()
                .map(|row| row.text(0))
                .collect::<Result<Vec<_>>>()?;
            let Some(last) = ids.last() else {
                return Ok(retired);
            };
            after.clone_from(last);
            let args = (ids, import_id.to_owned(), now_ms);
            retired += self
                .write(args, |conn, (ids, import_id, now_ms)| {
                    Box::pin(retire_unseen(conn, ids, import_id, *now_ms))
                })
                .await?;
        }
    }

    /// A product, live or retired.
    pub async fn product_fetch(&self, product_id: &str) -> Result<Option<StoredProduct>> {
        let sql = "SELECT product_json, source, content_hash, retired_ms, updated_ms FROM products WHERE product_id = ?";
        let Some(row) = self.fetch_optional(sql, &values![product_id]).await? else {
            return Ok(None);
        };
        Ok(Some(StoredProduct {
            row: ProductRow {
                product: decode(&row.text(0)?)?,
                source: row.text(1)?,
                content_hash: row.bits(2)?,
            },
            retired: row.optional_int(3)?.is_some(),
            updated_ms: row.int(4)?,
        }))
    }

    /// Replaces a live product by hand; its source stays. With a `content_hash` that the feed's row does not have, the next import restores
    /// the feed's row. `false` when there is no such live product.
    pub async fn product_patch(
        &self,
        product: &Product,
        content_hash: u64,
        now_ms: i64,
    ) -> Result<bool> {
        let args = (
            product.product_id.clone(),
            encode(product)?,
            content_hash,
            now_ms,
        );
        self.write(args, |mut conn, (product_id, json, content_hash, now_ms)| {
            Box::pin(async move {
                let sql = "UPDATE products SET product_json = ?, content_hash = ?, updated_ms = ? WHERE product_id = ? AND retired_ms IS NULL";
                let changed = conn.execute(sql, &values![json, *content_hash, *now_ms, product_id]).await? > 0;
                if changed {
                    bump_revision(&mut conn).await?;
                }
                Ok(changed)
            })
        })
        .await
    }

    /// Retires a product. `false` when there is no such live product.
    pub async fn product_delete(&self, product_id: &str, now_ms: i64) -> Result<bool> {
        self.write((product_id.to_owned(), now_ms), |mut conn, (product_id, now_ms)| {
            Box::pin(async move {
                let sql = "UPDATE products SET retired_ms = ?, updated_ms = ? WHERE product_id = ? AND retired_ms IS NULL";
                let changed = conn.execute(sql, &values![*now_ms, *now_ms, product_id]).await? > 0;
                if changed {
                    bump_revision(&mut conn).await?;
                }
                Ok(changed)
            })
        })
        .await
    }

    /// How many products are live.
    pub async fn product_count(&self) -> Result<u64> {
        self.fetch_number("SELECT COUNT(*) FROM products WHERE retired_ms IS NULL")
            .await
    }

    /// A number that grows with every change of the live products.
    pub async fn product_revision(&self) -> Result<u64> {
        self.fetch_number("SELECT value FROM counters WHERE name = 'product_revision'")
            .await
    }

    /// Up to `limit` live products in the order of their ids, those after `after`.
    pub async fn product_page(&self, after: Option<&str>, limit: u32) -> Result<Vec<Product>> {
        let sql = "SELECT product_json FROM products WHERE retired_ms IS NULL AND product_id > ? ORDER BY product_id LIMIT ?";
        let rows = self
            .fetch_all(sql, &values![after.unwrap_or_default(), limit])
            .await?;
        rows.iter().map(|row| decode(&row.text(0)?)).collect()
    }
}

fn encode(product: &Product) -> Result<String> {
    // Only a number that JSON lacks can fail here, and the validation of feeds lets none pass.
    serde_json::to_string(product).map_err(|_| StoreError::Corrupt { what: "a product" })
}

fn decode(json: &str) -> Result<Product> {
    serde_json::from_str(json).map_err(|_| StoreError::Corrupt { what: "a product" })
}

/// Rows in the order of their ids, each id once: two imports at the same time then lock in the same order.
fn prepare(products: &[ProductRow]) -> Result<Vec<Prepared>> {
    let distinct: BTreeMap<&str, &ProductRow> = products
        .iter()
        .map(|row| (row.product.product_id.as_str(), row))
        .collect();
    distinct
        .into_values()
        .map(|row| {
            Ok(Prepared {
                product_id: row.product.product_id.clone(),
                source: row.source.clone(),
                content_hash: row.content_hash,
                product_json: encode(&row.product)?,
            })
        })
        .collect()
}

async fn bump_revision(conn: &mut Conn<'_>) -> Result<()> {
    conn.execute(
        "UPDATE counters SET value = value + 1 WHERE name = 'product_revision'",
        &[],
    )
    .await?;
    Ok(())
}

async fn upsert(mut conn: Conn<'_>, batch: &Batch) -> Result<UpsertCounts> {
    let known = known_rows(&mut conn, &batch.rows).await?;
    let mut counts = UpsertCounts::default();
    let mut changed = Vec::new();
    let mut same = Vec::new();
    for row in &batch.rows {
        match known.get(row.product_id.as_str()) {
            None => counts.inserted += 1,
            Some((hash, source, false)) if *hash == row.content_hash && *source == row.source => {
                counts.unchanged += 1;
                same.push(row);
                continue;
            }
            Some(_) => counts.updated += 1,
        }
        changed.push(row);
    }
    for rows in powers(&changed, STATEMENT_ROWS) {
        write_rows(&mut conn, rows, batch).await?;
    }
    if !same.is_empty() {
        let mut values = values![&batch.import_id].to_vec();
        let sql = format!(
            "UPDATE products SET import_id = ? WHERE product_id IN ({})",
            list(&mut values, same.iter().map(|row| &row.product_id))
        );
        conn.execute(sql, &values).await?;
    }
    if !changed.is_empty() {
        bump_revision(&mut conn).await?;
    }
    Ok(counts)
}

/// Content hash, source and whether retired, by product id.
async fn known_rows(
    conn: &mut Conn<'_>,
    rows: &[Prepared],
) -> Result<HashMap<String, (u64, String, bool)>> {
    let mut values = Vec::new();
    let marks = list(&mut values, rows.iter().map(|row| &row.product_id));
    let lock = conn.dialect("", " FOR UPDATE");
    let sql = format!(
        "SELECT product_id, content_hash, source, retired_ms FROM products WHERE product_id IN ({marks}){lock}"
    );
    let mut known = HashMap::with_capacity(rows.len());
    for row in conn.fetch_all(sql, &values).await? {
        known.insert(
            row.text(0)?,
            (row.bits(1)?, row.text(2)?, row.optional_int(3)?.is_some()),
        );
    }
    Ok(known)
}

async fn write_rows(conn: &mut Conn<'_>, rows: &[&Prepared], batch: &Batch) -> Result<()> {
    let replace = conn.dialect(
        "ON CONFLICT (product_id) DO UPDATE SET source = excluded.source, content_hash = excluded.content_hash, \
         product_json = excluded.product_json, import_id = excluded.import_id, updated_ms = excluded.updated_ms, retired_ms = NULL",
        "ON DUPLICATE KEY UPDATE source = VALUES(source), content_hash = VALUES(content_hash), \
         product_json = VALUES(product_json), import_id = VALUES(import_id), updated_ms = VALUES(updated_ms), retired_ms = NULL",
    );
    let sql = format!(
        "INSERT INTO products (product_id, source, content_hash, product_json, import_id, updated_ms) VALUES {} {replace}",
        groups(rows.len(), 6)
    );
    let values: Vec<Value<'_>> = rows
        .iter()
        .flat_map(|row| {
            values![
                &row.product_id,
                &row.source,
                row.content_hash,
                &row.product_json,
                &batch.import_id,
                batch.now_ms
            ]
        })
        .collect();
    conn.execute(sql, &values).await?;
    Ok(())
}

async fn retire_unseen(
    mut conn: Conn<'_>,
    ids: &[String],
    import_id: &str,
    now_ms: i64,
) -> Result<u64> {
    // The import is asked again: another one may have seen the product since the query.
    let mut values = values![now_ms, now_ms, import_id].to_vec();
    let sql = format!(
        "UPDATE products SET retired_ms = ?, updated_ms = ? WHERE retired_ms IS NULL AND import_id <> ? AND product_id IN ({})",
        list(&mut values, ids)
    );
    let retired = conn.execute(sql, &values).await?;
    if retired > 0 {
        bump_revision(&mut conn).await?;
    }
    Ok(retired)
}
