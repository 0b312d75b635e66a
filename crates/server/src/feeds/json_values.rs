//! A JSON object as a row: known keys by any of their names, values of whatever type, unknown keys passed over.

use super::FeedFormat;
use super::errors::Rejection;
use super::fields::Field;
use super::rows::{Row, Value};
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use std::borrow::Cow;
use std::fmt;

/// More elements than any list may have; what follows is passed over.
const MAX_LIST: usize = 1_000;

/// Reads one object. A fault of syntax tells its line within `text` (from 0) beside the reason.
pub(super) fn row_of_json(format: FeedFormat, text: &str) -> Result<Row<'_>, (u64, Rejection)> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let row = RowSeed { format }
        .deserialize(&mut deserializer)
        .and_then(|row| deserializer.end().map(|()| row));
    row.map_err(|error| {
        let line = error.line().saturating_sub(1) as u64;
        if error.is_eof() {
            return (line, Rejection::CutOff);
        }
        // serde_json repeats line and column at the end of its sentence.
        let sentence = error.to_string();
        let problem = sentence
            .rsplit_once(" at line ")
            .map_or(sentence.as_str(), |(problem, _)| problem);
        (
            line,
            Rejection::InvalidJson {
                column: error.column(),
                problem: problem.to_owned(),
            },
        )
    })
}

struct RowSeed {
    format: FeedFormat,
}

impl<'de> DeserializeSeed<'de> for RowSeed {
    type Value = Row<'de>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Row<'de>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for RowSeed {
    type Value = Row<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with the fields of one product")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Row<'de>, A::Error> {
        let mut row = Row::new();
        while let Some(field) = map.next_key_seed(KeySeed {
            format: self.format,
        })? {
            match field {
                Some(field) => row.set(field, map.next_value()?),
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(row)
    }
}

struct KeySeed {
    format: FeedFormat,
}

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Option<Field>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<Field>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed {
    type Value = Option<Field>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Option<Field>, E> {
        Ok(Field::of_name(self.format, key))
    }
}

impl<'de> Deserialize<'de> for Value<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value<'de>, E> {
        Ok(Value::Missing)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Value<'de>, E> {
        Ok(Value::Flag(flag))
    }

    fn visit_u64<E: Error>(self, whole: u64) -> Result<Value<'de>, E> {
        Ok(Value::Whole(whole))
    }

    fn visit_i64<E: Error>(self, negative: i64) -> Result<Value<'de>, E> {
        Ok(Value::Decimal(negative as f64))
    }

    fn visit_f64<E: Error>(self, decimal: f64) -> Result<Value<'de>, E> {
        Ok(Value::Decimal(decimal))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value<'de>, A::Error> {
        let mut list = Vec::new();
        let mut nested = false;
        while let Some(element) = elements.next_element::<Value<'de>>()? {
            match element {
                _ if list.len() >= MAX_LIST => {}
                Value::Text(text) => list.push(text),
                Value::Whole(whole) => list.push(Cow::Owned(whole.to_string())),
                Value::Missing => {}
                Value::Decimal(_) | Value::Flag(_) | Value::List(_) | Value::Nested => {
                    nested = true
                }
            }
        }
        Ok(if nested {
            Value::Nested
        } else {
            Value::List(list)
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value<'de>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value::Nested)
    }
}
