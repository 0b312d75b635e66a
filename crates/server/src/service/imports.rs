//! Imports: a feed file becomes product rows. Good rows go in, bad rows are reported with their line, and the same file again changes nothing.

use crate::app::AppState;
use crate::error::{Error, Message, Result};
use crate::feeds::{FeedError, FeedFormat, FeedItem, FeedOptions, FeedReader};
use seonmul_engine::catalogue::Product;
use seonmul_store::{EventId, ProductRow};
use serde::Serialize;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use tokio::sync::mpsc;
use utoipa::ToSchema;
use xxhash_rust::xxh3::xxh3_64;

/// The currency of the catalogue.
pub const CURRENCY: &str = "KRW";
/// Rows that are stored together.
const BATCH_ROWS: usize = 1_000;
/// Rejections that an answer lists; the rest is only counted.
const MAX_LISTED_REJECTIONS: usize = 1_000;
/// Bytes that are enough to tell a format.
const SNIFFED_BYTES: u64 = 16 * 1024;

/// What happens to products of the source that the file does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// They stay.
    Keep,
    /// They leave the shop.
    Retire,
}

/// A file to import.
#[derive(Debug)]
pub struct Import {
    /// Where it lies.
    pub path: PathBuf,
    /// What it is.
    pub format: FeedFormat,
    /// The feed it belongs to.
    pub source: String,
    /// What happens to products that it does not hold.
    pub missing: Missing,
}

/// What became of the rows.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct ImportReport {
    /// New products.
    pub accepted: u64,
    /// Products that changed or came back.
    pub updated: u64,
    /// Products that were the same already.
    pub unchanged: u64,
    /// Products that left the shop, because the feed says so or does not hold them any more.
    pub retired: u64,
    /// Rows that were left out, the first thousand of them.
    pub rejected: Vec<RejectedRow>,
    /// How many rows were left out.
    pub rejected_count: u64,
    /// The line inside which the file ended.
    #[serde(skip)]
    cut_at: Option<u64>,
}

/// A row that was left out.
#[derive(Debug, Serialize, ToSchema)]
pub struct RejectedRow {
    /// Its line, from 1.
    pub line: u64,
    /// What is wrong and what to do.
    pub reason: String,
}

/// What an import tells while it runs.
#[derive(Debug)]
pub enum Step<'a> {
    /// So many bytes of the file were read.
    Read(u64),
    /// A row was left out.
    Rejected(&'a RejectedRow),
}

/// Some rows on their way from the file to the database.
struct Batch {
    items: Vec<FeedItem>,
    bytes_read: u64,
}

/// The format that the beginning of a file and its name point to.
pub fn detect_format(path: &Path) -> std::io::Result<Option<FeedFormat>> {
    let mut first = Vec::new();
    File::open(path)?
        .take(SNIFFED_BYTES)
        .read_to_end(&mut first)?;
    let name = path.file_name().and_then(|n| n.to_str()).unwrap_or("");
    Ok(FeedFormat::detect(name, &first))
}

/// Imports a file and tells `on_step` how it goes.
///
/// # Errors
/// [`Error::Unprocessable`] when the file is not what it should be; what was stored before the fault stays.
pub async fn import(
    app: &AppState,
    import: Import,
    mut on_step: impl FnMut(Step<'_>),
) -> Result<ImportReport> {
    let options = FeedOptions {
        currency: CURRENCY.to_owned(),
        now_ms: app.clock.now_ms(),
        source: import.source.clone(),
    };
    let import_id = EventId::random().to_string();
    let (sender, mut batches) = mpsc::channel(2);
    let (path, format) = (import.path, import.format);
    let reading = tokio::task::spawn_blocking(move || read(&path, format, &options, &sender));
    let mut report = ImportReport::default();
    while let Some(batch) = batches.recv().await {
        store(
            app,
            batch,
            &import.source,
            &import_id,
            &mut report,
            &mut on_step,
        )
        .await?;
    }
    reading
        .await
        .map_err(|e| Error::Internal(anyhow::Error::new(e)))?
        .map_err(unreadable)?;
    if let (Missing::Retire, Some(line)) = (import.missing, report.cut_at) {
        return Err(Error::Unprocessable(Message::new(
            format!(
                "파일이 {line}번째 줄 안에서 끝납니다. 온전한 행은 저장했고, 빠진 상품은 그대로 두었습니다."
            ),
            format!(
                "the file ends inside line {line}; its whole rows were stored, and nothing was pruned"
            ),
        )));
    }
    // A file without a single good row says nothing about the shop; taking it at its word would empty the catalogue.
    let seen = report.accepted + report.updated + report.unchanged;
    if import.missing == Missing::Retire && seen > 0 {
        report.retired += app
            .store
            .product_prune(&import.source, &import_id, app.clock.now_ms())
            .await?;
    }
    Ok(report)
}

fn read(
    path: &Path,
    format: FeedFormat,
    options: &FeedOptions,
    sender: &mpsc::Sender<Batch>,
) -> std::result::Result<(), FeedError> {
    let file = File::open(path).map_err(|source| FeedError::Io {
        feed: options.source.clone(),
        line: 0,
        source,
    })?;
    let mut reader = FeedReader::open(format, file, options)?;
    let mut items = Vec::with_capacity(BATCH_ROWS);
    let mut outcome = Ok(());
    while outcome.is_ok() {
        match reader.next() {
            Some(Ok(item)) => items.push(item),
            Some(Err(error)) => outcome = Err(error),
            None => break,
        }
        if items.len() >= BATCH_ROWS {
            let batch = Batch {
                items: std::mem::take(&mut items),
                bytes_read: reader.bytes_read(),
            };
            // Nobody receives any more when storing failed; that failure is the one that is told.
            if sender.blocking_send(batch).is_err() {
                return Ok(());
            }
        }
    }
    let _ = sender.blocking_send(Batch {
        items,
        bytes_read: reader.bytes_read(),
    });
    outcome
}

async fn store(
    app: &AppState,
    batch: Batch,
    source: &str,
    import_id: &str,
    report: &mut ImportReport,
    on_step: &mut impl FnMut(Step<'_>),
) -> Result<()> {
    let now_ms = app.clock.now_ms();
    let mut rows = Vec::with_capacity(batch.items.len());
    for item in batch.items {
        match item {
            FeedItem::Product { product, .. } => {
                rows.push(ProductRow {
                    content_hash: content_hash(&product),
                    source: source.to_owned(),
                    product,
                });
            }
            FeedItem::Rejected { line, reason } => {
                let row = RejectedRow {
                    line,
                    reason: reason.to_string(),
                };
                on_step(Step::Rejected(&row));
                report.cut_at = report
                    .cut_at
                    .or((reason.code() == "cut_off").then_some(line));
                report.rejected_count += 1;
                if report.rejected.len() < MAX_LISTED_REJECTIONS {
                    report.rejected.push(row);
                }
            }
            FeedItem::Retire { product_id, .. } => {
                // A feed speaks for its own products only.
                let stored = app.store.product_fetch(&product_id).await?;
                if stored.is_some_and(|p| p.row.source == source) {
                    report.retired +=
                        u64::from(app.store.product_delete(&product_id, now_ms).await?);
                }
            }
        }
    }
    if !rows.is_empty() {
        add(
            report,
            app.store
                .product_upsert_batch(&rows, now_ms, import_id)
                .await?,
        );
    }
    on_step(Step::Read(batch.bytes_read));
    Ok(())
}

fn add(report: &mut ImportReport, counts: seonmul_store::UpsertCounts) {
    report.accepted += counts.inserted;
    report.updated += counts.updated;
    report.unchanged += counts.unchanged;
}

/// Stores products that are known to be good.
pub async fn import_products(
    app: &AppState,
    products: Vec<Product>,
    source: &str,
) -> Result<ImportReport> {
    let import_id = EventId::random().to_string();
    let row = |product| ProductRow {
        content_hash: content_hash(&product),
        source: source.to_owned(),
        product,
    };
    let rows: Vec<ProductRow> = products.into_iter().map(row).collect();
    let mut report = ImportReport::default();
    add(
        &mut report,
        app.store
            .product_upsert_batch(&rows, app.clock.now_ms(), &import_id)
            .await?,
    );
    Ok(report)
}

/// Names the content of a product. When its price was seen is not part of it, for that differs with every import.
pub fn content_hash(product: &Product) -> u64 {
    let dateless = Product {
        price_as_of_ms: 0,
        ..product.clone()
    };
    xxh3_64(&serde_json::to_vec(&dateless).unwrap_or_default())
}

/// A fault of the file is told to whoever sent it; one of our own disk is not.
fn unreadable(error: FeedError) -> Error {
    if matches!(error, FeedError::Io { .. }) {
        return Error::Internal(anyhow::Error::new(error));
    }
    let text = error.to_string();
    Error::Unprocessable(Message::new(
        format!("파일을 읽을 수 없습니다: {text}"),
        text,
    ))
}
