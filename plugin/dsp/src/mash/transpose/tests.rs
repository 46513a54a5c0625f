use std::f64::consts::TAU;

use super::*;
use crate::stream::stft::Stft;

const RATE: f64 = 48_000.0;
const SHIFTS: [i8; 12] = [-6, -5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 6];

/// Transposes `[channel][sample]`; `semitones(hop)` is asked at every hop, 0 passes the frame.
fn transposed(input: &[Vec<f32>; CHANNELS], semitones: impl Fn(usize) -> i8) -> [Vec<f32>; CHANNELS] {
    let layout = StreamLayout::for_sample_rate(RATE as f32);
    let (mut stft, mut transposer) = (Stft::new(layout.window), Transposer::new(&layout));
    let spectra = || std::array::from_fn::<_, CHANNELS, _>(|_| vec![Complex32::default(); layout.bins()]);
    let (mut heard, gains) = (spectra(), vec![1.0; layout.bins()]);
    let mut out = input.each_ref().map(|channel| vec![0.0; channel.len()]);
    for (hop, start) in (0..=input[0].len() - layout.window).step_by(layout.hop).enumerate() {
        let window = start..start + layout.window;
        for (channel, heard) in input.iter().zip(&mut heard) {
            stft.analyse(&channel[window.clone()], heard);
        }
        let mut mixed = spectra();
        match semitones(hop) {
            0 => {
                mixed.clone_from(&heard);
                transposer.reset();
            }
            semitones => transposer.add(semitones, &heard, &gains, &mut mixed),
        }
        for (mixed, out) in mixed.iter().zip(&mut out) {
            stft.synthesise(mixed, &mut out[window.clone()]);
        }
    }
    out
}

fn mono(samples: impl Iterator<Item = f64>) -> [Vec<f32>; CHANNELS] {
    let left: Vec<f32> = samples.map(|sample| sample as f32).collect();
    [left.clone(), left]
}

/// The first `partials` partials of a saw tooth.
fn saw(hz: f64, partials: u32, seconds: f64) -> [Vec<f32>; CHANNELS] {
    let partial = move |n: usize, k: u32| (TAU * f64::from(k) * hz * n as f64 / RATE).sin() / f64::from(k);
    mono((0..(seconds * RATE) as usize).map(|n| 0.3 * (1..=partials).map(|k| partial(n, k)).sum::<f64>()))
}

fn ratio(semitones: i8) -> f64 {
    (f64::from(semitones) / 12.0).exp2()
}

/// Phase and amplitude of the component at `hz` in a Hann window of `length` samples from `start` on.
fn component(samples: &[f32], start: usize, length: usize, hz: f64) -> (f64, f64) {
    let (mut re, mut im) = (0.0, 0.0);
    for (n, sample) in samples.iter().enumerate().skip(start).take(length) {
        let window = 1.0 - (TAU * (n - start) as f64 / length as f64).cos();
        let (sin, cos) = (TAU * hz * n as f64 / RATE).sin_cos();
        re += f64::from(*sample) * window * cos;
        im -= f64::from(*sample) * window * sin;
    }
    (im.atan2(re), 2.0 * re.hypot(im) / length as f64)
}

/// How far the component near `hz` lies beside it, in cents, from the phases of two windows.
fn cents_off(samples: &[f32], hz: f64) -> f64 {
    let (start, length, apart) = (8_192, 24_000, 12_000);
    let [first, second] = [start, start + apart].map(|start| component(samples, start, length, hz).0 / TAU);
    let turns = second - first;
    1_200.0 * (1.0 + (turns - turns.round()) * RATE / apart as f64 / hz).log2()
}

#[test]
fn notes_land_on_their_semitone() {
    for (hz, allowed) in [(55.0, 1.0), (110.0, 0.5), (220.0, 0.5), (440.0, 0.5), (880.0, 0.5)] {
        for partials in [1, (12_000.0 / hz) as u32] {
            let input = saw(hz, partials, 1.0);
            for semitones in SHIFTS {
                let out = transposed(&input, |_| semitones);
                for partial in [1, 2, 5].into_iter().filter(|partial| *partial <= partials) {
                    let wanted = hz * ratio(semitones) * f64::from(partial);
                    let off = cents_off(&out[0], wanted);
                    assert!(
                        off.abs() < allowed,
                        "partial {partial} of {partials} at {hz} Hz, {semitones}: {off} cents"
                    );
                }
                let wanted = component(&input[0], 8_192, 24_000, hz).1;
                let found = component(&out[0], 8_192, 24_000, hz * ratio(semitones)).1;
                let level = 20.0 * (found / wanted).log10();
                assert!(level.abs() < 6.0, "{partials} partials of {hz} Hz, {semitones}: {level} dB");
            }
        }
    }
}

/// Mean power of a signal's frames, `[bin]`, over seven bins.
fn mean_spectrum(samples: &[f32]) -> Vec<f32> {
    let layout = StreamLayout::for_sample_rate(RATE as f32);
    let mut stft = Stft::new(layout.window);
    let (mut spectrum, mut sum) = (vec![Complex32::default(); layout.bins()], vec![0.0; layout.bins()]);
    for window in samples.windows(layout.window).step_by(layout.hop) {
        stft.analyse(window, &mut spectrum);
        sum.iter_mut().zip(&spectrum).for_each(|(sum, bin)| *sum += bin.norm_sqr());
    }
    (0..sum.len()).map(|bin| sum[bin.saturating_sub(3)..(bin + 4).min(sum.len())].iter().sum()).collect()
}

/// A train of double pulses that glides from 100 to 160 Hz through resonators at `formants` (Hz) of 90 Hz width.
fn vowel(formants: &[f64]) -> [Vec<f32>; CHANNELS] {
    let (mut phase, mut last_flow) = (0.0, 0.0);
    let length = 3.0 * RATE;
    let mut samples: Vec<f64> = (0..length as usize)
        .map(|n| {
            phase += (100.0 + 60.0 * n as f64 / length) / RATE;
            let pulse = phase >= 1.0;
            phase -= phase.floor();
            // The lips radiate the slope of the air's flow.
            let flow = f64::from(u8::from(pulse));
            flow - std::mem::replace(&mut last_flow, flow)
        })
        .collect();
    for formant in formants {
        let radius = (-std::f64::consts::PI * 90.0 / RATE).exp();
        let (a, b) = (2.0 * radius * (TAU * formant / RATE).cos(), radius * radius);
        let (mut last, mut before) = (0.0, 0.0);
        for sample in &mut samples {
            let out = (1.0 - a + b) * *sample + a * last - b * before;
            (before, last) = (last, out);
            *sample = out;
        }
    }
    mono(samples.into_iter())
}

#[test]
fn formants_stay_while_the_pitch_moves() {
    let formants = [600.0, 1_400.0, 2_600.0];
    let input = vowel(&formants);
    let bin_hz = StreamLayout::for_sample_rate(RATE as f32).bin_hz(1);
    for semitones in [0, -4, 4] {
        let spectrum = mean_spectrum(&transposed(&input, |_| semitones)[0]);
        for formant in formants {
            let bins = (0.82 * formant as f32 / bin_hz) as usize..(1.2 * formant as f32 / bin_hz) as usize;
            let peak = bins.max_by(|a, b| spectrum[*a].total_cmp(&spectrum[*b])).unwrap_or_default();
            let moved = peak as f32 * bin_hz / formant as f32;
            assert!((0.9..1.1).contains(&moved), "{formant} Hz became {moved} times that at {semitones}");
        }
    }
}

#[test]
fn both_channels_keep_their_phases() {
    let [left, _] = saw(196.0, 40, 1.0);
    let input = [left.clone(), left.iter().map(|sample| -0.5 * sample).collect()];
    for semitones in [-5, 3] {
        let [left, right] = transposed(&input, |_| semitones);
        assert!(left.iter().zip(&right).all(|(left, right)| (right + 0.5 * left).abs() < 1e-5), "{semitones}");
    }
}

#[test]
fn a_change_of_transposition_does_not_click() {
    let input = saw(220.0, 1, 2.0);
    let steps = |samples: &[f32]| samples.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
    let plan = [0, 6, 5, -6, 0, -1, 4];
    let out = transposed(&input, |hop| plan[hop / 24 % plan.len()]);
    // The steepest that the input's amplitude allows at the highest pitch.
    let allowed = steps(&input[0]) * ratio(6) as f32 * 1.05;
    let found = steps(&out[0]);
    assert!(found <= allowed, "a step of {found}, allowed {allowed}");
}

#[test]
fn an_attack_stays_where_it_is_and_stays_sharp() {
    let at = 24_321;
    let input = mono((0..48_000).map(|n| f64::from(u8::from(n == at))));
    for semitones in [-6, -3, 3, 6] {
        let [out, _] = transposed(&input, |_| semitones);
        let peak = (0..out.len()).max_by(|a, b| out[*a].abs().total_cmp(&out[*b].abs())).unwrap_or_default();
        assert!(peak.abs_diff(at) <= 4, "{semitones}: {peak} instead of {at}");
        let power = |samples: &[f32]| samples.iter().map(|sample| sample * sample).sum::<f32>();
        let near = power(&out[at - 96..at + 96]) / power(&out);
        assert!(near > 0.7, "{semitones}: {near} of the power within 2 ms");
    }
}

#[test]
fn silence_and_direct_current_stay_what_they_are() {
    for level in [0.0, 0.5] {
        let input = mono(std::iter::repeat_n(level, 16_000));
        let [out, _] = transposed(&input, |_| 4);
        assert!(out[4_096..12_000].iter().all(|sample| (f64::from(*sample) - level).abs() < 1e-3), "{level}");
    }
}

#[test]
fn after_a_reset_the_same_sound_gives_the_same_bits() {
    let layout = StreamLayout::for_sample_rate(44_100.0);
    let mut transposer = Transposer::new(&layout);
    let gains = vec![0.8; layout.bins()];
    let mut run = || {
        transposer.reset();
        let frame = |seed: usize| {
            let value = |bin: usize| (((bin + seed) * (bin + 7 * seed)) as f32).sin();
            std::array::from_fn(|c| (0..layout.bins()).map(|bin| Complex32::new(value(bin + c), value(bin))).collect())
        };
        let mut mixed = std::array::from_fn(|_| vec![Complex32::default(); layout.bins()]);
        (1..9).for_each(|seed| transposer.add(-3, &frame(seed), &gains, &mut mixed));
        mixed
    };
    assert!(run() == run());
}
