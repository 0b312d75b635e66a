//! The only writer of a SQLite file: takes queued writes, runs many of them in one transaction, and answers every caller after the COMMIT.
//! One flush to the disk then serves all that waited, and no two writers ever collide. Should a write fail, the group is undone and run
//! again with a savepoint around each, which undoes that one alone; groups without a failure save the two statements that this costs a write.

use crate::connection::{Action, BoxFuture, Conn};
use crate::error::{Result, StoreError};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, mpsc, oneshot};

/// Writes that one COMMIT makes durable together at most. More would only make the first of them wait longer.
const GROUP_LIMIT: usize = 256;

/// Writes that may wait. Beyond it callers wait for a place, and give up after the time they are allowed.
const QUEUE_LIMIT: usize = 4_096;

/// The handle of the writer task. The task ends by itself once the last handle is gone and the queue is empty.
pub(crate) struct Writer {
    queue: mpsc::Sender<Box<dyn Job>>,
    patience: Duration,
}

impl Writer {
    /// Opens the file for writing and starts the task. `patience` is how long a caller waits for a place in the queue.
    pub(crate) async fn start(file: SqliteConnectOptions, patience: Duration) -> Result<Self> {
        let connection = file.connect().await?;
        let (queue, jobs) = mpsc::channel(QUEUE_LIMIT);
        tokio::spawn(supervise(file, connection, jobs));
        Ok(Self { queue, patience })
    }

    /// Runs a write and waits until it is durable.
    pub(crate) async fn submit<A, T>(&self, args: A, action: Action<A, T>) -> Result<T>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Write {
            args,
            action,
            outcome: None,
            reply,
        });
        self.queue
            .send_timeout(job, self.patience)
            .await
            .map_err(|_| StoreError::timed_out())?;
        answer.await.map_err(|_| stopped())?
    }
}

fn stopped() -> StoreError {
    StoreError::Unavailable(Arc::new(sqlx::Error::WorkerCrashed))
}

/// A queued write of any type.
trait Job: Send {
    /// Whether nobody waits for the answer any more.
    fn is_abandoned(&self) -> bool;
    /// Runs the write, again if need be, and keeps its outcome, whose error it gives too.
    fn run<'a>(&'a mut self, connection: &'a mut SqliteConnection) -> BoxFuture<'a, Result<()>>;
    /// Tells the caller, once the fate of the whole group is known.
    fn answer(self: Box<Self>, group: Result<()>);
}

struct Write<A, T> {
    args: A,
    action: Action<A, T>,
    outcome: Option<Result<T>>,
    reply: oneshot::Sender<Result<T>>,
}

impl<A: Send + Sync, T: Send> Job for Write<A, T> {
    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    fn run<'a>(&'a mut self, connection: &'a mut SqliteConnection) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let outcome = (self.action)(Conn::Sqlite(connection), &self.args).await;
            let brief = outcome.as_ref().map(|_| ()).map_err(StoreError::clone);
            self.outcome = Some(outcome);
            brief
        })
    }

    fn answer(self: Box<Self>, group: Result<()>) {
        let Self { outcome, reply, .. } = *self;
        let answer = group.and_then(|()| outcome.unwrap_or_else(|| Err(stopped())));
        // The caller may have gone away meanwhile; its write is durable all the same.
        let _ = reply.send(answer);
    }
}

/// Keeps a writer running: should a write panic, its group is answered with an error and the next group gets a fresh connection.
async fn supervise(
    file: SqliteConnectOptions,
    connection: SqliteConnection,
    jobs: mpsc::Receiver<Box<dyn Job>>,
) {
    let jobs = Arc::new(Mutex::new(jobs));
    let mut connection = Some(connection);
    while let Err(failure) = tokio::spawn(write_groups(
        file.clone(),
        connection.take(),
        Arc::clone(&jobs),
    ))
    .await
    {
        if failure.is_cancelled() {
            return;
        }
        tracing::error!("a database write panicked; the writer starts again");
    }
}

async fn write_groups(
    file: SqliteConnectOptions,
    mut connection: Option<SqliteConnection>,
    jobs: Arc<Mutex<mpsc::Receiver<Box<dyn Job>>>>,
) {
    let mut jobs = jobs.lock().await;
    while let Some(first) = jobs.recv().await {
        let mut group = Vec::with_capacity(GROUP_LIMIT);
        let outcome = write_group(&file, &mut connection, first, &mut jobs, &mut group).await;
        if outcome.is_err() {
            // Nobody knows what state its transaction is in.
            connection = None;
        }
        // Whatever it was, for those whose writes were lost with it the database was unavailable.
        let outcome = outcome.map_err(StoreError::into_unavailable);
        for job in group {
            job.answer(outcome.clone());
        }
    }
    if let Some(connection) = connection
        && let Err(error) = connection.close().await
    {
        tracing::debug!(%error, "the database file was not closed cleanly");
    }
}

/// Makes the first write and those queued behind it durable. Whoever was taken from the queue is in `group`, whatever happens.
async fn write_group(
    file: &SqliteConnectOptions,
    connection: &mut Option<SqliteConnection>,
    first: Box<dyn Job>,
    jobs: &mut mpsc::Receiver<Box<dyn Job>>,
    group: &mut Vec<Box<dyn Job>>,
) -> Result<()> {
    group.push(first);
    let connection = match connection {
        Some(connection) => connection,
        None => connection.insert(file.connect().await?),
    };
    match write_together(connection, jobs, group).await? {
        Together::Committed => Ok(()),
        Together::Undone => write_apart(connection, group).await,
    }
}

/// What became of a group that ran without savepoints.
enum Together {
    Committed,
    Undone,
}

/// Writes that arrive while the group runs still join it.
async fn write_together(
    connection: &mut SqliteConnection,
    jobs: &mut mpsc::Receiver<Box<dyn Job>>,
    group: &mut Vec<Box<dyn Job>>,
) -> Result<Together> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let mut next = 0;
    while let Some(job) = group.get_mut(next) {
        if !job.is_abandoned()
            && let Err(error) = job.run(&mut transaction).await
        {
            // A full disk makes SQLite undo the transaction by itself: then this fails, and the write's error is the cause.
            transaction.rollback().await.map_err(|_| error)?;
            return Ok(Together::Undone);
        }
        next += 1;
        if next < GROUP_LIMIT
            && let Ok(job) = jobs.try_recv()
        {
            group.push(job);
        }
    }
    transaction.commit().await?;
    Ok(Together::Committed)
}

async fn write_apart(connection: &mut SqliteConnection, group: &mut [Box<dyn Job>]) -> Result<()> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    for job in group.iter_mut().filter(|job| !job.is_abandoned()) {
        let mut savepoint = transaction.begin().await?;
        match job.run(&mut savepoint).await {
            Ok(()) => savepoint.commit().await?,
            Err(error) => savepoint.rollback().await.map_err(|_| error)?,
        }
    }
    transaction.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests;
