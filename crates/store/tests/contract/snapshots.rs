//! Builds are claimed by one node each, and the snapshot that was stored last is the latest.

use crate::fixture::*;
use seonmul_store::{BuildId, BuildRow, BuildStatus, SnapshotRow, StoreError};

on_both_databases!(
    build_goes_from_request_to_end,
    one_of_eight_claims_a_build,
    lapsed_build_is_claimed_again,
    snapshot_stored_last_is_the_latest,
);

async fn build_goes_from_request_to_end(db: Database) {
    assert_eq!(db.store.build_latest().await.unwrap(), None);
    assert_eq!(db.store.build_claim(NOW_MS, 100).await.unwrap(), None);
    let (first, second) = (BuildId::random(), BuildId::random());
    assert_eq!(db.store.build_fetch(&first).await.unwrap(), None);
    db.store.build_request(&second, NOW_MS + 1).await.unwrap();
    db.store.build_request(&first, NOW_MS).await.unwrap();
    let again = db.store.build_request(&first, NOW_MS).await;
    assert!(matches!(again, Err(StoreError::Conflict)), "{again:?}");
    let requested = BuildRow {
        build_id: first.clone(),
        status: BuildStatus::Requested,
        requested_ms: NOW_MS,
        started_ms: None,
        finished_ms: None,
        version: None,
        reason: None,
        attempts: 0,
    };
    assert_eq!(
        db.store.build_fetch(&first).await.unwrap(),
        Some(requested.clone())
    );
    assert_eq!(
        db.store.build_latest().await.unwrap().unwrap().build_id,
        second
    );
    assert!(
        !db.store
            .build_finish(&first, Ok("v1"), NOW_MS)
            .await
            .unwrap(),
        "what does not run cannot end"
    );

    assert_eq!(
        db.store.build_claim(NOW_MS + 2, 100).await.unwrap(),
        Some(first.clone()),
        "oldest first"
    );
    let running = BuildRow {
        status: BuildStatus::Running,
        started_ms: Some(NOW_MS + 2),
        attempts: 1,
        ..requested
    };
    assert_eq!(
        db.store.build_fetch(&first).await.unwrap(),
        Some(running.clone())
    );
    assert!(
        db.store
            .build_finish(&first, Ok("v1"), NOW_MS + 3)
            .await
            .unwrap()
    );
    assert!(
        !db.store
            .build_finish(&first, Err("late"), NOW_MS + 4)
            .await
            .unwrap()
    );
    let done = BuildRow {
        status: BuildStatus::Done,
        finished_ms: Some(NOW_MS + 3),
        version: Some("v1".to_owned()),
        ..running
    };
    assert_eq!(db.store.build_fetch(&first).await.unwrap(), Some(done));

    assert_eq!(
        db.store.build_claim(NOW_MS + 4, 100).await.unwrap(),
        Some(second.clone())
    );
    assert!(
        db.store
            .build_finish(&second, Err("상품이 없습니다"), NOW_MS + 5)
            .await
            .unwrap()
    );
    let failed = db.store.build_fetch(&second).await.unwrap().unwrap();
    assert_eq!(
        (failed.status, failed.reason.as_deref()),
        (BuildStatus::Failed, Some("상품이 없습니다"))
    );
    assert_eq!(
        db.store.build_claim(NOW_MS + 10_000, 100).await.unwrap(),
        None
    );
}

async fn one_of_eight_claims_a_build(db: Database) {
    for _ in 0..5 {
        let build = BuildId::random();
        db.store.build_request(&build, NOW_MS).await.unwrap();
        let mut claimants = Vec::new();
        for _ in 0..8 {
            let store = db.reopened().await;
            claimants.push(tokio::spawn(async move {
                store.build_claim(NOW_MS, 100).await.unwrap()
            }));
        }
        let mut claimed = Vec::new();
        for claimant in claimants {
            claimed.extend(claimant.await.unwrap());
        }
        assert_eq!(claimed, [build]);
    }
}

async fn lapsed_build_is_claimed_again(db: Database) {
    let build = BuildId::random();
    db.store.build_request(&build, NOW_MS).await.unwrap();
    assert_eq!(
        db.store.build_claim(NOW_MS, 100).await.unwrap(),
        Some(build.clone())
    );
    assert_eq!(db.store.build_claim(NOW_MS + 99, 100).await.unwrap(), None);
    assert_eq!(
        db.store.build_claim(NOW_MS + 100, 100).await.unwrap(),
        Some(build.clone())
    );
    assert_eq!(db.store.build_claim(NOW_MS + 100, 100).await.unwrap(), None);
    assert_eq!(
        db.store
            .build_fetch(&build)
            .await
            .unwrap()
            .unwrap()
            .attempts,
        2
    );
}

async fn snapshot_stored_last_is_the_latest(db: Database) {
    assert_eq!(db.store.snapshot_latest().await.unwrap(), None);
    let snapshot = |version: &str, built_ms| SnapshotRow {
        version: version.to_owned(),
        location: format!("/폴더/{version}.seonmul"),
        checksum: "0".repeat(64),
        products: 3,
        built_ms,
        product_revision: 5,
    };
    for (version, built_ms) in [
        ("v1", NOW_MS),
        ("v2", NOW_MS),
        ("V2", NOW_MS - 1),
        ("v1", NOW_MS + 1),
        ("v1", NOW_MS + 1),
    ] {
        db.store
            .snapshot_insert(&snapshot(version, built_ms))
            .await
            .unwrap();
        assert_eq!(
            db.store.snapshot_latest().await.unwrap(),
            Some(snapshot(version, built_ms))
        );
    }
    assert_eq!(db.row_count("snapshots").await, 3);
}
