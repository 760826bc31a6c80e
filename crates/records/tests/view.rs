//! A folder as a reader sees it while it is written and afterwards, and what differs between two recordings.

mod common;

use records::{Part, RunRange, View, differences};
use std::collections::BTreeSet;
use std::fs;

fn chosen(part: &Part, runs: &BTreeSet<u32>) -> Part {
    let mut part = part.clone();
    part.runs.retain(|row| runs.contains(&row.run));
    part.traces.retain(|record| runs.contains(&record.run));
    part.failures.retain(|row| runs.contains(&row.run));
    part.parameters.retain(|row| runs.contains(&row.run));
    part.timings.retain(|row| runs.contains(&row.run));
    part
}

#[test]
fn parts_and_final_files_show_the_same_and_nothing_is_changed() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    assert_eq!((View::open(root).unwrap().count(), fs::read_dir(root).unwrap().count()), (0, 0));
    let whole = common::part(0..30, 6);
    let store = common::open(root);
    common::write(&store, 1, &common::part(20..30, 6)).unwrap();
    common::write(&store, 0, &common::part(0..10, 6)).unwrap();
    // What has no manifest does not count, and one that cannot be read says nothing.
    fs::write(root.join("parts/000007.runs.parquet"), "PAR1").unwrap();
    fs::write(root.join("parts/000008.json"), "{").unwrap();
    let early = View::open(root).unwrap();
    assert!(!early.is_complete() && early.contains(9) && !early.contains(10));
    assert_eq!(early.runs(), [RunRange { first: 0, last: 9 }, RunRange { first: 20, last: 29 }]);
    let wanted = BTreeSet::from([2, 3, 22, 29]);
    assert_eq!(early.read(&wanted).unwrap(), chosen(&whole, &wanted));
    assert_eq!(early.find(whole.runs[23].run_id).unwrap(), [23]);
    assert_eq!(early.find(1).unwrap(), [0; 0]);
    assert!(root.join("parts/000007.runs.parquet").exists() && root.join("parts/000008.json").exists());

    fs::remove_file(root.join("parts/000008.json")).unwrap();
    fs::remove_file(root.join("parts/000007.runs.parquet")).unwrap();
    common::write(&store, 2, &common::part(10..20, 6)).unwrap();
    store.compact(30).unwrap();
    store.write_observations(common::observations()).unwrap();
    store.write_assignments(common::assignments()).unwrap();
    store.finish().unwrap();
    let late = View::open(root).unwrap();
    assert!(late.is_complete());
    assert_eq!((late.runs(), late.count()), ([RunRange { first: 0, last: 29 }].as_slice(), 30));
    // Also through a view from before the parts went.
    for view in [&late, &early] {
        assert_eq!(view.read(&wanted).unwrap(), chosen(&whole, &wanted));
        assert_eq!(view.find(whole.runs[23].run_id).unwrap(), [23]);
    }
}

#[test]
fn one_bit_is_a_difference_with_table_row_and_column() {
    let recorded = common::part(0..10, 6);
    let mut repeated = recorded.clone();
    let categories = common::categories();
    assert_eq!(differences(&recorded, &repeated, &categories).unwrap(), []);
    repeated.timings.clear();
    assert_eq!(differences(&recorded, &repeated, &categories).unwrap(), [], "times differ always");

    let flip = |value: f64| f64::from_bits(value.to_bits() ^ 1);
    repeated.runs[4].objective = repeated.runs[4].objective.map(flip);
    let trace = repeated.traces.iter_mut().find(|record| record.run == 6 && record.row.iteration == 3).unwrap();
    trace.row.kl = None;
    let row = repeated.parameters.iter_mut().find(|row| row.run == 8 && row.component == 1).unwrap();
    row.mean[0] = -row.mean[0];
    repeated.failures.retain(|row| row.run != 2);
    let found = differences(&recorded, &repeated, &categories).unwrap();
    let short: Vec<_> = found.iter().map(|one| (one.table, one.run, one.row.as_str(), one.column)).collect();
    let expected = [
        ("runs", 4, "", "objective"),
        ("traces", 6, "iteration 3", "kl"),
        ("failures", 2, "", "(rows)"),
        ("parameters", 8, "moment start, component 1", "mean"),
    ];
    assert_eq!(short, expected);
    let (old, new) = (recorded.runs[4].objective.unwrap(), repeated.runs[4].objective.unwrap());
    assert_eq!(found[0].to_string(), format!("runs, objective: recorded {old:?}, repeated {new:?}"));
    assert_eq!(
        (found[1].repeated.as_str(), found[2].recorded.as_str(), found[2].repeated.as_str()),
        ("null", "1", "0")
    );
    // 0 and −0 are equal numbers and other bits.
    let mut zeros = [recorded.clone(), recorded];
    (zeros[0].runs[0].nmi, zeros[1].runs[0].nmi) = (Some(0.0), Some(-0.0));
    assert_eq!(differences(&zeros[0], &zeros[1], &categories).unwrap().len(), 1);
}
