//! Drawn pictures of gifts: a drawing on the colour of its category. Which drawing stands for which gift is `data/pictures.toml`.

use super::assets;
use serde::Deserialize;
use std::collections::HashMap;

/// Side of a picture, and of the drawing in its middle.
const SIDE: u32 = 160;
const DRAWING_SIDE: u32 = 112;
/// What is shown for a gift of which nothing is known.
const ANY: &str = "any";

/// A table that does not fit the drawings.
#[derive(Debug, thiserror::Error)]
pub enum PicturesError {
    /// Not the table that it should be.
    #[error("data/pictures.toml: {0}")]
    Table(#[from] toml::de::Error),
    /// A drawing that is not there.
    #[error("data/pictures.toml: there is no drawing '{0}'")]
    NoDrawing(String),
    /// A kind of gift with two drawings.
    #[error("data/pictures.toml: '{0}' is listed twice")]
    Twice(String),
    /// The drawing that stands for everything else.
    #[error("data/pictures.toml: the category 'any' is missing")]
    NoAny,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    category: HashMap<String, Background>,
    icon: HashMap<String, Vec<String>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Background {
    icon: String,
    hue: u16,
}

/// All drawings and what they stand for.
#[derive(Debug)]
pub struct Pictures {
    categories: HashMap<String, Background>,
    /// Drawing by kind of gift.
    concepts: HashMap<String, String>,
    any: Background,
}

impl Pictures {
    /// The embedded table.
    ///
    /// # Errors
    /// Names what is wrong with the table.
    pub fn embedded() -> Result<Self, PicturesError> {
        let table: Table = toml::from_str(include_str!("../../../../data/pictures.toml"))?;
        let any = table
            .category
            .get(ANY)
            .cloned()
            .ok_or(PicturesError::NoAny)?;
        let mut concepts = HashMap::new();
        for (icon, ids) in table.icon {
            drawing(&icon)?;
            for id in ids {
                if concepts.insert(id.clone(), icon.clone()).is_some() {
                    return Err(PicturesError::Twice(id));
                }
            }
        }
        for background in table.category.values() {
            drawing(&background.icon)?;
        }
        Ok(Self {
            categories: table.category,
            concepts,
            any,
        })
    }

    /// The picture of a category, or of a kind of gift in its category; `None` for a key that is neither.
    pub fn svg(
        &self,
        key: &str,
        category_of: impl FnOnce(&str) -> Option<&'static str>,
    ) -> Option<String> {
        if let Some(category) = self.categories.get(key) {
            return compose(&category.icon, category.hue);
        }
        let category = category_of(key)?;
        let background = self.categories.get(category).unwrap_or(&self.any);
        compose(
            self.concepts.get(key).unwrap_or(&background.icon),
            background.hue,
        )
    }

    /// The kinds of gifts in the table.
    pub fn concepts(&self) -> impl Iterator<Item = &str> {
        self.concepts.keys().map(String::as_str)
    }

    /// The categories in the table.
    pub fn categories(&self) -> impl Iterator<Item = &str> {
        self.categories.keys().map(String::as_str)
    }
}

/// The shapes of a drawing, without the element around them.
fn drawing(icon: &str) -> Result<String, PicturesError> {
    let file = assets::text(&format!("pictures/{icon}.svg"));
    let shapes = file
        .as_deref()
        .and_then(|file| file.split_once('>')?.1.rsplit_once("</svg>"))
        .map(|(shapes, _)| shapes);
    shapes
        .map(str::to_owned)
        .ok_or_else(|| PicturesError::NoDrawing(icon.to_owned()))
}

/// A drawing on a round of light on its category's colour, with a shadow at its feet.
fn compose(icon: &str, hue: u16) -> Option<String> {
    let shapes = drawing(icon).ok()?;
    let (middle, edge) = (SIDE / 2, (SIDE - DRAWING_SIDE) / 2);
    Some(format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}" width="{SIDE}" height="{SIDE}">
<rect width="{SIDE}" height="{SIDE}" fill="hsl({hue}, 58%, 90%)"/>
<circle cx="{middle}" cy="{middle}" r="62" fill="hsl({hue}, 64%, 94.5%)"/>
<ellipse cx="{middle}" cy="130" rx="38" ry="5" fill="hsl({hue}, 34%, 78%)" opacity=".55"/>
<svg x="{edge}" y="{edge}" width="{DRAWING_SIDE}" height="{DRAWING_SIDE}" viewBox="0 0 96 96">{shapes}</svg>
</svg>
"##
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn category_of(key: &str) -> Option<&'static str> {
        match key {
            "tumbler" | "never_drawn" => Some("kitchen"),
            "odd" => Some("no_such_category"),
            _ => None,
        }
    }

    #[test]
    fn a_kind_without_a_drawing_shows_its_category() {
        let pictures = Pictures::embedded().unwrap();
        let kitchen = pictures.svg("kitchen", category_of).unwrap();
        assert_eq!(pictures.svg("never_drawn", category_of).unwrap(), kitchen);
        assert_ne!(pictures.svg("tumbler", category_of).unwrap(), kitchen);
        assert_eq!(
            pictures.svg("odd", category_of),
            pictures.svg("any", category_of)
        );
        assert_eq!(pictures.svg("nobody_knows", category_of), None);
    }

    #[test]
    fn pictures_hold_shapes_only() {
        let pictures = Pictures::embedded().unwrap();
        for key in pictures.categories().chain(pictures.concepts()) {
            let svg = pictures.svg(key, |_| Some("any")).unwrap();
            for foreign in [
                "<text", "<image", "<script", "<style", "href", "url(", "<!", "style=",
            ] {
                assert!(!svg.contains(foreign), "{key}: {foreign}");
            }
            let mut reader = quick_xml::Reader::from_str(&svg);
            while reader.read_event().unwrap() != quick_xml::events::Event::Eof {}
        }
    }
}
