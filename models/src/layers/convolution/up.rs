//! The transposed convolution that doubles both axes.

use std::ops::Range;

use candle_core::{Result, Tensor};

use super::{KERNEL, Planes, groups, product};

/// Five by five, stride two, transposed: `[in][rows][columns]` to `[out][2 * rows][2 * columns]`.
#[derive(Debug, Clone)]
pub struct TransposedConvolution {
    inputs: usize,
    outputs: usize,
    /// `[kernel row][out][kernel column][in]`.
    rows: Vec<f32>,
    start: Vec<f32>,
    /// What a group of input rows adds to the output: `[kernel row][out][kernel column][row][column]`.
    products: Vec<f32>,
    /// Even and odd columns of the output, `[out][row]`, even ones first.
    halves: Vec<f32>,
}

impl TransposedConvolution {
    /// A transposed convolution with the weight `[in][out][5][5]` and the bias `[out]`.
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn new(weight: &Tensor, bias: &Tensor) -> Result<Self> {
        let (inputs, outputs, ..) = weight.dims4()?;
        let rows = weight.permute((2, 1, 3, 0))?.flatten_all()?.to_vec1()?;
        let start = bias.to_vec1()?;
        Ok(Self { inputs, outputs, rows, start, products: Vec::new(), halves: Vec::new() })
    }

    /// Channels of the output.
    #[must_use]
    pub const fn outputs(&self) -> usize {
        self.outputs
    }

    /// The input rows that some output rows are made of, of so many.
    #[must_use]
    pub fn needed(wanted: &Range<usize>, rows: usize) -> Range<usize> {
        wanted.start.saturating_sub(2) / 2..((wanted.end + 2) / 2).min(rows)
    }

    /// Computes some rows of the output. The channels of `inputs` are those of one input, in order.
    ///
    /// # Panics
    /// When the sizes of the inputs and of `output` do not fit.
    pub fn apply(&mut self, inputs: &[&Planes], output: &mut Planes, wanted: Range<usize>) {
        let (rows, columns) = (inputs[0].rows, inputs[0].columns);
        assert_eq!(inputs.iter().map(|input| input.channels).sum::<usize>(), self.inputs);
        assert_eq!([output.channels, output.rows, output.columns], [self.outputs, 2 * rows, 2 * columns]);
        self.halves.clear();
        self.halves.resize(output.data.len(), 0.0);
        let reached = |row: usize| {
            let start = wanted.start as isize - (2 * row as isize - 1);
            let within = |row: isize| row.clamp(0, KERNEL as isize) as usize;
            within(start)..within(start + wanted.len() as isize)
        };
        for (group, kernel) in groups(Self::needed(&wanted, rows), reached) {
            if !kernel.is_empty() {
                self.multiply(inputs, &group, &kernel);
                self.scatter(output, &group, &kernel);
            }
        }
        self.join(output, wanted);
    }

    fn multiply(&mut self, inputs: &[&Planes], group: &Range<usize>, kernel: &Range<usize>) {
        let columns = inputs[0].columns;
        let (m, n) = (kernel.len() * self.outputs * KERNEL, group.len() * columns);
        self.products.resize((m * n).max(self.products.len()), 0.0);
        let mut before = 0;
        for input in inputs {
            let skipped = kernel.start * self.outputs * KERNEL * self.inputs + before;
            let weights = product::Rows { data: &self.rows[skipped..], stride: self.inputs };
            let numbers = product::Rows { data: &input.data[group.start * columns..], stride: input.rows * columns };
            product::multiply(&mut self.products, n, [m, input.channels, n], weights, numbers, before > 0);
            before += input.channels;
        }
    }

    /// Adds the products to the even and odd columns of the output.
    fn scatter(&mut self, output: &Planes, group: &Range<usize>, kernel: &Range<usize>) {
        let columns = output.columns / 2;
        let mut products = self.products.chunks_exact(columns);
        for kernel_row in kernel.clone() {
            for channel in 0..self.outputs {
                for kernel_column in 0..KERNEL {
                    for row in group.clone() {
                        let Some(product) = products.next() else { unreachable!("there is a product for every row") };
                        let to = (channel * output.rows + 2 * row + kernel_row - 1) * output.columns;
                        let (even, odd) = self.halves[to..to + output.columns].split_at_mut(columns);
                        add(if kernel_column % 2 == 1 { even } else { odd }, kernel_column, product);
                    }
                }
            }
        }
    }

    /// Joins even and odd columns and adds the bias.
    fn join(&self, output: &mut Planes, wanted: Range<usize>) {
        for channel in 0..self.outputs {
            for row in wanted.clone() {
                let from = (channel * output.rows + row) * output.columns;
                let (even, odd) = self.halves[from..from + output.columns].split_at(output.columns / 2);
                let pairs = output.row_mut(channel, row).as_chunks_mut::<2>().0;
                for (pair, (even, odd)) in pairs.iter_mut().zip(even.iter().zip(odd)) {
                    *pair = [even + self.start[channel], odd + self.start[channel]];
                }
            }
        }
    }

    /// The same on candle's operations: `[batch][in][rows][columns]`.
    ///
    /// # Errors
    /// When the shapes do not fit or the device fails.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let (_, _, rows, columns) = x.dims4()?;
        let shape = (KERNEL, self.outputs, KERNEL, self.inputs);
        let weight = Tensor::from_slice(&self.rows, shape, x.device())?.permute((3, 1, 0, 2))?.contiguous()?;
        let bias = Tensor::from_slice(&self.start, (1, self.outputs, 1, 1), x.device())?;
        let whole = x.conv_transpose2d(&weight, 0, 0, 2, 1)?;
        let middle = whole.narrow(2, 1, 2 * rows)?.narrow(3, 1, 2 * columns)?;
        middle.broadcast_add(&bias)
    }
}

/// Adds a column of the kernel's products to the even or odd columns: to those one before, to those themselves, or to those
/// one after.
fn add(target: &mut [f32], kernel_column: usize, product: &[f32]) {
    let last = target.len() - 1;
    let (target, product) = match kernel_column {
        0 => (&mut target[..last], &product[1..]),
        1 | 2 => (target, product),
        _ => (&mut target[1..], &product[..last]),
    };
    target.iter_mut().zip(product).for_each(|(target, product)| *target += product);
}
