//! Guesses the format of a feed from its first bytes, its name or its content type.

use super::FeedFormat;
use flate2::read::MultiGzDecoder;
use std::borrow::Cow;
use std::io::Read;

/// As much of a file as a guess needs.
const SAMPLE_BYTES: u64 = 8 << 10;

pub(super) fn by_content(file_name: &str, first_bytes: &[u8]) -> Option<FeedFormat> {
    let name = file_name.to_ascii_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let sample = unpacked(first_bytes);
    let text = String::from_utf8_lossy(&sample);
    let text = text.trim_start_matches('\u{FEFF}').trim_start();
    let header = text.lines().next().unwrap_or_default().to_lowercase();
    match extension {
        "ndjson" | "jsonl" => Some(FeedFormat::Ndjson),
        "csv" => Some(FeedFormat::Csv),
        "tsv" | "tab" => Some(tab_separated(&header)),
        "xml" | "rss" | "atom" => Some(FeedFormat::GoogleXml),
        _ if text.starts_with('<') => Some(FeedFormat::GoogleXml),
        _ if text.starts_with('{') && !is_shop_answer(text) => Some(FeedFormat::Ndjson),
        _ if text.starts_with(['{', '[']) => {
            is_shop_answer(text).then_some(FeedFormat::NaverShopJson)
        }
        "json" => Some(FeedFormat::NaverShopJson).filter(|_| text.is_empty()),
        _ if header.contains('\t') => Some(tab_separated(&header)),
        _ if header.contains([',', ';']) => Some(FeedFormat::Csv),
        _ => None,
    }
}

pub(super) fn by_content_type(content_type: &str) -> Option<FeedFormat> {
    let essence = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    Some(match essence.as_str() {
        "application/x-ndjson"
        | "application/ndjson"
        | "application/jsonl"
        | "application/x-jsonlines" => FeedFormat::Ndjson,
        "text/csv" | "application/csv" => FeedFormat::Csv,
        "text/tab-separated-values" => FeedFormat::Tsv,
        "application/xml" | "text/xml" | "application/rss+xml" | "application/atom+xml" => {
            FeedFormat::GoogleXml
        }
        "application/json" => FeedFormat::NaverShopJson,
        _ => return None,
    })
}

fn tab_separated(header: &str) -> FeedFormat {
    let names = || {
        header
            .split('\t')
            .map(|name| name.trim().replace([' ', '-'], "_"))
    };
    if names().any(|name| matches!(name.as_str(), "price_pc" | "category_name1" | "mobile_link")) {
        FeedFormat::NaverEp
    } else if names().any(|name| {
        matches!(
            name.trim_start_matches("g:"),
            "image_link" | "availability" | "google_product_category"
        )
    }) {
        FeedFormat::GoogleTsv
    } else {
        FeedFormat::Tsv
    }
}

/// An answer of the search has a list named items; its products have a lowest price.
fn is_shop_answer(text: &str) -> bool {
    text.contains("\"items\"")
        && (text.contains("\"lprice\"")
            || text.contains("\"lastBuildDate\"")
            || text.contains("\"display\""))
}

fn unpacked(first_bytes: &[u8]) -> Cow<'_, [u8]> {
    if !first_bytes.starts_with(&[0x1F, 0x8B]) {
        return Cow::Borrowed(&first_bytes[..first_bytes.len().min(SAMPLE_BYTES as usize)]);
    }
    let mut sample = Vec::new();
    // The bytes break off somewhere, so what was unpacked until then has to do.
    let _ = MultiGzDecoder::new(first_bytes)
        .take(SAMPLE_BYTES)
        .read_to_end(&mut sample);
    Cow::Owned(sample)
}
