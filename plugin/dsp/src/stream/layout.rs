//! The stream's sizes and the plugin's latency, computed once from the sample rate. The only place that knows them.

/// Channels of each song: left, right. Mono input is heard on both.
pub const CHANNELS: usize = 2;
/// Songs: 0 = A (main input), 1 = B (side-chain).
pub const SONGS: usize = 2;
/// Bands in which networks hear and masks act, see [`crate::analysis::bands`].
pub const BANDS: usize = 96;
/// Parts of a song in the order of [`Part`].
pub const PARTS: usize = 4;
/// Hops between a frame's analysis and its decision: what the inference thread has to think, about 21 ms.
pub const DECISION_DELAY: usize = 2;

/// A part of a song. The order is the index order of every `[part]` array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum Part {
    /// Lead and backing voices.
    Vocals,
    /// Drums and percussion.
    Drums,
    /// Bass.
    Bass,
    /// Everything else.
    Other,
}

impl Part {
    /// All parts in index order.
    pub const ALL: [Self; PARTS] = [Self::Vocals, Self::Drums, Self::Bass, Self::Other];

    /// Lower-case name, as used in parameter ids, file names and model metadata.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Vocals => "vocals",
            Self::Drums => "drums",
            Self::Bass => "bass",
            Self::Other => "other",
        }
    }
}

/// The part of Mash on each output beside the main one, in the order of the band's instruments, which have them in Accompany.
pub const PORT_PARTS: [Part; PARTS] = [Part::Drums, Part::Bass, Part::Other, Part::Vocals];

/// Window, hop and latency at one sample rate.
///
/// A hop lasts about 11 ms at every rate: the sizes double with each octave of the sample rate (window 2048 at 44.1 and
/// 48 kHz, 4096 at 88.2 and 96 kHz, 8192 at 176.4 and 192 kHz, 1024 at 22.05 kHz).
///
/// ```
/// use songweave_dsp::stream::layout::StreamLayout;
///
/// let layout = StreamLayout::for_sample_rate(48_000.0);
/// assert_eq!((layout.window, layout.hop, layout.latency()), (2_048, 512, 3_072));
/// assert_eq!(StreamLayout::for_sample_rate(96_000.0).window, 4_096);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StreamLayout {
    /// Sample rate in Hz.
    pub sample_rate: f32,
    /// Window length in samples, a power of two.
    pub window: usize,
    /// Hop length in samples, a quarter of the window.
    pub hop: usize,
    /// Hops by which the output waits so that the band hears what is sung next; 0 = no look-ahead.
    pub look_ahead: usize,
    /// Hops by which Mash's masks are decided later than everything else; the look-ahead is never less.
    pub mask_delay: usize,
}

/// Longest look-ahead in seconds.
const LONGEST_LOOK_AHEAD: f32 = 1.0;

impl StreamLayout {
    /// The layout for a sample rate in Hz. Rates outside 8 kHz to 768 kHz get the sizes of the nearest of these.
    #[must_use]
    pub fn for_sample_rate(sample_rate: f32) -> Self {
        let rate = if sample_rate.is_finite() { sample_rate.clamp(8_000.0, 768_000.0) } else { 48_000.0 };
        let octave = libm::log2f(rate / 46_000.0).round() as i32;
        let window = if octave >= 0 { 2048 << octave } else { 2048 >> -octave };
        Self { sample_rate: rate, window, hop: window / 4, look_ahead: 0, mask_delay: 0 }
    }

    /// The same layout with a look-ahead of so many seconds, 0…1, in whole hops.
    #[must_use]
    pub fn with_look_ahead(self, seconds: f32) -> Self {
        let seconds = if seconds.is_finite() { seconds.clamp(0.0, LONGEST_LOOK_AHEAD) } else { 0.0 };
        let hops = (seconds / self.hop_seconds()).round() as usize;
        Self { look_ahead: hops.max(self.mask_delay), ..self }
    }

    /// The same layout with masks that are decided so many hops later, and the look-ahead that this takes.
    #[must_use]
    pub const fn with_mask_delay(self, hops: usize) -> Self {
        let look_ahead = if self.look_ahead < hops { hops } else { self.look_ahead };
        Self { look_ahead, mask_delay: hops, ..self }
    }

    /// Bins of a spectrum, DC and Nyquist included.
    #[must_use]
    pub const fn bins(&self) -> usize {
        self.window / 2 + 1
    }

    /// Samples between an input sample and the same sample at the output: the window, the decision delay, the look-ahead.
    #[must_use]
    pub const fn latency(&self) -> usize {
        self.window + (DECISION_DELAY + self.look_ahead) * self.hop
    }

    /// Length of a hop in seconds.
    #[must_use]
    pub fn hop_seconds(&self) -> f32 {
        self.hop as f32 / self.sample_rate
    }

    /// Frequency of a bin in Hz.
    #[must_use]
    pub fn bin_hz(&self, bin: usize) -> f32 {
        bin as f32 * self.sample_rate / self.window as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_follow_the_rate_and_a_hop_lasts_about_eleven_milliseconds() {
        let windows = [
            (8_000.0, 256),
            (16_000.0, 512),
            (22_050.0, 1024),
            (44_100.0, 2048),
            (48_000.0, 2048),
            (88_200.0, 4096),
            (96_000.0, 4096),
            (192_000.0, 8192),
        ];
        for (rate, window) in windows {
            let layout = StreamLayout::for_sample_rate(rate);
            assert_eq!(layout.window, window, "{rate} Hz");
            assert_eq!(layout.latency(), window + 2 * window / 4);
            assert!((0.007..0.017).contains(&layout.hop_seconds()), "{rate} Hz: {}", layout.hop_seconds());
        }
    }

    #[test]
    fn a_look_ahead_is_whole_hops_of_latency() {
        let layout = StreamLayout::for_sample_rate(48_000.0);
        for (seconds, hops) in [(0.0, 0), (0.1, 9), (1.0, 94), (7.0, 94), (-1.0, 0), (f32::NAN, 0)] {
            let ahead = layout.with_look_ahead(seconds);
            assert_eq!(ahead.look_ahead, hops, "{seconds} s");
            assert_eq!(ahead.latency(), layout.latency() + hops * layout.hop);
        }
    }

    #[test]
    fn nonsense_rates_get_a_layout_all_the_same() {
        for rate in [0.0, -1.0, f32::NAN, f32::INFINITY, 1e12] {
            assert!(StreamLayout::for_sample_rate(rate).window.is_power_of_two());
        }
    }
}
