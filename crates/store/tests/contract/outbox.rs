//! The outbox: oldest first, one holder at a time, again after its lease, a guest's events in their order, each effect once.

use crate::fixture::*;
use seonmul_store::{EventId, FileId, Finished, LogFile, OutboxEvent, OutboxRow};
use std::collections::HashSet;

on_both_databases!(
    events_are_claimed_oldest_first_and_finished_once,
    a_guests_events_wait_for_each_other,
    what_another_worker_took_over_does_not_count,
    an_event_that_is_delivered_again_has_no_second_effect,
    dead_letters_keep_their_reason_and_can_be_tried_again,
    claimants_share_events_without_overlap,
    leases_of_a_clock_that_was_wrong_do_not_count,
    pseudonym_keys_last_as_long_as_their_guest,
    files_are_listed_by_generation,
);

const LEASE_MS: i64 = 100;

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

async fn claim(db: &Database, at_ms: i64, limit: u32) -> Vec<OutboxRow> {
    db.store.outbox_claim(at_ms, LEASE_MS, limit).await.unwrap()
}

fn events_of(rows: &[OutboxRow]) -> Vec<OutboxEvent> {
    rows.iter().map(|row| row.event.clone()).collect()
}

fn file(day: &str, created_ms: i64) -> LogFile {
    let file_id = FileId::random();
    LogFile {
        location: format!("events/{day}/{file_id}.parquet"),
        file_id,
        day: day.to_owned(),
        row_count: 3,
        bytes: 1_000,
        created_ms,
        generation: 0,
    }
}

async fn events_are_claimed_oldest_first_and_finished_once(db: Database) {
    let events = store_events(&db, 5).await;
    let status = db.store.outbox_status().await.unwrap();
    assert_eq!(
        (status.pending, status.oldest_ms, status.dead),
        (5, Some(NOW_MS), 0)
    );
    let first = claim(&db, NOW_MS, 3).await;
    assert_eq!(events_of(&first), events[..3]);
    assert!(first.iter().all(|row| row.attempts == 1));

    let done = db
        .store
        .outbox_finish(&first[..2], &[], NOW_MS)
        .await
        .unwrap();
    assert_eq!(done, Finished::Done);
    let again = db
        .store
        .outbox_finish(&first[..2], &[], NOW_MS)
        .await
        .unwrap();
    assert_eq!(again, Finished::Lost);
    assert_eq!(db.store.outbox_status().await.unwrap().pending, 3);
    assert_eq!(db.row_count("inbox").await, 2);
    assert_eq!(db.store.inbox_delete_before(NOW_MS, 10).await.unwrap(), 0);
    assert_eq!(
        db.store.inbox_delete_before(NOW_MS + 1, 10).await.unwrap(),
        2
    );

    let second = claim(&db, NOW_MS + LEASE_MS, 10).await;
    assert_eq!(events_of(&second), events[2..]);
    assert_eq!(second[0].attempts, 2, "its first lease is over");
}

async fn a_guests_events_wait_for_each_other(db: Database) {
    let mine = store_events(&db, 4).await;
    let first = claim(&db, NOW_MS, 2).await;
    assert_eq!(events_of(&first), mine[..2]);
    assert_eq!(
        claim(&db, NOW_MS + 1, 10).await,
        vec![],
        "they come after what is held"
    );
    let other = store_events(&db, 1).await;
    assert_eq!(events_of(&claim(&db, NOW_MS + 1, 10).await), other);

    db.store.outbox_release(&first, NOW_MS + 50).await.unwrap();
    assert_eq!(
        claim(&db, NOW_MS + 49, 10).await,
        vec![],
        "the pause holds for all of them"
    );
    assert_eq!(events_of(&claim(&db, NOW_MS + 50, 10).await), mine);
}

async fn what_another_worker_took_over_does_not_count(db: Database) {
    store_events(&db, 2).await;
    let slow = claim(&db, NOW_MS, 10).await;
    let quick = claim(&db, NOW_MS + LEASE_MS, 10).await;
    assert_eq!(events_of(&slow), events_of(&quick));
    let lost = db
        .store
        .outbox_finish(&slow, &[file("2026-11-24", NOW_MS)], NOW_MS)
        .await;
    assert_eq!(lost.unwrap(), Finished::Lost);
    assert_eq!(db.row_count("log_files").await, 0);
    db.store.outbox_release(&slow, NOW_MS).await.unwrap();
    assert!(
        !db.store
            .outbox_bury(&slow[0], "too late", NOW_MS)
            .await
            .unwrap()
    );
    let done = db
        .store
        .outbox_finish(&quick, &[file("2026-11-24", NOW_MS)], NOW_MS)
        .await;
    assert_eq!(done.unwrap(), Finished::Done);
    assert_eq!(db.row_count("log_files").await, 1);
    assert_eq!(db.store.outbox_status().await.unwrap().pending, 0);

    // A guest who is erased takes events along that somebody holds.
    let key = guest(&db.store).await;
    db.store
        .recommendation_insert(&recommendation(&key, NOW_MS))
        .await
        .unwrap();
    let held = claim(&db, NOW_MS, 10).await;
    db.store.guest_erase(&key).await.unwrap();
    assert_eq!(
        db.store.outbox_finish(&held, &[], NOW_MS).await.unwrap(),
        Finished::Lost
    );
}

async fn an_event_that_is_delivered_again_has_no_second_effect(db: Database) {
    let key = guest(&db.store).await;
    let new = recommendation(&key, NOW_MS);
    db.store.recommendation_insert(&new).await.unwrap();
    let claimed = claim(&db, NOW_MS, 10).await;
    db.store.outbox_finish(&claimed, &[], NOW_MS).await.unwrap();
    let mut again = recommendation(&key, NOW_MS);
    again.event = new.event;
    db.store.recommendation_insert(&again).await.unwrap();
    assert_eq!(claim(&db, NOW_MS, 10).await, vec![]);
    assert_eq!(db.store.outbox_status().await.unwrap().pending, 0);
}

async fn dead_letters_keep_their_reason_and_can_be_tried_again(db: Database) {
    let events = store_events(&db, 2).await;
    let claimed = claim(&db, NOW_MS, 10).await;
    let long = "왜".repeat(2_000);
    assert!(
        db.store
            .outbox_bury(&claimed[0], &long, NOW_MS + 5)
            .await
            .unwrap()
    );
    assert!(
        !db.store
            .outbox_bury(&claimed[0], &long, NOW_MS + 5)
            .await
            .unwrap()
    );
    let status = db.store.outbox_status().await.unwrap();
    assert_eq!((status.pending, status.dead), (1, 1));
    let dead = db.store.dead_letter_list(10).await.unwrap();
    assert_eq!(
        (&dead[0].event_id, dead[0].dead_ms),
        (&events[0].event_id, NOW_MS + 5)
    );
    assert_eq!(dead[0].reason.chars().count(), 512);

    assert_eq!(db.store.dead_letter_retry().await.unwrap(), 1);
    assert_eq!(db.store.dead_letter_retry().await.unwrap(), 0);
    db.store
        .outbox_finish(&claimed[1..], &[], NOW_MS)
        .await
        .unwrap();
    assert_eq!(events_of(&claim(&db, NOW_MS, 10).await), events[..1]);
}

async fn claimants_share_events_without_overlap(db: Database) {
    for _ in 0..20 {
        store_events(&db, 2).await;
    }
    let mut claimants = Vec::new();
    for _ in 0..8 {
        let store = db.store.clone();
        claimants.push(tokio::spawn(async move {
            let mut own = Vec::new();
            loop {
                let claimed = store.outbox_claim(NOW_MS, 1_000, 4).await.unwrap();
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
    let distinct: HashSet<EventId> = all.iter().map(|row| row.event.event_id.clone()).collect();
    assert_eq!((distinct.len(), all.len()), (40, 40));
}

async fn leases_of_a_clock_that_was_wrong_do_not_count(db: Database) {
    let events = store_events(&db, 1).await;
    let nine_hours = 9 * 3_600_000;
    claim(&db, NOW_MS + nine_hours, 10).await;
    assert_eq!(events_of(&claim(&db, NOW_MS, 10).await), events);
}

async fn pseudonym_keys_last_as_long_as_their_guest(db: Database) {
    let (one, two) = (guest(&db.store).await, guest(&db.store).await);
    let keys = db.store.guest_log_keys(&[one, two]).await.unwrap();
    assert_ne!(keys[&one], keys[&two]);
    assert_eq!(db.store.guest_log_keys(&[two, one]).await.unwrap(), keys);
    db.store.guest_erase(&one).await.unwrap();
    let left = db.store.guest_log_keys(&[one, two]).await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[&two], keys[&two]);
}

async fn files_are_listed_by_generation(db: Database) {
    assert_eq!(db.store.log_manifest_unpublished().await.unwrap(), None);
    store_events(&db, 3).await;
    let mut files = Vec::new();
    for at in 0..3 {
        let claimed = claim(&db, NOW_MS + at * LEASE_MS * 2, 1).await;
        files.push(file("2026-11-24", NOW_MS - at));
        db.store
            .outbox_finish(&claimed, &files[files.len() - 1..], NOW_MS)
            .await
            .unwrap();
    }
    let listed = db.store.log_manifest_unpublished().await.unwrap().unwrap();
    for (generation, file) in (1..).zip(&mut files) {
        file.generation = generation;
    }
    assert_eq!((listed.generation, &listed.files), (3, &files));
    db.store.log_manifest_published(3).await.unwrap();
    assert_eq!(db.store.log_manifest_unpublished().await.unwrap(), None);

    assert_eq!(
        db.store.log_days_in_pieces("2026-11-24", 2).await.unwrap(),
        Vec::<String>::new()
    );
    assert_eq!(
        db.store.log_days_in_pieces("2026-11-25", 4).await.unwrap(),
        Vec::<String>::new()
    );
    assert_eq!(
        db.store.log_days_in_pieces("2026-11-25", 3).await.unwrap(),
        ["2026-11-24"]
    );
    assert_eq!(
        db.store
            .log_files_of_day("2026-11-24", 10)
            .await
            .unwrap()
            .len(),
        3
    );
    let merged = file("2026-11-24", NOW_MS);
    let old: Vec<FileId> = files.iter().map(|f| f.file_id.clone()).collect();
    assert!(
        db.store
            .log_files_replace(&old[..2], &merged, NOW_MS)
            .await
            .unwrap()
    );
    assert!(
        !db.store
            .log_files_replace(&old, &file("2026-11-24", NOW_MS), NOW_MS)
            .await
            .unwrap()
    );
    let listed = db.store.log_manifest_unpublished().await.unwrap().unwrap();
    assert_eq!((listed.generation, listed.files.len()), (4, 2));
    assert_eq!(db.store.log_files_replaced(NOW_MS).await.unwrap(), vec![]);
    assert_eq!(
        db.store.log_files_replaced(NOW_MS + 1).await.unwrap().len(),
        2
    );
    assert!(db.store.log_file_is_known(&old[0]).await.unwrap());
    db.store.log_files_forget(&old).await.unwrap();
    assert!(!db.store.log_file_is_known(&old[0]).await.unwrap());
    assert!(
        db.store.log_file_is_known(&old[2]).await.unwrap(),
        "it still counts"
    );
}
