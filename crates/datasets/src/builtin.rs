//! The table of embedded samples.
//!
//! A sample that circulates in several forms has variants, because the forms give different numbers; a variant is the
//! shipped file with some rows replaced.

use crate::error::DatasetError;
use crate::sample::Sample;
use crate::tabular::CsvOptions;

/// An embedded sample: what is known about it before it is parsed, and its file.
#[derive(Clone, Copy, Debug)]
pub struct Builtin {
    /// Name in a config.
    pub id: &'static str,
    /// The forms in which it circulates, the default first; empty if there is one.
    pub variants: &'static [Variant],
    /// Number of rows.
    pub n: usize,
    /// Number of features.
    pub d: usize,
    /// What the rows, the columns and the labels are.
    pub description: &'static str,
    /// Where the values come from.
    pub source: &'static str,
    /// Column with the true labels.
    pub label: Option<&'static str>,
    /// The file, comma-separated with a header.
    pub csv: &'static str,
}

/// One form of an embedded sample.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// Name in a config.
    pub name: &'static str,
    /// Which form it is.
    pub description: &'static str,
    /// Rows, from 0, in which it differs from the file, with their d values.
    pub replaced: &'static [(usize, &'static [f64])],
}

/// All embedded samples.
pub const BUILTIN: &[Builtin] = &[
    crate::iris::IRIS,
    crate::faithful::FAITHFUL,
    crate::diabetes::DIABETES,
    crate::acidity::ACIDITY,
    crate::galaxies::GALAXIES,
    crate::mcycle::MCYCLE,
];

/// The entry of [`BUILTIN`] with this id, or [`DatasetError::UnknownDataset`] with all ids there are.
pub fn find(id: &str) -> Result<&'static Builtin, DatasetError> {
    BUILTIN.iter().find(|entry| entry.id == id).ok_or_else(|| DatasetError::UnknownDataset {
        id: id.to_string(),
        known: BUILTIN.iter().map(|entry| entry.id).collect(),
    })
}

/// The embedded sample `id` in the form `variant` (`None`: the default form).
///
/// ```
/// let iris = datasets::builtin("iris", Some("uci"))?;
/// assert_eq!((iris.n, iris.d), (150, 4));
/// assert_eq!(iris.row(34), [4.9, 3.1, 1.5, 0.1]);
/// # Ok::<(), datasets::DatasetError>(())
/// ```
pub fn builtin(id: &str, variant: Option<&str>) -> Result<Sample, DatasetError> {
    find(id)?.load(variant)
}

impl Builtin {
    /// The form named `variant`, or the default form; `Ok(None)` if the sample comes in one form and none is named.
    pub fn variant(&self, variant: Option<&str>) -> Result<Option<&'static Variant>, DatasetError> {
        let Some(name) = variant else { return Ok(self.variants.first()) };
        self.variants.iter().find(|form| form.name == name).map(Some).ok_or_else(|| DatasetError::UnknownVariant {
            id: self.id,
            variant: name.to_string(),
            known: self.variants.iter().map(|form| form.name).collect(),
        })
    }

    /// Parses the embedded file and replaces the rows in which the variant differs.
    pub fn load(&self, variant: Option<&str>) -> Result<Sample, DatasetError> {
        let variant = self.variant(variant)?;
        let label = self.label.map(ToString::to_string);
        let options = CsvOptions { label, ..CsvOptions::new(format!("{}.csv (embedded)", self.id)) };
        let mut sample = options.parse(self.csv.as_bytes())?;
        for (row, values) in variant.map_or(&[][..], |form| form.replaced) {
            sample.x[row * sample.d..(row + 1) * sample.d].copy_from_slice(values);
        }
        Sample::new(sample.x, sample.columns, sample.truth)
    }
}
