//! Further latent-variable models on the same engine: proof that the loop knows nothing of Gaussians.
//!
//! | module | model |
//! |---|---|
//! | [`classics::linkage`] | genetic linkage, the first example of Dempster, Laird & Rubin (1977) |

pub mod classics;
