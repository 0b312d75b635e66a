//! The shapes of the page's plots, in the units of their view boxes, which are as wide as a small telephone.

use super::percent;
use seonmul_engine::eval::{Asked, Policy, Report};

/// Width of every plot.
pub const WIDTH: f64 = 340.0;
/// Height of one system in the bar chart.
const ROW: f64 = 42.0;
/// Space for the numbers at the left and below a plot with axes.
const LEFT: f64 = 40.0;
const BELOW: f64 = 24.0;
const ABOVE: f64 = 10.0;
/// Height of the plots with axes, without the numbers.
const HEIGHT: f64 = 190.0;
/// Share of wrong answers in the plot of the questions.
pub const NOISE: f64 = 0.1;

/// Bars with intervals, one for each system.
pub struct Bars {
    pub height: f64,
    pub rows: Vec<Bar>,
}

pub struct Bar {
    pub name: &'static str,
    pub value: String,
    pub ours: bool,
    pub text_y: f64,
    pub bar_y: f64,
    pub middle_y: f64,
    pub width: f64,
    pub low: f64,
    pub high: f64,
}

/// NDCG@8 of the systems; the bars begin at 0.
pub fn bars(report: &Report) -> Bars {
    let most = report.systems.iter().map(|s| s.ndcg.high);
    let scale = WIDTH / most.fold(f64::MIN_POSITIVE, f64::max);
    let rows = report.systems.iter().enumerate().map(|(at, system)| {
        let top = at as f64 * ROW;
        Bar {
            name: system.name,
            value: format!("{:.3}", system.ndcg.mean),
            ours: at == 0,
            text_y: top + 14.0,
            bar_y: top + 20.0,
            middle_y: top + 27.0,
            width: system.ndcg.mean * scale,
            low: system.ndcg.low * scale,
            high: system.ndcg.high * scale,
        }
    });
    Bars {
        height: report.systems.len() as f64 * ROW,
        rows: rows.collect(),
    }
}

/// A mark of an axis.
pub struct Tick {
    pub at: f64,
    pub label: String,
}

/// Success against questions asked, a line for each policy.
pub struct Lines {
    pub height: f64,
    pub left: f64,
    pub floor: f64,
    pub x: Vec<Tick>,
    pub y: Vec<Tick>,
    pub lines: Vec<Line>,
}

pub struct Line {
    pub name: &'static str,
    pub class: &'static str,
    pub points: Vec<Point>,
}

impl Line {
    /// As the points of an SVG polyline.
    pub fn path(&self) -> String {
        let points = self.points.iter().map(|p| format!("{:.1},{:.1}", p.x, p.y));
        points.collect::<Vec<_>>().join(" ")
    }
}

pub struct Point {
    pub x: f64,
    pub y: f64,
    pub label: String,
}

/// SR@8 by questions asked, at [`NOISE`]. Roots of the questions stand on the axis, so that the first few are told apart; nothing when no
/// recipients were simulated.
pub fn lines(report: &Report) -> Option<Lines> {
    let shown: Vec<&Asked> = report
        .interviews
        .iter()
        .filter(|a| a.noise == NOISE)
        .collect();
    let most = shown.iter().map(|a| a.questions).fold(0.0, f64::max);
    let least = shown.iter().map(|a| a.success).reduce(f64::min)?;
    let floor = (least * 10.0).floor() / 10.0;
    let bottom = ABOVE + HEIGHT;
    let x = |questions: f64| LEFT + 6.0 + (questions / most).sqrt() * (WIDTH - LEFT - 16.0);
    let y = |success: f64| bottom - (success - floor) / (1.0 - floor).max(0.1) * HEIGHT;
    let line = |policy: Policy| Line {
        name: policy.name(),
        class: class(policy),
        points: shown
            .iter()
            .filter(|a| a.policy == policy)
            .map(|a| Point {
                x: x(a.questions),
                y: y(a.success),
                label: format!(
                    "{}: SR@8 {} with {:.1} questions",
                    policy.name(),
                    percent(a.success),
                    a.questions
                ),
            })
            .collect(),
    };
    let steps = (floor * 10.0).round() as u32..=10;
    let labelled = steps.filter(|s| s % 2 == 0).map(|s| f64::from(s) / 10.0);
    let round = [0.0, 1.0, 3.0, 6.0, 10.0, 20.0, 30.0];
    let questions = round.into_iter().filter(|q| q * 1.25 < most).chain([most]);
    Some(Lines {
        height: bottom + BELOW,
        left: LEFT,
        floor: bottom,
        x: ticks(questions, x, |q| format!("{q:.0}")),
        y: ticks(labelled, y, percent),
        lines: Policy::ALL.map(line).into(),
    })
}

fn ticks(
    values: impl Iterator<Item = f64>,
    place: impl Fn(f64) -> f64,
    label: impl Fn(f64) -> String,
) -> Vec<Tick> {
    values
        .map(|v| Tick {
            at: place(v),
            label: label(v),
        })
        .collect()
}

const fn class(policy: Policy) -> &'static str {
    match policy {
        Policy::Adaptive => "ours",
        Policy::FixedOrder => "fixed",
        Policy::RandomOrder => "random",
    }
}

/// Ours minus the best baseline, situation by situation, the greatest lead first.
pub struct Leads {
    pub height: f64,
    pub left: f64,
    pub zero: f64,
    pub y: Vec<Tick>,
    pub bars: Vec<Lead>,
    pub ahead: usize,
    pub level: usize,
    pub behind: usize,
}

pub struct Lead {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
    pub behind: bool,
    pub label: String,
}

/// The leads over the system at a place of the report.
pub fn leads(report: &Report, baseline: usize) -> Leads {
    let mut leads: Vec<(f64, &str)> = report
        .by_situation
        .iter()
        .map(|s| (s.ndcg[0] - s.ndcg[baseline], s.id.as_str()))
        .collect();
    leads.sort_by(|a, b| b.0.total_cmp(&a.0));
    let high = leads.first().map_or(0.0, |l| l.0).max(0.2);
    let low = leads.last().map_or(0.0, |l| l.0).min(-0.2);
    let y = |lead: f64| ABOVE + (high - lead) / (high - low) * HEIGHT;
    let step = (WIDTH - LEFT) / leads.len().max(1) as f64;
    let bars = leads.iter().enumerate().map(|(at, (lead, id))| Lead {
        x: LEFT + at as f64 * step,
        y: y(lead.max(0.0)),
        width: step * 0.8,
        height: (y(lead.min(0.0)) - y(lead.max(0.0))).max(0.6),
        behind: *lead < 0.0,
        label: format!("{id}: {lead:+.3}"),
    });
    let count = |holds: fn(f64) -> bool| leads.iter().filter(|l| holds(l.0)).count();
    let marks = (-5..=5).map(|t| f64::from(t) / 5.0);
    Leads {
        height: ABOVE * 2.0 + HEIGHT,
        left: LEFT,
        zero: y(0.0),
        y: ticks(marks.filter(|m| (low..=high).contains(m)), y, |v| {
            if v == 0.0 {
                "0".to_owned()
            } else {
                format!("{v:+.1}")
            }
        }),
        bars: bars.collect(),
        ahead: count(|l| l >= 1e-9),
        level: count(|l| l.abs() < 1e-9),
        behind: count(|l| l <= -1e-9),
    }
}
