//! One row as its format gave it: a loosely typed value for each field, borrowed from the row where possible.

use super::fields::Field;
use std::borrow::Cow;

/// A value as written.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) enum Value<'a> {
    #[default]
    Missing,
    Text(Cow<'a, str>),
    Whole(u64),
    Decimal(f64),
    Flag(bool),
    List(Vec<Cow<'a, str>>),
    /// An object, or a list of other things than scalars: no field takes it.
    Nested,
}

impl Value<'_> {
    fn is_blank(&self) -> bool {
        match self {
            Self::Missing => true,
            Self::Text(text) => text.trim().is_empty(),
            _ => false,
        }
    }
}

/// The values of one row.
pub(super) struct Row<'a> {
    values: [Value<'a>; Field::COUNT],
    /// Fields that nothing may replace, a bit each.
    firm: u64,
}

const _: () = assert!(Field::COUNT <= u64::BITS as usize, "a bit for each field");

impl<'a> Row<'a> {
    pub(super) fn new() -> Self {
        Self {
            values: [const { Value::Missing }; Field::COUNT],
            firm: 0,
        }
    }

    /// Sets a field unless an earlier column or key has said something for it.
    pub(super) fn set(&mut self, field: Field, value: Value<'a>) {
        let place = &mut self.values[field as usize];
        if place.is_blank() {
            *place = value;
        }
    }

    /// Sets a field whatever was said before, unless that was set this way too.
    pub(super) fn set_firmly(&mut self, field: Field, value: Value<'a>) {
        if !value.is_blank() && self.firm & (1 << field as u32) == 0 {
            self.values[field as usize] = value;
            self.firm |= 1 << field as u32;
        }
    }

    pub(super) fn has(&self, field: Field) -> bool {
        !self.values[field as usize].is_blank()
    }

    pub(super) fn take(&mut self, field: Field) -> Value<'a> {
        std::mem::take(&mut self.values[field as usize])
    }
}
