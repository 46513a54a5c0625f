//! The convolutions on candle's operations, `[batch][channel][row][column]`.

use candle_core::{Result, Tensor};

/// A convolution that halves both axes, with the weight `[out][in][5][5]`.
pub(crate) fn down(x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
    let padded = x.pad_with_zeros(2, 1, 2)?.pad_with_zeros(3, 1, 2)?;
    padded.conv2d(weight, 0, 2, 1, 1)?.broadcast_add(&along(bias)?)
}

/// A transposed convolution that doubles both axes, with the weight `[in][out][5][5]`.
pub(crate) fn up(x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
    let (_, _, rows, columns) = x.dims4()?;
    let whole = x.conv_transpose2d(weight, 0, 0, 2, 1)?;
    whole.narrow(2, 1, 2 * rows)?.narrow(3, 1, 2 * columns)?.broadcast_add(&along(bias)?)
}

/// A number for each channel.
pub(crate) fn along(values: &Tensor) -> Result<Tensor> {
    values.reshape((1, values.elem_count(), 1, 1))
}
