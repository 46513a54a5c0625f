//! The parts of Mash: on outputs of their own, and as what adds up to a song.
#![allow(clippy::unwrap_used, missing_docs)]

use songweave_dsp::{
    band::{INSTRUMENTS, schedule::NoteEvent, sink::BandSink},
    exchange::{controls::Controls, decision::MashDecision},
    stream::{
        layout::{BANDS, CHANNELS, PARTS, Part, SONGS, StreamLayout},
        path::BlockInfo,
    },
    tune::TuneNote,
};
use songweave_host::{Block, silent_bus};
use songweave_tests::{
    accompany::choose,
    bounce::{MULTI_OUT, instance, parameter, parameter_event, songs},
    drive::decided,
    signal::{block_sizes, error_db, noise},
};

/// Level below which a difference is the arithmetic's, in dB.
const NOTHING: f64 = -100.0;
const RATE: usize = 48_000;
const LENGTH: usize = 12 * RATE;
/// Where song B sounds; its presence ends ten seconds later.
const SECOND_SONG: std::ops::Range<usize> = RATE..RATE * 3 / 2;

/// Shares that have nothing to do with those of the hop before.
fn erratic_decision(seed: u64, hop: u64) -> MashDecision {
    let draws = noise(seed * 10_000 + hop, SONGS * PARTS * BANDS + PARTS);
    let raw = |song: usize, part: usize, band: usize| draws[(song * PARTS + part) * BANDS + band].powi(6);
    let share = |song, part, band| raw(song, part, band) / (0..PARTS).map(|part| raw(song, part, band)).sum::<f32>();
    let shares =
        std::array::from_fn(|song| std::array::from_fn(|part| std::array::from_fn(|band| share(song, part, band))));
    let lead = std::array::from_fn(|part| draws[SONGS * PARTS * BANDS + part].abs());
    MashDecision { shares, lead, transpose_b: 3 }
}

/// Left and right of a signal.
type Stereo = [Vec<f32>; CHANNELS];

/// What comes out, latency removed.
#[derive(Default)]
struct Heard {
    main: Stereo,
    /// `[output]`
    beside: [Stereo; INSTRUMENTS],
}

impl BandSink for Heard {
    fn note(&mut self, _: usize, _: NoteEvent) {}

    fn sung(&mut self, _: usize, _: TuneNote) {}

    fn beside(&mut self, _: usize, heard: &[[f32; CHANNELS]; INSTRUMENTS]) {
        for (channel, sample) in self.beside.as_flattened_mut().iter_mut().zip(heard.as_flattened()) {
            channel.push(*sample);
        }
    }
}

impl Heard {
    /// What the other outputs add up to.
    fn sum(&self) -> Stereo {
        sum(&self.beside)
    }
}

fn sum(signals: &[Stereo]) -> Stereo {
    let sample = |channel: usize, n: usize| signals.iter().map(|signal| signal[channel][n]).sum();
    std::array::from_fn(|channel| (0..signals[0][0].len()).map(|n| sample(channel, n)).collect())
}

/// Level of the difference in dB.
fn difference(wanted: &Stereo, found: &Stereo) -> f64 {
    wanted.iter().zip(found).map(|(wanted, found)| error_db(wanted, found)).fold(f64::MIN, f64::max)
}

/// Songs A and B.
fn two_songs(seed: u64, b: std::ops::Range<usize>) -> [Stereo; SONGS] {
    let a = [noise(seed, LENGTH), noise(seed + 1, LENGTH)];
    let b = [2, 3].map(|n| {
        let mut song = noise(seed + n, LENGTH);
        song.iter_mut().enumerate().filter(|(n, _)| !b.contains(n)).for_each(|(_, sample)| *sample = 0.0);
        song
    });
    [a, b]
}

/// Plays songs in blocks with the controls of each block.
fn play(seed: u64, [a, b]: &[Stereo; SONGS], controls: impl Fn(usize) -> Controls) -> Heard {
    let layout = StreamLayout::for_sample_rate(RATE as f32);
    let (path, mut decides) = decided(layout, |frame| erratic_decision(seed, frame.position.hop));
    let mut path = path.with_parts();
    let mut heard = Heard { main: a.clone(), ..Heard::default() };
    let mut main = a.clone();
    let mut start = 0;
    for (block, size) in block_sizes(seed, 3_000).enumerate() {
        let range = start..(start + size).min(LENGTH);
        let [left, right] = &mut main;
        let side = b.each_ref().map(|channel| &channel[range.clone()]);
        let main = &mut [&mut left[range.clone()], &mut right[range.clone()]];
        path.process(main, &side, &BlockInfo::from(controls(block)), &mut decides, &mut heard);
        start = range.end;
        if start == LENGTH {
            break;
        }
    }
    heard.main = main;
    for channel in heard.main.iter_mut().chain(heard.beside.as_flattened_mut()) {
        channel.drain(..layout.latency());
    }
    heard
}

/// A song as late as the output, without what is still on its way.
fn delayed(song: &Stereo) -> Stereo {
    let latency = StreamLayout::for_sample_rate(RATE as f32).latency();
    song.each_ref().map(|channel| channel[..LENGTH - latency].to_vec())
}

/// Controls that have nothing to do with those of the block before, at any attack, release, depth and limits.
fn erratic(seed: u64, block: usize) -> Controls {
    let draws = noise(seed * 1_000 + block as u64, 16).into_iter().map(f32::abs).collect::<Vec<_>>();
    let often_zero = |value: f32| (value - 0.3).max(0.0);
    Controls {
        balance: draws[0],
        faders: [draws[1], draws[2], draws[3], draws[4]],
        auto: often_zero(draws[5]),
        depth: (2.0 * draws[6]).min(1.0),
        attack: often_zero(draws[7]).powi(2),
        release: often_zero(draws[8]).powi(2) * 3.0,
        low: 20.0 + 500.0 * often_zero(draws[9]),
        high: 20_000.0 - 25_000.0 * often_zero(draws[10]),
        freeze: draws[11] < 0.3,
        output_gain: 0.2 + draws[12],
        ..Controls::default()
    }
}

#[test]
fn parts_add_up_to_the_main_output_at_any_settings() {
    for seed in 0..8 {
        let songs = two_songs(seed, SECOND_SONG);
        let heard = play(seed, &songs, |block| Controls {
            delta: seed % 4 == 1 && block % 3 == 0,
            solo: (seed == 6 && block % 4 == 1).then_some(Part::Drums),
            transpose_b: [0, 5, -4][(seed % 3) as usize] * i8::from(block % 5 > 0),
            match_keys: seed == 7,
            ..erratic(seed, block)
        });
        let error = difference(&heard.main, &heard.sum());
        assert!(error < NOTHING, "seed {seed}: {error} dB");
        let parts: Vec<_> = heard.beside.iter().map(|part| difference(&heard.main, part)).collect();
        assert!(parts.iter().all(|error| *error > -20.0), "a part is everything: {parts:?}");
    }
}

#[test]
fn the_parts_of_a_song_add_up_to_it_at_any_settings() {
    for seed in 0..8 {
        // Song B never goes.
        let songs = two_songs(seed, 0..LENGTH);
        for (song, balance) in songs.iter().zip([0.0, 1.0]) {
            let only = |block| Controls { balance, auto: 0.0, output_gain: 1.0, ..erratic(seed, block) };
            let error = difference(&delayed(song), &play(seed, &songs, only).sum());
            assert!(error < NOTHING, "seed {seed}, balance {balance}: {error} dB");
        }
        // Without song B nothing moves the faders: song A is heard, and split.
        let alone = two_songs(seed, 0..0);
        let heard = play(seed, &alone, |block| Controls { output_gain: 1.0, ..erratic(seed, block) });
        assert!(heard.main == delayed(&alone[0]));
        let error = difference(&delayed(&alone[0]), &heard.sum());
        assert!(error < NOTHING, "seed {seed}, alone: {error} dB");
    }
}

#[test]
fn one_part_after_the_other_adds_up_as_well() {
    for seed in 0..4 {
        let songs = two_songs(seed, 0..LENGTH);
        let heard: Vec<_> = (0..PARTS)
            .map(|part| {
                // One part of A, the other three of B.
                let faders = std::array::from_fn(|other| if other == part { 0.0 } else { 1.0 });
                let controls =
                    |block| Controls { faders, balance: 0.5, auto: 0.0, output_gain: 1.0, ..erratic(seed, block) };
                play(seed, &songs, controls).main
            })
            .collect();
        let [a, b] = songs.each_ref().map(delayed);
        let wanted = sum(&[a, b.clone(), b.clone(), b]);
        let error = difference(&wanted, &sum(&heard));
        assert!(error < NOTHING, "seed {seed}: {error} dB");
    }
}

/// Bounces with all outputs `[port][channel][sample]`.
fn bounce(quality: &str, rate: f64, sizes: &mut dyn Iterator<Item = usize>) -> Vec<Vec<Vec<f32>>> {
    const FRAMES: usize = 80_000;
    let songs = songs(5, FRAMES);
    let mut plugin = instance(MULTI_OUT).unwrap();
    choose(&mut plugin, "Quality", quality).unwrap();
    plugin.set_offline(true).unwrap();
    let names = ["Vocals", "Drums", "Attack", "Release", "Depth", "Freeze", "Auto", "Balance", "Transpose B"];
    let ids = names.map(|name| parameter(&mut plugin, name));
    let ranges = ids.map(|id| plugin.parameters().into_iter().find(|info| info.id == id).unwrap());
    let mut processor = plugin.activate(rate, 8192).unwrap();
    let moves = (0..40).flat_map(|n| ranges.iter().zip(noise(n, names.len())).map(move |(info, draw)| (n, info, draw)));
    let moves: Vec<_> =
        moves.map(|(n, info, draw)| (n as usize * 1_999, info.id, info.from_normalised(draw.abs().into()))).collect();
    let mut ports = vec![vec![vec![]; CHANNELS]; 1 + INSTRUMENTS];
    let mut start = 0;
    while start < FRAMES {
        let range = start..(start + sizes.next().unwrap()).min(FRAMES);
        let due = moves.iter().filter(|(at, ..)| range.contains(at));
        let events: Vec<_> = due.map(|(at, id, value)| parameter_event(at - start, *id, *value)).collect();
        let mut outputs: Vec<_> = (0..=INSTRUMENTS).map(|_| silent_bus(CHANNELS, range.len())).collect();
        let mut block = Block {
            frames: range.len(),
            inputs: &mut songs.each_ref().map(|song| song.iter().map(|c| c[range.clone()].to_vec()).collect()),
            outputs: &mut outputs,
            events: &events,
            transport: None,
            events_out: &mut vec![],
        };
        processor.process(&mut block).unwrap();
        for (port, block) in ports.iter_mut().flatten().zip(outputs.into_iter().flatten()) {
            port.extend(block);
        }
        start = range.end;
    }
    plugin.deactivate(processor);
    ports
}

#[test]
fn multi_out_carries_the_parts_with_the_same_bits_in_all_blocks() {
    let has_studio = songweave::shared::Shared::default().slot.is_some_and(|slot| slot.has_studio());
    for quality in ["Live", "Studio"].into_iter().filter(|quality| *quality == "Live" || has_studio) {
        let ports = bounce(quality, 44_100.0, &mut std::iter::repeat(512));
        assert!(bounce(quality, 44_100.0, &mut block_sizes(3, 3_000)) == ports, "{quality}");
        let stereo = |port: &Vec<Vec<f32>>| -> Stereo { [port[0].clone(), port[1].clone()] };
        let (main, parts) = ports.split_first().unwrap();
        let parts: Vec<_> = parts.iter().map(stereo).collect();
        let error = difference(&stereo(main), &sum(&parts));
        assert!(error < NOTHING, "{quality}: {error} dB");
        assert!(parts.iter().all(|part| part[0].iter().any(|sample| sample.abs() > 0.01)), "{quality}: a silent part");
    }
}
