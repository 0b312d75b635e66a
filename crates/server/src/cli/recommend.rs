//! `seonmul recommend`: a list from the newest catalogue, for trying and for scripts. Nothing is stored.

use super::check::open_snapshot;
use super::output::line;
use crate::app::AppState;
use crate::config::Config;
use crate::service::products::view_of;
use anyhow::{Context, anyhow, bail};
use clap::Args;
use seonmul_engine::Lang;
use seonmul_engine::catalogue::Catalogue;
use seonmul_engine::keyword::KeywordSource;
use seonmul_engine::profile::{AgeBand, Budget, Category, Gender, Occasion, Profile, Relation};
use seonmul_engine::rank::{Counterfactual, Params, Ranking, WhyNot};
use serde_json::json;

/// Answers to the six questions.
#[derive(Debug, Args)]
pub struct Six {
    /// What the recipient is to the giver, such as friend.
    #[arg(long)]
    pub relation: Option<Relation>,
    /// female, male or any.
    #[arg(long)]
    pub gender: Option<Gender>,
    /// The recipient's age, such as 20s.
    #[arg(long)]
    pub age_band: Option<AgeBand>,
    /// Why the gift is given, such as birthday.
    #[arg(long)]
    pub occasion: Option<Occasion>,
    /// The department wished for, such as digital.
    #[arg(long)]
    pub category: Option<Category>,
    /// From and to in won; either may be left out.
    #[arg(long, value_name = "MIN-MAX", value_parser = parse_budget, allow_hyphen_values = true)]
    pub budget: Option<Budget>,
}

#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    six: Six,
    /// What the recipient likes; may be repeated.
    #[arg(long)]
    taste: Vec<String>,
    /// What it must not be; may be repeated.
    #[arg(long)]
    avoid: Vec<String>,
    /// A keyword; may be repeated.
    #[arg(long)]
    keyword: Vec<String>,
    /// Instead of the list, tell why the product of this id is not in it.
    #[arg(long, value_name = "PRODUCT_ID")]
    why_not: Option<String>,
    /// How many gifts.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=30))]
    limit: u32,
    /// The language of reasons: ko or en.
    #[arg(long, default_value = "ko", value_parser = parse_lang)]
    lang: Lang,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

fn parse_budget(text: &str) -> Result<Budget, String> {
    let fault = || "write it as 30000-50000, 30000- or -50000".to_owned();
    let (min, max) = text.split_once('-').ok_or_else(fault)?;
    let number = |text: &str| -> Result<Option<u32>, String> {
        let number = if text.is_empty() {
            None
        } else {
            Some(text.parse().map_err(|_| fault())?)
        };
        Ok(number.filter(|n| *n <= 4_000_000_000))
    };
    let budget = Budget {
        min: number(min)?.unwrap_or(0),
        max: number(max)?,
    };
    if budget.max.is_some_and(|max| max < budget.min) {
        return Err("the lower end is above the upper end".to_owned());
    }
    Ok(budget)
}

pub(super) fn parse_lang(text: &str) -> Result<Lang, String> {
    match text {
        "ko" => Ok(Lang::Ko),
        "en" => Ok(Lang::En),
        _ => Err("write ko or en".to_owned()),
    }
}

pub async fn run(config: Config, options: Options) -> anyhow::Result<()> {
    let app = AppState::connect(config).await?;
    let row = app.store.snapshot_latest().await?;
    let row =
        row.context("there is no catalogue yet; run `seonmul catalogue build`, or serve once")?;
    let catalogue = open_snapshot(&row, &app.objects, &app.engine).await?;
    let mut profile = Profile {
        relation: options.six.relation,
        gender: options.six.gender,
        age_band: options.six.age_band,
        occasion: options.six.occasion,
        category: options.six.category,
        budget: options.six.budget,
        tastes: options.taste.clone(),
        avoid: options.avoid.clone(),
        ..Profile::default()
    };
    let words: Vec<(String, Option<f32>)> =
        options.keyword.iter().map(|k| (k.clone(), None)).collect();
    let mut keywords = app
        .engine
        .ground(&words, &mut profile, KeywordSource::Guest)
        .keywords;
    if keywords.is_empty() {
        keywords = app
            .engine
            .keywords_for_profile(&profile, &catalogue, options.lang);
    }
    let params = Params {
        limit: options.limit as usize,
        exclude_product_ids: Vec::new(),
        style: 0.0,
        seed: 0,
        lang: options.lang,
        today: Some(app.clock.today_in_korea()),
        preferred: Vec::new(),
    };
    let printed = match &options.why_not {
        Some(id) => catalogue
            .doc_of(id)
            .with_context(|| format!("the catalogue holds no product '{id}'"))
            .and_then(|doc| {
                let engine = &app.engine;
                let told = engine.why_not(&catalogue, &profile, &keywords, &params, doc);
                print_why_not(id, &told, options.json)
            }),
        None => {
            let ranking = app.engine.rank(&catalogue, &profile, &keywords, &params);
            let counterfactuals = app
                .engine
                .counterfactuals(&catalogue, &profile, &keywords, &params, &ranking);
            if options.json {
                print_json(&app, &catalogue, &ranking, &counterfactuals)
            } else {
                print_list(&catalogue, &ranking, &counterfactuals)
            }
        }
    };
    app.store.close().await;
    printed
}

fn print_why_not(product_id: &str, told: &WhyNot, json: bool) -> anyhow::Result<()> {
    if json {
        let body = json!({ "product_id": product_id, "code": told.code, "detail": told.detail });
        line(format_args!("{}", serde_json::to_string_pretty(&body)?))?;
    } else {
        line(format_args!("{}", told.detail))?;
    }
    Ok(())
}

fn print_json(
    app: &AppState,
    catalogue: &Catalogue,
    ranking: &Ranking,
    counterfactuals: &[Counterfactual],
) -> anyhow::Result<()> {
    let items = ranking.items.iter().zip(1..).map(|(item, rank): (_, u32)| {
        json!({ "rank": rank, "product": view_of(app, catalogue, item.doc), "score": item.score, "reason": item.reason,
                "matched_keywords": item.matched_keywords })
    });
    let body = json!({
        "catalogue_version": catalogue.version(),
        "items": items.collect::<Vec<_>>(),
        "relaxations": ranking.relaxations.iter().map(|r| json!({ "constraint": r.constraint, "detail": r.detail })).collect::<Vec<_>>(),
        "warnings": ranking.warnings.iter().map(|w| json!({ "code": w.code, "message": w.message, "source": w.source })).collect::<Vec<_>>(),
        "counterfactuals": counterfactuals.iter().map(|c| json!({ "change": c.change, "detail": c.detail })).collect::<Vec<_>>(),
    });
    line(format_args!("{}", serde_json::to_string_pretty(&body)?))?;
    Ok(())
}

fn print_list(
    catalogue: &Catalogue,
    ranking: &Ranking,
    counterfactuals: &[Counterfactual],
) -> anyhow::Result<()> {
    for (item, rank) in ranking.items.iter().zip(1..) {
        let rank: u32 = rank;
        let product = catalogue
            .product(item.doc)
            .ok_or_else(|| anyhow!("the catalogue lost a product"))?;
        line(format_args!(
            "{rank:>2}. {} — {} {}",
            product.title, product.price, product.currency
        ))?;
        line(format_args!("    {}", item.reason))?;
    }
    for relaxation in &ranking.relaxations {
        eprintln!("{}: {}", relaxation.constraint, relaxation.detail);
    }
    for warning in &ranking.warnings {
        eprintln!("{} ({})", warning.message, warning.source);
    }
    for counterfactual in counterfactuals {
        eprintln!("{}", counterfactual.detail);
    }
    if ranking.items.is_empty() && ranking.warnings.is_empty() {
        bail!("nothing fits");
    }
    Ok(())
}
