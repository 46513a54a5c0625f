//! The render itself: block after block, as a host's bounce does it.

use super::automation::Automation;
use super::job::Job;
use super::midi::Timed;
use super::parameters::{Placed, placed};
use super::schedule::{Schedule, Step};
use crate::render::parameters::Assignment;
use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use songweave_host::{Block, Bus, ClapPlugin, ClapProcessor, Event, EventKind, Transport};
use std::ops::Range;
use std::time::{Duration, Instant};

/// A plugin that says its tail never ends gets this much, in seconds.
const LONGEST_TAIL: u64 = 10;
/// A progress bar appears after this time.
const SILENT_FOR: Duration = Duration::from_secs(2);
/// Parameter that lets the band learn.
const LEARN: &str = "learn";
/// Read-only parameter that counts decisions that came too late.
const MISSED_HOPS: &str = "missed_hops";

/// Takes the sound of a render while it is made.
pub(crate) trait Sink {
    /// Takes some frames of all output ports `[port][channel][frame]`, main first; the latency has been taken off.
    fn take(&mut self, ports: &[Bus], frames: Range<usize>) -> Result<()>;
}

/// The main output in memory.
impl Sink for Bus {
    fn take(&mut self, ports: &[Bus], frames: Range<usize>) -> Result<()> {
        let Some(main) = ports.first() else { return Ok(()) };
        self.resize(main.len(), Vec::new());
        self.iter_mut().zip(main).for_each(|(channel, block)| channel.extend_from_slice(&block[frames.clone()]));
        Ok(())
    }
}

/// Nothing is kept.
struct Silence;

impl Sink for Silence {
    fn take(&mut self, _ports: &[Bus], _frames: Range<usize>) -> Result<()> {
        Ok(())
    }
}

/// What came out beside the sound.
pub struct Rendered {
    /// Notes the plugin played, in order of time, latency taken off.
    pub notes: Vec<Timed>,
    /// Reported latency in samples.
    pub latency: usize,
    /// Decisions that came too late.
    pub missed_hops: u64,
    /// What the network of Studio ran on at the end.
    pub placed: Placed,
}

/// The latency in samples that a fresh `plugin` will have in a render of `job`.
pub(super) fn latency(plugin: &mut ClapPlugin, job: &Job) -> Result<usize> {
    let processor = activate(plugin, job)?;
    let latency = plugin.latency() as usize;
    plugin.deactivate(processor);
    Ok(latency)
}

fn activate(plugin: &mut ClapPlugin, job: &Job) -> Result<ClapProcessor> {
    activate_with(plugin, job, &[])
}

fn activate_with(plugin: &mut ClapPlugin, job: &Job, besides: &[Assignment]) -> Result<ClapProcessor> {
    for assignment in job.assignments.iter().chain(besides) {
        plugin.set_value(assignment.id, assignment.value)?;
    }
    plugin.set_offline(!job.realtime)?;
    Ok(plugin.activate(job.inputs.sample_rate.into(), job.block_size.longest())?)
}

/// Sings the songs of `job` to `plugin` once, which learns what it hears; nothing is kept of its sound.
pub(super) fn learn(plugin: &mut ClapPlugin, job: &Job) -> Result<()> {
    let learn = job.parameters.find(LEARN)?.id;
    let mut processor = activate_with(plugin, job, &[Assignment { id: learn, value: 1.0 }])?;
    let latency = plugin.latency() as usize;
    let mut silence = Silence;
    let result = Run::new(plugin, job, latency, &mut silence).play(plugin, &mut processor);
    plugin.deactivate(processor);
    plugin.set_value(learn, 0.0)?;
    result
}

/// Renders `job` with a fresh `plugin` into `sink`.
pub(super) fn render(plugin: &mut ClapPlugin, job: &Job, sink: &mut dyn Sink) -> Result<Rendered> {
    let mut processor = activate(plugin, job)?;
    if job.insists_on_gpu
        && let Some(problem) = placed(plugin)?.problem
    {
        plugin.deactivate(processor);
        bail!("{problem}; leave out --device to render on the CPU");
    }
    let latency = plugin.latency() as usize;
    let mut run = Run::new(plugin, job, latency, sink);
    let result = run.play(plugin, &mut processor);
    plugin.deactivate(processor);
    result?;
    let counter = job.parameters.find(MISSED_HOPS)?.id;
    let missed_hops = plugin.value(counter).context("the plugin does not tell its missed hops")? as u64;
    Ok(run.finish(missed_hops, placed(plugin)?))
}

/// A render on its way.
struct Run<'a> {
    job: &'a Job,
    schedule: Schedule,
    automation: Automation<'a>,
    inputs: Vec<Bus>,
    outputs: Vec<Bus>,
    /// Left and right of a song.
    song: [Vec<f32>; 2],
    latency: usize,
    sink: &'a mut dyn Sink,
    notes: Vec<Timed>,
    events: Vec<Event>,
    events_out: Vec<Event>,
    bar: ProgressBar,
    started: Instant,
}

impl<'a> Run<'a> {
    fn new(plugin: &mut ClapPlugin, job: &'a Job, latency: usize, sink: &'a mut dyn Sink) -> Self {
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
            song: [vec![0.0; longest], vec![0.0; longest]],
            latency,
            sink,
            notes: Vec::new(),
            events: Vec::new(),
            events_out: Vec::new(),
            bar,
            started: Instant::now(),
        }
    }

    /// The song, then its tail.
    fn play(&mut self, plugin: &mut ClapPlugin, processor: &mut ClapProcessor) -> Result<()> {
        let (song, latency) = (self.job.inputs.samples(), self.latency);
        self.bar.set_length((song + latency) as u64);
        self.play_until(song, plugin, processor)?;
        let longest = LONGEST_TAIL * u64::from(self.job.inputs.sample_rate);
        // A tail counts from the end of the song in what comes out, so the latency is a part of it.
        let tail = processor.tail().map_or(longest, |tail| tail.min(longest)) as usize;
        let end = song + tail.max(latency);
        self.bar.set_length(end as u64);
        self.play_until(end, plugin, processor)?;
        self.bar.finish_and_clear();
        Ok(())
    }

    fn play_until(&mut self, end: usize, plugin: &mut ClapPlugin, processor: &mut ClapProcessor) -> Result<()> {
        while let Some(step) = self.schedule.next(end) {
            self.fill(step)?;
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
                    bar_start: None,
                    loop_range: self.job.loop_range,
                }),
                events_out: &mut self.events_out,
            };
            processor.process(&mut block)?;
            plugin.idle();
            self.collect(step)?;
        }
        Ok(())
    }

    /// Writes the songs and the events of a block. The songs lie on the timeline and end with song A.
    fn fill(&mut self, step: Step) -> Result<()> {
        let heard = self.job.inputs.samples().saturating_sub(step.rendered).min(step.frames);
        let songs = [Some(&self.job.inputs.a), self.job.inputs.b.as_ref()];
        for (bus, song) in self.inputs.iter_mut().zip(songs) {
            let [left, right] = &mut self.song;
            left[..step.frames].fill(0.0);
            right[..step.frames].fill(0.0);
            if let Some(song) = song {
                song.read(step.position as usize, &mut left[..heard], &mut right[..heard])?;
            }
            for (channel, song) in bus.iter_mut().zip([&*left, &*right]) {
                channel[..step.frames].copy_from_slice(&song[..step.frames]);
            }
        }
        self.events.clear();
        self.automation.events(step.position, step.frames, step.jumped, &mut self.events);
        let end = step.position + step.frames as u64;
        let first = self.job.notes.partition_point(|note| note.sample < step.position);
        let played = self.job.notes[first..].iter().take_while(|note| note.sample < end);
        self.events.extend(played.map(|note| Event { time: (note.sample - step.position) as u32, kind: note.kind }));
        self.events.sort_by_key(|event| event.time);
        Ok(())
    }

    fn collect(&mut self, step: Step) -> Result<()> {
        let early = self.latency.saturating_sub(step.rendered).min(step.frames);
        self.sink.take(&self.outputs, early..step.frames)?;
        let notes = self.events_out.drain(..).filter(|event| !matches!(event.kind, EventKind::Parameter { .. }));
        self.notes.extend(
            notes.map(|event| Timed { sample: step.rendered as u64 + u64::from(event.time), kind: event.kind }),
        );
        if self.bar.is_hidden() && self.started.elapsed() > SILENT_FOR {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_position((step.rendered + step.frames) as u64);
        Ok(())
    }

    fn finish(self, missed_hops: u64, placed: Placed) -> Rendered {
        let latency = self.latency;
        let early = |note: Timed| Timed { sample: note.sample.saturating_sub(latency as u64), ..note };
        Rendered { notes: self.notes.into_iter().map(early).collect(), latency, missed_hops, placed }
    }
}
