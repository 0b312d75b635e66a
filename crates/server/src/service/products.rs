//! Products: searched and read in the mapped catalogue, changed in the database. A change is served after the next build.

mod patch;

pub use patch::{ProductPatch, delete, patch};

use crate::app::AppState;
use crate::clock::rfc3339;
use crate::error::{Error, Faults, Result};
use crate::service::paging;
use seonmul_engine::catalogue::{Catalogue, DocId, Product};
use seonmul_engine::search::SearchQuery;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

const MAX_QUERY_CHARACTERS: usize = 200;
const MAX_CATEGORY_CHARACTERS: usize = 200;

/// A product.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ProductView {
    /// The shop's id.
    pub product_id: String,
    /// Its name.
    pub title: String,
    /// Brand, if there is one.
    pub brand: Option<String>,
    /// From the widest to the narrowest label.
    pub category: Vec<String>,
    /// In the currency's minor unit.
    pub price: u32,
    /// ISO 4217.
    pub currency: String,
    /// Picture: https, or a path of this service.
    pub image_url: String,
    /// Where it can be bought: https, or a path of this service.
    pub url: String,
    /// Who sells it.
    pub seller: Option<String>,
    /// Mean rating, 0 to 5.
    pub rating: Option<f32>,
    /// Number of ratings.
    pub rating_count: Option<u32>,
    /// Most days from the order to the door, 0 for what is sent at once; `null` where the seller does not say.
    #[schema(maximum = 60)]
    pub delivery_days: Option<u8>,
    /// When the price was last seen, RFC 3339 in UTC.
    pub price_as_of: String,
    /// Whether somebody pays for its being listed; never part of a score.
    pub sponsored: bool,
}

/// A product that was found.
#[derive(Debug, Serialize, ToSchema)]
pub struct FoundProduct {
    /// The product.
    #[serde(flatten)]
    pub product: ProductView,
    /// How well it fits the query.
    pub score: f32,
}

/// A page of products.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProductPage {
    /// In order of relevance alone.
    pub products: Vec<FoundProduct>,
    /// Where the next page begins; `null` at the end.
    pub next_cursor: Option<String>,
}

/// What is looked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ProductSearch {
    /// Words.
    #[param(max_length = 200)]
    pub query: Option<String>,
    /// Lowest price.
    #[param(maximum = 4_000_000_000_u64)]
    pub min_price: Option<u32>,
    /// Highest price.
    #[param(maximum = 4_000_000_000_u64)]
    pub max_price: Option<u32>,
    /// A category's stable word, or a path of labels joined by ` > `.
    #[param(max_length = 200)]
    pub category: Option<String>,
    /// Products of a page; 20 when nothing is said.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// The catalogue being served.
#[derive(Debug, Serialize, ToSchema)]
pub struct CatalogueView {
    /// Names its content.
    pub catalogue_version: String,
    /// How many products it holds.
    pub products: usize,
    /// When it was built, RFC 3339 in UTC.
    pub built_at: String,
    /// Its categories, in order of their labels.
    pub categories: Vec<CategoryView>,
}

/// One category.
#[derive(Debug, Serialize, ToSchema)]
pub struct CategoryView {
    /// From the widest to the narrowest label.
    pub path: Vec<String>,
    /// Products directly in it.
    pub count: u32,
}

/// Searches the catalogue.
pub fn search(app: &AppState, search: &ProductSearch) -> Result<ProductPage> {
    check(search)?;
    let limit = paging::limit(search.limit, paging::MAX_LIMIT, paging::DEFAULT_LIMIT)? as usize;
    let offset = paging::parse_offset(search.cursor.as_deref())?;
    let catalogue = app.catalogue()?;
    let query = SearchQuery {
        query: search.query.as_deref().unwrap_or(""),
        min_price: search.min_price,
        max_price: search.max_price,
        category: search.category.as_deref(),
        limit,
        offset,
    };
    let page = app.engine.search(&catalogue, &query);
    let found = page.hits.iter().filter_map(|(doc, score)| {
        Some(FoundProduct {
            product: view_of(app, &catalogue, *doc)?,
            score: *score,
        })
    });
    let next_cursor = if page.more {
        paging::offset_cursor(offset + limit)
    } else {
        None
    };
    Ok(ProductPage {
        products: found.collect(),
        next_cursor,
    })
}

/// One product of the catalogue.
pub fn fetch(app: &AppState, product_id: &str) -> Result<ProductView> {
    let catalogue = app.catalogue()?;
    catalogue
        .doc_of(product_id)
        .and_then(|doc| view_of(app, &catalogue, doc))
        .ok_or(Error::NotFound)
}

/// What is being served.
pub fn catalogue(app: &AppState) -> Result<CatalogueView> {
    let catalogue = app.catalogue()?;
    let categories = catalogue.categories().into_iter().map(|c| CategoryView {
        path: c.path,
        count: c.count,
    });
    Ok(CatalogueView {
        catalogue_version: catalogue.version().to_owned(),
        products: catalogue.len(),
        built_at: rfc3339(catalogue.built_at_ms()),
        categories: categories.collect(),
    })
}

/// A product of the catalogue as the outside sees it. One without a picture gets a drawn one.
pub fn view_of(app: &AppState, catalogue: &Catalogue, doc: DocId) -> Option<ProductView> {
    let product = catalogue.product(doc)?;
    let drawn = || catalogue.picture_key(doc, &app.engine);
    Some(view(product, drawn))
}

fn view(product: Product, picture_key: impl Fn() -> String) -> ProductView {
    ProductView {
        image_url: product
            .image_url
            .unwrap_or_else(|| format!("/pictures/{}.svg", picture_key())),
        url: product
            .url
            .unwrap_or_else(|| format!("/products/{}", path_segment(&product.product_id))),
        product_id: product.product_id,
        title: product.title,
        brand: product.brand,
        category: product.category,
        price: product.price,
        currency: product.currency,
        seller: product.seller,
        rating: product.rating,
        rating_count: product.rating_count,
        delivery_days: product.delivery_days,
        price_as_of: rfc3339(product.price_as_of_ms),
        sponsored: product.sponsored,
    }
}

/// An id as one segment of a path.
fn path_segment(id: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~');
    id.bytes()
        .fold(String::with_capacity(id.len()), |mut path, b| {
            if plain(b) {
                path.push(char::from(b));
            } else {
                path.push_str(&format!("%{b:02X}"));
            }
            path
        })
}

fn check(search: &ProductSearch) -> Result<()> {
    let mut faults = Faults::default();
    let short = |text: &Option<String>, most: usize| {
        text.as_ref().is_none_or(|t| t.chars().count() <= most)
    };
    faults.require(
        short(&search.query, MAX_QUERY_CHARACTERS),
        "query",
        "200자까지 쓸 수 있습니다.",
        "may hold at most 200 characters",
    );
    faults.require(
        short(&search.category, MAX_CATEGORY_CHARACTERS),
        "category",
        "200자까지 쓸 수 있습니다.",
        "may hold at most 200 characters",
    );
    for (field, price) in [
        ("min_price", search.min_price),
        ("max_price", search.max_price),
    ] {
        faults.require(
            price.is_none_or(|p| p <= 4_000_000_000),
            field,
            "0부터 4000000000 사이여야 합니다.",
            "must be between 0 and 4000000000",
        );
    }
    let in_order = search
        .min_price
        .zip(search.max_price)
        .is_none_or(|(min, max)| min <= max);
    faults.require(
        in_order,
        "min_price",
        "최소 금액이 최대 금액보다 큽니다.",
        "must not be above max_price",
    );
    faults.finish()
}
