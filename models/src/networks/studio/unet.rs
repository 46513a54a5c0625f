//! The layers of the U-Net and how they are wired.

use std::ops::Range;

use candle_core::{Result, Tensor};
use serde::Deserialize;

use super::CHANNELS;
use crate::{
    format::{Architecture, Metadata, WeightError, WeightFile, check_sizes},
    layers::{Affine, Convolution, Planes, TransposedConvolution, exp},
};

/// Levels of the network: each halves frames and bins on the way down and doubles them on the way up.
const LEVELS: usize = 6;
/// Calls of [`Unet::advance`] that a window takes.
pub(super) const STAGES: usize = 2 * LEVELS + 1;
/// Rows and columns of the last layer's weights, and how far apart they reach.
const LAST_KERNEL: usize = 4;
const LAST_REACH: usize = 2;
/// What the last layer sees before a frame or bin, and after it.
const LAST_PADDING: usize = 3;
/// Slope of the activation on the way down for what is below zero.
const SLOPE: f32 = 0.2;

/// Sizes of the layers, from the weight file.
#[derive(Debug, Clone, Deserialize)]
struct Sizes {
    /// Channels of each level, from the top down.
    channels: [usize; LEVELS],
}

/// The U-Net with buffers for what its levels answer.
#[derive(Debug, Clone)]
pub struct Unet {
    down: Vec<Convolution>,
    /// One less than levels: what the deepest level answers goes up as it is.
    down_norms: Vec<Affine>,
    up: Vec<TransposedConvolution>,
    up_norms: Vec<Affine>,
    last: Tensor,
    last_bias: Tensor,
    /// `[channel][row][column]` of the last layer.
    last_weights: Vec<f32>,
    last_start: Vec<f32>,
    /// What each level answers before its activation: the way up hears it, too.
    heard: Vec<Planes>,
    activated: Vec<Planes>,
    raised: Vec<Planes>,
    mask: Planes,
    window: Planes,
    newest: usize,
    stage: Stage,
}

impl Architecture for Unet {
    const KIND: &'static str = "studio";
    /// None: the file is too large for the repository. See `cargo xtask bundle`.
    const EMBEDDED: &'static [u8] = &[];

    fn read(file: &mut WeightFile<'_>) -> std::result::Result<Self, WeightError> {
        check(file.metadata())?;
        let Sizes { channels } = file.architecture()?;
        check_sizes(&channels, &(1..=1024))?;
        let above = |level: usize| if level == 0 { CHANNELS } else { channels[level - 1] };
        let mut net = Self {
            down: Vec::new(),
            down_norms: Vec::new(),
            up: Vec::new(),
            up_norms: Vec::new(),
            last: file.take("last.weight", &[CHANNELS, 1, LAST_KERNEL, LAST_KERNEL])?,
            last_bias: file.take("last.bias", &[CHANNELS])?,
            last_weights: Vec::new(),
            last_start: Vec::new(),
            heard: vec![Planes::default(); LEVELS],
            activated: vec![Planes::default(); LEVELS],
            raised: vec![Planes::default(); LEVELS],
            mask: Planes::default(),
            window: Planes::default(),
            newest: 1,
            stage: Stage::Done,
        };
        for (level, &outputs) in channels.iter().enumerate() {
            let (name, inputs) = (format!("down{}", level + 1), above(level));
            let weight = file.take(&format!("{name}.weight"), &[outputs, inputs, 5, 5])?;
            net.down.push(Convolution::new(&weight, &file.take(&format!("{name}.bias"), &[outputs])?)?);
            if level + 1 < LEVELS {
                net.down_norms.push(file.take_affine(&name, outputs)?);
            }
        }
        for step in 0..LEVELS {
            let level = LEVELS - 1 - step;
            let inputs = if step == 0 { channels[level] } else { 2 * channels[level] };
            let outputs = if level == 0 { 1 } else { channels[level - 1] };
            let name = format!("up{}", step + 1);
            let weight = file.take(&format!("{name}.weight"), &[inputs, outputs, 5, 5])?;
            net.up.push(TransposedConvolution::new(&weight, &file.take(&format!("{name}.bias"), &[outputs])?)?);
            net.up_norms.push(file.take_affine(&name, outputs)?);
        }
        net.last_weights = net.last.flatten_all()?.to_vec1()?;
        net.last_start = net.last_bias.to_vec1()?;
        Ok(net)
    }

    /// Nothing is remembered from window to window; one that was begun is given up.
    fn reset(&mut self) {
        self.stage = Stage::Done;
    }
}

/// Whether the facts fit what this build hears.
fn check(metadata: &Metadata) -> std::result::Result<(), WeightError> {
    if metadata.features != CHANNELS * super::BINS {
        return Err(WeightError::Unfit(format!("it hears {} numbers a frame", metadata.features)));
    }
    Ok(())
}

/// Gives a buffer its size; what is in it does not matter.
fn size(planes: &mut Planes, channels: usize, rows: usize, columns: usize) {
    if [planes.channels, planes.rows, planes.columns] != [channels, rows, columns] {
        *planes = Planes::zeros(channels, rows, columns);
    }
}

/// What comes next in deciding a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Down(usize),
    Up(usize),
    Last,
    Done,
}

impl Unet {
    /// Takes a window `[channel][frame][bin]` whose frames and bins are multiples of 64, to decide its newest frames.
    pub(super) fn begin(&mut self, window: &Planes, newest: usize) {
        self.window.clone_from(window);
        (self.newest, self.stage) = (newest, Stage::Down(0));
    }

    /// The window that was begun last.
    pub(super) const fn window(&self) -> &Planes {
        &self.window
    }

    /// Does one layer; returns whether it was the last.
    pub(super) fn advance(&mut self) -> bool {
        self.stage = match self.stage {
            Stage::Down(level) => {
                self.descend(level);
                if level + 1 < LEVELS { Stage::Down(level + 1) } else { Stage::Up(0) }
            }
            Stage::Up(step) => {
                self.ascend(step);
                if step + 1 < LEVELS { Stage::Up(step + 1) } else { Stage::Last }
            }
            Stage::Last => {
                self.finish();
                Stage::Done
            }
            Stage::Done => Stage::Done,
        };
        self.stage == Stage::Done
    }

    /// The mask `[channel][frame][bin]` that was finished last.
    pub(super) const fn mask(&self) -> &Planes {
        &self.mask
    }

    fn descend(&mut self, level: usize) {
        let (before, here) = self.activated.split_at_mut(level);
        let input = before.last().unwrap_or(&self.window);
        let (rows, columns) = (input.rows / 2, input.columns / 2);
        let heard = &mut self.heard[level];
        size(heard, self.down[level].outputs(), rows, columns);
        self.down[level].apply(input, heard, 0..rows);
        if let Some(norm) = self.down_norms.get(level) {
            let activated = &mut here[0];
            size(activated, heard.channels, rows, columns);
            let channels = heard.data.chunks_exact(rows * columns).zip(norm.scale.iter().zip(&norm.shift));
            let places = activated.data.chunks_exact_mut(rows * columns);
            for (place, (channel, (scale, shift))) in places.zip(channels) {
                for (place, value) in place.iter_mut().zip(channel) {
                    let value = value * scale + shift;
                    *place = if value > 0.0 { value } else { SLOPE * value };
                }
            }
        }
    }

    /// The rows that every step of the way up has to answer, from the first step to the last.
    fn wanted(frames: usize, newest: usize) -> [Range<usize>; LEVELS] {
        let mut wanted = std::array::from_fn(|_| 0..0);
        let mut rows = (frames - newest).saturating_sub(LAST_PADDING)..frames;
        for step in (0..LEVELS).rev() {
            wanted[step] = rows.clone();
            rows = TransposedConvolution::needed(&rows, frames >> (LEVELS - step));
        }
        wanted
    }

    fn ascend(&mut self, step: usize) {
        let wanted = Self::wanted(self.window.rows, self.newest)[step].clone();
        let (below, above) = self.raised.split_at_mut(step);
        let heard = &self.heard[LEVELS - 1 - step];
        let raised = &mut above[0];
        size(raised, self.up[step].outputs(), 2 * heard.rows, 2 * heard.columns);
        match below.last() {
            None => self.up[step].apply(&[heard], raised, wanted.clone()),
            Some(below) => self.up[step].apply(&[heard, below], raised, wanted.clone()),
        }
        let norm = &self.up_norms[step];
        for channel in 0..raised.channels {
            let (scale, shift) = (norm.scale[channel], norm.shift[channel]);
            for row in wanted.clone() {
                raised.row_mut(channel, row).iter_mut().for_each(|value| *value = value.max(0.0) * scale + shift);
            }
        }
    }

    /// The last layer, four by four with gaps, and its sigmoid.
    fn finish(&mut self) {
        let input = &self.raised[LEVELS - 1];
        size(&mut self.mask, CHANNELS, self.newest, input.columns);
        for channel in 0..CHANNELS {
            let weights = &self.last_weights[channel * LAST_KERNEL * LAST_KERNEL..];
            for row in 0..self.newest {
                let frame = input.rows - self.newest + row;
                let mask = self.mask.row_mut(channel, row);
                mask.fill(self.last_start[channel]);
                for (kernel_row, weights) in weights.chunks_exact(LAST_KERNEL).take(LAST_KERNEL).enumerate() {
                    let from = frame + kernel_row * LAST_REACH;
                    if (LAST_PADDING..input.rows + LAST_PADDING).contains(&from) {
                        filter(input.row(0, from - LAST_PADDING), weights, mask);
                    }
                }
                mask.iter_mut().for_each(|value| *value = 1.0 / (1.0 + exp(-value.clamp(-60.0, 60.0))));
            }
        }
    }

    /// The mask of all frames on candle's operations: `[channel][frame][bin]` to the same.
    ///
    /// # Errors
    /// When the shapes do not fit or the device fails.
    pub fn forward(&self, window: &Tensor) -> Result<Tensor> {
        let mut x = window.unsqueeze(0)?;
        let mut heard = Vec::new();
        for (level, down) in self.down.iter().enumerate() {
            let answer = down.forward(&x)?;
            if let Some(norm) = self.down_norms.get(level) {
                let scaled = norm.forward(&answer)?;
                x = scaled.maximum(&(&scaled * f64::from(SLOPE))?)?;
            }
            heard.push(answer);
        }
        let mut x: Option<Tensor> = None;
        for (step, up) in self.up.iter().enumerate() {
            let beside = &heard[LEVELS - 1 - step];
            let input = x.map_or_else(|| Ok(beside.clone()), |x| Tensor::cat(&[beside, &x], 1))?;
            x = Some(self.up_norms[step].forward(&up.forward(&input)?.relu()?)?);
        }
        let Some(x) = x else { candle_core::bail!("a U-Net has levels") };
        let padded = x.pad_with_zeros(2, LAST_PADDING, LAST_PADDING)?.pad_with_zeros(3, LAST_PADDING, LAST_PADDING)?;
        let logits = padded.conv2d(&self.last, 0, 1, LAST_REACH, 1)?;
        let logits = logits.broadcast_add(&self.last_bias.reshape((1, CHANNELS, 1, 1))?)?.squeeze(0)?;
        (logits.neg()?.exp()? + 1.0)?.recip()
    }
}

/// Adds what a row of the last layer's weights makes of a row.
fn filter(row: &[f32], weights: &[f32], out: &mut [f32]) {
    for (column, weight) in weights.iter().enumerate() {
        let at = column * LAST_REACH;
        let (row, out) = if at < LAST_PADDING {
            let skipped = LAST_PADDING - at;
            (&row[..row.len() - skipped], &mut out[skipped..])
        } else {
            let ahead = at - LAST_PADDING;
            (&row[ahead..], &mut out[..row.len() - ahead])
        };
        out.iter_mut().zip(row).for_each(|(out, value)| *out += weight * value);
    }
}
