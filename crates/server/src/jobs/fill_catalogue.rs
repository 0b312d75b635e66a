//! First start: a shop without products gets the sample catalogue, and a shop without a snapshot gets one built.

use super::build_catalogue::build;
use super::swap_catalogue::{self, Outcome};
use crate::app::App;
use crate::clock::parse_rfc3339_ms;
use crate::service::imports::{CURRENCY, import_products};
use anyhow::{Context, anyhow};
use rust_embed::RustEmbed;
use seonmul_engine::catalogue::Product;
use seonmul_engine::profile::Audience;

/// The feed that the sample products belong to.
const SAMPLE_SOURCE: &str = "sample";
const COLUMNS: [&str; 8] = [
    "id",
    "title",
    "category",
    "price",
    "description",
    "tags",
    "audience",
    "concept",
];

/// The sample catalogue, one table for each category.
#[derive(RustEmbed)]
#[folder = "../../data/sample"]
struct Sample;

/// Makes sure that there is a catalogue to serve.
///
/// # Errors
/// When the database fails or the catalogue cannot be built.
pub async fn run_once(app: &App) -> anyhow::Result<()> {
    if app.store.product_count().await? == 0 && app.store.snapshot_latest().await?.is_none() {
        let products = sample_products()?;
        tracing::info!(
            products = products.len(),
            "the shop is empty: loading the sample catalogue"
        );
        import_products(app, products, SAMPLE_SOURCE)
            .await
            .map_err(|e| anyhow!(e))?;
    }
    match swap_catalogue::run_once(app).await {
        Outcome::Swapped | Outcome::Unchanged | Outcome::Unknown => Ok(()),
        Outcome::Nothing | Outcome::Refused => {
            build(app, |_| {}).await?;
            swap_catalogue::run_once(app).await;
            Ok(())
        }
    }
}

/// Vouchers and tickets come as a message at once, unless they come in an envelope.
fn delivery_days(table: &str, title: &str) -> Option<u8> {
    let sent = matches!(table, "voucher.tsv" | "experience.tsv") && !title.contains("봉투");
    sent.then_some(0)
}

/// Every product of the sample tables.
///
/// # Errors
/// Names file and line of a row that does not fit.
pub fn sample_products() -> anyhow::Result<Vec<Product>> {
    let mut products = Vec::new();
    for name in Sample::iter().filter(|name| name.ends_with(".tsv")) {
        let file = Sample::get(&name).with_context(|| format!("data/sample/{name} is gone"))?;
        let text = std::str::from_utf8(&file.data)
            .with_context(|| format!("data/sample/{name} is not UTF-8"))?;
        read_table(&name, text, &mut products)?;
    }
    Ok(products)
}

fn read_table(name: &str, text: &str, products: &mut Vec<Product>) -> anyhow::Result<()> {
    let (mut as_of_ms, mut header_seen) = (None, false);
    for (line, row) in text.lines().enumerate().map(|(i, row)| (i + 1, row)) {
        let place = || format!("data/sample/{name}:{line}");
        if let Some(comment) = row.strip_prefix('#') {
            if let Some(date) = comment.trim().strip_prefix("as_of:") {
                let date = date.trim();
                as_of_ms = parse_rfc3339_ms(&format!("{date}T00:00:00+09:00"));
                as_of_ms.with_context(|| format!("{}: '{date}' is not a date", place()))?;
            }
        } else if !row.trim().is_empty() {
            let cells: Vec<&str> = row.split('\t').map(str::trim).collect();
            let cells: [&str; 8] = cells
                .try_into()
                .map_err(|c: Vec<&str>| anyhow!("{}: {} columns instead of 8", place(), c.len()))?;
            if header_seen {
                let as_of_ms =
                    as_of_ms.with_context(|| format!("{}: no '# as_of:' line above", place()))?;
                let product = product(cells, as_of_ms).with_context(place)?;
                let delivery_days = delivery_days(name, &product.title);
                products.push(Product {
                    delivery_days,
                    ..product
                });
            } else {
                anyhow::ensure!(
                    cells == COLUMNS,
                    "{}: the header must be {}",
                    place(),
                    COLUMNS.join(", ")
                );
                header_seen = true;
            }
        }
    }
    Ok(())
}

fn product(cells: [&str; 8], price_as_of_ms: i64) -> anyhow::Result<Product> {
    let [
        id,
        title,
        category,
        price,
        description,
        tags,
        audience,
        _concept,
    ] = cells;
    let words = |text: &str, separator: char| -> Vec<String> {
        text.split(separator)
            .map(str::trim)
            .filter(|w| !w.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let audience: Audience = if audience.is_empty() {
        Audience::Anyone
    } else {
        audience.parse()?
    };
    Ok(Product {
        product_id: id.to_owned(),
        title: title.to_owned(),
        title_original: title.to_owned(),
        brand: None,
        category: words(category, '>'),
        price: price
            .parse()
            .with_context(|| format!("price '{price}' is not a number"))?,
        currency: CURRENCY.to_owned(),
        image_url: None,
        url: Some(format!("/products/{id}")),
        seller: None,
        rating: None,
        rating_count: None,
        description: description.to_owned(),
        tags: words(tags, ','),
        audience: if audience == Audience::Anyone {
            Vec::new()
        } else {
            vec![audience]
        },
        sponsored: false,
        delivery_days: None,
        price_as_of_ms,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_row_fits() {
        let products = sample_products().unwrap();
        assert!(
            products
                .iter()
                .all(|p| p.price > 0 && !p.title.is_empty() && !p.category.is_empty())
        );
    }

    #[test]
    fn a_wrong_row_is_named_with_its_place() {
        let read = |rows: &str| {
            let mut products = Vec::new();
            read_table("x.tsv", rows, &mut products).map(|()| products)
        };
        let head = "# as_of: 2026-11-01\nid\ttitle\tcategory\tprice\tdescription\ttags\taudience\tconcept\n";
        let good = read(&format!(
            "{head}a\t등\t인테리어 > 조명\t1000\td\tx, y\tanyone\tlamp\n"
        ))
        .unwrap();
        assert_eq!(good[0].category, ["인테리어", "조명"]);
        assert_eq!(good[0].tags, ["x", "y"]);
        let fault = |row: &str| format!("{:#}", read(&format!("{head}{row}")).unwrap_err());
        assert!(fault("a\tb").starts_with("data/sample/x.tsv:3: 2 columns"));
        assert!(fault("a\tb\tc\tfree\td\te\tanyone\tf").contains("x.tsv:3: price 'free'"));
        assert!(fault("a\tb\tc\t1\td\te\taliens\tf").contains("x.tsv:3"));
    }
}
