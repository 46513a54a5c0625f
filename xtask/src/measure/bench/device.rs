//! What a GPU costs and gives: the answers of every network, windows of Studio and slices of the listener beside the plugin's
//! own layers, and the plugin at the pace of the clock.

use super::playback::{self, Playback, Stage};
use super::{Played, sorted_us};
use crate::build::bundle::studio;
use anyhow::{Context, Result, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Map, Value, json};
use songweave_cli::device::DeviceChoice;
use songweave_device::{Device, DeviceNetwork, Urgency};
use songweave_engine::mash::studio::Timing;
use songweave_measure::statistics::percentile;
use songweave_models::format::Architecture;
use songweave_models::layers::{Memory, Planes};
use songweave_models::listener::{self, Ears};
use songweave_models::studio::{BINS, CHANNELS, FRAME_SECONDS, FRAMES, SONGS, StudioNetwork};
use songweave_models::{ListenerNetwork, chords, device, groove, instruments, mash, melody};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

/// Numbers of a window.
const WINDOW: usize = CHANNELS * FRAMES * BINS;
/// Numbers of a slice.
const SLICE: usize = listener::FRAMES * listener::BANDS;
/// How far an answer may lie from the CPU's, as a share of the largest number.
const TOLERANCE: f32 = 1e-4;
/// Instances of a process that ask for blocks at the pace of a stream.
const INSTANCES: [usize; 3] = [1, 8, 32];
/// Windows or slices that are asked for at once.
const BATCHES: [usize; 6] = [1, 2, 4, 8, 16, 32];
/// How long each of these is measured.
const TIME: Duration = Duration::from_secs(8);
/// Seconds of a track for which the library hears one slice.
const SECONDS_PER_SLICE: f64 = 240.0 / 6.0;

/// All that is measured of the GPU that is installed, or that the environment names.
pub(super) fn measure(bundle: &Path, songs: &[Vec<f32>; 2], hops: usize) -> Result<Value> {
    let device = DeviceChoice::Gpu.open()?.context("no device was chosen")?;
    println!("measuring {}", device.name());
    let weights: &'static [u8] = std::fs::read(studio::path()).context("the weights of Studio are missing")?.leak();
    let bar = ProgressBar::new(5);
    bar.set_style(ProgressStyle::with_template("{bar:40} {msg}")?);
    let told = |message: &'static str| {
        bar.inc(1);
        bar.set_message(message);
        bar.tick();
    };
    told("the answers of every network");
    let answers = answers(&device, weights)?;
    told("windows of Studio at once");
    let windows = batches(Windows {
        device: device.load("studio", weights.into())?,
        own: own_studio(weights)?,
        window: window(),
    })?;
    told("slices of the listener at once");
    let slices = Slices {
        device: device.load("listener", Ears::EMBEDDED.into())?,
        own: ListenerNetwork::embedded()?,
        slice: numbers(SLICE),
    };
    let slices = batches(slices)?;
    told("instances that play Studio");
    let instances = INSTANCES.map(|count| instances(&device, weights, count));
    let instances = instances.into_iter().collect::<Result<Vec<_>>>()?;
    told("the plugin at the pace of the clock");
    let plugin = [false, true].map(|gpu| plugin(bundle, songs, hops, gpu));
    let [on_the_cpu, on_the_device] = plugin;
    bar.finish_and_clear();
    Ok(json!({
        "device": device.name(),
        "largest_difference": answers,
        "studio_windows": windows,
        "listener_slices": slices,
        "studio_instances": instances,
        "plugin": { "cpu": on_the_cpu?, "device": on_the_device? },
    }))
}

fn own_studio(weights: &[u8]) -> Result<StudioNetwork> {
    Ok(StudioNetwork::from_bytes(weights)?)
}

/// Numbers between 0 and 1 that look random.
fn numbers(count: usize) -> Vec<f32> {
    (0..count).map(|index| ((index * 7_919) % 1_009) as f32 / 1_009.0).collect()
}

/// The largest difference from candle's CPU device for every network, as a share of its largest number.
fn answers(device: &Arc<Device>, studio: &'static [u8]) -> Result<Map<String, Value>> {
    let files: [(&'static str, &'static [u8]); 7] = [
        ("mash", mash::EMBEDDED),
        ("chords", chords::EMBEDDED),
        ("groove", groove::EMBEDDED),
        ("melody", melody::EMBEDDED),
        ("instruments", instruments::EMBEDDED),
        ("listener", Ears::EMBEDDED),
        ("studio", studio),
    ];
    let mut differences = Map::new();
    for (kind, weights) in files {
        let ours = device::DeviceNetwork::load(kind, weights, &candle_core::Device::Cpu)?;
        let theirs = device.load(kind, weights.into())?;
        let mut worst = 0.0_f32;
        for map in 0..ours.subnetworks().len() {
            let heard = numbers(2 * theirs.shape(map)?.inputs);
            let ours = ours.forward(map, [2, 1], &heard, &mut Memory::default())?;
            let theirs = theirs.forward(map, heard, Urgency::Alone)?;
            let most = ours.iter().fold(1.0_f32, |most, number| most.max(number.abs()));
            worst = ours.iter().zip(&theirs).map(|(a, b)| (a - b).abs() / most).fold(worst, f32::max);
        }
        ensure!(worst < TOLERANCE, "{} answers {kind} otherwise than the CPU, by {worst}", device.name());
        differences.insert(kind.to_owned(), json!(worst));
    }
    Ok(differences)
}

/// What can be asked in batches.
trait Batched {
    /// Seconds of music that one of them stands for.
    const SECONDS: f64;

    fn ask(&self, count: usize) -> Result<()>;

    /// One of them by the plugin's own layers.
    fn own(&mut self) -> Result<()>;
}

struct Windows {
    device: DeviceNetwork,
    own: StudioNetwork,
    window: Planes,
}

impl Batched for Windows {
    const SECONDS: f64 = Timing::SHIPPED.block as f64 * FRAME_SECONDS as f64;

    fn ask(&self, count: usize) -> Result<()> {
        Ok(self.device.forward(0, numbers(count * WINDOW), Urgency::Alone).map(drop)?)
    }

    fn own(&mut self) -> Result<()> {
        self.own.decide(&self.window, decided());
        Ok(())
    }
}

struct Slices {
    device: DeviceNetwork,
    own: ListenerNetwork,
    slice: Vec<f32>,
}

impl Batched for Slices {
    const SECONDS: f64 = SECONDS_PER_SLICE;

    fn ask(&self, count: usize) -> Result<()> {
        let slices = numbers(count * SLICE);
        Ok(self.device.forward(0, slices, Urgency::Alone).map(drop)?)
    }

    fn own(&mut self) -> Result<()> {
        self.own.hidden(&self.slice);
        Ok(())
    }
}

fn window() -> Planes {
    Planes { channels: CHANNELS, rows: FRAMES, columns: BINS, data: numbers(WINDOW) }
}

/// The frames of a window that a stream wants.
const fn decided() -> std::ops::Range<usize> {
    let end = FRAMES - Timing::SHIPPED.ahead;
    end - Timing::SHIPPED.block..end
}

/// Milliseconds of batches on the device, and of one by the own layers.
fn batches<B: Batched>(mut asked: B) -> Result<Value> {
    asked.ask(1)?;
    let own = median_ms(TIME / 4, || asked.own())?;
    let mut rows = Vec::new();
    for count in BATCHES {
        // The first of a size may make room, or choose how to compute it.
        asked.ask(count)?;
        let milliseconds = median_ms(TIME / 8, || asked.ask(count))?;
        rows.push((count, milliseconds));
    }
    let [(few, first), .., (many, last)] = rows[..] else { unreachable!("BATCHES has two") };
    let each = (last - first) / (many - few) as f64;
    let break_even = rows.iter().find(|(count, milliseconds)| *milliseconds < own * *count as f64);
    let times_real = |milliseconds: f64, count: usize| B::SECONDS * count as f64 * 1000.0 / milliseconds;
    let batches = rows.iter().map(|(count, milliseconds)| {
        json!({ "batch": count, "ms": milliseconds, "times_real_time": times_real(*milliseconds, *count) })
    });
    Ok(json!({
        "device": batches.collect::<Vec<_>>(),
        // By the line through the smallest and the largest batch.
        "call_ms": first - each * few as f64,
        "each_ms": each,
        "own_layers_ms": own,
        "own_layers_times_real_time": times_real(own, 1),
        "faster_from_batch": break_even.map(|(count, _)| count),
    }))
}

fn median_ms(time: Duration, mut run: impl FnMut() -> Result<()>) -> Result<f64> {
    let (started, mut times) = (Instant::now(), Vec::new());
    while times.len() < 3 || started.elapsed() < time {
        let begun = Instant::now();
        run()?;
        times.push(begun.elapsed());
    }
    Ok(percentile(&sorted_us(times), 0.5) / 1000.0)
}

/// Instances that ask for blocks of two songs as streams do, on the device and by their own layers.
fn instances(device: &Arc<Device>, weights: &'static [u8], count: usize) -> Result<Value> {
    let networks = (0..count).map(|_| Ok(device.load("studio", weights.into())?)).collect::<Result<Vec<_>>>()?;
    let on_device =
        paced(networks, |network, due| Ok(network.forward(0, numbers(SONGS * WINDOW), Urgency::By(due)).map(drop)?))?;
    let own = own_studio(weights)?;
    let window = window();
    let on_the_cpu = paced(vec![own; count], |own, _| {
        own.begin(&[&window; SONGS], decided());
        own.finish();
        Ok(())
    })?;
    Ok(json!({ "instances": count, "device": on_device, "cpu": on_the_cpu }))
}

/// Runs blocks of several streams that begin one after the other, and tells how long they took.
fn paced<T: Send>(mut streams: Vec<T>, block: impl Fn(&mut T, Instant) -> Result<()> + Sync) -> Result<Value> {
    let hop = Duration::from_secs_f64(f64::from(FRAME_SECONDS) / 2.0);
    let period = hop * 2 * Timing::SHIPPED.block as u32;
    let patience = hop * Timing::SHIPPED.work as u32;
    let (late, count) = (AtomicUsize::new(0), streams.len() as u32);
    let times = thread::scope(|scope| {
        let started = Instant::now();
        let threads = streams.iter_mut().enumerate().map(|(index, stream)| {
            let (block, late) = (&block, &late);
            scope.spawn(move || -> Result<Vec<Duration>> {
                let mut times = Vec::new();
                let mut due = started + period * index as u32 / count;
                while due < started + TIME {
                    thread::sleep(due.saturating_duration_since(Instant::now()));
                    block(stream, due + patience)?;
                    times.push(due.elapsed());
                    late.fetch_add(usize::from(due.elapsed() > patience), Relaxed);
                    due += period;
                    // Whoever is behind leaves blocks out, as a stream does not.
                    if due.elapsed() > TIME {
                        break;
                    }
                }
                Ok(times)
            })
        });
        let threads: Vec<_> = threads.collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| anyhow::bail!("a stream broke off")))
            .collect::<Result<Vec<_>>>()
    })?;
    let times = sorted_us(times.into_iter().flatten().collect());
    let hops = 2.0 * Timing::SHIPPED.block as f64;
    Ok(json!({
        "blocks": times.len(),
        "late_blocks": late.into_inner(),
        "block_ms": { "p50": percentile(&times, 0.5) / 1e3, "p99": percentile(&times, 0.99) / 1e3 },
        "per_hop_us": { "p50": percentile(&times, 0.5) / hops, "p99": percentile(&times, 0.99) / hops },
    }))
}

/// The plugin in Studio quality at the pace of the clock.
fn plugin(bundle: &Path, songs: &[Vec<f32>; 2], hops: usize, gpu: bool) -> Result<Value> {
    let played = Played { gpu, ..Played::STUDIO };
    let Playback { times, missed, device, .. } =
        playback::play(bundle, songs, hops, Stage { played, instances: 1, busy: 0 })?;
    let times = sorted_us(times);
    Ok(json!({
        "hops": hops,
        "missed_hops": missed,
        "ran_on": device,
        "callback_us": { "p50": percentile(&times, 0.5), "p99": percentile(&times, 0.99) },
    }))
}
