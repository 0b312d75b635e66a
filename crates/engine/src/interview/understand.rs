//! Answers to profile: choices become fields, free text is read with the lexicon, follow-ups become leanings.

use super::answer::{Answer, Answered};
use crate::Engine;
use crate::lexicon::{ConceptIndex, Found, Lexicon, Manner, Meaning, TasteIndex};
use crate::profile::{Budget, Category, Leanings, Profile};
use crate::text::{Squeezed, is_hangul, normalise, without_josa};

/// What a set of answers says.
#[derive(Debug, Clone, Default)]
pub struct Understanding {
    /// The recipient and the occasion.
    pub profile: Profile,
    /// Options chosen in follow-ups: question, value.
    pub(crate) choices: Vec<(String, String)>,
    /// Whether any answer says anything.
    pub(crate) informed: bool,
}

/// What one free text says.
#[derive(Debug, Clone, Default)]
pub(crate) struct TextReading {
    /// What it names, of each clause the last first.
    pub concepts: Vec<ConceptIndex>,
    /// What the brands in it stand for; said only where it names nothing else.
    pub by_brand: Vec<ConceptIndex>,
    pub tastes: Vec<TasteIndex>,
    pub context: Vec<Meaning>,
    pub vague: Vec<u16>,
    /// Names of what it must not be.
    pub avoid: Vec<String>,
}

impl TextReading {
    /// Departments that it names, one bit each.
    pub(crate) fn departments(&self) -> u32 {
        let bit = |m: &Meaning| match m {
            Meaning::Category(c) => c.bit(),
            _ => 0,
        };
        self.context.iter().map(bit).fold(0, |bits, b| bits | b)
    }

    /// The concepts that it names, else those that its brands stand for.
    pub fn things(&self) -> &[ConceptIndex] {
        if self.concepts.is_empty() {
            &self.by_brand
        } else {
            &self.concepts
        }
    }

    fn is_empty(&self) -> bool {
        self.things().is_empty()
            && self.tastes.is_empty()
            && self.context.is_empty()
            && self.vague.is_empty()
            && self.avoid.is_empty()
    }
}

impl Engine {
    /// Adds the answers up to a profile. Skipped questions say nothing.
    pub fn understand(&self, answers: &[Answered]) -> Understanding {
        let mut sum = Understanding::default();
        let ask = self.rules().law().ask();
        for answered in answers {
            if answered.question_id == ask.id {
                sum.profile.duty_relation = ask.read(&answered.answer);
                sum.informed |= answered.answer != Answer::Skipped;
                continue;
            }
            match &answered.answer {
                Answer::Skipped => continue,
                Answer::Choice(value) => self.add_choice(&mut sum, &answered.question_id, value),
                Answer::Choices(values) => values
                    .iter()
                    .for_each(|v| self.add_choice(&mut sum, &answered.question_id, v)),
                Answer::Range(budget) => sum.profile.budget = Some(*budget),
                Answer::Text(text) => self.add_text(&mut sum.profile, &answered.question_id, text),
            }
            sum.informed = true;
        }
        sum
    }

    fn add_choice(&self, sum: &mut Understanding, question_id: &str, value: &str) {
        let profile = &mut sum.profile;
        match question_id {
            "relation" => profile.relation = value.parse().ok(),
            "gender" => profile.gender = value.parse().ok(),
            "age_band" => profile.age_band = value.parse().ok(),
            "occasion" => profile.occasion = value.parse().ok(),
            "category" => profile.category = value.parse().ok(),
            "budget" => profile.budget = Budget::from_preset(value),
            _ => {
                if let Some(option) = self.question(question_id).and_then(|q| q.option(value)) {
                    let leanings = &mut profile.leanings;
                    leanings.tastes.extend(
                        option
                            .tastes
                            .iter()
                            .map(|&(t, s)| (t, s, question_id.to_owned())),
                    );
                    leanings.categories.extend(
                        option
                            .categories
                            .iter()
                            .map(|&(c, s)| (c, s, question_id.to_owned())),
                    );
                    lean(leanings, option.special, option.risk);
                }
                sum.choices.push((question_id.to_owned(), value.to_owned()));
            }
        }
    }

    /// The profile with the words of its `tastes` read into its leanings, as an interview's free texts are. The words themselves
    /// are taken out, so reading twice says nothing new.
    pub(crate) fn read_profile(&self, profile: &Profile) -> Profile {
        let mut read = profile.clone();
        for text in std::mem::take(&mut read.tastes) {
            self.add_text(&mut read, "tastes", &text);
        }
        read
    }

    fn add_text(&self, profile: &mut Profile, question_id: &str, text: &str) {
        profile.written.push(text.to_owned());
        let normal = normalise(text);
        // One word is an answer like a keyword, more are read as a sentence.
        let manner = if normal.contains(' ') {
            Manner::Sentence
        } else {
            Manner::Keyword
        };
        let reading = read_misspelt(self.lexicon(), text, manner);
        if reading.is_empty() {
            if normal.split(' ').count() <= 2 && normal.chars().count() >= 2 {
                profile
                    .leanings
                    .literal
                    .push((normal, question_id.to_owned()));
            }
            return;
        }
        for meaning in &reading.context {
            fill_context(profile, *meaning);
        }
        let leanings = &mut profile.leanings;
        let liked = liked_unknowns(self.lexicon(), text);
        leanings
            .literal
            .extend(liked.into_iter().map(|w| (w, question_id.to_owned())));
        leanings.named.extend(
            reading
                .things()
                .iter()
                .map(|&c| (c, question_id.to_owned())),
        );
        leanings.tastes.extend(
            reading
                .tastes
                .iter()
                .map(|&t| (t, 1.0, question_id.to_owned())),
        );
        lean_to_vague(self.lexicon(), leanings, &reading.vague, question_id);
        profile.avoid.extend(reading.avoid);
    }
}

/// Takes the leanings of vague words over.
pub(crate) fn lean_to_vague(
    lexicon: &Lexicon,
    leanings: &mut Leanings,
    groups: &[u16],
    because: &str,
) {
    for &group in groups {
        let vague = lexicon.vague(group);
        leanings.tastes.extend(
            vague
                .tastes
                .iter()
                .map(|&(t, s)| (t, s, because.to_owned())),
        );
        leanings.categories.extend(
            vague
                .categories
                .iter()
                .map(|&(c, s)| (c, s, because.to_owned())),
        );
        lean(leanings, vague.special, vague.risk);
    }
}

fn lean(leanings: &mut Leanings, special: f32, risk: f32) {
    leanings.special = (leanings.special + special).clamp(-1.0, 1.0);
    leanings.risk = (leanings.risk + risk).clamp(-1.0, 1.0);
}

/// Fills a field of the profile that no answer has filled.
pub(crate) fn fill_context(profile: &mut Profile, meaning: Meaning) {
    match meaning {
        Meaning::Relation(r) => _ = profile.relation.get_or_insert(r),
        Meaning::Gender(g) => _ = profile.gender.get_or_insert(g),
        Meaning::Age(a) => _ = profile.age_band.get_or_insert(a),
        Meaning::Occasion(o) => _ = profile.occasion.get_or_insert(o),
        Meaning::Budget(b) => _ = profile.budget.get_or_insert(b),
        Meaning::Category(c) if c != Category::Any => {
            profile
                .leanings
                .categories
                .push((c, 1.0, c.as_str().to_owned()))
        }
        Meaning::Category(_)
        | Meaning::Concept(_)
        | Meaning::Taste(_)
        | Meaning::Audience(_)
        | Meaning::Custom(_)
        | Meaning::Brand(_)
        | Meaning::Vague(_) => {}
    }
}

/// What turns a named thing into one to keep away from, in the words after it.
const REFUSALS_AFTER: &[&str] = &[
    "싫",
    "말고",
    "빼고",
    "빼주",
    "제외",
    "안좋아",
    "안먹",
    "못먹",
    "못마",
    "못드",
    "못하",
    "안드",
    "안되",
    "안된",
    "안됨",
    "안돼",
    "끊",
    "줄이",
    "많이받",
    "질색",
    "부담스",
    "안마",
    "알레르기",
    "알러지",
    "이미있",
    "벌써있",
    "있으니",
    "많아",
    "많으",
    "별로",
    "필요없",
    "사양",
    "금지",
    "안해",
    "안써",
    "안쓰",
    "안입",
    "못쓰",
    "ㄴㄴ",
    "아닌",
];
/// The same in the English words before it.
const REFUSALS_BEFORE: &[&str] = &[
    "no", "not", "doesnt", "dont", "hate", "hates", "dislike", "dislikes", "without", "except",
    "avoid", "allergic", "never", "isnt", "cant",
];
/// What sounds like a refusal and is the opposite: "커피 없으면 못 살아요", "can't live without coffee".
const LOVES_AFTER: &[&str] = &["없으면", "없이못", "없인못", "없이는못", "못참", "못말"];
const LOVES_BEFORE: &[&str] = &[
    "\u{1}live\u{2}\u{1}without\u{2}",
    "\u{1}do\u{2}\u{1}without\u{2}",
    "\u{1}go\u{2}\u{1}without\u{2}",
    "\u{1}day\u{2}\u{1}without\u{2}",
    "\u{1}not\u{2}\u{1}only\u{2}",
    "\u{1}get\u{2}\u{1}enough\u{2}",
];
const CLAUSE_ENDS: [char; 7] = ['.', ',', '!', '?', '\n', ';', '。'];

/// Said after what somebody is keen on.
const KEEN_AFTER: &[&str] = &[
    "좋아하",
    "좋아해",
    "좋아함",
    "빠졌",
    "빠져",
    "빠진",
    "덕후",
    "박사",
    "마니아",
    "매니아",
    "모으",
    "모아요",
    "광이",
];
/// Words between a thing and what is said of it ("공룡에 푹 빠졌어요").
const KEEN_WITHIN: usize = 3;

/// Words that no list knows and of which a text says that somebody is keen on them.
fn liked_unknowns(lexicon: &Lexicon, text: &str) -> Vec<String> {
    let mut liked = Vec::new();
    for clause in text.split(CLAUSE_ENDS) {
        let normal = normalise(clause);
        let words: Vec<&str> = normal.split(' ').collect();
        let keen = |w: &&str| KEEN_AFTER.iter().any(|k| w.contains(k));
        let Some(at) = words.iter().position(keen) else {
            continue;
        };
        let near = words[..at].iter().rev().take(KEEN_WITHIN);
        let nouns = near.filter(|w| w.starts_with(is_hangul) && w.chars().count() >= 2);
        let word = nouns.map(|w| without_josa(w).next().unwrap_or(w)).next();
        liked.extend(
            word.filter(|w| w.chars().count() >= 2 && lexicon.find(w).is_empty())
                .map(str::to_owned),
        );
    }
    liked
}

/// What joins two things so that they share a refusal.
const JOINTS: &[&str] = &[
    "",
    "와",
    "과",
    "랑",
    "이랑",
    "하고",
    "및",
    "나",
    "이나",
    "도",
    "\u{1}and\u{2}",
    "\u{1}or\u{2}",
];

/// Reads a free text as it is: what it names, likes, and refuses.
pub(crate) fn read_text(lexicon: &Lexicon, text: &str) -> TextReading {
    read_clauses(lexicon, text, |_| None)
}

/// As [`read_text`], with misspelt words put right.
pub(crate) fn read_misspelt(lexicon: &Lexicon, text: &str, manner: Manner) -> TextReading {
    read_clauses(lexicon, text, |clause| lexicon.mend(clause, manner))
}

fn read_clauses(
    lexicon: &Lexicon,
    text: &str,
    mend: impl Fn(&str) -> Option<String>,
) -> TextReading {
    let mut reading = TextReading::default();
    for clause in text.split(CLAUSE_ENDS) {
        let normal = normalise(clause);
        let mended = mend(&normal);
        read_clause(lexicon, mended.as_deref().unwrap_or(&normal), &mut reading);
    }
    reading
}

fn read_clause(lexicon: &Lexicon, normal: &str, reading: &mut TextReading) {
    let squeezed = Squeezed::new(normal);
    let found = lexicon.find_in(&squeezed);
    let text = squeezed.as_str();
    let mut refused_next = false;
    for (i, word) in found.iter().enumerate().rev() {
        let after =
            &text[word.range.end..found.get(i + 1).map_or(text.len(), |next| next.range.start)];
        let before = &text[if i == 0 { 0 } else { found[i - 1].range.end }..word.range.start];
        let joined = JOINTS.contains(&after) && i + 1 < found.len();
        let loved = LOVES_AFTER.iter().any(|l| after.contains(l))
            || LOVES_BEFORE.iter().any(|l| before.contains(l));
        let refused = !loved
            && ((joined && refused_next)
                || REFUSALS_AFTER.iter().any(|r| after.contains(r))
                || refused_before(before));
        refused_next = refused;
        take_word(lexicon, word, refused, reading);
    }
}

fn refused_before(before: &str) -> bool {
    before
        .split(['\u{1}', '\u{2}'])
        .any(|w| REFUSALS_BEFORE.contains(&w))
}

fn take_word(lexicon: &Lexicon, word: &Found, refused: bool, reading: &mut TextReading) {
    let names_concept = word.concepts().next().is_some();
    for &meaning in word.meanings.iter() {
        match meaning {
            Meaning::Concept(c) if refused => reading.avoid.push(lexicon.concept(c).ko.clone()),
            Meaning::Taste(t) if refused && !names_concept => reading
                .avoid
                .push(lexicon.tastes()[usize::from(t)].ko.clone()),
            Meaning::Brand(b) if refused => reading.avoid.push(lexicon.brand(b).ko.clone()),
            _ if refused => {}
            Meaning::Concept(c) if !reading.concepts.contains(&c) => reading.concepts.push(c),
            Meaning::Taste(t) if !reading.tastes.contains(&t) => reading.tastes.push(t),
            Meaning::Brand(b) => {
                let brand = lexicon.brand(b);
                let named = if brand.line {
                    &mut reading.concepts
                } else {
                    &mut reading.by_brand
                };
                let new: Vec<ConceptIndex> = brand
                    .concepts
                    .iter()
                    .copied()
                    .filter(|c| !named.contains(c))
                    .collect();
                named.extend(new);
            }
            Meaning::Vague(v) => {
                let never = &lexicon.vague(v).avoid;
                let name = |t: &TasteIndex| lexicon.tastes()[usize::from(*t)].ko.clone();
                reading.avoid.extend(never.iter().map(name));
                reading.vague.push(v);
            }
            Meaning::Concept(_) | Meaning::Taste(_) | Meaning::Audience(_) | Meaning::Custom(_) => {
            }
            context => reading.context.push(context),
        }
    }
}
