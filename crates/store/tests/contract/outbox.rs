//! The outbox: oldest first, one holder at a time, again after its lease.

use crate::fixture::*;
use seonmul_store::{EventId, OutboxEvent};
use std::collections::HashSet;

on_both_databases!(
    events_are_claimed_oldest_first_and_deleted,
    claimants_share_events_without_overlap
);

async fn store_events(db: &Database, count: usize) -> Vec<OutboxEvent> {
    let key = guest(&db.store).await;
    let mut events = Vec::new();
    for _ in 0..count {
        let new = recommendation(&key, NOW_MS);
        db.store.recommendation_insert(&new).await.unwrap();
        events.push(new.event);
    }
    events
}

async fn events_are_claimed_oldest_first_and_deleted(db: Database) {
    let events = store_events(&db, 5).await;
    assert_eq!(db.store.outbox_pending_count().await.unwrap(), 5);
    let first = db.store.outbox_claim(NOW_MS, 100, 3).await.unwrap();
    assert_eq!(
        first
            .iter()
            .map(|row| row.event.clone())
            .collect::<Vec<_>>(),
        events[..3]
    );
    assert!(first.iter().all(|row| row.attempts == 1));
    let rest = db.store.outbox_claim(NOW_MS + 99, 100, 10).await.unwrap();
    assert_eq!(
        rest.iter().map(|row| row.event.clone()).collect::<Vec<_>>(),
        events[3..]
    );
    assert_eq!(
        db.store.outbox_claim(NOW_MS + 99, 100, 10).await.unwrap(),
        vec![]
    );

    let done: Vec<EventId> = first[..2]
        .iter()
        .map(|row| row.event.event_id.clone())
        .collect();
    assert_eq!(db.store.outbox_delete(&done).await.unwrap(), 2);
    assert_eq!(db.store.outbox_delete(&done).await.unwrap(), 0);
    assert_eq!(db.store.outbox_delete(&[]).await.unwrap(), 0);
    assert_eq!(db.store.outbox_pending_count().await.unwrap(), 3);
    let again = db.store.outbox_claim(NOW_MS + 100, 100, 10).await.unwrap();
    assert_eq!(
        again.len(),
        1,
        "the lease of the first claim is over, that of the second is not"
    );
    assert_eq!((&again[0].event, again[0].attempts), (&events[2], 2));
}

async fn claimants_share_events_without_overlap(db: Database) {
    store_events(&db, 40).await;
    let mut claimants = Vec::new();
    for _ in 0..8 {
        let store = db.store.clone();
        claimants.push(tokio::spawn(async move {
            let mut own = Vec::new();
            loop {
                let claimed = store.outbox_claim(NOW_MS, 1_000, 3).await.unwrap();
                if claimed.is_empty() {
                    return own;
                }
                own.extend(claimed);
            }
        }));
    }
    let mut all = Vec::new();
    for claimant in claimants {
        all.extend(claimant.await.unwrap());
    }
    // Whoever finds nothing while others hold locks may leave early; nothing is given out twice all the same.
    let distinct: HashSet<EventId> = all.iter().map(|row| row.event.event_id.clone()).collect();
    assert_eq!(distinct.len(), all.len());
    assert_eq!(distinct.len(), 40);
}
