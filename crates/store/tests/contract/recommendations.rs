//! Recommendations: stored once per idempotency key, durable together, theirs alone.

use crate::fixture::*;
use seonmul_store::{
    EventNew, IdempotencyRow, InsertOutcome, InterviewId, RecommendationId, RecommendationNew,
    RecommendationRow, SaveOutcome, StoreError,
};
use std::collections::HashSet;

on_both_databases!(
    stored_result_comes_back,
    result_moves_its_interview_on,
    failed_insert_changes_nothing,
    one_key_one_result_however_many_come_at_once,
    keys_are_apart_by_guest_and_case,
    expired_key_is_free_again,
    expired_keys_are_deleted_up_to_the_limit,
    hundreds_at_once_are_all_durable,
    list_pages_newest_first,
    other_guest_sees_nothing,
    events_are_stored_with_their_outbox_row,
);

fn row(new: &RecommendationNew) -> RecommendationRow {
    RecommendationRow {
        recommendation_id: new.recommendation_id.clone(),
        interview_id: new.interview_id.clone(),
        parent_id: new.parent_id.clone(),
        created_ms: new.created_ms,
        catalogue_version: new.catalogue_version.clone(),
        seed: new.seed,
        body_json: new.body_json.clone(),
    }
}

async fn stored_result_comes_back(db: Database) {
    let key = guest(&db.store).await;
    let parent = recommendation(&key, NOW_MS);
    assert_eq!(
        db.store.recommendation_insert(&parent).await.unwrap(),
        InsertOutcome::Stored
    );
    let mut new = recommendation(&key, NOW_MS + 1);
    new.parent_id = Some(parent.recommendation_id);
    new.body_json = format!("\"{}\"", "꽃🌷".repeat(50_000));
    assert_eq!(
        db.store.recommendation_insert(&new).await.unwrap(),
        InsertOutcome::Stored
    );
    assert_eq!(
        db.store
            .recommendation_fetch(&key, &new.recommendation_id)
            .await
            .unwrap(),
        Some(row(&new))
    );

    let ids: Vec<String> = (1..=8).map(|rank| format!("상품-{rank}")).collect();
    assert_eq!(
        db.store
            .recommendation_product_ids(&key, &new.recommendation_id)
            .await
            .unwrap(),
        Some(ids)
    );
    let sum = "SELECT COUNT(*) FROM recommendation_items WHERE propensity = 0.125 AND (explore = 1) = (rank_no = 8) \
               AND ABS(score * rank_no - 1) < 1e-12";
    assert_eq!(db.number(sum).await, 16);

    let mut empty = recommendation(&key, NOW_MS);
    empty.items.clear();
    db.store.recommendation_insert(&empty).await.unwrap();
    assert_eq!(
        db.store
            .recommendation_product_ids(&key, &empty.recommendation_id)
            .await
            .unwrap(),
        Some(vec![])
    );
    assert_eq!(
        db.store
            .recommendation_product_ids(&key, &RecommendationId::random())
            .await
            .unwrap(),
        None
    );
    let again = db.store.recommendation_insert(&empty).await;
    assert!(matches!(again, Err(StoreError::Conflict)), "{again:?}");
}

async fn result_moves_its_interview_on(db: Database) {
    let key = guest(&db.store).await;
    let asked = interview(&key, NOW_MS);
    db.store.interview_insert(&asked).await.unwrap();
    let mut new = recommendation(&key, NOW_MS + 9);
    new.interview_id = Some(asked.interview_id.clone());
    db.store.recommendation_insert(&new).await.unwrap();
    let (same, _) = db
        .store
        .interview_fetch(&key, &asked.interview_id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(same, asked, "without a status the interview stays as it is");

    let mut new = recommendation(&key, NOW_MS + 9);
    new.interview_id = Some(asked.interview_id.clone());
    new.interview_status = Some("done".to_owned());
    db.store.recommendation_insert(&new).await.unwrap();
    let (moved, _) = db
        .store
        .interview_fetch(&key, &asked.interview_id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (moved.status.as_str(), moved.updated_ms, moved.revision),
        ("done", NOW_MS + 9, 1)
    );
    let outcome = db
        .store
        .interview_save_answers(&key, &asked, &[], &[], &event(&key, "a"))
        .await;
    assert_eq!(
        outcome.unwrap(),
        SaveOutcome::Stale,
        "an answer given before the result is noticed"
    );
}

async fn failed_insert_changes_nothing(db: Database) {
    let key = guest(&db.store).await;
    let mut new = recommendation(&key, NOW_MS);
    new.idempotency = Some(idempotency("key", "{}"));
    new.interview_id = Some(InterviewId::random());
    new.interview_status = Some("done".to_owned());
    let refused = db.store.recommendation_insert(&new).await;
    assert!(matches!(refused, Err(StoreError::Orphan)), "{refused:?}");

    new.interview_status = None;
    new.items[3].rank = new.items[4].rank;
    let refused = db.store.recommendation_insert(&new).await;
    assert!(matches!(refused, Err(StoreError::Conflict)), "{refused:?}");
    for table in [
        "recommendations",
        "recommendation_items",
        "idempotency",
        "outbox",
    ] {
        assert_eq!(db.row_count(table).await, 0, "{table}");
    }
}

async fn one_key_one_result_however_many_come_at_once(db: Database) {
    let key = guest(&db.store).await;
    let mut calls = Vec::new();
    for number in 0..24 {
        let store = if number % 2 == 0 {
            db.store.clone()
        } else {
            db.reopened().await
        };
        calls.push(tokio::spawn(async move {
            let mut new = recommendation(&key, NOW_MS);
            new.idempotency = Some(idempotency("같은 키", &number.to_string()));
            (number, store.recommendation_insert(&new).await.unwrap())
        }));
    }
    let (mut stored, mut replayed) = (Vec::new(), Vec::new());
    for call in calls {
        match call.await.unwrap() {
            (number, InsertOutcome::Stored) => stored.push(number),
            (_, InsertOutcome::Replayed(first)) => replayed.push(first),
        }
    }
    assert_eq!((stored.len(), replayed.len()), (1, 23));
    let winner = IdempotencyRow {
        request_hash: [7; 32],
        status: 201,
        response_json: stored[0].to_string(),
    };
    assert!(replayed.iter().all(|first| *first == winner));
    for table in ["recommendations", "idempotency", "outbox"] {
        assert_eq!(db.row_count(table).await, 1, "{table}");
    }
}

async fn keys_are_apart_by_guest_and_case(db: Database) {
    let (one, two) = (guest(&db.store).await, guest(&db.store).await);
    for (key, text) in [
        (one, "Key"),
        (one, "key"),
        (one, "ke\u{301}y"),
        (one, "키🔑"),
        (two, "Key"),
    ] {
        let mut new = recommendation(&key, NOW_MS);
        new.idempotency = Some(idempotency(text, text));
        assert_eq!(
            db.store.recommendation_insert(&new).await.unwrap(),
            InsertOutcome::Stored,
            "{text}"
        );
        let stored = db
            .store
            .idempotency_fetch(&key, text, NOW_MS)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            stored,
            IdempotencyRow {
                request_hash: [7; 32],
                status: 201,
                response_json: text.to_owned()
            }
        );
    }
    assert_eq!(
        db.store
            .idempotency_fetch(&two, "key", NOW_MS)
            .await
            .unwrap(),
        None
    );
}

async fn expired_key_is_free_again(db: Database) {
    let key = guest(&db.store).await;
    let mut new = recommendation(&key, NOW_MS);
    new.idempotency = Some(idempotency("key", "old"));
    db.store.recommendation_insert(&new).await.unwrap();
    assert!(
        db.store
            .idempotency_fetch(&key, "key", LATER_MS - 1)
            .await
            .unwrap()
            .is_some()
    );
    assert_eq!(
        db.store
            .idempotency_fetch(&key, "key", LATER_MS)
            .await
            .unwrap(),
        None
    );

    let mut new = recommendation(&key, LATER_MS);
    let mut record = idempotency("key", "new");
    (record.created_ms, record.expires_ms) = (LATER_MS, LATER_MS + 1);
    new.idempotency = Some(record);
    assert_eq!(
        db.store.recommendation_insert(&new).await.unwrap(),
        InsertOutcome::Stored
    );
    let stored = db
        .store
        .idempotency_fetch(&key, "key", LATER_MS)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(stored.response_json, "new");
    assert_eq!(db.row_count("recommendations").await, 2);
}

async fn expired_keys_are_deleted_up_to_the_limit(db: Database) {
    let key = guest(&db.store).await;
    for number in 0..5 {
        let mut new = recommendation(&key, NOW_MS);
        new.idempotency = Some(idempotency(&number.to_string(), "{}"));
        if let Some(record) = &mut new.idempotency {
            record.expires_ms = NOW_MS + number;
        }
        db.store.recommendation_insert(&new).await.unwrap();
    }
    assert_eq!(
        db.store
            .idempotency_delete_expired(NOW_MS + 2, 2)
            .await
            .unwrap(),
        2
    );
    assert_eq!(
        db.store
            .idempotency_delete_expired(NOW_MS + 2, 2)
            .await
            .unwrap(),
        1
    );
    assert_eq!(
        db.store
            .idempotency_delete_expired(NOW_MS + 2, 2)
            .await
            .unwrap(),
        0
    );
    assert_eq!(db.row_count("idempotency").await, 2);
}

async fn hundreds_at_once_are_all_durable(db: Database) {
    let key = guest(&db.store).await;
    let mut inserts = Vec::new();
    for number in 0..600 {
        let store = db.store.clone();
        inserts.push(tokio::spawn(async move {
            let mut new = recommendation(&key, NOW_MS + number);
            new.idempotency = Some(idempotency(&number.to_string(), "{}"));
            assert_eq!(
                store.recommendation_insert(&new).await.unwrap(),
                InsertOutcome::Stored
            );
            new.recommendation_id
        }));
    }
    let mut acknowledged = HashSet::new();
    for insert in inserts {
        acknowledged.insert(insert.await.unwrap());
    }
    let stored = db
        .reopened()
        .await
        .recommendation_list(&key, None, None, 1_000)
        .await
        .unwrap();
    assert_eq!(
        stored
            .into_iter()
            .map(|row| row.recommendation_id)
            .collect::<HashSet<_>>(),
        acknowledged
    );
    assert_eq!(db.row_count("recommendation_items").await, 600 * 8);
    assert_eq!(db.store.outbox_status().await.unwrap().pending, 600);
}

async fn list_pages_newest_first(db: Database) {
    let key = guest(&db.store).await;
    let asked = InterviewId::random();
    let mut expected = Vec::new();
    for number in 0..10 {
        let mut new = recommendation(&key, NOW_MS + number / 2);
        new.interview_id = (number % 2 == 0).then(|| asked.clone());
        db.store.recommendation_insert(&new).await.unwrap();
        expected.push(row(&new));
    }
    expected.sort_by(|a, b| {
        (b.created_ms, &b.recommendation_id).cmp(&(a.created_ms, &a.recommendation_id))
    });
    for interview in [None, Some(&asked)] {
        let mut listed = Vec::new();
        let mut before = None;
        loop {
            let page = db
                .store
                .recommendation_list(&key, interview, before.clone(), 3)
                .await
                .unwrap();
            assert!(page.len() <= 3);
            let Some(last) = page.last() else { break };
            before = Some((last.created_ms, last.recommendation_id.clone()));
            listed.extend(page);
        }
        expected.retain(|row| interview.is_none() || row.interview_id.as_ref() == interview);
        assert_eq!(listed, expected);
    }
}

async fn other_guest_sees_nothing(db: Database) {
    let (owner, other) = (guest(&db.store).await, guest(&db.store).await);
    let mut new = recommendation(&owner, NOW_MS);
    new.idempotency = Some(idempotency("key", "{}"));
    new.interview_id = Some(InterviewId::random());
    db.store.recommendation_insert(&new).await.unwrap();
    let id = &new.recommendation_id;
    assert_eq!(
        db.store.recommendation_fetch(&other, id).await.unwrap(),
        None
    );
    assert_eq!(
        db.store
            .recommendation_list(&other, None, None, 10)
            .await
            .unwrap(),
        vec![]
    );
    assert_eq!(
        db.store
            .recommendation_list(&other, new.interview_id.as_ref(), None, 10)
            .await
            .unwrap(),
        vec![]
    );
    assert_eq!(
        db.store
            .recommendation_product_ids(&other, id)
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        db.store
            .recommendation_events_list(&other, id, 10)
            .await
            .unwrap(),
        vec![]
    );
    assert_eq!(
        db.store
            .idempotency_fetch(&other, "key", NOW_MS)
            .await
            .unwrap(),
        None
    );
}

async fn events_are_stored_with_their_outbox_row(db: Database) {
    let (owner, other) = (guest(&db.store).await, guest(&db.store).await);
    let new = recommendation(&owner, NOW_MS);
    db.store.recommendation_insert(&new).await.unwrap();
    let id = &new.recommendation_id;
    let done = |kind: &str, product_id: Option<&str>, at_ms| EventNew {
        kind: kind.to_owned(),
        product_id: product_id.map(str::to_owned),
        at_ms,
    };
    let events = [
        done("vote", Some("상품-1"), NOW_MS),
        done("share", None, NOW_MS),
        done("vote", Some("상품-2"), NOW_MS + 1),
    ];
    let voted = event(&owner, "voted");
    assert!(
        db.store
            .recommendation_events_insert(&owner, id, &events, &voted)
            .await
            .unwrap()
    );
    assert_eq!(
        db.store
            .recommendation_events_list(&owner, id, 10)
            .await
            .unwrap(),
        events
    );
    assert_eq!(
        db.store
            .recommendation_events_list(&owner, id, 2)
            .await
            .unwrap(),
        events[1..]
    );

    assert!(
        !db.store
            .recommendation_events_insert(&other, id, &events, &event(&other, "voted"))
            .await
            .unwrap()
    );
    let unknown = RecommendationId::random();
    assert!(
        !db.store
            .recommendation_events_insert(&owner, &unknown, &events, &event(&owner, "voted"))
            .await
            .unwrap()
    );
    let repeated = db
        .store
        .recommendation_events_insert(&owner, id, &events, &voted)
        .await;
    assert!(
        matches!(repeated, Err(StoreError::Conflict)),
        "an event id counts once: {repeated:?}"
    );
    assert_eq!(db.row_count("recommendation_events").await, 3);
    assert_eq!(db.store.outbox_status().await.unwrap().pending, 2);
}

/// The first request holds the key in a transaction of its own that does not end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_is_still_held_is_in_progress_on_mysql() {
    on_mysql(|db| async move {
        use sqlx::Connection;
        let key = guest(&db.store).await;
        let mut first = sqlx::MySqlConnection::connect(&db.url).await.unwrap();
        let mut held = first.begin().await.unwrap();
        let insert = "INSERT INTO idempotency (guest_key, idempotency_key, request_hash, status, response_json, created_ms, expires_ms) \
                      SELECT guest_key, 'k', guest_key, 201, '{}', 0, 9e12 FROM guests";
        sqlx::raw_sql(insert).execute(&mut *held).await.unwrap();
        let mut second = recommendation(&key, NOW_MS);
        second.idempotency = Some(idempotency("k", "{}"));
        let waited = db.store.recommendation_insert(&second).await;
        assert!(matches!(waited, Err(StoreError::InProgress)), "{waited:?}");
        held.rollback().await.unwrap();
        let stored = db.store.recommendation_insert(&second).await.unwrap();
        assert_eq!(stored, InsertOutcome::Stored);
    })
    .await;
}
