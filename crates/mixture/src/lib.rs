//! Gaussian mixtures: emissions, weights, starts, constraints, criteria
