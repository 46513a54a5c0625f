//! The transposed convolution that doubles both axes.

use std::ops::Range;

use candle_core::{Result, Tensor};
use pulp::Arch;

use super::{
    super::{
        Affine, FeatureMap, Joined, KERNEL, UP_KERNEL, activation,
        product::{Job, Panels, Rows},
        up_kernel,
    },
    POINTS, TILE, gather, spread, weights_at,
};

/// See [`TransposedConvolution`](super::super::TransposedConvolution).
#[derive(Debug, Clone)]
pub(in super::super) struct Up {
    inputs: usize,
    /// For even and odd rows of the output at each point, `[kernel row, in][odd columns or even columns, out]`, the kernel
    /// rows of [`UP_KERNEL`].
    weights: [[Panels; POINTS]; 2],
    start: Vec<f32>,
    /// A row of the joined inputs, `[column][in]`, with a column of zeros at both ends.
    padded: Vec<f32>,
    /// The inputs at each point, `[map, tile][row][in]`.
    points: [Vec<f32>; POINTS],
    /// Rows of the outputs at each point, `[row][map, tile][odd columns, even columns][out]`.
    products: [Vec<f32>; POINTS],
}

/// Whether odd and even columns of the output are multiplied at a point, or the odd ones only: of the even ones' three
/// weights the last is zero.
const fn phases(point: usize) -> usize {
    if point + 1 == POINTS { 1 } else { 2 }
}

impl Up {
    /// From a weight `[in][out][5][5]` and a bias `[out]`.
    pub(in super::super) fn new(weight: &Tensor, bias: &Tensor) -> Result<Self> {
        let (inputs, outputs, ..) = weight.dims4()?;
        let weights: Vec<f32> = weight.permute((2, 3, 0, 1))?.flatten_all()?.to_vec1()?;
        let zeros = vec![0.0; outputs];
        let at_point = |rows: &[usize], point: usize| {
            let mut at_point = Vec::with_capacity(rows.len() * phases(point) * inputs * outputs);
            for (row, input) in rows.iter().flat_map(|row| (0..inputs).map(move |input| (row, input))) {
                let weight =
                    |column: usize| &weights[((row * KERNEL + column) * inputs + input) * outputs..][..outputs];
                at_point.extend(weights_at(point, [weight(4), weight(2), weight(0)]));
                if phases(point) > 1 {
                    at_point.extend(weights_at(point, [weight(3), weight(1), &zeros]));
                }
            }
            Panels::new(&at_point, phases(point) * outputs)
        };
        Ok(Self {
            inputs,
            weights: UP_KERNEL.map(|rows| std::array::from_fn(|point| at_point(rows, point))),
            start: bias.to_vec1()?,
            padded: Vec::new(),
            points: Default::default(),
            products: Default::default(),
        })
    }

    pub(in super::super) const fn outputs(&self) -> usize {
        self.start.len()
    }

    pub(in super::super) fn apply(
        &mut self,
        inputs: &[Joined<'_>],
        after: &Affine,
        outputs: &mut [&mut FeatureMap],
        wanted: &Range<usize>,
        needed: &Range<usize>,
    ) {
        Arch::new().dispatch(|| self.spread(inputs, needed.clone()));
        for parity in 0..UP_KERNEL.len() {
            self.multiply(inputs, parity, wanted, needed);
        }
        Arch::new().dispatch(|| self.gather(outputs, after, wanted.clone()));
    }

    /// Computes the even or the odd rows of the outputs at the points.
    fn multiply(&mut self, inputs: &[Joined<'_>], parity: usize, wanted: &Range<usize>, needed: &Range<usize>) {
        let (rows, columns) = inputs[0].size();
        let tiles = inputs.len() * columns / TILE;
        for (point, products) in self.products.iter_mut().enumerate() {
            let outputs = phases(point) * self.start.len();
            products.resize(wanted.len() * tiles * outputs, 0.0);
            let jobs = wanted.clone().enumerate().filter(|(_, row)| row % 2 == parity).map(|(number, row)| {
                let (kernel, first) = up_kernel(row, rows);
                Job {
                    out: number * tiles * outputs,
                    a: (first - needed.start) * self.inputs,
                    inner: kernel.start * self.inputs..kernel.end * self.inputs,
                }
            });
            let numbers = Rows { data: &self.points[point], stride: needed.len() * self.inputs };
            let jobs: Vec<_> = jobs.collect();
            self.weights[parity][point].multiply(products, outputs, tiles, numbers, &jobs, false);
        }
    }

    /// Brings rows of the outputs back from the points.
    #[inline(always)]
    fn gather(&self, outputs: &mut [&mut FeatureMap], after: &Affine, wanted: Range<usize>) {
        let channels = self.outputs();
        let mut tile = 0;
        for row in wanted {
            for output in outputs.iter_mut() {
                let row = output.row_mut(row);
                for out in row.chunks_exact_mut(2 * TILE * channels) {
                    let odd = |point: usize| tile * phases(point) * channels;
                    let even = |point: usize| (phases(point) > 1).then(|| odd(point) + channels);
                    let at_odd = std::array::from_fn(|point| Some(odd(point)));
                    gather(&self.products, at_odd, &self.start, &mut out[channels..], 2 * channels);
                    gather(&self.products, std::array::from_fn(even), &self.start, out, 2 * channels);
                    tile += 1;
                }
                activation::rectify(row, after);
            }
        }
    }

    /// Takes rows of the inputs to the points.
    #[inline(always)]
    fn spread(&mut self, inputs: &[Joined<'_>], rows: Range<usize>) {
        let (channels, columns) = (self.inputs, inputs[0].size().1);
        let tiles = columns / TILE;
        self.padded.clear();
        self.padded.resize((columns + 2) * channels, 0.0);
        self.points.iter_mut().for_each(|point| point.resize(inputs.len() * tiles * rows.len() * channels, 0.0));
        let from = inputs.iter().enumerate().flat_map(|(map, input)| {
            rows.clone().enumerate().map(move |(number, row)| (map * tiles, number, input, row))
        });
        for (first, number, input, row) in from {
            input.copy_row(row, &mut self.padded[channels..(columns + 1) * channels]);
            for tile in 0..tiles {
                let to = ((first + tile) * rows.len() + number) * channels;
                let from = &self.padded[tile * TILE * channels..];
                spread(from, channels, channels, &mut self.points, [Some(to); POINTS]);
            }
        }
    }
}
