//! The render itself: block after block, as a host's bounce does it.

use super::automation::Automation;
use super::job::Job;
use super::midi::Timed;
use super::schedule::{Schedule, Step};
use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use songweave_host::{Block, Bus, ClapPlugin, ClapProcessor, Event, EventKind, Transport};
use std::time::{Duration, Instant};

/// A plugin that says its tail never ends gets this much, in seconds.
const LONGEST_TAIL: u64 = 10;
/// A progress bar appears after this time.
const PATIENCE: Duration = Duration::from_secs(2);
/// Read-only parameter that counts decisions that came too late.
const MISSED_HOPS: &str = "missed_hops";

/// What came out, latency taken off.
pub(crate) struct Rendered {
    /// `[port][channel][sample]`, main first.
    pub(crate) ports: Vec<Bus>,
    /// Names of the ports.
    pub(crate) names: Vec<String>,
    /// Notes the plugin played, in order of time.
    pub(crate) notes: Vec<Timed>,
    /// Reported latency in samples.
    pub(crate) latency: usize,
    /// Decisions that came too late.
    pub(crate) missed_hops: u64,
}

/// The latency in samples that a fresh `plugin` will have in a render of `job`.
pub(super) fn latency(plugin: &mut ClapPlugin, job: &Job) -> Result<usize> {
    let processor = activate(plugin, job)?;
    let latency = plugin.latency() as usize;
    plugin.deactivate(processor);
    Ok(latency)
}

fn activate(plugin: &mut ClapPlugin, job: &Job) -> Result<ClapProcessor> {
    for assignment in &job.assignments {
        plugin.set_value(assignment.id, assignment.value)?;
    }
    plugin.set_offline(!job.realtime)?;
    Ok(plugin.activate(job.inputs.sample_rate.into(), job.block_size.longest())?)
}

/// Renders `job` with a fresh `plugin`.
pub(super) fn render(plugin: &mut ClapPlugin, job: &Job) -> Result<Rendered> {
    let mut processor = activate(plugin, job)?;
    let latency = plugin.latency() as usize;
    let mut run = Run::new(plugin, job);
    let result = run.play(plugin, &mut processor, latency);
    plugin.deactivate(processor);
    result?;
    let counter = job.parameters.find(MISSED_HOPS)?.id;
    let missed_hops = plugin.value(counter).context("the plugin does not tell its missed hops")? as u64;
    Ok(run.finish(latency, missed_hops))
}

/// A render on its way.
struct Run<'a> {
    job: &'a Job,
    schedule: Schedule,
    automation: Automation<'a>,
    inputs: Vec<Bus>,
    outputs: Vec<Bus>,
    names: Vec<String>,
    collected: Vec<Bus>,
    notes: Vec<Timed>,
    events: Vec<Event>,
    events_out: Vec<Event>,
    bar: ProgressBar,
    started: Instant,
}

impl<'a> Run<'a> {
    fn new(plugin: &mut ClapPlugin, job: &'a Job) -> Self {
        let longest = job.block_size.longest() as usize;
        let (inputs, outputs) = (plugin.ports(true), plugin.ports(false));
        let style = ProgressStyle::with_template("{bar:40} {percent} % {eta} left");
        let bar = ProgressBar::hidden();
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self {
            job,
            schedule: Schedule::new(job.block_size, job.loop_range),
            automation: Automation::new(&job.curves, job.inputs.sample_rate.into()),
            inputs: inputs.iter().map(|port| port.silence(longest)).collect(),
            outputs: outputs.iter().map(|port| port.silence(longest)).collect(),
            collected: outputs.iter().map(|port| port.silence(0)).collect(),
            names: outputs.into_iter().map(|port| port.name).collect(),
            notes: Vec::new(),
            events: Vec::new(),
            events_out: Vec::new(),
            bar,
            started: Instant::now(),
        }
    }

    /// The song, then its tail.
    fn play(&mut self, plugin: &mut ClapPlugin, processor: &mut ClapProcessor, latency: usize) -> Result<()> {
        let song = self.job.inputs.samples();
        self.bar.set_length((song + latency) as u64);
        self.play_until(song, plugin, processor)?;
        let longest = LONGEST_TAIL * u64::from(self.job.inputs.sample_rate);
        let tail = processor.tail().map_or(longest, |tail| tail.min(longest)) as usize;
        self.bar.set_length((song + latency + tail) as u64);
        self.play_until(song + latency + tail, plugin, processor)?;
        self.bar.finish_and_clear();
        Ok(())
    }

    fn play_until(&mut self, end: usize, plugin: &mut ClapPlugin, processor: &mut ClapProcessor) -> Result<()> {
        while let Some(step) = self.schedule.next(end) {
            self.fill(step);
            let mut block = Block {
                frames: step.frames,
                inputs: &mut self.inputs,
                outputs: &mut self.outputs,
                events: &self.events,
                transport: Some(Transport {
                    playing: true,
                    position: step.position,
                    quarters: None,
                    tempo: self.job.tempo,
                    time_signature: self.job.time_signature,
                    loop_range: self.job.loop_range,
                }),
                events_out: &mut self.events_out,
            };
            processor.process(&mut block)?;
            plugin.idle();
            self.collect(step);
        }
        Ok(())
    }

    /// Writes the songs and the events of a block. The songs lie on the timeline and end with song A.
    fn fill(&mut self, step: Step) {
        let song = self.job.inputs.samples();
        let heard = song.saturating_sub(step.rendered).min(step.frames);
        let songs = [Some(&self.job.inputs.a), self.job.inputs.b.as_ref()];
        for (bus, song) in self.inputs.iter_mut().zip(songs) {
            for (index, channel) in bus.iter_mut().enumerate() {
                channel[..step.frames].fill(0.0);
                let Some(samples) = song.map(|song| &song[index.min(1)]) else { continue };
                let from = (step.position as usize).min(samples.len());
                let to = (from + heard).min(samples.len());
                channel[..to - from].copy_from_slice(&samples[from..to]);
            }
        }
        self.events.clear();
        self.automation.events(step.position, step.frames, step.jumped, &mut self.events);
        let end = step.position + step.frames as u64;
        let first = self.job.notes.partition_point(|note| note.sample < step.position);
        let played = self.job.notes[first..].iter().take_while(|note| note.sample < end);
        self.events.extend(played.map(|note| Event { time: (note.sample - step.position) as u32, kind: note.kind }));
        self.events.sort_by_key(|event| event.time);
    }

    fn collect(&mut self, step: Step) {
        for (port, block) in self.collected.iter_mut().zip(&self.outputs) {
            for (channel, block) in port.iter_mut().zip(block) {
                channel.extend_from_slice(&block[..step.frames]);
            }
        }
        let notes = self.events_out.drain(..).filter(|event| !matches!(event.kind, EventKind::Parameter { .. }));
        self.notes.extend(
            notes.map(|event| Timed { sample: step.rendered as u64 + u64::from(event.time), kind: event.kind }),
        );
        if self.bar.is_hidden() && self.started.elapsed() > PATIENCE {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_position((step.rendered + step.frames) as u64);
    }

    fn finish(self, latency: usize, missed_hops: u64) -> Rendered {
        let mut ports = self.collected;
        for channel in ports.iter_mut().flatten() {
            channel.drain(..latency.min(channel.len()));
        }
        let early = |note: Timed| Timed { sample: note.sample.saturating_sub(latency as u64), ..note };
        Rendered { ports, names: self.names, notes: self.notes.into_iter().map(early).collect(), latency, missed_hops }
    }
}
