//! A crash at any moment loses no committed run, and damage is noticed.

mod common;

use records::{Committed, Damage, MARKER_FILE, RecordsError, is_complete};
use std::fs;
use std::path::{Path, PathBuf};

const PLAN: &str = "0123abcd";

fn three_parts(root: &Path) {
    let store = common::open(root);
    for number in 0..3 {
        common::write(&store, number, &common::part(10 * number..10 * number + 10, 5)).unwrap();
    }
}

fn part_file(root: &Path, name: &str) -> PathBuf {
    root.join("parts").join(name)
}

fn warnings(committed: &Committed) -> Vec<(u32, Damage)> {
    committed.warnings.iter().map(|warning| (warning.part, warning.damage.clone())).collect()
}

/// After damage, part 1 and only part 1 is repeated, and the result is that of an undisturbed sweep.
fn recovers(root: &Path, damage: &Damage) {
    let store = common::open(root);
    let committed = store.committed().unwrap();
    assert_eq!(warnings(&committed), [(1, damage.clone())]);
    assert_eq!(committed.parts.iter().map(|part| part.number).collect::<Vec<_>>(), [0, 2]);
    assert_eq!(committed.runs(), 20);
    assert!(committed.contains(9) && !committed.contains(10) && !committed.contains(19) && committed.contains(20));

    assert!(matches!(store.compact(30), Err(RecordsError::Incomplete { expected: 30, found: 20 })));
    common::write(&store, 3, &common::part(10..20, 5)).unwrap();
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
        assert_eq!(warnings(&committed), [(1, Damage::File { name })]);
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

#[test]
fn looking_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    assert_eq!(records::survey(root, PLAN).unwrap(), Committed::default());
    three_parts(root);
    fs::remove_file(part_file(root, "000001.json")).unwrap();
    let seen = records::survey(root, PLAN).unwrap();
    assert_eq!((seen.runs(), warnings(&seen)), (20, vec![(1, Damage::NoManifest)]));
    assert!(part_file(root, "000001.runs.parquet").exists() && !root.join(".set-aside").exists());
}

/// Two processes finished the same runs: what they wrote is the same, one of the parts goes.
#[test]
fn a_run_that_two_parts_have_is_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let store = common::open(folder.path());
    common::write(&store, 0, &common::part(0..10, 1)).unwrap();
    common::write(&store, 1, &common::part(9..12, 1)).unwrap();
    common::write(&store, 2, &common::part(12..15, 1)).unwrap();
    let committed = store.committed().unwrap();
    assert_eq!(warnings(&committed), [(1, Damage::Repeats { other: 0 })]);
    common::write(&store, 10, &common::part(10..12, 1)).unwrap();
    store.compact(15).unwrap();
}

/// A writer that shares the folder leaves alone what another one is writing.
#[test]
fn what_another_writer_has_begun_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    three_parts(root);
    fs::remove_file(part_file(root, "000001.json")).unwrap();
    fs::create_dir_all(root.join(".tmp/2-of-2")).unwrap();
    fs::write(root.join(".tmp/2-of-2/000005.runs.parquet"), b"PAR1").unwrap();
    let open = |writer| records::Store::open_shared(root, writer, &common::categories(), common::metadata()).unwrap();
    let committed = open("1-of-2").committed_of(|number| number != 1).unwrap();
    assert_eq!((committed.runs(), warnings(&committed)), (20, vec![]));
    assert!(part_file(root, "000001.runs.parquet").exists() && root.join(".tmp/2-of-2/000005.runs.parquet").exists());
    let committed = open("2-of-2").committed_of(|number| number == 1).unwrap();
    assert_eq!(warnings(&committed), [(1, Damage::NoManifest)]);
    assert!(!part_file(root, "000001.runs.parquet").exists() && !root.join(".tmp/2-of-2").exists());
}

/// A part that cannot be written leaves nothing that fills the disk further.
#[test]
fn a_part_that_fails_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let store = common::open(root);
    // A folder in the way of the manifest's temporary file: every table can be written, the manifest cannot.
    fs::create_dir_all(root.join(".tmp/000000.json/x")).unwrap();
    assert!(matches!(common::write(&store, 0, &common::part(0..10, 1)), Err(RecordsError::File { .. })));
    assert_eq!(fs::read_dir(root.join("parts")).unwrap().count(), 0);
    assert_eq!(fs::read_dir(root.join(".tmp")).unwrap().count(), 1);
    fs::remove_dir_all(root.join(".tmp")).unwrap();
    common::write(&store, 0, &common::part(0..10, 1)).unwrap();
}
