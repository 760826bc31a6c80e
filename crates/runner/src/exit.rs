//! Exit codes. 0 means that what was asked for is done; a start that fails is a result, too.

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
