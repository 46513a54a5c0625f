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
mod receipt;
pub(crate) mod replay;
mod roll_out;
mod schedule;
mod session;
mod stems;

use crate::bundle;
use anyhow::{Context, Result, ensure};
use job::Job;
use songweave_host::ClapPlugin;
use std::path::Path;

pub(crate) use options::Args;

/// Name of the plugin, and of the one with an output for each instrument.
const PLUGIN: &str = "Songweave";
const MULTI_OUT: &str = "Songweave Multi-Out";

/// Renders as the options say.
pub(crate) fn run(args: Args) -> Result<()> {
    // What needs no plugin is checked first: a wrong path should not cost a build.
    args.check_outputs()?;
    let inputs = job::Inputs::read(&args)?;
    let bundle = match &args.bundle {
        Some(bundle) => bundle.clone(),
        None => bundle::current()?.clap,
    };
    let mut plugin = load(&bundle, if args.stems_out.is_some() { MULTI_OUT } else { PLUGIN })?;
    let job = Job::new(&args, inputs, &mut plugin)?;
    let rendered = session::render(&mut plugin, &job)?;
    // A looping render goes without chord names, but a mask that was asked for is refused.
    let charted = (args.midi_out.is_some() || args.roll_out.is_some()) && job.accompanies && job.loop_range.is_none();
    let again = if args.mask_out.is_some() || charted { Some(replay::replay(&job, &mut plugin)?) } else { None };
    output::write(&args, &job, &rendered, again.as_ref())
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
