//! A linear layer.

use candle_core::{D, Result, Tensor};

use super::matrix::Matrix;

/// `weight * x + bias` for `STREAMS` streams. Has no state.
#[derive(Debug, Clone)]
pub struct Linear<const STREAMS: usize> {
    weight: Tensor,
    bias: Option<Tensor>,
    matrix: Matrix,
    out: [Vec<f32>; STREAMS],
}

impl<const STREAMS: usize> Linear<STREAMS> {
    /// A layer from a weight `[out][in]` and perhaps a bias `[out]`.
    ///
    /// # Errors
    /// When the tensors' shapes do not fit or the device fails.
    pub fn new(weight: Tensor, bias: Option<Tensor>) -> Result<Self> {
        let matrix = Matrix::new(&weight, bias.as_ref())?;
        let out = std::array::from_fn(|_| vec![0.0; matrix.padded()]);
        Ok(Self { weight, bias, matrix, out })
    }

    /// Numbers per answer.
    #[must_use]
    pub const fn outputs(&self) -> usize {
        self.matrix.outputs()
    }

    /// Numbers per input.
    #[must_use]
    pub const fn inputs(&self) -> usize {
        self.matrix.inputs()
    }

    /// One hop: `x[stream]` `[in]` to `[stream]` `[out]`.
    pub fn step(&mut self, x: [&[f32]; STREAMS]) -> [&[f32]; STREAMS] {
        self.matrix.multiply(x, &mut self.out);
        self.out.each_ref().map(|out| &out[..self.matrix.outputs()])
    }

    /// Many hops: `[…][in]` to `[…][out]`.
    ///
    /// # Errors
    /// When the shape of `x` does not fit or the device fails.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let mut shape = x.dims().to_vec();
        let product = x.flatten_to(D::Minus2)?.matmul(&self.weight.t()?)?;
        let answer = self.bias.as_ref().map_or(Ok(product.clone()), |bias| product.broadcast_add(bias))?;
        if let Some(last) = shape.last_mut() {
            *last = answer.dim(1)?;
        }
        answer.reshape(shape)
    }
}
