//! The convolution that halves both axes.

use std::ops::Range;

use candle_core::{Result, Tensor};

use super::{FeatureMap, Leaky, direct, saves_by_tiles, winograd};

/// Five by five, stride two: `[rows][columns][in]` to `[rows / 2][columns / 2][out]`.
#[derive(Debug, Clone)]
pub struct Convolution(Form);

#[derive(Debug, Clone)]
pub(super) enum Form {
    Direct(direct::Down),
    Winograd(Box<winograd::Down>),
}

impl Convolution {
    /// A convolution with the weight `[out][in][5][5]` and the bias `[out]`.
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn new(weight: &Tensor, bias: &Tensor) -> Result<Self> {
        let (outputs, inputs, ..) = weight.dims4()?;
        Ok(Self(if saves_by_tiles(inputs, outputs) {
            Form::Winograd(Box::new(winograd::Down::new(weight, bias)?))
        } else {
            Form::Direct(direct::Down::new(weight, bias)?)
        }))
    }

    /// Channels of the output.
    #[must_use]
    pub const fn outputs(&self) -> usize {
        match &self.0 {
            Form::Direct(form) => form.outputs(),
            Form::Winograd(form) => form.outputs(),
        }
    }

    /// Computes the same rows of several outputs, each from an input with an even number of rows and a multiple of eight
    /// columns, with the weights read once. `before` happens to the inputs first.
    ///
    /// A row has the same bits whichever others are computed, and whatever other inputs there are.
    ///
    /// # Panics
    /// When the sizes of inputs and outputs do not fit.
    pub fn apply(
        &mut self,
        inputs: &[&FeatureMap],
        before: Option<Leaky<'_>>,
        outputs: &mut [&mut FeatureMap],
        wanted: Range<usize>,
    ) {
        let (rows, columns) = (inputs[0].rows, inputs[0].columns);
        assert!(inputs.iter().all(|input| [input.rows, input.columns] == [rows, columns]));
        let size = [rows, columns, self.outputs()];
        assert!(outputs.iter().all(|output| [2 * output.rows, 2 * output.columns, output.channels] == size));
        assert_eq!(inputs.len(), outputs.len());
        match &mut self.0 {
            Form::Direct(form) => form.apply(inputs, before, outputs, wanted),
            Form::Winograd(form) => form.apply(inputs, before, outputs, wanted),
        }
    }
}

#[cfg(test)]
impl From<Form> for Convolution {
    fn from(form: Form) -> Self {
        Self(form)
    }
}
