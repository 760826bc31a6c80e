//! Kernels over faer and pulp: factors with judgement, moments, log-sum-exp
