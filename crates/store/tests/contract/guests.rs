//! Guests come, are seen, expire and are erased.

use crate::fixture::*;
use seonmul_store::{EventNew, GuestId, GuestRow, Store, StoreError};

on_both_databases!(
    guest_comes_and_is_seen_again,
    expired_guest_is_absent_and_begins_anew,
    erase_leaves_no_row,
    erase_beats_inserts_that_race_it,
    expired_guests_are_deleted_up_to_the_limit,
    rows_of_nobody_are_refused,
);

async fn guest_comes_and_is_seen_again(db: Database) {
    let key = GuestId::random().key();
    assert_eq!(db.store.guest_fetch(&key, NOW_MS).await.unwrap(), None);
    db.store.guest_insert(&key, NOW_MS, LATER_MS).await.unwrap();
    let first = GuestRow {
        created_ms: NOW_MS,
        last_seen_ms: NOW_MS,
        expires_ms: LATER_MS,
    };
    assert_eq!(
        db.store.guest_fetch(&key, NOW_MS).await.unwrap(),
        Some(first)
    );

    db.store
        .guest_touch(&key, NOW_MS + 5, LATER_MS + 5)
        .await
        .unwrap();
    let seen = GuestRow {
        last_seen_ms: NOW_MS + 5,
        expires_ms: LATER_MS + 5,
        ..first
    };
    assert_eq!(
        db.store.guest_fetch(&key, NOW_MS).await.unwrap(),
        Some(seen)
    );

    db.store
        .guest_insert(&key, NOW_MS + 9, LATER_MS + 9)
        .await
        .unwrap();
    let again = GuestRow {
        last_seen_ms: NOW_MS + 9,
        expires_ms: LATER_MS + 9,
        ..first
    };
    assert_eq!(
        db.store.guest_fetch(&key, NOW_MS).await.unwrap(),
        Some(again)
    );
}

async fn expired_guest_is_absent_and_begins_anew(db: Database) {
    let key = guest(&db.store).await;
    db.store
        .interview_insert(&interview(&key, NOW_MS))
        .await
        .unwrap();
    assert!(
        db.store
            .guest_fetch(&key, LATER_MS - 1)
            .await
            .unwrap()
            .is_some()
    );
    assert_eq!(db.store.guest_fetch(&key, LATER_MS).await.unwrap(), None);

    db.store
        .guest_touch(&key, LATER_MS, LATER_MS * 2)
        .await
        .unwrap();
    assert_eq!(
        db.store.guest_fetch(&key, LATER_MS).await.unwrap(),
        None,
        "a visit does not bring an expired guest back"
    );

    db.store
        .guest_insert(&key, LATER_MS, LATER_MS * 2)
        .await
        .unwrap();
    let row = db.store.guest_fetch(&key, LATER_MS).await.unwrap().unwrap();
    assert_eq!(row.created_ms, LATER_MS);
    assert_eq!(
        db.row_count("interviews").await,
        0,
        "nothing from before is left"
    );
}

/// Stores something in every table that holds anything of a guest.
async fn fill(store: &Store) -> seonmul_store::GuestKey {
    let key = guest(store).await;
    let interview = interview(&key, NOW_MS);
    store.interview_insert(&interview).await.unwrap();
    let answers = [
        answer("relation", 1, "\"lover\""),
        answer("gender", 2, "\"any\""),
    ];
    store
        .interview_save_answers(&key, &interview, &answers, &[], &event(&key, "answered"))
        .await
        .unwrap();
    let mut new = recommendation(&key, NOW_MS);
    new.interview_id = Some(interview.interview_id);
    new.idempotency = Some(idempotency("key", "{}"));
    store.recommendation_insert(&new).await.unwrap();
    let vote = EventNew {
        kind: "vote".to_owned(),
        product_id: Some("상품-1".to_owned()),
        at_ms: NOW_MS,
    };
    assert!(
        store
            .recommendation_events_insert(
                &key,
                &new.recommendation_id,
                &[vote],
                &event(&key, "voted")
            )
            .await
            .unwrap()
    );
    crate::reminders::stored_for(store, &key).await;
    store.guest_log_keys(&[key]).await.unwrap();
    let claimed = store.outbox_claim(NOW_MS, 0, 1_000).await.unwrap();
    let mine = claimed.iter().find(|row| row.event.guest == Some(key));
    assert!(
        store
            .outbox_bury(mine.unwrap(), "broken", NOW_MS)
            .await
            .unwrap()
    );
    key
}

async fn erase_leaves_no_row(db: Database) {
    let gone = fill(&db.store).await;
    let mut before = Vec::new();
    for table in GUEST_TABLES {
        before.push(db.row_count(table).await);
        assert!(before.last() > Some(&0), "the test must fill {table}");
    }
    let stays = fill(&db.store).await;

    assert!(db.store.guest_erase(&gone).await.unwrap());
    for (table, rows) in GUEST_TABLES.iter().zip(before) {
        assert_eq!(
            db.row_count(table).await,
            rows,
            "{table} keeps the other guest's rows and no more"
        );
    }
    assert!(!db.store.guest_erase(&gone).await.unwrap());
    assert!(db.store.guest_erase(&stays).await.unwrap());
    for table in GUEST_TABLES {
        assert_eq!(db.row_count(table).await, 0, "{table}");
    }
}

async fn erase_beats_inserts_that_race_it(db: Database) {
    let key = guest(&db.store).await;
    let mut inserts = Vec::new();
    for number in 0..60 {
        let store = db.store.clone();
        inserts.push(tokio::spawn(async move {
            if number == 30 {
                assert!(store.guest_erase(&key).await.unwrap());
                return;
            }
            match store
                .recommendation_insert(&recommendation(&key, NOW_MS))
                .await
            {
                Ok(_) | Err(StoreError::Orphan) => {}
                Err(other) => panic!("{other:?}"),
            }
        }));
    }
    for insert in inserts {
        insert.await.unwrap();
    }
    for table in GUEST_TABLES {
        assert_eq!(db.row_count(table).await, 0, "{table}");
    }
}

async fn expired_guests_are_deleted_up_to_the_limit(db: Database) {
    for _ in 0..3 {
        fill(&db.store).await;
    }
    let stays = GuestId::random().key();
    db.store
        .guest_insert(&stays, NOW_MS, LATER_MS + 1)
        .await
        .unwrap();
    assert_eq!(
        db.store
            .guest_delete_expired(LATER_MS - 1, 10)
            .await
            .unwrap(),
        0
    );
    assert_eq!(db.store.guest_delete_expired(LATER_MS, 2).await.unwrap(), 2);
    assert_eq!(db.store.guest_delete_expired(LATER_MS, 2).await.unwrap(), 1);
    assert_eq!(db.row_count("guests").await, 1);
    assert_eq!(db.row_count("outbox").await, 0);
}

async fn rows_of_nobody_are_refused(db: Database) {
    let nobody = GuestId::random().key();
    let refused = db.store.interview_insert(&interview(&nobody, NOW_MS)).await;
    assert!(matches!(refused, Err(StoreError::Orphan)), "{refused:?}");
    let refused = db
        .store
        .recommendation_insert(&recommendation(&nobody, NOW_MS))
        .await;
    assert!(matches!(refused, Err(StoreError::Orphan)), "{refused:?}");
    assert_eq!(db.row_count("outbox").await, 0);
}

#[test]
fn ids_have_one_shape_and_secrets_do_not_print() {
    let id = GuestId::random();
    assert_eq!(GuestId::parse(id.as_str()), Some(id.clone()));
    assert_ne!(GuestId::random(), id);
    assert_eq!(id.key(), id.clone().key());
    for wrong in [
        "",
        "abc",
        &"A".repeat(32),
        &"0".repeat(33),
        "한글한글한글한글한글12",
    ] {
        assert_eq!(GuestId::parse(wrong), None, "{wrong}");
    }
    assert!(!format!("{id:?} {:?}", id.key()).contains(&id.as_str()[..8]));
    assert!(!format!("{:?}", id.key()).contains(&id.key().to_hex()[..8]));

    let id = seonmul_store::InterviewId::random();
    let json = serde_json::to_string(&id).unwrap();
    assert_eq!(json, format!("\"{id}\""));
    assert_eq!(
        serde_json::from_str::<seonmul_store::InterviewId>(&json).unwrap(),
        id
    );
    assert!(serde_json::from_str::<seonmul_store::InterviewId>("\"x\"").is_err());
}
