//! Further latent-variable models on the same engine
