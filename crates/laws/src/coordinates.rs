//! Coordinates round trip: read(write(θ)) is θ.

use em::{LatentModel, Rows};

/// Writing, reading and writing again gives the same coordinates, and the model read back has the same objective.
pub fn round_trip<M: LatentModel>(data: &Rows<'_>, model: &M) {
    let mut xi = vec![f64::NAN; model.dim()];
    model.write(&mut xi);
    assert!(xi.iter().all(|value| value.is_finite()), "coordinates left unwritten: {xi:?}");
    let mut back = model.clone();
    model.read(&xi, &mut back).unwrap_or_else(|error| panic!("{error}"));
    let mut again = vec![f64::NAN; model.dim()];
    back.write(&mut again);
    for (a, b) in xi.iter().zip(&again) {
        assert!((a - b).abs() <= 1e-13 * (1.0 + a.abs()), "{a} became {b}");
    }
    let ((_, a), (_, b)) = (crate::expect(data, model), crate::expect(data, &back));
    assert!((a - b).abs() <= crate::slack(data, a), "objective {a} became {b}");
    let mut broken = xi.clone();
    broken[0] = f64::NAN;
    assert!(model.read(&broken, &mut back).is_err(), "a coordinate that is not a number was read");
}
