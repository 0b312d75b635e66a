//! Products: imports that can be repeated, pruning, retiring, and paging through all of them.

use crate::fixture::*;
use seonmul_engine::catalogue::Product;
use seonmul_engine::profile::Audience;
use seonmul_store::{ProductRow, Store, StoreError, UpsertCounts};

on_both_databases!(
    stored_product_comes_back,
    delivery_days_come_back,
    repeated_import_changes_nothing,
    prune_retires_what_the_import_did_not_see,
    retired_product_comes_back_with_the_next_import,
    patch_and_delete_change_live_rows_only,
    ids_are_exact,
    all_products_are_paged_in_order,
    imports_at_once_count_every_row_once,
);

fn product(product_id: &str, price: u32) -> Product {
    Product {
        product_id: product_id.to_owned(),
        title: format!("선물 🎁 {product_id}"),
        title_original: format!("<b>선물</b> {product_id}"),
        brand: Some("브랜드".to_owned()),
        category: vec!["식품".to_owned(), "디저트".to_owned()],
        price,
        currency: "KRW".to_owned(),
        image_url: Some("https://example.com/a.jpg".to_owned()),
        url: None,
        seller: None,
        rating: Some(4.7),
        rating_count: Some(12),
        description: "설명 \"따옴표\" \\ 🍰".to_owned(),
        tags: vec!["생일".to_owned()],
        audience: vec![Audience::Women],
        sponsored: false,
        delivery_days: None,
        price_as_of_ms: NOW_MS,
    }
}

fn row(product_id: &str, price: u32) -> ProductRow {
    // Above i64::MAX, to see that all bits come back.
    ProductRow {
        product: product(product_id, price),
        source: "feed".to_owned(),
        content_hash: u64::MAX - u64::from(price),
    }
}

fn counts(inserted: u64, updated: u64, unchanged: u64) -> UpsertCounts {
    UpsertCounts {
        inserted,
        updated,
        unchanged,
    }
}

async fn live_ids(store: &Store) -> Vec<String> {
    store
        .product_page(None, 5_000)
        .await
        .unwrap()
        .into_iter()
        .map(|product| product.product_id)
        .collect()
}

async fn delivery_days_come_back(db: Database) {
    let rows: Vec<ProductRow> = [("a", Some(0)), ("b", Some(60)), ("c", None)]
        .into_iter()
        .map(|(id, delivery_days)| {
            let mut row = row(id, 1_000);
            row.product.delivery_days = delivery_days;
            row
        })
        .collect();
    db.store
        .product_upsert_batch(&rows, NOW_MS, "i1")
        .await
        .unwrap();
    for row in rows {
        let stored = db.store.product_fetch(&row.product.product_id).await;
        assert_eq!(stored.unwrap().unwrap().row.product, row.product);
    }
}

async fn stored_product_comes_back(db: Database) {
    assert_eq!(db.store.product_fetch("a").await.unwrap(), None);
    assert_eq!(db.store.product_count().await.unwrap(), 0);
    assert_eq!(
        db.store
            .product_upsert_batch(&[], NOW_MS, "i1")
            .await
            .unwrap(),
        counts(0, 0, 0)
    );
    assert_eq!(
        db.store
            .product_upsert_batch(&[row("a", 100)], NOW_MS, "i1")
            .await
            .unwrap(),
        counts(1, 0, 0)
    );
    let stored = db.store.product_fetch("a").await.unwrap().unwrap();
    assert_eq!(stored.row, row("a", 100));
    assert_eq!((stored.retired, stored.updated_ms), (false, NOW_MS));
}

async fn repeated_import_changes_nothing(db: Database) {
    let rows = [row("a", 1), row("b", 2), row("c", 3), row("b", 4)];
    assert_eq!(
        db.store
            .product_upsert_batch(&rows, NOW_MS, "i1")
            .await
            .unwrap(),
        counts(3, 0, 0)
    );
    assert_eq!(
        db.store
            .product_fetch("b")
            .await
            .unwrap()
            .unwrap()
            .row
            .product
            .price,
        4,
        "the last row of a product is taken"
    );
    let revision = db.store.product_revision().await.unwrap();
    assert!(revision > 0);
    assert_eq!(
        db.store
            .product_upsert_batch(&rows, NOW_MS + 1, "i2")
            .await
            .unwrap(),
        counts(0, 0, 3)
    );
    assert_eq!(db.store.product_revision().await.unwrap(), revision);
    assert_eq!(
        db.store
            .product_fetch("a")
            .await
            .unwrap()
            .unwrap()
            .updated_ms,
        NOW_MS
    );
    assert_eq!(
        db.store
            .product_prune("feed", "i2", NOW_MS + 1)
            .await
            .unwrap(),
        0,
        "what did not change was seen"
    );
    assert_eq!(db.store.product_revision().await.unwrap(), revision);

    let rows = [row("a", 9), row("b", 4), row("d", 5)];
    assert_eq!(
        db.store
            .product_upsert_batch(&rows, NOW_MS + 2, "i3")
            .await
            .unwrap(),
        counts(1, 1, 1)
    );
    assert!(db.store.product_revision().await.unwrap() > revision);
    assert_eq!(
        db.store.product_fetch("a").await.unwrap().unwrap().row,
        row("a", 9)
    );
    assert_eq!(live_ids(&db.store).await, ["a", "b", "c", "d"]);

    let moved = ProductRow {
        source: "other".to_owned(),
        ..row("d", 5)
    };
    assert_eq!(
        db.store
            .product_upsert_batch(std::slice::from_ref(&moved), NOW_MS + 3, "i4")
            .await
            .unwrap(),
        counts(0, 1, 0)
    );
    assert_eq!(
        db.store.product_fetch("d").await.unwrap().unwrap().row,
        moved
    );
}

async fn prune_retires_what_the_import_did_not_see(db: Database) {
    let first: Vec<ProductRow> = (0..2_300).map(|n| row(&format!("p{n:04}"), n)).collect();
    assert_eq!(
        db.store
            .product_upsert_batch(&first, NOW_MS, "i1")
            .await
            .unwrap(),
        counts(2_300, 0, 0)
    );
    let other = ProductRow {
        source: "other".to_owned(),
        ..row("q", 1)
    };
    db.store
        .product_upsert_batch(&[other], NOW_MS, "x")
        .await
        .unwrap();
    db.store
        .product_upsert_batch(&first[..100], NOW_MS + 1, "i2")
        .await
        .unwrap();
    let revision = db.store.product_revision().await.unwrap();

    assert_eq!(
        db.store
            .product_prune("feed", "i2", NOW_MS + 1)
            .await
            .unwrap(),
        2_200
    );
    assert!(db.store.product_revision().await.unwrap() > revision);
    assert_eq!(db.store.product_count().await.unwrap(), 101);
    assert!(
        db.store
            .product_fetch("p0100")
            .await
            .unwrap()
            .unwrap()
            .retired
    );
    assert!(
        !db.store
            .product_fetch("p0099")
            .await
            .unwrap()
            .unwrap()
            .retired
    );
    assert!(
        !db.store.product_fetch("q").await.unwrap().unwrap().retired,
        "another source's product stays"
    );
    assert_eq!(
        db.store
            .product_prune("feed", "i2", NOW_MS + 2)
            .await
            .unwrap(),
        0
    );
}

async fn retired_product_comes_back_with_the_next_import(db: Database) {
    db.store
        .product_upsert_batch(&[row("a", 1)], NOW_MS, "i1")
        .await
        .unwrap();
    assert!(db.store.product_delete("a", NOW_MS).await.unwrap());
    assert_eq!(live_ids(&db.store).await, [""; 0]);
    assert_eq!(
        db.store
            .product_upsert_batch(&[row("a", 1)], NOW_MS, "i2")
            .await
            .unwrap(),
        counts(0, 1, 0)
    );
    assert_eq!(live_ids(&db.store).await, ["a"]);
}

async fn patch_and_delete_change_live_rows_only(db: Database) {
    db.store
        .product_upsert_batch(&[row("a", 1), row("b", 2)], NOW_MS, "i1")
        .await
        .unwrap();
    let mut revision = db.store.product_revision().await.unwrap();
    assert!(
        db.store
            .product_patch(&product("a", 7), 42, NOW_MS + 1)
            .await
            .unwrap()
    );
    let stored = db.store.product_fetch("a").await.unwrap().unwrap();
    assert_eq!(
        (
            stored.row.product.price,
            stored.row.content_hash,
            stored.row.source.as_str()
        ),
        (7, 42, "feed")
    );
    assert!(db.store.product_revision().await.unwrap() > revision);

    revision = db.store.product_revision().await.unwrap();
    assert!(db.store.product_delete("a", NOW_MS + 2).await.unwrap());
    assert!(db.store.product_revision().await.unwrap() > revision);
    assert!(db.store.product_fetch("a").await.unwrap().unwrap().retired);
    assert_eq!(db.store.product_count().await.unwrap(), 1);

    revision = db.store.product_revision().await.unwrap();
    assert!(!db.store.product_delete("a", NOW_MS + 3).await.unwrap());
    assert!(!db.store.product_delete("missing", NOW_MS).await.unwrap());
    assert!(
        !db.store
            .product_patch(&product("a", 8), 1, NOW_MS)
            .await
            .unwrap()
    );
    assert!(
        !db.store
            .product_patch(&product("missing", 8), 1, NOW_MS)
            .await
            .unwrap()
    );
    assert_eq!(db.store.product_revision().await.unwrap(), revision);
}

async fn ids_are_exact(db: Database) {
    let ids = ["A1", "a1", "Á1", "A\u{301}1", "가", "가1", "🎁", "ß", "ss"];
    let rows: Vec<ProductRow> = ids.iter().map(|id| row(id, 1)).collect();
    assert_eq!(
        db.store
            .product_upsert_batch(&rows, NOW_MS, "i1")
            .await
            .unwrap(),
        counts(9, 0, 0)
    );
    for id in ids {
        assert_eq!(
            db.store
                .product_fetch(id)
                .await
                .unwrap()
                .unwrap()
                .row
                .product
                .product_id,
            id
        );
    }
    let mut sorted = ids.to_vec();
    sorted.sort_unstable();
    assert_eq!(
        live_ids(&db.store).await,
        sorted,
        "both databases order by bytes"
    );
    for wrong in ["a".repeat(129), "ends in a space ".to_owned()] {
        let refused = db
            .store
            .product_upsert_batch(&[row(&wrong, 1)], NOW_MS, "i1")
            .await;
        assert!(
            matches!(refused, Err(StoreError::Rejected(_))),
            "{refused:?}"
        );
    }
}

async fn all_products_are_paged_in_order(db: Database) {
    let rows: Vec<ProductRow> = (0..2_500)
        .map(|n| row(&format!("p{n:04}"), n + 1))
        .collect();
    db.store
        .product_upsert_batch(&rows, NOW_MS, "i1")
        .await
        .unwrap();
    assert_eq!(db.store.product_count().await.unwrap(), 2_500);
    db.store.product_delete("p1234", NOW_MS).await.unwrap();
    let mut after: Option<String> = None;
    let mut expected = (0..2_500_u32).filter(|n| *n != 1_234);
    loop {
        let page = db.store.product_page(after.as_deref(), 300).await.unwrap();
        assert!(page.len() <= 300, "no page holds more than was asked for");
        let Some(last) = page.last() else { break };
        after = Some(last.product_id.clone());
        for stored in page {
            let n = expected.next().unwrap();
            assert_eq!(stored, product(&format!("p{n:04}"), n + 1));
        }
    }
    assert_eq!(expected.next(), None);
}

async fn imports_at_once_count_every_row_once(db: Database) {
    let mut imports = Vec::new();
    for number in 0..4 {
        let store = db.store.clone();
        imports.push(tokio::spawn(async move {
            // Each goes through the same products in another order.
            let mut rows: Vec<ProductRow> = (0..500).map(|n| row(&format!("p{n:04}"), n)).collect();
            rows.rotate_left(number * 125);
            store
                .product_upsert_batch(&rows, NOW_MS, &format!("i{number}"))
                .await
                .unwrap()
        }));
    }
    let mut total = counts(0, 0, 0);
    for import in imports {
        let done = import.await.unwrap();
        total = counts(
            total.inserted + done.inserted,
            total.updated + done.updated,
            total.unchanged + done.unchanged,
        );
    }
    assert_eq!(total.inserted + total.updated + total.unchanged, 2_000);
    assert_eq!(db.store.product_count().await.unwrap(), 500);
}
