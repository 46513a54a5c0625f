//! `cargo xtask render`: a host that plays two files through the bundled CLAP and writes what comes out.

mod automation;
mod chart;
mod job;
mod lanes;
mod mask_out;
mod midi;
mod options;
mod output;
mod parameters;
mod paths;
mod receipt;
mod replay;
mod roll_out;
mod schedule;
mod session;
mod split;
mod stems;

use crate::build::bundle;
use anyhow::{Context, Result, ensure};
pub(crate) use chart::Chart;
pub(crate) use job::Inputs;
use job::Job;
use mask_out::MaskOut;
use output::Beside;
use songweave_dsp::exchange::telemetry::MaskColumn;
use songweave_host::{Bus, ClapPlugin};
use std::path::Path;

pub(crate) use midi::Timed;
pub(crate) use options::Args;
use replay::Replayed;
use session::Rendered;
use stems::Whole;

/// Name of the plugin, and of the one with an output for each instrument.
const PLUGIN: &str = "Songweave";
const MULTI_OUT: &str = "Songweave Multi-Out";

/// Renders as the options say.
pub(crate) fn run(args: Args) -> Result<()> {
    // What needs no plugin is checked first: a wrong path should not cost a build.
    args.check_outputs()?;
    paths::keep_apart(&args, &[])?;
    let inputs = Inputs::read(&args)?;
    let bundle = match &args.bundle {
        Some(bundle) => bundle.clone(),
        None => bundle::current()?.clap,
    };
    let mut plugin = load(&bundle, if args.stems_out.is_some() { MULTI_OUT } else { PLUGIN })?;
    let job = Job::new(&args, inputs, &mut plugin)?;
    let ports: Vec<_> = plugin.ports(false).into_iter().map(|port| (port.name, port.channels)).collect();
    let wholes = Whole::all(job.accompanies, job.inputs.b.is_some()).into_iter();
    paths::keep_apart(&args, &wholes.flat_map(|whole| whole.names(&ports)).collect::<Vec<_>>())?;
    let mut recording = output::Recording::create(&args, &job, &ports)?;
    let rendered = session::render(&mut plugin, &job, &mut recording)?;
    // A looping render goes without chord names, but a mask that was asked for is refused.
    let charted = (args.midi_out.is_some() || args.roll_out.is_some()) && job.accompanies && job.loop_range.is_none();
    let mut mask = args.mask_out.as_deref().map(|path| MaskOut::new(path, &job, rendered.latency)).transpose()?;
    let again = if mask.is_some() || charted {
        let watch = |column: &MaskColumn| mask.as_mut().map_or(Ok(()), |mask| mask.push(column));
        Some(replay::replay(&job, &mut plugin, rendered.latency, watch)?)
    } else {
        None
    };
    let split = args.stems_out.as_ref().map(|folder| split::split(&job, &bundle, folder, &ports)).transpose()?;
    let beside = Beside { rendered: &rendered, again: again.as_ref(), mask, split: split.unwrap_or_default() };
    output::finish(recording, &args, &job, beside)
}

/// A render that is not written anywhere.
pub(crate) struct Performance {
    /// The plugin's main output.
    pub(crate) sound: Bus,
    /// What the plugin put out besides.
    pub(crate) rendered: Rendered,
    /// What a host does not see of it.
    pub(crate) again: Replayed,
}

/// Renders sound in memory with the plugin of a bundle.
pub(crate) fn perform(args: &Args, inputs: Inputs, bundle: &Path) -> Result<Performance> {
    let mut plugin = load(bundle, PLUGIN)?;
    let job = Job::new(args, inputs, &mut plugin)?;
    let mut sound = Bus::new();
    let rendered = session::render(&mut plugin, &job, &mut sound)?;
    let again = replay::replay(&job, &mut plugin, rendered.latency, |_| Ok(()))?;
    Ok(Performance { sound, rendered, again })
}

/// What a host would not see of a render, without the render itself: half the work.
pub(crate) fn chart(args: &Args, inputs: Inputs, bundle: &Path) -> Result<Chart> {
    let mut plugin = load(bundle, PLUGIN)?;
    let job = Job::new(args, inputs, &mut plugin)?;
    let latency = session::latency(&mut plugin, &job)?;
    Ok(replay::replay(&job, &mut plugin, latency, |_| Ok(()))?.chart)
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
