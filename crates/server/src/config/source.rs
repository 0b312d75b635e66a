//! Where settings come from: the table of all settings, the environment, and a TOML file with the same names.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};

const PREFIX: &str = "SEONMUL_";

/// One setting: its name without prefix in lower case, its default and what it may be.
#[derive(Debug)]
pub struct Setting {
    /// Name in the file; the variable is `SEONMUL_` and the name in upper case.
    pub name: &'static str,
    /// Used when nothing is set; `None` when it may be absent.
    pub default: Option<&'static str>,
    /// What it may be, for messages.
    pub expected: &'static str,
    /// Whether its value is shown.
    pub shown: Shown,
}

/// How much of a value may be printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// All of it.
    Plain,
    /// All but the password of an address.
    WithoutPassword,
    /// Nothing.
    Hidden,
}

const fn setting(
    name: &'static str,
    default: Option<&'static str>,
    shown: Shown,
    expected: &'static str,
) -> Setting {
    Setting {
        name,
        default,
        expected,
        shown,
    }
}

/// Every setting there is.
pub const SETTINGS: &[Setting] = &[
    setting(
        "database_url",
        Some("sqlite:./seonmul-data/seonmul.db"),
        Shown::WithoutPassword,
        "sqlite:PATH or mysql://USER:PASSWORD@HOST/NAME",
    ),
    setting(
        "database_connections",
        Some("16"),
        Shown::Plain,
        "a number from 1 to 1000",
    ),
    setting(
        "redis_url",
        None,
        Shown::WithoutPassword,
        "redis://HOST:PORT or rediss://HOST:PORT",
    ),
    setting(
        "object_store_url",
        Some("./seonmul-data/objects"),
        Shown::Plain,
        "a folder, file:///FOLDER, or s3://BUCKET/PREFIX",
    ),
    setting(
        "snapshot_copies",
        Some("./seonmul-data/snapshots"),
        Shown::Plain,
        "the folder for local copies of snapshots that lie in S3",
    ),
    setting(
        "event_log_seconds",
        Some("60"),
        Shown::Plain,
        "a number from 0 to 3600: how long events wait for others to share a file with",
    ),
    setting(
        "worker",
        Some("on"),
        Shown::Plain,
        "on or off: whether `serve` also does the work of `worker`",
    ),
    setting(
        "llm_base_url",
        None,
        Shown::WithoutPassword,
        "the http(s) address of an OpenAI-compatible service",
    ),
    setting("llm_api_key", None, Shown::Hidden, "a key"),
    setting(
        "llm_model",
        Some("gpt-4.1-mini"),
        Shown::Plain,
        "the name of a model",
    ),
    setting(
        "llm_reasoning_effort",
        None,
        Shown::Plain,
        "a word that the model knows, such as none, minimal or low",
    ),
    setting(
        "llm_mode",
        Some("server"),
        Shown::Plain,
        "server, browser or off",
    ),
    setting(
        "llm_question_deadline_ms",
        Some("1200"),
        Shown::Plain,
        "milliseconds from 50 to 120000",
    ),
    setting(
        "llm_keywords_deadline_ms",
        Some("1500"),
        Shown::Plain,
        "milliseconds from 50 to 120000",
    ),
    setting(
        "llm_connect_timeout_ms",
        Some("1000"),
        Shown::Plain,
        "milliseconds from 50 to 120000",
    ),
    setting(
        "llm_first_token_timeout_ms",
        Some("6000"),
        Shown::Plain,
        "milliseconds from 50 to 120000",
    ),
    setting(
        "llm_timeout_ms",
        Some("10000"),
        Shown::Plain,
        "milliseconds from 50 to 120000",
    ),
    setting(
        "llm_concurrency",
        Some("32"),
        Shown::Plain,
        "a number from 1 to 1000",
    ),
    setting(
        "llm_guest_calls_per_day",
        Some("200"),
        Shown::Plain,
        "a number from 0 to 1000000000",
    ),
    setting(
        "llm_address_calls_per_day",
        Some("2000"),
        Shown::Plain,
        "a number from 0 to 1000000000",
    ),
    setting(
        "llm_calls_per_day",
        Some("50000"),
        Shown::Plain,
        "a number from 0 to 1000000000",
    ),
    setting(
        "llm_daily_cost_usd",
        Some("5"),
        Shown::Plain,
        "US dollars from 0 to 1000000",
    ),
    setting(
        "llm_input_usd_per_million",
        None,
        Shown::Plain,
        "US dollars for a million tokens",
    ),
    setting(
        "llm_output_usd_per_million",
        None,
        Shown::Plain,
        "US dollars for a million tokens",
    ),
    setting(
        "llm_keep_sensitive_home",
        Some("on"),
        Shown::Plain,
        "on or off",
    ),
    setting("llm_refine", Some("off"), Shown::Plain, "on or off"),
    setting("admin_token", None, Shown::Hidden, "a long random text"),
    setting(
        "listen",
        Some("127.0.0.1:8080"),
        Shown::Plain,
        "an address and port such as 0.0.0.0:8080, or :8080",
    ),
    setting(
        "public_url",
        Some("http://localhost:8080"),
        Shown::Plain,
        "an http(s) address",
    ),
    setting(
        "smtp_url",
        None,
        Shown::WithoutPassword,
        "smtp://USER:PASSWORD@HOST:PORT or smtps://…, with ?tls=required or ?tls=off",
    ),
    setting(
        "smtp_ca_file",
        None,
        Shown::Plain,
        "a file of certificates in PEM that the mail server may show",
    ),
    setting(
        "smtp_connections",
        Some("8"),
        Shown::Plain,
        "a number from 1 to 100",
    ),
    setting(
        "mail_from",
        None,
        Shown::Plain,
        "an address, or NAME <ADDRESS>",
    ),
    setting(
        "encryption_key",
        None,
        Shown::Hidden,
        "64 hex characters (openssl rand -hex 32), the same on every node",
    ),
    setting(
        "rate_limit_per_minute",
        Some("120"),
        Shown::Plain,
        "a number from 0 (no limit) to 1000000",
    ),
    setting(
        "proxy_hops",
        Some("0"),
        Shown::Plain,
        "the number of proxies in front, from 0 to 16",
    ),
    setting(
        "snapshot_poll_seconds",
        Some("2"),
        Shown::Plain,
        "a number from 1 to 3600",
    ),
    setting(
        "guest_retention_days",
        Some("30"),
        Shown::Plain,
        "a number from 1 to 3650",
    ),
    setting(
        "request_timeout_seconds",
        Some("30"),
        Shown::Plain,
        "a number from 1 to 600",
    ),
    setting(
        "log",
        Some("info"),
        Shown::Plain,
        "a filter such as info or warn,seonmul_server=debug",
    ),
    setting("log_format", Some("text"), Shown::Plain, "text or json"),
];

/// Why settings were refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A value that the setting does not take.
    #[error("{origin} is '{value}': expected {expected}")]
    Value {
        /// Variable, or key with file and line.
        origin: String,
        /// The value, or `***`.
        value: String,
        /// What it may be.
        expected: &'static str,
    },
    /// A key that is no setting.
    #[error("{file}:{line}: unknown setting '{key}'; known are {known}", file = .file.display())]
    UnknownKey {
        /// The file.
        file: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// The key.
        key: String,
        /// Every setting.
        known: String,
    },
    /// The file is no TOML.
    #[error("{file} is not valid TOML: {message}", file = .file.display())]
    Syntax {
        /// The file.
        file: PathBuf,
        /// What the parser says, with the line.
        message: String,
    },
    /// The file cannot be read.
    #[error("cannot read {file}", file = .file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

#[derive(Debug, Clone)]
struct Given {
    value: String,
    origin: String,
}

/// What was set where. The environment wins over the file.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    given: BTreeMap<&'static str, Given>,
    unknown: Vec<String>,
    /// The variables that every program of AWS reads, in lower case.
    aws: BTreeMap<String, String>,
}

impl Sources {
    /// Reads the environment of this process and, when given, a file.
    ///
    /// # Errors
    /// When the file cannot be read, is no TOML, or holds a key that is no setting.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place where the environment is read"
        )]
        let environment: Vec<(String, String)> = std::env::vars_os()
            .filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)))
            .collect();
        let text = match file {
            None => None,
            Some(path) => match std::fs::read_to_string(path) {
                Ok(text) => Some((path, text)),
                Err(source) => {
                    return Err(ConfigError::Unreadable {
                        file: path.to_owned(),
                        source,
                    });
                }
            },
        };
        Self::from_parts(
            environment,
            text.as_ref().map(|(path, text)| (*path, text.as_str())),
        )
    }

    /// Merges variables and the text of a file.
    ///
    /// # Errors
    /// When the text is no TOML, or holds a key that is no setting.
    pub fn from_parts(
        environment: impl IntoIterator<Item = (String, String)>,
        file: Option<(&Path, &str)>,
    ) -> Result<Self, ConfigError> {
        let mut sources = Self::default();
        if let Some((path, text)) = file {
            sources.read_file(path, text)?;
        }
        for (variable, value) in environment {
            let Some(name) = variable.strip_prefix(PREFIX) else {
                if variable.starts_with("AWS_") {
                    sources.aws.insert(variable.to_ascii_lowercase(), value);
                }
                continue;
            };
            match find(&name.to_ascii_lowercase()) {
                Some(setting) if name == setting.name.to_ascii_uppercase() => {
                    // A variable that is set to nothing counts as not set, as shells and compose files leave it.
                    if !value.trim().is_empty() {
                        sources.given.insert(
                            setting.name,
                            Given {
                                value: value.trim().to_owned(),
                                origin: variable,
                            },
                        );
                    }
                }
                _ => sources.unknown.push(variable),
            }
        }
        sources.unknown.sort();
        Ok(sources)
    }

    fn read_file(&mut self, path: &Path, text: &str) -> Result<(), ConfigError> {
        let table = DeTable::parse(text).map_err(|e| ConfigError::Syntax {
            file: path.to_owned(),
            message: syntax_fault(text, &e),
        })?;
        for (key, value) in table.get_ref() {
            let line = text
                .get(..key.span().start)
                .map_or(0, |before| before.matches('\n').count())
                + 1;
            let Some(setting) = find(key.get_ref()) else {
                return Err(ConfigError::UnknownKey {
                    file: path.to_owned(),
                    line,
                    key: key.get_ref().to_string(),
                    known: SETTINGS
                        .iter()
                        .map(|s| s.name)
                        .collect::<Vec<_>>()
                        .join(", "),
                });
            };
            let origin = format!("{}:{line}: {}", path.display(), setting.name);
            let value = match value.get_ref() {
                DeValue::String(text) => text.trim().to_owned(),
                DeValue::Integer(number) => number.to_string(),
                _ => {
                    let value = "neither a text nor a number".to_owned();
                    return Err(ConfigError::Value {
                        origin,
                        value,
                        expected: setting.expected,
                    });
                }
            };
            if !value.is_empty() {
                self.given.insert(setting.name, Given { value, origin });
            }
        }
        Ok(())
    }

    /// Variables that begin like ours and are none of them: most likely misspelt.
    pub fn unknown_variables(&self) -> &[String] {
        &self.unknown
    }

    /// Every setting with what would be used and where it comes from, secrets hidden.
    pub fn shown(&self) -> Vec<(String, String, String)> {
        let row = |s: &Setting| {
            let given = self.given.get(s.name);
            let value = given.map(|g| g.value.as_str()).or(s.default);
            let value = value.map_or_else(|| "(not set)".to_owned(), |v| shown(s, v));
            (
                variable(s.name),
                value,
                given.map_or("default", |g| g.origin.as_str()).to_owned(),
            )
        };
        SETTINGS.iter().map(row).collect()
    }

    /// The variables that every program of AWS reads, their names in lower case.
    pub(super) fn aws(&self) -> &BTreeMap<String, String> {
        &self.aws
    }

    pub(super) fn optional(&self, name: &'static str) -> Option<String> {
        self.given.get(name).map(|g| g.value.clone())
    }

    pub(super) fn parsed<T>(
        &self,
        name: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<T, ConfigError> {
        self.parsed_optional(name, parse)?
            .ok_or_else(|| self.missing(name))
    }

    /// What is said of a setting that is needed and not given.
    pub(super) fn missing(&self, name: &'static str) -> ConfigError {
        ConfigError::Value {
            origin: variable(name),
            value: String::new(),
            expected: find(name).map_or("", |s| s.expected),
        }
    }

    pub(super) fn parsed_optional<T>(
        &self,
        name: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, ConfigError> {
        let Some(setting) = find(name) else {
            return Ok(None);
        };
        let given = self.given.get(name);
        let Some(value) = given.map(|g| g.value.as_str()).or(setting.default) else {
            return Ok(None);
        };
        parse(value).map(Some).ok_or_else(|| ConfigError::Value {
            origin: given.map_or_else(|| variable(name), |g| g.origin.clone()),
            value: shown(setting, value),
            expected: setting.expected,
        })
    }
}

fn find(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|s| s.name == name)
}

fn variable(name: &str) -> String {
    format!("{PREFIX}{}", name.to_ascii_uppercase())
}

fn shown(setting: &Setting, value: &str) -> String {
    match setting.shown {
        Shown::Plain => value.to_owned(),
        Shown::WithoutPassword => without_password(value),
        Shown::Hidden => "***".to_owned(),
    }
}

/// An address with `***` in place of its password and query, either of which may hold a secret.
pub(super) fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let (rest, query) = rest
        .split_once('?')
        .map_or((rest, ""), |(rest, _)| (rest, "?***"));
    // The last @ ends the user part, so that a password with an unescaped @ or / stays hidden too.
    match rest.rsplit_once('@') {
        Some((user, host)) => {
            let (user, password) = user
                .split_once(':')
                .map_or((user, ""), |(user, _)| (user, ":***"));
            format!("{scheme}://{user}{password}@{host}{query}")
        }
        None => format!("{scheme}://{rest}{query}"),
    }
}

/// What the parser says and where, without the text of the line: it may hold a secret.
fn syntax_fault(text: &str, error: &toml::de::Error) -> String {
    let before = error
        .span()
        .and_then(|span| text.get(..span.start))
        .unwrap_or("");
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    format!("line {line}, column {column}: {}", error.message())
}
