//! What happens to a number on its way into the next layer.

use super::Affine;

/// A normalisation and then a rectifier that lets some of what is below zero through.
#[derive(Debug, Clone, Copy)]
pub struct Leaky<'a> {
    /// The normalisation.
    pub norm: &'a Affine,
    /// What a number below zero is multiplied with, 0…1.
    pub slope: f32,
}

impl Leaky<'_> {
    /// As [`Self::write`], or a copy where nothing is to happen.
    #[inline(always)]
    pub(super) fn write_or_copy(this: Option<Self>, from: &[f32], to: &mut [f32]) {
        match this {
            Some(leaky) => leaky.write(from, to),
            None => to.copy_from_slice(from),
        }
    }

    /// Writes `[column][channel]` to a place of the same length.
    #[inline(always)]
    fn write(self, from: &[f32], to: &mut [f32]) {
        let channels = self.norm.scale.len();
        for (to, from) in to.chunks_exact_mut(channels).zip(from.chunks_exact(channels)) {
            let affine = self.norm.scale.iter().zip(&self.norm.shift);
            for ((to, from), (scale, shift)) in to.iter_mut().zip(from).zip(affine) {
                let value = from * scale + shift;
                *to = value.max(self.slope * value);
            }
        }
    }
}

/// Rectifies `[column][channel]` and normalises.
#[inline(always)]
pub(super) fn rectify(values: &mut [f32], norm: &Affine) {
    for values in values.chunks_exact_mut(norm.scale.len()) {
        for (value, (scale, shift)) in values.iter_mut().zip(norm.scale.iter().zip(&norm.shift)) {
            *value = value.max(0.0) * scale + shift;
        }
    }
}
