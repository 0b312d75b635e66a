//! One judged situation: what was said, what the engine made of it, and the eight with grade and reason.

use super::super::output::line;
use anyhow::anyhow;
use seonmul_engine::Engine;
use seonmul_engine::catalogue::Catalogue;
use seonmul_engine::eval::{self, Benchmark, Grade, Look, Situation, Split};
use serde_json::{Value, json};

pub fn print(
    engine: &Engine,
    catalogue: &Catalogue,
    benchmark: &Benchmark,
    id: &str,
    as_json: bool,
) -> anyhow::Result<()> {
    let look =
        eval::look(engine, catalogue, benchmark, id).ok_or_else(|| unknown(benchmark, id))?;
    if as_json {
        return line(serde_json::to_string_pretty(&document(&look, catalogue))?);
    }
    let situation = look.situation;
    line(format_args!("{} ({} half)", situation.id, half(situation)))?;
    line(&situation.note)?;
    line("")?;
    for (question, answer) in answers(situation) {
        line(format_args!("{question:<14}{answer}"))?;
    }
    let keywords: Vec<String> = look
        .keywords
        .iter()
        .map(|k| format!("{} ({:.2})", k.text, k.weight))
        .collect();
    line(format_args!("{:<14}{}", "keywords", keywords.join(", ")))?;
    let reach = Grade::ALL
        .into_iter()
        .zip(look.affordable)
        .rev()
        .map(|(grade, count)| format!("{count} {}", grade.name()));
    line(format_args!(
        "{:<14}{}",
        "affordable",
        reach.collect::<Vec<_>>().join(", ")
    ))?;
    line(format_args!("{:<14}{:.3}", "NDCG@8", look.ndcg))?;
    line("")?;
    for ((item, grade), rank) in look.ranking.items.iter().zip(&look.grades).zip(1u32..) {
        let price = catalogue.product(item.doc).map_or(0, |p| p.price);
        line(format_args!(
            "{rank}. {:<13} {} — {price} {}",
            grade.name(),
            catalogue.title(item.doc),
            catalogue.currency()
        ))?;
        line(format_args!("{:17}{}", "", item.reason))?;
    }
    for warning in &look.ranking.warnings {
        line(format_args!("{} ({})", warning.message, warning.source))?;
    }
    Ok(())
}

/// Names the situations whose ids are like the one that does not exist.
fn unknown(benchmark: &Benchmark, id: &str) -> anyhow::Error {
    let parts: Vec<&str> = id.split('-').filter(|p| p.len() > 2).collect();
    let shared = |s: &Situation| parts.iter().filter(|p| s.id.contains(**p)).count();
    let mut alike: Vec<(usize, &str)> = benchmark
        .situations(None)
        .map(|s| (shared(s), s.id.as_str()))
        .filter(|s| s.0 > 0)
        .collect();
    alike.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    let alike: Vec<&str> = alike.into_iter().take(5).map(|s| s.1).collect();
    if alike.is_empty() {
        anyhow!("there is no judged situation '{id}'")
    } else {
        anyhow!(
            "there is no judged situation '{id}'; there are {}",
            alike.join(", ")
        )
    }
}

fn half(situation: &Situation) -> &'static str {
    match situation.split() {
        Split::Tuning => "tuning",
        Split::Reporting => "reporting",
    }
}

/// What is known of the recipient: question and answer.
pub fn answers(situation: &Situation) -> Vec<(&'static str, String)> {
    let profile = &situation.profile;
    let budget = profile.budget.map(|b| {
        let max = b.max.map(|m| m.to_string()).unwrap_or_default();
        format!("{}-{max}", b.min)
    });
    let told = |lines: &[String]| (!lines.is_empty()).then(|| lines.join(" / "));
    let duty = profile.duty_relation.map(|d| if d { "yes" } else { "no" });
    [
        ("relation", profile.relation.map(|v| v.to_string())),
        ("gender", profile.gender.map(|v| v.to_string())),
        ("age", profile.age_band.map(|v| v.to_string())),
        ("occasion", profile.occasion.map(|v| v.to_string())),
        ("department", profile.category.map(|v| v.to_string())),
        ("budget", budget),
        ("official duty", duty.map(str::to_owned)),
        ("said", told(&profile.tastes)),
        ("avoid", told(&profile.avoid)),
    ]
    .into_iter()
    .filter_map(|(question, answer)| Some((question, answer?)))
    .collect()
}

fn document(look: &Look<'_>, catalogue: &Catalogue) -> Value {
    let items = look.ranking.items.iter().zip(&look.grades).zip(1u32..);
    let items = items.map(|((item, grade), rank)| {
        json!({ "rank": rank, "grade": grade, "product_id": catalogue.product_id(item.doc), "title": catalogue.title(item.doc),
                "price": catalogue.product(item.doc).map(|p| p.price), "score": item.score, "reason": item.reason })
    });
    let affordable = Grade::ALL.into_iter().zip(look.affordable);
    json!({
        "id": look.situation.id,
        "split": half(look.situation),
        "note": look.situation.note,
        "profile": look.situation.profile,
        "keywords": look.keywords,
        "ndcg": look.ndcg,
        "affordable": affordable.map(|(grade, count)| json!({ "grade": grade, "products": count })).collect::<Vec<_>>(),
        "items": items.collect::<Vec<_>>(),
        "warnings": look.ranking.warnings,
    })
}
