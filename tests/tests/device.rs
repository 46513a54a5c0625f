//! The library that runs networks on another device, opened as a file: its CPU build computes what the plugin's own layers do.
#![allow(clippy::unwrap_used)]

use std::{
    borrow::Cow,
    path::PathBuf,
    ptr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use songweave_abi::{Forward, NetworkId, Status as Outcome, Table, Text, VERSION, Values};
use songweave_device::{Device, DeviceError, DeviceNetwork, Library, Urgency, file_name};
use songweave_dsp::stream::layout::StreamLayout;
use songweave_engine::{
    mash::studio::{Asked, Decider, Studio, VocalShares},
    placement::{DeviceUse, Placed, Placement},
    runtime::{slot::ModelSlot, status::Status, thread::Engine},
};
use songweave_library::hearing::{device_ear::DeviceEars, ear};
use songweave_models::{
    ListenerNetwork, MashNetwork, MashOutput,
    format::Architecture,
    layers::Planes,
    listener::{self, Ears},
    mash::{self, BANDS, FEATURES, PARTS, SONGS},
    studio::{BINS, CHANNELS, FRAMES, StudioNetwork},
};
use songweave_tests::{
    accompany::choose,
    bounce::{Bounce, SONGWEAVE, instance, songs},
    signal::noise,
};

/// The library beside the tests, which are built with it.
fn file() -> PathBuf {
    // Nothing of it is called, but the file is built.
    let _ = songweave_gpu::songweave_device_open;
    let here = std::env::current_exe().unwrap();
    let folders = [here.parent().unwrap(), here.parent().unwrap().parent().unwrap()];
    let places: Vec<_> = folders.iter().map(|folder| folder.join(file_name())).collect();
    places.iter().find(|place| place.is_file()).unwrap_or_else(|| panic!("not built: {places:?}")).clone()
}

fn numbers(count: usize) -> Vec<f32> {
    (0..count).map(|index| ((index * 7_919) % 1_009) as f32 / 1_009.0).collect()
}

/// The furthest that two answers lie apart.
fn worst(ours: &[f32], theirs: &[f32]) -> f32 {
    assert_eq!(ours.len(), theirs.len());
    ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn steps_of_mash_are_those_of_the_plugin() {
    let library = Library::open(&file()).unwrap();
    let network = library.load("mash", mash::EMBEDDED).unwrap();
    let mut own = MashNetwork::embedded().unwrap();
    let heard = numbers(40 * SONGS * FEATURES);
    let outputs = library.shape(network, 0).unwrap().outputs;
    let mut whole = vec![0.0; 40 * outputs];
    library.forward(network, 0, [1, 40], &heard, &mut whole).unwrap();
    for (hop, heard) in heard.chunks_exact(SONGS * FEATURES).enumerate() {
        let mut logits = vec![0.0; outputs];
        library.step(network, 0, [1, 1], heard, &mut logits).unwrap();
        assert!(worst(&logits, &whole[hop * outputs..(hop + 1) * outputs]) < 1e-4, "hop {hop} of all at once");
        let mut answer = MashOutput::default();
        own.step(&[heard[..FEATURES].try_into().unwrap(), heard[FEATURES..].try_into().unwrap()], &mut answer).unwrap();
        let shares = shares(&logits);
        assert!(worst(&shares, answer.shares.as_flattened().as_flattened()) < 1e-4, "hop {hop}");
    }
    library.free(network).unwrap();
}

/// Logits `[song][part][band]` as shares.
fn shares(logits: &[f32]) -> Vec<f32> {
    let mut shares = vec![0.0; SONGS * PARTS * BANDS];
    for (song, band) in (0..SONGS).flat_map(|song| (0..BANDS).map(move |band| (song, band))) {
        let place = |part: usize| (song * PARTS + part) * BANDS + band;
        let sum: f32 = (0..PARTS).map(|part| logits[place(part)].exp()).sum();
        (0..PARTS).for_each(|part| shares[place(part)] = logits[place(part)].exp() / sum);
    }
    shares
}

#[test]
fn slices_are_heard_as_the_plugin_hears_them() {
    let device = Device::open(&file()).unwrap();
    let network = device.load("listener", Ears::EMBEDDED.into()).unwrap();
    let size = listener::FRAMES * listener::BANDS;
    let slices = numbers(3 * size);
    let answer = network.forward(0, slices.clone(), Urgency::Alone).unwrap();
    let mut own = ListenerNetwork::embedded().unwrap();
    for (slice, answer) in slices.chunks_exact(size).zip(answer.chunks_exact(network.shape(0).unwrap().outputs)) {
        let ours = own.hidden(slice);
        let distance = worst(&ours, answer);
        let most = ours.iter().fold(1.0_f32, |most, number| most.max(number.abs()));
        assert!(distance < 1e-4 * most, "{distance}");
    }
}

/// The weights of Studio quality, where they were fetched.
fn studio() -> Option<Vec<u8>> {
    std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../models/weights/fetched/studio.safetensors")).ok()
}

/// Windows `[window][channel][frame][bin]`.
fn windows(count: usize) -> Vec<f32> {
    // Tones that come and go: something of them is a voice.
    let tone = |index: usize| {
        let (frame, bin) = (index / BINS % FRAMES, index % BINS);
        if bin % 18 < 2 && bin < 300 && frame % 20 < 14 { 60.0 } else { 0.02 }
    };
    (0..count * CHANNELS * FRAMES * BINS).map(tone).collect()
}

fn ask(network: &DeviceNetwork, windows: &[f32]) -> Vec<f32> {
    let deadline = Instant::now() + Duration::from_secs(3);
    network.forward(0, windows.to_vec(), Urgency::By(deadline)).unwrap()
}

#[test]
fn windows_of_studio_are_decided_as_the_plugin_decides_them() {
    let Some(weights) = studio() else { return println!("left out: the weights of Studio were not fetched") };
    let device = Device::open(&file()).unwrap();
    let network = device.load("studio", Cow::Owned(weights.clone())).unwrap();
    let heard = windows(1);
    let mask = ask(&network, &heard);
    let mut own = StudioNetwork::from_bytes(&weights).unwrap();
    let window = Planes { channels: CHANNELS, rows: FRAMES, columns: BINS, data: heard };
    let ours = own.decide(&window, 0..FRAMES);
    let distance = worst(&ours.data, &mask);
    println!("studio: the largest of {} differences is {distance:e}", mask.len());
    assert!(distance < 1e-4, "{distance}");
    let (least, most) = mask.iter().fold((1.0_f32, 0.0_f32), |(a, b), share| (a.min(*share), b.max(*share)));
    assert!(most - least > 0.1, "it says the same everywhere: {least} to {most}");
}

/// The library as it is linked into this test, with another `forward`.
fn with_forward(forward: Forward) -> Arc<Device> {
    static FORWARD: Mutex<Option<Forward>> = Mutex::new(None);
    unsafe extern "C" fn open(version: u32, reason: Text) -> *const Table {
        // SAFETY: passed on as they came.
        let table = unsafe { songweave_gpu::songweave_device_open(version, reason).as_ref() };
        let forward = FORWARD.lock().unwrap().take().unwrap();
        table.map_or(ptr::null(), |table| Box::leak(Box::new(Table { forward, ..*table })))
    }
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _one = ONE_AT_A_TIME.lock().unwrap();
    *FORWARD.lock().unwrap() = Some(forward);
    // SAFETY: the table is the library's; each `forward` here keeps what it promises.
    unsafe { Device::from_entry_point(open) }.unwrap()
}

/// Asks the library as it is.
unsafe fn ask_library(network: NetworkId, map: usize, values: *const Values, reason: Text) -> Outcome {
    // SAFETY: passed on as they came.
    unsafe {
        let table = &*songweave_gpu::songweave_device_open(VERSION, reason);
        let status = (table.forward)(network, map, values, reason);
        (table.close)();
        status
    }
}

/// Computes, and takes a hundredth off the first number.
unsafe extern "C" fn wrong(network: NetworkId, map: usize, values: *const Values, reason: Text) -> Outcome {
    // SAFETY: passed on as they came; there is a first number where it was done.
    unsafe {
        let status = ask_library(network, map, values, reason);
        if status == Outcome::DONE {
            *(*values).output -= 0.01;
        }
        status
    }
}

/// Computes four times, then fails.
unsafe extern "C" fn failing(network: NetworkId, map: usize, values: *const Values, reason: Text) -> Outcome {
    static LEFT: AtomicUsize = AtomicUsize::new(4);
    if LEFT.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_err() {
        return Outcome::DEVICE;
    }
    // SAFETY: passed on as they came.
    unsafe { ask_library(network, map, values, reason) }
}

/// Computes once, then fails.
unsafe extern "C" fn proving(network: NetworkId, map: usize, values: *const Values, reason: Text) -> Outcome {
    static DONE: AtomicBool = AtomicBool::new(false);
    if DONE.swap(true, Relaxed) {
        return Outcome::DEVICE;
    }
    // SAFETY: passed on as they came.
    unsafe { ask_library(network, map, values, reason) }
}

/// Computes four times, then never returns.
unsafe extern "C" fn hanging(network: NetworkId, map: usize, values: *const Values, reason: Text) -> Outcome {
    static LEFT: AtomicUsize = AtomicUsize::new(4);
    while LEFT.load(Relaxed) == 0 {
        thread::park();
    }
    LEFT.fetch_sub(1, Relaxed);
    // SAFETY: passed on as they came.
    unsafe { ask_library(network, map, values, reason) }
}

/// The shares of two songs of noise, by a decider.
fn told(decider: Decider) -> Vec<VocalShares> {
    let layout = StreamLayout::for_sample_rate(48_000.0);
    let mut studio = Studio::new(decider, &layout).unwrap();
    let hops = (0..200).map(|hop| {
        let [a, b] = [hop, 10_000 + hop].map(|seed| noise(seed, layout.hop));
        studio.hear(&[[&a; 2], [&b; 2]])
    });
    hops.collect()
}

/// A decider on a device, and where it says that it runs.
fn on(device: &Arc<Device>, weights: &[u8], asked: Asked) -> (Result<Decider, DeviceError>, Arc<Placement>) {
    let placement = Arc::new(Placement::default());
    let own = Decider::from(StudioNetwork::from_bytes(weights).unwrap());
    (own.with_device(device, Cow::Owned(weights.to_vec()), asked, placement.clone()), placement)
}

#[test]
fn a_stream_is_decided_on_a_device_and_goes_on_without_it() {
    let Some(weights) = studio() else { return println!("left out: the weights of Studio were not fetched") };
    let cpu = told(StudioNetwork::from_bytes(&weights).unwrap().into());
    assert!(cpu[190][0].iter().any(|share| *share > 0.0), "nothing was decided");
    let within = Asked::Within(Duration::from_millis(200));
    for (case, device, asked) in [
        ("a device", Device::open(&file()).unwrap(), Asked::Alone),
        ("one that fails", with_forward(failing), within),
        ("one that hangs", with_forward(hanging), within),
        ("one that is too slow", Device::open(&file()).unwrap(), Asked::Within(Duration::from_micros(1))),
    ] {
        let (decider, placement) = on(&device, &weights, asked);
        let decider = decider.unwrap();
        assert_eq!(placement.placed().device.as_deref(), Some(device.name()), "{case}");
        let shares = told(decider);
        let distance = worst(cpu.as_flattened().as_flattened(), shares.as_flattened().as_flattened());
        assert!(distance < 1e-4, "{case}: {distance}");
        let Placed { asked, device, problem } = placement.placed();
        let stayed = case == "a device";
        assert_eq!((asked, device.is_some(), problem.is_some()), (true, stayed, !stayed), "{case}: {problem:?}");
    }
}

#[test]
fn a_device_that_decides_something_else_is_refused() {
    let Some(weights) = studio() else { return println!("left out: the weights of Studio were not fetched") };
    let (decider, placement) = on(&with_forward(wrong), &weights, Asked::Alone);
    assert!(matches!(decider.unwrap_err(), DeviceError::Wrong(_)));
    assert_eq!(placement.placed(), Placed::default());
}

#[test]
fn ears_on_a_device_hear_what_others_hear() {
    let mut own = ear::network().unwrap();
    let mut sounds: Vec<Vec<f32>> = (0..4).map(|seed| noise(seed, own.samples())).collect();
    sounds[1].fill(0.0);
    let wanted: Vec<_> = sounds.iter().map(|sound| own.hear(sound)).collect();
    assert!(wanted[0].is_some() && wanted[1].is_none());
    for (device, works) in [(Device::open(&file()).unwrap(), true), (with_forward(proving), false)] {
        let ears = DeviceEars::new(&device).unwrap();
        let mut ear = ears.ear().unwrap();
        assert_eq!(ear.name(), own.name(), "tracks would be heard again");
        for (wanted, heard) in wanted.iter().zip(ear.hear_all(&sounds)) {
            let (Some(wanted), Some(heard)) = (wanted, &heard) else {
                assert!(wanted.is_none() && heard.is_none());
                continue;
            };
            assert!(worst(&wanted.vector, &heard.vector) < 1e-4 && worst(&wanted.genres, &heard.genres) < 1e-4);
        }
        assert_eq!(ears.failed().is_none(), works);
    }
    assert!(DeviceEars::new(&with_forward(wrong)).is_err());
}

/// Held by whoever uses the one device that a process shares.
static SHARED: Mutex<()> = Mutex::new(());

#[test]
fn a_bounce_on_a_device_has_the_same_bits_in_all_blocks() {
    if studio().is_none() {
        return println!("left out: the weights of Studio were not fetched");
    }
    let _alone = SHARED.lock();
    let songs = songs(3, 60_000);
    let bounce = |device: &str, frames: usize| {
        let mut plugin = instance(SONGWEAVE).unwrap();
        choose(&mut plugin, "Quality", "Studio").unwrap();
        choose(&mut plugin, "Device", device).unwrap();
        plugin.set_offline(true).unwrap();
        let mut processor = plugin.activate(48_000.0, 8192).unwrap();
        let out = Bounce::default().process(&mut processor, &songs, std::iter::repeat(frames), &[]).unwrap();
        plugin.deactivate(processor);
        (out, String::from_utf8_lossy(&plugin.save_state().unwrap()).into_owned())
    };
    // It lies beside this test, which the plugin is linked into.
    let (wanted, state) = bounce("GPU", 512);
    assert!(state.contains("by candle"), "{state}");
    assert!(bounce("GPU", 8192).0 == wanted);
    let (own, state) = bounce("Automatic", 512);
    assert!(!state.contains("candle"), "{state}");
    assert!(worst(&own[0], &wanted[0]) < 1e-4 && own[0].iter().any(|sample| sample.abs() > 0.01));
}

#[test]
fn an_engine_gives_the_memory_of_its_device_back() {
    let Some(weights) = studio() else { return println!("left out: the weights of Studio were not fetched") };
    let _alone = SHARED.lock();
    let weights: &'static [u8] = weights.leak();
    let layout = StreamLayout::for_sample_rate(48_000.0);
    let layout = layout.with_mask_delay(Studio::lag(&layout));
    let start = |places: Vec<PathBuf>, device| {
        let slot = ModelSlot::embedded().unwrap().with_studio(Some(weights)).with_device_places(places);
        let status = Arc::new(Status::default());
        let (engine, _audio) = Engine::start(layout, Arc::new(slot), status.clone(), Arc::default(), device).unwrap();
        (engine, status.placement.placed())
    };
    let played = Some(DeviceUse::Played);
    let (one, placed) = start(vec![file()], played);
    assert_eq!((placed.asked, placed.device.is_some(), placed.problem), (true, true, None));
    let (other, placed) = start(vec![file()], Some(DeviceUse::Bounced));
    assert!(placed.device.is_some());
    // All instances of the process have it loaded once.
    let device = Device::shared(&[file()]).unwrap();
    assert_eq!(device.loaded().unwrap(), 1);
    drop(one);
    assert_eq!(device.loaded().unwrap(), 1);
    drop(other);
    assert_eq!(device.loaded().unwrap(), 0);
    drop(device);
    // Without a library everything runs all the same.
    let (_engine, placed) = start(vec!["/no/such/library".into()], played);
    assert!(placed.problem.unwrap().starts_with("no library for a GPU is installed"));
    let (_engine, placed) = start(vec![file()], None);
    assert_eq!(placed, Placed::default());
}

#[test]
fn instances_that_come_and_go_share_one_device() {
    let device = Device::open(&file()).unwrap();
    let weights = Ears::EMBEDDED;
    let size = listener::FRAMES * listener::BANDS;
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let askers = (0..3).map(|asker| {
            let (device, stop) = (&device, &stop);
            scope.spawn(move || {
                let mut answered = 0;
                while !stop.load(Relaxed) {
                    let network = device.load("listener", weights.into()).unwrap();
                    let slices = numbers((1 + asker) * size);
                    assert_eq!(ask(&network, &slices).len(), (1 + asker) * network.shape(0).unwrap().outputs);
                    answered += 1;
                }
                answered
            })
        });
        let askers: Vec<_> = askers.collect();
        thread::sleep(Duration::from_secs(1));
        stop.store(true, Relaxed);
        askers.into_iter().for_each(|asker| assert!(asker.join().unwrap() > 0));
    });
    drop(device);
    // Opened once more after everything was let go.
    assert!(!Device::open(&file()).unwrap().name().is_empty());
}
