//! The laws that every latent-variable model must obey
