//! Files that are made to hurt: they end in words, in bounded memory and time, and never in a panic.

use super::*;
use proptest::prelude::*;
use std::io;

const GOOD_ROW: &[u8] = b"{\"id\":\"z\",\"title\":\"Z\",\"price\":1}\n";

#[test]
fn a_line_of_10_mb_costs_one_row() {
    let long = [vec![b'x'; 10 << 20], b"\n".to_vec()].concat();
    assert_eq!(
        outline(FeedFormat::Ndjson, [&long, GOOD_ROW].concat()),
        ["1:row_too_long", "2:z=1"]
    );
    for (format, header, row) in [
        (FeedFormat::Csv, "id,title,price\n", "z,Z,1\n"),
        (FeedFormat::NaverEp, "id\ttitle\tprice_pc\n", "z\tZ\t1\n"),
    ] {
        let feed = [header.as_bytes(), &long, row.as_bytes()].concat();
        assert_eq!(outline(format, feed), ["2:row_too_long", "3:z=1"]);
    }
    let text = "x".repeat(10 << 20);
    let good = "<item><g:id>z</g:id><title>Z</title><g:price>1</g:price></item>";
    let xml = format!("<rss>\n<item><title>{text}</title></item>\n{good}</rss>");
    assert_eq!(
        outline(FeedFormat::GoogleXml, xml),
        ["2:row_too_long", "3:z=1"]
    );
    let json = format!(
        "{{\"items\":[\n{{\"title\":\"{text}\"}},\n{{\"productId\":\"z\",\"title\":\"Z\",\"lprice\":\"1\"}}]}}"
    );
    assert_eq!(
        outline(FeedFormat::NaverShopJson, json),
        ["2:row_too_long", "3:z=1"]
    );
    assert_eq!(outline(FeedFormat::Csv, text), ["not_this_format"]);
}

/// Zeros without end, so that only a limit can stop the reading.
fn bomb() -> Vec<u8> {
    gzip(&vec![b' '; 64 << 20])
}

#[test]
fn a_bomb_is_refused_early() {
    assert!(bomb().len() < 100_000);
    for format in FeedFormat::ALL {
        let words = outline(format, bomb());
        assert_eq!(
            words.last().map(String::as_str),
            Some("too_large"),
            "{format}: {words:?}"
        );
    }
}

#[test]
fn a_feed_above_the_limit_ends_with_a_word() {
    let feed = (0..10_000)
        .map(|i| format!("{{\"id\":\"{i}\",\"title\":\"A\",\"price\":1}}\n"))
        .collect::<String>();
    let reader = FeedReader::open(FeedFormat::Ndjson, feed.as_bytes(), &options())
        .expect("opens")
        .limit_bytes(100_000);
    let results: Vec<_> = reader.collect();
    let last = results
        .last()
        .expect("not empty")
        .as_ref()
        .expect_err("too large");
    assert!(
        last.to_string().contains("holds more than 100000 bytes"),
        "{last}"
    );
    assert!(results.len() < 4_000);
}

#[test]
fn damaged_and_cut_gzip_is_told() {
    let rows = (0..50_000)
        .map(|i| format!("{{\"id\":\"{i}\",\"title\":\"A\",\"price\":1}}\n"))
        .collect::<String>();
    let packed = gzip(rows.as_bytes());
    let cut = outline(FeedFormat::Ndjson, &packed[..packed.len() / 2]);
    assert_eq!(cut[cut.len() - 1], "truncated");
    assert!(
        cut[cut.len() - 2].ends_with(":cut_off"),
        "{}",
        cut[cut.len() - 2]
    );
    let mut damaged = packed.clone();
    damaged[packed.len() / 2..packed.len() / 2 + 64].fill(0xFF);
    let last = outline(FeedFormat::Ndjson, damaged).pop();
    assert_eq!(last.as_deref(), Some("damaged"));
    assert_eq!(
        outline(FeedFormat::Ndjson, gzip(&packed)),
        ["not_this_format"]
    );
    assert_eq!(outline(FeedFormat::Ndjson, [0x1F, 0x8B]), ["truncated"]);
}

struct Failing(usize);

impl Read for Failing {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        self.0 -= 1;
        // One byte at a time, with interruptions, as the worst of connections would give them.
        if self.0.is_multiple_of(2) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        out[0] = GOOD_ROW[(self.0 / 2) % GOOD_ROW.len()];
        Ok(1)
    }
}

#[test]
fn a_broken_connection_ends_the_feed() {
    for format in FeedFormat::ALL {
        let last = match FeedReader::open(format, Failing(401), &options()) {
            Ok(reader) => reader.last().expect("something").expect_err("an error"),
            Err(error) => error,
        };
        assert!(
            matches!(last.code(), "io" | "not_this_format"),
            "{format}: {last}"
        );
    }
}

#[test]
fn quotes_cannot_make_reading_slow() {
    let csv = format!("id,title,price\n{}", "\"a\",\"b\n".repeat(200_000));
    let words = outline(FeedFormat::Csv, csv);
    assert!(words.len() > 100_000, "{}", words.len());
}

#[test]
fn deep_json_is_a_bad_row() {
    let deep = format!("{{\"id\":\"a\",\"x\":{}}}\n", "[".repeat(400_000));
    assert_eq!(
        outline(FeedFormat::Ndjson, [deep.as_bytes(), GOOD_ROW].concat()),
        ["1:invalid_json", "2:z=1"]
    );
}

/// Bytes with the pieces that formats are made of, which random bytes would rarely hit.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        "id,title,price\n",
        "id\ttitle\tprice_pc\tclass\n",
        "a,A,1\n",
        "a\tA\t1\tD\n",
        "{\"id\":\"a\",\"title\":\"A\",\"price\":1}\n",
        "{\"items\":[",
        "]}",
        "{",
        "}",
        "[",
        "]",
        "\"",
        "\\",
        ",",
        ":",
        "\n",
        "\r\n",
        "\t",
        "<rss>",
        "</rss>",
        "<item>",
        "</item>",
        "<g:id>",
        "</g:id>",
        "<entry ",
        "<![CDATA[",
        "]]>",
        "<!--",
        "-->",
        "<!DOCTYPE [",
        "<?xml ?>",
        "&amp;",
        "&",
        "/>",
        ">",
        "'",
        "가",
        "=",
        "href",
        "title",
        "\"title\":",
        "\"lprice\":\"1\"",
        "null",
        "1e9",
        "\u{202E}",
        "\u{0}",
    ]);
    prop::collection::vec(prop_oneof![9 => piece.prop_map(|p| p.as_bytes().to_vec()), 1 => prop::collection::vec(any::<u8>(), 0..4)], 0..60)
        .prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_end_in_words(bytes in prop_oneof![pieces(), prop::collection::vec(any::<u8>(), 0..400)], header in any::<bool>()) {
        for format in FeedFormat::ALL {
            let start: &[u8] = match format {
                FeedFormat::Csv if header => b"id,title,price\n",
                FeedFormat::Tsv | FeedFormat::GoogleTsv | FeedFormat::NaverEp if header => b"id\ttitle\tprice\tclass\n",
                FeedFormat::GoogleXml if header => b"<rss><item>",
                FeedFormat::NaverShopJson if header => b"{\"items\":[{",
                _ => b"",
            };
            let bytes = [start, &bytes].concat();
            let (items, _) = read(format, &bytes);
            let mut last = 0;
            for item in items {
                let line = match item {
                    FeedItem::Product { line, product } => {
                        prop_assert!(product.price > 0 && !product.title.is_empty() && !product.product_id.is_empty());
                        prop_assert!(product.url.is_none_or(|url| url.to_ascii_lowercase().starts_with("https://") || url.starts_with('/')));
                        line
                    }
                    FeedItem::Rejected { line, .. } | FeedItem::Retire { line, .. } => line,
                };
                prop_assert!(line >= last, "{} after {}", line, last);
                last = line;
            }
            let _ = FeedFormat::detect("", &bytes);
        }
    }

    /// A table that is written and read again gives every row in its order, whatever the texts hold.
    #[test]
    fn a_quoted_table_comes_back(titles in prop::collection::vec("[a-z가-힣\",\n\t ]{0,12}", 1..20)) {
        let mut writer = csv::Writer::from_writer(b"id,title,price\n".to_vec());
        for (i, title) in titles.iter().enumerate() {
            writer.write_record([i.to_string(), format!("x{title}"), "5".to_owned()]).expect("memory takes everything");
        }
        let bytes = writer.into_inner().expect("memory takes everything");
        let read = products(FeedFormat::Csv, bytes);
        let ids: Vec<String> = read.iter().map(|product| product.product_id.clone()).collect();
        prop_assert_eq!(ids, (0..titles.len()).map(|i| i.to_string()).collect::<Vec<_>>());
        for (product, title) in read.iter().zip(&titles) {
            let written = format!("x{title}");
            prop_assert_eq!(product.title_original.as_str(), written.trim());
        }
    }
}
