//! What is mended, and what is left alone.

use super::*;

fn speller(words: &[&str]) -> Speller {
    Speller::new(words.iter().map(|w| ((*w).to_owned(), 1)))
}

fn check(meant: &str, typed: &[&str]) {
    let speller = speller(&[meant]);
    for word in typed {
        assert_eq!(speller.nearest(word), Some(meant), "{word}");
    }
}

#[test]
fn slips_of_ear_and_finger_are_mended() {
    check("이어폰", &["이어펀", "이여폰", "이어퐁"]);
    check("초콜릿", &["초코릿", "쵸콜렛", "초콜렛", "쵸코릿"]);
    check("목걸이", &["목거리", "목걸리"]);
    check("목도리", &["목돌이"]);
    check("베개", &["배게", "배개", "베게"]);
    check("케이크", &["케익", "케잌"]);
    check("낚싯대", &["낙시대", "낚시대", "낚싯데"]);
    check("립스틱", &["립스틱크", "립스틕"]);
    check("꽃다발", &["꼿다발", "꽂다발"]);
    check("무선청소기", &["무선청소가"]);
    check("블루투스스피커", &["블루투스스피카", "블루트스스피커"]);
    check("candle", &["candel", "candl", "kandle", "candlle"]);
    check("chocolate", &["choclate", "chocolat", "chokolate"]);
    check("umbrella", &["umberella", "umbrela"]);
    check("keyboard", &["keybord", "keybaord"]);
}

#[test]
fn short_words_are_left_alone_but_for_their_sound() {
    check("향수", &["향슈"]);
    check("팔찌", &["팔지"]);
    for (known, typed) in [
        ("배", "베"),
        ("향수", "홍수"),
        ("모자", "과자"),
        ("가방", "가발"),
        ("지갑", "지각"),
        ("sock", "rock"),
        ("mug", "mog"),
        ("텀블러", "텀블링"),
    ] {
        assert_eq!(speller(&[known]).nearest(typed), None, "{typed}");
    }
}

#[test]
fn running_text_is_mended_by_ear_only() {
    let words = speller(&["향수", "무선청소기", "chocolate"]);
    assert_eq!(words.nearest_by_ear("향슈"), Some("향수"));
    assert_eq!(words.nearest_by_ear("무선청소가"), None);
    assert_eq!(words.nearest_by_ear("choclate"), Some("chocolate"));
}

#[test]
fn what_is_known_or_holds_digits_stays() {
    let words = speller(&["팔찌", "팔지", "ps5"]);
    assert_eq!(words.nearest("팔지"), None);
    assert_eq!(words.nearest("ps4"), None);
    assert_eq!(words.nearest(""), None);
}

#[test]
fn the_nearest_wins_and_among_equals_the_commonest() {
    let words = Speller::new([
        ("카메라".to_owned(), 1),
        ("캐메라".to_owned(), 9),
        ("카매라".to_owned(), 3),
        ("카메라".to_owned(), 5),
    ]);
    assert_eq!(words.nearest("캬메라"), Some("카메라"));
    assert_eq!(words.nearest("캬매라"), Some("카매라"));
}

/// The shelves and the sounds leave out nothing that a full search with the same first sound would find.
#[test]
fn the_filters_lose_nothing() {
    let syllables: Vec<char> = "가갸거겨고교구규그기까나느니다더도두드디따라러로루르리마머모무미바버보부비빠사서소수스시싸아어오우으이자저조주지차처초추카커코쿠크타터토투트파퍼포푸프하허호후각간갈감갑강난날남낭달담덤든등락란람랑립릿마만말맘망먹몬발밥방본볼붐상선설섬성솔숀술슬습신실싱안알암압양얼엄옷왼울음의인일임입잉잔장전접정졸종중찌칠침캔컵콜쿠키탈탐탕통틱펀폰푼핸향".chars().collect();
    let mut state = 7u64;
    let mut next = |n: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) as usize % n
    };
    let mut word = || -> String {
        let length = 2 + next(3);
        (0..length)
            .map(|_| syllables[next(syllables.len())])
            .collect()
    };
    let words: Vec<String> = (0..3000).map(|_| word()).collect();
    let speller = Speller::new(words.iter().map(|w| (w.clone(), 1)));
    for _ in 0..300 {
        let typed = word();
        let spelt = Spelt::new(&typed).expect("a Hangul word");
        if speller.knows(&typed) {
            continue;
        }
        let least = speller
            .words
            .iter()
            .filter(|e| first_sound(&e.spelt.letters) == first_sound(&spelt.letters))
            .filter(|e| e.spelt.letters.len().abs_diff(spelt.letters.len()) <= LENGTHS)
            .filter_map(|e| speller.distance(&spelt, &e.spelt, SLIP))
            .min();
        let found = speller.search(&typed, &spelt, SLIP).map(|w| {
            let other = Spelt::new(w).expect("a Hangul word");
            speller
                .distance(&spelt, &other, SLIP)
                .expect("within the limit")
        });
        assert_eq!(found, least, "{typed}");
    }
}
