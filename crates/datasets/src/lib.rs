//! Embedded samples, synthetic mixtures and loaders
