//! The bundle that `cargo xtask bundle` made, in hosts that open it as DAWs do.
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use songweave_dsp::stream::layout::StreamLayout;
use songweave_host::{Block, ClapPlugin, Event, Transport, Vst3Plugin, Vst3Processor, Vst3Setup};
use songweave_tests::{
    bounce::{Bounce, SONGWEAVE, parameter, parameter_event, songs},
    signal::block_sizes,
};

fn bundled(extension: &str) -> PathBuf {
    let here = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/bundled");
    let folder = std::env::var_os("SONGWEAVE_BUNDLES").map_or_else(here, PathBuf::from);
    let path = folder.join("Songweave").with_extension(extension);
    assert!(path.exists(), "{} is missing; run `cargo xtask bundle` first", path.display());
    path
}

fn vst3(name: &str) -> Vst3Plugin {
    Vst3Plugin::load(&bundled("vst3"), name).unwrap()
}

/// Runs songs through an active VST3 plugin; returns the main output `[channel][sample]`.
fn run(
    processor: &mut Vst3Processor,
    silence: impl Fn(usize) -> Vec<Vec<Vec<f32>>>,
    songs: &[Vec<Vec<f32>>; 2],
    mut sizes: impl Iterator<Item = usize>,
    events: impl Fn(std::ops::Range<usize>) -> Vec<Event>,
) -> Vec<Vec<f32>> {
    let length = songs[0][0].len();
    let mut out = vec![vec![]; 2];
    let mut start = 0;
    while start < length {
        let frames = sizes.next().unwrap().min(length - start);
        let range = start..start + frames;
        let mut inputs = songs.clone().map(|song| song.iter().map(|c| c[range.clone()].to_vec()).collect::<Vec<_>>());
        let mut outputs = silence(frames);
        let transport = Some(Transport { position: start as u64, ..Transport::default() });
        let events = events(range);
        let mut block = Block {
            frames,
            inputs: &mut inputs,
            outputs: &mut outputs,
            events: &events,
            transport,
            events_out: &mut vec![],
        };
        processor.process(&mut block).unwrap();
        for (out, channel) in out.iter_mut().zip(&outputs[0]) {
            out.extend_from_slice(channel);
        }
        start += frames;
    }
    out
}

#[test]
fn both_formats_hold_both_plugins() {
    let names: Vec<_> = ClapPlugin::list(&bundled("clap")).unwrap().into_iter().map(|(_, name)| name).collect();
    assert_eq!(names, ["Songweave", "Songweave Multi-Out"]);
    assert_eq!(Vst3Plugin::list(&bundled("vst3")).unwrap(), names);
}

#[test]
fn the_file_about_the_vst3_says_what_the_vst3_says() {
    let vst3 = bundled("vst3");
    let file = std::fs::read_to_string(vst3.join("Contents/Resources/moduleinfo.json")).unwrap();
    let about: Value = serde_json::from_str(&file).unwrap();
    let told = Vst3Plugin::classes(&vst3).unwrap().into_iter().map(|class| {
        json!({
            "CID": class.id, "Category": "Audio Module Class", "Name": class.name, "Vendor": class.vendor,
            "Version": class.version, "SDKVersion": class.sdk_version, "Sub Categories": class.sub_categories,
            "Class Flags": class.flags, "Cardinality": class.cardinality, "Snapshots": [],
        })
    });
    assert_eq!(about["Classes"], told.collect::<Value>());
    assert_eq!(about["Version"], env!("CARGO_PKG_VERSION"));
}

/// The names of the libraries that a library asks for.
fn needed(file: &Path) -> Vec<String> {
    let bytes = std::fs::read(file).unwrap();
    let names: Vec<&str> = match goblin::Object::parse(&bytes).unwrap() {
        goblin::Object::Elf(elf) => elf.libraries,
        goblin::Object::PE(file) => file.libraries,
        goblin::Object::Mach(goblin::mach::Mach::Binary(file)) => file.libs,
        other => panic!("{}: {other:?}", file.display()),
    };
    names.into_iter().map(str::to_lowercase).collect()
}

#[test]
fn the_bundle_loads_without_a_driver() {
    let clap = bundled("clap");
    let file = if clap.is_dir() { clap.join("Contents/MacOS/Songweave") } else { clap };
    let needed = needed(&file);
    assert!(!needed.is_empty());
    for gpu in ["cuda", "cublas", "curand", "nvrtc", "nvcuda", "opencl", "vulkan", "songweave_gpu"] {
        assert!(!needed.iter().any(|name| name.contains(gpu)), "{needed:?}");
    }
}

#[test]
#[cfg(windows)]
fn windows_is_told_what_the_file_is() {
    let bytes = std::fs::read(bundled("clap")).unwrap();
    for told in ["ProductName", "Songweave", "FileVersion", env!("CARGO_PKG_VERSION")] {
        let wide: Vec<u8> = told.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(bytes.windows(wide.len()).any(|found| found == wide), "{told}");
    }
}

#[test]
fn the_bundled_clap_gives_the_bits_of_the_linked_one() {
    let songs = songs(1, 40_000);
    let bounce = Bounce::default();
    let (linked, _) = bounce.run(SONGWEAVE, &songs, std::iter::repeat(512)).unwrap();
    let mut plugin = ClapPlugin::load(&bundled("clap"), SONGWEAVE).unwrap();
    plugin.set_offline(true).unwrap();
    let mut processor = plugin.activate(bounce.sample_rate, 8192).unwrap();
    let bundled = bounce.process(&mut processor, &songs, block_sizes(3, 2000), &[]).unwrap();
    plugin.deactivate(processor);
    plugin.idle();
    assert!(linked == bundled);
    assert_eq!(plugin.restart_requests(), 0);
    let missed = parameter(&mut plugin, "Missed hops");
    assert_eq!(plugin.value(missed), Some(0.0));
}

#[test]
fn the_vst3_gives_the_same_bits_for_every_block_size_and_those_of_the_clap() {
    let songs = songs(2, 40_000);
    let (clap, _) = Bounce::default().run(SONGWEAVE, &songs, std::iter::repeat(512)).unwrap();
    for (offline, largest) in [(true, 512), (true, 3000), (false, 3000)] {
        let mut plugin = vst3("Songweave");
        let setup = Vst3Setup { max_block: 8192, offline, ..Vst3Setup::default() };
        let mut processor = plugin.activate(&setup).unwrap();
        let silence = |frames| plugin.silence(false, frames);
        let out = run(&mut processor, silence, &songs, block_sizes(5, largest), |_| vec![]);
        plugin.deactivate(processor);
        assert!(out == clap, "offline {offline}, blocks up to {largest}");
    }
}

#[test]
fn an_impulse_arrives_at_the_latency_of_the_vst3_at_all_rates_and_after_reactivation() {
    for rate in [22_050.0, 44_100.0, 48_000.0, 96_000.0, 192_000.0] {
        let latency = StreamLayout::for_sample_rate(rate as f32).latency();
        let at = latency + 33;
        let mut input = vec![vec![0.0; 4 * latency]; 2];
        input.iter_mut().for_each(|channel| channel[at] = 0.5);
        let songs = [input, vec![vec![0.001; 4 * latency]; 2]];
        let mut plugin = vst3("Songweave");
        let only_a: Vec<u32> = plugin
            .parameters()
            .iter()
            .filter(|info| ["Vocals", "Drums", "Bass", "Other"].contains(&info.name.as_str()))
            .map(|info| info.id)
            .collect();
        assert_eq!(only_a.len(), 4);
        for round in 0..2 {
            let setup = Vst3Setup { sample_rate: rate, max_block: 2048, ..Vst3Setup::default() };
            let mut processor = plugin.activate(&setup).unwrap();
            assert_eq!(plugin.latency() as usize, latency, "{rate} Hz");
            let events = |range: std::ops::Range<usize>| {
                if range.start > 0 { vec![] } else { only_a.iter().map(|id| parameter_event(0, *id, 0.0)).collect() }
            };
            let silence = |frames| plugin.silence(false, frames);
            let out = run(&mut processor, silence, &songs, block_sizes(round, 999), events);
            plugin.deactivate(processor);
            let peak = (0..out[0].len()).max_by(|a, b| out[0][*a].abs().total_cmp(&out[0][*b].abs())).unwrap();
            assert_eq!(peak, at + latency, "{rate} Hz, activation {round}");
        }
    }
}

#[test]
fn multi_out_processes_while_the_host_leaves_outputs_off() {
    let songs = songs(4, 30_000);
    let render = |inactive_outputs: Vec<usize>, inactive_inputs: Vec<usize>| {
        let mut plugin = vst3("Songweave Multi-Out");
        let setup = Vst3Setup { offline: true, inactive_outputs, inactive_inputs, ..Vst3Setup::default() };
        let mut processor = plugin.activate(&setup).unwrap();
        let silence = |frames| plugin.silence(false, frames);
        let out = run(&mut processor, silence, &songs, std::iter::repeat(512), |_| vec![]);
        plugin.deactivate(processor);
        out
    };
    let wanted = render(vec![], vec![]);
    assert!(wanted[0] != songs[0][0], "the mask is heard");
    for off in [vec![1, 2, 3, 4], vec![4], vec![1, 3]] {
        assert!(render(off.clone(), vec![]) == wanted, "with outputs {off:?} off");
    }
    let latency = StreamLayout::for_sample_rate(48_000.0).latency();
    let without_b = render(vec![1, 2, 3, 4], vec![1]);
    assert!(without_b[0][latency..] == songs[0][0][..30_000 - latency], "without the side-chain A passes untouched");
}

#[test]
fn a_mono_vst3_without_a_side_chain_passes_song_a() {
    let [song, _] = songs(6, 20_000);
    let mono = [vec![song[0].clone()], vec![vec![0.0; 20_000]; 2]];
    for name in ["Songweave", "Songweave Multi-Out"] {
        let mut plugin = vst3(name);
        let extra = |count: usize| (1..count).collect::<Vec<_>>();
        let (inactive_inputs, inactive_outputs) = (extra(plugin.buses(true).len()), extra(plugin.buses(false).len()));
        let setup = Vst3Setup { mono: true, inactive_inputs, inactive_outputs, ..Vst3Setup::default() };
        let mut processor = plugin.activate(&setup).unwrap();
        let latency = plugin.latency() as usize;
        let silence = |frames| plugin.silence(false, frames);
        let out = run(&mut processor, silence, &mono, block_sizes(2, 512), |_| vec![]);
        plugin.deactivate(processor);
        assert!(out[0][latency..] == song[0][..20_000 - latency], "{name}");
    }
}

#[test]
fn the_vst3_state_comes_back() {
    let plugin = vst3("Songweave");
    let vocals = plugin.parameters().iter().find(|info| info.name == "Vocals").unwrap().id;
    plugin.set_value(vocals, 0.25);
    let state = plugin.save_state().unwrap();
    let other = vst3("Songweave");
    other.load_state(&state).unwrap();
    assert!((other.value(vocals) - 0.25).abs() < 1e-6);
    // Garbage is refused or repaired, and does no harm.
    let _ = other.load_state(&state[..state.len() / 2]);
    let _ = other.load_state(b"not a state");
    assert!(other.value(vocals).is_finite());
}
