//! A crash at any moment loses no committed run, and damage is noticed.

mod common;

use records::{Damage, MARKER_FILE, PartWarning, RecordsError, is_complete};
use std::fs;
use std::path::{Path, PathBuf};

const PLAN: &str = "0123abcd";

fn three_parts(root: &Path) {
    let store = common::open(root);
    for number in 0..3 {
        store.write_part(number, &common::part(10 * number..10 * number + 10, 5)).unwrap();
    }
}

fn part_file(root: &Path, name: &str) -> PathBuf {
    root.join("parts").join(name)
}

/// After damage, part 1 and only part 1 is repeated, and the result is that of an undisturbed sweep.
fn recovers(root: &Path, damage: &Damage) {
    let store = common::open(root);
    let committed = store.committed().unwrap();
    assert_eq!(committed.warnings, [PartWarning { part: 1, damage: damage.clone() }]);
    assert_eq!(committed.parts.iter().map(|part| part.number).collect::<Vec<_>>(), [0, 2]);
    assert_eq!((committed.runs(), committed.next_number()), (20, 3));
    assert!(committed.contains(9) && !committed.contains(10) && !committed.contains(19) && committed.contains(20));

    assert!(matches!(store.compact(30), Err(RecordsError::Incomplete { expected: 30, found: 20 })));
    store.write_part(committed.next_number(), &common::part(10..20, 5)).unwrap();
    assert_eq!(store.committed().unwrap().warnings, []);
    store.compact(30).unwrap();
    store.write_observations(common::observations()).unwrap();
    store.write_assignments(common::assignments()).unwrap();
    store.finish().unwrap();

    let undisturbed = tempfile::tempdir().unwrap();
    common::write_sweep(undisturbed.path(), &[0, 30], 5);
    for entry in fs::read_dir(undisturbed.path()).unwrap() {
        let name = entry.unwrap().file_name();
        let [resumed, expected] = [root, undisturbed.path()].map(|folder| fs::read(folder.join(&name)).unwrap());
        assert!(resumed == expected, "{} differs", name.display());
    }
    assert_eq!(fs::read_dir(root).unwrap().count(), fs::read_dir(undisturbed.path()).unwrap().count());
}

#[test]
fn a_flipped_bit_is_noticed_wherever_it_is() {
    let folder = tempfile::tempdir().unwrap();
    three_parts(folder.path());
    let path = part_file(folder.path(), "000001.traces.parquet");
    let good = fs::read(&path).unwrap();
    for position in (0..good.len()).step_by(good.len() / 40) {
        let mut bad = good.clone();
        bad[position] ^= 1 << (position % 8);
        fs::write(&path, bad).unwrap();
        let copy = tempfile::tempdir().unwrap();
        fs::create_dir(copy.path().join("parts")).unwrap();
        for entry in fs::read_dir(folder.path().join("parts")).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), copy.path().join("parts").join(entry.file_name())).unwrap();
        }
        let committed = common::open(copy.path()).committed().unwrap();
        assert_eq!(committed.parts.len(), 2, "byte {position}");
        let name = "000001.traces.parquet".to_owned();
        assert_eq!(committed.warnings, [PartWarning { part: 1, damage: Damage::File { name } }]);
    }
    recovers(folder.path(), &Damage::File { name: "000001.traces.parquet".to_owned() });
}

#[test]
fn a_truncated_file_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    three_parts(folder.path());
    let path = part_file(folder.path(), "000001.parameters.parquet");
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
    recovers(folder.path(), &Damage::File { name: "000001.parameters.parquet".to_owned() });
}

#[test]
fn a_missing_file_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    three_parts(folder.path());
    fs::remove_file(part_file(folder.path(), "000001.failures.parquet")).unwrap();
    recovers(folder.path(), &Damage::File { name: "000001.failures.parquet".to_owned() });
}

#[test]
fn part_files_without_a_manifest_do_not_count() {
    let folder = tempfile::tempdir().unwrap();
    three_parts(folder.path());
    fs::remove_file(part_file(folder.path(), "000001.json")).unwrap();
    recovers(folder.path(), &Damage::NoManifest);
}

#[test]
fn a_cut_manifest_does_not_count() {
    let folder = tempfile::tempdir().unwrap();
    three_parts(folder.path());
    let path = part_file(folder.path(), "000001.json");
    let text = fs::read(&path).unwrap();
    fs::write(&path, &text[..text.len() / 2]).unwrap();
    recovers(folder.path(), &Damage::UnreadableManifest);
}

#[test]
fn a_part_of_another_plan_does_not_count() {
    let folder = tempfile::tempdir().unwrap();
    three_parts(folder.path());
    let path = part_file(folder.path(), "000001.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace(PLAN, "ffff")).unwrap();
    recovers(folder.path(), &Damage::OtherPlan);
}

#[test]
fn temporary_files_are_removed_when_the_folder_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    three_parts(root);
    fs::create_dir_all(root.join(".tmp")).unwrap();
    fs::write(root.join(".tmp/000003.runs.parquet"), b"PAR1 and then the power went").unwrap();
    let committed = common::open(root).committed().unwrap();
    assert!(!root.join(".tmp").exists());
    assert_eq!((committed.parts.len(), committed.warnings.len()), (3, 0));
}

#[test]
fn a_crash_before_the_marker_leaves_the_parts() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    three_parts(root);
    let store = common::open(root);
    store.compact(30).unwrap();
    drop(store);
    assert!(!is_complete(root, PLAN).unwrap());
    let store = common::open(root);
    assert_eq!(store.committed().unwrap().runs(), 30);
    assert!(matches!(store.finish(), Err(RecordsError::NotCompacted { table: "runs" })));
}

#[test]
fn a_crash_after_the_marker_leaves_a_finished_folder() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    common::write_sweep(root, &[0, 5], 5);
    fs::create_dir(root.join("parts")).unwrap();
    fs::write(part_file(root, "000000.json"), b"{}").unwrap();
    assert!(is_complete(root, PLAN).unwrap());
    records::remove_leftovers(root).unwrap();
    assert!(!root.join("parts").exists());
    assert!(is_complete(root, PLAN).unwrap());
}

#[test]
fn a_changed_final_file_is_not_complete() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    common::write_sweep(root, &[0, 5], 5);
    let path = root.join("traces.parquet");
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    fs::write(&path, bytes).unwrap();
    assert!(!is_complete(root, PLAN).unwrap());
}

#[test]
fn clearing_removes_what_was_written_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    common::write_sweep(root, &[0, 5], 5);
    fs::write(root.join("config.toml"), "name = \"sweep\"\n").unwrap();
    records::clear(root).unwrap();
    let left: Vec<_> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["config.toml"]);
    assert!(!root.join(MARKER_FILE).exists());
}
