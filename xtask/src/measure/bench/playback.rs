//! The plugin in a host of ours, at the pace of the clock.

use super::{FRAMES, Played, RATE, hop, wait_for};
use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};
use songweave_cli::render::placed;
use songweave_host::{Block, Bus, ClapPlugin, ClapProcessor, Event, EventKind, Transport};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

/// Who plays, and beside what.
#[derive(Clone, Copy)]
pub(super) struct Stage {
    /// What the plugin does.
    pub(super) played: Played,
    /// Instances that one audio thread calls one after the other.
    pub(super) instances: usize,
    /// Threads of ordinary priority that never rest.
    pub(super) busy: usize,
}

/// What was seen while the plugin played.
pub(super) struct Playback {
    /// Time of every callback, all instances together.
    pub(super) times: Vec<Duration>,
    /// Hops whose decision came too late, of all instances.
    pub(super) missed: u64,
    /// Whether the system let the audio thread run as those of hosts do.
    pub(super) raised_priority: bool,
    /// What the network of Studio ran on, of the first instance.
    pub(super) device: String,
}

/// One instance as the audio thread has it.
struct Instance {
    processor: ClapProcessor,
    inputs: Vec<Bus>,
    outputs: Vec<Bus>,
    events_out: Vec<Event>,
    /// Parameter that moves.
    moved: u32,
}

/// Plays so many hops of two songs.
pub(super) fn play(bundle: &Path, songs: &[Vec<f32>; 2], hops: usize, stage: Stage) -> Result<Playback> {
    let (id, _) = ClapPlugin::list(bundle)?.into_iter().next().context("the bundle holds no plugin")?;
    let mut plugins = Vec::new();
    let mut instances = Vec::new();
    for _ in 0..stage.instances {
        let (plugin, instance) = begin(bundle, &id, stage.played)?;
        plugins.push(plugin);
        instances.push(instance);
    }
    let songs = songs.clone();
    let rest = Arc::new(AtomicBool::new(false));
    let busy: Vec<_> = (0..stage.busy).map(|_| keep_busy(rest.clone())).collect();
    let audio = thread::spawn(move || -> Result<(Vec<Instance>, Vec<Duration>, bool)> {
        let raised_priority = raise_priority();
        let mut times = Vec::with_capacity(hops);
        let started = Instant::now();
        for number in 0..hops {
            for instance in &mut instances {
                for (bus, song) in instance.inputs.iter_mut().zip(&songs) {
                    bus.iter_mut().for_each(|channel| hop(song, number, channel));
                }
            }
            wait_for(started, number);
            let begun = Instant::now();
            instances.iter_mut().try_for_each(|instance| process(instance, number))?;
            times.push(begun.elapsed());
        }
        Ok((instances, times, raised_priority))
    });
    watch(&mut plugins, hops, || audio.is_finished())?;
    let finished = audio.join().ok().context("the audio thread panicked")?;
    rest.store(true, Ordering::Relaxed);
    busy.into_iter().for_each(|thread| drop(thread.join()));
    let (instances, times, raised_priority) = finished?;
    let mut missed = 0;
    let placed = plugins.first_mut().map(placed).transpose()?.unwrap_or_default();
    let device = placed.problem.or(placed.device).unwrap_or_else(|| "CPU".to_owned());
    for (mut plugin, instance) in plugins.into_iter().zip(instances) {
        let counter = parameter(&mut plugin, "Missed hops")?;
        missed += plugin.value(counter).context("the plugin does not tell its missed hops")? as u64;
        plugin.deactivate(instance.processor);
    }
    Ok(Playback { times, missed, raised_priority, device })
}

fn begin(bundle: &Path, id: &str, played: Played) -> Result<(ClapPlugin, Instance)> {
    let mut plugin = ClapPlugin::load(bundle, id)?;
    let gpu = if played.gpu { 2.0 } else { 0.0 };
    let choices = [("Mode", f64::from(played.accompanies())), ("Quality", f64::from(played.studio)), ("Device", gpu)];
    for (name, value) in choices {
        let id = parameter(&mut plugin, name)?;
        plugin.set_value(id, value)?;
    }
    let moved = parameter(&mut plugin, "Vocals")?;
    plugin.set_offline(false)?;
    let processor = plugin.activate(RATE.into(), FRAMES as u32)?;
    let [inputs, outputs] =
        [true, false].map(|input| plugin.ports(input).iter().map(|port| port.silence(FRAMES)).collect());
    Ok((plugin, Instance { processor, inputs, outputs, events_out: Vec::with_capacity(64), moved }))
}

fn parameter(plugin: &mut ClapPlugin, name: &str) -> Result<u32> {
    let found = plugin.parameters().iter().find(|info| info.name == name).map(|info| info.id);
    found.with_context(|| format!("the plugin has no parameter {name}"))
}

fn process(instance: &mut Instance, number: usize) -> Result<()> {
    let value = 0.5 + 0.5 * (number as f64 * 0.01).sin();
    let events = [Event { time: 0, kind: EventKind::Parameter { id: instance.moved, value } }];
    instance.events_out.clear();
    instance.processor.process(&mut Block {
        frames: FRAMES,
        inputs: &mut instance.inputs,
        outputs: &mut instance.outputs,
        events: &events,
        transport: Some(Transport { position: (number * FRAMES) as u64, ..Transport::default() }),
        events_out: &mut instance.events_out,
    })?;
    Ok(())
}

fn keep_busy(rest: Arc<AtomicBool>) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        while !rest.load(Ordering::Relaxed) {
            std::hint::spin_loop();
        }
    })
}

/// The host's main loop, with a bar for whoever waits.
fn watch(plugins: &mut [ClapPlugin], hops: usize, finished: impl Fn() -> bool) -> Result<()> {
    let bar = ProgressBar::new(hops as u64);
    bar.set_style(ProgressStyle::with_template("playing {bar:40} {pos} of {len} hops, {eta} left")?);
    let started = Instant::now();
    while !finished() {
        plugins.iter_mut().for_each(ClapPlugin::idle);
        bar.set_position((started.elapsed().as_secs_f64() * f64::from(RATE) / FRAMES as f64) as u64);
        sleep(Duration::from_millis(50));
    }
    bar.finish_and_clear();
    Ok(())
}

/// Gives the current thread the priority that hosts give their audio threads, where the system lets it.
pub(super) fn raise_priority() -> bool {
    use thread_priority::{ThreadPriority, ThreadPriorityValue};
    let Ok(value) = ThreadPriorityValue::try_from(50) else { return false };
    let priority = ThreadPriority::Crossplatform(value);
    #[cfg(unix)]
    {
        use thread_priority::{RealtimeThreadSchedulePolicy, ThreadSchedulePolicy};
        let policy = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo);
        let thread = thread_priority::thread_native_id();
        thread_priority::set_thread_priority_and_policy(thread, priority, policy).is_ok()
    }
    #[cfg(not(unix))]
    thread_priority::set_current_thread_priority(priority).is_ok()
}
