//! What is cut from free text before it leaves for a language model: numbers and addresses that lead to a person, names beside titles,
//! and on demand every clause with a word of `data/prompts/sensitive.toml`. What is not cut stays as it was written.

use anyhow::{Context, anyhow, bail};
use regex::{Captures, Regex};
use serde::Deserialize;
use std::collections::HashSet;
use std::ops::Range;
use toml::Spanned;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

/// What stands where something was cut.
const MARK: &str = "[…]";
const SENSITIVE_PATH: &str = "data/prompts/sensitive.toml";
const SENSITIVE: &str = include_str!("../../../../../data/prompts/sensitive.toml");

/// Surnames of one syllable, roughly those of more than ten thousand people (Statistics Korea, census of 2015).
const SURNAMES: &str = "김이박최정강조윤장임한오서신권황안송전홍유고문양손배백허남심노하곽성차주우구나민진지엄채원천방공현함\
                        변염여추도소석선설마길연위표명기반왕금옥육인맹탁국어은편경태빈류라예봉";
const LONG_SURNAMES: [&str; 8] = [
    "남궁", "황보", "제갈", "사공", "선우", "서문", "독고", "동방",
];

/// Words that begin like a surname, stand before titles and name nobody.
const ORDINARY: &str = "\
    강남 강사 강습 강아지 강원도 강의 강한 경기도 경리 경비 경비원 경상도 경영 고객 고교 고등 고등부 고마운 고맙고 고맙던 고모 고양이 고추 공대 공방 \
    공부 공부방 공예 공장 공정 공주 공학 과외 구단 구매 구매자 구몬 구청장 국내 국문 국밥집 국사 국악 국어 국장 국제 금손 금융 기계 기사 기술 기숙사 \
    기장 기존 기타 기획 길거리 나쁜 나온 나이든 남동생 남자 남친 남편 노래 노무 노인 도덕 도련 도련님 도서관 도와준 도예 도자기 동네 마담 마스터 \
    마을 마음 마지막 마케팅 마트 명상 명예 문과 문구점 문학 문화 미술 민간 반가운 반장 방과후 방문 방송 방장 배달 배송 배우 백부 백화점 변호사 변리사 \
    서로 서방 서예 서울 서점 서핑 석사 선배 선생 선한 성격 성당 성도 성실한 성악 소개 소아과 소장 소중한 손글 손녀 손자 손주 송년 신경과 신기한 신랑 \
    신부 신임 신입 신혼 심리 심한 안경점 안과 안내 안녕 안주인 양궁 양육자 어르신 어른 어린 어린이 어머 어여쁜 엄격한 엄마 엄한 여기 여동생 여러 여름 \
    여보 여사 여왕 여자 여친 여행 여행사 연구 연구소 연구실 연구원 연극 연기 연상 연하 연주자 연예인 영어 예쁜 예전 예비 오늘 오랜 오랜만 오빠 오신 \
    왕고 왕자 우리 원래 원사 원어민 원장 위대한 위층 유능한 유도 유명 유명한 유아 유채 유치부 유치원 유쾌한 유튜버 유학 육상 윤리 은사 은퇴 은행 이과 \
    이런 이모 이발사 이번 이번달 이번주 이분 이사 이웃 이장 이전 이제 인강 인간 인기 인도 인사 인상 인생 인솔 인자한 임금 임산부 임시 임신 임원 \
    장관 장교 장군 장로 장모 장애 장애인 장인 장학 전공 전기 전담 전도사 전라도 전략 전무 전문 전산 전임 전직 전체 전화 정관장 정년 정든 정말 \
    정보 정비 정신과 정육점 정해진 조교 조금 조리 조만간 조별 조용한 조장 조카 주간 주문자 주민 주방 주방장 주변 주신 주인 주일 주임 주짓수 주치의 \
    지구 지금 지난 지도 지도자 지리 지사 지원팀 지인 지점 지휘자 직장 진로 진료 진정한 진지한 진짜 차가운 차관 차기 차분한 채소 채식 천문 천사 천생 \
    초등 최고 최고참 최근 최애 추천 친한 태권도 편의점 편집 편집장 편한 하나 하느 하루 하루치 하사 하숙집 하신 하우스 한국 한국사 한국어 한글 한때 한문 \
    한복 한약사 한의사 한의원 한자 한정판 함께한 함께했 허물없 허위 현명한 현악 현장 현재 현직 홍보 홍화 황당한 손바느질 반에서 구독자 구름 조부모 \
    조카나 조사 고양 우주 주니어 주무관 공룡 인테리어 유일한 진심 이쁜 여린 최강 서운한 안전 지하철 기차 주차 정수기 이삿짐 배관 도배 고급 석박사 예술 예체능 반려견 은은한 경찰 경찰관";
/// What may hang on such a word: 우리 + 팀.
const HANGERS: &str = "팀반과부실소집네들쪽때날달용학원점만별도께의";
/// No name ends in these; they end verbs and carry cases.
const ENDINGS: &str = "는을를던께들의에된했있없같";
/// Titles that 님 follows: neither they nor a surname with them name anyone, as in 김부장님.
const STEMS: &str = "사장 부장 과장 선생 대리 팀장 교수 원장 이사 차장 상무 전무 대표 회장 실장 국장 기사 여사 박사 감독 작가 코치 변호사 간호사 목사 \
                     집사 권사 장로 기자 주임 사원 반장 소장 점장 선배 후배 매니저 의원";
/// Titles, by the name they want: of at least two syllables, or of three where the bare title is also an everyday syllable.
const TITLES: &str = "선생님?|쌤|(?:부장|과장|팀장|사장|교수|원장|차장|상무|전무|본부장|센터장|회장|박사|여사|변호사|간호사)님?|(?:선배|후배)(?:$|[^송])|\
    (?:대리|대표|이사|실장|국장|소장|점장|주임|기사|작가|기자|감독|코치|목사|전도사|권사|장로|집사|약사|강사|매니저|의원|위원|조교|사원|반장|형|누)님|\
    님|씨(?:$|[^가-힣]|[가는를의에께한와랑도만로네들생선])";
const STRICT_TITLES: &str =
    "(?:군|양|대리)(?:이|은|을|과|의|가|는|를|에게|께|께서|한테|도|만|이랑|랑)?(?:$|[^가-힣])";
/// Syllables that make another word of a 군 or 양 right behind them.
const PARTS: &[char] = &['모', '문', '다', '함', '입', '태', '장', '국'];
/// Where names are told, and what may follow them: 이름은 김민수 + 예요.
const TOLD: &str =
    "(?:이름|성함|성명)(?:은\\s*|\\s?[:=]\\s*)([가-힣]{2,4}?)(?:TAIL)?(?:$|[^가-힣])";
const TOLD_IN_PASSING: &str = "(?:이름|성함|성명)이\\s*([가-힣]{2,4}?)(?:TAIL)(?:$|[^가-힣])";
const TAIL: &str = "(?:이에|예|이고|고|이구|구|인데|이래|래|이)?요|입니다|이?고|이?야|이?라고?|인데|이며|이다|씨|님|이?랍니다|임|이?라는|이?라서";

/// Brands and occasions that stand after an English title.
const NOT_PEOPLE: &str = "and or right big dior martens jart brown's pepper coffee potato dre marvel meyer meyers meyer's bronner bronner's christmas \
                          day week appreciation gift gifts birthday mug thank";

/// Kinds and their patterns, the first that reads a text wins. GAP is what people put between groups of digits, LINK the rest of an
/// address, SAY a digit, written or spoken. Between number and text there need be no space, but no further digit.
const PATTERNS: &str = r#"
url https?:/{1,2}LINK
url www\.LINK
url (?:[a-z0-9-]+\.)+(?:com|net|org|kr|me|io|us|gg|tv|ly|co|im|link)/LINK
mail [a-z0-9._%+-]+\s?@\s?(?:[a-z0-9-]+\.)+[a-z]{2,}
mail [a-z0-9._%+-]+@[a-z][a-z0-9-]+
resident_number [0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[\s.-]{0,3}[1-8][0-9*xX●]{6}
card [0-9]{4}(?:[\s.·-]{1,3}[0-9]{4}){3}
card [0-9]{13,16}|[0-9]{4}[ -][0-9]{6}[ -][0-9]{4,5}|[0-9]{3,6}(?:-[0-9]{3,6}){2,4}
phone (?:\+|00)?82GAP0?GAP(?:1[016789]|2|[3-6][0-9]|70)GAP[0-9]{3,4}GAP[0-9]{4}
phone [0o]1[0o16789]GAP[0-9]{3,4}GAP[0-9]{4}
phone 0[\s.-]1[\s.-][016789](?:[\s.-][0-9]){7,8}
phone \(?0(?:2|[3-6][0-9]|70|80|50[0-9])GAP[0-9]{3,4}GAP[0-9]{4}
phone \+[1-9][0-9]{0,2}(?:[\s.()-]{0,2}[0-9]){7,12}
phone [공영]일[공영]GAPSAY{3,4}GAPSAY{4}
account [0-9]{2,6}(?:-[0-9]{1,8}){2,4}|[0-9]{10,20}
"#;
const PLACEHOLDERS: [(&str, &str); 3] = [
    ("GAP", r"[\s.,·ㆍ•_/()에의-]{0,3}"),
    ("LINK", r#"[^\s<>"'()\[\]{}]*[^\s<>"'()\[\]{}.,!?;]"#),
    ("SAY", "[0-9영공일이삼사오육륙칠팔구]"),
];
/// Names in English: beside a title, in small letters only beside Mr, and where they are told.
const ENGLISH: &str = r"
(?:(?:[Mm]rs?\.?|[Mm]s\.?|[Dd]r\.?|[Pp]rof\.?|Miss|[Pp]rofessor|[Tt]eacher|Sir)\s+)+(NAME)
[Mm]r\.?\s+([a-z]{2,})
(?i:my\s+name\s*(?:is|'s|’s))\s+([a-z][A-Za-z'’-]*|NAME)
(?i:named|called)\s+(NAME)
";
const ENGLISH_NAME: &str = r"[A-Z][A-Za-z'’-]*(?:\s+[A-Z][A-Za-z'’-]*)?";

/// Cuts what must not leave the house; compiled once.
#[derive(Debug)]
pub struct Redactor {
    numbers: Vec<(&'static str, Regex)>,
    korean: Vec<(usize, Regex)>,
    english: Vec<Regex>,
    ordinary: HashSet<&'static str>,
    sensitive: Regex,
}

/// A text without what was cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redacted {
    /// The text, with `[…]` for each cut.
    pub text: String,
    /// What was cut, each kind once: `url`, `mail`, `resident_number`, `card`, `phone`, `account`, `name`, `sensitive`.
    pub cut: Vec<&'static str>,
}

impl Redactor {
    /// Compiles the patterns and the embedded word lists. The error names the file and the line of a word that is empty or repeated,
    /// and of a field that nobody knows.
    pub fn embedded() -> anyhow::Result<Self> {
        let lines = PATTERNS.lines().filter_map(|line| line.split_once(' '));
        let numbers = lines.map(|(kind, pattern)| {
            let plain = |text: String, (name, meaning): (&str, &str)| text.replace(name, meaning);
            let pattern = PLACEHOLDERS.into_iter().fold(pattern.to_owned(), plain);
            Ok((
                kind,
                Regex::new(&format!("(?i)(?:^|[^0-9])({pattern})(?:$|[^0-9])"))?,
            ))
        });
        let english = ENGLISH.lines().filter(|line| !line.is_empty()).map(|line| {
            let pattern = line.replace("NAME", ENGLISH_NAME);
            Ok(Regex::new(&format!("(?:^|[^A-Za-z-]){pattern}"))?)
        });
        let before = |titles| {
            Regex::new(&format!(
                "(?:^|[^가-힣])([가-힣]{{2,4}})[ \t]{{0,2}}(?:{titles})"
            ))
        };
        Ok(Self {
            numbers: numbers.collect::<anyhow::Result<_>>()?,
            korean: vec![
                (2, before(TITLES)?),
                (3, before(STRICT_TITLES)?),
                (2, Regex::new(&TOLD.replace("TAIL", TAIL))?),
                (2, Regex::new(&TOLD_IN_PASSING.replace("TAIL", TAIL))?),
            ],
            english: english.collect::<anyhow::Result<_>>()?,
            ordinary: ORDINARY.split_whitespace().collect(),
            sensitive: sensitive_words(SENSITIVE)?,
        })
    }

    /// The text with phone numbers, mail addresses, resident registration numbers, card and account numbers, web addresses, and names
    /// beside titles cut out. With `keep_sensitive_home`, also every clause that holds a sensitive word.
    pub fn redact(&self, text: &str, keep_sensitive_home: bool) -> Redacted {
        let folded = Folded::new(text);
        let mut cuts: Vec<(Range<usize>, &'static str)> = Vec::new();
        for (kind, pattern) in &self.numbers {
            each(pattern, &folded.text, |captures| {
                let range = captures.get(1)?.range();
                let (found, rest) = folded.text[range.start..].split_at(range.len());
                // What reads as two kinds is of the first, but all of it goes.
                let clash = cuts
                    .iter()
                    .find(|(cut, _)| cut.start < range.end && range.start < cut.end);
                let kind = clash.map_or(*kind, |(_, earlier)| earlier);
                if holds(kind, found, rest) {
                    cuts.push((range.clone(), kind));
                }
                Some(range.end)
            });
        }
        for name in self.names(&folded.text) {
            cuts.push((name, "name"));
        }
        if keep_sensitive_home {
            for clause in clauses(&folded.text) {
                if self.sensitive.is_match(&folded.text[clause.clone()]) {
                    cuts.push((clause, "sensitive"));
                }
            }
        }
        folded.without(text, cuts)
    }

    fn names(&self, text: &str) -> Vec<Range<usize>> {
        let mut names = Vec::new();
        for (least, pattern) in &self.korean {
            each(pattern, text, |captures| {
                let range = captures.get(1)?.range();
                let word = &text[range.clone()];
                // Four syllables without a surname of two are a name only before 씨.
                let count = word.chars().count();
                let long = count < 4 || is_long(word) || captures[0].contains('씨');
                // 모양, 문양 and the like are no 양, 장군 is no 군, 피씨 is no 씨.
                let joined = !text[range.end..].starts_with([' ', '\t']);
                let part = joined && word.ends_with(if *least == 3 { PARTS } else { &['피'] });
                if long && !part && count >= *least && self.is_name(word) {
                    names.push(range.clone());
                }
                Some(range.end)
            });
        }
        for pattern in &self.english {
            each(pattern, text, |captures| {
                let range = captures.get(1)?.range();
                let first = text[range.clone()]
                    .split_whitespace()
                    .next()?
                    .to_lowercase();
                if !NOT_PEOPLE.split_whitespace().any(|word| word == first) {
                    names.push(range.clone());
                }
                Some(range.end)
            });
        }
        names
    }

    /// Whether a Korean word can be a name: it begins with a surname and is no ordinary word.
    fn is_name(&self, word: &str) -> bool {
        let mut rest = word.chars();
        let (Some(first), Some(last)) = (rest.next(), word.chars().next_back()) else {
            return false;
        };
        let stem = word.strip_suffix(|end| HANGERS.contains(end));
        (SURNAMES.contains(first) || is_long(word))
            && !ENDINGS.contains(last)
            && !self.ordinary.contains(word)
            && !stem.is_some_and(|stem| self.ordinary.contains(stem))
            && !STEMS
                .split_whitespace()
                .any(|title| title == word || title == rest.as_str())
    }
}

fn is_long(word: &str) -> bool {
    LONG_SURNAMES
        .iter()
        .any(|surname| word.starts_with(surname))
}

/// What a pattern cannot say of a number: whether it adds up, and that it is no price.
fn holds(kind: &str, found: &str, rest: &str) -> bool {
    let next = rest.trim_start().to_lowercase();
    let is_price = next.starts_with('원') || next.starts_with("won");
    match kind {
        "card" => is_card(found),
        "account" => is_account(found) && !is_price,
        "resident_number" => !is_price,
        _ => true,
    }
}

/// Four groups of four, or 13 to 16 digits that pass the Luhn check of ISO/IEC 7812.
fn is_card(found: &str) -> bool {
    let digits: Vec<u32> = found.chars().filter_map(|c| c.to_digit(10)).collect();
    let weighted = digits.iter().rev().zip([1, 2].into_iter().cycle());
    let sum: u32 = weighted
        .map(|(digit, weight)| digit * weight / 10 + digit * weight % 10)
        .sum();
    let grouped = found
        .split(|c: char| !c.is_ascii_digit())
        .filter(|group| !group.is_empty());
    grouped.map(str::len).eq([4; 4])
        || ((13..=16).contains(&digits.len()) && sum.is_multiple_of(10))
}

/// Ten digits or more; with dashes no more than sixteen, and no date first.
fn is_account(found: &str) -> bool {
    let groups: Vec<&str> = found.split('-').collect();
    let is_year =
        |group: &str| group.len() == 4 && (group.starts_with("19") || group.starts_with("20"));
    let dated = matches!(groups[..], [year, month, day, ..] if is_year(year) && month.len() <= 2 && day.len() <= 2);
    let count = found.bytes().filter(u8::is_ascii_digit).count();
    count >= 10 && (groups.len() == 1 || (count <= 16 && !dated))
}

/// Calls for each match; the call says where to go on, so that one separator can end a match and begin the next.
fn each(pattern: &Regex, text: &str, mut call: impl FnMut(&Captures) -> Option<usize>) {
    let mut from = 0;
    while let Some(captures) = pattern.captures_at(text, from) {
        match call(&captures) {
            Some(next) if next > from => from = next,
            _ => return,
        }
    }
}

/// Clauses without the white space around them.
fn clauses(text: &str) -> impl Iterator<Item = Range<usize>> {
    text.split(['.', ',', '!', '?', ';', '\n', '\r', '。'])
        .filter_map(move |clause| {
            let trimmed = clause.trim();
            let start = trimmed.as_ptr().addr() - text.as_ptr().addr();
            (!trimmed.is_empty()).then(|| start..start + trimmed.len())
        })
}

/// A text as it is matched: compatibility characters made plain, hidden characters left out, and where each byte came from.
#[derive(Default)]
struct Folded {
    text: String,
    /// For each byte of `text`, the bytes of the original that it stands for.
    origins: Vec<Range<usize>>,
}

impl Folded {
    fn new(original: &str) -> Self {
        let mut folded = Self::default();
        let mut chars = original.char_indices().peekable();
        while let Some((start, first)) = chars.next() {
            let mut end = start + first.len_utf8();
            while let Some((at, next)) = chars.next_if(|(_, next)| joins(*next)) {
                end = at + next.len_utf8();
            }
            for c in original[start..end]
                .chars()
                .filter(|c| !is_hidden(*c))
                .nfkc()
            {
                let plain = match c {
                    '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
                    '〇' => '0',
                    _ => c,
                };
                folded.text.push(plain);
                folded.origins.resize(folded.text.len(), start..end);
            }
        }
        folded
    }

    fn without(&self, original: &str, mut cuts: Vec<(Range<usize>, &'static str)>) -> Redacted {
        let mut kinds: Vec<&'static str> = Vec::new();
        for (_, kind) in &cuts {
            if !kinds.contains(kind) {
                kinds.push(kind);
            }
        }
        cuts.sort_by_key(|(range, _)| (range.start, range.end));
        let mut text = String::with_capacity(original.len());
        let mut done = 0;
        for (range, _) in cuts {
            let (start, end) = (
                self.origins[range.start].start,
                self.origins[range.end - 1].end,
            );
            if start >= done && !(start == done && text.ends_with(MARK)) {
                text.push_str(&original[done..start]);
                text.push_str(MARK);
            }
            done = done.max(end);
        }
        text.push_str(&original[done..]);
        Redacted { text, cut: kinds }
    }
}

/// Whether a character belongs to the one before: accents, the vowels and finals of taken-apart Hangul, and what cannot be seen.
fn joins(c: char) -> bool {
    canonical_combining_class(c) != 0 || matches!(c, '\u{1160}'..='\u{11FF}') || is_hidden(c)
}

/// Characters that show nothing by themselves and can be put between digits.
fn is_hidden(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{34F}' | '\u{115F}' | '\u{1160}' | '\u{180B}'..='\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{20E3}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{E0000}'..='\u{E01EF}')
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SensitiveFile {
    kind: Vec<SensitiveKind>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SensitiveKind {
    id: Spanned<String>,
    ko: Vec<Spanned<String>>,
    en: Vec<Spanned<String>>,
}

/// One pattern for all lists. A Korean word of up to two syllables must begin a word, a longer one may stand anywhere. English words stand
/// alone, an s may follow.
fn sensitive_words(source: &str) -> anyhow::Result<Regex> {
    let at = |start: usize| {
        let line = source[..start.min(source.len())].matches('\n').count() + 1;
        format!("{SENSITIVE_PATH}:{line}")
    };
    let file: SensitiveFile = toml::from_str(source).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        anyhow!("{}: {}", at(start), error.message())
    })?;
    let mut seen = HashSet::new();
    let [mut first, mut inside, mut english] = [const { Vec::new() }; 3];
    for kind in &file.kind {
        let id = kind.id.get_ref();
        let korean = kind.ko.iter().map(|word| (word, true));
        for (word, is_korean) in korean.chain(kind.en.iter().map(|word| (word, false))) {
            let here = at(word.span().start);
            let parts: Vec<String> = word
                .get_ref()
                .split_whitespace()
                .map(regex::escape)
                .collect();
            let key = parts.concat().to_lowercase();
            match (is_korean, key.chars().count()) {
                (_, 0) => bail!("{here}: a word is empty"),
                (false, _) => english.push(parts.join(r"\s+")),
                (true, ..=2) => first.push(parts.join(r"\s*")),
                (true, _) => inside.push(parts.join(r"\s*")),
            }
            if !seen.insert(key) {
                bail!("{here}: «{}» stands twice", word.get_ref());
            }
        }
        if id.trim().is_empty() || !seen.insert(format!("kind {id}")) {
            let here = at(kind.id.span().start);
            bail!("{here}: the id «{id}» is empty or stands twice");
        }
    }
    let [first, inside, english] = [first, inside, english].map(|words| match words.is_empty() {
        // An empty alternation would match everything, this one matches nothing.
        true => "[^\\s\\S]".to_owned(),
        false => words.join("|"),
    });
    Regex::new(&format!(
        "(?:^|[^가-힣])(?:{first})|(?:{inside})|(?i:(?:^|[^a-z])(?:{english})s?(?:$|[^a-z]))"
    ))
    .context(SENSITIVE_PATH)
}

#[cfg(test)]
mod tests;
