//! The convolution that halves both axes.

use std::ops::Range;

use candle_core::{Result, Tensor};

use super::{KERNEL, Planes, groups, kernel_rows, product};

/// Five by five, stride two: `[in][rows][columns]` to `[out][rows / 2][columns / 2]`.
#[derive(Debug, Clone)]
pub struct Convolution {
    inputs: usize,
    outputs: usize,
    /// `[out][kernel row][in][kernel column]`.
    rows: Vec<f32>,
    start: Vec<f32>,
    /// Even and odd columns of the input, `[in][row]`, even ones first.
    halves: Vec<f32>,
    /// The input under every weight: `[kernel row][in][kernel column][row][column]`.
    unfolded: Vec<f32>,
}

impl Convolution {
    /// A convolution with the weight `[out][in][5][5]` and the bias `[out]`.
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn new(weight: &Tensor, bias: &Tensor) -> Result<Self> {
        let (outputs, inputs, ..) = weight.dims4()?;
        let rows = weight.permute((0, 2, 1, 3))?.flatten_all()?.to_vec1()?;
        let start = bias.to_vec1()?;
        Ok(Self { inputs, outputs, rows, start, halves: Vec::new(), unfolded: Vec::new() })
    }

    /// Channels of the output.
    #[must_use]
    pub const fn outputs(&self) -> usize {
        self.outputs
    }

    /// Computes some rows of the output from an input with even numbers of rows and columns.
    ///
    /// # Panics
    /// When the sizes of `input` and `output` do not fit.
    pub fn apply(&mut self, input: &Planes, output: &mut Planes, wanted: Range<usize>) {
        assert_eq!(input.channels, self.inputs);
        assert_eq!([output.channels, 2 * output.rows, 2 * output.columns], [self.outputs, input.rows, input.columns]);
        self.part(input);
        let first = |row: usize| 2 * row as isize - 1;
        for (group, kernel) in groups(wanted, |row| kernel_rows(first(row), input.rows)) {
            self.unfold(input, &group, &kernel);
            let (k, n) = (kernel.len() * self.inputs * KERNEL, group.len() * output.columns);
            let skipped = kernel.start * self.inputs * KERNEL;
            let weights = product::Rows { data: &self.rows[skipped..], stride: self.inputs * KERNEL * KERNEL };
            let unfolded = product::Rows { data: &self.unfolded, stride: n };
            let stride = output.rows * output.columns;
            let out = &mut output.data[group.start * output.columns..];
            for (channel, bias) in self.start.iter().enumerate() {
                out[channel * stride..][..n].fill(*bias);
            }
            product::multiply(out, stride, [self.outputs, k, n], weights, unfolded, true);
        }
    }

    /// Parts the columns into even and odd ones.
    fn part(&mut self, input: &Planes) {
        self.halves.resize(input.data.len(), 0.0);
        for (halves, row) in self.halves.chunks_exact_mut(input.columns).zip(input.data.chunks_exact(input.columns)) {
            let (even, odd) = halves.split_at_mut(input.columns / 2);
            for ((even, odd), pair) in even.iter_mut().zip(odd).zip(row.as_chunks::<2>().0) {
                (*even, *odd) = (pair[0], pair[1]);
            }
        }
    }

    /// Lays out the input for a group of output rows under some rows of the kernel.
    fn unfold(&mut self, input: &Planes, group: &Range<usize>, kernel: &Range<usize>) {
        let columns = input.columns / 2;
        let n = group.len() * columns;
        self.unfolded.resize((KERNEL * self.inputs * KERNEL * n).max(self.unfolded.len()), 0.0);
        let mut places = self.unfolded.chunks_exact_mut(columns);
        for kernel_row in kernel.clone() {
            for channel in 0..self.inputs {
                for kernel_column in 0..KERNEL {
                    for row in group.clone() {
                        let from = (channel * input.rows + 2 * row + kernel_row - 1) * input.columns;
                        let (even, odd) = self.halves[from..from + input.columns].split_at(columns);
                        let Some(place) = places.next() else { unreachable!("there is a place for every row") };
                        shift(if kernel_column % 2 == 1 { even } else { odd }, kernel_column, place);
                    }
                }
            }
        }
    }

    /// The same on candle's operations: `[batch][in][rows][columns]`.
    ///
    /// # Errors
    /// When the shapes do not fit or the device fails.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let shape = (self.outputs, KERNEL, self.inputs, KERNEL);
        let weight = Tensor::from_slice(&self.rows, shape, x.device())?.permute((0, 2, 1, 3))?.contiguous()?;
        let bias = Tensor::from_slice(&self.start, (1, self.outputs, 1, 1), x.device())?;
        let padded = x.pad_with_zeros(2, 1, 2)?.pad_with_zeros(3, 1, 2)?;
        padded.conv2d(&weight, 0, 2, 1, 1)?.broadcast_add(&bias)
    }
}

/// What a column of the kernel sees of the even or odd columns: those one before, those themselves, or those one after.
fn shift(source: &[f32], kernel_column: usize, place: &mut [f32]) {
    let last = source.len() - 1;
    match kernel_column {
        0 => {
            place[0] = 0.0;
            place[1..].copy_from_slice(&source[..last]);
        }
        1 | 2 => place.copy_from_slice(source),
        _ => {
            place[..last].copy_from_slice(&source[1..]);
            place[last] = 0.0;
        }
    }
}
