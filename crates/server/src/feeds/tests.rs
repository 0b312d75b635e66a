//! Feeds as whole files: what comes out of each format, in which order, with which lines. Parts are tested beside them.

mod faults;
mod hostile;
mod json;
mod tables;
mod xml;

use super::*;

const NOW_MS: i64 = 1_767_225_600_000;

fn options() -> FeedOptions {
    FeedOptions {
        currency: "KRW".to_owned(),
        now_ms: NOW_MS,
        source: "feed".to_owned(),
    }
}

/// Every item of a feed, and the error that ended it.
fn read(format: FeedFormat, bytes: &[u8]) -> (Vec<FeedItem>, Option<FeedError>) {
    let mut items = Vec::new();
    let reader = match FeedReader::open(format, bytes, &options()) {
        Ok(reader) => reader,
        Err(error) => return (items, Some(error)),
    };
    for item in reader {
        match item {
            Ok(item) => items.push(item),
            Err(error) => return (items, Some(error)),
        }
    }
    (items, None)
}

/// One word for each item: `line:id=price` for a product, `line:-id` for a withdrawal, `line:code` for a rejection,
/// and the code of the error at the end.
fn outline(format: FeedFormat, bytes: impl AsRef<[u8]>) -> Vec<String> {
    let (items, error) = read(format, bytes.as_ref());
    let mut words: Vec<String> = items
        .iter()
        .map(|item| match item {
            FeedItem::Product { line, product } => {
                format!("{line}:{}={}", product.product_id, product.price)
            }
            FeedItem::Retire { line, product_id } => format!("{line}:-{product_id}"),
            FeedItem::Rejected { line, reason } => format!("{line}:{}", reason.code()),
        })
        .collect();
    words.extend(error.map(|error| error.code().to_owned()));
    words
}

/// The products of a feed that must have nothing else.
#[track_caller]
fn products(format: FeedFormat, bytes: impl AsRef<[u8]>) -> Vec<Product> {
    let (items, error) = read(format, bytes.as_ref());
    assert!(error.is_none(), "{error:?}");
    items
        .into_iter()
        .map(|item| match item {
            FeedItem::Product { product, .. } => product,
            other => panic!("not a product: {other:?}"),
        })
        .collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("memory takes everything");
    encoder.finish().expect("memory takes everything")
}

#[test]
fn formats_have_names_and_content_types() {
    for format in FeedFormat::ALL {
        assert_eq!(format.as_str().parse(), Ok(format));
    }
    let unknown = "excel".parse::<FeedFormat>().expect_err("no such format");
    assert!(unknown.to_string().contains("naver-ep"), "{unknown}");
    assert_eq!(
        FeedFormat::from_content_type("Text/CSV; charset=utf-8"),
        Some(FeedFormat::Csv)
    );
    assert_eq!(
        FeedFormat::from_content_type("application/x-ndjson"),
        Some(FeedFormat::Ndjson)
    );
    assert_eq!(FeedFormat::from_content_type("text/html"), None);
}

#[test]
fn formats_are_detected_by_name_and_content() {
    let shop = br#"{"lastBuildDate":"x","items":[{"title":"a","lprice":"1"}]}"#;
    let packed = gzip(b"id\ttitle\tprice_pc\tlink\n1\ta\t2\t\n");
    let cases: [(&str, &[u8], Option<FeedFormat>); 16] = [
        ("a.jsonl", b"", Some(FeedFormat::Ndjson)),
        ("a.NDJSON.gz", b"", Some(FeedFormat::Ndjson)),
        ("a.csv", b"", Some(FeedFormat::Csv)),
        ("a.json", shop, Some(FeedFormat::NaverShopJson)),
        (
            "a.json",
            b"{\"id\":1}\n{\"id\":2}\n",
            Some(FeedFormat::Ndjson),
        ),
        ("a.json", b"[1]", None),
        ("", shop, Some(FeedFormat::NaverShopJson)),
        (
            "",
            b"\xEF\xBB\xBF<?xml version=\"1.0\"?><rss>",
            Some(FeedFormat::GoogleXml),
        ),
        ("a.txt", b"id\ttitle\tprice\n", Some(FeedFormat::Tsv)),
        (
            "a.tsv",
            b"id\ttitle\timage link\n",
            Some(FeedFormat::GoogleTsv),
        ),
        ("ep.txt.gz", &packed, Some(FeedFormat::NaverEp)),
        (
            "ep.txt.gz",
            &packed[..packed.len() - 9],
            Some(FeedFormat::NaverEp),
        ),
        ("", b"id,title\n", Some(FeedFormat::Csv)),
        ("a.rss", b"", Some(FeedFormat::GoogleXml)),
        ("", b"", None),
        ("", b"\xFF\x00\x01", None),
    ];
    for (name, bytes, expected) in cases {
        assert_eq!(
            FeedFormat::detect(name, bytes),
            expected,
            "{name} {:?}",
            String::from_utf8_lossy(bytes)
        );
    }
}

#[test]
fn gzip_is_undone_whatever_the_format() {
    let rows = b"{\"id\":\"a\",\"title\":\"A\",\"price\":1}\n";
    assert_eq!(outline(FeedFormat::Ndjson, gzip(rows)), ["1:a=1"]);
    let members = [
        gzip(rows),
        gzip(b"{\"id\":\"b\",\"title\":\"B\",\"price\":2}\n"),
    ]
    .concat();
    assert_eq!(outline(FeedFormat::Ndjson, members), ["1:a=1", "2:b=2"]);
    let marked = [b"\xEF\xBB\xBF".as_slice(), b"id,title,price\na,A,1\n"].concat();
    assert_eq!(outline(FeedFormat::Csv, gzip(&marked)), ["2:a=1"]);
}

#[test]
fn progress_counts_the_bytes_of_the_file() {
    let packed = gzip(&b"{\"id\":\"a\",\"title\":\"A\",\"price\":1}\n".repeat(1_000));
    let mut reader =
        FeedReader::open(FeedFormat::Ndjson, packed.as_slice(), &options()).expect("opens");
    assert_eq!(reader.by_ref().count(), 1_000);
    assert_eq!(reader.bytes_read(), packed.len() as u64);
    assert!(reader.next().is_none());
}
