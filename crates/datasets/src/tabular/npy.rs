//! NumPy's NPY files: one array of n × d (or n) floating-point numbers, little-endian, single or double precision.
//!
//! An array in C order is read straight into the sample, at the speed of the disk and without a second copy; one in Fortran
//! order is transposed. Columns are named `x1` … `xd`. Not here: integers, NPZ archives, labels.

use crate::error::DatasetError;
use crate::sample::Sample;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// Reads the file.
pub fn read_npy(path: &Path) -> Result<Sample, DatasetError> {
    let refuse = |reason: String| DatasetError::File { file: path.to_path_buf(), reason };
    let io = |error: std::io::Error| refuse(error.to_string());
    let reader = BufReader::with_capacity(1 << 20, File::open(path).map_err(io)?);
    let npy = npyz::NpyFile::new(reader).map_err(io)?;
    let (n, d) = match *npy.shape() {
        [n] => (n, 1),
        [n, d] => (n, d),
        ref other => return Err(refuse(format!("an array of {} dimensions; rows × columns are needed", other.len()))),
    };
    let too_large = |_| refuse("the array does not fit into memory".to_owned());
    let (n, d) = (usize::try_from(n).map_err(too_large)?, usize::try_from(d).map_err(too_large)?);
    let (order, dtype) = (npy.order(), npy.dtype().descr());
    let values = match dtype.trim_matches('\'') {
        "<f8" => npy.into_vec::<f64>().map_err(io)?,
        "<f4" => npy.into_vec::<f32>().map_err(io)?.into_iter().map(f64::from).collect(),
        other => return Err(refuse(format!("numbers of type {other}; <f8 and <f4 are read: save x.astype(float)"))),
    };
    let x = match order {
        npyz::Order::C => values,
        npyz::Order::Fortran => (0..n * d).map(|i| values[(i % d) * n + i / d]).collect(),
    };
    Sample::new(x, (1..=d).map(|j| format!("x{j}")).collect(), None)
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
        let nan = write("<f8", false, "(1, 1)", &bytes(&[f64::NAN]));
        assert!(matches!(read_npy(nan.path()), Err(DatasetError::NonFinite { row: 0, .. })));
    }
}
