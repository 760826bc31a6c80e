//! Exit codes. 0 means that what was asked for is done; a start that fails is a result, too.

use crate::simd::Unavailable;
use thiserror::Error;

/// Something could not be read or written.
pub const FAILED: u8 = 1;
/// The config or the command line has errors, or the results folder cannot be used; nothing was written.
pub const REFUSED: u8 = 2;
/// Starts failed: under `--strict`, after `--max-failures` of them, and of `fit` if all did.
pub const STARTS_FAILED: u8 = 3;
/// `verify` found a value that differs.
pub const VALUES_DIFFER: u8 = 4;
/// A fit panicked: a bug of this program. The panic is recorded, all other runs are good.
pub const PANICKED: u8 = 5;

/// An error in what was typed behind a command; its exit code is [`REFUSED`].
#[derive(Debug, Error)]
#[error("{0:#}")]
pub struct Refused(pub anyhow::Error);

/// The exit code of an error.
pub fn code(error: &anyhow::Error) -> u8 {
    if error.is::<Refused>() || error.is::<Unavailable>() { REFUSED } else { FAILED }
}

/// An error and what it came from. Who tells its cause itself is not told again.
pub fn told(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string).filter(|cause| !cause.is_empty()) {
        if text.is_empty() {
            text = cause;
        } else if !text.ends_with(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// The table for `--help`.
pub const HELP: &str = "\
Exit codes:
  0    done; a start that fails is a result, too
  1    something could not be read or written; the same command goes on
  2    the config or the command line has errors, or the results folder cannot be used; nothing was written
  3    starts failed, under --strict or --max-failures
  4    verify found a value that differs
  5    a fit panicked, which is recorded and a bug; all other runs are good
  130  interrupted by Ctrl-C: what was running is recorded, and the same command goes on (143: by SIGTERM)";

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::{Context as _, anyhow};

    #[test]
    fn a_cause_is_told_once() {
        let file = || Err::<(), _>(anyhow!("no such file").context("cannot open a: no such file"));
        assert_eq!(told(&file().context("no report").unwrap_err()), "no report: cannot open a: no such file");
        assert_eq!(told(&anyhow!("inner").context("outer")), "outer: inner");
    }

    #[test]
    fn what_was_typed_wrongly_is_refused() {
        assert_eq!(code(&anyhow!("a file")), FAILED);
        assert_eq!(code(&Refused(anyhow!("a name")).into()), REFUSED);
        assert_eq!(code(&Unavailable::Typed { wanted: "v9" }.into()), REFUSED);
    }
}
