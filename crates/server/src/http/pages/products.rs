//! One product, on a card and on its own page.

use super::texts::fill;
use super::visit::{Visit, show};
use super::{Frame, Lang, Page, Picture, format};
use crate::app::App;
use crate::error::Result;
use crate::http::extract::ApiPath;
use crate::service::products::{self, ProductView};
use askama::Template;
use axum::extract::State;
use axum::response::Response;

/// A product as people read it.
#[derive(Debug, Clone)]
pub struct ProductCard {
    /// The shop's id.
    pub product_id: String,
    /// Its name.
    pub title: String,
    /// Brand, if there is one.
    pub brand: Option<String>,
    /// From the widest to the narrowest label.
    pub category: Vec<String>,
    /// With its currency.
    pub price: String,
    /// The day on which the price was seen.
    pub price_date: String,
    /// Its picture.
    pub picture: Picture,
    /// Where it can be bought.
    pub shop: Option<ShopLink>,
    /// Who sells it.
    pub seller: Option<String>,
    /// Mean rating and how many there are.
    pub rating: Option<(f32, u32)>,
    /// Whether somebody pays for its being listed.
    pub sponsored: bool,
}

/// A way to a shop.
#[derive(Debug, Clone)]
pub struct ShopLink {
    /// https.
    pub url: String,
    /// What search engines should make of it.
    pub rel: &'static str,
}

impl ShopLink {
    /// The way to a shop, if the address leads out of this service.
    pub fn new(url: &str, sponsored: bool) -> Option<Self> {
        let rel = if sponsored {
            "nofollow noopener sponsored"
        } else {
            "nofollow noopener"
        };
        url.starts_with("https://").then(|| Self {
            url: url.to_owned(),
            rel,
        })
    }
}

impl ProductCard {
    /// Address of the product's own page.
    pub fn page_url(&self) -> String {
        format!("/products/{}", format::path_segment(&self.product_id))
    }

    pub(super) fn stars(&self) -> Option<String> {
        self.rating.map(|(mean, count)| match count {
            0 => format!("★ {mean:.1}"),
            count => format!("★ {mean:.1} ({})", format::grouped(count)),
        })
    }

    /// The rating for those who do not see the star.
    pub(super) fn stars_spoken(&self, frame: &Frame) -> String {
        let Some((mean, count)) = self.rating else {
            return String::new();
        };
        fill(
            &fill(frame.t.result.rating, "stars", format!("{mean:.1}")),
            "count",
            format::grouped(count),
        )
    }

    pub(super) fn price_note(&self, frame: &Frame) -> String {
        fill(frame.t.result.price_date, "date", &self.price_date)
    }
}

impl ProductCard {
    /// A product of the catalogue as people read it.
    pub fn from_view(product: ProductView, lang: Lang) -> Self {
        Self {
            price: format::price(product.price, &product.currency, lang),
            price_date: format::date(&product.price_as_of, lang),
            picture: Picture::new(product.image_url),
            shop: ShopLink::new(&product.url, product.sponsored),
            rating: product
                .rating
                .map(|mean| (mean, product.rating_count.unwrap_or(0))),
            product_id: product.product_id,
            title: product.title,
            brand: product.brand,
            category: product.category,
            seller: product.seller,
            sponsored: product.sponsored,
        }
    }
}

/// One product of the catalogue.
pub(in crate::http) async fn product(
    State(app): State<App>,
    visit: Visit,
    ApiPath(id): ApiPath<String>,
) -> Result<Response> {
    let product = ProductCard::from_view(products::fetch(&app, &id)?, visit.lang);
    show(&ProductPage {
        frame: visit.frame(),
        product,
    })
}

/// A product's own page.
#[derive(Debug, Template)]
#[template(path = "product.html")]
pub struct ProductPage {
    /// The frame.
    pub frame: Frame,
    /// The product.
    pub product: ProductCard,
}

impl Page for ProductPage {
    const NAME: &'static str = "product";

    fn samples(lang: Lang) -> Vec<Self> {
        let page = |product: ProductCard| Self {
            frame: Frame::new(lang, product.page_url()),
            product,
        };
        sample_products(lang)
            .into_iter()
            .take(3)
            .map(page)
            .collect()
    }
}

/// Products of all sorts: long names, no brand, no shop, another's picture, an advertisement.
pub(super) fn sample_products(lang: Lang) -> Vec<ProductCard> {
    let day = format::date("2026-11-20T03:00:00Z", lang);
    let product =
        |id: &str, title: &str, category: &[&str], price: u32, picture: &str| ProductCard {
            product_id: id.to_owned(),
            title: title.to_owned(),
            brand: None,
            category: category.iter().map(|&c| c.to_owned()).collect(),
            price: format::price(price, "KRW", lang),
            price_date: day.clone(),
            picture: Picture::new(picture),
            shop: ShopLink::new(&format!("https://shop.example/item?id={id}&ref=a"), false),
            seller: Some("Sample Shop".to_owned()),
            rating: Some((4.6, 1_284)),
            sponsored: false,
        };
    let mut products = vec![
        product(
            "tumbler-01",
            "진공 단열 텀블러 473ml 손잡이 뚜껑 세트",
            &["주방", "텀블러"],
            32_000,
            "/pictures/tumbler.svg",
        ),
        product(
            "b 2/한",
            "Noise-cancelling wireless over-ear headphones with forty hours of battery life, foldable, in warm grey (2026 edition)",
            &["디지털", "음향", "헤드폰"],
            489_000,
            "/pictures/headphones.svg",
        ),
        product(
            "candle-03",
            "소이 캔들 무화과향",
            &["인테리어", "캔들"],
            18_900,
            "https://images.invalid/missing.jpg",
        ),
        product(
            "camp-04",
            "캠핑 의자 접이식 경량 1kg 전용 가방 포함",
            &["캠핑·아웃도어", "의자"],
            45_000,
            "/pictures/camping_chair.svg",
        ),
        product(
            "ginseng-05",
            "6년근 홍삼정 스틱 30포 선물 상자",
            &["건강", "홍삼"],
            68_000,
            "/pictures/red_ginseng_stick.svg",
        ),
        product(
            "book-06",
            "그림책 작가와의 편지 엽서 묶음",
            &["도서·문구", "편지"],
            12_000,
            "/pictures/letter_set.svg",
        ),
        product(
            "game-07",
            "가족 보드게임 타일 놓기 2~4인",
            &["취미", "보드게임"],
            28_900,
            "/pictures/board_game.svg",
        ),
        product(
            "flower-08",
            "생화 꽃다발 계절 믹스 중형",
            &["꽃·식물", "꽃다발"],
            49_000,
            "/pictures/flower_bouquet.svg",
        ),
    ];
    products[1].brand = Some("Haneul Audio".to_owned());
    products[1].sponsored = true;
    products[1].shop = ShopLink::new("https://shop.example/headphones", true);
    products[2].shop = None;
    products[2].seller = None;
    products[2].rating = None;
    products[4].rating = Some((4.9, 0));
    products
}
