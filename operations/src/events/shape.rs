//! What the data of an event holds.

use serde_json::Value as Json;
use uuid::Uuid;

/// One field of an event's data.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub shape: Shape,
    /// Whether it may be null or left out.
    pub nullable: bool,
    /// What it means.
    pub meaning: &'static str,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A text.
    Text,
    /// A text that somebody wrote, and may say something of a person: sealed in the log.
    Words,
    /// Texts.
    Texts,
    /// A whole number.
    Count,
    /// Yes or no.
    Flag,
    /// A decimal in a text, in the currency beside it.
    Amount,
    /// A moment, as RFC 3339 writes it.
    Moment,
    /// The id of something, by the prefix of such ids. People stand in events by id alone.
    Id(&'static str),
}

impl Shape {
    /// Its name in the API.
    pub fn name(self) -> String {
        match self {
            Self::Text | Self::Words => "String".into(),
            Self::Texts => "[String!]".into(),
            Self::Count => "Int".into(),
            Self::Flag => "Boolean".into(),
            Self::Amount => "Decimal".into(),
            Self::Moment => "DateTime".into(),
            Self::Id(prefix) => format!("ID ({prefix}_…)"),
        }
    }
}

impl Field {
    pub(super) fn fits(&self, value: Option<&Json>) -> bool {
        let Some(value) = value.filter(|value| !value.is_null()) else { return self.nullable };
        let text = value.as_str();
        match self.shape {
            Shape::Text | Shape::Words => text.is_some(),
            Shape::Texts => value.as_array().is_some_and(|texts| texts.iter().all(Json::is_string)),
            Shape::Count => value.is_i64(),
            Shape::Flag => value.is_boolean(),
            Shape::Amount => text.is_some_and(|text| text.parse::<rust_decimal::Decimal>().is_ok()),
            Shape::Moment => text.is_some_and(|text| text.ends_with('Z')),
            Shape::Id(_) => text.is_some_and(|text| text.parse::<Uuid>().is_ok()),
        }
    }
}
