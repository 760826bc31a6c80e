//! A mixture of a given overlap becomes one with given parameters, which the plan then shows.

use super::resolve::Errors;
use crate::config::diagnostics::Diagnostic;
use crate::config::sweep_file::{MixtureFile, OverlapFile};
use crate::seeds;
use datasets::overlap::OverlapRecipe;

/// The simulated mixture of the entry at the path `at`, for a study with the seed `seed`.
pub fn mixture(entry: &OverlapFile, seed: u64, at: &str, errors: &mut Errors<'_>) -> Option<MixtureFile> {
    let recipe = OverlapRecipe {
        components: usize::try_from(entry.k).ok()?,
        d: usize::try_from(entry.d).ok()?,
        average: entry.average,
        maximum: entry.maximum,
        eccentricity: entry.eccentricity,
        spherical: entry.spherical,
        homogeneous: entry.homogeneous,
        smallest_weight: entry.smallest_weight,
    };
    // The number of rows is checked with the mixture that comes out.
    match recipe.mixture(1, seeds::mixture_seed(seed, &entry.id, entry.mixture)) {
        Ok(made) => Some(MixtureFile {
            id: entry.id.clone(),
            n: entry.n,
            weights: made.weights().to_vec(),
            means: made.means().to_vec(),
            covariances: made.covariances().to_vec(),
            components: entry.components.clone(),
            draws: entry.draws,
            standardise: entry.standardise,
            replicates: entry.replicates,
        }),
        Err(error) => {
            let place = error.field().map_or(at.to_owned(), |field| format!("{at}.{field}"));
            errors.push(
                Diagnostic::new(format!("the mixture `{}` cannot be simulated", entry.id))
                    .at(errors.span(&place), error.to_string()),
            );
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::plan::data::Source;
    use crate::plan::testing::{CONFIG, errors, overridden};

    const ENTRY: &str = "
[[dataset.overlap]]
id = \"dialled\"
n = 60
k = 3
d = 2
average = 0.05
components = [3]
draws = 2
";

    #[test]
    fn the_plan_shows_the_mixture_that_was_simulated() {
        let with = |extra: &str| overridden(&format!("{CONFIG}{ENTRY}{extra}"), &[]);
        let (plan, again, other) = (with(""), with(""), with("mixture = 1\n"));
        assert_eq!(plan.hash(), again.hash());
        assert_ne!(plan.hash(), other.hash());
        let dataset = plan.datasets.last().unwrap();
        assert_eq!((dataset.name.as_str(), dataset.n, dataset.d, dataset.draws), ("dialled", 60, 2, 2));
        let Source::Mixture { weights, means, .. } = &dataset.source else { panic!("{:?}", dataset.source) };
        assert_eq!((weights.len(), means.len()), (3, 3));
        assert!(dataset.truth().is_some());
    }

    #[test]
    fn what_cannot_be_simulated_points_at_its_key() {
        let text = format!("{CONFIG}{ENTRY}");
        let shown = errors(&text, &["dataset.overlap.0.average=1.5"]);
        assert!(shown.contains("the mixture `dialled` cannot be simulated"), "{shown}");
        assert!(shown.contains("average is 1.5; an overlap lies between 0 and 1"), "{shown}");
        let shown = errors(&text.replace("k = 3", "k = 1"), &[]);
        assert!(shown.contains("k = 1") && shown.contains("k must be at least 2"), "{shown}");
    }
}
