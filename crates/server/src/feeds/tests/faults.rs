//! Every reason for a rejection, told in words.

use super::*;

/// The sentence that one NDJSON row is rejected with.
fn reason(row: &str) -> String {
    let (items, error) = read(FeedFormat::Ndjson, format!("{row}\n").as_bytes());
    assert!(error.is_none(), "{error:?}");
    match items.as_slice() {
        [FeedItem::Rejected { line: 1, reason }] => reason.to_string(),
        other => panic!("{row}: {other:?}"),
    }
}

fn with(fields: &str) -> String {
    format!("{{\"id\":\"a\",\"title\":\"A\",{fields}}}")
}

#[test]
fn reasons_name_the_field_and_what_to_do() {
    let long_id = format!(
        "{{\"id\":\"{}\",\"title\":\"A\",\"price\":1}}",
        "가".repeat(43)
    );
    let cases: [(&str, &str); 22] = [
        (
            "{\"title\":\"A\",\"price\":1}",
            "product_id is missing: every product needs one",
        ),
        (
            "{\"id\":\"a\",\"price\":1}",
            "title is missing: every product needs one",
        ),
        (
            "{\"id\":\"a\",\"title\":\" <br> \",\"price\":1}",
            "title is missing: every product needs one",
        ),
        (
            "{\"id\":\"a\",\"title\":[\"x\"],\"price\":1}",
            "title is not a text",
        ),
        (
            "{\"id\":\"a\",\"title\":\"A\"}",
            "price is missing: write the amount, such as 15000",
        ),
        (
            &with("\"price\":null"),
            "price is missing: write the amount, such as 15000",
        ),
        (
            &with("\"price\":0"),
            "price is 0 or less: a gift needs a price of at least 1",
        ),
        (
            &with("\"price\":-5"),
            "price is 0 or less: a gift needs a price of at least 1",
        ),
        (
            &with("\"price\":\"3만원\""),
            "price '3만원' is not a number: write digits only, such as 15000",
        ),
        (
            &with("\"price\":99.5"),
            "price '99.5' has a fraction that KRW does not have: round it",
        ),
        (
            &with("\"price\":4000000001"),
            "price '4000000001' is above 4,000,000,000: check the amount",
        ),
        (
            &with("\"price\":1,\"currency\":\"USD\""),
            "currency is USD, the catalogue is in KRW: convert the price",
        ),
        (
            &with("\"price\":1,\"url\":\"http://a.example\""),
            "link is not https: give an address that begins with https://",
        ),
        (
            &with("\"price\":1,\"url\":\"https://a@b.example\""),
            "link is not a valid address: it holds a user name",
        ),
        (
            &with("\"price\":1,\"condition\":\"used\""),
            "condition is 'used': only new goods are given",
        ),
        (
            &with("\"price\":1,\"availability\":\"sold out\""),
            "availability is 'sold out': send the product when it can be bought",
        ),
        (
            &with("\"price\":1,\"audience\":[\"aliens\"]"),
            "audience 'aliens' is not known: write one of women, men, baby, child, adult, senior, pet, anyone",
        ),
        (
            &with("\"price\":1,\"sponsored\":\"perhaps\""),
            "sponsored 'perhaps' is not known: write one of true, false",
        ),
        (
            &with("\"price\":1,\"tags\":{}"),
            "tags is not a text or a list of texts",
        ),
        (
            "{\"id\":\"a\\u0007\",\"title\":\"A\",\"price\":1}",
            "product_id has control or invisible characters: take them out",
        ),
        (
            "{\"id\":\"가\\u202e\",\"title\":\"A\",\"price\":1}",
            "product_id has control or invisible characters: take them out",
        ),
        (&long_id, "product_id has 129 bytes: use at most 128"),
    ];
    for (row, sentence) in cases {
        assert_eq!(reason(row), sentence, "{row}");
    }
}

#[test]
fn an_id_counts_once_and_only_when_taken() {
    let rows = "{\"id\":\"a\",\"title\":\"A\",\"price\":0}\n{\"id\":\"a\",\"title\":\"A\",\"price\":1}\n{\"id\":\" a \",\"title\":\"A\",\"price\":2}\n";
    assert_eq!(
        outline(FeedFormat::Ndjson, rows),
        ["1:price_zero", "2:a=1", "3:duplicate_id"]
    );
}

#[test]
fn texts_and_lists_keep_their_limits() {
    let tags: Vec<String> = (0..80)
        .map(|i| format!("\"{i}{}\"", "꼬".repeat(60)))
        .collect();
    let row = format!(
        "{{\"id\":\"a\",\"title\":\"{}\",\"price\":1,\"description\":\"{}\",\"tags\":[{}],\"category\":\"a>b>c>d>e>f>g>h\",\"rating\":9,\"rating_count\":\"x\"}}",
        "제".repeat(2_000),
        "설".repeat(6_000),
        tags.join(",")
    );
    let product = products(FeedFormat::Ndjson, row).remove(0);
    assert_eq!(
        (
            product.title.chars().count(),
            product.title_original.chars().count()
        ),
        (300, 1_000)
    );
    assert_eq!(
        (product.description.chars().count(), product.category.len()),
        (5_000, 6)
    );
    assert_eq!(
        (product.tags.len(), product.tags[0].chars().count()),
        (50, 50)
    );
    assert_eq!((product.rating, product.rating_count), (None, None));
}

#[test]
fn a_bad_picture_costs_only_the_picture() {
    for image in [
        "http://i.example/a.jpg",
        "javascript:alert(1)",
        "//i.example/a",
        "x",
    ] {
        let product = products(
            FeedFormat::Ndjson,
            with(&format!("\"price\":1,\"image\":\"{image}\"")),
        )
        .remove(0);
        assert_eq!(product.image_url, None, "{image}");
    }
}

#[test]
fn invalid_utf8_and_cut_rows_are_told_in_ndjson() {
    let bytes = b"{\"id\":\"a\",\"title\":\"\xFF\",\"price\":1}\n{\"id\":\"b\",\"title\":\"B\",\"price\":1}\n{\"id\":\"c\",\"title\":\"\xEA\xB0";
    assert_eq!(
        outline(FeedFormat::Ndjson, bytes),
        ["1:not_utf8", "2:b=1", "3:cut_off"]
    );
    let rows = b"{\"id\":\"a\",\"title\":\"A\",\"price\":1}\n{\"id\":\"b\",\"ti";
    assert_eq!(outline(FeedFormat::Ndjson, rows), ["1:a=1", "2:cut_off"]);
    assert_eq!(
        Rejection::CutOff.to_string(),
        "the file ends inside this row"
    );
}
