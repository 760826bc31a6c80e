//! Covariance structures: what Σ_1 … Σ_K share.
//!
//! Every covariance is λ_k D_k A_k D_kᵀ: volume λ (a scalar), shape A (diagonal, determinant 1), orientation D
//! (orthogonal). A structure says which of the three are equal (E) over components, variable (V) or the identity (I), in
//! that order: the fourteen models of Celeux & Govaert 1995 (key `celeux1995`) under the names of mclust (Scrucca et al.
//! 2016, key `scrucca2016`).
//!
//! An M-step is a function from effective counts N_k and scatters W_k = Σ_i w_i r_ik (x_i − x̄_k)(x_i − x̄_k)ᵀ to the
//! covariances that minimise Σ_k [N_k log |Σ_k| + tr(Σ_k⁻¹ W_k)]. One file per structure; the algebra of volumes, shapes
//! and orientations is shared. A structure names the layout of its covariances, and with it the work that is done for a point:
//!
//! | layout | a scatter, a covariance | structures |
//! |---|---|---|
//! | [`Matrices`](super::Matrices) | W_k, Σ_k: K × d × d | VVV, VEE, EVV, EVE, VVE, EEV, VEV |
//! | [`Shared`](super::Shared) | Σ_k W_k and the one Σ: d × d | EEE |
//! | [`Diagonals`](super::Diagonals) | diag W_k, diag Σ_k: K × d | VVI, EEI, VEI, EVI |
//! | [`Spheres`](super::Spheres) | tr W_k / d, λ_k: K | VII, EII |

pub(super) mod algebra;
mod eee;
mod eei;
mod eev;
mod eii;
mod eve;
mod evi;
mod evv;
mod vee;
mod vei;
mod vev;
mod vii;
mod vve;
mod vvi;
mod vvv;

pub use eee::Eee;
pub use eei::Eei;
pub use eev::Eev;
pub use eii::Eii;
pub use eve::Eve;
pub use evi::Evi;
pub use evv::Evv;
pub use vee::Vee;
pub use vei::Vei;
pub use vev::Vev;
pub use vii::Vii;
pub use vve::Vve;
pub use vvi::Vvi;
pub use vvv::Vvv;

use super::Structure;
use super::constraint::PriorForm;

/// A covariance structure: the M-step of the covariances, and its working memory.
pub trait CovarianceStructure: Clone + Send + Sync + 'static {
    /// mclust's name.
    const NAME: &'static str;
    /// The densities in the layout of these covariances.
    type Emission: Structure;
    /// Whether every Σ_k is W_k / N_k: then the M-step works on factors, without forming W_k.
    const UNCONSTRAINED: bool = false;

    /// Whether the eigenvalues of each Σ_k (of the one Σ, if there is only one) are free of one another, so that the
    /// maximiser under bounds on them is the plain one with its eigenvalues clipped.
    const FREE_EIGENVALUES: bool = false;

    /// Working memory for K components in d dimensions.
    fn new(k: usize, d: usize) -> Self;

    /// The covariances (in the layout) that minimise Σ_k [N_k log |Σ_k| + tr(Σ_k⁻¹ W_k)], or at least do not raise it above its
    /// value at the structure's current state. `scatters` may be overwritten. Where a scatter is singular
    /// the covariances are too, or are not numbers; whoever factors them judges.
    fn estimate(&mut self, counts: &[f64], scatters: &mut [f64], covariances: &mut [f64]);

    /// Takes over the state (shape, orientation) from which iterative estimates start, so that an M-step never ends below
    /// the parameters it came from.
    fn start_from(&mut self, _previous: &Self) {}

    /// What the structure makes of mclust's prior with `nu` degrees of freedom; `None` where mclust has none.
    fn prior(_k: usize, _d: usize, _nu: f64) -> Option<PriorForm> {
        None
    }

    /// Free parameters of the covariances alone.
    fn covariance_parameters(k: usize, d: usize) -> usize;
}

/// Upper bound of the inner iterations of an M-step. They end long before, when nothing moves any more; the bound keeps a
/// degenerate case from running for ever, and any number of them is non-decreasing.
const SWEEPS: usize = 500;

/// Largest relative change of a volume, or sine of a rotation, at which an inner iteration rests. The parameters must rest,
/// not the objective: where the objective is flat to 1e-15 they may still be 1e-8 away, and the next E-step would see it.
const RESTS: f64 = 1e-14;
