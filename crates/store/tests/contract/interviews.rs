//! Interviews: answers change, two tabs collide, lists page, and another guest sees nothing.

use crate::fixture::*;
use seonmul_store::{InterviewId, InterviewRow, SaveOutcome, StoreError};

on_both_databases!(
    answers_are_stored_changed_and_removed,
    stale_revision_changes_nothing,
    of_two_tabs_one_wins,
    failed_save_changes_nothing,
    list_pages_newest_first,
    other_guest_sees_nothing,
    texts_of_any_script_come_back,
    values_too_long_are_rejected,
);

async fn answers_are_stored_changed_and_removed(db: Database) {
    let key = guest(&db.store).await;
    let row = interview(&key, NOW_MS);
    db.store.interview_insert(&row).await.unwrap();
    assert_eq!(
        db.store
            .interview_fetch(&key, &row.interview_id)
            .await
            .unwrap(),
        Some((row.clone(), vec![]))
    );
    let again = db.store.interview_insert(&row).await;
    assert!(matches!(again, Err(StoreError::Conflict)), "{again:?}");

    let (first, second) = (answer("relation", 2, "1"), answer("gender", 1, "2"));
    let save = InterviewRow {
        pending_question: None,
        updated_ms: NOW_MS + 1,
        ..row.clone()
    };
    let outcome = db
        .store
        .interview_save_answers(
            &key,
            &save,
            &[first.clone(), second.clone()],
            &[],
            &event(&key, "a"),
        )
        .await;
    assert_eq!(outcome.unwrap(), SaveOutcome::Saved);
    let saved = InterviewRow {
        revision: 1,
        ..save
    };
    let expected = (saved.clone(), vec![second, first.clone()]);
    assert_eq!(
        db.store
            .interview_fetch(&key, &row.interview_id)
            .await
            .unwrap(),
        Some(expected)
    );

    let changed = answer("relation", 2, "3");
    let save = InterviewRow {
        status: "done".to_owned(),
        ..saved
    };
    let removed = ["gender".to_owned(), "never asked".to_owned()];
    let outcome = db
        .store
        .interview_save_answers(
            &key,
            &save,
            std::slice::from_ref(&changed),
            &removed,
            &event(&key, "b"),
        )
        .await;
    assert_eq!(outcome.unwrap(), SaveOutcome::Saved);
    let expected = (
        InterviewRow {
            revision: 2,
            ..save.clone()
        },
        vec![changed.clone()],
    );
    assert_eq!(
        db.store
            .interview_fetch(&key, &row.interview_id)
            .await
            .unwrap(),
        Some(expected)
    );

    let save = InterviewRow {
        revision: 2,
        ..save
    };
    assert_eq!(
        db.store
            .interview_save_answers(&key, &save, &[], &[], &event(&key, "c"))
            .await
            .unwrap(),
        SaveOutcome::Saved
    );
    let (saved, answers) = db
        .store
        .interview_fetch(&key, &row.interview_id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((saved.revision, answers), (3, vec![changed]));
    assert_eq!(
        db.store.outbox_status().await.unwrap().pending,
        3,
        "one event with each save"
    );
}

async fn stale_revision_changes_nothing(db: Database) {
    let key = guest(&db.store).await;
    let row = interview(&key, NOW_MS);
    db.store.interview_insert(&row).await.unwrap();
    let one = [answer("relation", 1, "1")];
    assert_eq!(
        db.store
            .interview_save_answers(&key, &row, &one, &[], &event(&key, "a"))
            .await
            .unwrap(),
        SaveOutcome::Saved
    );
    let before = db
        .store
        .interview_fetch(&key, &row.interview_id)
        .await
        .unwrap();

    let late = InterviewRow {
        status: "late".to_owned(),
        ..row.clone()
    };
    let two = [answer("relation", 1, "2")];
    assert_eq!(
        db.store
            .interview_save_answers(&key, &late, &two, &[], &event(&key, "b"))
            .await
            .unwrap(),
        SaveOutcome::Stale
    );
    assert_eq!(
        db.store
            .interview_fetch(&key, &row.interview_id)
            .await
            .unwrap(),
        before
    );

    let unknown = InterviewRow {
        interview_id: InterviewId::random(),
        ..row
    };
    assert_eq!(
        db.store
            .interview_save_answers(&key, &unknown, &two, &[], &event(&key, "c"))
            .await
            .unwrap(),
        SaveOutcome::Stale
    );
    assert_eq!(db.store.outbox_status().await.unwrap().pending, 1);
}

async fn of_two_tabs_one_wins(db: Database) {
    let key = guest(&db.store).await;
    let row = interview(&key, NOW_MS);
    db.store.interview_insert(&row).await.unwrap();
    let mut tabs = Vec::new();
    for number in 0..8 {
        let (store, row) = (db.store.clone(), row.clone());
        tabs.push(tokio::spawn(async move {
            let answers = [answer("relation", 1, &number.to_string())];
            store
                .interview_save_answers(&key, &row, &answers, &[], &event(&key, "a"))
                .await
                .unwrap()
        }));
    }
    let mut saved = 0;
    for tab in tabs {
        saved += u32::from(tab.await.unwrap() == SaveOutcome::Saved);
    }
    assert_eq!(saved, 1);
    let (row, answers) = db
        .store
        .interview_fetch(&key, &row.interview_id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((row.revision, answers.len()), (1, 1));
    assert_eq!(db.store.outbox_status().await.unwrap().pending, 1);
}

async fn failed_save_changes_nothing(db: Database) {
    let key = guest(&db.store).await;
    let row = interview(&key, NOW_MS);
    db.store.interview_insert(&row).await.unwrap();
    let twice = [answer("relation", 1, "1"), answer("relation", 2, "2")];
    let outcome = db
        .store
        .interview_save_answers(&key, &row, &twice, &[], &event(&key, "a"))
        .await;
    assert!(matches!(outcome, Err(StoreError::Conflict)), "{outcome:?}");
    assert_eq!(
        db.store
            .interview_fetch(&key, &row.interview_id)
            .await
            .unwrap(),
        Some((row, vec![]))
    );
    assert_eq!(db.store.outbox_status().await.unwrap().pending, 0);
}

async fn list_pages_newest_first(db: Database) {
    let key = guest(&db.store).await;
    let mut expected = Vec::new();
    for number in 0..10 {
        // Pairs share a time, so that the id must decide.
        let row = interview(&key, NOW_MS + number / 2);
        db.store.interview_insert(&row).await.unwrap();
        let answers = vec![answer("a", 1, &number.to_string()), answer("b", 2, "{}")];
        db.store
            .interview_save_answers(&key, &row, &answers, &[], &event(&key, "a"))
            .await
            .unwrap();
        let mut latest = None;
        for _ in 0..number % 3 {
            let mut new = recommendation(&key, NOW_MS);
            new.interview_id = Some(row.interview_id.clone());
            db.store.recommendation_insert(&new).await.unwrap();
            latest = Some(new.recommendation_id);
        }
        assert_eq!(
            db.store
                .interview_latest_recommendation(&key, &row.interview_id)
                .await
                .unwrap(),
            latest
        );
        expected.push((InterviewRow { revision: 1, ..row }, answers, latest));
    }
    expected.sort_by(|(a, ..), (b, ..)| {
        (b.created_ms, &b.interview_id).cmp(&(a.created_ms, &a.interview_id))
    });

    let mut listed = Vec::new();
    let mut before = None;
    loop {
        let page = db
            .store
            .interview_list(&key, before.clone(), 3)
            .await
            .unwrap();
        assert!(page.len() <= 3);
        let Some((last, ..)) = page.last() else { break };
        before = Some((last.created_ms, last.interview_id.clone()));
        listed.extend(page);
    }
    assert_eq!(listed, expected);
}

async fn other_guest_sees_nothing(db: Database) {
    let (owner, other) = (guest(&db.store).await, guest(&db.store).await);
    let row = interview(&owner, NOW_MS);
    db.store.interview_insert(&row).await.unwrap();
    let mut new = recommendation(&owner, NOW_MS);
    new.interview_id = Some(row.interview_id.clone());
    db.store.recommendation_insert(&new).await.unwrap();

    assert_eq!(
        db.store
            .interview_fetch(&other, &row.interview_id)
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        db.store.interview_list(&other, None, 10).await.unwrap(),
        vec![]
    );
    assert_eq!(
        db.store
            .interview_latest_recommendation(&other, &row.interview_id)
            .await
            .unwrap(),
        None
    );
    let outcome = db
        .store
        .interview_save_answers(
            &other,
            &row,
            &[answer("a", 1, "1")],
            &[],
            &event(&other, "a"),
        )
        .await;
    assert_eq!(outcome.unwrap(), SaveOutcome::Stale);
    assert_eq!(
        db.store
            .interview_fetch(&owner, &row.interview_id)
            .await
            .unwrap(),
        Some((row, vec![]))
    );
}

async fn texts_of_any_script_come_back(db: Database) {
    let key = guest(&db.store).await;
    let row = InterviewRow {
        status: "진행 중 🎀".to_owned(),
        ..interview(&key, NOW_MS)
    };
    db.store.interview_insert(&row).await.unwrap();
    let long = "가나다 👩‍👩‍👧‍👦 \u{0}\\'\"%_`".repeat(5_000);
    let answers = vec![
        answer("Question", 1, &long),
        answer("question", 2, ""),
        answer("질문🙂", 3, "null"),
    ];
    db.store
        .interview_save_answers(&key, &row, &answers, &[], &event(&key, "질문"))
        .await
        .unwrap();
    let (fetched, stored) = db
        .store
        .interview_fetch(&key, &row.interview_id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(fetched.status, row.status);
    assert_eq!(
        stored, answers,
        "ids that differ only in case are different"
    );
}

async fn values_too_long_are_rejected(db: Database) {
    let key = guest(&db.store).await;
    let fits = InterviewRow {
        status: "가".repeat(32),
        ..interview(&key, NOW_MS)
    };
    db.store.interview_insert(&fits).await.unwrap();
    let long = InterviewRow {
        status: "가".repeat(33),
        ..interview(&key, NOW_MS)
    };
    let refused = db.store.interview_insert(&long).await;
    assert!(
        matches!(refused, Err(StoreError::Rejected(_))),
        "{refused:?}"
    );
}
