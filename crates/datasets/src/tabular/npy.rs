//! NumPy's NPY files: one array of n × d (or n) floating-point numbers, little-endian, single or double precision.
//!
//! Values are written straight to their places in the sample, at the speed of the disk and without a second copy, also from
//! Fortran order. Columns are named `x1` … `xd`. Not here: integers, NPZ archives, labels.

use crate::error::DatasetError;
use crate::sample::Sample;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _};
use std::path::Path;

/// Reads the file.
pub fn read_npy(path: &Path) -> Result<Sample, DatasetError> {
    let refuse = |reason: String| DatasetError::File { file: path.to_path_buf(), reason };
    let io = |error: io::Error| refuse(error.to_string());
    let file = File::open(path).map_err(io)?;
    let metadata = file.metadata().map_err(io)?;
    let mut reader = BufReader::new(file);
    let header = npyz::NpyHeader::from_reader(&mut reader)
        .map_err(|error| refuse(format!("no header of an NPY file ({error}): save the array with numpy.save")))?;
    let (n, d) = match *header.shape() {
        [n] => (n, 1),
        [n, d] => (n, d),
        ref other => {
            let dimensions = other.len();
            return Err(refuse(format!("an array of {dimensions} dimensions; rows × columns are needed: reshape it")));
        }
    };
    let descr = header.dtype().descr();
    let number = match descr.trim_matches('\'') {
        "<f8" => Number::Double,
        "<f4" => Number::Single,
        other => return Err(refuse(format!("numbers of type {other}; <f8 and <f4 are read: save x.astype('<f8')"))),
    };
    let too_large = || refuse("the array does not fit into memory".to_owned());
    let (Ok(n), Ok(d)) = (usize::try_from(n), usize::try_from(d)) else { return Err(too_large()) };
    let length = n.checked_mul(d).ok_or_else(too_large)?;
    // A header that promises more than the file holds must not decide how much memory is asked for.
    let needed = length.checked_mul(number.bytes()).ok_or_else(too_large)? as u64;
    if metadata.is_file() {
        let held = metadata.len().saturating_sub(reader.stream_position().map_err(io)?);
        if held < needed {
            return Err(refuse(format!(
                "{held} bytes of numbers where {n} × {d} of them take {needed}: the file was cut off, save it again"
            )));
        }
    }
    let mut x = Vec::new();
    x.try_reserve_exact(length).map_err(|_| too_large())?;
    x.resize(length, 0.0);
    let place = match header.order() {
        npyz::Order::C => |i: usize, _: usize, _: usize| i,
        npyz::Order::Fortran => |i: usize, n: usize, d: usize| (i % n) * d + i / n,
    };
    let set = |i: usize, value: f64| x[place(i, n, d)] = value;
    match number {
        Number::Double => read_values(reader, length, f64::from_le_bytes, set).map_err(io)?,
        Number::Single => read_values(reader, length, |bytes| f32::from_le_bytes(bytes).into(), set).map_err(io)?,
    }
    Sample::new(x, (1..=d).map(|j| format!("x{j}")).collect(), None).map_err(|error| error.of_file(path))
}

/// What is read, little-endian.
#[derive(Clone, Copy)]
enum Number {
    Double,
    Single,
}

impl Number {
    fn bytes(self) -> usize {
        match self {
            Self::Double => 8,
            Self::Single => 4,
        }
    }
}

/// Reads `length` numbers of `BYTES` bytes each.
fn read_values<const BYTES: usize>(
    mut reader: impl Read,
    length: usize,
    value: impl Fn([u8; BYTES]) -> f64,
    mut set: impl FnMut(usize, f64),
) -> io::Result<()> {
    let mut buffer = vec![0; 1 << 20];
    let each = buffer.len() / BYTES;
    for from in (0..length).step_by(each) {
        let part = &mut buffer[..each.min(length - from) * BYTES];
        reader.read_exact(part)?;
        for (i, &bytes) in part.as_chunks::<BYTES>().0.iter().enumerate() {
            set(from + i, value(bytes));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    /// An NPY file of version 1.0.
    fn write(dtype: &str, fortran: bool, shape: &str, data: &[u8]) -> tempfile::NamedTempFile {
        file(&[&header(1, &format!("'{dtype}'"), fortran, shape), data].concat())
    }

    /// What stands before the numbers; `descr` is Python.
    fn header(version: u8, descr: &str, fortran: bool, shape: &str) -> Vec<u8> {
        let order = if fortran { "True" } else { "False" };
        let mut text = format!("{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}");
        let before = if version == 1 { 10 } else { 12 };
        while (before + text.len() + 1) % 64 != 0 {
            text.push(' ');
        }
        text.push('\n');
        let mut bytes = [b"\x93NUMPY".as_slice(), &[version, 0]].concat();
        match version {
            1 => bytes.extend(u16::try_from(text.len()).unwrap().to_le_bytes()),
            _ => bytes.extend(u32::try_from(text.len()).unwrap().to_le_bytes()),
        }
        [bytes, text.into_bytes()].concat()
    }

    fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    /// What is said of a file, without its name, which stands before it.
    #[track_caller]
    fn refused(file: &tempfile::NamedTempFile) -> String {
        let text = read_npy(file.path()).unwrap_err().to_string();
        let named = format!("{}: ", file.path().display());
        text.strip_prefix(&named).unwrap_or_else(|| panic!("the file is not named: {text}")).to_owned()
    }

    fn bytes(values: &[f64]) -> Vec<u8> {
        values.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    #[test]
    fn both_orders_and_precisions() {
        let c = write("<f8", false, "(3, 2)", &bytes(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
        let sample = read_npy(c.path()).unwrap();
        assert_eq!((sample.n, sample.d, sample.x.clone()), (3, 2, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
        assert_eq!(sample.columns, ["x1", "x2"]);
        let fortran = write("<f8", true, "(3, 2)", &bytes(&[1.0, 3.0, 5.0, 2.0, 4.0, 6.0]));
        assert_eq!(read_npy(fortran.path()).unwrap(), sample);
        let single: Vec<u8> = [1.0_f32, 2.5].iter().flat_map(|value| value.to_le_bytes()).collect();
        let vector = write("<f4", false, "(2,)", &single);
        assert_eq!(read_npy(vector.path()).unwrap().x, [1.0, 2.5]);
    }

    #[test]
    fn later_versions_of_the_format_and_large_arrays() {
        for version in [2, 3] {
            let file = file(&[header(version, "'<f8'", false, "(1, 2)"), bytes(&[1.0, 2.0])].concat());
            assert_eq!(read_npy(file.path()).unwrap().x, [1.0, 2.0]);
        }
        // More than one buffer of values, in columns: row i holds i and −i.
        let n = 100_000;
        let columns: Vec<f64> = (0..n).map(f64::from).chain((0..n).map(|i| -f64::from(i))).collect();
        let sample = read_npy(write("<f8", true, &format!("({n}, 2)"), &bytes(&columns)).path()).unwrap();
        assert_eq!((sample.n, sample.d), (100_000, 2));
        assert!(sample.x.chunks_exact(2).zip(0..n).all(|(row, i)| row == [f64::from(i), -f64::from(i)]));
    }

    #[test]
    fn other_numbers_are_named_with_what_to_save() {
        for dtype in ["<i8", "|u1", "|b1", ">f8", ">f4", "<f2", "<c16", "<U3", "|O"] {
            let words = refused(&write(dtype, false, "(2, 1)", &[0; 64]));
            let expected = format!("numbers of type {dtype}; <f8 and <f4 are read: save x.astype('<f8')");
            assert_eq!(words, expected);
        }
        let records = header(1, "[('a', '<f8'), ('b', '<f4')]", false, "(1,)");
        let words = refused(&file(&[records, vec![0; 12]].concat()));
        assert!(words.starts_with("numbers of type [") && words.ends_with("save x.astype('<f8')"), "{words}");
    }

    #[test]
    fn other_shapes_are_counted() {
        let scalar = write("<f8", false, "()", &[0; 8]);
        assert_eq!(refused(&scalar), "an array of 0 dimensions; rows × columns are needed: reshape it");
        let cube = write("<f8", false, "(1, 1, 2)", &[0; 16]);
        assert_eq!(refused(&cube), "an array of 3 dimensions; rows × columns are needed: reshape it");
        let without_rows = write("<f8", false, "(0, 3)", &[]);
        assert_eq!(refused(&without_rows), "the sample has no rows; at least one is needed");
        let without_columns = write("<f8", false, "(3, 0)", &[]);
        assert_eq!(refused(&without_columns), "no feature column is selected; name at least one");
        let beyond = write("<f8", false, "(4294967296, 4294967296)", &[0; 16]);
        assert_eq!(refused(&beyond), "the array does not fit into memory");
    }

    #[test]
    fn a_file_that_was_cut_off_says_by_how_much() {
        let whole = [header(1, "'<f8'", false, "(2, 2)"), bytes(&[1.0, 2.0, 3.0, 4.0])].concat();
        let numbers = whole.len() - 32;
        assert!(read_npy(file(&whole).path()).is_ok());
        for held in [31, 8, 0] {
            let expected =
                format!("{held} bytes of numbers where 2 × 2 of them take 32: the file was cut off, save it again");
            assert_eq!(refused(&file(&whole[..numbers + held])), expected);
        }
        for length in [0, 3, 6, 9, 40, numbers - 1] {
            let words = refused(&file(&whole[..length]));
            assert!(words.starts_with("no header of an NPY file ("), "{length}: {words}");
        }
        let boastful = write("<f8", false, "(1000000000000, 1000)", &[0; 16]);
        assert!(refused(&boastful).contains("of them take 8000000000000000"));
    }

    #[test]
    fn what_is_no_npy_file_is_said() {
        for other in [&b"x,y\n1,2\n"[..], b"\x93NUMPY\x09\x00\x01\x00 ", b"PK\x03\x04 an archive of arrays", &[0; 256]]
        {
            let words = refused(&file(other));
            assert!(
                words.starts_with("no header of an NPY file (") && words.ends_with("): save the array with numpy.save"),
                "{words}"
            );
        }
        let absent = read_npy(Path::new("no-such.npy")).unwrap_err().to_string();
        assert!(absent.starts_with("no-such.npy: ") && absent.contains("No such file"), "{absent}");
        assert!(read_npy(tempfile::tempdir().unwrap().path()).is_err());
    }

    #[test]
    fn values_that_are_not_finite_are_located() {
        for (value, name) in [(f64::NAN, "NaN"), (f64::INFINITY, "inf"), (f64::NEG_INFINITY, "-inf")] {
            let expected = format!("row 1 (from 0), column `x2`: {name} is not finite; correct it or remove the row");
            assert_eq!(refused(&write("<f8", false, "(2, 2)", &bytes(&[1.0, 2.0, 3.0, value]))), expected);
            assert_eq!(refused(&write("<f8", true, "(2, 2)", &bytes(&[1.0, 3.0, 2.0, value]))), expected);
        }
    }
}
