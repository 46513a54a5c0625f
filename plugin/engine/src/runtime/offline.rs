//! The whole plugin path without host and thread: what the evaluation measures and the mask pictures are drawn from.
//! The same audio path and the same pipeline, so the samples are those of the plugin.

use std::sync::{Arc, atomic::Ordering};

use ringbuf::traits::Consumer;
use songweave_dsp::{
    exchange::{
        link::link_for,
        telemetry::{BandColumn, ColumnReceiver, MaskColumn, Telemetry, columns},
    },
    stream::{
        layout::{CHANNELS, StreamLayout},
        path::{AudioPath, BlockInfo},
    },
};
use songweave_models::{MashNetwork, WeightError};

use crate::{
    band::{Band, take::shared::SharedTake},
    mash::studio::DelayedDecisions,
    runtime::{fault::NetworkFault, inference::Inline, pipeline::Pipeline},
};

/// What a render gives.
pub struct Rendered {
    /// Output, latency removed, `[channel][sample]`, as long as the input; empty when it was only observed.
    pub audio: [Vec<f32>; CHANNELS],
    /// One column per hop of Mash; column 0 belongs to the frame that ends one hop after the input's first sample. Empty when
    /// it was only observed.
    pub columns: Vec<MaskColumn>,
    /// One column per hop of Accompany.
    pub band: Vec<BandColumn>,
}

/// A block of a song, `[channel][sample]`.
type Block = [Vec<f32>; CHANNELS];

/// The plugin's path for one render.
///
/// ```
/// use songweave_dsp::{exchange::controls::Controls, stream::layout::StreamLayout};
/// use songweave_engine::runtime::offline::Offline;
/// use songweave_models::MashNetwork;
///
/// # fn main() -> Result<(), songweave_models::WeightError> {
/// let path = Offline::new(StreamLayout::for_sample_rate(48_000.0), MashNetwork::embedded()?)?;
/// let (a, b) = (vec![0.1; 4_800], vec![-0.1; 4_800]);
/// let rendered = path.render([&a, &a], [&b, &b], 512, |_| Controls::default());
/// assert_eq!(rendered.audio[0].len(), a.len());
/// # Ok(())
/// # }
/// ```
pub struct Offline {
    path: AudioPath,
    inline: Inline<Pipeline>,
    columns: ColumnReceiver,
    keys: Vec<(usize, u8, bool)>,
}

impl Offline {
    /// A path at a layout, with a fresh network and the band in the binary.
    ///
    /// # Errors
    /// When a weight file in the binary is damaged, which a test rules out.
    pub fn new(layout: StreamLayout, network: MashNetwork) -> Result<Self, WeightError> {
        let (audio, end) = link_for(&layout);
        let (sender, receiver) = columns();
        let telemetry = Arc::new(Telemetry::default());
        telemetry.watched.store(true, Ordering::Relaxed);
        Ok(Self {
            path: AudioPath::new(layout, false, audio, telemetry, sender),
            inline: Inline::new(end, Pipeline::new(network, Band::embedded()?)),
            columns: receiver,
            keys: Vec::new(),
        })
    }

    /// In Studio quality, at a layout whose masks wait for it.
    #[must_use]
    pub fn with_studio(self, studio: DelayedDecisions) -> Self {
        Self { inline: self.inline.map(|pipeline| pipeline.with_studio(Some(studio))), ..self }
    }

    /// With a take that others share; what is in it is known from the first step on.
    ///
    /// # Errors
    /// When the network of whole songs fails.
    pub fn with_take(self, take: Arc<SharedTake>) -> Result<Self, NetworkFault> {
        let mut shared = Ok(());
        let inline = self.inline.map(|mut pipeline| {
            shared = pipeline.share(take);
            pipeline
        });
        shared.map(|()| Self { inline, ..self })
    }

    /// With keys played over MIDI: input sample, key, whether it goes down.
    #[must_use]
    pub fn with_keys(self, keys: Vec<(usize, u8, bool)>) -> Self {
        Self { keys, ..self }
    }

    /// Renders song A `[channel][sample]` with song B (shorter: silence follows). `info(n)` is what a host says at input
    /// sample `n`, asked at every multiple of `grid` samples: [`BlockInfo`], or the parameter values alone.
    pub fn render<I: Into<BlockInfo>>(
        self,
        a: [&[f32]; CHANNELS],
        b: [&[f32]; CHANNELS],
        grid: usize,
        info: impl FnMut(usize) -> I,
    ) -> Rendered {
        let latency = self.path.layout().latency();
        let songs = |from: usize, blocks: [&mut Block; 2]| {
            for (song, block) in [a, b].into_iter().zip(blocks) {
                song.iter().zip(block).for_each(|(channel, block)| copy(channel, from, block));
            }
        };
        let mut audio: Block = [vec![], vec![]];
        let listen =
            |block: &Block| audio.iter_mut().zip(block).for_each(|(audio, block)| audio.extend_from_slice(block));
        let mut columns = vec![];
        let rendered = self.run(a[0].len(), songs, grid, info, listen, |column| columns.push(*column));
        for audio in &mut audio {
            audio.drain(..latency);
        }
        Rendered { audio, columns, ..rendered }
    }

    /// As [`Self::render`], but nothing is held of the songs, `length` samples long, of the sound or of the mask.
    /// `songs(n, [a, b])` writes what there is from sample `n` on into blocks of silence, `watch` sees one column per hop of
    /// Mash.
    pub fn observe<I: Into<BlockInfo>>(
        self,
        length: usize,
        songs: impl FnMut(usize, [&mut [Vec<f32>; CHANNELS]; 2]),
        grid: usize,
        info: impl FnMut(usize) -> I,
        watch: impl FnMut(&MaskColumn),
    ) -> Rendered {
        self.run(length, songs, grid, info, |_| {}, watch)
    }

    fn run<I: Into<BlockInfo>>(
        mut self,
        length: usize,
        mut songs: impl FnMut(usize, [&mut Block; 2]),
        grid: usize,
        mut info: impl FnMut(usize) -> I,
        mut listen: impl FnMut(&Block),
        mut watch: impl FnMut(&MaskColumn),
    ) -> Rendered {
        let latency = self.path.layout().latency();
        self.path.reset(&info(0).into().controls);
        let mut rendered = Rendered { audio: [vec![], vec![]], columns: vec![], band: vec![] };
        for start in (0..length + latency).step_by(grid) {
            let end = (start + grid).min(length + latency);
            let silence = || std::array::from_fn(|_| vec![0.0; end - start]);
            let (mut block, mut side): (Block, Block) = (silence(), silence());
            songs(start, [&mut block, &mut side]);
            for &(at, key, down) in self.keys.iter().filter(|(at, ..)| (start..end).contains(at)) {
                self.path.play_key(at - start, key, down);
            }
            let [left, right] = &mut block;
            let main = &mut [left.as_mut_slice(), right.as_mut_slice()];
            self.path.process(main, &side, &info(start).into(), &mut self.inline, &mut ());
            listen(&block);
            self.columns.mask.pop_iter().for_each(|column| watch(&column));
            rendered.band.extend(self.columns.band.pop_iter());
        }
        rendered
    }
}

/// Copies what there is of a channel from a sample on.
fn copy(channel: &[f32], from: usize, block: &mut [f32]) {
    let there = channel.get(from..).unwrap_or_default();
    let count = there.len().min(block.len());
    block[..count].copy_from_slice(&there[..count]);
}
