//! What calls cost, and the bounds that no number of nodes passes: calls for a guest, for an address and in all, and money, by Korean day.

use super::Caller;
use crate::app::AppState;
use crate::clients::llm::{ChatRequest, Usage};
use crate::config::LlmConfig;
use anyhow::{Context, ensure};
use seonmul_store::{Claim, Reservation};
use serde::Deserialize;
use std::net::IpAddr;
use std::time::Duration;
use toml::Spanned;

/// Counters of a day are kept until nobody's clock can still be in it.
const KEEP: Duration = Duration::from_secs(48 * 3_600);
const CALLS: &str = "calls";
const MICRO_USD: &str = "micro_usd";
/// Tokens that a service adds around the messages.
const FRAME_TOKENS: u64 = 64;

/// What a million tokens cost, in US dollars; the same number is what one token costs in millionths.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Price {
    /// Tokens read.
    pub input: f64,
    /// Tokens written.
    pub output: f64,
}

/// Prices and the rate of exchange.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prices {
    /// Of the model in use.
    pub price: Price,
    /// Won for a dollar, for reports.
    pub krw_per_usd: f64,
    /// Whether the price is that of this model and no guess.
    pub is_known: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PriceFile {
    krw_per_usd: Rate,
    unlisted: Unlisted,
    model: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    dead_code,
    reason = "source and date are for those who read the file; that they are there is checked"
)]
struct Rate {
    rate: f64,
    source: String,
    as_of: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unlisted {
    input: f64,
    output: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    prefix: Spanned<String>,
    input: f64,
    cached_input: Option<f64>,
    output: f64,
    source: String,
    as_of: String,
}

impl Prices {
    /// The prices of the configured model: as set, else from the table, else the dearest of the table.
    ///
    /// # Errors
    /// A table that breaks its schema, with the line.
    pub fn of(config: &LlmConfig) -> anyhow::Result<Self> {
        let text = include_str!("../../../../../data/prices/llm.toml");
        let file: PriceFile = toml::from_str(text).context("data/prices/llm.toml")?;
        check(text, &file)?;
        let listed = file
            .model
            .iter()
            .filter(|m| config.model.starts_with(m.prefix.get_ref()))
            .max_by_key(|m| m.prefix.get_ref().len());
        // A model on one's own machine or network costs nothing for a token, whatever it is called.
        let is_own = config.base_url.as_deref().is_some_and(is_private);
        let table = match listed {
            _ if is_own => Price {
                input: 0.0,
                output: 0.0,
            },
            Some(entry) => Price {
                input: entry.input,
                output: entry.output,
            },
            None => Price {
                input: file.unlisted.input,
                output: file.unlisted.output,
            },
        };
        let set = (config.input_usd_per_million, config.output_usd_per_million);
        Ok(Self {
            price: Price {
                input: set.0.unwrap_or(table.input),
                output: set.1.unwrap_or(table.output),
            },
            krw_per_usd: file.krw_per_usd.rate,
            is_known: is_own || listed.is_some() || (set.0.is_some() && set.1.is_some()),
        })
    }

    /// What a number of tokens costs, in millionths of a dollar, rounded up.
    pub fn micro_usd(&self, input: u64, output: u64) -> u64 {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "tokens and prices are far below 2^53 and not negative"
        )]
        {
            (input as f64 * self.price.input + output as f64 * self.price.output).ceil() as u64
        }
    }

    /// The most that a request can cost: no tokeniser makes more tokens than there are bytes.
    pub fn most_micro_usd(&self, request: &ChatRequest) -> u64 {
        let schema = request.schema.to_string().len();
        let bytes = request.system.len() + request.user.len() + schema;
        let input = u64::try_from(bytes).unwrap_or(u64::MAX) + FRAME_TOKENS;
        self.micro_usd(input, request.max_tokens.into())
    }

    /// A cost in won.
    pub fn krw(&self, micro_usd: u64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "costs are far below 2^53")]
        {
            micro_usd as f64 / 1e6 * self.krw_per_usd
        }
    }
}

/// Whether an address lies on this machine or in a private network.
fn is_private(base_url: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(base_url) else {
        return false;
    };
    let host = url.host_str().unwrap_or("").trim_matches(['[', ']']);
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        Ok(IpAddr::V6(ip)) => ip.is_loopback() || ip.is_unique_local(),
        Err(_) => host == "localhost" || host.ends_with(".local") || host.ends_with(".internal"),
    }
}

fn check(text: &str, file: &PriceFile) -> anyhow::Result<()> {
    let sound = |price: f64| (0.0..=10_000.0).contains(&price);
    let mut seen: Vec<&str> = Vec::new();
    for entry in &file.model {
        let at = entry.prefix.span().start;
        let line = text.bytes().take(at).filter(|&b| b == b'\n').count() + 1;
        let prefix = entry.prefix.get_ref();
        let prices = [entry.input, entry.output, entry.cached_input.unwrap_or(0.0)];
        ensure!(
            prices.into_iter().all(sound),
            "data/prices/llm.toml:{line}: '{prefix}' has a price that is no price"
        );
        ensure!(
            !entry.source.is_empty() && entry.as_of.len() >= 7,
            "data/prices/llm.toml:{line}: '{prefix}' needs a source and the date of it"
        );
        ensure!(
            !seen.contains(&prefix.as_str()),
            "data/prices/llm.toml:{line}: '{prefix}' stands twice"
        );
        seen.push(prefix);
    }
    ensure!(
        sound(file.unlisted.input) && sound(file.unlisted.output) && file.krw_per_usd.rate > 0.0,
        "data/prices/llm.toml: unlisted prices and the rate must be above nothing"
    );
    Ok(())
}

/// Leave for one call, counted in the book of its day.
#[derive(Debug)]
pub(super) struct Leave {
    book: String,
    micro_usd: u64,
}

/// Counts a call and the most it can cost, or says which bound is reached.
pub(super) async fn reserve(
    app: &AppState,
    caller: &Caller,
    request: &ChatRequest,
) -> Result<Leave, &'static str> {
    let config = &app.config.llm;
    let micro_usd = app.llm.prices.most_micro_usd(request);
    let claim = |counter: String, amount, limit| Claim {
        counter,
        amount,
        limit,
    };
    let mut claims = vec![
        claim(CALLS.to_owned(), 1, config.calls_per_day),
        claim(MICRO_USD.to_owned(), micro_usd, config.daily_cost_micro_usd),
        claim(
            format!("guest:{}", caller.guest.to_hex()),
            1,
            config.guest_calls_per_day,
        ),
    ];
    if let Some(network) = caller.network {
        let limit = config.address_calls_per_day;
        claims.push(claim(format!("address:{network}"), 1, limit));
    }
    let book = format!("llm:{}", app.clock.today_in_korea());
    match app.cache.reserve(&book, &claims, KEEP).await {
        Reservation::Held => Ok(Leave { book, micro_usd }),
        Reservation::Denied(0) => Err("llm_daily_quota"),
        Reservation::Denied(1) => Err("llm_cost_ceiling"),
        Reservation::Denied(2) => Err("llm_guest_quota"),
        Reservation::Denied(_) => Err("llm_address_quota"),
        Reservation::Unknown => Err("llm_quota_unknown"),
    }
}

/// Puts the true cost in place of the reserved one. Without word from the service, what may have cost something counts in full.
pub(super) async fn settle(
    app: &AppState,
    leave: Leave,
    usage: Option<Usage>,
    may_have_cost: bool,
) {
    let cost = match usage {
        Some(usage) => app
            .llm
            .prices
            .micro_usd(usage.prompt_tokens, usage.completion_tokens),
        None if may_have_cost => leave.micro_usd,
        None => 0,
    };
    let spare = leave.micro_usd.saturating_sub(cost);
    if spare > 0 {
        app.cache.give_back(&leave.book, MICRO_USD, spare).await;
    }
    app.metrics.llm_spent(cost, app.llm.prices.krw(cost), usage);
}

/// What is counted of the day: calls, and millionths of a dollar.
pub async fn today(app: &AppState) -> Option<(u64, u64)> {
    let book = format!("llm:{}", app.clock.today_in_korea());
    let calls = app.cache.counted(&book, CALLS).await?;
    let micro_usd = app.cache.counted(&book, MICRO_USD).await?;
    Some((calls, micro_usd))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Sources};

    fn prices(settings: &[(&str, &str)]) -> Prices {
        let set = settings
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        let config = Config::from_sources(&Sources::from_parts(set, None).unwrap()).unwrap();
        Prices::of(&config.llm).unwrap()
    }

    #[test]
    fn the_longest_name_in_the_table_counts_and_an_unknown_model_is_dear() {
        let mini = prices(&[("SEONMUL_LLM_MODEL", "gpt-4.1-mini-2025-04-14")]);
        let full = prices(&[("SEONMUL_LLM_MODEL", "gpt-4.1")]);
        assert!(mini.is_known && full.is_known && mini.price.output < full.price.output);
        let unknown = prices(&[("SEONMUL_LLM_MODEL", "home-made")]);
        assert!(!unknown.is_known && unknown.price.output >= full.price.output);
        let own = prices(&[
            ("SEONMUL_LLM_MODEL", "home-made"),
            ("SEONMUL_LLM_BASE_URL", "http://10.1.2.3:8000/v1"),
        ]);
        assert!(own.is_known && own.micro_usd(1_000, 1_000) == 0);
        let set = prices(&[
            ("SEONMUL_LLM_MODEL", "home-made"),
            ("SEONMUL_LLM_INPUT_USD_PER_MILLION", "0"),
            ("SEONMUL_LLM_OUTPUT_USD_PER_MILLION", "2.5"),
        ]);
        assert!(set.is_known && set.price.output.to_bits() == 2.5f64.to_bits());
        assert_eq!(set.micro_usd(1_000, 3), 8);
    }
}
