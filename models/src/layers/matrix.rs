//! A weight matrix laid out for products with one vector per stream: what nearly all time of a hop goes into.

#[cfg(target_arch = "x86_64")]
mod half;
#[cfg(test)]
mod tests;

use candle_core::{Result, Tensor};
use pulp::{Arch, Simd, WithSimd};

/// Outputs per panel. A panel holds the weights of its outputs input by input, so that a product reads memory in order.
/// Four registers of AVX2: the weights come from the level-3 cache, and more at once measured slower.
const PANEL: usize = 32;

/// `[out][in]` as panels `[out / PANEL][in][PANEL]`, zeros after the last output.
///
/// Sums run over the inputs in order for every output, whatever the width of a vector register and whether the weights
/// are kept in single or half precision: all machines with fused multiply-add get the same bits.
#[derive(Debug, Clone)]
pub(super) struct Matrix {
    inputs: usize,
    outputs: usize,
    weights: Weights,
    /// Start of the sums, zeros after the last output.
    bias: Vec<f32>,
}

/// Panels as this processor reads them fastest.
#[derive(Debug, Clone)]
enum Weights {
    Single(Arch, Vec<f32>),
    #[cfg(target_arch = "x86_64")]
    Half(half::Widening, Vec<u16>),
}

impl Weights {
    fn new(panels: Vec<f32>) -> Self {
        #[cfg(target_arch = "x86_64")]
        if let (Some(widening), Some(halves)) = (half::Widening::detect(), half::halves(&panels)) {
            return Self::Half(widening, halves);
        }
        Self::Single(Arch::new(), panels)
    }
}

impl Matrix {
    /// Lays out a weight `[out][in]` and a bias `[out]`.
    pub(super) fn new(weight: &Tensor, bias: Option<&Tensor>) -> Result<Self> {
        let (outputs, inputs) = weight.dims2()?;
        let rows = weight.to_vec2::<f32>()?;
        let padded = outputs.next_multiple_of(PANEL);
        let mut panels = vec![0.0; padded * inputs];
        for (output, row) in rows.iter().enumerate() {
            let start = output / PANEL * PANEL * inputs + output % PANEL;
            for (input, value) in row.iter().enumerate() {
                panels[start + input * PANEL] = *value;
            }
        }
        let mut start = bias.map_or(Ok(Vec::new()), Tensor::to_vec1::<f32>)?;
        start.resize(padded, 0.0);
        Ok(Self { inputs, outputs, weights: Weights::new(panels), bias: start })
    }

    /// Numbers per input vector.
    pub(super) const fn inputs(&self) -> usize {
        self.inputs
    }

    /// Numbers per output vector.
    pub(super) const fn outputs(&self) -> usize {
        self.outputs
    }

    /// Length of the buffer that [`Self::multiply`] writes to: the outputs, rounded up to whole panels.
    pub(super) fn padded(&self) -> usize {
        self.bias.len()
    }

    /// `out[stream] = weight * x[stream] + bias`; `x[stream]` has one number per input, `out[stream]` [`Self::padded`].
    pub(super) fn multiply<const STREAMS: usize>(&self, x: [&[f32]; STREAMS], out: &mut [Vec<f32>; STREAMS]) {
        let (inputs, bias) = (self.inputs, self.bias.as_slice());
        match &self.weights {
            Weights::Single(arch, panels) => arch.dispatch(Product { inputs, panels, bias, x, out }),
            #[cfg(target_arch = "x86_64")]
            Weights::Half(widening, panels) => widening.multiply(Product { inputs, panels, bias, x, out }),
        }
    }
}

/// Panels of weights of type `W`, what they are multiplied with and where the answers go.
struct Product<'a, W, const STREAMS: usize> {
    inputs: usize,
    panels: &'a [W],
    bias: &'a [f32],
    x: [&'a [f32]; STREAMS],
    out: &'a mut [Vec<f32>; STREAMS],
}

impl<const STREAMS: usize> WithSimd for Product<'_, f32, STREAMS> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        if S::F32_LANES > PANEL / 4 { self.run::<S, 2>(simd) } else { self.run::<S, 4>(simd) }
    }
}

impl<const STREAMS: usize> Product<'_, f32, STREAMS> {
    /// All panels, with the sums of each stream in so many registers.
    #[inline(always)]
    fn run<S: Simd, const REGISTERS: usize>(self, simd: S) {
        let Self { inputs, panels, bias, x, out } = self;
        let group = REGISTERS * S::F32_LANES;
        for (panel, weights) in panels.chunks_exact(PANEL * inputs).enumerate() {
            for lane in (0..PANEL).step_by(group) {
                let first = panel * PANEL + lane;
                let bias = &bias[first..first + group];
                let sums = sums::<S, STREAMS, REGISTERS>(simd, weights, lane, bias, x);
                for (out, sums) in out.iter_mut().zip(sums) {
                    let (out, _) = S::as_mut_simd_f32s(&mut out[first..first + group]);
                    out.copy_from_slice(&sums);
                }
            }
        }
    }
}

/// The products of neighbouring outputs of a panel, as many as there are in `bias`.
#[inline(always)]
fn sums<S: Simd, const STREAMS: usize, const REGISTERS: usize>(
    simd: S,
    panel: &[f32],
    lane: usize,
    bias: &[f32],
    x: [&[f32]; STREAMS],
) -> [[S::f32s; REGISTERS]; STREAMS] {
    let (bias, _) = S::as_simd_f32s(bias);
    let mut start = [simd.splat_f32s(0.0); REGISTERS];
    start.copy_from_slice(bias);
    let mut sums = [start; STREAMS];
    for (input, row) in panel.chunks_exact(PANEL).enumerate() {
        let (row, _) = S::as_simd_f32s(&row[lane..lane + REGISTERS * S::F32_LANES]);
        for (sums, x) in sums.iter_mut().zip(x) {
            let x = simd.splat_f32s(x[input]);
            for (sum, weight) in sums.iter_mut().zip(row) {
                *sum = simd.mul_add_e_f32s(*weight, x, *sum);
            }
        }
    }
    sums
}
