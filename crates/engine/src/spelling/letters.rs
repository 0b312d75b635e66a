//! Words as letters, and what a slip from one letter to another costs. All costs are shares of a plain slip.

/// Cost of one plain slip: a letter too many, too few, wrong, or swapped with its neighbour. Every other cost is a share of it.
pub(super) const SLIP: u32 = 100;
/// Letters that sound the same to most speakers (ㅐ/ㅔ, ㅗ/ㅛ, ㄱ/ㄲ/ㅋ, the finals ㄷ/ㅅ/ㅆ/ㅈ/ㅊ/ㅌ/ㅎ): people misspell by ear.
const ALIKE: u32 = 30;
/// ㅗ/ㅜ and ㅜ/ㅡ, which lie beside each other in the mouth and on the keyboard, and Latin letters of one sound.
pub(super) const NEAR: u32 = 50;
/// Letters that loanwords waver between (스피카, 이어펀, 쵸콜렛), and finals of one place; too much for a word of two syllables.
const WAVERING: u32 = 65;
/// The silent initial ㅇ after a final consonant, which carries over in speech: 목걸이 sounds as 목거리.
const LIAISON: u32 = 20;
/// What is written but not heard, or heard and not written: a doubled consonant, a final ㅅ or ㅎ, the ㅡ between consonants.
const SILENT: u32 = 30;
/// A final consonant is lost more easily than a letter that carries the syllable; a Latin vowel likewise.
const LIGHT: u32 = 80;
/// A doubled Latin letter.
const DOUBLED: u32 = 40;
/// Latin vowels among each other: the schwa is written with all of them.
const VOWELS: u32 = 60;

/// Longer words are neither kept nor corrected.
pub(super) const LETTERS: usize = 40;
/// Hangul initials 0 to 18, vowels, finals (by their initial's number), Latin letters.
pub(super) type Letter = u8;
const VOWEL: Letter = 19;
const FINAL: Letter = 40;
pub(super) const LATIN: Letter = 60;
pub(super) const ALPHABET: usize = 86;
/// The consonant ㅇ: silent before a vowel, "ng" after it.
const IEUNG: Letter = 11;

/// A word as letters, with what losing each of them costs.
#[derive(Debug)]
pub(super) struct Spelt {
    pub letters: Vec<Letter>,
    /// Cost of losing each letter, and of adding it to the word without it.
    pub losses: Vec<u8>,
    /// One bit for each consonant that no cheap slip adds or takes away; see [`sound_bit`].
    pub sounds: u64,
    /// Syllables of Hangul, letters of Latin.
    pub syllables: usize,
}

impl Spelt {
    /// A word of Hangul or of lower-case Latin; none for anything else, for mixtures and for what is too long.
    pub fn new(word: &str) -> Option<Self> {
        let mut letters: Vec<Letter> = Vec::with_capacity(24);
        for c in word.chars() {
            match c {
                '가'..='힣' => {
                    let at = c as u32 - 0xAC00;
                    letters.push((at / 588) as Letter);
                    letters.push(VOWEL + (at / 28 % 21) as Letter);
                    letters.extend(
                        FINALS[(at % 28) as usize]
                            .iter()
                            .map(|&initial| FINAL + initial),
                    );
                }
                'a'..='z' => letters.push(LATIN + (c as u8 - b'a')),
                _ => return None,
            }
        }
        let latin = letters.first()? >= &LATIN;
        if letters.len() > LETTERS || letters.iter().any(|&l| (l >= LATIN) != latin) {
            return None;
        }
        Some(Self {
            losses: (0..letters.len()).map(|i| loss(&letters, i)).collect(),
            sounds: letters.iter().fold(0, |bits, &l| bits | sound_bit(l)),
            syllables: word.chars().count(),
            letters,
        })
    }
}

/// The letters of each final consonant (none, ㄱ, ㄲ, ㄳ, ...), by the numbers of the initials.
const FINALS: [&[Letter]; 28] = [
    &[],
    &[0],
    &[1],
    &[0, 9],
    &[2],
    &[2, 12],
    &[2, 18],
    &[3],
    &[5],
    &[5, 0],
    &[5, 6],
    &[5, 7],
    &[5, 9],
    &[5, 16],
    &[5, 17],
    &[5, 18],
    &[6],
    &[7],
    &[7, 9],
    &[9],
    &[10],
    &[11],
    &[12],
    &[14],
    &[15],
    &[16],
    &[17],
    &[18],
];

/// Plain, tense and aspirated consonants: ㄱㄲㅋ, ㄷㄸㅌ, ㅂㅃㅍ, ㅅㅆ, ㅈㅉㅊ.
const CONSONANTS_ALIKE: &[&[Letter]] = &[
    &[0, 1, 15],
    &[3, 4, 16],
    &[7, 8, 17],
    &[9, 10],
    &[12, 13, 14],
];
/// Finals that are all spoken as "t": ㄷ, ㅅ, ㅆ, ㅈ, ㅊ, ㅌ, ㅎ.
const FINALS_ALIKE: &[Letter] = &[3, 9, 10, 12, 14, 16, 18];
/// Nasals ㄴ, ㅁ, ㅇ as finals (비타밍), and ㅁ for ㅂ (핸드크립).
const FINALS_WAVERING: &[&[Letter]] = &[&[2, 6, 11], &[6, 7]];
/// ㅐㅔㅒㅖ, ㅏㅑ, ㅓㅕ, ㅗㅛ, ㅜㅠ, ㅢㅣㅟ, ㅚㅙㅞ.
const VOWELS_ALIKE: &[&[Letter]] = &[
    &[1, 5, 3, 7],
    &[0, 2],
    &[4, 6],
    &[8, 12],
    &[13, 17],
    &[19, 20, 16],
    &[11, 10, 15],
];
/// ㅗㅜ, ㅜㅡ.
const VOWELS_NEAR: &[[Letter; 2]] = &[[8, 13], [13, 18]];
/// ㅏㅓ, ㅓㅗ, ㅓㅡ, ㅡㅣ, ㅡㅢ, ㅔㅣ, ㅕㅛ, ㅗㅘ, ㅏㅘ, ㅓㅝ, ㅔㅞ, ㅔㅚ, ㅐㅙ.
const VOWELS_WAVERING: &[[Letter; 2]] = &[
    [0, 4],
    [4, 8],
    [4, 18],
    [18, 20],
    [18, 19],
    [5, 20],
    [6, 12],
    [8, 9],
    [0, 9],
    [4, 14],
    [5, 15],
    [5, 11],
    [1, 10],
];
const LATIN_VOWELS: &[u8] = b"aeiouy";
const LATIN_NEAR: &[&[u8]] = &[b"ckq", b"sz", b"gj"];

pub(super) fn costs() -> Box<[[u8; ALPHABET]; ALPHABET]> {
    let mut costs = Box::new([[0u8; ALPHABET]; ALPHABET]);
    for a in 0..ALPHABET as Letter {
        for b in 0..ALPHABET as Letter {
            costs[usize::from(a)][usize::from(b)] = substitution(a, b) as u8;
        }
    }
    costs
}

/// Cost of one letter in the place of another.
fn substitution(a: Letter, b: Letter) -> u32 {
    let together =
        |groups: &[&[Letter]], a, b| groups.iter().any(|g| g.contains(&a) && g.contains(&b));
    let pair = |pairs: &[[Letter; 2]], a, b| pairs.contains(&[a, b]) || pairs.contains(&[b, a]);
    if a == b {
        return 0;
    }
    match (kind(a), kind(b)) {
        (Kind::Consonant(x), Kind::Consonant(y)) => {
            let finals = a >= FINAL && b >= FINAL;
            if x == y && x != IEUNG {
                0
            } else if together(CONSONANTS_ALIKE, x, y)
                || (finals && together(&[FINALS_ALIKE], x, y))
            {
                ALIKE
            } else if finals && together(FINALS_WAVERING, x, y) {
                WAVERING
            } else {
                SLIP
            }
        }
        (Kind::Vowel(x), Kind::Vowel(y)) => {
            if together(VOWELS_ALIKE, x, y) {
                ALIKE
            } else if pair(VOWELS_NEAR, x, y) {
                NEAR
            } else if pair(VOWELS_WAVERING, x, y) {
                WAVERING
            } else {
                SLIP
            }
        }
        (Kind::Latin(x), Kind::Latin(y)) => {
            if LATIN_NEAR.iter().any(|g| g.contains(&x) && g.contains(&y)) {
                NEAR
            } else if LATIN_VOWELS.contains(&x) && LATIN_VOWELS.contains(&y) {
                VOWELS
            } else {
                SLIP
            }
        }
        _ => SLIP,
    }
}

enum Kind {
    /// By the number of the initial, wherever it stands.
    Consonant(Letter),
    /// By its number among the vowels.
    Vowel(Letter),
    /// As ASCII.
    Latin(u8),
}

fn kind(letter: Letter) -> Kind {
    match letter {
        0..VOWEL => Kind::Consonant(letter),
        VOWEL..FINAL => Kind::Vowel(letter - VOWEL),
        FINAL..LATIN => Kind::Consonant(letter - FINAL),
        _ => Kind::Latin(letter - LATIN + b'a'),
    }
}

/// What leaving out the letter at a place of a word costs, and adding it to the word without it.
fn loss(letters: &[Letter], at: usize) -> u8 {
    const EU: Letter = 18;
    const SIOT: Letter = 9;
    const HIEUT: Letter = 18;
    let letter = letters[at];
    let neighbours = [at.checked_sub(1), Some(at + 1)];
    let beside = |alike: &dyn Fn(Letter) -> bool| {
        neighbours
            .iter()
            .flatten()
            .filter_map(|&i| letters.get(i))
            .any(|&l| alike(l))
    };
    let cost = match kind(letter) {
        Kind::Consonant(IEUNG) if letter < VOWEL => {
            if at > 0 && letters[at - 1] >= FINAL {
                LIAISON
            } else {
                SLIP
            }
        }
        Kind::Consonant(_)
            if beside(&|l| {
                matches!(kind(l), Kind::Consonant(_))
                    && (l >= FINAL) != (letter >= FINAL)
                    && substitution(l, letter) <= ALIKE
            }) =>
        {
            SILENT
        }
        Kind::Consonant(SIOT | HIEUT) if letter >= FINAL => SILENT,
        Kind::Consonant(_) if letter >= FINAL => LIGHT,
        Kind::Vowel(EU) => SILENT,
        Kind::Latin(_) if beside(&|l| l == letter) => DOUBLED,
        Kind::Latin(l) if LATIN_VOWELS.contains(&l) || l == b'h' => LIGHT,
        _ => SLIP,
    };
    cost as u8
}

/// The bit of a letter that only a slip of [`NEAR`] or more brings in or takes out; none for vowels and for the consonants that
/// fall together as finals.
fn sound_bit(letter: Letter) -> u64 {
    match kind(letter) {
        Kind::Consonant(0 | 1 | 15) => 1,
        Kind::Consonant(2) => 1 << 1,
        Kind::Consonant(5) => 1 << 2,
        Kind::Consonant(6) => 1 << 3,
        Kind::Consonant(7 | 8 | 17) => 1 << 4,
        Kind::Consonant(IEUNG) if letter >= FINAL => 1 << 5,
        Kind::Latin(l) if !LATIN_VOWELS.contains(&l) => 1 << (10 + first_sound(&[letter]) % 32),
        _ => 0,
    }
}

/// The first letter, one for all that are alike: initials of one place of speech, Latin letters that can stand for each other.
pub(super) fn first_sound(letters: &[Letter]) -> u8 {
    let first = letters.first().copied().unwrap_or(0);
    match kind(first) {
        Kind::Consonant(c) => CONSONANTS_ALIKE
            .iter()
            .find(|g| g.contains(&c))
            .map_or(first, |g| g[0]),
        Kind::Latin(c) => LATIN_NEAR
            .iter()
            .find(|g| g.contains(&c))
            .map_or(first, |g| LATIN + (g[0] - b'a')),
        Kind::Vowel(_) => first,
    }
}
