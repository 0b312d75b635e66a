use super::*;
use seonmul_engine::profile::Audience;

#[test]
fn a_csv_of_a_korean_spreadsheet_becomes_products() {
    let csv = "\u{FEFF}상품 코드,상품명,브랜드,카테고리,가격(원),링크,태그,광고,비고\r\n\
        a,\"머그컵, 2개\",도자기,주방 > 컵,\"15,000\",https://s.example/a,머그|컵,예,x\r\n\
        ,,,,,,,,\r\n\
        b,\"27\"\" 모니터\n(여러 줄)\",,,\"9,900\",,,,\r\n\
        c,끝,,,1,,,,";
    assert_eq!(
        outline(FeedFormat::Csv, csv),
        ["2:a=15000", "4:b=9900", "6:c=1"]
    );
    let products = products(FeedFormat::Csv, csv);
    assert_eq!(
        (products[0].title.as_str(), products[1].title.as_str()),
        ("머그컵, 2개", "27\" 모니터 (여러 줄)")
    );
    assert_eq!(products[0].category, ["주방", "컵"]);
    assert_eq!(
        (
            products[0].tags.join("+"),
            products[0].sponsored,
            products[1].sponsored
        ),
        ("머그+컵".to_owned(), true, false)
    );
}

#[test]
fn delivery_days_are_read_and_checked() {
    let days = |format, table: &str| {
        let products = products(format, table);
        products.iter().map(|p| p.delivery_days).collect::<Vec<_>>()
    };
    let csv = "id,title,price,delivery_days\na,A,1,0\nb,B,1,60\nc,C,1,\nd,D,1,3일\n";
    assert_eq!(
        days(FeedFormat::Csv, csv),
        [Some(0), Some(60), None, Some(3)]
    );
    assert_eq!(
        days(
            FeedFormat::Tsv,
            "상품코드\t상품명\t가격\t배송 일수\na\tA\t1\t2\n"
        ),
        [Some(2)]
    );
    let google = "id\ttitle\tprice\tmax_handling_time\tmax_transit_time\n\
        a\tA\t1 KRW\t1\t3\nb\tB\t1 KRW\t1\t\nc\tC\t1 KRW\t50\t50\nd\tD\t1 KRW\tsoon\t2\n";
    assert_eq!(
        days(FeedFormat::GoogleTsv, google),
        [Some(4), None, Some(60), None]
    );
    assert_eq!(
        outline(
            FeedFormat::Csv,
            "id,title,price,delivery_days\na,A,1,61\nb,B,1,-1\nc,C,1,soon\nd,D,1,1.5\n"
        ),
        [
            "2:wrong_type",
            "3:wrong_type",
            "4:wrong_type",
            "5:wrong_type"
        ]
    );
}

#[test]
fn semicolons_and_misspelt_headers_are_understood() {
    assert_eq!(
        outline(FeedFormat::Csv, "ID;Title;Price\na;A, B;1,000\n"),
        ["2:a=1000"]
    );
    let products = products(
        FeedFormat::Tsv,
        "Product ID\tproduct-name\tPRICE\tdescripton\tcatgeory\na\tA\t1\t설명\t책 > 시\n",
    );
    assert_eq!(
        (
            products[0].description.as_str(),
            products[0].category.join(">")
        ),
        ("설명", "책>시".to_owned())
    );
}

#[test]
fn a_stray_quote_costs_its_own_row() {
    let csv = "id,title,price\na,A,1\nb,\"27 inch,2\nc,C,3\nd,\"D\",4\n";
    assert_eq!(
        outline(FeedFormat::Csv, csv),
        ["2:a=1", "3:unclosed_quote", "4:c=3", "5:d=4"]
    );
    let open_to_the_end = "id,title,price\na,\"A,1\nb,B,2\nc,C,3";
    assert_eq!(
        outline(FeedFormat::Csv, open_to_the_end),
        ["2:unclosed_quote", "3:b=2", "4:c=3"]
    );
    let tsv = "id\ttitle\tprice\na\t\"27 inch\t1\nb\t\"B\"\"b\"\t2\n";
    assert_eq!(outline(FeedFormat::Tsv, tsv), ["2:a=1", "3:b=2"]);
}

#[test]
fn a_quote_before_a_too_long_line_loses_neither() {
    let csv = format!(
        "id,title,price\na,\"A,1\nb,B,2\nc,{},3\nd,D,4\n",
        "x".repeat(2 << 20)
    );
    assert_eq!(
        outline(FeedFormat::Csv, csv),
        ["2:unclosed_quote", "3:b=2", "4:row_too_long", "5:d=4"]
    );
}

#[test]
fn columns_are_counted() {
    let csv = "id,title,price\na,A\nb,B,2,\nc,C,3,4\nd,D,5\n";
    assert_eq!(
        outline(FeedFormat::Csv, csv),
        ["2:wrong_columns", "3:b=2", "4:wrong_columns", "5:d=5"]
    );
}

#[test]
fn a_cut_table_tells_its_last_row() {
    for (cut, expected) in [
        ("id,title,price\na,A,1\nb,B", vec!["2:a=1", "3:cut_off"]),
        ("id,title,price\na,A,1\nb,\"B", vec!["2:a=1", "3:cut_off"]),
        (
            "id,title,price\na,A,1\nb,\"B\nsecond line\nthird",
            vec!["2:a=1", "3:cut_off"],
        ),
    ] {
        assert_eq!(outline(FeedFormat::Csv, cut), expected, "{cut:?}");
    }
    let letter = "id,title,price\na,A,1\nb,가".as_bytes();
    assert_eq!(
        outline(FeedFormat::Csv, &letter[..letter.len() - 1]),
        ["2:a=1", "3:cut_off"]
    );
    assert_eq!(
        outline(FeedFormat::NaverEp, "id\ttitle\tprice_pc\na\tA\t1\nb\tB\t"),
        ["2:a=1", "3:price_missing"]
    );
}

#[test]
fn other_encodings_are_told_with_their_byte() {
    // "상품명" in EUC-KR.
    let header = b"id,\xBB\xF3\xC7\xB0\xB8\xED,price\n1,a,2\n";
    let (_, error) = read(FeedFormat::Csv, header);
    let sentence = error.expect("not UTF-8").to_string();
    assert!(
        sentence
            .starts_with("feed: the text is not UTF-8 at line 1 (byte 3): it looks like EUC-KR"),
        "{sentence}"
    );
    let row = b"id\ttitle\tprice_pc\n1\ta\t2\n2\t\xB0\xA1\t3\n3\tc\t4\n";
    assert_eq!(outline(FeedFormat::NaverEp, row), ["2:1=2", "not_utf8"]);
    let one_bad_row = "id,title,price\n1,가,2\n2,@,3\n3,다,4\n".replace('@', "\u{1}");
    let bytes: Vec<u8> = one_bad_row
        .bytes()
        .map(|b| if b == 1 { 0xFF } else { b })
        .collect();
    assert_eq!(
        outline(FeedFormat::Csv, bytes),
        ["2:1=2", "3:not_utf8", "4:3=4"]
    );
}

#[test]
fn a_header_without_the_needed_columns_is_refused() {
    for header in [
        "",
        "\n\n",
        "id,title\na,A\n",
        "title,price\n",
        "id\ttitle\tprice\na\tA\t1\n",
    ] {
        assert_eq!(
            outline(FeedFormat::Csv, header),
            ["not_this_format"],
            "{header:?}"
        );
    }
    let (_, error) = read(FeedFormat::Csv, b"id,title\na,A\n");
    let sentence = error.expect("no price").to_string();
    assert_eq!(
        sentence,
        "feed: this is not csv (line 1): no column is named price (or price_pc, 가격); the first row has: id, title"
    );
}

#[test]
fn google_rows_follow_availability_condition_and_sale() {
    let header = "id\ttitle\tdescription\tlink\timage link\tavailability\tprice\tsale price\tsale price effective date\tbrand\tcondition\tproduct type\tgoogle product category\tage group\tgender";
    let rows = [
        "a\t스카프\t고운\thttps://s.example/a\thttps://i.example/a.jpg\tin_stock\t15000.00 KRW\t12000.00 KRW\t\t실크\tnew\t패션 > 스카프\t178\tadult\tfemale",
        "b\tB\t\t\thttp://i.example/b.jpg\tin stock\t15000 KRW\t20000 KRW\t\t\t\t\t의류 &gt; 잡화\tkids\tunisex",
        "c\tC\t\t\t\tout_of_stock\t1 KRW\t\t\t\t\t\t\t\t",
        "d\tD\t\t\t\tdiscontinued\t1 KRW\t\t\t\t\t\t\t\t",
        "e\tE\t\t\t\tpreorder\t1 KRW\t\t\t\tused\t\t\t\t",
        "f\tF\t\t\t\tpreorder\t15000 KRW\t9000 KRW\t2020-01-01T00:00+0900/2020-01-02T00:00+0900\t\tnew\t\t166\t\t",
        "g\tG\t\thttp://s.example/g\t\tin_stock\t1 KRW\t\t\t\t\t\t\t\t",
        "h\tH\t\t\t\thttps://schema.org/OutOfStock\t1 KRW\t\t\t\t\t\t\t\t",
        "i\tI\t\t\t\tin_stock\t10.00 USD\t\t\t\t\t\t\t\t",
    ];
    let feed = format!("{header}\n{}\n", rows.join("\n"));
    let expected = [
        "2:a=12000",
        "3:b=15000",
        "4:out_of_stock",
        "5:discontinued",
        "6:not_new",
        "7:f=15000",
        "8:link_not_https",
        "9:out_of_stock",
        "10:other_currency",
    ];
    assert_eq!(outline(FeedFormat::GoogleTsv, feed), expected);
    let good = products(
        FeedFormat::GoogleTsv,
        format!("{header}\n{}\n{}\n{}\n", rows[0], rows[1], rows[5]),
    );
    assert_eq!(
        (good[0].category.join(">"), good[0].audience.clone()),
        ("패션>스카프".into(), vec![Audience::Women, Audience::Adult])
    );
    assert_eq!(
        (good[1].category.join(">"), good[1].audience.clone()),
        ("의류>잡화".into(), vec![Audience::Child])
    );
    assert_eq!(
        (good[1].image_url.as_deref(), good[2].category.len()),
        (None, 0)
    );
}

#[test]
fn naver_ep_rows_come_go_and_change() {
    let feed = "id\ttitle\tprice_pc\tprice_mobile\tnormal_price\tlink\timage_link\tcategory_name1\tcategory_name2\tcategory_name3\tcategory_name4\tbrand\tmaker\treview_count\tage_group\tgender\tsearch_tag\tminimum_purcgase_quantity\tattirbute\tcondition\tclass\tupdate_time\n\
        a\t\"홍삼\" 스틱\t39000\t38000\t50000\thttps://s.example/a\thttps://i.example/a.jpg\t식품\t건강식품\t홍삼\t\t\t정관\t1,024\t성인\t남녀공용\t홍삼|건강\t1\t\t신상품\tI\t2026-01-01 00:00:00\n\
        b\tB\t\t900\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\tU\t\n\
        c\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\tD\t\n\
        d\tD\t1\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t중고\tI\t\n\
        e\tE\t1\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\tX\t\n\
        a\tA\t1\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\n";
    assert_eq!(
        outline(FeedFormat::NaverEp, feed),
        [
            "2:a=39000",
            "3:b=900",
            "4:-c",
            "5:not_new",
            "6:unknown_value",
            "7:duplicate_id"
        ]
    );
    let (items, _) = read(FeedFormat::NaverEp, feed.as_bytes());
    let FeedItem::Product { product, .. } = &items[0] else {
        panic!("{items:?}")
    };
    assert_eq!(
        (product.title.as_str(), product.brand.as_deref()),
        ("\"홍삼\" 스틱", Some("정관"))
    );
    assert_eq!(
        (product.category.join(">"), product.rating_count),
        ("식품>건강식품>홍삼".into(), Some(1_024))
    );
    assert_eq!(
        (product.tags.join("+"), product.audience.clone()),
        ("홍삼+건강".into(), vec![Audience::Adult])
    );
}
