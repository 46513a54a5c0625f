//! A convolution over a picture of which, for every frame, only the highest answer over the frequencies stays.

use candle_core::{D, Result, Tensor};

use super::{
    Affine, Planes,
    product::{self, Rows},
};

/// Frames that are convolved at once: what lies between fits the cache.
const BLOCK: usize = 16;

/// Convolves `[frame][band]`, rectifies, normalises, and keeps the highest over all places along the bands. In time the
/// picture is as if zeros came before and after it; along the bands the weights never reach beyond it.
#[derive(Debug, Clone)]
pub struct PooledConvolution {
    height: usize,
    width: usize,
    /// `[filter][row][column]`.
    weights: Vec<f32>,
    bias: Vec<f32>,
    norm: Affine,
    /// The picture with zeros before and after, `[frame][band]`.
    padded: Vec<f32>,
    /// `[row, column][frame, place]`.
    unfolded: Vec<f32>,
    /// `[filter][frame, place]`.
    product: Vec<f32>,
}

impl PooledConvolution {
    /// From a weight `[filter][row][column]`, a bias `[filter]` and what normalises.
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn new(weight: &Tensor, bias: &Tensor, norm: Affine) -> Result<Self> {
        let (_, height, width) = weight.dims3()?;
        let (weights, bias) = (weight.flatten_all()?.to_vec1()?, bias.to_vec1()?);
        let (padded, unfolded, product) = (Vec::new(), Vec::new(), Vec::new());
        Ok(Self { height, width, weights, bias, norm, padded, unfolded, product })
    }

    /// Filters, and so numbers per frame.
    #[must_use]
    pub const fn filters(&self) -> usize {
        self.bias.len()
    }

    /// Frames of zeros before the picture, and after it.
    const fn padding(&self) -> [usize; 2] {
        [(self.height - 1) / 2, self.height / 2]
    }

    /// Writes `[frame][filter]` into `out`, whose frames are `stride` numbers apart.
    ///
    /// # Panics
    /// When the picture has not one channel or is narrower than the weights, or `out` is too short.
    pub fn apply(&mut self, picture: &Planes, out: &mut [f32], stride: usize) {
        assert!(picture.channels == 1 && picture.columns >= self.width);
        let [before, after] = self.padding();
        self.padded.clear();
        self.padded.resize((picture.rows + before + after) * picture.columns, 0.0);
        self.padded[before * picture.columns..][..picture.data.len()].copy_from_slice(&picture.data);
        let places = picture.columns - self.width + 1;
        for first in (0..picture.rows).step_by(BLOCK) {
            let frames = BLOCK.min(picture.rows - first);
            self.convolve(first, frames, picture.columns);
            for (filter, answers) in self.product.chunks_exact(frames * places).enumerate() {
                let column = first * stride + filter;
                for (frame, answers) in answers.chunks_exact(places).enumerate() {
                    out[column + frame * stride] = self.highest(filter, answers);
                }
            }
        }
    }

    /// The highest of a filter's answers after rectifying and normalising.
    fn highest(&self, filter: usize, answers: &[f32]) -> f32 {
        let scale = self.norm.scale[filter];
        // Where normalising turns the order round, the lowest becomes the highest.
        let extreme = if scale < 0.0 {
            answers.iter().copied().fold(f32::INFINITY, f32::min)
        } else {
            answers.iter().copied().fold(f32::NEG_INFINITY, f32::max)
        };
        (extreme + self.bias[filter]).max(0.0) * scale + self.norm.shift[filter]
    }

    fn convolve(&mut self, first: usize, frames: usize, columns: usize) {
        let (k, n) = (self.height * self.width, frames * (columns - self.width + 1));
        self.product.resize(self.filters() * n, 0.0);
        let start = first * columns;
        let unfolded = if self.width == 1 {
            // A row further is a frame further: the picture is its own unfolding.
            Rows { data: &self.padded[start..], stride: columns }
        } else {
            unfold(&mut self.unfolded, &self.padded[start..], [self.height, self.width], [frames, columns]);
            Rows { data: &self.unfolded, stride: n }
        };
        let weights = Rows { data: &self.weights, stride: k };
        product::multiply(&mut self.product, n, [self.bias.len(), k, n], weights, unfolded, false);
    }

    /// The same on candle's operations: `[batch][frame][band]` to `[batch][frame][filter]`.
    ///
    /// # Errors
    /// When the shape does not fit or the device fails.
    pub fn forward(&self, picture: &Tensor) -> Result<Tensor> {
        let [before, after] = self.padding();
        let padded = picture.pad_with_zeros(1, before, after)?.unsqueeze(1)?;
        let weight = Tensor::from_slice(&self.weights, (self.filters(), 1, self.height, self.width), picture.device())?;
        let along = |values: &[f32]| Tensor::from_slice(values, (1, self.filters(), 1, 1), picture.device());
        let answers = padded.conv2d(&weight, 0, 1, 1, 1)?.broadcast_add(&along(&self.bias)?)?.relu()?;
        let normal = answers.broadcast_mul(&along(&self.norm.scale)?)?.broadcast_add(&along(&self.norm.shift)?)?;
        normal.max(D::Minus1)?.transpose(1, 2)
    }
}

/// What lies under every weight, `[row, column][frame, place]`.
fn unfold(out: &mut Vec<f32>, picture: &[f32], [height, width]: [usize; 2], [frames, columns]: [usize; 2]) {
    let places = columns - width + 1;
    out.clear();
    for (row, column) in (0..height).flat_map(|row| (0..width).map(move |column| (row, column))) {
        for frame in 0..frames {
            out.extend_from_slice(&picture[(frame + row) * columns + column..][..places]);
        }
    }
}
