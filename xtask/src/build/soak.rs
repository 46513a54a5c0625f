//! `cargo xtask soak`: hours of simulated playback, faster than the clock: the transport jumps, parameters move, modes and
//! instances change, and neither memory nor the place in the stream may drift.

use crate::build::bundle;
use anyhow::{Context, Result, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use songweave_host::{Block, Bus, ClapPlugin, ClapProcessor, Event, EventKind, ParameterInfo, Transport};
use songweave_score::random::Random;
use std::path::{Path, PathBuf};

/// The host's sample rate in Hz.
const RATE: u32 = 48_000;
/// The largest block.
const FRAMES: usize = 1024;
/// Most seconds between two activations.
const ACTIVATION: u64 = 600;
/// At least so many activations: in the first half of them every setting that costs memory comes by.
const ACTIVATIONS: u64 = 16;
/// Bytes by which the process may grow from then on: the system's own bookkeeping, not a leak that grows with time.
const GROWTH: u64 = 24 << 20;

/// What the command takes.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Hours of music
    #[arg(long, default_value_t = 24.0)]
    hours: f64,
    /// What the jumps and moves are drawn from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Another CLAP than the one that is built
    #[arg(long)]
    bundle: Option<PathBuf>,
}

/// Plays, and fails when memory grows, a sample is no number or the plugin refuses a block.
pub(crate) fn run(args: &Args) -> Result<()> {
    ensure!(args.hours > 0.0 && args.hours <= 1_000.0, "--hours goes up to 1000");
    let bundle = args.bundle.clone().map_or_else(|| bundle::current().map(|bundles| bundles.clap), Ok)?;
    let seconds = (args.hours * 3_600.0) as u64;
    let played = play(&bundle, seconds, args.seed)?;
    println!(
        "{:.2} h of music: {} activations, {} jumps, {} moves, peak {:.2}, memory at most {} MiB in the \
         first half, {} MiB in the second",
        args.hours,
        played.activations,
        played.jumps,
        played.moves,
        played.peak,
        played.settled >> 20,
        played.end >> 20
    );
    let grown = played.end.saturating_sub(played.settled);
    ensure!(grown < GROWTH, "memory grew by {} MiB", grown >> 20);
    Ok(())
}

/// What happened.
#[derive(Default)]
struct Played {
    activations: u32,
    jumps: u32,
    moves: u32,
    peak: f32,
    /// The most memory after an activation of the first half, and of the second.
    settled: u64,
    end: u64,
}

fn play(bundle: &Path, seconds: u64, seed: u64) -> Result<Played> {
    let (id, _) = ClapPlugin::list(bundle)?.into_iter().next().context("the bundle holds no plugin")?;
    let mut plugin = ClapPlugin::load(bundle, &id)?;
    let parameters: Vec<_> = plugin.parameters().into_iter().filter(|parameter| parameter.automatable).collect();
    let mut played = Played::default();
    let mut random = Random::new(seed);
    let bar =
        ProgressBar::new(seconds).with_style(ProgressStyle::with_template("{bar:40} {pos}/{len} s of music, {eta}")?);
    let mut second = 0;
    while second < seconds {
        let length = ACTIVATION.min(seconds / ACTIVATIONS).max(1).min(seconds - second);
        for parameter in plugin.parameters().iter().filter(|parameter| !parameter.automatable) {
            plugin.set_value(parameter.id, parameter.from_normalised(random.unit().into()))?;
        }
        // A host that says so gets every decision, however fast it plays.
        plugin.set_offline(true)?;
        let mut processor = plugin.activate(RATE.into(), FRAMES as u32)?;
        let [inputs, outputs] =
            [true, false].map(|input| plugin.ports(input).iter().map(|port| port.silence(FRAMES)).collect());
        let mut session = Session { random: &mut random, parameters: &parameters, inputs, outputs, position: 0 };
        for _ in 0..length {
            session.second(&mut processor, &mut played)?;
            bar.inc(1);
        }
        plugin.deactivate(processor);
        played.activations += 1;
        second += length;
        let held = if 2 * second <= seconds { &mut played.settled } else { &mut played.end };
        *held = memory()?.max(*held);
    }
    bar.finish_and_clear();
    Ok(played)
}

/// One activation's playing.
struct Session<'a> {
    random: &'a mut Random,
    parameters: &'a [ParameterInfo],
    inputs: Vec<Bus>,
    outputs: Vec<Bus>,
    position: u64,
}

impl Session<'_> {
    fn second(&mut self, processor: &mut ClapProcessor, played: &mut Played) -> Result<()> {
        if self.random.unit() < 0.05 {
            self.position = (f64::from(self.random.unit()) * 600.0 * f64::from(RATE)) as u64;
            played.jumps += 1;
        }
        let mut left = RATE as usize;
        while left > 0 {
            let frames = (1 + self.random.index(FRAMES)).min(left);
            self.block(processor, frames, played)?;
            left -= frames;
        }
        Ok(())
    }

    fn block(&mut self, processor: &mut ClapProcessor, frames: usize, played: &mut Played) -> Result<()> {
        self.sing(frames);
        let mut events = Vec::new();
        if self.random.unit() < 0.05 {
            let parameter = &self.parameters[self.random.index(self.parameters.len())];
            let value = parameter.from_normalised(self.random.unit().into());
            events.push(Event { time: 0, kind: EventKind::Parameter { id: parameter.id, value } });
            played.moves += 1;
        }
        let transport = Transport { position: self.position, tempo: 120.0, ..Transport::default() };
        let mut events_out = Vec::new();
        self.outputs.iter_mut().flatten().for_each(|channel| channel.resize(frames, 0.0));
        processor.process(&mut Block {
            frames,
            inputs: &mut self.inputs,
            outputs: &mut self.outputs,
            events: &events,
            transport: Some(transport),
            events_out: &mut events_out,
        })?;
        self.position += frames as u64;
        for sample in self.outputs.iter().flatten().flatten() {
            ensure!(sample.is_finite(), "a sample is no number at {} samples", self.position);
            played.peak = played.peak.max(sample.abs());
        }
        Ok(())
    }

    /// A tone that glides, with pauses, on the first input; noise with beats on the second.
    fn sing(&mut self, frames: usize) {
        for (number, bus) in self.inputs.iter_mut().enumerate() {
            let mut block = Vec::with_capacity(frames);
            for frame in 0..frames {
                let time = (self.position + frame as u64) as f64 / f64::from(RATE);
                let voice = (time * 0.11).sin().max(0.0)
                    * (time * (200.0 + 30.0 * (time * 0.7).sin()) * std::f64::consts::TAU).sin();
                let beat = (-8.0 * (time * 2.0).fract()).exp() * f64::from(self.random.noise());
                block.push(0.3 * if number == 0 { voice } else { beat } as f32);
            }
            bus.iter_mut().for_each(|channel| channel.clone_from(&block));
        }
    }
}

/// Bytes of memory that the process holds.
fn memory() -> Result<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").context("only Linux says how much memory is held")?;
    let pages: u64 = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).context("/proc/self/statm is odd")?;
    Ok(pages * 4096)
}
