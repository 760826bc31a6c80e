//! NumPy's NPY files: one array of n × d (or n) floating-point numbers, little-endian, single or double precision.
//!
//! Values are written straight to their places in the sample, at the speed of the disk and without a second copy, also from
//! Fortran order. Columns are named `x1` … `xd`. Not here: integers, NPZ archives, labels.

use crate::error::DatasetError;
use crate::sample::Sample;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

/// Reads the file.
pub fn read_npy(path: &Path) -> Result<Sample, DatasetError> {
    let refuse = |reason: String| DatasetError::File { file: path.to_path_buf(), reason };
    let io = |error: io::Error| refuse(error.to_string());
    let file = File::open(path).map_err(io)?;
    let metadata = file.metadata().map_err(io)?;
    let mut reader = BufReader::new(file);
    let header = npyz::NpyHeader::from_reader(&mut reader).map_err(io)?;
    let (n, d) = match *header.shape() {
        [n] => (n, 1),
        [n, d] => (n, d),
        ref other => return Err(refuse(format!("an array of {} dimensions; rows × columns are needed", other.len()))),
    };
    let too_large = || refuse("the array does not fit into memory".to_owned());
    let (Ok(n), Ok(d)) = (usize::try_from(n), usize::try_from(d)) else { return Err(too_large()) };
    let length = n.checked_mul(d).ok_or_else(too_large)?;
    let width = if header.dtype().descr().contains("f4") { 4 } else { 8 };
    // A header that promises more than the file holds must not decide how much memory is asked for.
    let needed = length.checked_mul(width).ok_or_else(too_large)? as u64;
    if metadata.is_file() && metadata.len() < needed {
        let held = metadata.len();
        return Err(refuse(format!("the file has {held} bytes, but {n} × {d} numbers take {needed}: it was cut off")));
    }
    let mut x = Vec::new();
    x.try_reserve_exact(length).map_err(|_| too_large())?;
    x.resize(length, 0.0);
    let place = match header.order() {
        npyz::Order::C => |i: usize, _: usize, _: usize| i,
        npyz::Order::Fortran => |i: usize, n: usize, d: usize| (i % n) * d + i / n,
    };
    let set = |i: usize, value: f64| x[place(i, n, d)] = value;
    match header.dtype().descr().trim_matches('\'') {
        "<f8" => read_values(reader, length, f64::from_le_bytes, set).map_err(io)?,
        "<f4" => read_values(reader, length, |bytes| f32::from_le_bytes(bytes).into(), set).map_err(io)?,
        other => return Err(refuse(format!("numbers of type {other}; <f8 and <f4 are read: save x.astype(float)"))),
    }
    Sample::new(x, (1..=d).map(|j| format!("x{j}")).collect(), None)
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
        let order = if fortran { "True" } else { "False" };
        let mut header = format!("{{'descr': '{dtype}', 'fortran_order': {order}, 'shape': {shape}, }}");
        while (10 + header.len() + 1) % 64 != 0 {
            header.push(' ');
        }
        header.push('\n');
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"\x93NUMPY\x01\x00").unwrap();
        file.write_all(&u16::try_from(header.len()).unwrap().to_le_bytes()).unwrap();
        file.write_all(header.as_bytes()).unwrap();
        file.write_all(data).unwrap();
        file
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
    fn what_cannot_be_read_is_said() {
        let refused = |file: &tempfile::NamedTempFile| read_npy(file.path()).unwrap_err().to_string();
        let integers = write("<i8", false, "(2, 1)", &[0; 16]);
        assert!(refused(&integers).ends_with("numbers of type <i8; <f8 and <f4 are read: save x.astype(float)"));
        let cube = write("<f8", false, "(1, 1, 2)", &[0; 16]);
        assert!(refused(&cube).contains("an array of 3 dimensions"));
        let short = write("<f8", false, "(2, 2)", &[0; 16]);
        assert!(refused(&short).contains(&short.path().display().to_string()));
        let boastful = write("<f8", false, "(1000000000000, 1000)", &[0; 16]);
        assert!(refused(&boastful).ends_with("numbers take 8000000000000000: it was cut off"));
        let nan = write("<f8", false, "(1, 1)", &bytes(&[f64::NAN]));
        assert!(matches!(read_npy(nan.path()), Err(DatasetError::NonFinite { row: 0, .. })));
    }
}
