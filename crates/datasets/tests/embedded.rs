//! The embedded samples are the ones whose numbers are in print.

use datasets::{BUILTIN, DatasetError, Sample, builtin, find};
use sha2::{Digest, Sha256};

/// Id, variant, SHA-256 of the values (computed with another implementation), column means, standard deviations.
type Known = (&'static str, Option<&'static str>, &'static str, &'static [f64], &'static [f64]);

const KNOWN: &[Known] = &[
    (
        "iris",
        Some("fisher"),
        "78ac7575ab4d9d480b837a3b90a79ee0294d429a0c22858fb4b9ba6fe5fefffa",
        &[5.843333, 3.057333, 3.758000, 1.199333],
        &[0.8280661, 0.4358663, 1.7652982, 0.7622377],
    ),
    (
        "iris",
        Some("uci"),
        "0c7c824e264c199c4c1ff55e923dfd34998f4e6ea338fbe788503063c2015933",
        &[5.843333, 3.054000, 3.758667, 1.198667],
        &[0.8280661, 0.4335943, 1.7644204, 0.7631607],
    ),
    (
        "faithful",
        None,
        "4c4f4bb0f8c75e8d9b3d95b16c68dce19762761d6c29564a99444a11490cc238",
        &[3.487783, 70.897059],
        &[1.1413713, 13.5949738],
    ),
    (
        "diabetes",
        None,
        "57bacc0e96e9037a5dc55023c76fe48cda955a70d4bd0f1ad9d62e8656e1e8b7",
        &[121.986207, 540.786207, 186.117241],
        &[63.9304077, 319.5649645, 120.9351584],
    ),
    ("acidity", None, "9dd43b7a7198b2f39697bfe7b4659fe5acefec5145e44ae7f459e5bb0806a1de", &[5.105096], &[1.0418287]),
    (
        "galaxies",
        None,
        "12adba0b41185394f60bbd3889fcb3030be128fee4fec6ec52799553296597db",
        &[20828.170732],
        &[4563.7579945],
    ),
    (
        "mcycle",
        None,
        "c8bdb9864ad1e439a6f5494a3689b717f20b677fff7d0583fa6bfd8664c6de74",
        &[25.178947, -25.545865],
        &[13.1320626, 48.3220502],
    ),
];

const FILES: &[(&str, &str)] = &[
    ("acidity", "3f7333b0192528a395fa78df1300c98892cccc5c2f49af23a02e350e304f4654"),
    ("diabetes", "6a9e5bfbe0b3b42eba11a866f071382e82d0a5b41f97602775778aa3afd3833a"),
    ("faithful", "d40b983752ab7ec0b15b740089c3ca7b7b59d0c7433a029a1714d134de1e8d14"),
    ("galaxies", "b0b7bc4451f327ed4dc65f10d0f8c855954507ed1e4d26dd9e4ec4db5c412cae"),
    ("iris", "c1e22e240969e6e104a7a1e115792dbf53917d05b76b76444e859cb70af7c119"),
    ("mcycle", "93d06e3d834a5c21056b40f16fcd03c4384acff5020e273453d5cd62d730f0c8"),
];

fn mean(sample: &Sample, j: usize) -> f64 {
    sample.x.iter().skip(j).step_by(sample.d).sum::<f64>() / sample.n as f64
}

#[test]
fn files_are_unchanged() {
    assert_eq!(FILES.len(), BUILTIN.len());
    for (id, expected) in FILES {
        let digest = Sha256::digest(find(id).unwrap().csv.as_bytes());
        let hex = digest.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        assert_eq!(hex, *expected, "{id}");
    }
}

#[test]
fn every_entry_and_variant_loads_in_the_shape_it_announces() {
    let mut known = KNOWN.iter();
    for entry in BUILTIN {
        let variants: Vec<_> = entry.variants.iter().map(|variant| Some(variant.name)).collect();
        for variant in if variants.is_empty() { vec![None] } else { variants } {
            let sample = builtin(entry.id, variant).unwrap();
            assert_eq!((sample.n, sample.d, sample.columns.len()), (entry.n, entry.d, entry.d));
            assert_eq!(sample.truth.is_some(), entry.label.is_some());
            let &(id, known_variant, fingerprint, ..) = known.next().unwrap();
            assert_eq!((id, known_variant), (entry.id, variant));
            assert_eq!(sample.fingerprint.to_string(), fingerprint, "{id} {variant:?}");
        }
    }
    assert!(known.next().is_none());
}

#[test]
fn means_and_deviations_are_the_published_ones() {
    for &(id, variant, _, means, deviations) in KNOWN {
        let sample = builtin(id, variant).unwrap();
        let standard = sample.clone().standardise_sd().unwrap();
        for j in 0..sample.d {
            let found = mean(&sample, j);
            assert!((found - means[j]).abs() < 6e-7, "{id} {j}: {found}");
            let first_two_apart = (0..sample.n).find(|&i| sample.row(i)[j] != sample.row(0)[j]).unwrap();
            let deviation = (sample.row(first_two_apart)[j] - sample.row(0)[j])
                / (standard.row(first_two_apart)[j] - standard.row(0)[j]);
            assert!((deviation / deviations[j] - 1.0).abs() < 1e-6, "{id} {j}: {deviation}");
            assert!(mean(&standard, j).abs() < 1e-14, "{id} {j}");
        }
    }
}

#[test]
fn the_variants_of_iris_differ_in_rows_35_and_38_alone() {
    let (fisher, uci) = (builtin("iris", None).unwrap(), builtin("iris", Some("uci")).unwrap());
    assert_eq!(fisher, builtin("iris", Some("fisher")).unwrap());
    let different: Vec<usize> = (0..150).filter(|&i| fisher.row(i) != uci.row(i)).collect();
    assert_eq!(different, [34, 37]);
    assert_eq!((fisher.row(34), fisher.row(37)), (&[4.9, 3.1, 1.5, 0.2][..], &[4.9, 3.6, 1.4, 0.1][..]));
    assert_eq!((uci.row(34), uci.row(37)), (&[4.9, 3.1, 1.5, 0.1][..], &[4.9, 3.1, 1.5, 0.1][..]));
    assert_eq!(fisher.truth, uci.truth);
    // Equal rows, of which a pair of starting centres cannot be told apart.
    assert_eq!(fisher.row(101), fisher.row(142));
}

#[test]
fn labels_are_the_known_classes() {
    let counts = |sample: Sample| {
        let truth = sample.truth.unwrap();
        let count = |k: usize| truth.labels.iter().filter(|&&label| label as usize == k).count();
        (0..truth.names.len()).map(|k| (truth.names[k].clone(), count(k))).collect::<Vec<_>>()
    };
    let named = |expected: [(&str, usize); 3]| expected.map(|(name, count)| (name.to_string(), count)).to_vec();
    let species = named([("setosa", 50), ("versicolor", 50), ("virginica", 50)]);
    assert_eq!(counts(builtin("iris", None).unwrap()), species);
    let diagnoses = named([("Normal", 76), ("Chemical", 36), ("Overt", 33)]);
    assert_eq!(counts(builtin("diabetes", None).unwrap()), diagnoses);
}

#[test]
fn the_first_standardised_flower_is_that_of_scale() {
    let standard = builtin("iris", None).unwrap().standardise_sd().unwrap();
    // R: scale(iris[, 1:4])[1, ]
    for (found, expected) in standard.row(0).iter().zip([-0.8976739, 1.0156020, -1.3357516, -1.3110521]) {
        assert!((found - expected).abs() < 6e-8, "{found} {expected}");
    }
}

#[test]
fn unknown_names_come_with_the_known_ones() {
    let unknown = builtin("irs", None).unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "unknown data set `irs`; embedded are `iris`, `faithful`, `diabetes`, `acidity`, `galaxies`, `mcycle`"
    );
    let DatasetError::UnknownVariant { id, variant, known } = builtin("iris", Some("usi")).unwrap_err() else {
        panic!("a variant of iris is unknown")
    };
    assert_eq!((id, variant.as_str(), known), ("iris", "usi", vec!["fisher", "uci"]));
    let single = builtin("faithful", Some("uci")).unwrap_err();
    assert_eq!(
        single.to_string(),
        "data set `faithful` has no variant `uci`; it comes in one form: leave the variant out"
    );
    assert_eq!(find("iris").unwrap().variant(None).unwrap().unwrap().name, "fisher");
    assert!(find("faithful").unwrap().variant(None).unwrap().is_none());
}
