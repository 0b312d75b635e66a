//! What every part of the program is given, and the only place that wires it together.

use crate::clients::mail::Mailer;
use crate::clients::objects::Objects;
use crate::clients::seal::Sealer;
use crate::clock::Clock;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::http::pictures::Pictures;
use crate::metrics::Metrics;
use crate::service::llm::Llm;
use anyhow::Context;
use arc_swap::ArcSwapOption;
use seonmul_engine::Engine;
use seonmul_engine::catalogue::Catalogue;
use seonmul_store::{Cache, Store, StoreError, StoreOptions};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};

/// How long one call waits for a connection to the database before it counts as unavailable.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a start waits for a database that does not answer yet.
const START_PATIENCE: Duration = Duration::from_secs(5);
const START_PAUSE: Duration = Duration::from_millis(250);

/// The state of the application, as handlers and jobs hold it.
pub type App = Arc<AppState>;

/// Everything that use cases need.
pub struct AppState {
    /// Settings.
    pub config: Config,
    /// The database.
    pub store: Store,
    /// Sessions, limits and notices.
    pub cache: Cache,
    /// Lexicon, questions, rules.
    pub engine: Arc<Engine>,
    /// The catalogue being served, if there is one yet.
    pub catalogue: Arc<ArcSwapOption<Catalogue>>,
    /// Now.
    pub clock: Clock,
    /// Counters.
    pub metrics: Metrics,
    /// Drawn pictures of gifts.
    pub pictures: Pictures,
    /// The language model's part.
    pub llm: Llm,
    /// Where snapshots lie.
    pub objects: Objects,
    /// Tells the mail job that there is something to send.
    pub mails_waiting: Notify,
    mailer: OnceLock<Mailer>,
    sealer: OnceLock<Sealer>,
    /// Tells the build job that there is something to do, so that it need not wait for its next look.
    pub build_requested: Notify,
    /// Becomes true when the program is told to end.
    pub ending: watch::Sender<bool>,
    refused: Mutex<Option<RefusedSnapshot>>,
}

/// A snapshot that was offered and not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedSnapshot {
    /// The version that was announced.
    pub version: String,
    /// Why it was refused.
    pub reason: String,
}

impl AppState {
    /// Puts an application together from parts that are ready.
    ///
    /// # Errors
    /// When the data files inside the program do not fit their schema.
    pub fn new(config: Config, store: Store, cache: Cache, clock: Clock) -> anyhow::Result<App> {
        let engine = Engine::embedded().context("the data files inside this program are faulty")?;
        let objects = Objects::new(&config.object_store)?;
        Ok(Arc::new(Self {
            store,
            cache,
            engine: Arc::new(engine),
            catalogue: Arc::new(ArcSwapOption::empty()),
            metrics: Metrics::new(),
            pictures: Pictures::embedded()?,
            llm: Llm::new(&config.llm, &clock)?,
            clock,
            objects,
            build_requested: Notify::new(),
            mails_waiting: Notify::new(),
            mailer: OnceLock::new(),
            sealer: OnceLock::new(),
            ending: watch::Sender::new(false),
            refused: Mutex::new(None),
            config,
        }))
    }

    /// Connects to everything that the settings name, waits a little for the database, and brings its schema up to date.
    ///
    /// # Errors
    /// A sentence that names the setting at fault, never a password.
    pub async fn connect(config: Config) -> anyhow::Result<App> {
        let store = connect_store(&config).await?;
        store
            .migrate()
            .await
            .context("the database's schema could not be brought up to date")?;
        let cache = connect_cache(&config)?;
        Self::new(config, store, cache, Clock::System)
    }

    /// The catalogue being served.
    ///
    /// # Errors
    /// [`Error::Unavailable`] as long as there is none.
    pub fn catalogue(&self) -> Result<Arc<Catalogue>> {
        self.catalogue.load_full().ok_or_else(Error::no_catalogue)
    }

    /// What encrypts addresses and signs links; made when it is first needed.
    ///
    /// # Errors
    /// When there is no key.
    pub fn sealer(&self) -> Result<&Sealer> {
        if let Some(sealer) = self.sealer.get() {
            return Ok(sealer);
        }
        let made = Sealer::from_config(&self.config).map_err(Error::Internal)?;
        Ok(self.sealer.get_or_init(|| made))
    }

    /// The mail server, if one is set.
    ///
    /// # Errors
    /// When its certificates cannot be read.
    pub fn mailer(&self) -> anyhow::Result<Option<&Mailer>> {
        if let Some(mailer) = self.mailer.get() {
            return Ok(Some(mailer));
        }
        let Some(config) = &self.config.mail else {
            return Ok(None);
        };
        let made = Mailer::new(config)?;
        Ok(Some(self.mailer.get_or_init(|| made)))
    }

    /// The snapshot that was refused last, unless a good one came after it.
    pub fn refused_snapshot(&self) -> Option<RefusedSnapshot> {
        self.refused
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Remembers a refusal; true when it is another one than before.
    pub fn remember_refusal(&self, refusal: Option<RefusedSnapshot>) -> bool {
        let mut current = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let differs = *current != refusal;
        *current = refusal;
        differs
    }

    /// Whether the program was told to end.
    pub fn is_ending(&self) -> bool {
        *self.ending.borrow()
    }
}

/// Connects to the database, with some patience for one that is still starting.
///
/// # Errors
/// A sentence that names the setting, never a password.
pub async fn connect_store(config: &Config) -> anyhow::Result<Store> {
    let options = StoreOptions {
        max_connections: config.database_connections,
        acquire_timeout: ACQUIRE_TIMEOUT,
    };
    let attempts = async {
        loop {
            let reached = match Store::connect(config.database_url.expose(), options.clone()).await
            {
                Ok(store) => store.ping().await.map(|()| store),
                Err(error) => Err(error),
            };
            match reached {
                Ok(store) => return Ok(store),
                Err(StoreError::Unavailable(_)) => tokio::time::sleep(START_PAUSE).await,
                Err(error) => return Err(error),
            }
        }
    };
    let shown = config.database_shown();
    match tokio::time::timeout(START_PATIENCE, attempts).await {
        Ok(Ok(store)) => Ok(store),
        Ok(Err(error)) => Err(anyhow::Error::new(error))
            .with_context(|| format!("SEONMUL_DATABASE_URL ({shown}) cannot be used")),
        Err(_) => anyhow::bail!(
            "the database named by SEONMUL_DATABASE_URL ({shown}) did not answer within {} seconds",
            START_PATIENCE.as_secs()
        ),
    }
}

/// The cache that the settings name: Redis, or the memory of this process.
///
/// # Errors
/// When the address of Redis is none.
pub fn connect_cache(config: &Config) -> anyhow::Result<Cache> {
    match &config.redis_url {
        Some(url) => Cache::redis(url.expose()).context("SEONMUL_REDIS_URL cannot be used"),
        None => Ok(Cache::memory()),
    }
}
