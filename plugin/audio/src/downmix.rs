//! More than two channels to two, by the channel layout: Recommendation ITU-R BS.775-4, annex 4.

use std::f32::consts::FRAC_1_SQRT_2;

use symphonia::core::audio::{ChannelLabel, Channels, Position};

/// A centre in the middle and on the sides, and a surround channel on its side: -3 dB.
const SHARED: f32 = FRAC_1_SQRT_2;
/// A surround channel behind, on both sides: -3 dB, divided again.
const BEHIND: f32 = 0.5;

/// What a recording's channels become.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Downmix {
    /// Gain to the left and to the right of each channel; `None` where one or two channels stay as they are.
    gains: Option<Vec<[f32; 2]>>,
}

impl Downmix {
    /// The downmix of a layout.
    ///
    /// # Errors
    /// There are more than two channels, and some of them have no place in the recommendation; says which.
    pub(crate) fn of(channels: &Channels) -> Result<Self, String> {
        if channels.count() <= 2 {
            return Ok(Self { gains: None });
        }
        let count = channels.count();
        let unknown = || format!("{count} channels of an unknown layout {channels}");
        let gains: Option<Vec<_>> = match channels {
            Channels::Positioned(positions) => positions.iter().map(gain).collect(),
            Channels::Custom(labels) => labels.iter().map(labelled).collect(),
            _ => None,
        };
        Ok(Self { gains: Some(gains.ok_or_else(unknown)?) })
    }

    /// Channels that come out.
    pub(crate) fn outputs(&self, inputs: usize) -> usize {
        if self.gains.is_some() { 2 } else { inputs }
    }

    /// Whether anything is mixed.
    pub(crate) const fn mixes(&self) -> bool {
        self.gains.is_some()
    }

    /// Mixes `planes` `[channel][sample]` into `mixed`, which is overwritten.
    pub(crate) fn mix(&self, planes: &[Vec<f32>], mixed: &mut [Vec<f32>]) {
        let Some(gains) = &self.gains else {
            mixed.iter_mut().zip(planes).for_each(|(mixed, plane)| mixed.clone_from(plane));
            return;
        };
        for (side, mixed) in mixed.iter_mut().enumerate() {
            mixed.clear();
            mixed.resize(planes.first().map_or(0, Vec::len), 0.0);
            for (plane, gains) in planes.iter().zip(gains) {
                mixed.iter_mut().zip(plane).for_each(|(mixed, sample)| *mixed += gains[side] * sample);
            }
        }
    }
}

fn labelled(label: &ChannelLabel) -> Option<[f32; 2]> {
    match label {
        ChannelLabel::Positioned(position) => gain(*position),
        _ => None,
    }
}

/// Gain of a channel to the left and to the right. Low-frequency effects are left out, as the recommendation says.
fn gain(position: Position) -> Option<[f32; 2]> {
    match position {
        Position::FRONT_LEFT => Some([1.0, 0.0]),
        Position::FRONT_RIGHT => Some([0.0, 1.0]),
        Position::FRONT_CENTER => Some([SHARED, SHARED]),
        Position::SIDE_LEFT | Position::REAR_LEFT => Some([SHARED, 0.0]),
        Position::SIDE_RIGHT | Position::REAR_RIGHT => Some([0.0, SHARED]),
        Position::REAR_CENTER => Some([BEHIND, BEHIND]),
        Position::LFE1 | Position::LFE2 => Some([0.0, 0.0]),
        _ => None,
    }
}
