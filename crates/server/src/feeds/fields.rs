//! The columns, keys and elements that feeds use, and the many names they go by. One vocabulary serves every format.

use super::FeedFormat;

macro_rules! fields {
    ($($variant:ident),+ $(,)?) => {
        /// What a value of a row is about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub(super) enum Field { $($variant),+ }

        impl Field {
            pub(super) const ALL: &[Self] = &[$(Self::$variant),+];
            pub(super) const COUNT: usize = Self::ALL.len();
        }
    };
}

fields!(
    Id,
    Title,
    Brand,
    Maker,
    Category,
    GoogleCategory,
    Category1,
    Category2,
    Category3,
    Category4,
    Price,
    PriceMobile,
    SalePrice,
    SaleDates,
    Currency,
    Image,
    Link,
    Seller,
    Rating,
    RatingCount,
    Description,
    Tags,
    Audience,
    Gender,
    AgeGroup,
    Sponsored,
    Availability,
    Condition,
    NaverType,
    Class,
    DeliveryDays,
    HandlingDays,
    TransitDays,
);

/// Names longer than this, spacing left out, are not ours.
const MAX_NAME_BYTES: usize = 48;
/// Shorter names are too near to each other to guess at a misspelling.
const MIN_GUESSED_BYTES: usize = 6;

impl Field {
    /// The field that a column, key or element name means; case, spaces, `_`, `-` and a `g:` prefix make no difference.
    pub(super) fn of_name(format: FeedFormat, name: &str) -> Option<Self> {
        let mut buffer = [0; MAX_NAME_BYTES];
        Self::of_normalised(format, normalise(name, &mut buffer)?)
    }

    /// Like [`Self::of_name`], and for a header cell with one wrong, missing, doubled or swapped letter as well.
    pub(super) fn of_misspelt_name(format: FeedFormat, name: &str) -> Option<Self> {
        let mut buffer = [0; MAX_NAME_BYTES];
        let name = normalise(name, &mut buffer)?;
        if name.len() < MIN_GUESSED_BYTES || !name.is_ascii() {
            return None;
        }
        let mut near = GUESSED_NAMES
            .iter()
            .filter(|known| is_one_slip_apart(known.as_bytes(), name.as_bytes()));
        match (near.next(), near.next()) {
            (Some(known), None) => Self::of_normalised(format, known),
            _ => None,
        }
    }

    fn of_normalised(format: FeedFormat, name: &str) -> Option<Self> {
        Some(match name {
            "producttype" if format == FeedFormat::NaverShopJson => Self::NaverType,
            "productid" | "id" | "goodsid" | "productno" | "productcode" | "sku" | "상품코드"
            | "상품번호" | "상품id" | "상품아이디" | "아이디" => Self::Id,
            "title" | "name" | "productname" | "titel" | "상품명" | "제품명" | "제목" | "이름" => {
                Self::Title
            }
            "brand" | "brandname" | "brnad" | "브랜드" | "브랜드명" => Self::Brand,
            "maker" | "manufacturer" | "제조사" => Self::Maker,
            "category" | "categories" | "categorypath" | "producttype" | "catagory"
            | "카테고리" | "분류" => Self::Category,
            "googleproductcategory" => Self::GoogleCategory,
            "category1" | "categoryname1" | "카테고리1" | "대분류" => Self::Category1,
            "category2" | "categoryname2" | "카테고리2" | "중분류" => Self::Category2,
            "category3" | "categoryname3" | "카테고리3" | "소분류" => Self::Category3,
            "category4" | "categoryname4" | "카테고리4" | "세분류" => Self::Category4,
            "price" | "pricepc" | "lprice" | "productprice" | "pirce" | "가격" | "판매가"
            | "판매가격" | "금액" | "가격원" | "판매가원" => Self::Price,
            "pricemobile" | "모바일가격" => Self::PriceMobile,
            "saleprice" | "할인가" | "할인가격" | "할인판매가" => Self::SalePrice,
            "salepriceeffectivedate" => Self::SaleDates,
            "currency" | "통화" => Self::Currency,
            "imageurl" | "image" | "imagelink" | "productimage" | "이미지" | "이미지주소"
            | "이미지url" | "대표이미지" => Self::Image,
            "url" | "link" | "producturl" | "productlink" | "링크" | "상품링크" | "상품url"
            | "상품주소" => Self::Link,
            "seller" | "mallname" | "shop" | "shopname" | "store" | "판매자" | "판매처"
            | "쇼핑몰" => Self::Seller,
            "rating" | "score" | "averagerating" | "평점" | "별점" => Self::Rating,
            "ratingcount" | "reviewcount" | "reviews" | "리뷰수" | "후기수" | "상품평수" => {
                Self::RatingCount
            }
            "description" | "desc" | "summary" | "content" | "설명" | "상품설명" | "상세설명" => {
                Self::Description
            }
            "tags" | "tag" | "searchtag" | "keywords" | "태그" | "검색어" | "키워드" => {
                Self::Tags
            }
            "audience" | "대상" => Self::Audience,
            "gender" | "성별" => Self::Gender,
            "agegroup" | "연령" | "연령대" => Self::AgeGroup,
            "sponsored" | "광고" => Self::Sponsored,
            "availability" | "재고" | "재고상태" | "판매상태" => Self::Availability,
            "condition" | "상태" | "상품상태" => Self::Condition,
            "class" => Self::Class,
            "deliverydays" | "배송일수" | "배송기간" | "배송소요일" => {
                Self::DeliveryDays
            }
            "maxhandlingtime" => Self::HandlingDays,
            "maxtransittime" => Self::TransitDays,
            _ => return None,
        })
    }
}

const GUESSED_NAMES: &[&str] = &[
    "productid",
    "productname",
    "category",
    "categoryname1",
    "categoryname2",
    "categoryname3",
    "categoryname4",
    "pricepc",
    "pricemobile",
    "saleprice",
    "currency",
    "imageurl",
    "imagelink",
    "seller",
    "rating",
    "ratingcount",
    "reviewcount",
    "description",
    "searchtag",
    "audience",
    "gender",
    "agegroup",
    "sponsored",
    "availability",
    "condition",
    "producttype",
    "deliverydays",
];

/// Small letters without spacing, separators and the Google prefix; `None` for an empty or long name.
fn normalise<'b>(name: &str, buffer: &'b mut [u8; MAX_NAME_BYTES]) -> Option<&'b str> {
    let name = name.trim().trim_start_matches('\u{FEFF}');
    let name = name.strip_prefix("g:").unwrap_or(name);
    let mut length = 0;
    for c in name
        .chars()
        .filter(|&c| !(c.is_whitespace() || matches!(c, '_' | '-' | '.' | '"' | '(' | ')')))
    {
        let c = c.to_ascii_lowercase();
        let place = buffer.get_mut(length..length + c.len_utf8())?;
        length += c.encode_utf8(place).len();
    }
    std::str::from_utf8(&buffer[..length])
        .ok()
        .filter(|name| !name.is_empty())
}

/// Whether two names differ by one letter put in, left out, changed or swapped with its neighbour. Digits count as they are.
fn is_one_slip_apart(known: &[u8], given: &[u8]) -> bool {
    let digits = |name: &[u8]| {
        name.iter()
            .copied()
            .filter(u8::is_ascii_digit)
            .collect::<Vec<_>>()
    };
    if known.len().abs_diff(given.len()) > 1 || digits(known) != digits(given) {
        return false;
    }
    let same_front = known.iter().zip(given).take_while(|(a, b)| a == b).count();
    let (a, b) = (&known[same_front..], &given[same_front..]);
    match known.len().cmp(&given.len()) {
        std::cmp::Ordering::Less => a == &b[1..],
        std::cmp::Ordering::Greater => &a[1..] == b,
        std::cmp::Ordering::Equal => {
            a.is_empty()
                || a[1..] == b[1..]
                || (a.len() > 1 && a[0] == b[1] && a[1] == b[0] && a[2..] == b[2..])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_matched_leniently() {
        let csv = FeedFormat::Csv;
        for (name, field) in [
            ("Product ID", Field::Id),
            ("product_id", Field::Id),
            ("상품 코드", Field::Id),
            ("g:image_link", Field::Image),
            ("Image-Link", Field::Image),
            ("가격(원)", Field::Price),
            ("PRICE_PC", Field::Price),
            ("product_type", Field::Category),
        ] {
            assert_eq!(Field::of_name(csv, name), Some(field), "{name}");
        }
        assert_eq!(
            Field::of_name(FeedFormat::NaverShopJson, "productType"),
            Some(Field::NaverType)
        );
        for unknown in [
            "",
            "minimum_purcgase_quantity",
            "attirbute",
            "normal_price",
            &"x".repeat(500),
            &"가".repeat(17),
        ] {
            assert_eq!(Field::of_name(csv, unknown), None, "{unknown}");
        }
    }

    #[test]
    fn one_slip_in_a_header_is_forgiven() {
        let guess = |name| Field::of_misspelt_name(FeedFormat::NaverEp, name);
        assert_eq!(guess("descripton"), Some(Field::Description));
        assert_eq!(guess("catgeory_name2"), Some(Field::Category2));
        assert_eq!(guess("imagge_link"), Some(Field::Image));
        assert_eq!(guess("category_name5"), None);
        assert_eq!(guess("normal_price"), None);
        assert_eq!(guess("lin"), None);
        assert_eq!(guess("item_group_id"), None);
    }
}
