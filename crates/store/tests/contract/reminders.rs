//! Reminders and their mails: one mail of each kind, one holder at a time, nothing left once they are gone.

use crate::fixture::*;
use seonmul_store::{
    GuestKey, MailClaim, MailId, MailNew, MailOutcome, ReminderId, ReminderRow, Store, StoreError,
};

on_both_databases!(
    a_reminder_is_stored_with_its_mail_and_event,
    a_status_changes_once,
    a_mail_is_held_by_one_and_sent_once,
    a_worker_that_died_while_sending_leaves_an_uncertain_mail,
    mails_that_were_given_up_can_be_tried_again,
    what_nobody_confirmed_is_deleted,
);

fn reminder(guest: &GuestKey) -> ReminderRow {
    ReminderRow {
        reminder_id: ReminderId::random(),
        guest: *guest,
        interview_id: None,
        address_sealed: vec![0, 159, 146, 150],
        day: "2026-12-25".to_owned(),
        days_before: 7,
        due_ms: NOW_MS + 1_000,
        lang: "ko".to_owned(),
        status: "unconfirmed".to_owned(),
        created_ms: NOW_MS,
    }
}

fn mail(kind: &str, due_ms: i64) -> MailNew {
    MailNew {
        mail_id: MailId::random(),
        kind: kind.to_owned(),
        due_ms,
    }
}

/// A reminder of this guest with its first mail and its event.
pub async fn stored_for(store: &Store, key: &GuestKey) -> ReminderRow {
    let row = reminder(key);
    let first = mail("confirmation", NOW_MS);
    let asked = event(key, "reminder.requested");
    store.reminder_insert(&row, &first, &asked).await.unwrap();
    row
}

async fn stored(store: &Store) -> (GuestKey, ReminderRow) {
    let key = guest(store).await;
    let row = stored_for(store, &key).await;
    (key, row)
}

async fn claim(store: &Store, at_ms: i64) -> Vec<MailClaim> {
    store.mail_claim(at_ms, 100, 10).await.unwrap()
}

async fn a_reminder_is_stored_with_its_mail_and_event(db: Database) {
    let (key, row) = stored(&db.store).await;
    assert_eq!(
        db.store.reminder_fetch(&row.reminder_id).await.unwrap(),
        Some(row.clone())
    );
    assert_eq!(
        db.store.reminder_list(&key).await.unwrap(),
        std::slice::from_ref(&row)
    );
    assert_eq!(db.store.outbox_status().await.unwrap().pending, 1);
    let claimed = claim(&db.store, NOW_MS).await;
    assert_eq!(
        (claimed[0].kind.as_str(), &claimed[0].reminder),
        ("confirmation", &row)
    );
    assert_eq!(
        db.store.mail_reminder(&claimed[0].mail_id).await.unwrap(),
        Some(row)
    );

    let stranger = seonmul_store::GuestId::random().key();
    let refused = db
        .store
        .reminder_insert(
            &reminder(&stranger),
            &mail("confirmation", NOW_MS),
            &event(&stranger, "x"),
        )
        .await;
    assert!(matches!(refused, Err(StoreError::Orphan)), "{refused:?}");

    db.store.guest_erase(&key).await.unwrap();
    for table in ["reminders", "mails", "outbox"] {
        assert_eq!(db.row_count(table).await, 0, "{table}");
    }
}

async fn a_status_changes_once(db: Database) {
    let (key, row) = stored(&db.store).await;
    let advance = async || {
        db.store
            .reminder_advance(
                &row.reminder_id,
                "unconfirmed",
                "confirmed",
                &mail("reminder", row.due_ms),
                &event(&key, "c"),
            )
            .await
            .unwrap()
    };
    assert!(advance().await);
    assert!(!advance().await);
    assert_eq!(db.row_count("mails").await, 2);
    assert_eq!(
        claim(&db.store, NOW_MS).await.len(),
        1,
        "the reminder itself is for later"
    );
    assert_eq!(claim(&db.store, row.due_ms).await.len(), 2);

    let gone = std::slice::from_ref(&row.reminder_id);
    assert_eq!(
        db.store
            .reminder_delete(gone, &event(&key, "u"))
            .await
            .unwrap(),
        1
    );
    assert_eq!(
        db.store
            .reminder_delete(gone, &event(&key, "u"))
            .await
            .unwrap(),
        0
    );
    assert_eq!(db.row_count("mails").await, 0);
    assert_eq!(db.store.outbox_status().await.unwrap().pending, 3);
}

async fn a_mail_is_held_by_one_and_sent_once(db: Database) {
    let (_, row) = stored(&db.store).await;
    let held = claim(&db.store, NOW_MS).await.remove(0);
    assert_eq!(claim(&db.store, NOW_MS + 99).await, vec![]);
    let taken_over = claim(&db.store, NOW_MS + 100).await.remove(0);
    assert!(!db.store.mail_begin(&held, NOW_MS).await.unwrap());
    assert!(db.store.mail_begin(&taken_over, NOW_MS).await.unwrap());
    assert!(!db.store.mail_begin(&taken_over, NOW_MS).await.unwrap());
    db.store
        .mail_finish(&taken_over, &MailOutcome::Sent, Some("waiting"), NOW_MS)
        .await
        .unwrap();
    let late = MailOutcome::Retry {
        due_ms: NOW_MS,
        reason: "late".to_owned(),
    };
    db.store
        .mail_finish(&held, &late, None, NOW_MS)
        .await
        .unwrap();
    assert_eq!(claim(&db.store, LATER_MS).await, vec![]);
    let now = db
        .store
        .reminder_fetch(&row.reminder_id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(now.status, "waiting");
    assert_eq!(db.store.mail_status(NOW_MS).await.unwrap().sent, 1);
}

async fn a_worker_that_died_while_sending_leaves_an_uncertain_mail(db: Database) {
    stored(&db.store).await;
    let held = claim(&db.store, NOW_MS).await.remove(0);
    assert!(db.store.mail_begin(&held, NOW_MS).await.unwrap());
    assert_eq!(db.store.mail_mark_uncertain(NOW_MS + 99).await.unwrap(), 0);
    assert_eq!(db.store.mail_mark_uncertain(NOW_MS + 100).await.unwrap(), 1);
    assert_eq!(
        claim(&db.store, LATER_MS).await,
        vec![],
        "nobody knows whether it arrived"
    );
    assert_eq!(db.store.mail_status(NOW_MS).await.unwrap().uncertain, 1);
    // The worker was only slow, and learnt that the server took it.
    db.store
        .mail_finish(&held, &MailOutcome::Sent, None, NOW_MS)
        .await
        .unwrap();
    let status = db.store.mail_status(NOW_MS).await.unwrap();
    assert_eq!((status.uncertain, status.sent), (0, 1));
}

async fn mails_that_were_given_up_can_be_tried_again(db: Database) {
    stored(&db.store).await;
    let held = claim(&db.store, NOW_MS).await.remove(0);
    assert!(db.store.mail_begin(&held, NOW_MS).await.unwrap());
    let retry = MailOutcome::Retry {
        due_ms: NOW_MS + 500,
        reason: "451".to_owned(),
    };
    db.store
        .mail_finish(&held, &retry, None, NOW_MS)
        .await
        .unwrap();
    let status = db.store.mail_status(NOW_MS).await.unwrap();
    assert_eq!((status.due, status.planned), (0, 1));
    assert_eq!(claim(&db.store, NOW_MS + 499).await, vec![]);
    let held = claim(&db.store, NOW_MS + 500).await.remove(0);
    assert_eq!(held.attempts, 2);
    let dead = MailOutcome::Dead {
        reason: "550".to_owned(),
    };
    db.store
        .mail_finish(&held, &dead, Some("refused"), NOW_MS)
        .await
        .unwrap();
    assert_eq!(db.store.mail_status(NOW_MS).await.unwrap().dead, 1);
    assert_eq!(claim(&db.store, LATER_MS).await, vec![]);
    assert_eq!(db.store.mail_retry_dead(NOW_MS + 900).await.unwrap(), 1);
    assert_eq!(claim(&db.store, NOW_MS + 900).await.len(), 1);
}

async fn what_nobody_confirmed_is_deleted(db: Database) {
    let (_, row) = stored(&db.store).await;
    let delete = async |status: &str, before_ms| {
        db.store
            .reminder_delete_before(status, before_ms, 10)
            .await
            .unwrap()
    };
    assert_eq!(delete("unconfirmed", row.created_ms).await, 0);
    assert_eq!(delete("confirmed", LATER_MS).await, 0);
    assert_eq!(delete("unconfirmed", row.created_ms + 1).await, 1);
    assert_eq!(db.row_count("mails").await, 0);
}
