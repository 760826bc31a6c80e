//! Every start there is, for small data: the pairs and triples of rows, numbered in lexicographic order, so that a
//! replicate's number says which rows it has. Not here: what becomes of the rows ([`points`](super::points)).

/// Number of pairs of `n` rows, n(n − 1)/2: how many replicates the exhaustive start has.
pub fn all_pairs(n: usize) -> usize {
    n * n.saturating_sub(1) / 2
}

/// Pair number `index` of `n` rows in the order (0,1), (0,2), …, (0,n−1), (1,2), …
///
/// # Panics
/// If there is no such pair.
pub fn pair(n: usize, index: usize) -> [usize; 2] {
    assert!(index < all_pairs(n), "pair {index} of {}", all_pairs(n));
    let (mut first, mut left) = (0, index);
    while left >= n - 1 - first {
        left -= n - 1 - first;
        first += 1;
    }
    [first, first + 1 + left]
}

/// Number of triples of `n` rows, n(n − 1)(n − 2)/6.
pub fn all_triples(n: usize) -> usize {
    // A product of three successive numbers is a multiple of 6, one of two a multiple of 2.
    all_pairs(n) * n.saturating_sub(2) / 3
}

/// Triple number `index` of `n` rows in the order (0,1,2), (0,1,3), …, (0,1,n−1), (0,2,3), …
///
/// # Panics
/// If there is no such triple.
pub fn triple(n: usize, index: usize) -> [usize; 3] {
    assert!(index < all_triples(n), "triple {index} of {}", all_triples(n));
    let (mut first, mut left) = (0, index);
    while left >= all_pairs(n - 1 - first) {
        left -= all_pairs(n - 1 - first);
        first += 1;
    }
    let [second, third] = pair(n - 1 - first, left);
    [first, first + 1 + second, first + 1 + third]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_all_different() {
        let pairs: Vec<[usize; 2]> = (0..all_pairs(5)).map(|i| pair(5, i)).collect();
        assert_eq!(pairs.first(), Some(&[0, 1]));
        assert_eq!(pairs.last(), Some(&[3, 4]));
        assert!(pairs.iter().all(|[a, b]| a < b) && pairs.windows(2).all(|w| w[0] < w[1]) && pairs.len() == 10);
    }

    #[test]
    fn triples_are_all_different() {
        let triples: Vec<[usize; 3]> = (0..all_triples(7)).map(|i| triple(7, i)).collect();
        assert_eq!((triples.len(), triples[0], triples[34]), (35, [0, 1, 2], [4, 5, 6]));
        assert!(triples.iter().all(|[a, b, c]| a < b && b < c && *c < 7) && triples.windows(2).all(|w| w[0] < w[1]));
        assert_eq!([0, 1, 2, 3, 150].map(all_triples), [0, 0, 0, 1, 551_300]);
    }

    #[test]
    #[should_panic(expected = "triple 1 of 1")]
    fn there_is_no_triple_beyond_the_last() {
        triple(3, 1);
    }
}
