//! Law, customs and calendar as a guest meets them (`domain.md`).

use crate::support::{ENGINE, SAMPLE, build, product};
use seonmul_engine::Lang;
use seonmul_engine::catalogue::Catalogue;
use seonmul_engine::interview::{Answer, Answered, QuestionSource};
use seonmul_engine::keyword::{Keyword, KeywordSource};
use seonmul_engine::profile::{Budget, Occasion, Profile, Relation};
use seonmul_engine::rank::{Params, Ranking, Warning};
use seonmul_engine::rules::{Day, Next};

fn day(text: &str) -> Day {
    text.parse().expect("a day")
}

fn on(text: &str) -> Params {
    Params {
        today: Some(day(text)),
        limit: 30,
        ..Params::default()
    }
}

fn teacher(max: u32) -> Profile {
    Profile {
        relation: Some(Relation::Teacher),
        budget: Some(Budget {
            min: 0,
            max: Some(max),
        }),
        duty_relation: Some(false),
        ..Profile::default()
    }
}

/// Goods of every kind that the law tells apart, each cheap, middling and dear.
fn shop() -> Catalogue {
    let mut products = Vec::new();
    for (kind, title) in [
        ("beef", "한우 선물세트"),
        ("tumbler", "스테인리스 텀블러"),
        ("soapflower", "비누꽃다발"),
        ("dog", "강아지 소고기 간식"),
        ("voucher", "백화점상품권"),
        ("coffee", "커피교환권"),
    ] {
        for price in [45_000, 140_000, 290_000, 310_000] {
            products.push(product(&format!("{kind}-{price}"), title, price));
        }
    }
    products.push(seonmul_engine::catalogue::Product {
        tags: vec!["농수산물".to_owned()],
        ..product("tagged-120000", "제철 꾸러미", 120_000)
    });
    build(products)
}

fn rank(catalogue: &Catalogue, profile: &Profile, params: &Params) -> Ranking {
    ENGINE.rank(catalogue, profile, &[], params)
}

fn ids(catalogue: &Catalogue, ranking: &Ranking) -> Vec<String> {
    let id = |i: &seonmul_engine::rank::RankedItem| catalogue.product_id(i.doc).to_owned();
    let mut ids: Vec<String> = ranking.items.iter().map(id).collect();
    ids.sort();
    ids
}

/// Every product that can be had, found by excluding what was listed until nothing is left.
fn all_allowed(catalogue: &Catalogue, profile: &Profile, params: &Params) -> Vec<String> {
    let mut params = params.clone();
    loop {
        let found = ids(catalogue, &rank(catalogue, profile, &params));
        if found.is_empty() {
            params.exclude_product_ids.sort();
            return params.exclude_product_ids;
        }
        params.exclude_product_ids.extend(found);
    }
}

fn told<'a>(ranking: &'a Ranking, code: &str) -> Option<&'a Warning> {
    ranking.warnings.iter().find(|w| w.code == code)
}

// ---- Law ----

#[test]
fn agricultural_goods_may_cost_more_and_nothing_else_may() {
    let shop = shop();
    let allowed = all_allowed(&shop, &teacher(1_000_000), &on("2027-06-01"));
    assert_eq!(
        allowed,
        [
            "beef-140000",
            "beef-45000",
            "coffee-45000",
            "dog-45000",
            "soapflower-45000",
            "tagged-120000",
            "tumbler-45000"
        ]
    );
    // Without a day nothing is known of any window.
    assert_eq!(
        all_allowed(&shop, &teacher(1_000_000), &Params::default()),
        allowed
    );
}

#[test]
fn inside_a_window_they_may_cost_twice_as_much() {
    let shop = shop();
    for (today, holds) in [
        ("2027-01-13", false),
        ("2027-01-14", true),
        ("2027-02-12", true),
        ("2027-02-13", false),
        ("2027-08-21", false),
        ("2027-08-22", true),
        ("2027-09-20", true),
        ("2027-09-21", false),
    ] {
        let allowed = all_allowed(&shop, &teacher(1_000_000), &on(today));
        let has = |id: &str| allowed.iter().any(|a| a == id);
        assert_eq!(has("beef-290000"), holds, "{today}");
        assert!(
            !has("beef-310000") && !has("tumbler-140000") && has("beef-140000"),
            "{today}"
        );
    }
}

#[test]
fn a_gift_that_arrives_in_a_window_can_be_sent_in_it() {
    let shop = shop();
    let profile = Profile {
        deliver_by: Some("2027-02-06".to_owned()),
        ..teacher(1_000_000)
    };
    let ranking = rank(&shop, &profile, &on("2027-01-04"));
    assert!(ids(&shop, &ranking).contains(&"beef-290000".to_owned()));
    let warning = told(&ranking, "graft_agricultural_holiday").expect("the window is told");
    assert!(
        warning.message.contains("2027-01-14부터 2027-02-12까지"),
        "{}",
        warning.message
    );
}

#[test]
fn the_exception_is_told_when_it_is_used_or_hoped_for() {
    let shop = shop();
    let code = "graft_agricultural";
    let params = on("2027-06-01");
    assert!(told(&rank(&shop, &teacher(100_000), &params), code).is_some());
    assert!(told(&rank(&shop, &teacher(50_000), &params), code).is_none());
    let no_budget = Profile {
        budget: None,
        ..teacher(0)
    };
    let used = rank(&shop, &no_budget, &params);
    let dear = ids(&shop, &used)
        .iter()
        .any(|id| ["beef-140000", "tagged-120000"].contains(&id.as_str()));
    assert_eq!(told(&used, code).is_some(), dear);
    let friend = Profile {
        relation: Some(Relation::Friend),
        ..teacher(1_000_000)
    };
    assert!(
        rank(&shop, &friend, &params)
            .warnings
            .iter()
            .all(|w| !w.code.starts_with("graft"))
    );
}

#[test]
fn a_year_without_a_window_is_said() {
    let shop = shop();
    let code = "graft_window_unknown";
    let unknown =
        |profile: &Profile, today| told(&rank(&shop, profile, &on(today)), code).is_some();
    let everyday = teacher(1_000_000);
    let seollal = Profile {
        occasion: Some(Occasion::Seollal),
        ..teacher(1_000_000)
    };
    // 2027 is listed, 2028 is not.
    assert!(!unknown(&everyday, "2027-01-20") && !unknown(&seollal, "2026-12-01"));
    assert!(
        unknown(&seollal, "2027-06-01"),
        "the next Seollal is that of 2028"
    );
    assert!(!unknown(&everyday, "2027-12-01") && unknown(&everyday, "2028-01-10"));
    assert!(unknown(&everyday, "2028-02-01") && !unknown(&everyday, "2028-02-10"));
    assert!(unknown(&seollal, "2040-01-20"), "a year that nobody listed");
    let sent_later = Profile {
        deliver_by: Some("2028-01-20".to_owned()),
        ..everyday.clone()
    };
    assert!(unknown(&sent_later, "2027-12-01"));
    let allowed = all_allowed(&shop, &seollal, &on("2028-01-10"));
    assert!(allowed.contains(&"beef-140000".to_owned()), "{allowed:?}");
    assert!(!allowed.contains(&"beef-290000".to_owned()), "{allowed:?}");
    let friend = Profile {
        relation: Some(Relation::Friend),
        ..seollal
    };
    assert!(!unknown(&friend, "2028-01-10"));
}

#[test]
fn amount_vouchers_are_never_permitted_and_goods_vouchers_are_explained() {
    let shop = shop();
    let ranking = rank(&shop, &teacher(50_000), &on("2027-01-20"));
    assert!(told(&ranking, "graft_amount_voucher").is_some());
    assert!(
        ids(&shop, &ranking)
            .iter()
            .all(|id| !id.starts_with("voucher"))
    );
    assert!(ids(&shop, &ranking).contains(&"coffee-45000".to_owned()));
    assert!(told(&ranking, "graft_goods_voucher").is_some());
    let without = Params {
        exclude_product_ids: vec!["coffee-45000".to_owned()],
        ..on("2027-01-20")
    };
    assert!(
        told(
            &rank(&shop, &teacher(50_000), &without),
            "graft_goods_voucher"
        )
        .is_none()
    );
}

#[test]
fn a_direct_duty_leaves_an_empty_list_with_the_reason() {
    for relation in [Relation::Teacher, Relation::PublicOfficial] {
        let profile = Profile {
            relation: Some(relation),
            duty_relation: Some(true),
            ..teacher(1_000_000)
        };
        let ranking = rank(&SAMPLE, &profile, &on("2027-01-20"));
        assert!(ranking.items.is_empty() && told(&ranking, "graft_duty").is_some());
    }
    let former = rank(&SAMPLE, &teacher(50_000), &on("2027-06-01"));
    assert!(told(&former, "graft_former_teacher").is_some() && former.items.len() == 30);
    let unknown = Profile {
        duty_relation: None,
        ..teacher(50_000)
    };
    assert!(
        told(
            &rank(&SAMPLE, &unknown, &on("2027-06-01")),
            "graft_duty_unknown"
        )
        .is_some()
    );
}

#[test]
fn a_client_who_may_be_an_official_is_told_of_only_when_the_guest_says_so() {
    let client = |tastes: &[&str]| Profile {
        relation: Some(Relation::Client),
        tastes: tastes.iter().map(|t| (*t).to_owned()).collect(),
        ..Profile::default()
    };
    let told_of = |profile: &Profile, words: &[&str]| {
        let keyword = |text: &&str| Keyword {
            text: (*text).to_owned(),
            weight: 1.0,
            source: KeywordSource::Guest,
            concept_id: None,
            because: Vec::new(),
        };
        let keywords: Vec<Keyword> = words.iter().map(keyword).collect();
        let ranking = ENGINE.rank(&SAMPLE, profile, &keywords, &Params::default());
        told(&ranking, "graft_client").is_some()
    };
    assert!(!told_of(&client(&[]), &[]));
    assert!(
        !told_of(&client(&["전기자전거"]), &["골프공"]),
        "기자 is inside another word"
    );
    assert!(told_of(&client(&["공공기관에서 일해요"]), &[]));
    assert!(told_of(&client(&[]), &["공무원 선물"]));
    let answers = [
        choice("relation", "client"),
        said("category", "학교에서 일하는 분이에요"),
    ];
    assert!(told_of(&ENGINE.understand(&answers).profile, &[]));
}

#[test]
fn every_rule_has_its_source_and_every_law_its_disclaimer() {
    for (lang, disclaimer) in [
        (Lang::Ko, "법률 자문이 아닙니다"),
        (Lang::En, "This is not legal advice"),
    ] {
        let warnings = ENGINE.rules().all_warnings(lang);
        let law = warnings.iter().filter(|w| w.code.starts_with("graft"));
        assert!(law.clone().count() >= 11 && warnings.len() > law.clone().count());
        for warning in law {
            assert!(warning.message.ends_with(disclaimer), "{}", warning.message);
        }
        for warning in &warnings {
            let (_, as_of) = warning.source.rsplit_once(" (").expect("source and date");
            day(as_of.trim_end_matches(')'));
            assert!(warning.source.len() > as_of.len() + 4, "{}", warning.code);
            assert!(warning.message.chars().count() > 10, "{}", warning.code);
        }
    }
}

// ---- The question of the law ----

fn choice(question: &str, value: &str) -> Answered {
    Answered {
        question_id: question.to_owned(),
        answer: Answer::Choice(value.to_owned()),
    }
}

fn said(question: &str, text: &str) -> Answered {
    Answered {
        question_id: question.to_owned(),
        answer: Answer::Text(text.to_owned()),
    }
}

fn fixed(relation: &str) -> Vec<Answered> {
    vec![
        choice("relation", relation),
        choice("gender", "female"),
        choice("age_band", "40s"),
        choice("budget", "30000-50000"),
        choice("occasion", "thanks"),
        choice("category", "any"),
    ]
}

fn next(answers: &[Answered]) -> Option<String> {
    ENGINE.next_question(answers, &SAMPLE).question_id
}

#[test]
fn the_duty_is_asked_first_of_teachers_and_officials_and_of_nobody_else() {
    for &relation in Relation::ALL {
        let official = matches!(relation, Relation::Teacher | Relation::PublicOfficial);
        let asked = next(&fixed(relation.as_str()));
        assert_eq!(
            asked.as_deref() == Some("duty_relation"),
            official,
            "{relation}"
        );
    }
    let question = ENGINE.question("duty_relation").expect("a question");
    assert_eq!(question.source, QuestionSource::Adaptive);
    let values: Vec<&str> = question.options.iter().map(|o| o.value.as_str()).collect();
    assert_eq!(values, ["yes", "no"]);
    assert!(!question.text(Lang::En).is_empty() && !question.hint(Lang::Ko).is_empty());
    for answer in [
        Answer::Choice("yes".into()),
        Answer::Skipped,
        Answer::Text("네".into()),
    ] {
        assert_eq!(ENGINE.check_answer(question, &answer), Ok(()));
    }
}

#[test]
fn its_answer_is_what_the_profile_says() {
    let duty = |answer: Answered| {
        let mut answers = fixed("teacher");
        answers.push(answer);
        ENGINE.understand(&answers).profile.duty_relation
    };
    assert_eq!(duty(choice("duty_relation", "yes")), Some(true));
    assert_eq!(duty(choice("duty_relation", "no")), Some(false));
    assert_eq!(
        duty(said("duty_relation", "네, 담임 선생님이에요")),
        Some(true)
    );
    assert_eq!(duty(said("duty_relation", "아니요")), Some(false));
    assert_eq!(duty(said("duty_relation", "잘 모르겠어요")), None);
    let skipped = Answered {
        question_id: "duty_relation".to_owned(),
        answer: Answer::Skipped,
    };
    assert_eq!(duty(skipped), None);
}

#[test]
fn it_is_one_of_the_three_and_a_yes_ends_the_interview() {
    let mut answers = fixed("teacher");
    answers.push(choice("duty_relation", "yes"));
    assert_eq!(next(&answers), None);
    answers.pop();
    answers.push(choice("duty_relation", "no"));
    let mut more = 0;
    while let Some(question) = next(&answers) {
        assert_ne!(question, "duty_relation");
        let first = ENGINE.question(&question).expect("a question").options[0]
            .value
            .clone();
        answers.push(choice(&question, &first));
        more += 1;
    }
    assert!((1..=2).contains(&more), "{more}");
}

// ---- Calendar ----

#[test]
fn lunar_days_follow_the_korean_calendar() {
    let date = |occasion, year| {
        let date = ENGINE.rules().calendar().date_of(occasion, year);
        date.map(|d| d.to_string())
    };
    let is = |text: &str| Some(text.to_owned());
    // A day later than Chinese New Year, 02-06 and 01-26: the new moon falls after midnight in Korea.
    assert_eq!(date(Occasion::Seollal, 2027), is("2027-02-07"));
    assert_eq!(date(Occasion::Seollal, 2028), is("2028-01-27"));
    assert_eq!(date(Occasion::Seollal, 2026), is("2026-02-17"));
    assert_eq!(date(Occasion::Chuseok, 2026), is("2026-09-25"));
    assert_eq!(date(Occasion::Chuseok, 2027), is("2027-09-15"));
    assert_eq!(date(Occasion::Chuseok, 2028), is("2028-10-03"));
    assert_eq!(date(Occasion::Csat, 2027), is("2027-11-18"));
    assert_eq!(date(Occasion::ComingOfAge, 2027), is("2027-05-17"));
    assert_eq!(date(Occasion::ComingOfAge, 2028), is("2028-05-15"));
    assert_eq!(date(Occasion::ComingOfAge, 2030), is("2030-05-20"));
    assert_eq!(date(Occasion::Christmas, 2099), is("2099-12-25"));
    for year in (1900..2026).chain(2031..2200) {
        for occasion in [Occasion::Seollal, Occasion::Chuseok, Occasion::Csat] {
            assert_eq!(date(occasion, year), None, "{occasion} {year}");
        }
    }
    assert_eq!(date(Occasion::Chuseok, 2030), None);
    assert_eq!(date(Occasion::Birthday, 2027), None);
}

#[test]
fn the_next_day_of_an_occasion() {
    let next = |occasion, from| ENGINE.rules().calendar().next(occasion, day(from));
    assert_eq!(
        next(Occasion::Seollal, "2027-02-07"),
        Next::On(day("2027-02-07"))
    );
    assert_eq!(
        next(Occasion::Seollal, "2027-02-08"),
        Next::On(day("2028-01-27"))
    );
    assert_eq!(
        next(Occasion::Seollal, "2030-02-04"),
        Next::UnknownYear(2031)
    );
    assert_eq!(
        next(Occasion::Chuseok, "2029-09-23"),
        Next::UnknownYear(2030)
    );
    assert_eq!(
        next(Occasion::Valentine, "2028-02-29"),
        Next::On(day("2029-02-14"))
    );
    assert_eq!(
        next(Occasion::ComingOfAge, "2027-05-18"),
        Next::On(day("2028-05-15"))
    );
    assert_eq!(next(Occasion::Birthday, "2027-01-01"), Next::NoDate);
    assert_eq!(next(Occasion::HundredDays, "2027-01-01"), Next::NoDate);
}

#[test]
fn the_hundredth_day_counts_the_first_as_one() {
    let counted = |from| {
        let calendar = ENGINE.rules().calendar();
        calendar.counted_from(Occasion::HundredDays, day(from))
    };
    assert_eq!(counted("2027-01-01"), Some(day("2027-04-10")));
    assert_eq!(counted("2028-02-29"), Some(day("2028-06-07")));
    let calendar = ENGINE.rules().calendar();
    assert_eq!(
        calendar.counted_from(Occasion::Birthday, day("2027-01-01")),
        None
    );
}

#[test]
fn a_near_day_is_told_unless_the_guest_named_one() {
    let seollal = Profile {
        relation: Some(Relation::Parent),
        occasion: Some(Occasion::Seollal),
        ..Profile::default()
    };
    let date = |profile: &Profile, today: &str, lang| {
        let params = Params { lang, ..on(today) };
        let ranking = rank(&SAMPLE, profile, &params);
        told(&ranking, "occasion_date").cloned()
    };
    let warning = date(&seollal, "2027-01-08", Lang::Ko).expect("thirty days before");
    assert_eq!(
        warning.message,
        "설날은 2월 7일이에요. 2월 7일까지 도착하는지 확인해 주세요."
    );
    assert!(
        warning.source.contains("한국천문연구원"),
        "{}",
        warning.source
    );
    let english = date(&seollal, "2027-02-07", Lang::En).expect("the day itself");
    assert!(
        english.message.starts_with("Seollal is on February 7."),
        "{}",
        english.message
    );
    assert!(date(&seollal, "2027-01-07", Lang::Ko).is_none());
    assert!(date(&seollal, "2027-02-08", Lang::Ko).is_none());
    let by = Profile {
        deliver_by: Some("2027-02-05".to_owned()),
        ..seollal.clone()
    };
    assert!(date(&by, "2027-01-20", Lang::Ko).is_none());
    let birthday = Profile {
        occasion: Some(Occasion::Birthday),
        ..seollal
    };
    assert!(date(&birthday, "2027-01-20", Lang::Ko).is_none());
}

#[test]
fn an_unknown_date_is_said_plainly() {
    let chuseok = Profile {
        occasion: Some(Occasion::Chuseok),
        ..Profile::default()
    };
    let unknown = |today| {
        let ranking = rank(&SAMPLE, &chuseok, &on(today));
        told(&ranking, "occasion_date_unknown").map(|w| w.message.clone())
    };
    assert_eq!(unknown("2029-09-22"), None);
    let message = unknown("2029-09-23").expect("2030 is in no table");
    assert_eq!(
        message,
        "2030년 추석 날짜는 아직 몰라요. 날짜를 직접 확인해 주세요."
    );
}

// ---- Customs ----

#[test]
fn a_custom_lowers_the_score_where_it_holds() {
    let shop = build(vec![
        product("a", "흰국화 꽃다발", 30_000),
        product("b", "텀블러", 30_000),
    ]);
    let term = |profile: &Profile| {
        let ranking = rank(&shop, profile, &Params::default());
        let item = ranking.items.iter().find(|i| shop.product_id(i.doc) == "a");
        let terms = &item.expect("never hidden").terms;
        terms.iter().find(|t| t.term == "custom").cloned()
    };
    let always = term(&Profile::default()).expect("white chrysanthemums are for mourning");
    assert!(
        always.value < -0.5 && always.because.is_empty(),
        "{always:?}"
    );
    let parent = Profile {
        relation: Some(Relation::Parent),
        occasion: Some(Occasion::ParentsDay),
        ..Profile::default()
    };
    let both = term(&parent).expect("a bouquet alone, too");
    assert!(both.value < always.value, "{both:?}");
    assert_eq!(both.because, ["occasion", "relation"]);
}

#[test]
fn a_good_custom_raises_the_score_and_warns_of_nothing() {
    let shop = build(vec![
        product("a", "빼빼로 선물상자", 10_000),
        product("b", "텀블러", 10_000),
    ]);
    let ranked = |occasion| {
        let profile = Profile {
            occasion: Some(occasion),
            ..Profile::default()
        };
        rank(&shop, &profile, &Params::default())
    };
    let pepero = ranked(Occasion::PeperoDay);
    let item = pepero
        .items
        .iter()
        .find(|i| shop.product_id(i.doc) == "a")
        .expect("listed");
    let term = item
        .terms
        .iter()
        .find(|t| t.term == "custom")
        .expect("told");
    assert!(term.value > 0.0 && term.because == ["occasion"], "{term:?}");
    assert!(told(&pepero, "pepero_good").is_none());
    let birthday = ranked(Occasion::Birthday);
    assert!(
        birthday
            .items
            .iter()
            .all(|i| i.terms.iter().all(|t| t.term != "custom"))
    );
}

#[test]
fn a_product_keeps_all_the_customs_that_speak_of_it() {
    // Five customs know the word; each must still be told where it holds.
    let shop = build(vec![product("a", "플로럴 향수", 50_000)]);
    for (relation, occasion, code) in [
        (Relation::Friend, Occasion::Hospital, "hospital_scent"),
        (Relation::Friend, Occasion::Birth, "birth_scent"),
        (Relation::Colleague, Occasion::Birthday, "scent_taste"),
    ] {
        let profile = Profile {
            relation: Some(relation),
            occasion: Some(occasion),
            ..Profile::default()
        };
        let ranking = rank(&shop, &profile, &Params::default());
        let warning =
            told(&ranking, code).unwrap_or_else(|| panic!("{code}: {:?}", ranking.warnings));
        assert!(warning.source.starts_with('['), "{}", warning.source);
    }
}

// ---- Delivery ----

fn days(id: &str, delivery_days: Option<u8>) -> seonmul_engine::catalogue::Product {
    let title = match delivery_days {
        None => "도자기 머그컵".to_owned(),
        Some(days) => format!(
            "{} 선물",
            ["조각 케이크", "텀블러", "무드등"][usize::from(days) % 3]
        ),
    };
    seonmul_engine::catalogue::Product {
        delivery_days,
        ..product(id, &title, 20_000)
    }
}

#[test]
fn what_is_known_to_come_too_late_is_never_shown() {
    let shop = build(vec![
        days("now", Some(0)),
        days("soon", Some(2)),
        days("late", Some(10)),
        days("unknown", None),
    ]);
    let by = |deliver_by: Option<&str>| Profile {
        deliver_by: deliver_by.map(str::to_owned),
        ..Profile::default()
    };
    let shown = |deliver_by, params: &Params| all_allowed(&shop, &by(deliver_by), params);
    let today = on("2027-03-01");
    assert_eq!(shown(Some("2027-03-01"), &today), ["now", "unknown"]);
    assert_eq!(shown(Some("2027-03-02"), &today), ["now", "unknown"]);
    assert_eq!(
        shown(Some("2027-03-03"), &today),
        ["now", "soon", "unknown"]
    );
    assert_eq!(
        shown(Some("2027-03-11"), &today),
        ["late", "now", "soon", "unknown"]
    );
    assert_eq!(shown(None, &today).len(), 4);
    assert_eq!(shown(Some("2027-03-01"), &Params::default()).len(), 4);
    let kept = |id| {
        shop.product(shop.doc_of(id).expect("listed"))
            .expect("a product")
            .delivery_days
    };
    assert_eq!(
        (kept("now"), kept("late"), kept("unknown")),
        (Some(0), Some(10), None)
    );
}

#[test]
fn an_unknown_delivery_is_told_of_when_it_matters() {
    let shop = build(vec![days("now", Some(0)), days("unknown", None)]);
    let by = |day: Option<&str>| Profile {
        deliver_by: day.map(str::to_owned),
        ..Profile::default()
    };
    let tells = |profile: &Profile, params: &Params| {
        let ranking = rank(&shop, profile, params);
        told(&ranking, "delivery_unknown").is_some_and(|w| !w.source.is_empty())
    };
    let today = on("2027-03-01");
    assert!(tells(&by(Some("2027-03-05")), &today));
    assert!(!tells(&by(None), &today) && !tells(&by(Some("2027-03-05")), &Params::default()));
    let without = Params {
        exclude_product_ids: vec!["unknown".to_owned()],
        ..today
    };
    assert!(!tells(&by(Some("2027-03-05")), &without));
}

#[test]
fn a_list_that_is_empty_for_want_of_time_says_so() {
    let shop = build(vec![days("late", Some(10))]);
    let profile = Profile {
        deliver_by: Some("2027-03-02".to_owned()),
        ..Profile::default()
    };
    let ranking = rank(&shop, &profile, &on("2027-03-01"));
    let reason = told(&ranking, "nothing_fits").expect("a reason");
    assert!(ranking.items.is_empty() && reason.message.contains("그날까지"));
}
