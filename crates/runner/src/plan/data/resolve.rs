//! From the tables of the config to the data sets, or everything that is wrong with them.

use super::super::overlap;
use super::super::resolve::Errors;
use super::{DatasetPlan, Source, Values, lanes, scaled};
use crate::config::diagnostics::{Diagnostic, suggestion};
use crate::config::sweep_file::{BuiltinFile, CsvFile, MixtureFile, SweepFile};
use crate::kinds::Standardise;
use datasets::tabular::FaultKind;
use datasets::{BUILTIN, CsvOptions, DatasetError, MixtureRecipe, Sample};
use std::path::Path;
use std::sync::Arc;

/// What all kinds of data set have in common.
struct Common<'a> {
    /// Its path in the config, for example `dataset.csv[0]`.
    at: String,
    components: &'a [u32],
    columns: &'a [String],
    standardise: Standardise,
    replicates: Option<u32>,
}

/// All data sets in the order builtin, mixture, overlap, csv; `folder` is that of the config.
pub fn datasets(file: &SweepFile, folder: &Path, errors: &mut Errors<'_>) -> Vec<DatasetPlan> {
    let mut plans = Vec::new();
    let mut names: Vec<(String, String)> = Vec::new();
    let mut add = |name: String, at: String, named_at: String, plan: Option<DatasetPlan>, errors: &mut Errors<'_>| {
        if let Some((_, first)) = names.iter().find(|(other, _)| *other == name) {
            errors.push(
                Diagnostic::new(format!("two data sets are named `{name}`"))
                    .at(errors.span(&named_at), "the second one")
                    .context(errors.span(first), "the first one")
                    .help("records tell data sets apart by name: rename one of them (`name` for a builtin, `id` otherwise)"),
            );
        } else if name.trim().is_empty() {
            errors.push(Diagnostic::new("a data set without a name").at(errors.span(&at), "the name is empty"));
        }
        names.push((name, named_at));
        plans.extend(plan);
    };
    for (i, entry) in file.dataset.builtin.iter().enumerate() {
        let at = format!("dataset.builtin[{i}]");
        let (name, named_at) = match &entry.name {
            Some(name) => (name.clone(), format!("{at}.name")),
            None => (builtin_name(entry), format!("{at}.id")),
        };
        let common = Common {
            at: at.clone(),
            components: &entry.components,
            columns: entry.columns.as_deref().unwrap_or_default(),
            standardise: entry.standardise,
            replicates: entry.replicates,
        };
        let plan = builtin(entry, &name, &common, file, errors);
        add(name, at, named_at, plan, errors);
    }
    for (i, entry) in file.dataset.mixture.iter().enumerate() {
        let at = format!("dataset.mixture[{i}]");
        let common = Common {
            at: at.clone(),
            components: &entry.components,
            columns: &[],
            standardise: entry.standardise,
            replicates: entry.replicates,
        };
        let plan = mixture(entry, &common, file, errors);
        add(entry.id.clone(), at.clone(), format!("{at}.id"), plan, errors);
    }
    for (i, entry) in file.dataset.overlap.iter().enumerate() {
        let at = format!("dataset.overlap[{i}]");
        let common = Common {
            at: at.clone(),
            components: &entry.components,
            columns: &[],
            standardise: entry.standardise,
            replicates: entry.replicates,
        };
        let simulated = overlap::mixture(entry, file.seed, &at, errors);
        let plan = simulated.and_then(|entry| mixture(&entry, &common, file, errors));
        add(entry.id.clone(), at.clone(), format!("{at}.id"), plan, errors);
    }
    for (i, entry) in file.dataset.csv.iter().enumerate() {
        let at = format!("dataset.csv[{i}]");
        let common = Common {
            at: at.clone(),
            components: &entry.components,
            columns: entry.columns.as_deref().unwrap_or_default(),
            standardise: entry.standardise,
            replicates: entry.replicates,
        };
        let plan = csv(entry, &common, file, folder, errors);
        add(entry.id.clone(), at.clone(), format!("{at}.id"), plan, errors);
    }
    if names.is_empty() {
        errors.push(
            Diagnostic::new("no data set")
                .at(errors.span("dataset"), "at least one is needed")
                .help("add [[dataset.builtin]] with id = \"iris\" and components = [3]"),
        );
    }
    plans
}

/// `iris-fisher` where there are variants, `faithful` where there are none.
fn builtin_name(entry: &BuiltinFile) -> String {
    let default = || datasets::find(&entry.id).ok()?.variants.first().map(|form| form.name.to_owned());
    match entry.variant.clone().or_else(default) {
        Some(variant) => format!("{}-{variant}", entry.id),
        None => entry.id.clone(),
    }
}

fn check_common(common: &Common<'_>, errors: &mut Errors<'_>) {
    let at = format!("{}.components", common.at);
    if common.components.is_empty() {
        errors.push(
            Diagnostic::new("no number of components")
                .at(errors.span(&at), "at least one number K is needed")
                .help("components = [2, 3] fits two and three components"),
        );
    }
    for (i, k) in common.components.iter().enumerate() {
        let at = format!("{at}[{i}]");
        if *k == 0 {
            errors.push(
                Diagnostic::new("a mixture of 0 components")
                    .at(errors.span(&at), "expected a whole number of at least 1"),
            );
        } else if common.components[..i].contains(k) {
            errors.push(Diagnostic::new(format!("K = {k} is listed twice")).at(errors.span(&at), "the second one"));
        }
    }
    if let Some(replicates) = common.replicates {
        errors.at_least_one(replicates, &format!("{}.replicates", common.at), "starts per cell");
    }
}

fn builtin(
    entry: &BuiltinFile,
    name: &str,
    common: &Common<'_>,
    file: &SweepFile,
    errors: &mut Errors<'_>,
) -> Option<DatasetPlan> {
    check_common(common, errors);
    let at = &common.at;
    let Ok(known) = datasets::find(&entry.id) else {
        errors.push(
            Diagnostic::new(format!("unknown data set `{}`", entry.id))
                .at(errors.span(&format!("{at}.id")), "no embedded data set has this id")
                .help(suggestion(&entry.id, BUILTIN.iter().map(|one| one.id))),
        );
        return None;
    };
    let Ok(variant) = known.variant(entry.variant.as_deref()) else {
        let typed = entry.variant.as_deref().unwrap_or_default();
        let help = match known.variants {
            [] => "it comes in one form: leave `variant` out".to_owned(),
            forms => suggestion(typed, forms.iter().map(|form| form.name)),
        };
        errors.push(
            Diagnostic::new(format!("data set `{}` has no variant `{typed}`", entry.id))
                .at(errors.span(&format!("{at}.variant")), "no such variant")
                .help(help),
        );
        return None;
    };
    let variant = variant.map(|form| form.name.to_owned());
    let sample = known.load(variant.as_deref()).and_then(|sample| match &entry.columns {
        Some(columns) => sample.select_columns(columns),
        None => Ok(sample),
    });
    let source = Source::Builtin { id: entry.id.clone(), variant };
    fixed(name, source, sample, common, file, errors)
}

fn csv(
    entry: &CsvFile,
    common: &Common<'_>,
    file: &SweepFile,
    folder: &Path,
    errors: &mut Errors<'_>,
) -> Option<DatasetPlan> {
    check_common(common, errors);
    let options = CsvOptions {
        columns: entry.columns.clone(),
        label: entry.label.clone(),
        weight: entry.weight.clone(),
        ..CsvOptions::new(folder.join(&entry.path))
    };
    fixed(&entry.id, Source::Csv { path: entry.path.clone() }, options.read(), common, file, errors)
}

/// A data set whose values are known now.
fn fixed(
    name: &str,
    source: Source,
    sample: Result<Sample, DatasetError>,
    common: &Common<'_>,
    file: &SweepFile,
    errors: &mut Errors<'_>,
) -> Option<DatasetPlan> {
    let sample = match sample.and_then(|sample| scaled(sample, common.standardise)) {
        Ok(sample) => sample,
        Err(error) => {
            errors.push(refused(name, &error, common, errors));
            return None;
        }
    };
    Some(DatasetPlan {
        name: name.to_owned(),
        n: u32::try_from(sample.n).ok()?,
        d: u32::try_from(sample.d).ok()?,
        columns: sample.columns.clone(),
        standardise: common.standardise,
        components: common.components.to_vec(),
        draws: 1,
        replicates: common.replicates.unwrap_or(file.replicates),
        lanes: lanes(sample.n),
        fingerprint: Some(sample.fingerprint.to_string()),
        source,
        values: Values::Fixed(Arc::new(sample)),
    })
}

/// Why the values of a data set cannot be used, with the key that can change it.
fn refused(name: &str, error: &DatasetError, common: &Common<'_>, errors: &Errors<'_>) -> Diagnostic {
    let at = &common.at;
    match error {
        DatasetError::UnknownColumn { column, known } => {
            let index = common.columns.iter().position(|typed| typed == column).unwrap_or_default();
            Diagnostic::new(format!("data set `{name}` has no column `{column}`"))
                .at(errors.span(&format!("{at}.columns[{index}]")), "no such column")
                .help(suggestion(column, known.iter().map(String::as_str)))
        }
        DatasetError::DuplicateColumn { .. } | DatasetError::NoColumns => {
            Diagnostic::new(format!("wrong columns for data set `{name}`"))
                .at(errors.span(&format!("{at}.columns")), error.to_string())
        }
        DatasetError::ConstantColumn { .. } | DatasetError::Unscalable { .. } => {
            Diagnostic::new(format!("data set `{name}` cannot be standardised"))
                .at(errors.span(&format!("{at}.standardise")), "this divides each column by its standard deviation")
                .note(error.to_string())
        }
        DatasetError::Csv(faults) => {
            let missing = faults.faults.iter().any(|fault| matches!(fault.kind, FaultKind::Unreadable { .. }));
            let label = if missing { "relative to the folder of the config" } else { "the file has faults" };
            Diagnostic::new(format!("data set `{name}` cannot be read"))
                .at(errors.span(&format!("{at}.path")), label)
                .note(error.to_string())
        }
        _ => {
            Diagnostic::new(format!("data set `{name}` cannot be used")).at(errors.span(at), "").note(error.to_string())
        }
    }
}

fn mixture(entry: &MixtureFile, common: &Common<'_>, file: &SweepFile, errors: &mut Errors<'_>) -> Option<DatasetPlan> {
    check_common(common, errors);
    errors.at_least_one(entry.draws, &format!("{}.draws", common.at), "samples");
    let recipe = MixtureRecipe::new(
        usize::try_from(entry.n).ok()?,
        entry.weights.clone(),
        entry.means.clone(),
        entry.covariances.clone(),
    );
    let recipe = match recipe {
        Ok(recipe) => recipe,
        Err(error) => {
            let field = format!("{}.{}", common.at, error.field());
            let place = match error.component() {
                Some(component) => format!("{field}[{component}]"),
                None => field,
            };
            errors.push(
                Diagnostic::new(format!("the mixture `{}` cannot be drawn from", entry.id))
                    .at(errors.span(&place), error.to_string()),
            );
            return None;
        }
    };
    if common.standardise == Standardise::Sd && entry.n < 2 {
        errors.push(
            Diagnostic::new(format!("data set `{}` cannot be standardised", entry.id))
                .at(errors.span(&format!("{}.n", common.at)), "one row has no standard deviation"),
        );
        return None;
    }
    Some(DatasetPlan {
        name: entry.id.clone(),
        n: entry.n,
        d: u32::try_from(recipe.d()).ok()?,
        columns: (1..=recipe.d()).map(|j| format!("x{j}")).collect(),
        standardise: common.standardise,
        components: common.components.to_vec(),
        draws: entry.draws,
        replicates: common.replicates.unwrap_or(file.replicates),
        lanes: lanes(recipe.n()),
        fingerprint: None,
        source: Source::Mixture {
            weights: entry.weights.clone(),
            means: entry.means.clone(),
            covariances: entry.covariances.clone(),
        },
        values: Values::Drawn(recipe),
    })
}
