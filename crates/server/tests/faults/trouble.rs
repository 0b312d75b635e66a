//! The faults, one after the other, each once the clients got on again after the one before.

use crate::clients::Load;
use crate::processes::{Deployment, Kind, Process, until};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Acknowledgements between two faults.
const BETWEEN: usize = 60;
/// How long a fault lasts that lasts.
const WHILE: Duration = Duration::from_millis(700);

/// Makes as many faults as told and gives how many of them were kills.
pub async fn make(deployment: &mut Deployment, load: &Load, faults: usize) -> usize {
    let mut kills = 0;
    for number in 0..faults {
        let goal = load.shared.acknowledged.load(Ordering::Relaxed) + BETWEEN;
        let what = format!("the clients get on after {number} faults");
        until(&what, async || {
            load.shared.acknowledged.load(Ordering::Relaxed) >= goal
        })
        .await;
        kills += usize::from(fault(deployment, number).await);
    }
    kills
}

/// Makes one fault; true when it was a kill.
async fn fault(deployment: &mut Deployment, number: usize) -> bool {
    let node = (number / 6) % deployment.servers.len();
    let other = number / 6 % 2;
    match (deployment.kind, number % 6) {
        (_, 0) => return kill(&mut deployment.servers[node], other),
        (_, 1) => return kill(&mut deployment.workers[node], other),
        (Kind::Sqlite, 2) => pause(&deployment.servers[node]).await,
        (Kind::Sqlite, 3) => pause(&deployment.workers[node]).await,
        // No file may grow: the database's log cannot be written, as on a full disk.
        (Kind::Sqlite, 4) => full(&deployment.servers[node]).await,
        (Kind::Sqlite, _) => full(&deployment.workers[node]).await,
        (_, 2) => {
            let node = node % deployment.databases.len();
            let database = &mut deployment.databases[node];
            if other == 0 {
                return kill(database, 0);
            }
            pause(database).await;
        }
        (_, 3) => {
            let redis = deployment.redis.as_mut().unwrap();
            if other == 0 {
                return kill(redis, 0);
            }
            pause(redis).await;
        }
        (_, 4) => cut_connections(&deployment.database_url).await,
        (_, _) => pause(&deployment.workers[node]).await,
    }
    false
}

/// Kills a process and starts it again, every other time with a clock that is nine hours ahead.
fn kill(process: &mut Process, ahead: usize) -> bool {
    process.kill();
    if ahead == 1 {
        process.restart(&[
            ("LD_PRELOAD", faketime()),
            ("FAKETIME", "+9h".to_owned()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
        ]);
    } else {
        process.restart(&[]);
    }
    true
}

/// The library of Debian's libfaketime.
fn faketime() -> String {
    let folders = std::fs::read_dir("/usr/lib").unwrap();
    let libraries = folders.map(|f| f.unwrap().path().join("faketime/libfaketime.so.1"));
    let found = libraries.into_iter().find(|library| library.exists());
    found
        .expect("libfaketime is not installed")
        .display()
        .to_string()
}

async fn pause(process: &Process) {
    process.signal("-STOP");
    tokio::time::sleep(WHILE).await;
    process.signal("-CONT");
}

async fn full(process: &Process) {
    process.limit_files("4096");
    tokio::time::sleep(WHILE).await;
    process.limit_files("unlimited");
}

/// Cuts every connection that the database has.
async fn cut_connections(url: &str) {
    use sqlx::{AssertSqlSafe, Connection, Row};
    let Ok(mut own) = sqlx::MySqlConnection::connect(url).await else {
        return;
    };
    let Ok(rows) = sqlx::query("SELECT ID FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID() AND USER = 'root'")
        .fetch_all(&mut own)
        .await
    else {
        return;
    };
    for row in rows {
        let id: u64 = row.try_get_unchecked::<i64, _>(0).unwrap().cast_unsigned();
        // It may have ended by itself.
        let _ = sqlx::raw_sql(AssertSqlSafe(format!("KILL CONNECTION {id}")))
            .execute(&mut own)
            .await;
    }
}
