//! Questions of every kind, first, changed and refused, and summaries with and without answers.

use super::super::Page;
use super::{AnswerLine, Choice, Frame, Lang, QuestionCard, QuestionPage, SummaryPage};

fn pick(lang: Lang, (ko, en): (&str, &str)) -> String {
    match lang {
        Lang::Ko => ko.to_owned(),
        Lang::En => en.to_owned(),
    }
}

fn choices(lang: Lang, options: &[(&str, &str, &str)]) -> Vec<Choice> {
    let choice = |&(value, ko, en): &(&str, &str, &str)| Choice {
        value: value.to_owned(),
        label: pick(lang, (ko, en)),
        ..Choice::default()
    };
    options.iter().map(choice).collect()
}

fn card(
    lang: Lang,
    id: &str,
    kind: &'static str,
    text: (&str, &str),
    hint: (&str, &str),
    options: Vec<Choice>,
) -> QuestionCard {
    QuestionCard {
        id: id.to_owned(),
        text: pick(lang, text),
        hint: pick(lang, hint),
        kind,
        groups: QuestionCard::grouped(id, options, lang),
        fixed: true,
        ..QuestionCard::default()
    }
}

const RELATIONS: &[(&str, &str, &str)] = &[
    ("lover", "연인", "Partner"),
    ("spouse", "남편·아내", "Husband or wife"),
    ("crush", "썸·짝사랑하는 사람", "Someone I have a crush on"),
    ("friend", "친구", "Friend"),
    ("parent", "부모님", "Parent"),
    ("parent_in_law", "시부모님·장인 장모님", "Parent-in-law"),
    ("grandparent", "할머니·할아버지", "Grandparent"),
    ("child", "아들·딸", "Son or daughter"),
    ("colleague", "직장 동료", "Colleague"),
    ("boss", "상사·대표님", "Boss"),
    ("acquaintance", "지인·이웃", "Acquaintance or neighbour"),
];

const BUDGETS: &[(&str, &str, &str)] = &[
    (
        "-10000",
        "가볍게, 1만 원까지",
        "A small token, up to ₩10,000",
    ),
    (
        "10000-30000",
        "부담 없이, 1만~3만 원",
        "Easy to give, ₩10,000–30,000",
    ),
    (
        "30000-50000",
        "마음을 담아, 3만~5만 원",
        "Thoughtful, ₩30,000–50,000",
    ),
    (
        "500000-",
        "아낌없이, 50만 원 이상",
        "No holding back, ₩500,000 or more",
    ),
];

const CATEGORIES: &[(&str, &str, &str)] = &[
    ("any", "모두 보기", "Anything"),
    ("food", "먹거리", "Food and drink"),
    ("health", "건강", "Health"),
    ("beauty", "뷰티", "Beauty"),
    ("fashion", "패션", "Fashion"),
    ("jewelry", "주얼리·시계", "Jewellery and watches"),
    ("living", "생활", "Everyday living"),
    ("kitchen", "주방", "Kitchen"),
    ("interior", "인테리어", "Home and decor"),
    ("digital", "디지털", "Tech"),
    ("hobby", "취미", "Hobbies"),
    ("sports", "스포츠", "Sports"),
    ("outdoor", "캠핑·아웃도어", "Camping and outdoors"),
    ("books_stationery", "도서·문구", "Books and stationery"),
    ("toys", "완구", "Toys"),
    ("baby", "출산·육아", "Baby and parenting"),
    ("pet", "반려동물", "Pets"),
    ("flowers_plants", "꽃·식물", "Flowers and plants"),
    ("voucher", "상품권·교환권", "Vouchers"),
    ("experience", "체험", "Experiences"),
    ("travel", "여행", "Travel"),
    ("car", "자동차용품", "Car accessories"),
];

const WEEKENDS: &[(&str, &str, &str)] = &[
    ("outdoors", "밖에서 몸을 움직여요", "Gets outside and moves"),
    ("home", "집에서 푹 쉬어요", "Rests at home"),
    (
        "city",
        "맛집이나 카페를 다녀요",
        "Goes to restaurants and cafés",
    ),
    (
        "hobby",
        "좋아하는 취미에 푹 빠져요",
        "Loses themselves in a hobby",
    ),
];

impl QuestionPage {
    fn sample(lang: Lang, number: u32, question: QuestionCard) -> Self {
        Self {
            frame: Frame::new(lang, "/interviews/i1"),
            interview_id: "i1".to_owned(),
            question,
            number,
            total: 9,
            back: if number == 1 {
                "/".to_owned()
            } else {
                "/interviews/i1?question=relation".to_owned()
            },
            can_finish: number > 1,
            result_key: "k1".to_owned(),
            model_wait_ms: None,
            from_summary: false,
            fault: None,
        }
    }
}

impl Page for QuestionPage {
    const NAME: &'static str = "question";

    fn samples(lang: Lang) -> Vec<Self> {
        let relation = |picked: bool| {
            let mut options = choices(lang, RELATIONS);
            options[3].picked = picked;
            let hint = (
                "가장 가까운 사이를 하나 골라 주세요.",
                "Pick the one that fits best.",
            );
            card(
                lang,
                "relation",
                "choice",
                ("누구에게 선물하나요?", "Who is the gift for?"),
                hint,
                options,
            )
        };
        let hint = (
            "고른 금액보다 비싼 선물은 보여 드리지 않아요.",
            "We never show a gift that costs more than this.",
        );
        let text = ("예산은 얼마쯤 생각하세요?", "What is your budget?");
        let budget = |range_answer| QuestionCard {
            range_answer,
            ..card(lang, "budget", "range", text, hint, choices(lang, BUDGETS))
        };
        let mut kinds = choices(lang, CATEGORIES);
        for kind in &mut kinds {
            kind.picture = Some(format!("/pictures/{}.svg", kind.value));
        }
        let text = (
            "어떤 종류의 선물을 떠올리고 있나요?",
            "What kind of gift do you have in mind?",
        );
        let category = card(lang, "category", "choice", text, ("", ""), kinds);
        let text = (
            "주말에는 주로 뭘 하며 지내나요?",
            "How do they usually spend weekends?",
        );
        let weekend = |kind| QuestionCard {
            fixed: false,
            text_answer: pick(lang, ("요즘 낚시를 다녀요", "Goes fishing lately")),
            ..card(
                lang,
                "weekend",
                kind,
                text,
                ("", ""),
                choices(lang, WEEKENDS),
            )
        };
        let text = ("그분은 무엇을 좋아하나요?", "What do they love?");
        let words = QuestionCard {
            fixed: false,
            ..card(lang, "loves", "text", text, ("", ""), Vec::new())
        };
        let fault = Some(pick(
            lang,
            (
                "최소 금액이 최대 금액보다 커요.",
                "The lower amount is above the upper one.",
            ),
        ));
        vec![
            Self::sample(lang, 1, relation(false)),
            Self {
                from_summary: true,
                ..Self::sample(lang, 2, relation(true))
            },
            Self::sample(lang, 4, budget(None)),
            Self {
                fault,
                ..Self::sample(lang, 4, budget(Some((80_000, Some(40_000)))))
            },
            Self::sample(lang, 6, category),
            Self::sample(lang, 7, weekend("choice")),
            Self::sample(lang, 8, weekend("choices")),
            Self::sample(lang, 9, words),
        ]
    }
}

impl Page for SummaryPage {
    const NAME: &'static str = "summary";

    fn samples(lang: Lang) -> Vec<Self> {
        let line = |id: &str, question: (&str, &str), label: (&str, &str)| AnswerLine {
            question_id: id.to_owned(),
            question: pick(lang, question),
            label: pick(lang, label),
        };
        let answers = vec![
            line(
                "relation",
                ("누구에게 선물하나요?", "Who is the gift for?"),
                ("친구", "Friend"),
            ),
            line(
                "gender",
                ("받는 분의 성별은요?", "Is the gift for a woman or a man?"),
                ("여성", "Woman"),
            ),
            line(
                "age_band",
                ("받는 분의 나이대는요?", "How old are they?"),
                ("20대", "20s"),
            ),
            line(
                "budget",
                ("예산은 얼마쯤 생각하세요?", "What is your budget?"),
                ("3만~5만원", "₩30,000–50,000"),
            ),
            line(
                "occasion",
                ("어떤 날을 위한 선물인가요?", "What is the occasion?"),
                ("생일", "Birthday"),
            ),
            line(
                "category",
                (
                    "어떤 종류의 선물을 떠올리고 있나요?",
                    "What kind of gift do you have in mind?",
                ),
                ("잘 모르겠어요", "Not sure"),
            ),
            line(
                "weekend",
                (
                    "주말에는 주로 뭘 하며 지내나요?",
                    "How do they usually spend weekends?",
                ),
                (
                    "요즘 캠핑에 푹 빠져서 주말마다 나가고, 커피도 직접 내려 마셔요",
                    "Into camping lately, out every weekend, and brews their own coffee",
                ),
            ),
        ];
        let page = |answers: Vec<AnswerLine>, has_next, last_result: Option<&str>| Self {
            frame: Frame::new(lang, "/interviews/i1/summary"),
            interview_id: "i1".to_owned(),
            answers,
            has_next,
            last_result: last_result.map(str::to_owned),
            result_key: "k1".to_owned(),
            model_wait_ms: None,
        };
        vec![
            page(answers, false, Some("/results/r1")),
            page(Vec::new(), true, None),
        ]
    }
}
