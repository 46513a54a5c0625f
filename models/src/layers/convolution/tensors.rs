//! The convolutions of a U-Net on candle's operations, `[batch][channel][row][column]`.

use candle_core::{Result, Tensor};

use super::{KERNEL, UP_KERNEL};

/// Rows and columns of an input that a transposed convolution's output sees.
const SEEN: usize = 3;

/// A convolution that halves both axes, with the weight `[out][in][5][5]`.
pub(crate) fn down(x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
    let padded = x.pad_with_zeros(2, 1, 2)?.pad_with_zeros(3, 1, 2)?;
    padded.conv2d(weight, 0, 2, 1, 1)?.broadcast_add(&along(bias)?)
}

/// The weight `[in][out][5][5]` of a transposed convolution as [`up`] takes it, `[out, odd row, odd column][in][3][3]`: one
/// convolution answers the even and the odd rows and columns, which is far faster than candle's own.
pub(crate) fn phases(weight: &Tensor) -> Result<Tensor> {
    let (inputs, outputs, ..) = weight.dims4()?;
    let rows: Vec<f32> = weight.flatten_all()?.to_vec1()?;
    let mut phases = vec![0.0; outputs * 4 * inputs * SEEN * SEEN];
    for (output, input) in (0..outputs).flat_map(|output| (0..inputs).map(move |input| (output, input))) {
        let kernel = &rows[(input * outputs + output) * KERNEL * KERNEL..][..KERNEL * KERNEL];
        for phase in 0..4 {
            let place = &mut phases[((output * 4 + phase) * inputs + input) * SEEN * SEEN..][..SEEN * SEEN];
            for (row, from_row) in UP_KERNEL[phase / 2].iter().enumerate() {
                for (column, from_column) in UP_KERNEL[phase % 2].iter().enumerate() {
                    place[row * SEEN + column] = kernel[from_row * KERNEL + from_column];
                }
            }
        }
    }
    Tensor::from_vec(phases, (outputs * 4, inputs, SEEN, SEEN), weight.device())
}

/// A transposed convolution that doubles both axes, with a weight of [`phases`].
pub(crate) fn up(x: &Tensor, phases: &Tensor, bias: &Tensor) -> Result<Tensor> {
    let (batch, _, rows, columns) = x.dims4()?;
    let outputs = phases.dim(0)? / 4;
    let answers = x.conv2d(phases, 1, 1, 1, 1)?.reshape((batch * outputs, 2, 2, rows, columns))?;
    let whole = answers.permute((0, 3, 1, 4, 2))?.reshape((batch, outputs, 2 * rows, 2 * columns))?;
    whole.broadcast_add(&along(bias)?)
}

/// A number for each channel.
pub(crate) fn along(values: &Tensor) -> Result<Tensor> {
    values.reshape((1, values.elem_count(), 1, 1))
}
