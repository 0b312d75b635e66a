use super::*;
use seonmul_engine::profile::Audience;

#[test]
fn a_full_ndjson_row_becomes_a_product() {
    let row = r##"{"product_id":"m-1","title":"[무료배송] <b>머그컵</b> &amp; 받침","category":"주방 > 컵 > 머그","price":"15,000원","currency":"krw",
        "image_url":"/images/m-1.webp","url":"https://shop.example/m-1","brand":" 도자기\t공방 ","seller":"선물가게","rating":4.5,"rating_count":12,
        "description":"<p>손으로</p><p>빚은</p>","tags":["#머그","머그","컵"],"audience":["women","성인"],"sponsored":true,"unknown":{"deep":[1]}}"##
        .replace('\n', " ");
    let expected = Product {
        product_id: "m-1".into(),
        title: "머그컵 & 받침".into(),
        title_original: "[무료배송] <b>머그컵</b> &amp; 받침".into(),
        brand: Some("도자기 공방".into()),
        category: vec!["주방".into(), "컵".into(), "머그".into()],
        price: 15_000,
        currency: "KRW".into(),
        image_url: Some("/images/m-1.webp".into()),
        url: Some("https://shop.example/m-1".into()),
        seller: Some("선물가게".into()),
        rating: Some(4.5),
        rating_count: Some(12),
        description: "손으로 빚은".into(),
        tags: vec!["머그".into(), "컵".into()],
        audience: vec![Audience::Women, Audience::Adult],
        sponsored: true,
        delivery_days: None,
        price_as_of_ms: NOW_MS,
    };
    assert_eq!(products(FeedFormat::Ndjson, row), [expected]);
}

#[test]
fn aliases_nulls_and_numbers_are_taken() {
    let row = r#"{"source":"x","id":7,"title":1984,"brand":null,"category":"디지털/라이프","price":9900.0,"rating":null,"rating_count":null,"url":null,"image":"https://i.example/a.jpg"}"#;
    let product = products(FeedFormat::Ndjson, row).remove(0);
    assert_eq!(
        (
            product.product_id.as_str(),
            product.title.as_str(),
            product.price
        ),
        ("7", "1984", 9_900)
    );
    assert_eq!(product.category, ["디지털/라이프"]);
    assert_eq!((product.url, product.rating), (None, None));
    assert_eq!(
        product.image_url.as_deref(),
        Some("https://i.example/a.jpg")
    );
}

#[test]
fn ndjson_faults_cost_one_row_each() {
    let rows = [
        r#"{"id":"a","title":"A","price":1}"#,
        "",
        "nonsense",
        r#"{"id":"b","title":"B","price":2"#,
        r#"{"id":"c","title":"C","price":3} trailing"#,
        r#"{"id":"d","title":"D","price":4}"#,
        "[1,2]",
        r#"{"id":"e","title":"\ud800","price":5}"#,
        r#"{"id":"f","title":"F","price":6}"#,
    ];
    let expected = [
        "1:a=1",
        "3:invalid_json",
        "4:invalid_json",
        "5:invalid_json",
        "6:d=4",
        "7:invalid_json",
        "8:invalid_json",
        "9:f=6",
    ];
    assert_eq!(outline(FeedFormat::Ndjson, rows.join("\r\n")), expected);
    let (items, _) = read(FeedFormat::Ndjson, rows[4].as_bytes());
    let FeedItem::Rejected { reason, .. } = &items[0] else {
        panic!("{items:?}")
    };
    assert_eq!(
        reason.to_string(),
        "the row is not valid JSON at column 34: trailing characters"
    );
}

#[test]
fn other_files_are_no_ndjson() {
    assert_eq!(
        outline(FeedFormat::Ndjson, "\n [{\"id\":1}]"),
        ["not_this_format"]
    );
    assert_eq!(outline(FeedFormat::Ndjson, "<rss/>"), ["not_this_format"]);
    let words = outline(FeedFormat::Ndjson, "id,title,price\n".repeat(500));
    assert_eq!(
        (words.len(), words.last().map(String::as_str)),
        (100, Some("not_this_format"))
    );
    assert_eq!(
        outline(FeedFormat::Ndjson, "PK\x03\x04...."),
        ["not_this_format"]
    );
    assert_eq!(outline(FeedFormat::Ndjson, b"\xFF\xFE{\0"), ["not_utf8"]);
    assert!(outline(FeedFormat::Ndjson, "").is_empty());
}

#[test]
fn a_saved_search_answer_becomes_products() {
    let answer = r#"{"lastBuildDate":"Mon, 27 Jul 2026 10:00:00 +0900","total":3,"start":1,"display":3,"items":[
        {"title":"<b>무드<\/b>등 &quot;달&quot;","link":"https:\/\/search.example\/1","image":"https:\/\/i.example\/1.jpg","lprice":"12900","hprice":"","mallName":"빛가게","productId":"111","productType":"2","brand":"","maker":"루나","category1":"가구","category2":"조명","category3":"","category4":""},
        {"title":"중고 카메라","link":"https://s.example/2","lprice":"90000","productId":"112","productType":"4"},
        {"title":"단종","lprice":"90000","productId":"113","productType":"8"},{"title":"예정","lprice":"90000","productId":"114","productType":12},
        {"title":"값 없음","lprice":"0","productId":"115","productType":"1"},{"title":"빈 값","lprice":"","productId":"116","productType":"1"},
        {"title":"모름","lprice":"1","productId":"117","productType":"13"}
    ]}"#;
    let expected = [
        "2:111=12900",
        "3:not_new",
        "4:discontinued",
        "4:not_yet_on_sale",
        "5:price_zero",
        "5:price_missing",
        "6:unknown_value",
    ];
    assert_eq!(outline(FeedFormat::NaverShopJson, answer), expected);
    let (items, _) = read(FeedFormat::NaverShopJson, answer.as_bytes());
    let FeedItem::Product { product, .. } = &items[0] else {
        panic!("{items:?}")
    };
    assert_eq!(
        (product.title.as_str(), product.seller.as_deref()),
        ("무드등 \"달\"", Some("빛가게"))
    );
    assert_eq!(
        (product.brand.as_deref(), product.category.join(">")),
        (Some("루나"), "가구>조명".to_owned())
    );
    assert_eq!(product.url.as_deref(), Some("https://search.example/1"));
}

#[test]
fn a_bad_item_spoils_no_other() {
    let item = |id: &str| format!(r#"{{"title":"a}}]\"","lprice":"1","productId":"{id}"}}"#);
    let answer = format!(
        "{{\"items\":[{},\n{{\"title\":nope}},\n7, \"x,y\",\n{}]}}\n{{\"items\":[]}}[{{\"items\":[{}]}}]",
        item("a"),
        item("b"),
        item("c")
    );
    let expected = [
        "1:a=1",
        "2:invalid_json",
        "3:invalid_json",
        "3:invalid_json",
        "4:b=1",
        "5:c=1",
    ];
    assert_eq!(outline(FeedFormat::NaverShopJson, answer), expected);
}

#[test]
fn a_cut_or_foreign_answer_is_told() {
    let whole = "{\"items\":[\n{\"title\":\"a\",\"lprice\":\"1\",\"productId\":\"a\"},\n{\"title\":\"b\",\"lprice\":\"1\",\"productId\":\"b\"}\n]}";
    assert_eq!(
        outline(FeedFormat::NaverShopJson, &whole[..whole.len() - 12]),
        ["2:a=1", "3:cut_off", "truncated"]
    );
    assert_eq!(
        outline(FeedFormat::NaverShopJson, &whole[..whole.len() - 1]),
        ["2:a=1", "3:b=1", "truncated"]
    );
    for foreign in [
        "{\"errorMessage\":\"x\"}",
        "",
        "<rss/>",
        "{\"items\":[}",
        "\"items\"",
        "]",
        "{\"items\":3}",
    ] {
        assert_eq!(
            outline(FeedFormat::NaverShopJson, foreign),
            ["not_this_format"],
            "{foreign}"
        );
    }
    assert_eq!(
        outline(FeedFormat::NaverShopJson, "[".repeat(100_000)),
        ["not_this_format"]
    );
}

#[test]
fn delivery_days_of_ndjson() {
    let row = |days: &str| {
        format!("{{\"product_id\":\"a\",\"title\":\"A\",\"price\":1,\"delivery_days\":{days}}}\n")
    };
    for (text, days) in [("0", Some(0)), ("\"2\"", Some(2)), ("null", None)] {
        let products = products(FeedFormat::Ndjson, row(text));
        assert_eq!(products[0].delivery_days, days, "{text}");
    }
    for wrong in ["61", "-1", "1.5", "\"soon\"", "true", "[1]"] {
        assert_eq!(
            outline(FeedFormat::Ndjson, row(wrong)),
            ["1:wrong_type"],
            "{wrong}"
        );
    }
}
