//! Studio quality: masks that are decided later, their latency and their bits.
#![allow(clippy::unwrap_used, missing_docs)]

use songweave_dsp::{
    exchange::{controls::Controls, decision::MashDecision},
    stream::{
        layout::{BANDS, PARTS, Part, StreamLayout},
        path::BlockInfo,
    },
};
use songweave_engine::mash::studio::Studio;
use songweave_models::studio::StudioNetwork;
use songweave_tests::{
    accompany::choose,
    bounce::{Bounce, SONGWEAVE, instance, parameter, songs},
    drive::decided,
    signal::{block_sizes, noise},
};

/// Everything of song A is vocals or nothing of it; song B is vocals.
fn vocals_of_a(are: bool) -> MashDecision {
    let mut shares = [[[0.0; BANDS]; PARTS]; 2];
    let part = if are { Part::Vocals } else { Part::Other };
    shares[0][part as usize] = [1.0; BANDS];
    shares[1][Part::Vocals as usize] = [1.0; BANDS];
    MashDecision { shares, ..MashDecision::UNDECIDED }
}

#[test]
fn a_mask_acts_on_the_frame_that_it_is_late_for() {
    const HOP: u64 = 100;
    for (delay, look_ahead) in [(0, 0.0), (20, 0.0), (20, 0.5)] {
        let layout = StreamLayout::for_sample_rate(48_000.0).with_look_ahead(look_ahead).with_mask_delay(delay);
        let length = 140 * layout.hop;
        let (mut path, mut decides) = decided(layout, |frame| vocals_of_a(frame.position.hop >= HOP));
        // Vocals of A, everything else of B.
        let controls = Controls { faders: [0.0, 1.0, 1.0, 1.0], attack: 0.0, release: 0.0, ..Controls::default() };
        let (mut left, side) = (noise(1, length), noise(2, length));
        let mut right = left.clone();
        path.process(&mut [&mut left, &mut right], &[&side], &BlockInfo::from(controls), &mut decides, &mut ());
        let heard = &left[layout.latency()..];
        // The window of hop n ends with it.
        let begin = (HOP as usize - delay + 1) * layout.hop - layout.window;
        let loudest = |range: std::ops::Range<usize>| heard[range].iter().fold(0.0_f32, |peak, x| peak.max(x.abs()));
        assert!(loudest(layout.window * 12..begin) < 1e-6, "delay {delay}: {}", loudest(layout.window * 12..begin));
        assert!(loudest(begin..begin + layout.window) > 0.1, "delay {delay}");
    }
}

/// Whether the build has Studio's weights; a run that nobody watches must have them.
fn has_studio() -> bool {
    let has = songweave::shared::Shared::default().slot.is_some_and(|slot| slot.has_studio());
    assert!(has || std::env::var("CI").is_err(), "`cargo xtask bundle` fetches the weights of Studio quality");
    if !has {
        println!("skipped: this build has no Studio quality; `cargo xtask bundle` fetches its weights");
    }
    has
}

#[test]
fn studio_gives_the_same_bits_in_all_blocks_and_an_impulse_arrives_at_its_latency() {
    if !has_studio() {
        return;
    }
    for (rate, length) in [(44_100.0, 80_000), (96_000.0, 120_000)] {
        let layout = StreamLayout::for_sample_rate(rate as f32);
        let latency = layout.with_mask_delay(Studio::lag(&layout)).latency();
        assert!(latency as f64 / rate < 0.5, "{latency} samples at {rate} Hz");
        let songs = songs(3, length);
        let bounce = |offline: bool, sizes: &mut dyn Iterator<Item = usize>, faders: f64| {
            let mut plugin = instance(SONGWEAVE).unwrap();
            choose(&mut plugin, "Quality", "Studio").unwrap();
            plugin.set_offline(offline).unwrap();
            let ids = ["Drums", "Bass", "Other"].map(|name| parameter(&mut plugin, name));
            let mut processor = plugin.activate(rate, 8192).unwrap();
            assert_eq!(plugin.latency() as usize, latency);
            let automation = ids.map(|id| (0, id, faders));
            let out = Bounce { sample_rate: rate, offline, ..Bounce::default() };
            let out = out.process(&mut processor, &songs, sizes, &automation).unwrap();
            plugin.deactivate(processor);
            out
        };
        let wanted = bounce(true, &mut std::iter::repeat(512), 1.0);
        assert!(wanted[0][latency + 20_000..].iter().any(|sample| sample.abs() > 0.01), "not silent");
        assert!(bounce(true, &mut std::iter::repeat(8192), 1.0) == wanted);
        assert!(bounce(false, &mut block_sizes(7, 3000), 1.0) == wanted);
        // With all of A and nothing of B the mask is open: A comes back, at the latency.
        let open = bounce(true, &mut std::iter::repeat(441), 0.0);
        let from = 20_000;
        let worst = (from..length - latency).map(|n| (open[0][n + latency] - songs[0][0][n]).abs()).fold(0.0, f32::max);
        assert!(worst < 1e-4, "{worst} at {rate} Hz");
    }
}

/// The network of Studio quality.
fn network() -> StudioNetwork {
    let weights = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/weights/fetched/studio.safetensors");
    StudioNetwork::from_bytes(&std::fs::read(weights).unwrap()).unwrap()
}

#[test]
fn a_song_has_the_same_shares_whatever_the_other_is() {
    if !has_studio() {
        return;
    }
    let layout = StreamLayout::for_sample_rate(48_000.0);
    let network = network();
    let silent = vec![0.0; layout.hop];
    // Song B is silent, sounds all the time, or pauses longer than a window; song A begins late.
    let [alone, beside, pausing] = [0, 1, 2].map(|kind| {
        let mut studio = Studio::new(network.clone(), &layout).unwrap();
        let hops = (0..420_u64).map(|hop| {
            let a = if hop < 30 { silent.clone() } else { noise(hop, layout.hop) };
            let sounds = kind == 1 || (kind == 2 && !(60..260).contains(&hop));
            let b = if sounds { noise(10_000 + hop, layout.hop) } else { silent.clone() };
            studio.hear(&[[&a; 2], [&b; 2]])
        });
        hops.collect::<Vec<_>>()
    });
    for (hop, ((alone, beside), pausing)) in alone.iter().zip(&beside).zip(&pausing).enumerate() {
        assert_eq!(alone[0], beside[0], "hop {hop}");
        assert_eq!(alone[0], pausing[0], "hop {hop}");
        assert!(alone[1] == [0.0; BANDS], "hop {hop}: a share of silence");
    }
    assert!(alone[400][0].iter().any(|share| *share > 0.0), "nothing was decided");
}

#[test]
fn shares_are_told_of_the_hop_that_they_belong_to() {
    if !has_studio() {
        return;
    }
    let network = network();
    for rate in [22_050.0, 32_000.0, 44_100.0, 48_000.0, 96_000.0] {
        let layout = StreamLayout::for_sample_rate(rate);
        let mut studio = Studio::new(network.clone(), &layout).unwrap();
        let (silent, sound) = (vec![0.0; layout.hop], noise(5, layout.hop));
        // Both songs sound from a hop on.
        let begin = 150;
        let lag = Studio::lag(&layout);
        let mut first = [None; 2];
        for hop in 0..begin + 60 + lag {
            let samples = if hop < begin { &silent } else { &sound };
            let shares = studio.hear(&[[samples; 2]; 2]);
            for (first, shares) in first.iter_mut().zip(shares) {
                if first.is_none() && shares.iter().any(|share| *share > 1e-6) {
                    *first = Some(hop - lag);
                }
            }
        }
        // A frame of the network's reaches up to six hops to both sides of its middle, and a hop lies between two frames.
        for first in first {
            let first = first.unwrap();
            assert!((begin - 9..=begin).contains(&first), "{rate} Hz: {first} instead of about {begin}");
        }
    }
}
