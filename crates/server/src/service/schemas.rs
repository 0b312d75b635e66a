//! The closed vocabularies as the interface's document lists them.

use seonmul_engine::profile::{AgeBand, Audience, Category, Gender, Occasion, Relation};
use utoipa::openapi::schema::{ArrayBuilder, SchemaType, Type};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};

macro_rules! vocabulary_schemas {
    ($($name:ident: $type:ty;)+) => {
        $(
            #[doc = concat!("One of the words of [`", stringify!($type), "`], or `null`.")]
            pub fn $name() -> RefOr<Schema> {
                let words = <$type>::ALL.iter().map(|v| Some(v.as_str())).chain([None]);
                let types = SchemaType::from_iter([Type::String, Type::Null]);
                RefOr::T(ObjectBuilder::new().schema_type(types).enum_values(Some(words)).into())
            }
        )+
    };
}

vocabulary_schemas! {
    relation: Relation;
    gender: Gender;
    age_band: AgeBand;
    occasion: Occasion;
    category: Category;
}

/// Some of the words of [`Audience`], or `null`.
pub fn audiences() -> RefOr<Schema> {
    let words = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(Audience::ALL.iter().map(|v| v.as_str())));
    let types = SchemaType::from_iter([Type::Array, Type::Null]);
    RefOr::T(
        ArrayBuilder::new()
            .schema_type(types)
            .items(words)
            .max_items(Some(50))
            .into(),
    )
}

/// Only `true`.
pub fn only_true() -> RefOr<Schema> {
    RefOr::T(
        ObjectBuilder::new()
            .schema_type(Type::Boolean)
            .enum_values(Some([true]))
            .into(),
    )
}
