//! What a request for a recommendation may say, and how it is checked.

use crate::clock::is_date;
use crate::error::{Error, Faults, Result};
use crate::service::interviews::MAX_TEXT_CHARACTERS;
use crate::service::schemas;
use crate::service::strict::optional_object;
use seonmul_engine::profile::{AgeBand, Budget, Category, Gender, Occasion, Profile, Relation};
use seonmul_engine::rules::Day;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

const MAX_WON: u64 = 4_000_000_000;
const MAX_KEYWORDS: usize = 30;
const MAX_KEYWORD_CHARACTERS: usize = 100;
const MAX_EXCLUDED: usize = 200;
const MAX_PRODUCT_ID_BYTES: usize = 128;
const MAX_WORDS: usize = 30;
const MAX_LIMIT: u32 = 30;
const DEFAULT_LIMIT: u32 = 8;
/// Largest integer that every JSON reader keeps exactly.
const MAX_SEED: u64 = (1 << 53) - 1;

/// Body of a request for a recommendation.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecommendationInput {
    /// The interview to recommend from; not together with `profile`.
    pub interview_id: Option<String>,
    /// Who, when and how much, where there is no interview.
    #[serde(default, deserialize_with = "optional_object")]
    #[schema(required = false)]
    pub profile: Option<ProfileInput>,
    /// Keywords that somebody else found; without, they come from the answers.
    #[schema(max_items = 30)]
    pub keywords: Option<Vec<KeywordInput>>,
    /// How many gifts; 8 when nothing is said.
    #[schema(minimum = 1, maximum = 30)]
    pub limit: Option<u32>,
    /// Products that must not come.
    #[schema(max_items = 200)]
    pub exclude_product_ids: Option<Vec<String>>,
    /// From safe (-1) to special (1).
    #[schema(minimum = -1.0, maximum = 1.0)]
    pub style: Option<f64>,
    /// Chooses among equals; the same seed gives the same list.
    #[schema(maximum = 9_007_199_254_740_991_u64)]
    pub seed: Option<u64>,
    /// The recommendation that this one follows.
    pub parent_id: Option<String>,
}

/// A keyword, alone or with its weight.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(untagged)]
pub enum KeywordInput {
    /// The word alone.
    Text(String),
    /// The word and how much it counts.
    Weighted(WeightedKeyword),
}

/// A keyword with its weight.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WeightedKeyword {
    /// The word.
    #[schema(max_length = 100)]
    pub text: String,
    /// Above 0 and at most 1.
    #[schema(exclusive_minimum = 0.0, maximum = 1.0)]
    pub weight: Option<f32>,
}

impl<'de> Deserialize<'de> for KeywordInput {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = KeywordInput;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a text or an object with text and weight")
            }
            fn visit_str<E>(self, text: &str) -> Result<KeywordInput, E> {
                Ok(KeywordInput::Text(text.to_owned()))
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                map: A,
            ) -> Result<KeywordInput, A::Error> {
                let map = serde::de::value::MapAccessDeserializer::new(map);
                WeightedKeyword::deserialize(map).map(KeywordInput::Weighted)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl KeywordInput {
    fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Weighted(keyword) => &keyword.text,
        }
    }

    fn weight(&self) -> Option<f32> {
        match self {
            Self::Text(_) => None,
            Self::Weighted(keyword) => keyword.weight,
        }
    }
}

/// Who, when and how much. Every field is optional.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfileInput {
    /// What the recipient is to the giver.
    #[schema(schema_with = schemas::relation, required = false)]
    pub relation: Option<Relation>,
    /// The recipient's gender.
    #[schema(schema_with = schemas::gender, required = false)]
    pub gender: Option<Gender>,
    /// The recipient's age.
    #[schema(schema_with = schemas::age_band, required = false)]
    pub age_band: Option<AgeBand>,
    /// Why the gift is given.
    #[schema(schema_with = schemas::occasion, required = false)]
    pub occasion: Option<Occasion>,
    /// The department wished for.
    #[schema(schema_with = schemas::category, required = false)]
    pub category: Option<Category>,
    /// What the gift may cost.
    #[serde(default, deserialize_with = "optional_object")]
    #[schema(required = false)]
    pub budget: Option<BudgetInput>,
    /// What the recipient likes.
    #[schema(max_items = 30)]
    pub tastes: Option<Vec<String>>,
    /// What it must not be.
    #[schema(max_items = 30)]
    pub avoid: Option<Vec<String>>,
    /// Whether the recipient's office has to do with the giver.
    pub duty_relation: Option<bool>,
    /// Day by which the gift must arrive.
    #[schema(format = Date, example = "2026-12-24")]
    pub deliver_by: Option<String>,
}

/// What the gift may cost, in won.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BudgetInput {
    /// Lowest price.
    #[serde(default, deserialize_with = "won")]
    #[schema(value_type = u64, maximum = 4_000_000_000_u64, required = false)]
    pub min: u32,
    /// Highest price, never passed; `null` is no limit.
    #[serde(default, deserialize_with = "optional_won")]
    #[schema(value_type = Option<u64>, maximum = 4_000_000_000_u64)]
    pub max: Option<u32>,
}

/// A request that was checked, in the words of the engine.
#[derive(Debug)]
pub struct Wish {
    /// The profile, when there is no interview.
    pub profile: Profile,
    /// The keywords that came with the request.
    pub keywords: Vec<(String, Option<f32>)>,
    /// How many gifts.
    pub limit: usize,
    /// Products that must not come.
    pub exclude_product_ids: Vec<String>,
    /// From safe (-1) to special (1).
    pub style: f32,
}

impl RecommendationInput {
    /// Checks everything that can be checked without the database.
    ///
    /// # Errors
    /// Names every field that is wrong.
    pub fn check(&self) -> Result<Wish> {
        let mut faults = Faults::default();
        faults.require(
            self.interview_id.is_none() || self.profile.is_none(),
            "profile",
            "interview_id와 profile은 함께 보낼 수 없습니다.",
            "must not be given together with interview_id",
        );
        let limit = self.limit.unwrap_or(DEFAULT_LIMIT);
        faults.require(
            (1..=MAX_LIMIT).contains(&limit),
            "limit",
            "1부터 30 사이여야 합니다.",
            "must be between 1 and 30",
        );
        let style = self.style.unwrap_or(0.0);
        faults.require(
            (-1.0..=1.0).contains(&style),
            "style",
            "-1부터 1 사이여야 합니다.",
            "must be between -1 and 1",
        );
        faults.require(
            self.seed.is_none_or(|seed| seed <= MAX_SEED),
            "seed",
            "0부터 2^53-1 사이여야 합니다.",
            "must be between 0 and 2^53-1",
        );
        check_keywords(self.keywords.as_deref().unwrap_or_default(), &mut faults);
        check_excluded(
            self.exclude_product_ids.as_deref().unwrap_or_default(),
            &mut faults,
        );
        let profile = self.profile.clone().unwrap_or_default();
        profile.check(&mut faults);
        faults.finish()?;
        let keywords = self
            .keywords
            .iter()
            .flatten()
            .filter(|k| !k.text().trim().is_empty());
        Ok(Wish {
            profile: profile.into_profile(),
            keywords: keywords
                .map(|k| (k.text().trim().to_owned(), k.weight()))
                .collect(),
            limit: limit as usize,
            exclude_product_ids: self.exclude_product_ids.clone().unwrap_or_default(),
            #[expect(
                clippy::cast_possible_truncation,
                reason = "between -1 and 1, where the nearest float will do"
            )]
            style: style as f32,
        })
    }
}

impl RecommendationInput {
    /// Checks that the gift can still arrive. A request that was answered before is answered again, so this is no part of
    /// [`Self::check`].
    ///
    /// # Errors
    /// Names the field when the day is past.
    pub fn check_deadline(&self, today: Day) -> Result<()> {
        let deliver_by = self.profile.as_ref().and_then(|p| p.deliver_by.as_deref());
        let past = |day: &str| day.parse::<Day>().is_ok_and(|day| day < today);
        if deliver_by.is_some_and(past) {
            return Err(Error::field(
                "profile.deliver_by",
                format!("지난 날짜입니다. 오늘은 {today}입니다."),
                format!("is past: today is {today}"),
            ));
        }
        Ok(())
    }
}

fn check_keywords(keywords: &[KeywordInput], faults: &mut Faults) {
    faults.require(
        keywords.len() <= MAX_KEYWORDS,
        "keywords",
        "30개까지 보낼 수 있습니다.",
        "may hold at most 30",
    );
    for (i, keyword) in keywords.iter().take(MAX_KEYWORDS).enumerate() {
        faults.require(
            keyword.text().chars().count() <= MAX_KEYWORD_CHARACTERS,
            format!("keywords[{i}]"),
            "100자까지 쓸 수 있습니다.",
            "may hold at most 100 characters",
        );
        faults.require(
            keyword.weight().is_none_or(|w| w > 0.0 && w <= 1.0),
            format!("keywords[{i}].weight"),
            "0보다 크고 1 이하여야 합니다.",
            "must be above 0 and at most 1",
        );
    }
}

fn check_excluded(ids: &[String], faults: &mut Faults) {
    let name = "exclude_product_ids";
    faults.require(
        ids.len() <= MAX_EXCLUDED,
        name,
        "200개까지 보낼 수 있습니다.",
        "may hold at most 200",
    );
    let short = ids.iter().all(|id| id.len() <= MAX_PRODUCT_ID_BYTES);
    faults.require(
        short,
        name,
        "상품 번호는 128바이트까지입니다.",
        "holds an id of more than 128 bytes",
    );
}

impl ProfileInput {
    fn check(&self, faults: &mut Faults) {
        let in_order = self
            .budget
            .is_none_or(|b| b.max.is_none_or(|max| b.min <= max));
        faults.require(
            in_order,
            "profile.budget",
            "최소 금액이 최대 금액보다 큽니다.",
            "min must not be above max",
        );
        for (name, words) in [("tastes", &self.tastes), ("avoid", &self.avoid)] {
            let words = words.as_deref().unwrap_or_default();
            let field = format!("profile.{name}");
            faults.require(
                words.len() <= MAX_WORDS,
                &field,
                "30개까지 보낼 수 있습니다.",
                "may hold at most 30",
            );
            let short = words
                .iter()
                .all(|w| w.chars().count() <= MAX_TEXT_CHARACTERS);
            faults.require(
                short,
                &field,
                "300자까지 쓸 수 있습니다.",
                "may hold at most 300 characters each",
            );
        }
        faults.require(
            self.deliver_by.as_deref().is_none_or(is_date),
            "profile.deliver_by",
            "YYYY-MM-DD 형식의 날짜여야 합니다.",
            "must be a date as YYYY-MM-DD",
        );
    }

    fn into_profile(self) -> Profile {
        Profile {
            relation: self.relation,
            gender: self.gender,
            age_band: self.age_band,
            occasion: self.occasion,
            category: self.category,
            budget: self.budget.map(|b| Budget {
                min: b.min,
                max: b.max,
            }),
            tastes: self.tastes.unwrap_or_default(),
            avoid: self.avoid.unwrap_or_default(),
            duty_relation: self.duty_relation,
            deliver_by: self.deliver_by,
            ..Profile::default()
        }
    }
}

/// An amount in won. A whole number written with a decimal point, as some JSON writers do, is the same number.
pub fn won<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let number = serde_json::Number::deserialize(deserializer)?;
    whole(&number)
        .ok_or_else(|| serde::de::Error::custom("must be a whole number from 0 to 4000000000"))
}

/// The same, or `null`.
pub fn optional_won<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    let Some(number) = Option::<serde_json::Number>::deserialize(deserializer)? else {
        return Ok(None);
    };
    whole(&number)
        .map(Some)
        .ok_or_else(|| serde::de::Error::custom("must be a whole number from 0 to 4000000000"))
}

fn whole(number: &serde_json::Number) -> Option<u32> {
    #[expect(clippy::cast_precision_loss, reason = "the bound is exact in a double")]
    let fits = |f: &f64| f.fract() == 0.0 && (0.0..=MAX_WON as f64).contains(f);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to be whole and in range"
    )]
    let amount = number
        .as_u64()
        .or_else(|| number.as_f64().filter(fits).map(|f| f as u64))?;
    u32::try_from(amount).ok().filter(|_| amount <= MAX_WON)
}

/// The one field of a wrong id in a body: there is no such thing for this guest.
pub(crate) fn unknown_id<Id>(
    given: Option<&str>,
    parse: impl Fn(&str) -> Option<Id>,
) -> Result<Option<Id>> {
    given
        .map(|text| parse(text).ok_or(Error::NotFound))
        .transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(json: &str) -> Vec<String> {
        let input: RecommendationInput = match serde_json::from_str(json) {
            Ok(input) => input,
            Err(_) => return vec!["(json)".to_owned()],
        };
        match input.check() {
            Ok(_) => Vec::new(),
            Err(Error::Invalid(faults)) => faults.into_iter().map(|f| f.field).collect(),
            Err(other) => vec![other.to_string()],
        }
    }

    #[test]
    fn wrong_fields_are_named() {
        for (json, expected) in [
            (r#"{}"#, vec![]),
            (
                r#"{"profile":{"budget":{"min":5,"max":4}}}"#,
                vec!["profile.budget"],
            ),
            (
                r#"{"profile":{"budget":{"min":30000.0,"max":4000000000}}}"#,
                vec![],
            ),
            (
                r#"{"profile":{"budget":{"max":4000000001}}}"#,
                vec!["(json)"],
            ),
            (r#"{"profile":{"budget":{"min":-1}}}"#, vec!["(json)"]),
            (r#"{"profile":{"budget":{"min":0.5}}}"#, vec!["(json)"]),
            (
                r#"{"profile":{"deliver_by":"2027-02-29"}}"#,
                vec!["profile.deliver_by"],
            ),
            (r#"{"profile":{},"interview_id":"x"}"#, vec!["profile"]),
            (r#"{"limit":0,"style":1.5}"#, vec!["limit", "style"]),
            (r#"{"keywords":["a",{"text":"b","weight":0.5}]}"#, vec![]),
            (
                r#"{"keywords":[{"text":"b","weight":0}]}"#,
                vec!["keywords[0].weight"],
            ),
            (r#"{"keywords":[{"text":"b","wait":1}]}"#, vec!["(json)"]),
            (r#"{"seed":9007199254740992}"#, vec!["seed"]),
        ] {
            assert_eq!(fields(json), expected, "{json}");
        }
        let many = serde_json::json!({ "keywords": vec!["낚시"; 1_000] }).to_string();
        assert_eq!(fields(&many), ["keywords"]);
        let long = serde_json::json!({ "keywords": ["가".repeat(101)], "profile": { "avoid": ["나".repeat(301)] } });
        assert_eq!(fields(&long.to_string()), ["keywords[0]", "profile.avoid"]);
    }
}
