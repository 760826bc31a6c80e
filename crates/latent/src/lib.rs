//! Further latent-variable models on the same engine: proof that the loop knows nothing of Gaussians.
//!
//! | module | model |
//! |---|---|
//! | [`classics::linkage`] | genetic linkage, the first example of Dempster, Laird & Rubin (1977) |
//! | [`classics::locations`] | normal mixtures on the line of which only the means are unknown |
//! | [`classics::poisson`] | mixtures of Poisson distributions, the slow example of Hasselblad (1969) |

pub mod classics;
