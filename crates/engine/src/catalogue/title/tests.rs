use super::*;
use proptest::prelude::*;

#[track_caller]
fn check(original: &str, expected: &str) {
    assert_eq!(clean_title(original), expected, "from {original:?}");
}

#[test]
fn sales_words_go_and_descriptions_stay() {
    check("[단독] 머그컵 세트", "머그컵 세트");
    check(
        "[무료배송] [스탠리] 텀블러 (당일발송) 1.18L",
        "스탠리 텀블러 1.18L",
    );
    check("★특가★ 무드등", "무드등");
    check("【특가】 가죽 지갑 - 무료 배송!!", "가죽 지갑");
    check("무료배송 캔들 1+1", "캔들 1+1");
    check("[단독/각인] 만년필", "각인 만년필");
    check("[특전증정/세트] 앨범", "세트 앨범");
    check("향수 50ml (증정:손수건+카드)", "향수 50ml");
    check("[전용파우치 증정] 고데기", "고데기");
    check("장갑 (BLACK)", "장갑 (BLACK)");
    check("니트[블랙]", "니트 블랙");
    check("(단독/블랙) 니트", "(블랙) 니트");
    check("[2PACK] 양말 ( 3Color )", "2PACK 양말 ( 3Color )");
    check("NEW BALANCE 운동화 [NEW]", "NEW BALANCE 운동화");
    check("《한정수량》「홍삼」 스틱", "홍삼 스틱");
    check("[무료] 배송 담요", "담요");
    check("[[단독]] 담요", "담요");
    check("[무료배송 스탠리] 텀블러", "스탠리 텀블러");
    check("핸드크림 [30% OFF]", "핸드크림");
    check("OFF-WHITE [OFF-WHITE] 벨트", "OFF-WHITE OFF-WHITE 벨트");
    check("세일러문 [세일러문] 파우치", "세일러문 세일러문 파우치");
    check("담요 [단독", "담요 단독");
    check("[11/27 순차출고] 담요 [1/2인용]", "담요 1/2인용");
    check("(2,000원 할인) 담요", "담요");
    check("27\" 모니터 & 거치대", "27\" 모니터 & 거치대");
}

#[test]
fn markup_goes_and_text_stays() {
    check("<b>무드</b>등 &amp; 스탠드", "무드등 & 스탠드");
    check("&lt;b&gt;무드&lt;/b&gt;등", "무드등");
    check("텀블러<br>473ml", "텀블러 473ml");
    check("<SONY> 이어폰", "SONY 이어폰");
    check("<단독> 이어폰 <ABC마트>", "이어폰 ABC마트");
    check("사랑해 <3 카드", "사랑해 <3 카드");
    check("A < B > C", "A < B > C");
    check("<script>alert(1)</script>향초", "향초");
    check("<img src=x onerror=alert(1)> 향초", "향초");
    check("향\u{202E}초\u{200B}\t \n세트\u{3000}A", "향초 세트 A");
    check("<\u{200B}img src=x> 향초", "향초");
}

#[test]
fn a_title_never_becomes_empty() {
    check("[무료배송]", "[무료배송]");
    check("★★★", "★★★");
    check("무료배송 특가", "무료배송 특가");
    check("", "");
    check("<b></b> &nbsp;", "");
}

#[test]
fn plain_text_borrows_what_is_plain() {
    for text in ["", "평범한 상품명 A-1", "a b c"] {
        assert!(
            matches!(plain_text(text), std::borrow::Cow::Borrowed(_)),
            "{text:?}"
        );
    }
    for (text, plain) in [
        (" a", "a"),
        ("a ", "a"),
        ("a  b", "a b"),
        ("a\u{a0}b", "a b"),
        ("\u{feff}a", "a"),
    ] {
        assert_eq!(plain_text(text), plain);
    }
    assert_eq!(plain_text("<p title=\"a>b\">설명</p><p>둘</p>"), "설명 둘");
    assert_eq!(plain_text("열린 <b 태그"), "열린 b 태그");
    assert_eq!(plain_text("<!-- 숨김 --><style>p{}</STYLE>보임"), "보임");
}

#[test]
fn a_faulty_list_names_its_line() {
    TitleNoise::embedded().expect("the embedded list keeps its schema");
    let list = |words: &str| {
        let text = format!(
            "symbols = \"★\"\nanywhere = [\n{words}\n]\nin_brackets = []\nin_brackets_containing = []\n"
        );
        TitleNoise::parse(&text).map(|_| ()).expect_err("a fault")
    };
    assert_eq!(list("\"특가\",\n\"특 가\",").line, 4);
    assert_eq!(list("\"특가\",\n\"!!\",").line, 4);
    assert_eq!(list("\"[특가]\",").line, 3);
    assert_eq!(list("특가,").line, 3);
    let unknown = TitleNoise::parse(
        "symbols = \"\"\nanywhere = []\nin_brackets = []\nin_brackets_containing = []\nx = 1\n",
    );
    assert!(
        unknown
            .expect_err("an unknown key")
            .to_string()
            .starts_with("data/rules/title_noise.toml:5: ")
    );
}

#[test]
fn hostile_titles_take_bounded_time() {
    for hostile in [
        "[".repeat(500_000),
        "&amp;".repeat(200_000),
        "<a \"".repeat(200_000),
        "무료 [".repeat(100_000),
        "[무료".repeat(200) + &"]배송".repeat(200),
    ] {
        let cleaned = clean_title(&hostile);
        assert_eq!(clean_title(&cleaned), cleaned);
    }
    assert!(plain_text(&"<a \"".repeat(15_000)).len() < 60_000);
}

/// Titles made of pieces that matter to the cleaning, which random characters would rarely hit.
fn title() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("["),
        Just("]"),
        Just("("),
        Just(")"),
        Just("<"),
        Just(">"),
        Just("【"),
        Just("】"),
        Just("《"),
        Just("》"),
        Just("（"),
        Just("）"),
        Just("단독"),
        Just("무료"),
        Just("배송"),
        Just("무료배송"),
        Just("증정"),
        Just("특가"),
        Just("텀블러"),
        Just("스탠리"),
        Just("NEW"),
        Just("1+1"),
        Just("★"),
        Just(" "),
        Just("/"),
        Just("-"),
        Just("!"),
        Just("&amp;"),
        Just("&lt;"),
        Just("&#91;"),
        Just("lt;"),
        Just("<b>"),
        Just("</b>"),
        Just("<br"),
        Just("\u{200B}"),
        Just("\u{202E}"),
        Just("\t"),
        Just("b"),
        Just("="),
        Just("\""),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn cleaning_is_idempotent_and_plain(original in prop_oneof![title(), "\\PC{0,80}", any::<String>()]) {
        let cleaned = clean_title(&original);
        prop_assert_eq!(&clean_title(&cleaned), &cleaned);
        prop_assert_eq!(plain_text(&cleaned), cleaned.as_str());
        prop_assert!(!cleaned.chars().any(char::is_control));
        prop_assert!(!cleaned.as_bytes().windows(2).any(|w| w[0] == b'<' && w[1].is_ascii_alphabetic()));
        prop_assert_eq!(cleaned.is_empty(), plain_fixpoint(&original).is_empty());
    }
}
