//! The U-Net on candle's operations: what another device than the CPU computes, and what the layers of [`Unet`] are tested
//! against.

use candle_core::{Result, Tensor};

use super::{
    BINS, CHANNELS, FRAMES,
    unet::{LAST_KERNEL, LAST_PADDING, LAST_REACH, SLOPE, Unet, sizes},
    windows::LEVELS,
};
use crate::{
    format::{Architecture, Divide, Forward, Subnetwork, WeightError, WeightFile},
    layers::{Memory, convolutions as conv},
};

/// A layer on the way down or up.
#[derive(Debug, Clone)]
struct Level {
    weight: Tensor,
    bias: Tensor,
    /// Scale and shift; none after the deepest level.
    norm: Option<[Tensor; 2]>,
}

impl Level {
    fn normalised(&self, x: &Tensor) -> Result<Tensor> {
        match &self.norm {
            Some([scale, shift]) => x.broadcast_mul(&conv::along(scale)?)?.broadcast_add(&conv::along(shift)?),
            None => Ok(x.clone()),
        }
    }
}

/// The tensors of the U-Net. A step is a window, `[channel][frame][bin]`, and its answer the mask of all its frames.
#[derive(Debug, Clone)]
pub struct UnetTensors {
    down: Vec<Level>,
    up: Vec<Level>,
    last: [Tensor; 2],
}

fn norm(
    file: &mut WeightFile<'_>,
    name: &str,
    channels: usize,
) -> std::result::Result<Option<[Tensor; 2]>, WeightError> {
    let mut take = |part| file.take(&format!("{name}.{part}"), &[channels]);
    Ok(Some([take("scale")?, take("shift")?]))
}

impl Divide for UnetTensors {
    fn divide(self) -> Vec<Subnetwork> {
        vec![Subnetwork::new("windows", self)]
    }
}

impl Architecture for UnetTensors {
    const KIND: &'static str = Unet::KIND;
    const EMBEDDED: &'static [u8] = Unet::EMBEDDED;

    fn read(file: &mut WeightFile<'_>) -> std::result::Result<Self, WeightError> {
        let channels = sizes(file)?;
        let (mut down, mut up) = (Vec::new(), Vec::new());
        for (level, &outputs) in channels.iter().enumerate() {
            let inputs = if level == 0 { CHANNELS } else { channels[level - 1] };
            let name = format!("down{}", level + 1);
            let weight = file.take(&format!("{name}.weight"), &[outputs, inputs, 5, 5])?;
            let bias = file.take(&format!("{name}.bias"), &[outputs])?;
            let norm = if level + 1 < LEVELS { norm(file, &name, outputs)? } else { None };
            down.push(Level { weight, bias, norm });
        }
        for step in 0..LEVELS {
            let level = LEVELS - 1 - step;
            let inputs = if step == 0 { channels[level] } else { 2 * channels[level] };
            let outputs = if level == 0 { 1 } else { channels[level - 1] };
            let name = format!("up{}", step + 1);
            let weight = conv::phases(&file.take(&format!("{name}.weight"), &[inputs, outputs, 5, 5])?)?;
            let bias = file.take(&format!("{name}.bias"), &[outputs])?;
            up.push(Level { weight, bias, norm: norm(file, &name, outputs)? });
        }
        let last = file.take("last.weight", &[CHANNELS, 1, LAST_KERNEL, LAST_KERNEL])?;
        Ok(Self { down, up, last: [last, file.take("last.bias", &[CHANNELS])?] })
    }

    fn reset(&mut self) {}
}

impl UnetTensors {
    /// What every level answers before its activation; the way up hears it, too.
    fn descend(&self, x: &Tensor) -> Result<Vec<Tensor>> {
        let mut answers: Vec<Tensor> = Vec::new();
        for (level, layer) in self.down.iter().enumerate() {
            let input = match answers.last() {
                Some(above) => {
                    let normal = self.down[level - 1].normalised(above)?;
                    normal.maximum(&(&normal * f64::from(SLOPE))?)?
                }
                None => x.clone(),
            };
            answers.push(conv::down(&input, &layer.weight, &layer.bias)?);
        }
        Ok(answers)
    }

    /// The mask of all frames: `[batch][channel][frame][bin]` to the same.
    pub(super) fn mask(&self, x: &Tensor) -> Result<Tensor> {
        let mut beside = self.descend(x)?;
        let mut raised: Option<Tensor> = None;
        for layer in &self.up {
            let Some(here) = beside.pop() else { break };
            let input = raised.map_or_else(|| Ok(here.clone()), |below| Tensor::cat(&[&here, &below], 1))?;
            raised = Some(layer.normalised(&conv::up(&input, &layer.weight, &layer.bias)?.relu()?)?);
        }
        let raised = raised.unwrap_or_else(|| x.clone());
        let padded = raised.pad_with_zeros(2, LAST_PADDING, LAST_PADDING)?;
        let padded = padded.pad_with_zeros(3, LAST_PADDING, LAST_PADDING)?;
        let [weight, bias] = &self.last;
        let logits = padded.conv2d(weight, 0, 1, LAST_REACH, 1)?.broadcast_add(&conv::along(bias)?)?;
        (logits.clamp(-60.0, 60.0)?.neg()?.exp()? + 1.0)?.recip()
    }
}

impl Forward for UnetTensors {
    fn inputs(&self) -> usize {
        CHANNELS * FRAMES * BINS
    }

    fn outputs(&self) -> usize {
        CHANNELS * FRAMES * BINS
    }

    fn forward(&self, x: &Tensor, _memory: &mut Memory) -> Result<Tensor> {
        let (batch, time, _) = x.dims3()?;
        let mask = self.mask(&x.reshape((batch * time, CHANNELS, FRAMES, BINS))?)?;
        mask.reshape((batch, time, self.outputs()))
    }
}
