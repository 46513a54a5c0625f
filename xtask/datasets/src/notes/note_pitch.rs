//! Where the partials of a single rendered note lie.

use realfft::RealFftPlanner;

use songweave_synth::song::Stereo;

/// Partials of a note at most, as `songweave_dsp::band::tone` has them.
pub const PARTIALS: usize = songweave_dsp::band::tone::PARTIALS;
/// Length of the spectrum that frequencies are read from: 1.4 s at 48 kHz.
const LENGTH: usize = 1 << 16;
/// Partials above this are left to the noise, in Hz.
const HIGHEST_HZ: f32 = 19_000.0;
/// How much above its surroundings a peak must stand, as a ratio of powers.
const PROMINENT: f32 = 10.0;
/// Seconds after the onset from which the frequencies of a pitched note are read: its attack is over.
const SETTLED: f32 = 0.1;
/// Seconds over which a drum's spectrum fades out.
const RING: f32 = 0.35;
/// Modes of a drum are at least so far apart, in Hz and as a share of the frequency.
const APART_HZ: f32 = 45.0;
const APART_SHARE: f32 = 0.05;
/// The weakest mode of a drum against the strongest, as a ratio of powers.
const WEAKEST: f32 = 1e-5;

/// The power spectrum of both channels together.
#[derive(Debug)]
pub struct LongSpectrum {
    power: Vec<f32>,
    /// Hz from bin to bin.
    step: f32,
}

impl LongSpectrum {
    /// The spectrum of a note that holds its pitch.
    #[must_use]
    pub fn of_pitched(sound: &Stereo, rate: f32) -> Self {
        let window = |n: usize| 0.5 - 0.5 * (std::f32::consts::TAU * n as f32 / LENGTH as f32).cos();
        Self::new(sound, rate, (SETTLED * rate) as usize, window)
    }

    /// The spectrum of a drum, loudest at its beginning.
    #[must_use]
    pub fn of_drum(sound: &Stereo, rate: f32) -> Self {
        let length = RING * rate;
        let window = |n: usize| 0.5 + 0.5 * (std::f32::consts::PI * (n as f32 / length).min(1.0)).cos();
        Self::new(sound, rate, 0, window)
    }

    fn new(sound: &Stereo, rate: f32, from: usize, window: impl Fn(usize) -> f32) -> Self {
        let transform = RealFftPlanner::<f32>::new().plan_fft_forward(LENGTH);
        let (mut input, mut spectrum) = (transform.make_input_vec(), transform.make_output_vec());
        let mut power = vec![0.0; spectrum.len()];
        for channel in sound {
            let samples = channel.iter().skip(from).copied().chain(std::iter::repeat(0.0));
            input.iter_mut().zip(samples).enumerate().for_each(|(n, (input, sample))| *input = window(n) * sample);
            // Lengths match by construction: the only error the library has.
            let _ = transform.process(&mut input, &mut spectrum);
            power.iter_mut().zip(&spectrum).for_each(|(power, bin)| *power += bin.norm_sqr() + 1e-20);
        }
        Self { power, step: rate / LENGTH as f32 }
    }

    /// The strongest peak between two frequencies in Hz, if it stands out: its frequency, read between the bins.
    #[must_use]
    pub fn peak(&self, low: f32, high: f32) -> Option<f32> {
        let (first, last) = self.bins(low, high);
        let at = (first..=last).max_by(|a, b| self.power[*a].total_cmp(&self.power[*b]))?;
        let is_peak = self.power[at] >= self.power[at - 1] && self.power[at] >= self.power[at + 1];
        (is_peak && self.power[at] > PROMINENT * self.median(low, high)).then(|| self.between(at))
    }

    /// First and last bin between two frequencies, with a neighbour on both sides.
    fn bins(&self, low: f32, high: f32) -> (usize, usize) {
        let last = self.power.len() - 2;
        let first = ((low / self.step).round() as usize).clamp(1, last);
        (first, ((high / self.step).round() as usize).clamp(first, last))
    }

    fn median(&self, low: f32, high: f32) -> f32 {
        let (first, last) = self.bins(low, high);
        let mut powers = self.power[first..=last].to_vec();
        let middle = powers.len() / 2;
        *powers.select_nth_unstable_by(middle, f32::total_cmp).1
    }

    /// Frequency of a peak in Hz: top of the parabola through the logarithms of three bins.
    fn between(&self, bin: usize) -> f32 {
        let [left, middle, right] = [bin - 1, bin, bin + 1].map(|bin| self.power[bin].ln());
        let curve = left - 2.0 * middle + right;
        let offset = if curve < 0.0 { (0.5 * (left - right) / curve).clamp(-0.5, 0.5) } else { 0.0 };
        (bin as f32 + offset) * self.step
    }
}

/// Frequencies of a pitched note's partials in Hz, 0 where there is none: a stiff string's law, `p f sqrt(1 + B p^2)` (Fletcher,
/// "Normal vibration frequencies of a stiff piano string", 1964), is fitted to those found so far and says where to look for the
/// next. `nominal` is the frequency of the key in Hz.
#[must_use]
pub fn harmonics(spectrum: &LongSpectrum, nominal: f32) -> [f32; PARTIALS] {
    let mut law = Law { squared: nominal * nominal, stiffness: 0.0 };
    let (mut found, mut hz) = (Vec::new(), [0.0; PARTIALS]);
    for (partial, hz) in hz.iter_mut().enumerate() {
        let number = (partial + 1) as f32;
        let expected = law.at(number);
        if expected > HIGHEST_HZ {
            break;
        }
        let share = if found.is_empty() { 0.05 } else { 0.012 };
        let reach = (share * expected).min(0.3 * nominal);
        let peak = spectrum.peak(expected - reach, expected + reach);
        *hz = peak.unwrap_or(expected);
        if peak.is_some() {
            found.push((number, *hz));
            law.fit(&found);
        }
    }
    hz
}

/// `f_p^2 = p^2 (squared + stiffness p^2)`.
struct Law {
    squared: f32,
    stiffness: f32,
}

impl Law {
    fn at(&self, number: f32) -> f32 {
        number * (self.squared + self.stiffness * number * number).sqrt()
    }

    /// Least squares over the partials found; higher ones tell more.
    fn fit(&mut self, found: &[(f32, f32)]) {
        let [mut weight, mut x, mut y, mut xx, mut xy] = [0.0_f64; 5];
        for (number, hz) in found {
            let (number, hz) = (f64::from(*number), f64::from(*hz));
            let (square, ratio) = (number * number, hz * hz / (number * number));
            weight += number;
            x += number * square;
            y += number * ratio;
            xx += number * square * square;
            xy += number * square * ratio;
        }
        let spread = weight * xx - x * x;
        // Few partials say nothing of stiffness.
        let slope = if found.len() < 4 { 0.0 } else { (weight * xy - x * y) / spread };
        self.stiffness = (slope.max(0.0)) as f32;
        self.squared = ((y - slope.max(0.0) * x) / weight) as f32;
    }
}

/// Frequencies of a drum's strongest modes in Hz, rising, 0 after the last; few of a drum that is mostly noise.
#[must_use]
pub fn modes(spectrum: &LongSpectrum) -> [f32; PARTIALS] {
    let power = &spectrum.power;
    let top = power.iter().copied().fold(0.0, f32::max);
    let (first, last) = spectrum.bins(25.0, HIGHEST_HZ);
    let mut peaks: Vec<usize> = (first..=last)
        .filter(|&bin| power[bin] > power[bin - 1] && power[bin] >= power[bin + 1] && power[bin] > WEAKEST * top)
        .collect();
    peaks.sort_by(|a, b| power[*b].total_cmp(&power[*a]));
    let mut chosen: Vec<f32> = Vec::new();
    for bin in peaks {
        let hz = spectrum.between(bin);
        let apart = APART_HZ.max(APART_SHARE * hz);
        let reach = (0.25 * hz).max(300.0);
        let free = chosen.iter().all(|other| (other - hz).abs() > apart);
        if free && power[bin] > PROMINENT * spectrum.median((hz - reach).max(25.0), hz + reach) {
            chosen.push(hz);
        }
        if chosen.len() == PARTIALS {
            break;
        }
    }
    chosen.sort_by(f32::total_cmp);
    chosen.resize(PARTIALS, 0.0);
    std::array::from_fn(|mode| chosen[mode])
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: f32 = 48_000.0;

    fn sound(partials: &[(f32, f32)], fall: f32) -> Stereo {
        let channel: Vec<f32> = (0..96_000)
            .map(|n| {
                let seconds = n as f32 / RATE;
                let wave = |(hz, gain): &(f32, f32)| {
                    gain * (std::f64::consts::TAU * f64::from(*hz) * f64::from(seconds)).sin() as f32
                };
                (-fall * seconds).exp() * partials.iter().map(wave).sum::<f32>()
            })
            .collect();
        [channel.clone(), channel]
    }

    #[test]
    fn partials_of_a_stiff_string_are_found_within_a_cent() {
        let stiff = |p: f32| 110.7 * p * (1.0 + 4e-4 * p * p).sqrt();
        let partials: Vec<_> = (1..=30).map(|p| (stiff(p as f32), 0.1 / p as f32)).collect();
        let found = harmonics(&LongSpectrum::of_pitched(&sound(&partials, 1.0), RATE), 110.0);
        for (partial, (hz, _)) in partials.iter().enumerate() {
            let cents = 1_200.0 * (found[partial] / hz).log2();
            assert!(cents.abs() < 1.0, "partial {partial}: {} against {hz}", found[partial]);
        }
        let beyond = 1_200.0 * (found[40] / stiff(41.0)).log2();
        assert!(beyond.abs() < 5.0, "what is not there is where it would be: {beyond} cents");
    }

    #[test]
    fn nothing_is_beyond_hearing() {
        let found = harmonics(&LongSpectrum::of_pitched(&sound(&[(2_000.0, 0.5)], 1.0), RATE), 2_000.0);
        assert!(found[..9].iter().all(|hz| *hz > 0.0) && found[9..].iter().all(|hz| *hz == 0.0));
    }

    #[test]
    fn modes_of_a_drum_are_those_that_ring() {
        let found = modes(&LongSpectrum::of_drum(&sound(&[(180.0, 0.5), (330.0, 0.2), (2_500.0, 0.05)], 12.0), RATE));
        for (hz, wanted) in found.iter().zip([180.0, 330.0, 2_500.0, 0.0]) {
            assert!((hz - wanted).abs() < 2.0, "{found:?}");
        }
    }
}
