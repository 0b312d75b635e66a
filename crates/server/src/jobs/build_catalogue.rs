//! Builds the snapshot of all live products, publishes it and tells every node. In constant memory for rows, whatever their number.

use crate::app::App;
use anyhow::{Context, bail};
use seonmul_engine::catalogue::{Product, SnapshotBuilder, SnapshotInfo};
use seonmul_store::{BuildId, SnapshotRow};
use std::path::PathBuf;
use tokio::sync::mpsc;

const PAGE_ROWS: u32 = 1_000;
/// Snapshots that stay on disk, the current one included.
const KEPT_SNAPSHOTS: usize = 5;

/// Builds and publishes; `on_rows` hears of every page with the number of rows so far.
///
/// # Errors
/// When there is no product, the database fails, or the snapshot cannot be written.
pub async fn build(app: &App, mut on_rows: impl FnMut(u64)) -> anyhow::Result<SnapshotRow> {
    // Read first: a change during the build then makes the next build see that it is due.
    let product_revision = app.store.product_revision().await?;
    let built_ms = app.clock.now_ms();
    let unpublished = app
        .objects
        .unpublished_snapshot(BuildId::random().as_str())
        .with_context(|| format!("cannot write to {}", app.objects.root().display()))?;
    let (sender, receiver) = mpsc::channel(2);
    let writer = {
        let (engine, path) = (app.engine.clone(), unpublished.clone());
        tokio::task::spawn_blocking(move || {
            write(
                SnapshotBuilder::new(engine, crate::service::imports::CURRENCY),
                receiver,
                path,
                built_ms,
            )
        })
    };
    let rows = send_products(app, sender, &mut on_rows).await;
    let info = writer.await.context("the builder stopped")?;
    let published = async {
        if rows? == 0 {
            bail!("there are no products to build a catalogue from; import some first");
        }
        publish(app, info?, &unpublished, built_ms, product_revision).await
    };
    let published = published.await;
    if published.is_err() {
        // The file may be there or not; what counts is that it does not stay.
        let _ = std::fs::remove_file(&unpublished);
    }
    published
}

/// Hands every live product to the builder.
async fn send_products(
    app: &App,
    sender: mpsc::Sender<Batch>,
    on_rows: &mut impl FnMut(u64),
) -> anyhow::Result<u64> {
    let (mut rows, mut after) = (0_u64, None::<String>);
    loop {
        let page = app.store.product_page(after.as_deref(), PAGE_ROWS).await;
        let page = match page {
            Ok(page) => page,
            Err(error) => {
                // Without this the builder would take what it has for the whole.
                let _ = sender.send(Batch::Abandon).await;
                return Err(error.into());
            }
        };
        let Some(last) = page.last() else { break };
        after = Some(last.product_id.clone());
        rows += page.len() as u64;
        on_rows(rows);
        if sender.send(Batch::Products(page)).await.is_err() {
            break;
        }
    }
    if rows == 0 {
        let _ = sender.send(Batch::Abandon).await;
    }
    Ok(rows)
}

enum Batch {
    Products(Vec<Product>),
    Abandon,
}

fn write(
    mut builder: SnapshotBuilder,
    mut receiver: mpsc::Receiver<Batch>,
    path: PathBuf,
    built_ms: i64,
) -> anyhow::Result<SnapshotInfo> {
    while let Some(batch) = receiver.blocking_recv() {
        match batch {
            Batch::Products(products) => products
                .into_iter()
                .for_each(|product| builder.add(product)),
            Batch::Abandon => bail!("the products could not be read"),
        }
    }
    builder
        .finish(&path, built_ms)
        .context("the snapshot could not be written")
}

async fn publish(
    app: &App,
    info: SnapshotInfo,
    unpublished: &std::path::Path,
    built_ms: i64,
    product_revision: u64,
) -> anyhow::Result<SnapshotRow> {
    let location = app
        .objects
        .publish_snapshot(unpublished, &info.version)
        .await
        .context("the snapshot could not be published")?;
    let row = SnapshotRow {
        version: info.version,
        location,
        checksum: info.checksum,
        products: info.products,
        built_ms,
        product_revision,
    };
    app.store.snapshot_insert(&row).await?;
    app.cache.notify_snapshot(&row.version).await;
    let pruned = app.objects.prune_snapshots(KEPT_SNAPSHOTS, &row.location);
    match pruned.await {
        Ok(0) => {}
        Ok(removed) => tracing::info!(removed, "old snapshots removed"),
        Err(error) => tracing::warn!("old snapshots could not be removed: {error}"),
    }
    tracing::info!(
        version = row.version,
        products = row.products,
        bytes = info.bytes,
        "catalogue built"
    );
    Ok(row)
}
