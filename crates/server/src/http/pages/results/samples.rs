//! Lists of all sorts: full, loosened and warned about, empty.

use super::super::products::sample_products;
use super::super::texts::texts;
use super::super::{Lang, Page, SummaryPage, format};
use super::{Frame, GiftCard, Notice, Picture, ResultPage, ResultSummary, ResultsPage, WhyNotLine};

const REASONS: [(&str, &str); 3] = [
    (
        "찾으시는 텀블러를 바로 고를 수 있고, 친구에게 드리기에도 좋아요.",
        "It is just the tumbler you are looking for, and it suits a friend.",
    ),
    (
        "음악 듣기를 좋아하는 분이라 반가워할 선물이고, 예산에도 알맞아요.",
        "People who enjoy music are glad of it, and the price sits well in your budget.",
    ),
    (
        "생일 선물로 자주 고르는 캔들이고, 취향을 크게 타지 않아 부담이 적어요.",
        "A candle is a fine gift for a birthday, and it does not depend much on taste.",
    ),
];

const COUNTERFACTUAL: (&str, &str) = (
    "예산을 1만원 늘리면 ‘빛나는 무드등’(59,000원)도 고를 수 있어요.",
    "With ₩10,000 more, you could also choose “Glowing lamp” (₩59,000).",
);
const WHY_NOT: (&str, &str) = (
    "가격이 99,000원이라 예산 50,000원을 49,000원 넘어요.",
    "It costs ₩99,000, which is ₩49,000 over your budget of ₩50,000.",
);

fn pick(lang: Lang, (ko, en): (&str, &str)) -> String {
    match lang {
        Lang::Ko => ko.to_owned(),
        Lang::En => en.to_owned(),
    }
}

fn gifts(lang: Lang) -> Vec<GiftCard> {
    let say = |ko: &str, en: &str| pick(lang, (ko, en));
    let card = |(product, rank): (_, u32)| {
        let terms = [
            ("keyword_match", 0.62, say("텀블러", "tumbler")),
            ("concept_fit", 0.31, say("친구, 20대", "Friend, 20s")),
            ("budget", 0.12, say("3만~5만원", "₩30,000–50,000")),
            ("safety", -0.05, String::new()),
        ];
        GiftCard {
            rank,
            product,
            reason: pick(lang, REASONS[rank as usize % REASONS.len()]),
            matched: if rank == 3 {
                Vec::new()
            } else {
                vec![say("텀블러", "tumbler"), say("커피", "coffee")]
            },
            terms: GiftCard::terms(terms, texts(lang)),
        }
    };
    sample_products(lang)
        .into_iter()
        .zip(1..)
        .map(card)
        .collect()
}

impl Page for ResultPage {
    const NAME: &'static str = "result";

    fn samples(lang: Lang) -> Vec<Self> {
        let answers = SummaryPage::samples(lang).swap_remove(0).answers;
        let page = Self {
            frame: Frame::new(lang, "/results/r1"),
            interview_id: Some("i1".to_owned()),
            answers,
            warnings: Vec::new(),
            relaxations: Vec::new(),
            gifts: gifts(lang),
            counterfactuals: vec![pick(lang, COUNTERFACTUAL)],
            second_look: Some("r1".to_owned()),
            url: "/results/r1".to_owned(),
            asked: String::new(),
            answered: None,
            made_on: format::date("2026-11-23T03:00:00Z", lang),
        };
        let law = Notice {
            message: pick(
                lang,
                (
                    "공직자와 교사 등에게는 5만 원까지의 선물만 할 수 있어요. 법률 자문이 아닙니다.",
                    "Gifts to public officials and teachers may cost at most 50,000 won. This is not legal advice.",
                ),
            ),
            source: pick(
                lang,
                ("청탁금지법 시행령 별표 1", "Enforcement Decree, Annex 1"),
            ),
        };
        let loosened = pick(
            lang,
            (
                "고른 카테고리에 상품이 적어 다른 카테고리도 담았어요.",
                "The category holds few products, so others are among them.",
            ),
        );
        let warned = Self {
            warnings: vec![
                law.clone(),
                Notice {
                    source: String::new(),
                    ..law.clone()
                },
            ],
            relaxations: vec![loosened],
            gifts: gifts(lang).into_iter().take(3).collect(),
            asked: pick(lang, ("비싼 손목시계", "expensive watch")),
            answered: Some(WhyNotLine {
                title: pick(lang, ("클래식 손목시계", "Classic watch")),
                url: "/products/p9".to_owned(),
                detail: pick(lang, WHY_NOT),
            }),
            ..Self::samples_base(&page)
        };
        let empty = Self {
            warnings: vec![law],
            gifts: Vec::new(),
            asked: "?".to_owned(),
            interview_id: None,
            answers: Vec::new(),
            ..Self::samples_base(&page)
        };
        vec![page, warned, empty]
    }
}

impl ResultPage {
    fn samples_base(page: &Self) -> Self {
        Self {
            frame: page.frame.clone(),
            second_look: Some("r1".to_owned()),
            interview_id: page.interview_id.clone(),
            answers: page.answers.clone(),
            warnings: Vec::new(),
            relaxations: Vec::new(),
            gifts: Vec::new(),
            counterfactuals: Vec::new(),
            url: page.url.clone(),
            asked: String::new(),
            answered: None,
            made_on: page.made_on.clone(),
        }
    }
}

impl Page for ResultsPage {
    const NAME: &'static str = "results";

    fn samples(lang: Lang) -> Vec<Self> {
        let pictures: Vec<Picture> = sample_products(lang)
            .into_iter()
            .map(|p| p.picture)
            .take(4)
            .collect();
        let about = match lang {
            Lang::Ko => ["친구", "생일", "3만~5만원"],
            Lang::En => ["Friend", "Birthday", "₩30,000–50,000"],
        };
        let result = |n: u32, about: &[&str]| ResultSummary {
            url: format!("/results/r{n}"),
            about: about.iter().map(|&a| a.to_owned()).collect(),
            made_on: format::date("2026-11-23T03:00:00Z", lang),
            pictures: pictures.clone(),
            count: 8,
        };
        let frame = Frame::new(lang, "/results");
        let next = Some("/results?cursor=x".to_owned());
        vec![
            Self {
                frame: frame.clone(),
                results: vec![result(1, &about), result(2, &[])],
                next,
            },
            Self {
                frame,
                results: Vec::new(),
                next: None,
            },
        ]
    }
}
