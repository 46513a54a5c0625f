//! The plugin in a CLAP host in this process: identical bits, latency, state, odd buffers.
#![allow(clippy::unwrap_used, missing_docs)]

use std::{fs, path::PathBuf, thread};

use songweave_dsp::{
    exchange::{controls::Controls, frame::Transport},
    stream::{layout::StreamLayout, path::BlockInfo},
};
use songweave_engine::runtime::offline::Offline;
use songweave_host::{Block, ClapPlugin, silent_bus};
use songweave_models::MashNetwork;
use songweave_tests::{
    bounce::{Bounce, MULTI_OUT, SONGWEAVE, instance, parameter, songs},
    signal::{block_sizes, noise},
};

const LENGTH: usize = 60_000;

fn automated() -> Bounce {
    let ramp = |name, from: usize, step: usize| (0..100).map(move |n| (from + n * step, name, n as f64 / 100.0));
    let mut automation: Vec<_> = ramp("Vocals", 5_000, 171).chain(ramp("Balance", 9_000, 256)).collect();
    // Semitones, counted from the lowest, six below.
    automation.extend((0..40).map(|n| (3_000 + n * 1_333, "Transpose B", (n * 5 % 13) as f64)));
    automation.extend([
        (24_000, "Match keys", 1.0),
        (27_000, "Match keys", 0.0),
        (20_000, "Freeze", 1.0),
        (30_000, "Freeze", 0.0),
        (40_123, "Bypass", 1.0),
        (45_001, "Bypass", 0.0),
    ]);
    automation.sort_by_key(|(at, ..)| *at);
    Bounce { automation, ..Bounce::default() }
}

fn missed(plugin: &mut ClapPlugin) -> f64 {
    let id = parameter(plugin, "Missed hops");
    plugin.value(id).unwrap()
}

#[test]
fn every_block_size_run_and_mode_gives_the_same_bits() {
    let songs = songs(1, LENGTH);
    let (wanted, _) = automated().run(SONGWEAVE, &songs, std::iter::repeat(512)).unwrap();
    assert!(wanted[0][30_000..].iter().any(|sample| sample.abs() > 0.01), "not silent");
    for offline in [true, false] {
        for size in [1, 64, 441, 512, 1024, 8192, 0] {
            let sizes: Box<dyn Iterator<Item = usize>> =
                if size == 0 { Box::new(block_sizes(7, 3000)) } else { Box::new(std::iter::repeat(size)) };
            let (out, mut plugin) = Bounce { offline, ..automated() }.run(SONGWEAVE, &songs, sizes).unwrap();
            assert_eq!(missed(&mut plugin), 0.0, "offline {offline}, blocks of {size}");
            assert!(out == wanted, "other bits: offline {offline}, blocks of {size} (0: random)");
        }
    }
}

#[test]
fn the_offline_render_that_masks_are_drawn_from_gives_the_bits_of_the_plugin() {
    let songs = songs(11, LENGTH);
    let layout = StreamLayout::for_sample_rate(48_000.0);
    // One change in the middle of every hop; a frame carries the value of its last sample.
    let automation = (0..100).map(|hop| (hop * layout.hop + 100, "Vocals", hop as f64 / 100.0)).collect();
    let (plugin, _) =
        Bounce { automation, ..Bounce::default() }.run(SONGWEAVE, &songs, std::iter::repeat(700)).unwrap();
    let [a, b] = songs.each_ref().map(|song| [song[0].as_slice(), song[1].as_slice()]);
    let offline = Offline::new(layout, MashNetwork::embedded().unwrap()).unwrap().render(a, b, layout.hop, |sample| {
        let vocals = (sample / layout.hop).min(99) as f32 / 100.0;
        // The plugin's release of 20 ms is its own default.
        Controls { faders: [vocals, 1.0, 1.0, 1.0], release: 0.02, ..Controls::default() }
    });
    let heard = LENGTH - layout.latency();
    for (plugin, offline) in plugin.iter().zip(&offline.audio) {
        assert!(plugin[layout.latency()..] == offline[..heard]);
    }
}

#[test]
fn auto_played_back_as_automation_of_the_faders_gives_the_same_bits() {
    // One song after the other, so that any network changes its mind.
    let fade = |song: &mut Vec<Vec<f32>>, early: bool| {
        for channel in song {
            let late = channel.len() / 2;
            let quiet = if early { &mut channel[late..] } else { &mut channel[..late] };
            quiet.iter_mut().for_each(|sample| *sample *= 1e-3);
        }
    };
    let mut songs = songs(21, 4 * LENGTH);
    fade(&mut songs[0], true);
    fade(&mut songs[1], false);
    let layout = StreamLayout::for_sample_rate(48_000.0);
    let automation = vec![(0, "Auto", 1.0), (0, "Balance", 0.4)];
    let auto = Bounce { automation, ..Bounce::default() };
    let (wanted, _) = auto.run(SONGWEAVE, &songs, std::iter::repeat(441)).unwrap();
    let [a, b] = songs.each_ref().map(|song| [song[0].as_slice(), song[1].as_slice()]);
    let controls = Controls { auto: 1.0, balance: 0.4, release: 0.02, ..Controls::default() };
    // The transport of the bounce's host.
    let beats = |sample: usize| Some(sample as f64 / 48_000.0 * 120.0 / 60.0);
    let transport = |sample| Transport {
        playing: true,
        tempo: Some(120.0),
        beats: beats(sample),
        time_signature: Some((4, 4)),
        ..Transport::default()
    };
    let info = |sample| BlockInfo { transport: transport(sample), ..controls.into() };
    let columns =
        Offline::new(layout, MashNetwork::embedded().unwrap()).unwrap().render(a, b, layout.hop, info).columns;
    let names = ["Vocals", "Drums", "Bass", "Other"];
    let lanes = columns.iter().enumerate().flat_map(|(hop, column)| {
        names.iter().zip(column.faders).map(move |(name, fader)| (hop * layout.hop, *name, f64::from(fader)))
    });
    let automation: Vec<_> = lanes.filter(|(at, ..)| *at < 4 * LENGTH).collect();
    let played_back = Bounce { automation, ..Bounce::default() };
    assert!(played_back.run(SONGWEAVE, &songs, block_sizes(3, 3000)).unwrap().0 == wanted);
    let moves = columns.windows(2).filter(|two| two[0].faders != two[1].faders).count();
    assert!(moves >= 5, "nothing to play back: {moves} hops move");
}

#[test]
fn two_instances_at_once_do_not_disturb_each_other() {
    let renders: Vec<_> = [3, 5, 3, 5]
        .into_iter()
        .map(|seed| {
            thread::spawn(move || automated().run(SONGWEAVE, &songs(seed, LENGTH), std::iter::repeat(300)).unwrap().0)
        })
        .collect();
    let renders: Vec<_> = renders.into_iter().map(|render| render.join().unwrap()).collect();
    assert!(renders[0] == renders[2] && renders[1] == renders[3] && renders[0] != renders[1]);
}

#[test]
fn loops_give_the_same_bits_for_every_block_size() {
    let bounce = Bounce { looped: Some((4_800, 19_200)), ..automated() };
    let songs = songs(9, LENGTH);
    let (wanted, _) = bounce.run(SONGWEAVE, &songs, std::iter::repeat(512)).unwrap();
    for seed in 0..3 {
        assert!(bounce.run(SONGWEAVE, &songs, block_sizes(seed, 4000)).unwrap().0 == wanted);
    }
}

#[test]
fn an_impulse_arrives_at_the_reported_latency_also_after_reset_seek_loop_and_reactivation() {
    for rate in [22_050.0, 44_100.0, 48_000.0, 96_000.0, 192_000.0] {
        let mut plugin = instance(SONGWEAVE).unwrap();
        let latency_wanted = StreamLayout::for_sample_rate(rate as f32).latency();
        let mut input = vec![vec![0.0; 4 * latency_wanted]; 2];
        let at = latency_wanted + 77;
        input.iter_mut().for_each(|channel| channel[at] = 0.5);
        let songs = [input.clone(), vec![vec![0.001; 4 * latency_wanted]; 2]];
        let vocals = ["Vocals", "Drums", "Bass", "Other"].map(|name| parameter(&mut plugin, name));
        for round in 0..3 {
            let mut processor = plugin.activate(rate, 2048).unwrap();
            assert_eq!(plugin.latency() as usize, latency_wanted, "{rate} Hz");
            let only_a: Vec<_> = vocals.iter().map(|id| (0, *id, 0.0)).collect();
            // The second loop begins with a seek: its first position is not where the one before ended.
            for looped in [None, Some((1_000, latency_wanted as u64)), Some((0, 3_000))] {
                let out = Bounce { sample_rate: rate, looped, ..Bounce::default() }
                    .process(&mut processor, &songs, block_sizes(round, 999), &only_a)
                    .unwrap();
                let peak = (0..out[0].len()).max_by(|a, b| out[0][*a].abs().total_cmp(&out[0][*b].abs())).unwrap();
                assert_eq!(peak, at + latency_wanted, "{rate} Hz, activation {round}, loop {looped:?}");
                if round > 0 {
                    processor.reset();
                }
            }
            plugin.deactivate(processor);
        }
        assert_eq!(
            plugin.restart_requests(),
            0,
            "as published, nice-plug asks for a restart when it learns the latency"
        );
    }
}

#[test]
fn mono_layouts_and_missing_side_chains_pass_song_a() {
    for channels in [1, 2] {
        let mut plugin = instance(SONGWEAVE).unwrap();
        plugin.select_layout(channels).unwrap();
        let channels = channels as usize;
        let mut processor = plugin.activate(48_000.0, 512).unwrap();
        let latency = plugin.latency() as usize;
        let input = noise(4, 20_480);
        let mut out = vec![];
        for block in input.chunks(512) {
            // A side-chain without buffers is one that the host left unconnected.
            let mut inputs = [vec![block.to_vec(); channels], silent_bus(2, 512)];
            let mut outputs = [silent_bus(channels, 512)];
            let (inputs, outputs_mut) = (&mut inputs[..], &mut outputs[..]);
            let block = &mut Block {
                frames: 512,
                inputs,
                outputs: outputs_mut,
                events: &[],
                transport: None,
                events_out: &mut vec![],
            };
            processor.process(block).unwrap();
            out.extend_from_slice(&outputs[0][channels - 1]);
        }
        assert!(input[..input.len() - latency] == out[latency..], "{channels} channels: not bit for bit");
        plugin.deactivate(processor);
    }
}

#[test]
fn multi_out_has_four_more_stereo_outputs() {
    let mut plugin = instance(MULTI_OUT).unwrap();
    let names: Vec<_> = plugin.ports(false).into_iter().map(|port| (port.name, port.channels)).collect();
    assert_eq!(names.len(), 5);
    for (name, port) in ["Drums", "Bass", "Keys", "Pad"].iter().zip(&names[1..]) {
        assert_eq!((*name, 2), (port.0.as_str(), port.1));
    }
    let mut processor = plugin.activate(48_000.0, 4096).unwrap();
    let songs = songs(2, 4096);
    let mut inputs = songs;
    let mut outputs: Vec<_> = (0..5).map(|_| vec![vec![9.0; 4096]; 2]).collect();
    let block = &mut Block {
        frames: 4096,
        inputs: &mut inputs,
        outputs: &mut outputs,
        events: &[],
        transport: None,
        events_out: &mut vec![],
    };
    processor.process(block).unwrap();
    assert!(outputs.iter().flatten().flatten().all(|sample| sample.abs() < 8.0), "not written");
    plugin.deactivate(processor);
}

#[test]
fn state_comes_back_and_damaged_state_does_no_harm() {
    let mut plugin = instance(SONGWEAVE).unwrap();
    let (vocals, low) = (parameter(&mut plugin, "Vocals"), parameter(&mut plugin, "Low limit"));
    plugin.set_value(vocals, 0.25).unwrap();
    plugin.set_value(low, 0.5).unwrap();
    let saved = plugin.save_state().unwrap();
    let mut other = instance(SONGWEAVE).unwrap();
    other.load_state(&saved).unwrap();
    assert_eq!(other.value(vocals), Some(0.25));
    assert!((other.value(low).unwrap() - 0.5).abs() < 1e-3, "saved as Hz");
    for seed in 0..200 {
        let mut bytes = saved.clone();
        for (place, value) in noise(seed, 12).chunks(2).map(|pair| (pair[0].abs(), pair[1].abs())) {
            let at = (place * bytes.len() as f32) as usize % bytes.len();
            bytes[at] = (value * 255.0) as u8;
        }
        bytes.truncate((noise(seed + 1000, 1)[0].abs() * 2.0 * saved.len() as f32) as usize + 1);
        // Refusing and repairing are both fine; harm is not.
        let _ = other.load_state(&bytes);
        assert!(other.value(vocals).unwrap().is_finite());
    }
    other.load_state(&saved).unwrap();
    assert_eq!(other.value(vocals), Some(0.25));
}

#[test]
fn a_frozen_mask_is_bounced_as_it_was_heard() {
    let songs = songs(31, LENGTH);
    let first_start = |plugin: &mut ClapPlugin| {
        plugin.set_offline(true).unwrap();
        let mut processor = plugin.activate(48_000.0, 8192).unwrap();
        let out = Bounce::default().process(&mut processor, &songs, std::iter::repeat(512), &[]).unwrap();
        plugin.deactivate(processor);
        out
    };
    let frozen = |plugin: &mut ClapPlugin| {
        let freeze = parameter(plugin, "Freeze");
        plugin.set_value(freeze, 1.0).unwrap();
    };
    // Frozen by hand in the middle, and played once more from the start.
    let automation = vec![(LENGTH / 2, "Freeze", 1.0)];
    let (_, mut plugin) =
        Bounce { automation, ..Bounce::default() }.run(SONGWEAVE, &songs, std::iter::repeat(512)).unwrap();
    let heard = first_start(&mut plugin);
    let state = plugin.save_state().unwrap();
    let mut other = instance(SONGWEAVE).unwrap();
    other.load_state(&state).unwrap();
    assert!(first_start(&mut other) == heard, "another instance with the same state holds another mask");
    let mut empty = instance(SONGWEAVE).unwrap();
    frozen(&mut empty);
    assert!(first_start(&mut empty) != heard, "nothing was held");
}

#[test]
fn where_freeze_is_on_at_both_ends_every_start_but_the_first_is_alike_and_so_is_the_bounce() {
    let songs = songs(31, LENGTH);
    let automation = [(0, "Freeze", 1.0), (LENGTH / 4, "Freeze", 0.0), (LENGTH * 3 / 4, "Freeze", 1.0)];
    let start = |plugin: &mut ClapPlugin| {
        plugin.set_offline(true).unwrap();
        let automation: Vec<_> =
            automation.iter().map(|(at, name, value)| (*at, parameter(plugin, name), *value)).collect();
        let mut processor = plugin.activate(48_000.0, 8192).unwrap();
        let out = Bounce::default().process(&mut processor, &songs, std::iter::repeat(512), &automation).unwrap();
        plugin.deactivate(processor);
        out
    };
    let mut plugin = instance(SONGWEAVE).unwrap();
    let first = start(&mut plugin);
    let mut saved = instance(SONGWEAVE).unwrap();
    saved.load_state(&plugin.save_state().unwrap()).unwrap();
    let second = start(&mut plugin);
    assert!(second != first, "nothing was held before the first start");
    assert!(start(&mut plugin) == second, "a third start sounds otherwise");
    assert!(start(&mut saved) == second, "the saved project bounces otherwise");
}

/// Parameters and values (floats 0…1, choices by their number) of the saved states in `fixtures/states`.
const SAVED: [(&str, f64); 8] = [
    ("Mode", 1.0),
    ("Vocals", 0.25),
    ("Balance", 0.75),
    ("Freeze", 1.0),
    ("Transpose B", 9.0),
    ("Style", 2.0),
    ("Seed", 7.0),
    ("Tune amount", 0.5),
];

fn saved_state(version: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/states").join(format!("{version}.clap-state"))
}

#[test]
fn the_state_that_version_0_1_saved_loads_for_ever() {
    loads(&fs::read(saved_state("0.1.0")).unwrap());
    loads(&fs::read(saved_state("0.1.0-format-3")).unwrap());
}

/// Loads a state that was saved with the parameters of `SAVED` and a mask.
fn loads(state: &[u8]) {
    let mut plugin = instance(SONGWEAVE).unwrap();
    plugin.load_state(state).unwrap();
    for (name, value) in SAVED {
        let id = parameter(&mut plugin, name);
        assert!((plugin.value(id).unwrap() - value).abs() < 1e-6, "{name}: {:?} instead of {value}", plugin.value(id));
    }
    // The frozen mask is in it as well: what is saved again holds the same one.
    let mask = |state: &[u8]| {
        let text = String::from_utf8_lossy(state).into_owned();
        text.split("\"frozen\":").nth(1).and_then(|rest| rest.split(']').next().map(str::to_owned))
    };
    assert!(mask(state).is_some());
    assert_eq!(mask(&plugin.save_state().unwrap()), mask(state));
}

/// `cargo test --release -p songweave-tests --test host -- --ignored write_the_state`, once for every format of the state.
#[test]
#[ignore = "writes a fixture of the present version"]
fn write_the_state_of_this_version() {
    // Frozen by hand in the middle of two songs, so that there is a mask to save.
    let automation = vec![(LENGTH / 2, "Freeze", 1.0)];
    let bounce = Bounce { automation, ..Bounce::default() };
    let (_, mut plugin) = bounce.run(SONGWEAVE, &songs(1, LENGTH), std::iter::repeat(512)).unwrap();
    for (name, value) in SAVED {
        let id = parameter(&mut plugin, name);
        plugin.set_value(id, value).unwrap();
    }
    let path = saved_state("0.1.0-format-3");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, plugin.save_state().unwrap()).unwrap();
}
