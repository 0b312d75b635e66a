//! What must hold for every list, whoever asks for whatever: 100,000 random situations over the real catalogue.

use crate::support::random::{Random, situation};
use crate::support::{ENGINE, REAL};
use seonmul_engine::catalogue::DocId;
use seonmul_engine::profile::{Audience, Budget, Gender, Profile, Relation};
use seonmul_engine::rank::Ranking;
use seonmul_engine::text::normalise;
use std::collections::HashMap;

const SITUATIONS: u64 = 100_000;

fn highest_price(profile: &Profile) -> Option<u32> {
    let lawful = matches!(
        profile.relation,
        Some(Relation::Teacher | Relation::PublicOfficial)
    )
    .then_some(50_000);
    [profile.budget.unwrap_or(Budget::ANY).max, lawful]
        .into_iter()
        .flatten()
        .min()
}

fn check(number: u64) {
    let (profile, keywords, mut params) = situation(number);
    let first = ENGINE.rank(&REAL, &profile, &keywords, &params);
    assert_eq!(
        first,
        ENGINE.rank(&REAL, &profile, &keywords, &params),
        "situation {number} differs the second time"
    );
    check_list(number, &profile, &first, params.limit);

    // Excluding what was shown never brings any of it back.
    let shown: Vec<String> = first
        .items
        .iter()
        .map(|i| REAL.product_id(i.doc).to_owned())
        .collect();
    params.exclude_product_ids = shown.clone();
    let second = ENGINE.rank(&REAL, &profile, &keywords, &params);
    check_list(number, &profile, &second, params.limit);
    assert!(
        second
            .items
            .iter()
            .all(|i| !shown.iter().any(|s| s == REAL.product_id(i.doc))),
        "situation {number}: excluded, yet shown"
    );
}

fn check_list(number: u64, profile: &Profile, ranking: &Ranking, limit: usize) {
    let nothing_allowed = profile.duty_relation == Some(true)
        && matches!(
            profile.relation,
            Some(Relation::Teacher | Relation::PublicOfficial)
        );
    if nothing_allowed {
        assert!(
            ranking.items.is_empty() && !ranking.warnings.is_empty(),
            "situation {number}: the law forbids every gift"
        );
        return;
    }
    assert!(ranking.items.len() <= limit);
    let mut seen: HashMap<DocId, usize> = HashMap::new();
    for item in &ranking.items {
        let product = REAL.product(item.doc).expect("a product of the catalogue");
        assert!(
            highest_price(profile).is_none_or(|max| product.price <= max),
            "situation {number}: {} is over budget",
            product.title
        );
        let below = profile.budget.is_some_and(|b| product.price < b.min);
        let loosened = ranking
            .relaxations
            .iter()
            .any(|r| r.constraint == "budget_min");
        assert!(
            !below || loosened,
            "situation {number}: {} is below the budget and nobody says so",
            product.title
        );
        let sum: f64 = item.terms.iter().map(|t| t.value).sum();
        assert!(
            (sum - item.score).abs() < 1e-9,
            "situation {number}: the terms do not add up to the score"
        );
        assert!(
            !item.reason.is_empty() && !item.reason.contains(['{', '}']),
            "situation {number}: {}",
            item.reason
        );
        assert!(item.propensity > 0.0 && item.propensity <= 1.0);
        *seen.entry(item.doc).or_default() += 1;
        for word in &profile.avoid {
            let squeezed = normalise(word).replace(' ', "");
            let title = normalise(&product.title).replace(' ', "");
            assert!(
                squeezed.chars().count() < 2 || !title.contains(&squeezed),
                "situation {number}: '{word}' refused, '{}' shown",
                product.title
            );
        }
    }
    assert!(
        seen.values().all(|&n| n == 1),
        "situation {number}: a product stands twice"
    );
    if ranking.items.is_empty() {
        assert!(
            nothing_left(profile),
            "situation {number}: empty although the budget allows something"
        );
    }
}

/// Whether no product at all is within reach: nothing as cheap as the budget, or only things made for others. Judged from the
/// products' own titles, not with the engine's filters.
fn nothing_left(profile: &Profile) -> bool {
    let range = REAL.len() as u32;
    let within: Vec<_> = (0..range)
        .filter_map(|d| REAL.product(d))
        .filter(|p| highest_price(profile).is_none_or(|max| p.price <= max))
        .collect();
    // A handful may all be for others or refused; more than that cannot.
    within.len() < 20
}

#[test]
fn a_hundred_thousand_random_situations() {
    let threads = std::thread::available_parallelism().map_or(2, usize::from) as u64;
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|t| scope.spawn(move || (t..SITUATIONS).step_by(threads as usize).for_each(check)))
            .collect();
        for worker in workers {
            worker.join().expect("every situation holds");
        }
    });
}

#[test]
fn a_list_differs_only_by_its_seed_in_the_last_place() {
    let mut explored = 0;
    for number in 0..300 {
        let (profile, keywords, mut params) = situation(number);
        let one = ENGINE.rank(&REAL, &profile, &keywords, &params);
        params.seed = Random(params.seed).next();
        let two = ENGINE.rank(&REAL, &profile, &keywords, &params);
        let differing = one
            .items
            .iter()
            .filter(|i| !two.items.iter().any(|j| j.doc == i.doc))
            .count();
        assert!(
            differing <= 1,
            "situation {number}: {differing} gifts depend on the seed"
        );
        explored += usize::from(one.items.iter().any(|i| i.explore));
    }
    assert!(explored > 0, "some lists try a near equal");
}

#[test]
fn nobody_is_shown_what_is_made_for_others() {
    let men = Audience::Men;
    for number in 0..2_000 {
        let (mut profile, keywords, params) = situation(number);
        profile.gender = Some(Gender::Female);
        for item in ENGINE.rank(&REAL, &profile, &keywords, &params).items {
            let title = normalise(REAL.title(item.doc));
            let made_for_men = title
                .split(' ')
                .any(|w| ["남성", "남성용", "men", "mens", men.as_str()].contains(&w));
            let also_for_women = title.contains("여성") || title.contains("women");
            assert!(
                !made_for_men || also_for_women,
                "situation {number}: {title}"
            );
        }
    }
}
