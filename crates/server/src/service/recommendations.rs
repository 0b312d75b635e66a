//! Recommendations: checked, ranked on the mapped catalogue, and stored whole before they are answered. No outside call on this path.

mod critiques;
mod events;
pub(crate) mod input;
mod refine;
mod view;
mod why_not;

pub use critiques::{CritiqueInput, CritiqueKind, critique};
pub use events::{EventInput, EventKind, EventsAccepted, EventsInput, record_events};
pub use input::{BudgetInput, KeywordInput, ProfileInput, RecommendationInput};
pub use refine::{OfferView, OfferedView, accept, offer};
pub use view::{BasisView, ItemView, RecommendationPage, RecommendationView};
pub use why_not::{WhyNotView, why_not, why_not_named};

use crate::app::AppState;
use crate::error::{Error, Result};
use crate::service::{interviews, llm, paging};
use input::{Wish, unknown_id};
use seonmul_engine::catalogue::{Catalogue, DocId};
use seonmul_engine::keyword::{Keyword, KeywordSource};
use seonmul_engine::profile::Profile;
use seonmul_engine::rank::Params;
use seonmul_engine::{Engine, Lang};
use seonmul_store::{
    GuestKey, IdempotencyNew, IdempotencyRow, InsertOutcome, InterviewId, ItemRow, OutboxEvent,
    RecommendationId, RecommendationNew,
};
use serde_json::json;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use xxhash_rust::xxh3::xxh3_64;

const IDEMPOTENCY_TTL_MS: i64 = 24 * 3_600_000;
/// The status that stands beside a stored answer; results are only ever created.
const CREATED: u16 = 201;

/// What a request for a recommendation became.
#[derive(Debug)]
pub struct Made {
    /// Its id.
    pub recommendation_id: String,
    /// All of it as JSON, exactly as stored.
    pub body_json: String,
    /// Whether it was made by an earlier request with the same idempotency key.
    pub replayed: bool,
}

/// Everything that a list is made from.
struct Basis {
    interview_id: Option<InterviewId>,
    parent_id: Option<RecommendationId>,
    profile: Profile,
    keywords: Vec<Keyword>,
    limit: usize,
    exclude_product_ids: Vec<String>,
    style: f32,
    seed: Option<u64>,
    /// What a second look put first, and why.
    preferred: Vec<(DocId, Option<String>)>,
}

impl Basis {
    /// How to rank by it, but for the seed.
    fn params(&self, app: &AppState, lang: Lang) -> Params {
        Params {
            limit: self.limit,
            exclude_product_ids: self.exclude_product_ids.clone(),
            style: self.style,
            seed: 0,
            lang,
            today: Some(app.clock.today_in_korea()),
            preferred: self.preferred.iter().map(|p| p.0).collect(),
        }
    }

    /// What a second look says of a product.
    fn reason_of(&self, doc: DocId) -> Option<String> {
        let found = self.preferred.iter().find(|p| p.0 == doc)?;
        found.1.clone()
    }
}

/// Makes a recommendation, or gives back the one that the same idempotency key made.
pub async fn create(
    app: &AppState,
    guest: &GuestKey,
    input: &RecommendationInput,
    idempotency_key: Option<String>,
    lang: Lang,
) -> Result<Made> {
    let wish = input.check()?;
    let key = idempotency_key.map(|key| (key, request_hash("recommendation", input)));
    if let Some(replay) = replayed(app, guest, key.as_ref()).await? {
        return Ok(replay);
    }
    input.check_deadline(app.clock.today_in_korea())?;
    let catalogue = app.catalogue()?;
    let basis = basis(app, guest, input, wish, &catalogue, lang).await?;
    make(app, guest, basis, key, &catalogue, lang).await
}

/// A recommendation as it was stored.
pub async fn fetch(app: &AppState, guest: &GuestKey, id: &RecommendationId) -> Result<String> {
    let row = app
        .store
        .recommendation_fetch(guest, id)
        .await?
        .ok_or(Error::NotFound)?;
    Ok(row.body_json)
}

/// A guest's recommendations, newest first; of one interview, if it is named.
pub async fn list(
    app: &AppState,
    guest: &GuestKey,
    interview_id: Option<&str>,
    cursor: Option<&str>,
    limit: Option<u32>,
) -> Result<RecommendationPage> {
    let limit = paging::limit(limit, paging::MAX_LIMIT, paging::DEFAULT_LIMIT)?;
    let before = paging::parse_cursor(cursor, RecommendationId::parse)?;
    let interview = unknown_id(interview_id, InterviewId::parse)?;
    if let Some(interview) = &interview {
        interviews::load(app, guest, interview).await?;
    }
    let mut rows = app
        .store
        .recommendation_list(guest, interview.as_ref(), before, limit + 1)
        .await?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let last = rows.last().filter(|_| more);
    let next_cursor =
        last.map(|row| paging::cursor_after(row.created_ms, row.recommendation_id.as_str()));
    let bodies = rows
        .into_iter()
        .map(|row| RawValue::from_string(row.body_json));
    Ok(RecommendationPage {
        recommendations: bodies.collect::<Result<_, _>>()?,
        next_cursor,
    })
}

/// SHA-256 over what was understood of a request, so that spacing and the order of fields do not matter.
fn request_hash(kind: &str, input: &impl serde::Serialize) -> [u8; 32] {
    let body = serde_json::to_vec(input).unwrap_or_default();
    Sha256::new()
        .chain_update(kind)
        .chain_update([0])
        .chain_update(body)
        .finalize()
        .into()
}

async fn replayed(
    app: &AppState,
    guest: &GuestKey,
    key: Option<&(String, [u8; 32])>,
) -> Result<Option<Made>> {
    let Some((key, hash)) = key else {
        return Ok(None);
    };
    match app
        .store
        .idempotency_fetch(guest, key, app.clock.now_ms())
        .await?
    {
        Some(first) => replay(first, hash).map(Some),
        None => Ok(None),
    }
}

fn replay(first: IdempotencyRow, hash: &[u8; 32]) -> Result<Made> {
    #[derive(serde::Deserialize)]
    struct Named {
        recommendation_id: String,
    }
    if first.request_hash != *hash {
        return Err(Error::IdempotencyMismatch);
    }
    let named: Named = serde_json::from_str(&first.response_json)?;
    Ok(Made {
        recommendation_id: named.recommendation_id,
        body_json: first.response_json,
        replayed: true,
    })
}

async fn basis(
    app: &AppState,
    guest: &GuestKey,
    input: &RecommendationInput,
    wish: Wish,
    catalogue: &Catalogue,
    lang: Lang,
) -> Result<Basis> {
    let parent_id = unknown_id(input.parent_id.as_deref(), RecommendationId::parse)?;
    if let Some(parent) = &parent_id {
        app.store
            .recommendation_fetch(guest, parent)
            .await?
            .ok_or(Error::NotFound)?;
    }
    let interview_id = unknown_id(input.interview_id.as_deref(), InterviewId::parse)?;
    let engine = &app.engine;
    let (mut profile, answered) = match &interview_id {
        Some(id) => {
            let (_, rows) = interviews::load(app, guest, id).await?;
            let answered = interviews::answered(&rows)?;
            (engine.understand(&answered).profile, Some(answered))
        }
        None => (wish.profile, None),
    };
    let mut keywords = given_keywords(engine, &wish.keywords, &mut profile);
    if keywords.is_empty() {
        keywords = match &answered {
            // What the model said is used when it is there; this path waits for nobody.
            Some(answered) => match llm::keywords::prepared(app, answered, catalogue, lang).await {
                Some(composed) => composed.keywords,
                None => engine.keywords(answered, catalogue, lang),
            },
            None => engine.keywords_for_profile(&profile, catalogue, lang),
        };
    }
    let (limit, exclude_product_ids, style) = (wish.limit, wish.exclude_product_ids, wish.style);
    Ok(Basis {
        interview_id,
        parent_id,
        profile,
        keywords,
        limit,
        exclude_product_ids,
        style,
        seed: input.seed,
        preferred: Vec::new(),
    })
}

/// The keywords of a request after cleaning. Words about the occasion fill what the profile leaves open.
fn given_keywords(
    engine: &Engine,
    words: &[(String, Option<f32>)],
    profile: &mut Profile,
) -> Vec<Keyword> {
    if words.is_empty() {
        return Vec::new();
    }
    engine.ground(words, profile, KeywordSource::Guest).keywords
}

/// Ranks and stores.
async fn make(
    app: &AppState,
    guest: &GuestKey,
    basis: Basis,
    key: Option<(String, [u8; 32])>,
    catalogue: &Catalogue,
    lang: Lang,
) -> Result<Made> {
    let now_ms = app.clock.now_ms();
    let seed = basis
        .seed
        .unwrap_or_else(|| default_seed(&basis, catalogue.version()));
    let params = Params {
        seed,
        ..basis.params(app, lang)
    };
    let mut ranking = app
        .engine
        .rank(catalogue, &basis.profile, &basis.keywords, &params);
    for item in &mut ranking.items {
        if let Some(reason) = basis.reason_of(item.doc) {
            item.reason = reason;
        }
    }
    let counterfactuals = app.engine.counterfactuals(
        catalogue,
        &basis.profile,
        &basis.keywords,
        &params,
        &ranking,
    );
    let id = RecommendationId::random();
    let mut view = view::build(app, &id, &basis, seed, &ranking, catalogue, now_ms);
    view.counterfactuals = view::counterfactuals(counterfactuals);
    let body_json = serde_json::to_string(&view)?;
    let hash = key.as_ref().map(|(_, hash)| *hash);
    let new = RecommendationNew {
        recommendation_id: id.clone(),
        guest: *guest,
        interview_status: basis
            .interview_id
            .as_ref()
            .map(|_| interviews::COMPLETED.to_owned()),
        interview_id: basis.interview_id,
        parent_id: basis.parent_id,
        created_ms: now_ms,
        catalogue_version: catalogue.version().to_owned(),
        seed,
        items: view.items.iter().map(item_row).collect(),
        idempotency: key.map(|(key, request_hash)| IdempotencyNew {
            key,
            request_hash,
            status: CREATED,
            response_json: body_json.clone(),
            created_ms: now_ms,
            expires_ms: now_ms + IDEMPOTENCY_TTL_MS,
        }),
        event: created_event(guest, &view, now_ms),
        body_json,
    };
    match app.store.recommendation_insert(&new).await? {
        InsertOutcome::Stored => {
            app.metrics
                .recommendation(view.keywords.first().map_or("none", |k| k.source));
            Ok(Made {
                recommendation_id: id.to_string(),
                body_json: new.body_json,
                replayed: false,
            })
        }
        InsertOutcome::Replayed(first) => replay(first, &hash.unwrap_or_default()),
    }
}

/// Equal requests on an equal catalogue get an equal seed, and so an equal list. 53 bits, which every JSON reader keeps exactly.
fn default_seed(basis: &Basis, version: &str) -> u64 {
    let bytes = serde_json::to_vec(&(&basis.profile, &basis.keywords, version)).unwrap_or_default();
    xxh3_64(&bytes) >> 11
}

fn item_row(item: &ItemView) -> ItemRow {
    ItemRow {
        rank: item.rank,
        product_id: item.product.product_id.clone(),
        score: item.score,
        propensity: item.propensity,
        explore: item.explore,
    }
}

fn created_event(guest: &GuestKey, view: &RecommendationView, now_ms: i64) -> OutboxEvent {
    let items = view.items.iter().map(|item| {
        json!({ "product_id": item.product.product_id, "rank": item.rank, "score": item.score, "propensity": item.propensity,
                "explore": item.explore })
    });
    let payload = json!({
        "recommendation_id": view.recommendation_id,
        "interview_id": view.interview_id,
        "parent_id": view.parent_id,
        "catalogue_version": view.catalogue_version,
        "seed": view.seed,
        "relaxations": view.relaxations.iter().map(|r| r.constraint.as_str()).collect::<Vec<_>>(),
        "items": items.collect::<Vec<_>>(),
    });
    OutboxEvent::new(
        Some(*guest),
        "recommendation.created",
        payload.to_string(),
        now_ms,
    )
}
