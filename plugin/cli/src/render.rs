//! A host that plays two files through the CLAP and writes what comes out: `songweave render` and `cargo xtask render`.

mod automation;
mod chart;
mod job;
mod lanes;
mod midi;
mod options;
mod parameters;
mod paths;
mod replay;
mod schedule;
mod session;
mod split;
mod written;

use anyhow::{Context, Result, ensure};
use job::Job;
use songweave_dsp::exchange::telemetry::MaskColumn;
use songweave_host::{Bus, ClapPlugin};
use std::path::{Path, PathBuf};
use written::mask_out::MaskOut;
use written::output::{self, Beside};
use written::stems::Whole;

pub use chart::Chart;
pub use job::Inputs;
pub use midi::Timed;
pub use options::Args;
pub use parameters::{Placed, placed};
pub use replay::Replayed;
pub use session::Rendered;

/// Name of the plugin, and of the one with an output for each instrument.
const PLUGIN: &str = "Songweave";
const MULTI_OUT: &str = "Songweave Multi-Out";

/// What renders.
#[derive(Debug, Clone)]
pub struct Installed {
    /// The plugin's CLAP.
    pub clap: PathBuf,
    /// The weights of Studio quality, for what no host is told of: mask and chords. The plugin has its own.
    pub studio: Option<PathBuf>,
}

/// Renders as the options say, with what `find` finds once all that needs no plugin was checked: the plugin that is named,
/// or the one that is there.
///
/// # Errors
/// An option makes no sense, a file cannot be read or written, or the plugin fails.
pub fn run(args: &Args, find: impl FnOnce(Option<&Path>) -> Result<Installed>) -> Result<()> {
    // What needs no plugin is checked first: a wrong path should not cost a build.
    args.check_outputs()?;
    paths::keep_apart(args, &[])?;
    let inputs = Inputs::read(args)?;
    let installed = find(args.bundle.as_deref())?;
    let bundle = &installed.clap;
    let mut plugin = load(bundle, if args.stems_out.is_some() { MULTI_OUT } else { PLUGIN })?;
    let job = Job::new(args, inputs, &mut plugin)?;
    let ports: Vec<_> = plugin.ports(false).into_iter().map(|port| (port.name, port.channels)).collect();
    let wholes = Whole::all(job.accompanies, job.inputs.b.is_some()).into_iter();
    paths::keep_apart(args, &wholes.flat_map(|whole| whole.names(&ports)).collect::<Vec<_>>())?;
    if args.learn {
        session::learn(&mut plugin, &job)?;
        if let Some(advice) = parameters::learned(&mut plugin)?.beat.advice() {
            eprintln!("{advice}");
        }
    }
    let mut recording = output::Recording::create(args, &job, &ports)?;
    let rendered = session::render(&mut plugin, &job, &mut recording)?;
    // A looping render goes without chord names, but a mask that was asked for is refused.
    let charted = (args.midi_out.is_some() || args.roll_out.is_some() || !args.sheet_out.is_empty())
        && job.accompanies
        && job.loop_range.is_none();
    let mut mask = args.mask_out.as_deref().map(|path| MaskOut::new(path, &job, rendered.latency)).transpose()?;
    let again = if mask.is_some() || charted {
        let watch = |column: &MaskColumn| mask.as_mut().map_or(Ok(()), |mask| mask.push(column));
        Some(replay::replay(&job, &mut plugin, rendered.latency, installed.studio.as_deref(), watch)?)
    } else {
        None
    };
    let split = args.stems_out.as_ref().map(|folder| split::split(&job, bundle, folder, &ports)).transpose()?;
    let beside = Beside { rendered: &rendered, again: again.as_ref(), mask, split: split.unwrap_or_default() };
    output::finish(recording, args, &job, beside)
}

/// A render that is not written anywhere.
pub struct Performance {
    /// The plugin's main output.
    pub sound: Bus,
    /// What the plugin put out besides.
    pub rendered: Rendered,
    /// What a host does not see of it.
    pub again: Replayed,
}

/// Renders sound in memory with the plugin.
///
/// # Errors
/// As [`run`].
pub fn perform(args: &Args, inputs: Inputs, installed: &Installed) -> Result<Performance> {
    let mut plugin = load(&installed.clap, PLUGIN)?;
    let job = Job::new(args, inputs, &mut plugin)?;
    if args.learn {
        session::learn(&mut plugin, &job)?;
    }
    let mut sound = Bus::new();
    let rendered = session::render(&mut plugin, &job, &mut sound)?;
    let again = replay::replay(&job, &mut plugin, rendered.latency, installed.studio.as_deref(), |_| Ok(()))?;
    Ok(Performance { sound, rendered, again })
}

/// What a host would not see of a render, without the render itself: half the work.
///
/// # Errors
/// As [`run`].
pub fn chart(args: &Args, inputs: Inputs, installed: &Installed) -> Result<Replayed> {
    let mut plugin = load(&installed.clap, PLUGIN)?;
    let job = Job::new(args, inputs, &mut plugin)?;
    if args.learn {
        session::learn(&mut plugin, &job)?;
    }
    let latency = session::latency(&mut plugin, &job)?;
    replay::replay(&job, &mut plugin, latency, installed.studio.as_deref(), |_| Ok(()))
}

/// The plugin of that name.
fn load(bundle: &Path, name: &str) -> Result<ClapPlugin> {
    let plugins = ClapPlugin::list(bundle)?;
    let found = plugins.iter().find(|(_, present)| present == name);
    let names = || plugins.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(", ");
    ensure!(!plugins.is_empty(), "{} holds no plugin", bundle.display());
    let (id, _) = found.with_context(|| format!("{} holds no \"{name}\", only: {}", bundle.display(), names()))?;
    Ok(ClapPlugin::load(bundle, id)?)
}
