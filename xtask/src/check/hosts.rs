//! The bundle in this project's own hosts: an impulse must come out at the reported latency, everywhere.

use super::Outcome;
use crate::bundle;
use anyhow::{Context, Result, ensure};
use songweave_host::{Block, Bus, ClapPlugin, Transport, Vst3Plugin, Vst3Setup};

/// Frames in a block.
const FRAMES: usize = 512;
/// Blocks that are processed.
const BLOCKS: usize = 64;
/// Where the impulse stands.
const IMPULSE: usize = 100;
/// Sample rates in Hz.
const RATES: [f64; 4] = [44_100.0, 48_000.0, 96_000.0, 192_000.0];
/// The plugin's own bypass, under which the input comes out as it is after the latency.
const BYPASS: &str = "Bypass";

/// The CLAP: mono and stereo, both plugins.
pub(super) fn clap() -> Result<Outcome> {
    let bundle = bundle::current()?.clap;
    let mut checked = 0;
    for (id, name) in ClapPlugin::list(&bundle)? {
        let mut plugin = ClapPlugin::load(&bundle, &id)?;
        let bypass = plugin.parameters().into_iter().find(|info| info.name == BYPASS);
        plugin.set_value(bypass.with_context(|| format!("{name} has no bypass"))?.id, 1.0)?;
        for rate in RATES {
            let mut processor = plugin.activate(rate, FRAMES as u32)?;
            let latency = plugin.latency() as usize;
            let (inputs, outputs) = (plugin.ports(true), plugin.ports(false));
            let silence = |ports: &[songweave_host::Port]| ports.iter().map(|port| port.silence(FRAMES)).collect();
            let found = impulse(silence(&inputs), silence(&outputs), |block| Ok(processor.process(block)?))?;
            processor.reset();
            let again = impulse(silence(&inputs), silence(&outputs), |block| Ok(processor.process(block)?))?;
            plugin.deactivate(processor);
            arrives(&name, rate, latency, found)?;
            arrives(&format!("{name} after a reset"), rate, latency, again)?;
            checked += 2;
        }
    }
    Ok(Outcome::Passed(format!("{checked} impulses at the reported latency")))
}

/// The VST3: both plugins, with all buses and with every extra one switched off.
pub(super) fn vst3() -> Result<Outcome> {
    let bundle = bundle::current()?.vst3;
    let mut checked = 0;
    for name in Vst3Plugin::list(&bundle)? {
        let mut plugin = Vst3Plugin::load(&bundle, &name)?;
        let bypass = plugin.parameters().into_iter().find(|info| info.name == BYPASS);
        plugin.set_value(bypass.with_context(|| format!("{name} has no bypass"))?.id, 1.0);
        let extra = |input: bool| (1..plugin.buses(input).len()).collect::<Vec<_>>();
        for (inactive_inputs, inactive_outputs) in [(vec![], vec![]), (extra(true), extra(false))] {
            for rate in RATES {
                let setup = Vst3Setup {
                    sample_rate: rate,
                    max_block: FRAMES as u32,
                    inactive_inputs: inactive_inputs.clone(),
                    inactive_outputs: inactive_outputs.clone(),
                    ..Vst3Setup::default()
                };
                let mut processor = plugin.activate(&setup)?;
                let latency = plugin.latency() as usize;
                let (inputs, outputs) = (plugin.silence(true, FRAMES), plugin.silence(false, FRAMES));
                let found = impulse(inputs, outputs, |block| Ok(processor.process(block)?))?;
                plugin.deactivate(processor);
                let off = inactive_inputs.len() + inactive_outputs.len();
                arrives(&format!("{name} with {off} buses off"), rate, latency, found)?;
                checked += 1;
            }
        }
    }
    Ok(Outcome::Passed(format!("{checked} impulses at the reported latency")))
}

fn arrives(name: &str, rate: f64, latency: usize, found: Option<usize>) -> Result<()> {
    let found = found.with_context(|| format!("{name} at {rate} Hz: no impulse came out"))?;
    let expected = IMPULSE + latency;
    ensure!(found == expected, "{name} at {rate} Hz: the impulse came out at sample {found}, not {expected}");
    Ok(())
}

/// The first sample above half the impulse in the main output.
fn impulse(
    mut inputs: Vec<Bus>,
    mut outputs: Vec<Bus>,
    mut process: impl FnMut(&mut Block) -> Result<()>,
) -> Result<Option<usize>> {
    let mut first = None;
    let mut events_out = Vec::new();
    for number in 0..BLOCKS {
        inputs.first_mut().into_iter().flatten().for_each(|channel| {
            channel[IMPULSE] = if number == 0 { 1.0 } else { 0.0 };
        });
        process(&mut Block {
            frames: FRAMES,
            inputs: &mut inputs,
            outputs: &mut outputs,
            events: &[],
            transport: Some(Transport { position: (number * FRAMES) as u64, ..Transport::default() }),
            events_out: &mut events_out,
        })?;
        let left = outputs.first().and_then(|bus| bus.first()).context("the plugin has no output")?;
        ensure!(outputs.iter().flatten().flatten().all(|sample| sample.is_finite()), "the output is not finite");
        if first.is_none() {
            first = left.iter().position(|sample| sample.abs() > 0.5).map(|at| number * FRAMES + at);
        }
    }
    Ok(first)
}
