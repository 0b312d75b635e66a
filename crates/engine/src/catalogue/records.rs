//! The texts of a product inside the snapshot: length-prefixed fields, read one product at a time.

use super::product::Product;

/// Writes the fields that people see.
pub(super) fn encode(product: &Product) -> Box<[u8]> {
    let mut out = Vec::with_capacity(256);
    out.extend_from_slice(&product.price_as_of_ms.to_le_bytes());
    out.extend_from_slice(&product.rating.unwrap_or(f32::NAN).to_le_bytes());
    out.extend_from_slice(&product.rating_count.unwrap_or(u32::MAX).to_le_bytes());
    let mut text = |s: &str| {
        out.extend_from_slice(&(s.len() as u32).to_le_bytes());
        out.extend_from_slice(s.as_bytes());
    };
    text(&product.product_id);
    text(&product.title);
    text(product.url.as_deref().unwrap_or_default());
    text(product.image_url.as_deref().unwrap_or_default());
    text(&product.description);
    out.into()
}

/// The fields of one record; what cannot be read is empty.
#[derive(Debug, Default)]
pub(super) struct Record<'a> {
    pub price_as_of_ms: i64,
    pub rating: Option<f32>,
    pub rating_count: Option<u32>,
    pub product_id: &'a str,
    pub title: &'a str,
    pub url: Option<&'a str>,
    pub image_url: Option<&'a str>,
    pub description: &'a str,
}

/// Reads a record. A damaged one gives empty fields, never a panic: the checksum is what reports damage.
pub(super) fn decode(bytes: &[u8]) -> Record<'_> {
    fn take<'a>(bytes: &mut &'a [u8], n: usize) -> &'a [u8] {
        let (head, tail) = bytes.split_at(n.min(bytes.len()));
        *bytes = tail;
        head
    }
    fn number<const N: usize>(bytes: &mut &[u8]) -> [u8; N] {
        take(bytes, N).try_into().unwrap_or([0; N])
    }
    fn text<'a>(bytes: &mut &'a [u8]) -> &'a str {
        let length = u32::from_le_bytes(number(bytes)) as usize;
        std::str::from_utf8(take(bytes, length)).unwrap_or_default()
    }
    let mut rest = bytes;
    let price_as_of_ms = i64::from_le_bytes(number(&mut rest));
    let rating = f32::from_le_bytes(number(&mut rest));
    let rating_count = u32::from_le_bytes(number(&mut rest));
    Record {
        price_as_of_ms,
        rating: (!rating.is_nan()).then_some(rating),
        rating_count: (rating_count != u32::MAX).then_some(rating_count),
        product_id: text(&mut rest),
        title: text(&mut rest),
        url: Some(text(&mut rest)).filter(|s| !s.is_empty()),
        image_url: Some(text(&mut rest)).filter(|s| !s.is_empty()),
        description: text(&mut rest),
    }
}
