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
mod tests {
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
}
