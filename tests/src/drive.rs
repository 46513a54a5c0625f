//! The audio path with the network on the same thread, fed block by block.

use std::sync::Arc;

use songweave_dsp::{
    exchange::{
        controls::Controls,
        decision::{Decided, Decision, MashDecision},
        frame::AnalysisFrame,
        link::{WaitPolicy, link, link_for},
        telemetry::{Telemetry, columns},
    },
    stream::{
        layout::StreamLayout,
        path::{AudioPath, BlockInfo},
    },
};
use songweave_engine::{
    band::Band,
    runtime::{inference::Inline, pipeline::Pipeline},
};
use songweave_models::MashNetwork;

/// A path with its inference end.
pub struct Driven {
    /// The path.
    pub path: AudioPath,
    /// Its network.
    pub inline: Inline<Pipeline>,
    /// Its meters.
    pub telemetry: Arc<Telemetry>,
}

/// A path of Mash whose decisions are made up, hop by hop, and what makes them.
///
/// ```
/// use songweave_dsp::{exchange::decision::MashDecision, stream::{layout::StreamLayout, path::BlockInfo}};
///
/// let layout = StreamLayout::for_sample_rate(48_000.0);
/// let (mut path, mut decides) = songweave_tests::drive::decided(layout, |_| MashDecision::UNDECIDED);
/// let (mut left, mut right) = (vec![0.0; 512], vec![0.0; 512]);
/// let side: [&[f32]; 2] = [&[0.5; 512]; 2];
/// path.process(&mut [&mut left, &mut right], &side, &BlockInfo::default(), &mut decides, &mut ());
/// ```
pub fn decided(
    layout: StreamLayout,
    mut decide: impl FnMut(&AnalysisFrame) -> MashDecision,
) -> (AudioPath, impl WaitPolicy) {
    let (audio, end) = link_for(&layout);
    let path = AudioPath::new(layout, false, audio, Arc::new(Telemetry::default()), columns().0);
    let decide =
        move |frame: &AnalysisFrame| Some(Decision { position: frame.position, decided: Decided::Mash(decide(frame)) });
    (path, Inline::new(end, decide))
}

impl Driven {
    /// A path at a sample rate in Hz with the embedded network.
    ///
    /// # Panics
    /// When the embedded network is damaged.
    #[must_use]
    pub fn new(sample_rate: f32, mono_input: bool) -> Self {
        let network = MashNetwork::embedded().expect("the embedded network is sound");
        let band = Band::embedded().expect("the embedded networks are sound");
        let (audio, end) = link();
        let (sender, _) = columns();
        let telemetry = Arc::new(Telemetry::default());
        let layout = StreamLayout::for_sample_rate(sample_rate);
        let path = AudioPath::new(layout, mono_input, audio, telemetry.clone(), sender);
        Self { path, inline: Inline::new(end, Pipeline::new(network, band)), telemetry }
    }

    /// Runs songs `[channel][sample]` through in blocks of the given sizes; `controls(n)` are asked at the first sample
    /// of each block. Returns the output `[channel][sample]`, latency included.
    pub fn run(
        &mut self,
        main: &[Vec<f32>],
        side: &[Vec<f32>],
        mut sizes: impl Iterator<Item = usize>,
        mut controls: impl FnMut(usize) -> Controls,
    ) -> Vec<Vec<f32>> {
        let mut out = main.to_vec();
        let length = out[0].len();
        let mut start = 0;
        while start < length {
            let end = length.min(start + sizes.next().unwrap_or(length));
            let mut block: Vec<&mut [f32]> = out.iter_mut().map(|channel| &mut channel[start..end]).collect();
            let side: Vec<&[f32]> = side.iter().map(|channel| &channel[start..end]).collect();
            let info = BlockInfo { controls: controls(start), ..BlockInfo::default() };
            self.path.process(&mut block, &side, &info, &mut self.inline, &mut ());
            start = end;
        }
        out
    }
}
