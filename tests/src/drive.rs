//! The audio path with the network on the same thread, fed block by block.

use std::sync::Arc;

use songweave_dsp::{
    exchange::{
        controls::Controls,
        link::link,
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
