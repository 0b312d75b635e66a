//! Product search: order of relevance alone (words and concepts), within a price range and a category.
//! `search/query.rs` understands the words, `search/score.rs` finds the best by them, `search/titles.rs` looks at those again.

mod query;
mod score;
mod titles;

use crate::Engine;
use crate::catalogue::{Catalogue, DocId};
use crate::profile::Category;
use crate::text::normalise;
use query::Asked;

/// What to look for.
#[derive(Debug, Clone, Copy, Default)]
pub struct SearchQuery<'a> {
    /// Words, Korean or English; empty finds everything, cheapest first.
    pub query: &'a str,
    /// Lowest price.
    pub min_price: Option<u32>,
    /// Highest price.
    pub max_price: Option<u32>,
    /// A category of the contract ("food") or a path of labels ("식품 > 과일").
    pub category: Option<&'a str>,
    /// Hits wanted.
    pub limit: usize,
    /// Hits to pass over.
    pub offset: usize,
}

/// One page of hits.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SearchPage {
    /// Products with their relevance, best first.
    pub hits: Vec<(DocId, f32)>,
    /// Whether there are more.
    pub more: bool,
}

/// Which products a search may find.
enum Department {
    All,
    Bits(u32),
    Paths(Vec<bool>),
}

impl Engine {
    /// Finds products.
    pub fn search(&self, catalogue: &Catalogue, query: &SearchQuery<'_>) -> SearchPage {
        let range = catalogue.price_range(query.min_price.unwrap_or(0), query.max_price);
        let department = Department::of(catalogue, query.category);
        let documents = catalogue.documents();
        let inside = |doc: DocId| match &department {
            Department::All => true,
            Department::Bits(bits) => documents[doc as usize].category_bits & bits != 0,
            Department::Paths(paths) => paths
                .get(documents[doc as usize].category_path as usize)
                .copied()
                .unwrap_or(false),
        };
        let normal = normalise(query.query);
        if normal.is_empty() {
            if !query.query.trim().is_empty() {
                return SearchPage::default();
            }
            let mut hits: Vec<(DocId, f32)> = range
                .filter(|&d| inside(d))
                .skip(query.offset)
                .take(query.limit + 1)
                .map(|d| (d, 0.0))
                .collect();
            let more = hits.len() > query.limit;
            hits.truncate(query.limit);
            return SearchPage { hits, more };
        }
        let wanted = query.offset.saturating_add(query.limit);
        let asked = Asked::of(self, catalogue, &normal);
        let room = wanted.saturating_add(1).max(titles::LOOKED_AT);
        let mut hits = score::best(&asked, &range, room, inside);
        titles::look_again(catalogue, &asked, &mut hits);
        let page = hits.iter().skip(query.offset).take(query.limit);
        SearchPage {
            hits: page.map(|h| (h.doc, h.score)).collect(),
            more: hits.len() > wanted,
        }
    }
}

impl Department {
    fn of(catalogue: &Catalogue, category: Option<&str>) -> Self {
        match category {
            None => Self::All,
            Some(text) => match text.parse::<Category>() {
                Ok(Category::Any) => Self::All,
                Ok(category) => Self::Bits(category.bit()),
                Err(_) => Self::Paths(
                    catalogue.paths_below(&text.split('>').map(str::trim).collect::<Vec<_>>()),
                ),
            },
        }
    }
}
