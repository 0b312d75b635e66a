//! One product of the shop, as validated rows hold it and as the snapshot gives it back.

use crate::profile::Audience;
use serde::{Deserialize, Serialize};

/// Longest delivery that a product may name, in days.
pub const MAX_DELIVERY_DAYS: u8 = 60;

/// A validated product, ready to be stored and indexed. Texts are plain (no markup), links are https or a local path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Product {
    /// The shop's own id, at most 128 bytes, unique in the catalogue.
    pub product_id: String,
    /// Title cleaned for display.
    pub title: String,
    /// Title as the feed gave it, tags and entities included.
    pub title_original: String,
    /// Brand, if the feed names one.
    pub brand: Option<String>,
    /// Category path from the widest to the narrowest label.
    pub category: Vec<String>,
    /// Price in the currency's minor unit, at least 1.
    pub price: u32,
    /// ISO 4217 code of the currency.
    pub currency: String,
    /// Picture, https or a path of this service.
    pub image_url: Option<String>,
    /// Where it can be bought, https or a path of this service.
    pub url: Option<String>,
    /// Who sells it.
    pub seller: Option<String>,
    /// Mean rating, 0 to 5.
    pub rating: Option<f32>,
    /// Number of ratings.
    pub rating_count: Option<u32>,
    /// Description, at most 5,000 characters.
    pub description: String,
    /// Search words.
    pub tags: Vec<String>,
    /// For whom the feed says it is made; what the title says is added at build.
    pub audience: Vec<Audience>,
    /// Whether somebody pays for its listing; shown, never scored.
    pub sponsored: bool,
    /// Most days from the order to the door, 0 to [`MAX_DELIVERY_DAYS`]; 0 is sent at once. `None` where nobody says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_days: Option<u8>,
    /// When the price was last seen, in milliseconds since 1970 UTC.
    pub price_as_of_ms: i64,
}
