//! Settings: read once from the environment and an optional file, checked, and passed on as plain data.
//! Nothing else in the program reads the environment.

mod llm;
mod mail;
mod secret;
mod source;

pub use llm::{LlmConfig, LlmMode};
pub use mail::{MailConfig, MailTls};
pub use secret::Secret;
pub use source::{ConfigError, SETTINGS, Setting, Sources};

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Where objects lie.
#[derive(Debug, Clone)]
pub enum ObjectStoreConfig {
    /// A local folder.
    Folder(PathBuf),
    /// A bucket of S3 or of a service that speaks its protocol.
    S3 {
        /// The bucket.
        bucket: String,
        /// What every name begins with; empty for none.
        prefix: String,
        /// The `AWS_` variables, in lower case: region, endpoint, credentials.
        options: Vec<(String, Secret)>,
        /// The folder for local copies of snapshots.
        copies: PathBuf,
    },
}

/// Everything that can be set, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// `sqlite:PATH` or `mysql://…`; may hold a password.
    pub database_url: Secret,
    /// Most connections to the database.
    pub database_connections: u32,
    /// Redis, when several nodes share limits, sessions and notices.
    pub redis_url: Option<Secret>,
    /// Where snapshots and the event log lie.
    pub object_store: ObjectStoreConfig,
    /// How long events wait for others to share a file of the event log with.
    pub event_log_delay: Duration,
    /// Whether `serve` also does the work of `worker`.
    pub works: bool,
    /// The language model.
    pub llm: LlmConfig,
    /// Token of the admin routes; without one they do not exist.
    pub admin_token: Option<Secret>,
    /// Where to listen.
    pub listen: SocketAddr,
    /// How guests reach this service, without a trailing slash.
    pub public_url: String,
    /// The mail server, without which there are no reminders.
    pub mail: Option<MailConfig>,
    /// What mail addresses are encrypted with: 64 hex characters.
    pub encryption_key: Option<Secret>,
    /// Requests a minute for a guest, ten times that for an address; 0 is no limit.
    pub rate_limit_per_minute: u32,
    /// Proxies in front of this program whose `X-Forwarded-For` is believed.
    pub proxy_hops: u32,
    /// How often another catalogue is looked for.
    pub snapshot_poll: Duration,
    /// How long a guest's things are kept after the last visit.
    pub guest_retention: Duration,
    /// Longest time for one request, an import apart.
    pub request_timeout: Duration,
    /// Filter of the log, in the syntax of `tracing`.
    pub log: String,
    /// How log lines are written.
    pub log_format: LogFormat,
}

impl Config {
    /// Reads the environment of this process and, when given, a file.
    ///
    /// # Errors
    /// Names the setting, its value and what is expected, or the unknown key and its line.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        Self::from_sources(&Sources::load(file)?)
    }

    /// Checks settings that were read before.
    ///
    /// # Errors
    /// Names the setting, its value and what is expected.
    pub fn from_sources(sources: &Sources) -> Result<Self, ConfigError> {
        let mail_without_key = sources.optional("smtp_url").is_some()
            && sources.optional("encryption_key").is_none()
            && sources
                .optional("database_url")
                .is_some_and(|url| url.starts_with("mysql:"));
        if mail_without_key {
            // Every node must read what another one wrote.
            return Err(sources.missing("encryption_key"));
        }
        let public_url = sources.parsed("public_url", parse_http_url)?;
        let optional_secret = |name| sources.optional(name).map(Secret::new);
        Ok(Self {
            database_url: Secret::new(sources.parsed("database_url", parse_database_url)?),
            database_connections: sources
                .parsed("database_connections", |v| parse_number(v, 1, 1_000))?,
            redis_url: sources
                .parsed_optional("redis_url", parse_redis_url)?
                .map(Secret::new),
            object_store: object_store(sources)?,
            event_log_delay: sources
                .parsed("event_log_seconds", |v| parse_number(v, 0, 3_600))
                .map(|s| Duration::from_secs(s.into()))?,
            works: sources.parsed("worker", parse_switch)?,
            llm: LlmConfig::from_sources(sources)?,
            admin_token: optional_secret("admin_token"),
            listen: sources.parsed("listen", parse_listen)?,
            mail: MailConfig::from_sources(sources, &public_url)?,
            public_url,
            encryption_key: sources
                .parsed_optional("encryption_key", |v| {
                    crate::clients::seal::parse_key(v).map(|_| v.to_owned())
                })?
                .map(Secret::new),
            rate_limit_per_minute: sources
                .parsed("rate_limit_per_minute", |v| parse_number(v, 0, 1_000_000))?,
            proxy_hops: sources.parsed("proxy_hops", |v| parse_number(v, 0, 16))?,
            snapshot_poll: sources
                .parsed("snapshot_poll_seconds", |v| parse_number(v, 1, 3_600))
                .map(|s| Duration::from_secs(s.into()))?,
            guest_retention: sources
                .parsed("guest_retention_days", |v| parse_number(v, 1, 3_650))
                .map(|days| Duration::from_secs(u64::from(days) * 86_400))?,
            request_timeout: sources
                .parsed("request_timeout_seconds", |v| parse_number(v, 1, 600))
                .map(|s| Duration::from_secs(s.into()))?,
            log: sources.parsed("log", parse_log_filter)?,
            log_format: sources.parsed("log_format", parse_log_format)?,
        })
    }

    /// Whether guests come over https.
    pub fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    /// The database's address without its password, for messages.
    pub fn database_shown(&self) -> String {
        source::without_password(self.database_url.expose())
    }
}

fn parse_number(value: &str, least: u32, most: u32) -> Option<u32> {
    value.parse().ok().filter(|n| (least..=most).contains(n))
}

fn parse_switch(value: &str) -> Option<bool> {
    match value {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}

fn parse_database_url(value: &str) -> Option<String> {
    let known = value
        .strip_prefix("sqlite:")
        .or_else(|| value.strip_prefix("mysql://"));
    known
        .is_some_and(|rest| !rest.is_empty())
        .then(|| value.to_owned())
}

fn parse_redis_url(value: &str) -> Option<String> {
    ["redis://", "rediss://"]
        .iter()
        .any(|scheme| value.starts_with(scheme))
        .then(|| value.to_owned())
}

fn object_store(sources: &Sources) -> Result<ObjectStoreConfig, ConfigError> {
    let copies = sources.parsed("snapshot_copies", |v| Some(PathBuf::from(v)))?;
    let options = sources.aws().iter();
    let options = options.map(|(k, v)| (k.clone(), Secret::new(v.clone())));
    let options: Vec<_> = options.collect();
    sources.parsed("object_store_url", |value| {
        if let Some(rest) = value.strip_prefix("s3://") {
            let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
            return (!bucket.is_empty()).then(|| ObjectStoreConfig::S3 {
                bucket: bucket.to_owned(),
                prefix: prefix.trim_matches('/').to_owned(),
                options: options.clone(),
                copies: copies.clone(),
            });
        }
        let path = match value.strip_prefix("file://") {
            Some(path) => path.starts_with('/').then_some(path)?,
            None => (!value.contains("://")).then_some(value)?,
        };
        Some(ObjectStoreConfig::Folder(PathBuf::from(path)))
    })
}

fn parse_http_url(value: &str) -> Option<String> {
    let rest = value
        .strip_prefix("http://")
        .or_else(|| value.strip_prefix("https://"))?;
    let clean =
        !rest.is_empty() && !rest.starts_with('/') && rest.chars().all(|c| c.is_ascii_graphic());
    clean.then(|| value.trim_end_matches('/').to_owned())
}

fn parse_listen(value: &str) -> Option<SocketAddr> {
    match value.strip_prefix(':') {
        Some(port) => port
            .parse()
            .ok()
            .map(|port: u16| SocketAddr::from(([0, 0, 0, 0], port))),
        None => value.parse().ok(),
    }
}

fn parse_log_filter(value: &str) -> Option<String> {
    tracing_subscriber::EnvFilter::try_new(value)
        .ok()
        .map(|_| value.to_owned())
}

fn parse_log_format(value: &str) -> Option<LogFormat> {
    match value {
        "text" => Some(LogFormat::Text),
        "json" => Some(LogFormat::Json),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
