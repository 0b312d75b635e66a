//! Jobs: filling an empty shop, taking over snapshots, forgetting what has expired.

use crate::fixture::{Server, on_both, products};
use seonmul_server::jobs::swap_catalogue::{self, Outcome};
use seonmul_server::jobs::{build_catalogue, delete_expired, fill_catalogue};
use seonmul_server::service::products;
use seonmul_store::GuestId;
use serde_json::json;
use std::time::Duration;

on_both!(
    an_empty_shop_gets_the_sample_catalogue with &[crate::fixture::EMPTY],
    a_torn_snapshot_is_refused_and_the_last_good_one_stays,
    a_foreign_snapshot_is_refused,
    a_lost_snapshot_is_built_again,
    old_snapshots_go,
    a_notice_makes_nodes_swap_at_once with &[("SEONMUL_SNAPSHOT_POLL_SECONDS", "3600")],
    what_has_expired_is_forgotten,
);

async fn an_empty_shop_gets_the_sample_catalogue(server: Server) {
    fill_catalogue::run_once(&server.app).await.unwrap();
    let catalogue = server.app.catalogue().unwrap();
    assert_eq!(
        catalogue.len(),
        fill_catalogue::sample_products().unwrap().len()
    );
    fill_catalogue::run_once(&server.app).await.unwrap();
    assert_eq!(
        server.app.catalogue().unwrap().version(),
        catalogue.version()
    );
    assert_eq!(server.get("/readyz").send().await.status, 200);
}

async fn change_and_build(server: &Server, title: &str) -> std::path::PathBuf {
    let mut changed = products();
    title.clone_into(&mut changed[0].title);
    seonmul_server::service::imports::import_products(&server.app, changed, "test")
        .await
        .unwrap();
    let row = build_catalogue::build(&server.app, |_| {}).await.unwrap();
    server.app.objects.path(&row.location).unwrap()
}

async fn a_torn_snapshot_is_refused_and_the_last_good_one_stays(server: Server) {
    let good = server.app.catalogue().unwrap().version().to_owned();
    let path = change_and_build(&server, "무드등 새 제목").await;
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    // A new file, as a copy that went wrong would be: the mapped one must not change under its readers.
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, &bytes).unwrap();
    for _ in 0..2 {
        assert_eq!(
            swap_catalogue::run_once(&server.app).await,
            Outcome::Refused
        );
    }
    assert_eq!(server.app.catalogue().unwrap().version(), good);
    let ready = server.get("/readyz").send().await;
    assert_eq!(
        (ready.status.as_u16(), &ready.json()["catalogue_version"]),
        (200, &json!(good))
    );
    assert!(
        ready.json()["refused_snapshot"]["reason"]
            .as_str()
            .unwrap()
            .contains("torn")
    );
    assert!(
        server
            .get("/metrics")
            .send()
            .await
            .text()
            .contains("seonmul_snapshot_refused_total 1")
    );
    assert_eq!(server.get("/api/v1/products/t-00").send().await.status, 200);
    change_and_build(&server, "무드등 또 새 제목").await;
    assert_eq!(
        swap_catalogue::run_once(&server.app).await,
        Outcome::Swapped
    );
    assert!(server.get("/readyz").send().await.json()["refused_snapshot"].is_null());
}

async fn a_foreign_snapshot_is_refused(server: Server) {
    let path = change_and_build(&server, "무드등 새 제목").await;
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, b"PK\x03\x04 something else").unwrap();
    assert_eq!(
        swap_catalogue::run_once(&server.app).await,
        Outcome::Refused
    );
    std::fs::remove_file(&path).unwrap();
    assert_eq!(
        swap_catalogue::run_once(&server.app).await,
        Outcome::Refused
    );
    assert!(server.app.catalogue().is_ok());
}

async fn a_lost_snapshot_is_built_again(server: Server) {
    let row = server.app.store.snapshot_latest().await.unwrap().unwrap();
    std::fs::remove_file(server.app.objects.path(&row.location).unwrap()).unwrap();
    let other = server.another(&[]).await;
    assert!(other.app.catalogue().is_err());
    fill_catalogue::run_once(&other.app).await.unwrap();
    assert_eq!(other.app.catalogue().unwrap().version(), row.version);
    assert!(products::fetch(&other.app, "t-00").is_ok());
}

async fn old_snapshots_go(server: Server) {
    for i in 0..7 {
        change_and_build(&server, &format!("무드등 {i}")).await;
    }
    let folder = server.app.objects.root().join("snapshots");
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 5);
    assert_eq!(
        swap_catalogue::run_once(&server.app).await,
        Outcome::Swapped
    );
}

async fn a_notice_makes_nodes_swap_at_once(server: Server) {
    let other = server
        .another(&[("SEONMUL_SNAPSHOT_POLL_SECONDS", "3600")])
        .await;
    let job = tokio::spawn(swap_catalogue::run(other.app.clone()));
    let before = other.app.catalogue().unwrap().version().to_owned();
    let mut notices = other.app.cache.snapshot_notices();
    // A node that subscribes late misses a notice, so it is repeated until it comes through.
    let swapped = tokio::time::timeout(Duration::from_secs(20), async {
        change_and_build(&server, "무드등 새 제목").await;
        let version = server
            .app
            .store
            .snapshot_latest()
            .await
            .unwrap()
            .unwrap()
            .version;
        while other.app.catalogue().unwrap().version() == before {
            server.app.cache.notify_snapshot(&version).await;
            let _ = tokio::time::timeout(Duration::from_millis(50), notices.changed()).await;
        }
    });
    swapped.await.expect("the notice was not heard");
    other.app.ending.send_replace(true);
    job.await.unwrap();
}

async fn what_has_expired_is_forgotten(server: Server) {
    let guest = server.guest().await;
    let key = GuestId::parse(&guest).unwrap().key();
    delete_expired::run_once(&server.app).await;
    assert!(
        server
            .app
            .store
            .guest_fetch(&key, 0)
            .await
            .unwrap()
            .is_some()
    );
    server.app.clock.advance_ms(31 * 86_400_000);
    delete_expired::run_once(&server.app).await;
    assert!(
        server
            .app
            .store
            .guest_fetch(&key, 0)
            .await
            .unwrap()
            .is_none()
    );
}
