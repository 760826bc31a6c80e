//! K-means as hard EM, and its seedings
