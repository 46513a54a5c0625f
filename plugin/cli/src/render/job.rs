//! What is to be rendered: audio, parameters and the host's settings, all checked.

use super::automation::Curve;
use super::lanes::Lanes;
use super::midi;
use super::options::{Args, BlockSize, Mode};
use super::parameters::{Assignment, Parameters};
use crate::device::DeviceChoice;
use anyhow::{Result, ensure};
use songweave_audio::store::StereoStore;
use songweave_dsp::stream::layout::StreamLayout;
use songweave_engine::mash::studio::Studio;
use songweave_host::ClapPlugin;
use std::sync::Arc;

/// The songs at the render's sample rate.
#[derive(Clone)]
pub struct Inputs {
    /// In Hz.
    pub sample_rate: u32,
    /// Main input.
    pub a: Arc<StereoStore>,
    /// Side-chain; as long as it is, silence follows.
    pub b: Option<Arc<StereoStore>>,
}

impl Inputs {
    /// Decodes the files, brings them to one sample rate and says what is to be known of them.
    pub(crate) fn read(args: &Args) -> Result<Self> {
        let a = StereoStore::decode(&args.input, args.sample_rate)?;
        let b = args.sidechain.as_deref().map(|path| StereoStore::decode(path, Some(a.rate()))).transpose()?;
        let remarks = a.remarks().iter().chain(b.iter().flat_map(StereoStore::remarks));
        remarks.for_each(|remark| eprintln!("note: {remark}"));
        Ok(Self { sample_rate: a.rate(), a: Arc::new(a), b: b.map(Arc::new) })
    }

    /// Length of the main input in samples.
    pub(crate) fn samples(&self) -> usize {
        self.a.samples()
    }
}

/// A render in all its details.
#[derive(Clone)]
pub(crate) struct Job {
    /// The songs.
    pub(crate) inputs: Inputs,
    /// Parameters at the start.
    pub(crate) assignments: Vec<Assignment>,
    /// Parameters that move.
    pub(crate) curves: Vec<Curve>,
    /// The plugin's parameters and its state before the first was set.
    pub(crate) parameters: Parameters,
    /// Notes played to the plugin: sample and event.
    pub(crate) notes: Vec<midi::Timed>,
    /// How long blocks are.
    pub(crate) block_size: BlockSize,
    /// Whether a band follows the voice at the start.
    pub(crate) accompanies: bool,
    /// Whether Studio quality is chosen.
    pub(crate) studio: bool,
    /// Whether nothing is to be rendered without a GPU.
    pub(crate) insists_on_gpu: bool,
    /// Tell the plugin that it plays.
    pub(crate) realtime: bool,
    /// Quarter notes per minute.
    pub(crate) tempo: f64,
    /// Beats in a bar, and the note value of a beat.
    pub(crate) time_signature: (u16, u16),
    /// In samples.
    pub(crate) loop_range: Option<(u64, u64)>,
}

impl Job {
    /// Checks the options against the plugin.
    pub(crate) fn new(args: &Args, inputs: Inputs, plugin: &mut ClapPlugin) -> Result<Self> {
        let parameters = Parameters::of(plugin)?;
        let mut assignments = Vec::new();
        if let Some(mode) = args.mode {
            assignments.push(parameters.assignment(plugin, &format!("mode={}", mode.text()))?);
        }
        if let Some(device) = args.device {
            assignments.push(parameters.assignment(plugin, &format!("device={}", device.text()))?);
        }
        let lanes = args.lanes.as_deref().map(Lanes::read).transpose()?;
        let (set, moved) = lanes.map(|lanes| (lanes.params, lanes.automate)).unwrap_or_default();
        for text in args.params.iter().chain(&set) {
            assignments.push(parameters.assignment(plugin, text)?);
        }
        let mut curves: Vec<Curve> = Vec::new();
        let fixed = set.iter().map(|text| parameters.assignment(plugin, text)).collect::<Result<Vec<_>>>()?;
        for text in args.automations.iter().chain(&moved) {
            let curve = Curve::parse(plugin, &parameters, text)?;
            let twice = curves.iter().any(|other| other.id() == curve.id());
            ensure!(!twice, "a parameter can be automated once only; give all its points in one --automate");
            let moves_lanes = fixed.iter().any(|fixed| fixed.id == curve.id());
            ensure!(!moves_lanes, "the lanes hold balance and auto already; leave out --automate {text}");
            assignments.push(Assignment { id: curve.id(), value: curve.value_at(0.0) });
            curves.push(curve);
        }
        let rate = f64::from(inputs.sample_rate);
        let notes = args.midi_in.as_deref().map(|path| midi::read(path, rate)).transpose()?.unwrap_or_default();
        let loop_range =
            args.loop_range.map(|range| ((range.0 * rate).round() as u64, (range.1 * rate).round() as u64));
        ensure!(loop_range.is_none_or(|(from, to)| from < to), "the loop is shorter than one sample");
        let mut shown = |id: &str| -> Result<String> {
            let parameter = parameters.find(id)?;
            let value = assignments.iter().rev().find(|assignment| assignment.id == parameter.id);
            let value = value.map_or(parameter.default, |assignment| assignment.value);
            Ok(plugin.text(parameter.id, value).unwrap_or_default())
        };
        let (mode, quality) = (shown("mode")?, shown("quality")?);
        let accompanies = mode.eq_ignore_ascii_case(Mode::Accompany.text());
        let studio = quality.eq_ignore_ascii_case("studio");
        let insists_on_gpu = args.device == Some(DeviceChoice::Gpu);
        ensure!(
            !insists_on_gpu || (studio && !accompanies),
            "a GPU runs the network of Studio quality and nothing else; add --param quality=studio, or leave out --device"
        );
        ensure!(!args.learn || accompanies, "only a band learns a song; add --mode accompany, or leave out --learn");
        ensure!(
            !args.learn || loop_range.is_none(),
            "a song is learned from its beginning to its end; leave out --loop, or --learn"
        );
        Ok(Self {
            inputs,
            accompanies,
            studio,
            insists_on_gpu,
            assignments,
            curves,
            parameters,
            notes,
            block_size: args.block_size,
            realtime: args.realtime,
            tempo: args.tempo.0,
            time_signature: (args.time_signature.0, args.time_signature.1),
            loop_range,
        })
    }

    /// Window, hop, look-ahead and the masks' delay of the plugin from the latency in samples that it reports.
    pub(crate) fn layout(&self, latency: usize) -> StreamLayout {
        let layout = StreamLayout::for_sample_rate(self.inputs.sample_rate as f32);
        let look_ahead = latency.saturating_sub(layout.latency()) / layout.hop;
        let mask_delay = if self.studio { Studio::lag(&layout) } else { 0 };
        // A plugin that was built without Studio reports the latency of Live.
        let mask_delay = if mask_delay > look_ahead { 0 } else { mask_delay };
        StreamLayout { look_ahead, mask_delay, ..layout }
    }
}
