//! The gift benchmark: its situations are sound, and on the half that nothing was fitted to the engine does what it is there for.

use crate::support::{ENGINE, SAMPLE};
use seonmul_engine::eval::{
    Benchmark, Grade, Options, Policy, Report, Saving, Split, System, evaluate, look,
};
use std::sync::LazyLock;

static BENCHMARK: LazyLock<Benchmark> =
    LazyLock::new(|| Benchmark::embedded().unwrap_or_else(|e| panic!("{e}")));

fn measured(recipients: usize) -> Report {
    let options = Options {
        split: Some(Split::Reporting),
        recipients,
        random: 200,
    };
    evaluate(&ENGINE, &SAMPLE, &BENCHMARK, &options, &|_, _, _| {})
}

#[test]
fn every_situation_can_be_judged_in_the_sample_shop() {
    let (tuning, reporting) = (
        BENCHMARK.situations(Some(Split::Tuning)).count(),
        BENCHMARK.situations(Some(Split::Reporting)).count(),
    );
    assert!(tuning + reporting >= 200, "{tuning} + {reporting}");
    assert!(tuning >= 80 && reporting >= 80, "{tuning} + {reporting}");
    let shown = BENCHMARK.show(&SAMPLE);
    for situation in BENCHMARK.situations(None) {
        let id = &situation.id;
        assert!(
            id.chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'),
            "{id}"
        );
        assert!(!situation.note.trim().is_empty(), "{id} has no note");
        let range = situation.profile.budget;
        assert!(
            range.is_none_or(|b| b.max.is_none_or(|max| b.min <= max)),
            "{id}"
        );
        let of = |grade| shown.iter().filter(|s| situation.grade(s) == grade).count();
        if situation.nothing_is_right() {
            assert!(of(Grade::Never) > shown.len() / 2, "{id}");
            continue;
        }
        assert!(of(Grade::FitsWell) >= 1, "{id}: nothing fits well");
        assert!(
            of(Grade::FitsWell) + of(Grade::Fits) >= 8,
            "{id}: too few gifts fit for a list"
        );
        assert!(
            of(Grade::FitsWell) <= shown.len() / 3,
            "{id}: a third of the shop fits well"
        );
        assert!(of(Grade::Never) > 0, "{id}: nothing is a fault");
    }
}

#[test]
fn a_situation_can_be_looked_at() {
    let id = &BENCHMARK.situations(None).next().expect("a situation").id;
    let seen = look(&ENGINE, &SAMPLE, &BENCHMARK, id).expect("it is there");
    assert_eq!(seen.grades.len(), seen.ranking.items.len());
    assert!(seen.affordable.iter().sum::<usize>() <= SAMPLE.len());
    let all = evaluate(
        &ENGINE,
        &SAMPLE,
        &BENCHMARK,
        &Options {
            split: None,
            recipients: 0,
            random: 0,
        },
        &|_, _, _| {},
    );
    let same = all
        .by_situation
        .iter()
        .find(|s| s.id == *id)
        .expect("it was measured");
    assert_eq!(same.ndcg[0], seen.ndcg);
    assert!(look(&ENGINE, &SAMPLE, &BENCHMARK, "no-such-situation").is_none());
}

#[test]
fn lists_beat_every_baseline_and_no_random_situation_shows_a_fault() {
    let report = measured(0);
    assert!(
        report.above_best_baseline >= 0.30,
        "NDCG@8 is only {:.0} % above the best baseline",
        report.above_best_baseline * 100.0
    );
    let seed = report
        .systems
        .iter()
        .find(|s| s.system == System::SeedRule)
        .expect("the seed rule is measured");
    assert!(
        seed.beaten >= 0.85,
        "the seed rule is beaten in {:.2}",
        seed.beaten
    );
    assert_eq!(report.faults, Vec::<String>::new());
    assert!(report.interviews.is_empty() && report.savings.is_empty());
}

#[test]
fn adaptive_questions_reach_the_fixed_orders_success_with_fewer() {
    let report = measured(120);
    let saving: &Saving = report
        .savings
        .iter()
        .find(|s| s.noise == 0.1)
        .expect("measured at 10 % noise");
    assert!(saving.fewer >= 0.30, "{saving:?}");
    let adaptive = report
        .interviews
        .iter()
        .filter(|a| a.policy == Policy::Adaptive);
    for asked in adaptive {
        assert!(asked.questions <= asked.allowed as f64, "{asked:?}");
    }
}
