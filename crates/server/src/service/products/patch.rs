//! Changes of single products by an administrator.

use super::{ProductView, view};
use crate::app::AppState;
use crate::error::{Error, Faults, Result};
use crate::service::imports::content_hash;
use crate::service::schemas;
use seonmul_engine::catalogue::MAX_DELIVERY_DAYS;
use seonmul_engine::profile::{Audience, Category};
use serde::Deserialize;
use utoipa::ToSchema;

const MAX_TITLE_CHARACTERS: usize = 300;
const MAX_DESCRIPTION_CHARACTERS: usize = 5_000;
const MAX_URL_BYTES: usize = 2_048;
const MAX_LIST: usize = 50;
const MAX_WORD_CHARACTERS: usize = 100;
const MAX_WON: u32 = 4_000_000_000;

/// Fields to change; what is left out stays, `null` empties what can be empty.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductPatch {
    /// Its name.
    #[schema(min_length = 1, max_length = 300)]
    pub title: Option<String>,
    /// Brand.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 100)]
    pub brand: Option<Option<String>>,
    /// From the widest to the narrowest label.
    #[schema(min_items = 1, max_items = 50)]
    pub category: Option<Vec<String>>,
    /// In the currency's minor unit.
    #[schema(minimum = 1, maximum = 4_000_000_000_u64)]
    pub price: Option<u32>,
    /// Picture, https or a path of this service.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 2048)]
    pub image_url: Option<Option<String>>,
    /// Where it can be bought, https or a path of this service.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 2048)]
    pub url: Option<Option<String>>,
    /// Who sells it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 100)]
    pub seller: Option<Option<String>>,
    /// Mean rating.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<f32>, minimum = 0.0, maximum = 5.0)]
    pub rating: Option<Option<f32>>,
    /// Number of ratings.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<u32>)]
    pub rating_count: Option<Option<u32>>,
    /// Description.
    #[schema(max_length = 5000)]
    pub description: Option<String>,
    /// Search words.
    #[schema(max_items = 50)]
    pub tags: Option<Vec<String>>,
    /// For whom it is made.
    #[schema(schema_with = schemas::audiences, required = false)]
    pub audience: Option<Vec<Audience>>,
    /// Whether somebody pays for its being listed.
    pub sponsored: Option<bool>,
    /// Most days from the order to the door, 0 for what is sent at once.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<u8>, maximum = 60)]
    pub delivery_days: Option<Option<u8>>,
}

/// Tells `null` from absent.
fn given<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Changes a product in the database and gives what it is now; guests see it after the next build.
pub async fn patch(app: &AppState, product_id: &str, patch: ProductPatch) -> Result<ProductView> {
    patch.check()?;
    let stored = app
        .store
        .product_fetch(product_id)
        .await?
        .filter(|p| !p.retired)
        .ok_or(Error::NotFound)?;
    let mut product = stored.row.product;
    let now_ms = app.clock.now_ms();
    if patch.price.is_some() {
        product.price_as_of_ms = now_ms;
    }
    if let Some(title) = &patch.title {
        product.title_original.clone_from(title);
    }
    set(&mut product.title, patch.title);
    set(&mut product.brand, patch.brand);
    set(&mut product.category, patch.category);
    set(&mut product.price, patch.price);
    set(&mut product.image_url, patch.image_url);
    set(&mut product.url, patch.url);
    set(&mut product.seller, patch.seller);
    set(&mut product.rating, patch.rating);
    set(&mut product.rating_count, patch.rating_count);
    set(&mut product.description, patch.description);
    set(&mut product.tags, patch.tags);
    set(&mut product.audience, patch.audience);
    set(&mut product.sponsored, patch.sponsored);
    set(&mut product.delivery_days, patch.delivery_days);
    if !app
        .store
        .product_patch(&product, content_hash(&product), now_ms)
        .await?
    {
        return Err(Error::NotFound);
    }
    Ok(view(product, || Category::Any.as_str().to_owned()))
}

/// Takes a product out of the shop; guests see it until the next build.
pub async fn delete(app: &AppState, product_id: &str) -> Result<()> {
    if app
        .store
        .product_delete(product_id, app.clock.now_ms())
        .await?
    {
        Ok(())
    } else {
        Err(Error::NotFound)
    }
}

fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}

impl ProductPatch {
    fn check(&self) -> Result<()> {
        let mut faults = Faults::default();
        let text = |faults: &mut Faults,
                    field: &str,
                    value: Option<&String>,
                    least: usize,
                    most: usize| {
            let fits = value
                .is_none_or(|v| v.trim().chars().count() >= least && v.chars().count() <= most);
            faults.require(
                fits,
                field,
                format!("{least}~{most}자여야 합니다."),
                format!("must hold {least} to {most} characters"),
            );
        };
        text(
            &mut faults,
            "title",
            self.title.as_ref(),
            1,
            MAX_TITLE_CHARACTERS,
        );
        text(
            &mut faults,
            "description",
            self.description.as_ref(),
            0,
            MAX_DESCRIPTION_CHARACTERS,
        );
        text(
            &mut faults,
            "brand",
            self.brand.iter().flatten().next(),
            1,
            MAX_WORD_CHARACTERS,
        );
        text(
            &mut faults,
            "seller",
            self.seller.iter().flatten().next(),
            1,
            MAX_WORD_CHARACTERS,
        );
        for (field, list) in [("category", &self.category), ("tags", &self.tags)] {
            let fits = list.as_ref().is_none_or(|words| {
                words.len() <= MAX_LIST
                    && (field == "tags" || !words.is_empty())
                    && words
                        .iter()
                        .all(|w| !w.trim().is_empty() && w.chars().count() <= MAX_WORD_CHARACTERS)
            });
            faults.require(
                fits,
                field,
                "비어 있거나 너무 긴 값이 있습니다.",
                "holds an empty or too long value, or too many",
            );
        }
        for (field, url) in [("image_url", &self.image_url), ("url", &self.url)] {
            let fits = url.iter().flatten().all(|u| is_link(u));
            faults.require(
                fits,
                field,
                "https 주소여야 합니다.",
                "must be an https address or a path of this service",
            );
        }
        let rating = self.rating.flatten();
        faults.require(
            rating.is_none_or(|r| (0.0..=5.0).contains(&r)),
            "rating",
            "0부터 5 사이여야 합니다.",
            "must be between 0 and 5",
        );
        let days = self.delivery_days.flatten();
        faults.require(
            days.is_none_or(|d| d <= MAX_DELIVERY_DAYS),
            "delivery_days",
            "0부터 60 사이여야 합니다.",
            "must be between 0 and 60",
        );
        let price = self.price.is_none_or(|p| (1..=MAX_WON).contains(&p));
        faults.require(
            price,
            "price",
            "1부터 4000000000 사이여야 합니다.",
            "must be between 1 and 4000000000",
        );
        faults.finish()
    }
}

fn is_link(url: &str) -> bool {
    let clean = url.len() <= MAX_URL_BYTES
        && !url
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || "<>\"'`\\".contains(c));
    let rest = url
        .strip_prefix("https://")
        .is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'));
    clean && (rest || (url.starts_with('/') && !url.starts_with("//")))
}
