//! The snapshot file: whole or refused with the reason, never half.

use crate::support::{ENGINE, build, product, sample_products};
use proptest::prelude::*;
use seonmul_engine::catalogue::{Catalogue, SnapshotBuilder, SnapshotError};
use std::path::{Path, PathBuf};

fn write(folder: &Path) -> PathBuf {
    let path = folder.join("a.snap");
    let mut builder = SnapshotBuilder::new(ENGINE.clone(), "KRW");
    sample_products()
        .into_iter()
        .take(200)
        .for_each(|p| builder.add(p));
    builder.finish(&path, 5).expect("it builds");
    path
}

#[test]
fn products_come_back_as_they_went_in() {
    let products = sample_products();
    let catalogue = build(products.clone());
    assert_eq!(catalogue.len(), products.len());
    for product in &products {
        let doc = catalogue
            .doc_of(&product.product_id)
            .expect("it is found by its id");
        let back = catalogue.product(doc).expect("it is there");
        assert_eq!(
            (&back.title, back.price, &back.category, &back.description),
            (
                &product.title,
                product.price,
                &product.category,
                &product.description
            )
        );
    }
    assert_eq!(catalogue.doc_of("no-such-id"), None);
    let counted: u32 = catalogue.categories().iter().map(|c| c.count).sum();
    assert_eq!(counted as usize, products.len());
}

#[test]
fn the_same_products_give_the_same_version_in_any_order() {
    let mut products = sample_products();
    let forward = build(products.clone());
    products.reverse();
    assert_eq!(forward.version(), build(products.clone()).version());
    products[0].price += 100;
    assert_ne!(forward.version(), build(products).version());
}

#[test]
fn an_empty_catalogue_is_a_catalogue() {
    let catalogue = build(Vec::new());
    assert!(catalogue.is_empty());
    assert_eq!(catalogue.product(0), None);
}

#[test]
fn a_torn_file_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = write(folder.path());
    let whole = std::fs::read(&path).expect("readable");
    for length in [10, 71, 100, 400, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&path, &whole[..length]).expect("writable");
        let error = Catalogue::open(&path, &ENGINE).expect_err("a cut file is refused");
        assert!(error.to_string().contains("catalogue build"), "{error}");
    }
    let mut longer = whole;
    longer.extend([0; 8]);
    std::fs::write(&path, &longer).expect("writable");
    assert!(matches!(
        Catalogue::open(&path, &ENGINE),
        Err(SnapshotError::Torn { .. })
    ));
}

#[test]
fn a_foreign_file_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.snap");
    for content in [&b""[..], b"{\"products\":[]}", &[0xff; 5_000]] {
        std::fs::write(&path, content).expect("writable");
        let error = Catalogue::open(&path, &ENGINE).expect_err("no snapshot");
        assert!(
            matches!(
                error,
                SnapshotError::Foreign { .. } | SnapshotError::Io { .. }
            ),
            "{error}"
        );
    }
    let missing = Catalogue::open(&folder.path().join("none.snap"), &ENGINE).expect_err("no file");
    assert!(missing.to_string().contains("none.snap"));
}

#[test]
fn a_full_disk_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("full.snap");
    std::os::unix::fs::symlink("/dev/full", path.with_extension("tmp"))
        .expect("a link to a disk without room");
    let mut builder = SnapshotBuilder::new(ENGINE.clone(), "KRW");
    builder.add(product("a", "무드등", 10_000));
    let error = builder.finish(&path, 0).expect_err("there is no room");
    assert!(matches!(error, SnapshotError::Io { .. }));
    assert_eq!(
        std::fs::read_dir(folder.path()).expect("readable").count(),
        0
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_changed_byte_is_noticed_and_nothing_panics(at in 0.0f64..1.0, flip in 1u8..=255) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = write(folder.path());
        let mut bytes = std::fs::read(&path).expect("readable");
        let at = (at * (bytes.len() - 1) as f64) as usize;
        bytes[at] ^= flip;
        std::fs::write(&path, &bytes).expect("writable");
        if let Ok(catalogue) = Catalogue::open(&path, &ENGINE) {
            prop_assert!(catalogue.verify().is_err());
            // Even unverified, reading a damaged file must not bring the program down.
            for doc in 0..catalogue.len() as u32 {
                let _ = catalogue.product(doc);
            }
            let _ = catalogue.doc_of("interior-mood-lamp-touch");
            let _ = ENGINE.rank(&catalogue, &Default::default(), &ENGINE.keywords(&[], &catalogue, Default::default()), &Default::default());
        }
    }
}
