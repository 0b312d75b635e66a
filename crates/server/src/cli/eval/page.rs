//! The figures as one page that needs nothing else: tables, plots, and the situations in which the lists are best and worst.

use super::plots::{self, Bars, Leads, Lines, NOISE};
use super::situation::answers;
use super::{Half, SHOWN_FAULTS, best_baseline, percent, small_percent, tables};
use askama::Template;
use seonmul_engine::eval::{
    Asked, Benchmark, Grade, Policy, Report, SituationReport, SystemReport,
};

/// Situations shown with their lists.
const WORST: usize = 12;
const BEST: usize = 6;

/// Everything on the page.
#[derive(Template)]
#[template(path = "eval.html")]
pub struct EvalPage {
    version: String,
    products: usize,
    situations: usize,
    half: &'static str,
    lead: String,
    systems: Vec<SystemRow>,
    bars: Bars,
    leads: Leads,
    baseline: &'static str,
    lines: Option<Lines>,
    noise: String,
    interviews: Vec<InterviewRow>,
    sentences: Vec<String>,
    random: u64,
    fault_count: usize,
    faults: Vec<String>,
    worst: Vec<Card>,
    best: Vec<Card>,
}

struct SystemRow {
    name: &'static str,
    ndcg: String,
    interval: String,
    success: String,
    never: String,
    coverage: String,
    diversity: String,
    beaten: String,
}

struct InterviewRow {
    noise: String,
    policy: &'static str,
    allowed: usize,
    questions: String,
    success: String,
}

/// A situation with its list.
struct Card {
    id: String,
    note: String,
    answers: Vec<(&'static str, String)>,
    ndcg: String,
    baseline: String,
    gifts: Vec<Gift>,
}

struct Gift {
    grade: &'static str,
    class: &'static str,
    title: String,
}

impl EvalPage {
    /// The page of a report.
    pub fn new(report: &Report, benchmark: &Benchmark, half: Half) -> Self {
        let (at, baseline) = best_baseline(report).map_or((0, ""), |(at, b)| (at, b.name));
        let mut ranked: Vec<&SituationReport> = report.by_situation.iter().collect();
        ranked.sort_by(|a, b| a.ndcg[0].total_cmp(&b.ndcg[0]).then(a.id.cmp(&b.id)));
        let worst = ranked.iter().take(WORST);
        let best = ranked.iter().skip(WORST).rev().take(BEST);
        let card = |s: &&SituationReport| card(s, benchmark, at);
        Self {
            version: report.catalogue_version.clone(),
            products: report.products,
            situations: report.situations,
            half: half.words(),
            lead: tables::lead(report).unwrap_or_default(),
            systems: systems(report),
            bars: plots::bars(report),
            leads: plots::leads(report, at),
            baseline,
            lines: plots::lines(report),
            noise: percent(NOISE),
            interviews: interviews(report),
            sentences: report
                .savings
                .iter()
                .map(tables::sentence)
                .chain(tables::robustness(report))
                .collect(),
            random: report.random,
            fault_count: report.faults.len(),
            faults: report.faults.iter().take(SHOWN_FAULTS).cloned().collect(),
            worst: worst.map(card).collect(),
            best: best.map(card).collect(),
        }
    }
}

fn systems(report: &Report) -> Vec<SystemRow> {
    let row = |(at, s): (usize, &SystemReport)| SystemRow {
        name: s.name,
        ndcg: format!("{:.3}", s.ndcg.mean),
        interval: format!("{:.3}–{:.3}", s.ndcg.low, s.ndcg.high),
        success: percent(s.success.mean),
        never: small_percent(s.never.mean),
        coverage: percent(s.coverage.mean),
        diversity: format!("{:.2}", s.diversity.mean),
        beaten: if at == 0 {
            String::new()
        } else {
            percent(s.beaten)
        },
    };
    report.systems.iter().enumerate().map(row).collect()
}

fn interviews(report: &Report) -> Vec<InterviewRow> {
    let row = |a: &Asked| InterviewRow {
        noise: percent(a.noise),
        policy: a.policy.name(),
        allowed: a.allowed,
        questions: format!("{:.1}", a.questions),
        success: percent(a.success),
    };
    let told = |a: &&Asked| a.policy == Policy::Adaptive || [0, 3, 10, 20, 45].contains(&a.allowed);
    report.interviews.iter().filter(told).map(row).collect()
}

fn card(situation: &SituationReport, benchmark: &Benchmark, baseline: usize) -> Card {
    let judged = benchmark.situations(None).find(|s| s.id == situation.id);
    let gifts = situation.list.iter().map(|gift| Gift {
        grade: gift.grade.name(),
        class: match gift.grade {
            Grade::FitsWell => "well",
            Grade::Fits => "fits",
            Grade::DoesNotFit => "not",
            Grade::Never => "never",
        },
        title: gift.title.clone(),
    });
    Card {
        id: situation.id.clone(),
        note: judged.map(|s| s.note.clone()).unwrap_or_default(),
        answers: judged.map(answers).unwrap_or_default(),
        ndcg: format!("{:.3}", situation.ndcg[0]),
        baseline: format!("{:.3}", situation.ndcg[baseline]),
        gifts: gifts.collect(),
    }
}
