//! The instruction set of the kernels: decided once, here, and passed on as a value. Sums are the same to the last bit at one
//! level only, so a folder that is resumed keeps the level that it was begun with.

use clap::ValueEnum;
use linalg::Level;
use thiserror::Error;

/// An instruction set that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Simd {
    /// Plain Rust: slow, and the same on every machine.
    Scalar,
    /// AVX2 and FMA.
    V3,
    /// AVX-512.
    V4,
}

impl Simd {
    fn key(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::V3 => "v3",
            Self::V4 => "v4",
        }
    }
}

/// An instruction set that this machine does not have.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unavailable {
    /// That of `--simd`.
    #[error(
        "this machine has no SIMD level `{wanted}`, only {}\n  = help: leave --simd out for the best one",
        available()
    )]
    Typed {
        /// What was asked for.
        wanted: &'static str,
    },
    /// That of the runs that are recorded already.
    #[error(
        "the recorded runs were computed with {recorded}, which this machine does not have\n  \
         = note: results are the same to the last bit at one SIMD level only\n  \
         = help: go on at such a machine, or start anew with --fresh; --simd {} goes on with both, and provenance.json says so",
        Level::detect().key()
    )]
    Recorded {
        /// Name of the level in provenance.json.
        recorded: String,
    },
}

/// What is asked for; else what the folder was begun with; else the best that this machine has.
pub fn choose(typed: Option<Simd>, recorded: Option<&str>) -> Result<Level, Unavailable> {
    let find = |wanted: &dyn Fn(&Level) -> bool| Level::available().into_iter().find(|level| wanted(level));
    match (typed, recorded) {
        (Some(simd), _) => find(&|level| level.key() == simd.key()).ok_or(Unavailable::Typed { wanted: simd.key() }),
        (None, Some(name)) => {
            let missing = || Unavailable::Recorded { recorded: name.to_owned() };
            find(&|level| level.name() == name).ok_or_else(missing)
        }
        (None, None) => Ok(Level::detect()),
    }
}

/// The keys of the levels of this machine.
fn available() -> String {
    let keys: Vec<String> = Level::available().into_iter().map(|level| format!("`{}`", level.key())).collect();
    keys.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_comes_before_what_is_recorded_and_that_before_the_best() {
        let scalar = Level::scalar().name();
        let best = Level::detect().key();
        let key = |typed, recorded: Option<&str>| choose(typed, recorded).map(Level::key);
        assert_eq!(key(None, None), Ok(best));
        assert_eq!(key(None, Some(&scalar)), Ok("scalar"));
        assert_eq!(key(Some(Simd::Scalar), Some(&Level::detect().name())), Ok("scalar"));
        let refused = choose(None, Some("x86-64-v9")).unwrap_err().to_string();
        assert!(refused.contains("computed with x86-64-v9") && refused.contains("--fresh"), "{refused}");
        for level in Level::available() {
            assert_eq!(key(None, Some(&level.name())), Ok(level.key()));
        }
    }

    #[test]
    fn a_level_that_is_missing_is_named_with_those_that_are_there() {
        let error = Unavailable::Typed { wanted: "v9" }.to_string();
        assert!(error.contains("`v9`") && error.contains("`scalar`"), "{error}");
    }
}
