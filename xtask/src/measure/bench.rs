//! `cargo xtask bench`: what the plugin costs while it plays, measured from a host, and what the network costs in other
//! runtimes.

mod device;
mod instruments;
mod playback;
mod runtimes;
mod transforms;

use crate::build::bundle::{self, studio};
use crate::project;
use crate::threads::used;
use anyhow::{Context, Result, ensure};
use playback::{Playback, Stage};
use serde_json::{Value, json};
use songweave_audio::decode::decode;
use songweave_audio::draft::write_bytes;
use songweave_audio::resample::resample;
use songweave_cli::device::DeviceChoice;
use songweave_dsp::exchange::controls::{Controls, Mode};
use songweave_dsp::exchange::telemetry::{Telemetry, columns};
use songweave_dsp::stream::layout::StreamLayout;
use songweave_dsp::stream::path::{AudioPath, BlockInfo};
use songweave_engine::mash::studio::Studio;
use songweave_engine::runtime::slot::ModelSlot;
use songweave_engine::runtime::status::Status;
use songweave_engine::runtime::thread::Engine;
use songweave_measure::statistics::percentile;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

/// Sample rate in Hz and frames in a block: one hop.
const RATE: u32 = 48_000;
const FRAMES: usize = 512;
/// Instances of a crowded session.
const CROWD: usize = 20;
/// Hops that what stands beside the figures of a mode is measured for at most.
const SHORT: u32 = 2_000;
/// Hops that the inference thread may be behind before its measurement is given up.
const BEHIND: usize = 1_000;

/// What the command takes.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Where the figures go
    #[arg(long, value_name = "FILE")]
    json: PathBuf,
    /// Hops to play, about 94 a second
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    hops: u32,
    /// With `gpu` all that a GPU costs and gives, and nothing else: it has to be installed, or named by SONGWEAVE_GPU_LIBRARY
    #[arg(long, value_enum, default_value_t)]
    device: DeviceChoice,
    /// Another CLAP than the one that is built
    #[arg(long, value_name = "FILE.clap")]
    bundle: Option<PathBuf>,
}

/// Plays at the pace of the clock and prints what it cost.
pub(crate) fn run(args: Args) -> Result<()> {
    let songs = songs()?;
    let clap = bundle::installed(args.bundle.as_deref())?.clap;
    let measured = if args.device == DeviceChoice::Gpu {
        device::measure(&clap, &songs, args.hops as usize)?
    } else {
        everything(&clap, &songs, args.hops)?
    };
    println!("{measured:#}");
    Ok(write_bytes(&args.json, format!("{measured:#}\n").as_bytes())?)
}

/// What the plugin costs on the CPU, and the networks beside other runtimes.
fn everything(clap: &Path, songs: &[Vec<f32>; 2], hops: u32) -> Result<Value> {
    let mut measured = figures(clap, songs, hops, Played::LIVE)?;
    // A song with a voice in it is accompanied, so the band plays all the time.
    measured["accompany"] = figures(clap, songs, hops, Played::ACCOMPANY)?;
    if studio::path().is_file() {
        measured["studio"] = figures(clap, songs, hops, Played::STUDIO)?;
    }
    measured["crowded"] = crowded(clap, songs, hops.min(SHORT))?;
    measured["instruments"] = instruments::measure(RATE as f32)?;
    measured["runtimes"] = json!(runtimes::measure()?);
    Ok(measured)
}

/// Many instances, and one beside programs that leave no core idle.
fn crowded(bundle: &Path, songs: &[Vec<f32>; 2], hops: u32) -> Result<Value> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let stages = [
        Stage { played: Played::LIVE, instances: CROWD, busy: 0 },
        Stage { played: Played::LIVE, instances: 1, busy: cores },
        Stage { played: Played::STUDIO, instances: 1, busy: cores },
    ];
    let measured = stages.into_iter().filter(|stage| !stage.played.studio || studio::path().is_file()).map(|stage| {
        let Playback { times, missed, .. } = playback::play(bundle, songs, hops as usize, stage)?;
        let times = sorted_us(times);
        Ok(json!({
            "instances": stage.instances, "busy_threads": stage.busy, "studio": stage.played.studio,
            "hops": hops, "missed_hops": missed,
            "callback_us": { "p50": percentile(&times, 0.5), "p99": percentile(&times, 0.99) },
        }))
    });
    measured.collect()
}

/// What the plugin does while it is measured.
#[derive(Clone, Copy)]
struct Played {
    mode: Mode,
    /// Studio quality instead of Live.
    studio: bool,
    /// Whether a GPU is asked.
    gpu: bool,
}

impl Played {
    const LIVE: Self = Self { mode: Mode::Mash, studio: false, gpu: false };
    const STUDIO: Self = Self { mode: Mode::Mash, studio: true, gpu: false };
    const ACCOMPANY: Self = Self { mode: Mode::Accompany, studio: false, gpu: false };

    fn accompanies(self) -> bool {
        self.mode == Mode::Accompany
    }
}

/// What a mode and a quality cost.
fn figures(bundle: &Path, songs: &[Vec<f32>; 2], hops: u32, played: Played) -> Result<Value> {
    let stage = Stage { played, instances: 1, busy: 0 };
    let Playback { times, missed, raised_priority, .. } = playback::play(bundle, songs, hops as usize, stage)?;
    let transforms = sorted_us(transforms::alone(played, hops.min(SHORT) as usize));
    let times = sorted_us(times);
    let Inferred { durations, raised_priority: inference_raised, of_a_core } = inference(songs, hops as usize, played)?;
    let inferred = sorted_us(durations);
    Ok(json!({
        "sample_rate": RATE,
        "block_size": FRAMES,
        "hops": hops,
        "missed_hops": missed,
        "callback_us": {
            "hops": times.len(), "p50": percentile(&times, 0.5), "p99": percentile(&times, 0.99), "max": percentile(&times, 1.0),
            "raised_priority": raised_priority,
        },
        "inference_us": {
            "hops": inferred.len(), "p50": percentile(&inferred, 0.5), "p99": percentile(&inferred, 0.99),
            "max": percentile(&inferred, 1.0), "raised_priority": inference_raised,
        },
        // What the mode's transforms alone take at the same pace, and the callbacks as a multiple of them.
        "transforms_us": { "p50": percentile(&transforms, 0.5), "p99": percentile(&transforms, 0.99) },
        "callback_in_transforms": percentile(&times, 0.5) / percentile(&transforms, 0.5),
        // Of the inference thread, and of the thread of Studio's network.
        "of_a_core": of_a_core,
    }))
}

/// Durations in µs, from short to long.
fn sorted_us(mut durations: Vec<Duration>) -> Vec<f64> {
    durations.sort_unstable();
    durations.iter().map(|duration| duration.as_secs_f64() * 1e6).collect()
}

/// The demo songs, `[song][sample]`.
fn songs() -> Result<[Vec<f32>; 2]> {
    let read = |name: &str| -> Result<Vec<f32>> {
        let audio = decode(&project::root().join("tests/fixtures/demo").join(name))?;
        let mut channels = resample(&audio.channels, audio.rate, RATE)?.into_iter();
        channels.next().context("a song without a channel")
    };
    Ok([read("song_a.flac")?, read("song_b.flac")?])
}

/// A hop of a song that begins again when it ends.
fn hop(song: &[f32], number: usize, out: &mut [f32]) {
    out.iter_mut().enumerate().for_each(|(index, sample)| *sample = song[(number * FRAMES + index) % song.len()]);
}

/// Sleeps until a hop of a stream that began at `started` is due.
fn wait_for(started: Instant, number: usize) {
    let due = Duration::from_secs_f64((number * FRAMES) as f64 / f64::from(RATE));
    sleep(due.saturating_sub(started.elapsed()));
}

/// Threads of the engine and the beginnings of their names, as long as Linux keeps them.
const THREADS: [(&str, &str); 2] = [("inference", "songweave-infer"), ("studio", "songweave-studi")];

/// What was seen of the inference thread.
struct Inferred {
    /// Time of every hop.
    durations: Vec<Duration>,
    /// Whether the system let it run before ordinary threads.
    raised_priority: bool,
    /// Share of a core that each of [`THREADS`] took.
    of_a_core: BTreeMap<&'static str, f64>,
}

/// How long the inference thread took for each of `hops` hops at the pace of the clock, in this process.
fn inference(songs: &[Vec<f32>; 2], hops: usize, played: Played) -> Result<Inferred> {
    let slot = ModelSlot::embedded().context("the network in this program is damaged")?;
    // The plugin has the weights for as long as it lives, too.
    let weights = played.studio.then(|| std::fs::read(studio::path())).transpose()?;
    let slot = Arc::new(slot.with_studio(weights.map(|weights| &*weights.leak())));
    let status = Arc::new(Status::default());
    status.durations.keep(hops);
    let layout = StreamLayout::for_sample_rate(RATE as f32);
    let layout = if played.studio { layout.with_mask_delay(Studio::lag(&layout)) } else { layout };
    let (engine, audio) = Engine::start(layout, slot, status.clone(), Arc::default(), None)?;
    let mut clock = engine.clock(false).context("the inference thread is gone")?;
    let mut path = AudioPath::new(layout, false, audio, Arc::new(Telemetry::default()), columns().0);
    let info = BlockInfo::from(Controls { mode: played.mode, ..Controls::default() });
    let mut block = [vec![0.0; FRAMES], vec![0.0; FRAMES]];
    let mut side = block.clone();
    let names = THREADS.map(|(_, name)| name);
    let (started, before) = (Instant::now(), used(&names));
    let mut number = 0;
    while status.durations.count() < hops {
        ensure!(number < hops + BEHIND, "the inference thread took {} of {number} hops", status.durations.count());
        block.iter_mut().for_each(|channel| hop(&songs[0], number, channel));
        side.iter_mut().for_each(|channel| hop(&songs[1], number, channel));
        wait_for(started, number);
        clock.begin_block(FRAMES);
        let [left, right] = &mut block;
        path.process(&mut [left.as_mut_slice(), right.as_mut_slice()], &side, &info, &mut clock, &mut ());
        number += 1;
    }
    let (seconds, after) = (started.elapsed().as_secs_f64(), used(&names));
    let share = |name| Some((after.get(name)? - before.get(name)?) / seconds);
    Ok(Inferred {
        durations: status.durations.all(),
        raised_priority: status.raised_priority.load(Ordering::Relaxed),
        of_a_core: THREADS.into_iter().filter_map(|(thread, name)| Some((thread, share(name)?))).collect(),
    })
}
