//! The layers of the U-Net and how they are wired.

use std::ops::Range;

use serde::Deserialize;

use super::{
    BINS, CHANNELS, SONGS,
    windows::{LEVELS, SHARED, Windows},
};
use crate::{
    format::{Architecture, WeightError, WeightFile, check_sizes},
    layers::{Affine, Convolution, FeatureMap, Joined, Leaky, Planes, TransposedConvolution, exp},
};

/// Rows and columns of the last layer's weights, and how far apart they reach.
pub(super) const LAST_KERNEL: usize = 4;
pub(super) const LAST_REACH: usize = 2;
/// What the last layer sees before a frame or bin, and after it.
pub(super) const LAST_PADDING: usize = 3;
/// Slope of the activation on the way down for what is below zero.
pub(super) const SLOPE: f32 = 0.2;

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
    /// `[channel][row][column]` of the last layer.
    last_weights: Vec<f32>,
    last_start: Vec<f32>,
    windows: Windows,
    /// Windows that are being decided.
    count: usize,
    /// The frames and bins of a window, their channels side by side.
    input: FeatureMap,
    /// What each step answers on the way up, `[step][window]`.
    raised: [[FeatureMap; SONGS]; LEVELS],
    masks: [Planes; SONGS],
    /// The frames that are decided.
    wanted: Range<usize>,
}

impl Architecture for Unet {
    const KIND: &'static str = "studio";
    /// None: the file is too large for the repository. See `cargo xtask bundle`.
    const EMBEDDED: &'static [u8] = &[];

    fn read(file: &mut WeightFile<'_>) -> Result<Self, WeightError> {
        let channels = sizes(file)?;
        let above = |level: usize| if level == 0 { CHANNELS } else { channels[level - 1] };
        let last = file.take("last.weight", &[CHANNELS, 1, LAST_KERNEL, LAST_KERNEL])?;
        let mut net = Self {
            down: Vec::new(),
            down_norms: Vec::new(),
            up: Vec::new(),
            up_norms: Vec::new(),
            last_weights: last.flatten_all()?.to_vec1()?,
            last_start: file.take("last.bias", &[CHANNELS])?.to_vec1()?,
            windows: Windows::default(),
            count: 0,
            input: FeatureMap::default(),
            raised: Default::default(),
            masks: Default::default(),
            wanted: 0..0,
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
        Ok(net)
    }

    /// No answer depends on the windows before; one that was begun is given up.
    fn reset(&mut self) {
        self.windows = Windows::default();
    }
}

/// The channels of each level, from the top down, of a file that fits what this build hears.
pub(super) fn sizes(file: &WeightFile<'_>) -> Result<[usize; LEVELS], WeightError> {
    let features = file.metadata().features;
    if features != CHANNELS * BINS {
        return Err(WeightError::Unfit(format!("it hears {features} numbers a frame")));
    }
    let Sizes { channels } = file.architecture()?;
    check_sizes(&channels, &(1..=1024))?;
    Ok(channels)
}

impl Unet {
    /// Takes windows `[channel][frame][bin]` of the same size, whose frames and bins are multiples of 64, to decide some of
    /// their frames.
    pub(super) fn begin(&mut self, windows: &[&Planes], wanted: Range<usize>) {
        self.windows.begin(windows);
        (self.count, self.wanted) = (windows.len(), wanted);
    }

    /// Runs all layers.
    pub(super) fn finish(&mut self) {
        (0..LEVELS).for_each(|level| self.descend(level));
        (0..LEVELS).for_each(|step| self.ascend(step));
        self.decide();
    }

    /// The windows that were begun last.
    pub(super) fn begun(&self) -> impl Iterator<Item = &Planes> {
        (0..self.count).map(|place| self.windows.window(place))
    }

    /// Takes masks of all frames of the windows that were begun, `[window][channel][frame][bin]`, as what was decided.
    pub(super) fn take(&mut self, masks: &[f32]) {
        let (rows, columns) = (self.windows.window(0).rows, self.windows.window(0).columns);
        let wanted = self.wanted.start * columns..self.wanted.end * columns;
        for (mask, taken) in self.masks[..self.count].iter_mut().zip(masks.chunks_exact(CHANNELS * rows * columns)) {
            *mask = Planes::zeros(CHANNELS, self.wanted.len(), columns);
            let channels = mask.data.chunks_exact_mut(wanted.len()).zip(taken.chunks_exact(rows * columns));
            channels.for_each(|(mask, taken)| mask.copy_from_slice(&taken[wanted.clone()]));
        }
    }

    /// A window that was begun last, and the mask `[channel][frame][bin]` that was finished for it.
    pub(super) const fn decided(&self, place: usize) -> (&Planes, &Planes) {
        (self.windows.window(place), &self.masks[place])
    }

    fn descend(&mut self, level: usize) {
        let layer = &mut self.down[level];
        let norm = level.checked_sub(1).map(|above| Leaky { norm: &self.down_norms[above], slope: SLOPE });
        let stale = (0..self.count).map(|place| self.windows.stale(place, level, layer.outputs()));
        let stale: Vec<_> = stale.collect();
        let mut maps: Vec<_> = self.windows.levels(self.count, level).collect();
        if level >= SHARED {
            // Nothing is left of the windows before, so all windows have the same rows to compute.
            let inputs: Vec<_> = maps.iter().filter_map(|(_, above, _)| *above).collect();
            let mut outputs: Vec<_> = maps.iter_mut().map(|(.., heard)| &mut **heard).collect();
            let rows = 0..outputs[0].rows;
            return layer.apply(&inputs, norm, &mut outputs, rows);
        }
        for ((window, above, heard), stale) in maps.into_iter().zip(stale) {
            for rows in stale.into_iter().filter(|rows| !rows.is_empty()) {
                if level == 0 {
                    interleave(window, &mut self.input, (2 * rows.start).saturating_sub(1)..2 * rows.end + 2);
                }
                layer.apply(&[above.unwrap_or(&self.input)], norm, &mut [&mut *heard], rows);
            }
        }
    }

    /// The rows that every step of the way up has to answer, from the first step to the last.
    fn wanted(frames: usize, wanted: &Range<usize>) -> [Range<usize>; LEVELS] {
        let mut steps = std::array::from_fn(|_| 0..0);
        let mut rows = wanted.start.saturating_sub(LAST_PADDING)..(wanted.end + LAST_PADDING).min(frames);
        for step in (0..LEVELS).rev() {
            steps[step] = rows.clone();
            rows = TransposedConvolution::needed(&rows, frames >> (LEVELS - step));
        }
        steps
    }

    fn ascend(&mut self, step: usize) {
        let (layer, level) = (&mut self.up[step], LEVELS - 1 - step);
        let (below, above) = self.raised.split_at_mut(step);
        let (below, raised) = (below.last(), &mut above[0]);
        let joined = |place: usize| Joined(self.windows.heard(place, level), below.map(|below| &below[place]));
        let inputs: Vec<_> = (0..self.count).map(joined).collect();
        let (rows, columns) = inputs[0].size();
        raised.iter_mut().for_each(|raised| raised.resize(2 * rows, 2 * columns, layer.outputs()));
        let mut outputs: Vec<_> = raised.iter_mut().take(self.count).collect();
        let wanted = Self::wanted(self.windows.window(0).rows, &self.wanted)[step].clone();
        layer.apply(&inputs, &self.up_norms[step], &mut outputs, wanted);
    }

    /// The last layer, four by four with gaps, and its sigmoid.
    fn decide(&mut self) {
        for (input, mask) in self.raised[LEVELS - 1].iter().zip(&mut self.masks).take(self.count) {
            let rows = self.wanted.len();
            if [mask.rows, mask.columns] != [rows, input.columns] {
                *mask = Planes::zeros(CHANNELS, rows, input.columns);
            }
            for channel in 0..CHANNELS {
                let weights = &self.last_weights[channel * LAST_KERNEL * LAST_KERNEL..];
                for (row, frame) in self.wanted.clone().enumerate() {
                    decide(input, frame, weights, self.last_start[channel], mask.row_mut(channel, row));
                }
            }
        }
    }
}

/// A frame's mask by the last layer's weights for a channel.
fn decide(input: &FeatureMap, frame: usize, weights: &[f32], start: f32, mask: &mut [f32]) {
    mask.fill(start);
    for (kernel_row, weights) in weights.chunks_exact(LAST_KERNEL).take(LAST_KERNEL).enumerate() {
        let from = frame + kernel_row * LAST_REACH;
        if (LAST_PADDING..input.rows + LAST_PADDING).contains(&from) {
            filter(input.row(from - LAST_PADDING), weights, mask);
        }
    }
    mask.iter_mut().for_each(|value| *value = 1.0 / (1.0 + exp(-value.clamp(-60.0, 60.0))));
}

/// Puts the channels of some rows of a window side by side; what of them lies after its last row is left out.
fn interleave(window: &Planes, input: &mut FeatureMap, rows: Range<usize>) {
    input.resize(window.rows, window.columns, window.channels);
    for row in rows.start..rows.end.min(window.rows) {
        for channel in 0..window.channels {
            let places = input.row_mut(row).iter_mut().skip(channel).step_by(window.channels);
            places.zip(window.row(channel, row)).for_each(|(place, value)| *place = *value);
        }
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
