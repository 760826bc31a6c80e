//! Plain EM: one M-step, one E-step.

use super::{Break, Scheme, Steps};

/// Plain EM.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plain;

impl Scheme for Plain {
    fn step(&mut self, em: &mut dyn Steps) -> Result<(), Break> {
        em.maximize()?;
        em.expect().map(drop)
    }
}
