//! What must hold for every list, whoever asks for whatever: 100,000 random situations over the real catalogue. `seonmul eval --random`
//! tries more of them over the sample.

use crate::support::{ENGINE, REAL};
use seonmul_engine::eval::{Random, Witness, situation};
use seonmul_engine::profile::{Audience, Gender};
use seonmul_engine::text::normalise;

const SITUATIONS: u64 = 100_000;

#[test]
fn a_hundred_thousand_random_situations() {
    let faults = Witness::new(&ENGINE, &REAL).faults(0..SITUATIONS, &|_| {});
    assert!(
        faults.is_empty(),
        "{} faults: {:#?}",
        faults.len(),
        &faults[..faults.len().min(20)]
    );
}

#[test]
fn the_same_question_has_the_same_answer() {
    for number in 0..5_000 {
        let (profile, keywords, params) = situation(number);
        let rank = || ENGINE.rank(&REAL, &profile, &keywords, &params);
        assert_eq!(rank(), rank(), "situation {number} differs the second time");
    }
}

#[test]
fn a_list_differs_only_by_its_seed_in_the_last_place() {
    let mut explored = 0;
    for number in 0..300 {
        let (profile, keywords, mut params) = situation(number);
        let one = ENGINE.rank(&REAL, &profile, &keywords, &params);
        params.seed = Random::new(params.seed).number();
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
