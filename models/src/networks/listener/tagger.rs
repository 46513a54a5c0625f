//! A tagging network: its layers and how they are wired.

use candle_core::{D, Result, Tensor};

use super::{BANDS, FRAMES, HIDDEN};
use crate::{
    format::{WeightError, WeightFile},
    layers::{Affine, Linear, Planes, PooledConvolution, TimeConvolution},
};

/// Convolutions that hear the picture: two for timbre, three for rhythm.
pub(super) const FRONTS: usize = 5;
/// Frames and answers of each of the three convolutions over time that follow.
const MIDDLE: [usize; 2] = [7, 64];
const MIDDLES: usize = 3;

/// One tagging network up to its last hidden layer.
#[derive(Debug, Clone)]
pub(super) struct Tagger {
    level: Affine,
    front: Vec<PooledConvolution>,
    middle: Vec<TimeConvolution>,
    dense: Linear<1>,
    norm: Affine,
    picture: Planes,
    /// `[frame][number]` of the front, whose last number is always 1, then of each convolution over time.
    heard: [Vec<f32>; 1 + MIDDLES],
}

impl Tagger {
    /// Takes the network called `name` with so many filters, rows and columns in its convolutions out of a file.
    pub(super) fn read(
        file: &mut WeightFile<'_>,
        name: &str,
        fronts: &[[usize; 3]; FRONTS],
    ) -> std::result::Result<Self, WeightError> {
        let width = 1 + fronts.iter().map(|[filters, ..]| filters).sum::<usize>();
        let mut front = Vec::new();
        for (index, shape) in fronts.iter().enumerate() {
            let (name, [filters, ..]) = (format!("{name}.front{}", index + 1), *shape);
            let weight = file.take(&format!("{name}.weight"), shape)?;
            let bias = file.take(&format!("{name}.bias"), &[filters])?;
            front.push(PooledConvolution::new(&weight, &bias, file.take_affine(&name, filters)?)?);
        }
        let mut middle = Vec::new();
        for index in 0..MIDDLES {
            let (name, [frames, outputs]) = (format!("{name}.middle{}", index + 1), MIDDLE);
            let inputs = if index == 0 { width } else { outputs };
            let weight = file.take(&format!("{name}.weight"), &[frames, inputs, outputs])?;
            let bias = file.take(&format!("{name}.bias"), &[outputs])?;
            middle.push(TimeConvolution::new(&weight, &bias, file.take_affine(&name, outputs)?)?);
        }
        let widths = [width, MIDDLE[1], MIDDLE[1], MIDDLE[1]];
        Ok(Self {
            level: file.take_affine(&format!("{name}.level"), 1)?,
            front,
            middle,
            dense: file.take_linear(&format!("{name}.dense"), HIDDEN, 2 * widths.iter().sum::<usize>())?,
            norm: file.take_affine(&format!("{name}.dense"), HIDDEN)?,
            picture: Planes::zeros(1, FRAMES, BANDS),
            heard: widths.map(|width| vec![1.0; FRAMES * width]),
        })
    }

    /// What the last hidden layer answers to `[frame][band]`.
    pub(super) fn hidden(&mut self, log_mel: &[f32]) -> [f32; HIDDEN] {
        assert_eq!(log_mel.len(), FRAMES * BANDS);
        for (place, value) in self.picture.data.iter_mut().zip(log_mel) {
            *place = value * self.level.scale[0] + self.level.shift[0];
        }
        let (mut filter, width) = (0, self.heard[0].len() / FRAMES);
        for front in &mut self.front {
            front.apply(&self.picture, &mut self.heard[0][filter..], width);
            filter += front.filters();
        }
        for (index, middle) in self.middle.iter_mut().enumerate() {
            let (before, here) = self.heard.split_at_mut(index + 1);
            middle.apply(&before[index], &mut here[0]);
            if index > 0 {
                here[0].iter_mut().zip(&before[index]).for_each(|(value, before)| *value += before);
            }
        }
        let pooled = self.pool();
        let [dense] = self.dense.step([&pooled]);
        let norm = self.norm.scale.iter().zip(&self.norm.shift);
        let mut hidden = [0.0; HIDDEN];
        for (place, (value, (scale, shift))) in hidden.iter_mut().zip(dense.iter().zip(norm)) {
            *place = value.max(0.0) * scale + shift;
        }
        hidden
    }

    /// Highest and mean over time of every feature, in turns.
    fn pool(&self) -> Vec<f32> {
        let mut pooled = Vec::new();
        for heard in &self.heard {
            let width = heard.len() / FRAMES;
            for feature in 0..width {
                let over_time = heard.iter().skip(feature).step_by(width);
                pooled.push(over_time.clone().copied().fold(f32::NEG_INFINITY, f32::max));
                pooled.push(over_time.sum::<f32>() / FRAMES as f32);
            }
        }
        pooled
    }

    /// The last hidden layer on candle's operations: `[batch][frame][band]` to `[batch][number]`.
    ///
    /// # Errors
    /// When the shape does not fit or the device fails.
    pub(super) fn forward(&self, log_mel: &Tensor) -> Result<Tensor> {
        let picture = log_mel.affine(f64::from(self.level.scale[0]), f64::from(self.level.shift[0]))?;
        let mut front: Vec<_> = self.front.iter().map(|front| front.forward(&picture)).collect::<Result<_>>()?;
        front.push(Tensor::ones((picture.dim(0)?, FRAMES, 1), picture.dtype(), picture.device())?);
        let mut heard = vec![Tensor::cat(&front, D::Minus1)?];
        for (index, middle) in self.middle.iter().enumerate() {
            let answer = middle.forward(&heard[index])?;
            heard.push(if index > 0 { (answer + &heard[index])? } else { answer });
        }
        let features = Tensor::cat(&heard, D::Minus1)?;
        let pooled = Tensor::stack(&[features.max(1)?, features.mean(1)?], 2)?.flatten_from(1)?;
        let dense = self.dense.forward(&pooled)?.relu()?;
        let along = |values: &[f32]| Tensor::from_slice(values, (1, HIDDEN), log_mel.device());
        dense.broadcast_mul(&along(&self.norm.scale)?)?.broadcast_add(&along(&self.norm.shift)?)
    }
}
