//! The transposed convolution that doubles both axes.

use std::ops::Range;

use candle_core::{Result, Tensor};

use super::{Affine, FeatureMap, Joined, direct, saves_by_tiles, winograd};

/// Five by five, stride two: `[rows][columns][in]` to `[2 * rows][2 * columns][out]`.
#[derive(Debug, Clone)]
pub struct TransposedConvolution(Form);

#[derive(Debug, Clone)]
pub(super) enum Form {
    Direct(direct::Up),
    Single(direct::SingleUp),
    Winograd(Box<winograd::Up>),
}

impl TransposedConvolution {
    /// A transposed convolution with the weight `[in][out][5][5]` and the bias `[out]`.
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn new(weight: &Tensor, bias: &Tensor) -> Result<Self> {
        let (inputs, outputs, ..) = weight.dims4()?;
        Ok(Self(if saves_by_tiles(inputs, outputs) {
            Form::Winograd(Box::new(winograd::Up::new(weight, bias)?))
        } else if outputs == 1 {
            Form::Single(direct::SingleUp::new(weight, bias)?)
        } else {
            Form::Direct(direct::Up::new(weight, bias)?)
        }))
    }

    /// Channels of the output.
    #[must_use]
    pub const fn outputs(&self) -> usize {
        match &self.0 {
            Form::Direct(form) => form.outputs(),
            Form::Single(_) => 1,
            Form::Winograd(form) => form.outputs(),
        }
    }

    /// The input rows that some output rows are made of, of so many.
    #[must_use]
    pub fn needed(wanted: &Range<usize>, rows: usize) -> Range<usize> {
        wanted.start.saturating_sub(2) / 2..((wanted.end + 2) / 2).min(rows)
    }

    /// Computes the same rows of several outputs, each from inputs with a multiple of four columns, with the weights read once,
    /// and rectifies and normalises them.
    ///
    /// A row has the same bits whichever others are computed, and whatever other inputs there are.
    ///
    /// # Panics
    /// When the sizes of inputs and outputs do not fit.
    pub fn apply(
        &mut self,
        inputs: &[Joined<'_>],
        after: &Affine,
        outputs: &mut [&mut FeatureMap],
        wanted: Range<usize>,
    ) {
        let (rows, columns) = inputs[0].size();
        assert!(inputs.iter().all(|input| input.size() == (rows, columns)));
        let size = [2 * rows, 2 * columns, self.outputs()];
        assert!(outputs.iter().all(|output| [output.rows, output.columns, output.channels] == size));
        assert_eq!(inputs.len(), outputs.len());
        let needed = Self::needed(&wanted, rows);
        match &mut self.0 {
            Form::Single(form) => form.apply(inputs, after, outputs, &wanted, &needed),
            Form::Direct(form) => form.apply(inputs, after, outputs, wanted, &needed),
            Form::Winograd(form) => form.apply(inputs, after, outputs, &wanted, &needed),
        }
    }
}

#[cfg(test)]
impl From<Form> for TransposedConvolution {
    fn from(form: Form) -> Self {
        Self(form)
    }
}
