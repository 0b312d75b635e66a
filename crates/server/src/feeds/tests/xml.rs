use super::*;
use seonmul_engine::profile::Audience;

fn rss(items: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" xmlns:g=\"http://base.google.com/ns/1.0\">\n<channel><title>가게</title><link>https://s.example</link>\n{items}\n</channel>\n</rss>\n"
    )
}

fn item(id: &str) -> String {
    format!("<item><g:id>{id}</g:id><g:title>T</g:title><g:price>1 KRW</g:price></item>")
}

#[test]
fn an_rss_item_becomes_a_product() {
    let feed = rss(
        "<item>\n<title>사이트 제목</title><g:title><![CDATA[<b>향초</b> & 홀더]]></g:title><link>https://s.example/a?x=1&amp;y=2</link>\
         <description>&lt;p&gt;은은한&lt;/p&gt; 향</description><g:id>a</g:id><g:price>25,000 KRW</g:price><g:sale_price>19900 KRW</g:sale_price>\
         <g:shipping><g:country>KR</g:country><g:price>3000 KRW</g:price></g:shipping><g:availability>in_stock</g:availability>\
         <g:image_link>https://i.example/a.jpg</g:image_link><g:brand>빛&#44;향</g:brand><g:product_type>리빙 &gt; 향초</g:product_type>\
         <g:product_type>기타</g:product_type><g:age_group>newborn</g:age_group><!-- <item> --></item>",
    );
    let product = products(FeedFormat::GoogleXml, &feed).remove(0);
    assert_eq!(
        (
            product.product_id.as_str(),
            product.title.as_str(),
            product.price
        ),
        ("a", "향초 & 홀더", 19_900)
    );
    assert_eq!(product.url.as_deref(), Some("https://s.example/a?x=1&y=2"));
    assert_eq!(
        (product.description.as_str(), product.brand.as_deref()),
        ("은은한 향", Some("빛,향"))
    );
    assert_eq!(
        (product.category.join(">"), product.audience),
        ("리빙>향초".to_owned(), vec![Audience::Baby])
    );
    assert_eq!(outline(FeedFormat::GoogleXml, feed), ["4:a=19900"]);
}

#[test]
fn the_days_of_shipping_to_korea_are_taken() {
    let shipped = |shipping: &str| {
        let item = format!(
            "<item><g:id>a</g:id><g:title>T</g:title><g:price>1 KRW</g:price>{shipping}</item>"
        );
        products(FeedFormat::GoogleXml, rss(&item))[0].delivery_days
    };
    let shipping = |country: &str, handling: u32, transit: u32| {
        format!(
            "<g:shipping><g:country>{country}</g:country><g:max_handling_time>{handling}</g:max_handling_time>\
             <g:max_transit_time>{transit}</g:max_transit_time></g:shipping>"
        )
    };
    let both = shipping("US", 5, 20) + &shipping("KR", 1, 2);
    assert_eq!(shipped(&both), Some(3));
    assert_eq!(shipped(&shipping("US", 5, 20)), None);
    assert_eq!(
        shipped(
            "<g:max_handling_time>1</g:max_handling_time><g:max_transit_time>1</g:max_transit_time>"
        ),
        Some(2)
    );
    assert_eq!(
        shipped("<g:shipping><g:max_transit_time>1</g:max_transit_time></g:shipping>"),
        None
    );
}

#[test]
fn an_atom_entry_becomes_a_product() {
    let feed = "<feed xmlns=\"http://www.w3.org/2005/Atom\" xmlns:g=\"http://base.google.com/ns/1.0\"><title>가게</title>\n\
        <entry><id>tag:s.example,2026:a</id><g:id>a</g:id><title>컵</title><link rel=\"self\" href=\"https://s.example/self\"/>\
        <link rel=\"alternate\" href=\"https://s.example/a?x=1&amp;y=2\"/><summary>설명</summary><g:price>9000 KRW</g:price></entry>\n\
        <entry><id>b</id><title>책</title><link href='https://s.example/b'/><g:price>0 KRW</g:price></entry></feed>";
    assert_eq!(
        outline(FeedFormat::GoogleXml, feed),
        ["2:a=9000", "3:price_zero"]
    );
    let (items, _) = read(FeedFormat::GoogleXml, feed.as_bytes());
    let FeedItem::Product { product, .. } = &items[0] else {
        panic!("{items:?}")
    };
    assert_eq!(
        (product.url.as_deref(), product.description.as_str()),
        (Some("https://s.example/a?x=1&y=2"), "설명")
    );
}

#[test]
fn a_broken_item_spoils_no_other() {
    let feed = rss(&format!(
        "{}\n<item><g:id>b</g:id><g:title>x</g:wrong></item>\n<item><g:id>c</g:id>\n{}\n<item/>\n<item><g:title>&nope; & 컵</g:title><g:id>e</g:id><g:price>1</g:price></item>",
        item("a"),
        item("d"),
    ));
    let expected = [
        "4:a=1",
        "5:invalid_xml",
        "6:invalid_xml",
        "7:d=1",
        "8:missing_field",
        "9:e=1",
    ];
    assert_eq!(outline(FeedFormat::GoogleXml, feed), expected);
}

#[test]
fn what_looks_like_an_item_in_text_is_none() {
    let feed = format!(
        "<!DOCTYPE rss [ <!ENTITY a \"<item>\"> ]>\n<!-- <item></item> --><rss><channel><x a=\"</rss>\" b='<item>'/><![CDATA[<item></rss>]]>\n{}</channel></rss>",
        item("a").replace('T', "<![CDATA[</item> ]] > T]]>")
    );
    assert_eq!(outline(FeedFormat::GoogleXml, feed), ["3:a=1"]);
}

#[test]
fn a_cut_xml_file_is_told_after_its_good_items() {
    let feed = rss(&format!("{}\n{}", item("a"), item("b")));
    let b = feed.find("<g:id>b").expect("stands there");
    assert_eq!(
        outline(FeedFormat::GoogleXml, &feed[..b]),
        ["4:a=1", "5:cut_off", "truncated"]
    );
    let end = feed.find("</channel>").expect("stands there");
    assert_eq!(
        outline(FeedFormat::GoogleXml, &feed[..end]),
        ["4:a=1", "5:b=1", "truncated"]
    );
    let packed = gzip(
        rss(&(0..20_000)
            .map(|i| item(&i.to_string()))
            .collect::<String>())
        .as_bytes(),
    );
    let words = outline(FeedFormat::GoogleXml, &packed[..packed.len() / 2]);
    assert_eq!(
        words[words.len() - 2..]
            .iter()
            .map(|w| w.rsplit(':').next().unwrap_or_default())
            .collect::<Vec<_>>(),
        ["cut_off", "truncated"]
    );
    assert!(words.len() > 1_000);
}

#[test]
fn other_files_are_no_product_xml() {
    for other in ["", "  ", "id,title\n", "<html><body/></html>", "<items/>"] {
        assert_eq!(
            outline(FeedFormat::GoogleXml, other),
            ["not_this_format"],
            "{other}"
        );
    }
    assert_eq!(
        outline(
            FeedFormat::GoogleXml,
            "<?xml version='1.0' encoding='EUC-KR'?><rss/>"
        ),
        ["not_utf8"]
    );
    assert!(outline(FeedFormat::GoogleXml, "<rss/>").is_empty());
    assert!(outline(FeedFormat::GoogleXml, "<rss></rss>").is_empty());
    let bad_letter = rss(&item("a").replace('T', "@"))
        .bytes()
        .map(|b| if b == b'@' { 0xFF } else { b })
        .collect::<Vec<_>>();
    assert_eq!(outline(FeedFormat::GoogleXml, bad_letter), ["4:not_utf8"]);
}
