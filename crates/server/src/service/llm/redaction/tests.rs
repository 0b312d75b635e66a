//! What is cut and what stays.

use super::*;

/// Every row of the table: what is typed, what leaves, and the kinds of the cuts.
fn check(table: &[(&str, &str, &[&'static str])]) {
    let redactor = Redactor::embedded().unwrap();
    for (typed, left, kinds) in table {
        let redacted = redactor.redact(typed, false);
        let expected = Redacted {
            text: (*left).to_owned(),
            cut: kinds.to_vec(),
        };
        assert_eq!(redacted, expected, "{typed}");
    }
}

#[test]
fn phone_numbers_go() {
    check(&[
        (
            "연락처는 010-1234-5678 이에요",
            "연락처는 […] 이에요",
            &["phone"],
        ),
        (
            "010.1234.5678로 보내 주세요",
            "[…]로 보내 주세요",
            &["phone"],
        ),
        ("010 1234 5678", "[…]", &["phone"]),
        ("번호01012345678입니다", "번호[…]입니다", &["phone"]),
        ("0 1 0 1 2 3 4 5 6 7 8", "[…]", &["phone"]),
        ("010에 1234에 5678이요", "[…]이요", &["phone"]),
        ("o1o-1234-5678", "[…]", &["phone"]),
        ("공일공 일이삼사 오육칠팔", "[…]", &["phone"]),
        ("011-234-5678, 017-234-5678", "[…], […]", &["phone"]),
        ("+82 10-1234-5678", "[…]", &["phone"]),
        ("+82(0)10 1234 5678", "[…]", &["phone"]),
        ("0082-10-1234-5678", "[…]", &["phone"]),
        ("０１０－１２３４－５６７８ 로", "[…] 로", &["phone"]),
        ("010–1234–5678", "[…]", &["phone"]),
        (
            "0\u{200b}1\u{200b}0\u{2060}1234\u{feff}5678 엄마",
            "[…] 엄마",
            &["phone"],
        ),
        ("집 02-123-4567", "집 […]", &["phone"]),
        ("(031) 123-4567", "[…]", &["phone"]),
        ("070-1234-5678 / 0507-1234-5678", "[…] / […]", &["phone"]),
        (
            "call +1 (415) 555-2671 please",
            "call […] please",
            &["phone"],
        ),
        ("010-1234-5678 010-8765-4321", "[…] […]", &["phone"]),
    ]);
}

#[test]
fn addresses_go() {
    check(&[
        ("minsu.kim@naver.com으로", "[…]으로", &["mail"]),
        ("MINSU_K+1@Example.CO.KR", "[…]", &["mail"]),
        ("hong@naver 예요", "[…] 예요", &["mail"]),
        ("hong @ gmail.com", "[…]", &["mail"]),
        ("ｈｏｎｇ＠ｎａｖｅｒ．ｃｏｍ", "[…]", &["mail"]),
        (
            "이거요 https://shop.example.com/a?b=1 이거",
            "이거요 […] 이거",
            &["url"],
        ),
        ("www.example.co.kr, 참고", "[…], 참고", &["url"]),
        ("open.kakao.com/o/gAbCdEf", "[…]", &["url"]),
        ("instagram.com/minji 처럼", "[…] 처럼", &["url"]),
        ("https://a.kr/?m=a@b.com", "[…]", &["url"]),
    ]);
}

#[test]
fn numbers_of_people_and_accounts_go() {
    check(&[
        (
            "주민번호 900101-1234567",
            "주민번호 […]",
            &["resident_number"],
        ),
        ("9001011234567", "[…]", &["resident_number"]),
        ("051231 4123456 이요", "[…] 이요", &["resident_number"]),
        ("외국인 900101-5234567", "외국인 […]", &["resident_number"]),
        ("900101 - 1******", "[…]", &["resident_number"]),
        ("카드 4111-1111-1111-1111", "카드 […]", &["card"]),
        ("4111111111111111", "[…]", &["card"]),
        ("1234 5678 9012 3456", "[…]", &["card"]),
        ("3782 822463 10005", "[…]", &["card"]),
        ("신한 110-123-456789", "신한 […]", &["account"]),
        (
            "국민 123456-01-234567 김민수",
            "국민 […] 김민수",
            &["account"],
        ),
        ("농협 301-1234-5678-01로", "농협 […]로", &["account"]),
        ("3333011234567", "[…]", &["account"]),
        (
            "010-1234-5678 a@b.com 110-123-456789",
            "[…] […] […]",
            &["mail", "phone", "account"],
        ),
    ]);
}

#[test]
fn names_go_and_titles_stay() {
    check(&[
        ("김민수 부장님 승진 선물", "[…] 부장님 승진 선물", &["name"]),
        ("이영희님께 드릴", "[…]님께 드릴", &["name"]),
        ("박지영씨가 좋아하는", "[…]씨가 좋아하는", &["name"]),
        (
            "최 선생님 말고 정유진 선생님",
            "최 선생님 말고 […] 선생님",
            &["name"],
        ),
        (
            "김민수선생님 김민수과장님",
            "[…]선생님 […]과장님",
            &["name"],
        ),
        ("남궁민수 팀장님", "[…] 팀장님", &["name"]),
        ("선우은 씨 생일", "[…] 씨 생일", &["name"]),
        ("허준 원장님께", "[…] 원장님께", &["name"]),
        (
            "한지민 교수님, 윤도현 이사님",
            "[…] 교수님, […] 이사님",
            &["name"],
        ),
        (
            "강하늘 선배랑 조은지 후배",
            "[…] 선배랑 […] 후배",
            &["name"],
        ),
        (
            "김철수 군과 이수진 양의 결혼",
            "[…] 군과 […] 양의 결혼",
            &["name"],
        ),
        ("박서준 대리 퇴사 선물", "[…] 대리 퇴사 선물", &["name"]),
        ("김\u{200b}민수 대표님", "[…] 대표님", &["name"]),
        (
            "\u{1100}\u{1175}\u{11b7}\u{1106}\u{1175}\u{11ab}\u{1109}\u{116e} 차장님",
            "[…] 차장님",
            &["name"],
        ),
        ("이름은 김민수", "이름은 […]", &["name"]),
        ("제 이름은 김민수예요.", "제 이름은 […]예요.", &["name"]),
        ("이름: 남궁민수", "이름: […]", &["name"]),
        ("친구 이름이 박솔인데요", "친구 이름이 […]인데요", &["name"]),
        (
            "for Mr. Kim and Mrs Park Jiwoo",
            "for Mr. […] and Mrs […]",
            &["name"],
        ),
        ("a mug for mr kim", "a mug for mr […]", &["name"]),
        (
            "Professor O'Neil's retirement",
            "Professor […] retirement",
            &["name"],
        ),
        (
            "my teacher Ms. Lee, Dr. Ji-woo",
            "my teacher Ms. […], Dr. […]",
            &["name"],
        ),
        (
            "My name is minsu and I need a gift",
            "My name is […] and I need a gift",
            &["name"],
        ),
        (
            "my friend named Jake likes tea",
            "my friend named […] likes tea",
            &["name"],
        ),
        ("a girl called Anna Bell", "a girl called […]", &["name"]),
        ("Sir Paul, Miss Daisy", "Sir […], Miss […]", &["name"]),
    ]);
}

#[test]
fn ordinary_texts_stay_byte_for_byte() {
    let redactor = Redactor::embedded().unwrap();
    for text in [
        "",
        "  ",
        "엄마 생신 선물 5만원",
        "30000원",
        "50,000 won",
        "60대 아버지",
        "2026-11-24",
        "2026.11.24까지 필요해요",
        "만난 지 100일",
        "결혼 1주년",
        "250mm 운동화",
        "iPhone 15 Pro",
        "갤럭시 S26 울트라 256GB",
        "100000-200000원",
        "30,000~50,000원",
        "1500-2000원",
        "10000000000원",
        "2026-11-24 - 2026-11-30",
        "11/24 18:30",
        "1000 2000 3000원",
        "1+1 행사",
        "5,000,000원 이하",
        "조부모님 선물",
        "조카나 후배",
        "어항모양 조명",
        "홍이장군",
        "게이밍피씨 조립피씨",
        "오전오후배송",
        "AirPods 4세대",
        "3.5점",
        "고마운 선생님",
        "우리 선생님",
        "담임 선생님",
        "수학 선생님",
        "이모님",
        "장모님",
        "어머님",
        "고객님",
        "사장님",
        "강아지 님",
        "유치원 선생님께 드릴 선물",
        "가르쳐 주신 선생님",
        "인생 선배",
        "존경하는 교수님",
        "우리팀 과장님",
        "옆 팀 부장님",
        "김 부장님",
        "김부장님 승진",
        "이과장님",
        "친한 선배",
        "아는 후배 집들이",
        "한국어 선생님",
        "어린이집 선생님",
        "피아노 선생님",
        "여자친구",
        "예비 신부님",
        "장인어른",
        "하나님",
        "주인님",
        "손글씨 카드",
        "마음씨 고운 친구",
        "홍화씨 차",
        "여름 씨앗 키트",
        "충분한 양이면 좋겠어요",
        "원하는 양",
        "이번 이사 선물",
        "정관장 대리점",
        "편의점 사장님",
        "다양한 양말",
        "국군장병 군인",
        "이름이 새겨진 볼펜",
        "이름은 안 넣어도 돼요",
        "이름은 비밀이에요",
        "이름은 하나만 새겨 주세요",
        "이니셜 각인",
        "향기도 좋고 색도 예쁜 초",
        "게이밍 키보드",
        "마약 베개",
        "건강식품이랑 홍삼",
        "비타민 마사지 다이어트",
        "암막 커튼",
        "a gift for my mom under 50,000 won",
        "Dr. Martens boots",
        "Miss Dior perfume",
        "Dr.Jart cream",
        "I miss Seoul",
        "MS Office",
        "teacher Appreciation week",
        "my favorite teacher who likes tea",
        "mr and mrs mugs",
        "Sir, a mug please",
        "so-called Smart lamp",
        "dinner @ home",
        "size 250, color #ffffff",
        "she turns 30 on 2026-12-24",
        "👨‍👩‍👧 가족 선물 ❤️",
        "ＬＥＤ 무드등",
        "½ 가격",
        "㎖ 단위 500㎖",
    ] {
        let redacted = redactor.redact(text, false);
        assert_eq!(
            redacted,
            Redacted {
                text: text.to_owned(),
                cut: Vec::new()
            }
        );
    }
}

#[test]
fn clauses_with_sensitive_words_stay_home_on_demand() {
    let redactor = Redactor::embedded().unwrap();
    for (typed, left) in [
        (
            "엄마가 당뇨가 있으세요, 단 거 말고 차를 좋아해요",
            "[…], 단 거 말고 차를 좋아해요",
        ),
        (
            "산책을 좋아하세요. 얼마 전 암 수술을 하셨어요! 3만원대요",
            "산책을 좋아하세요. […]! 3만원대요",
        ),
        ("임신 축하 선물\n예산 5만원", "[…]\n예산 5만원"),
        ("교회 다니는 친구。 책을 좋아해요", "[…]。 책을 좋아해요"),
        ("민주당 당원이에요; 등산도 해요", "[…]; 등산도 해요"),
        ("노동 조합 위원장이세요? 네", "노동 조합 위원장이세요? 네"),
        ("노조 위원장이세요? 네", "[…]? 네"),
        ("레즈비언 커플, 고양이를 키워요", "[…], 고양이를 키워요"),
        ("얼마 전 출소했어요, 옷 선물", "[…], 옷 선물"),
        (
            "휠체어를 타세요, 음악을 좋아하세요",
            "[…], 음악을 좋아하세요",
        ),
        ("허리디스크가 있어요. 의자 추천", "[…]. 의자 추천"),
        ("She has DIABETES, likes tea", "[…], likes tea"),
        ("her labor  union friend", "[…]"),
        (
            "아버지가 암투병 중이세요, 차를 좋아하세요",
            "[…], 차를 좋아하세요",
        ),
        ("ㅎㅎ 항\u{200b}암 치료 중이에요", "[…]"),
    ] {
        let typed = typed.to_owned();
        let redacted = redactor.redact(&typed, true);
        let cut: &[&str] = if left == typed { &[] } else { &["sensitive"] };
        assert_eq!(
            (redacted.text.as_str(), &redacted.cut[..]),
            (left, cut),
            "{typed}"
        );
        assert_eq!(redactor.redact(&typed, false).text, typed);
    }
}

#[test]
fn gifts_are_not_sensitive() {
    let redactor = Redactor::embedded().unwrap();
    for text in [
        "건강식품",
        "홍삼 세트",
        "비타민",
        "마사지 기계",
        "다이어트 식단",
        "암막 커튼",
        "암체어",
        "향기도 좋고 이야기도 나누는",
        "게이밍 마우스",
        "게이트볼 세트",
        "재활용 유리컵",
        "유산균",
        "미사일 장난감",
        "미사용 제품",
        "통풍 방석",
        "마약 베개",
        "장애물 달리기 세트",
        "외장 디스크",
        "모니터 암",
        "병원놀이 세트",
        "고양이 집사님",
        "크리스마스 선물",
        "불자동차 장난감",
        "혈압계",
        "출산 선물",
        "보수적인 취향",
        "정당한 가격",
        "신도시 집들이",
        "예전과 다른 것",
        "수면등",
        "안마의자",
        "탈모 샴푸",
        "union jack cushion",
        "stroke of luck",
        "massage gun",
        "wine bar",
        "cancerian",
        "nunchuck",
    ] {
        assert_eq!(redactor.redact(text, true).text, text);
    }
}

#[test]
fn a_cut_may_be_of_both_kinds() {
    let redactor = Redactor::embedded().unwrap();
    let redacted = redactor.redact(
        "김민수 부장님은 당뇨가 있고 010-1234-5678, 차를 좋아해요",
        true,
    );
    assert_eq!(redacted.text, "[…], 차를 좋아해요");
    assert_eq!(redacted.cut, ["phone", "name", "sensitive"]);
}

#[test]
fn nothing_panics() {
    let redactor = Redactor::embedded().unwrap();
    let many = "0-".repeat(5000);
    let marks = format!("가{}나", "\u{301}".repeat(3000));
    let names = "김민수님".repeat(3000);
    for text in [
        "\u{200b}",
        "\u{301}010-1234-5678",
        "\u{1160}\u{11a8}",
        "ﷺ@ﷺ.com",
        "㎏㎏㎏ 씨",
        "김\u{0}민수 님",
        "\u{10ffff}\u{e0001}씨",
        "[…][…]",
        "@@@...///---",
        "이름은",
        "이름: ",
        "my name is ",
        "Mr. ",
        "김\u{301}민\u{301}수\u{301} 님",
        "１\u{fe0f}\u{20e3}２\u{fe0f}\u{20e3}",
        "👩🏽‍🦽010👩🏽‍🦽",
        "ᄀᄀᄀ각ᆨᆨ님",
        "\r\n\r\n;;;",
        "ﬁﬂ@ﬃ.com 님",
        "ۭۭ씨ۭ",
        "가나다라마바사아자차카타파하씨",
        "𝟎𝟏𝟎-𝟏𝟐𝟑𝟒-𝟓𝟔𝟕𝟖",
        "½½½½-½½½½",
        "\u{fdfa}\u{fdfa}",
        &many,
        &marks,
        &names,
    ] {
        for keep in [false, true] {
            let redacted = redactor.redact(text, keep);
            assert_eq!(redacted.cut.is_empty(), redacted.text == text, "{text:?}");
        }
    }
}

#[test]
fn a_mistake_in_the_lists_names_its_line() {
    for (source, message) in [
        (
            "[[kind]]\nid = \"a\"\nko = [\"당뇨\",\n\" \"]\nen = []",
            ":4: a word is empty",
        ),
        (
            "[[kind]]\nid = \"a\"\nko = [\"당뇨\"]\nen = [\"x\",\n\"X\"]",
            ":5: «X» stands twice",
        ),
        (
            "[[kind]]\nid = \"a\"\nko = []\nen = []\nnote = 1",
            ":5: unknown field `note`",
        ),
        ("[[kind]]\nid = \"\"\nko = []\nen = []", ":2: the id"),
    ] {
        let error = sensitive_words(source).unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("{SENSITIVE_PATH}{message}")),
            "{error}"
        );
    }
    let nothing = sensitive_words("[[kind]]\nid = \"a\"\nko = []\nen = []").unwrap();
    assert!(!nothing.is_match("x") && !nothing.is_match(""));
}

#[test]
fn lists_hold_fifteen_to_sixty_words() {
    let file: SensitiveFile = toml::from_str(SENSITIVE).unwrap();
    assert_eq!(file.kind.len(), 7);
    for kind in file.kind {
        for words in [kind.ko, kind.en] {
            assert!(
                (15..=60).contains(&words.len()),
                "{} {}",
                kind.id.get_ref(),
                words.len()
            );
        }
    }
}
