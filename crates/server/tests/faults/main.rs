//! Faults under load: clients write down every acknowledgement while processes are killed, paused and started again, connections are cut,
//! files can grow no further and clocks jump. Then a checker reads everything back: what was acknowledged is there, each key made one
//! result, each event took effect once, and nobody reads what is another guest's.
//!
//! The short form is a test like any other. The long form: `cargo nextest run --test faults --run-ignored only`.

#![expect(
    clippy::unwrap_used,
    reason = "a test that meets what it does not expect has failed"
)]

mod check;
mod clients;
mod processes;
mod trouble;

use clients::{Load, Record};
use processes::{Deployment, Kind};
use std::sync::atomic::Ordering;

/// Runs clients against a deployment through as many faults as told, and checks what is left.
async fn survive(kind: Kind, faults: usize) {
    let mut deployment = Deployment::start(kind).await;
    let load = Load::start(&deployment);
    let kills = trouble::make(&mut deployment, &load, faults).await;
    let refused = load.shared.refused.load(Ordering::Relaxed);
    let records: Vec<Record> = load.stop().await;
    deployment.heal().await;
    let found = check::everything(&deployment, &records).await;
    eprintln!(
        "{kind:?}, {faults} faults of which {kills} kills, {refused} answers that refused: {found}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_on_sqlite() {
    survive(Kind::Sqlite, 10).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_on_mysql_and_redis() {
    survive(Kind::MySqlRedis, 12).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the long form"]
async fn long_on_sqlite() {
    survive(Kind::Sqlite, 210).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the long form"]
async fn long_on_mysql_and_redis() {
    survive(Kind::MySqlRedis, 200).await;
}

/// Needs Debian's galera-4 and rsync.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the long form"]
async fn long_on_galera() {
    survive(Kind::Galera, 90).await;
}
