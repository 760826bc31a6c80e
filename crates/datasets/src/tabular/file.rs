//! Any file with one observation per row, by the ending of its name.

use super::CsvOptions;
use crate::error::DatasetError;
use crate::sample::Sample;
use std::path::PathBuf;

/// Which file, and which of its columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileOptions {
    /// `.csv` (with a header), `.npy`, or, with the feature `parquet`, `.parquet`.
    pub path: PathBuf,
    /// The feature columns; `None`: all but label and weight.
    pub columns: Option<Vec<String>>,
    /// The column with the true classes.
    pub label: Option<String>,
    /// The column with the weights of the rows.
    pub weight: Option<String>,
}

impl FileOptions {
    /// Reads the file.
    pub fn read(self) -> Result<Sample, DatasetError> {
        let Self { path, columns, label, weight } = self;
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
        let refuse = |reason: &str| DatasetError::File { file: path.clone(), reason: reason.to_owned() };
        match ending.as_str() {
            "csv" => CsvOptions { columns, label, weight, ..CsvOptions::new(path) }.read(),
            "npy" if label.is_some() || weight.is_some() => {
                Err(refuse("an array has neither labels nor weights: save a CSV or Parquet file"))
            }
            "npy" => {
                let sample = super::read_npy(&path)?;
                match columns {
                    Some(columns) => sample.select_columns(&columns),
                    None => Ok(sample),
                }
            }
            #[cfg(feature = "parquet")]
            "parquet" => super::read_parquet(&path, columns.as_deref(), label.as_deref(), weight.as_deref()),
            _ => Err(refuse("the ending is none of .csv, .npy, .parquet")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// A file of this name with two rows of two columns.
    fn read(name: &str, options: FileOptions) -> Result<Sample, DatasetError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        let header = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }";
        let mut npy = [b"\x93NUMPY\x01\x00".as_slice(), &[118, 0], header.as_bytes(), &[b' '; 58], b"\n"].concat();
        npy.extend([1.0_f64, 2.0, 3.0, 4.0].iter().flat_map(|value| value.to_le_bytes()));
        let content = if name.to_lowercase().ends_with("npy") { npy } else { b"x1,x2\n1,2\n3,4\n".to_vec() };
        fs::write(&path, content).unwrap();
        FileOptions { path, ..options }.read()
    }

    #[test]
    fn the_ending_says_what_it_is_in_either_case() {
        let csv = read("a.csv", FileOptions::default()).unwrap();
        assert_eq!((csv.n, &csv.x[..]), (2, &[1.0, 2.0, 3.0, 4.0][..]));
        for name in ["a.CSV", "a.npy", "a.b.NPY"] {
            assert_eq!(read(name, FileOptions::default()).unwrap(), csv, "{name}");
        }
        for name in ["a.txt", "csv", "a.csv.gz", "a."] {
            let refused = read(name, FileOptions::default()).unwrap_err().to_string();
            assert!(refused.ends_with(&format!("{name}: the ending is none of .csv, .npy, .parquet")), "{refused}");
        }
    }

    #[test]
    fn columns_are_chosen_in_every_format_and_an_array_has_no_labels() {
        for name in ["a.csv", "a.npy"] {
            let columns = |names: &[&str]| Some(names.iter().map(ToString::to_string).collect());
            let turned = read(name, FileOptions { columns: columns(&["x2", "x1"]), ..FileOptions::default() }).unwrap();
            assert_eq!(turned.x, [2.0, 1.0, 4.0, 3.0], "{name}");
            let unknown = read(name, FileOptions { columns: columns(&["x3"]), ..FileOptions::default() });
            assert!(unknown.unwrap_err().to_string().contains("column `x3`; the columns are `x1`, `x2`"), "{name}");
        }
        for (label, weight) in [(Some("x1"), None), (None, Some("x1"))] {
            let options = || FileOptions {
                label: label.map(str::to_owned),
                weight: weight.map(str::to_owned),
                ..FileOptions::default()
            };
            assert_eq!(read("a.csv", options()).unwrap().columns, ["x2"]);
            let refused = read("a.npy", options()).unwrap_err().to_string();
            assert!(
                refused.ends_with("an array has neither labels nor weights: save a CSV or Parquet file"),
                "{refused}"
            );
        }
    }
}
