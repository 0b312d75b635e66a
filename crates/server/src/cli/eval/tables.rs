//! The figures as tables for a terminal.

use super::super::output::line;
use super::{Half, best_baseline, percent, small_percent};
use seonmul_engine::eval::{Asked, Policy, Report, Saving};

pub fn print(report: &Report, half: Half) -> anyhow::Result<()> {
    line(format_args!(
        "catalogue {} with {} products, {} {}",
        report.catalogue_version,
        report.products,
        report.situations,
        half.words()
    ))?;
    line("")?;
    systems(report)?;
    if !report.interviews.is_empty() {
        line("")?;
        interviews(report)?;
    }
    if report.random > 0 {
        line("")?;
        line(format_args!(
            "{} random situations, {} faults",
            report.random,
            report.faults.len()
        ))?;
    }
    Ok(())
}

fn systems(report: &Report) -> anyhow::Result<()> {
    line(format_args!(
        "{:<25}{:>7}  {:>15}{:>7}{:>8}{:>10}{:>11}{:>14}",
        "system",
        "NDCG@8",
        "95 % interval",
        "SR@8",
        "never",
        "keywords",
        "diversity",
        "ours wins in"
    ))?;
    for (at, system) in report.systems.iter().enumerate() {
        let beaten = if at == 0 {
            String::new()
        } else {
            percent(system.beaten)
        };
        let row = format!(
            "{:<25}{:>7.3}  {:>15}{:>7}{:>8}{:>10}{:>11.2}{beaten:>14}",
            system.name,
            system.ndcg.mean,
            format!("{:.3} to {:.3}", system.ndcg.low, system.ndcg.high),
            percent(system.success.mean),
            small_percent(system.never.mean),
            percent(system.coverage.mean),
            system.diversity.mean,
        );
        line(row.trim_end())?;
    }
    line(lead(report)?)
}

/// How far ahead of the best baseline ours is, in a sentence.
pub fn lead(report: &Report) -> anyhow::Result<String> {
    let (_, best) = best_baseline(report)?;
    Ok(format!(
        "seonmul's NDCG@8 is {} above that of the best baseline, {}: by {:.3} (95 % interval {:.3} to {:.3})",
        percent(report.above_best_baseline),
        best.name,
        best.lead.mean,
        best.lead.low,
        best.lead.high
    ))
}

fn interviews(report: &Report) -> anyhow::Result<()> {
    let mut looks: Vec<usize> = report.interviews.iter().map(|a| a.allowed).collect();
    looks.sort_unstable();
    looks.dedup();
    let head: String = looks.iter().map(|l| format!("{l:>6}")).collect();
    line("simulated recipients: SR@8, and questions asked on average, by questions allowed")?;
    line(format_args!("{:<7}{:<14}{head}", "noise", "policy"))?;
    for saving in &report.savings {
        for policy in Policy::ALL {
            let of = |look: &usize| asked(report, policy, saving.noise, *look);
            let cells = |text: fn(&Asked) -> String| -> String {
                looks
                    .iter()
                    .map(|l| format!("{:>6}", of(l).map(text).unwrap_or_default()))
                    .collect()
            };
            let row = format!(
                "{:<7}{:<14}{}",
                percent(saving.noise),
                policy.name(),
                cells(|a| percent(a.success))
            );
            line(row.trim_end())?;
            let row = format!("{:<21}{}", "", cells(|a| format!("{:.1}", a.questions)));
            line(row.trim_end())?;
        }
    }
    line("")?;
    for saving in &report.savings {
        line(sentence(saving))?;
    }
    match robustness(report) {
        Some(text) => line(text),
        None => Ok(()),
    }
}

fn asked(report: &Report, policy: Policy, noise: f64, allowed: usize) -> Option<&Asked> {
    report
        .interviews
        .iter()
        .find(|a| a.policy == policy && a.noise == noise && a.allowed == allowed)
}

/// What adaptive asking spares at one share of noise.
pub fn sentence(saving: &Saving) -> String {
    let (needs, fewer) = match saving.fixed_order {
        Some(questions) => (format!("needs {questions:.1}"), "i.e."),
        None => (
            format!("does not get there with {:.1}", saving.fixed_order_most),
            "i.e. at least",
        ),
    };
    format!(
        "At {} noise adaptive asking reaches SR@8 {} with {:.1} questions; the fixed order {needs}, {fewer} {} fewer.",
        percent(saving.noise),
        percent(saving.success),
        saving.adaptive,
        percent(saving.fewer)
    )
}

/// Adaptive asking with many wrong answers against the fixed order with none, three questions each.
pub fn robustness(report: &Report) -> Option<String> {
    let ours = asked(report, Policy::Adaptive, 0.2, 3)?;
    let fixed = asked(report, Policy::FixedOrder, 0.0, 3)?;
    Some(format!(
        "With three questions, adaptive asking reaches SR@8 {} at 20 % noise, the fixed order {} without noise.",
        percent(ours.success),
        percent(fixed.success)
    ))
}
