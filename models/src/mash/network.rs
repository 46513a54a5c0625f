//! The layers of the mash network and how they are wired. `songweave_training/mash/net.py` trains the same.
//!
//! Per song: encoder (linear, normalised) -> GRU -> attention to its own past and to the other song's -> GRU -> shares.
//! Both songs go through the same weights; only attention and the lead look across.

use candle_core::{Device, Tensor};
use serde::Deserialize;

use super::{BANDS, FEATURES, KIND, MashOutput, PART_NAMES, PARTS, SONGS};
use crate::{
    layers::{AttentionShape, Gru, LayerNorm, Linear, WindowAttention, exp, flush, sigmoid, silu},
    weights::{Metadata, WeightError, WeightFile},
};

/// Features are clamped to this range, as in training.
const FEATURE_LIMIT: f32 = 4.0;
/// The largest size of anything in a weight file: keeps a hostile file from asking for all memory.
const LARGEST: usize = 4096;

/// Sizes of the layers, from the weight file.
#[derive(Debug, Clone, Copy, Deserialize)]
struct Architecture {
    hidden: usize,
    heads: usize,
    head_size: usize,
    window: usize,
    every: usize,
}

impl Architecture {
    fn read(metadata: &Metadata) -> Result<Self, WeightError> {
        let unfit = |reason: String| Err(WeightError::Unfit(reason));
        let sizes = match serde_json::from_value::<Self>(metadata.architecture.clone()) {
            Ok(sizes) => sizes,
            Err(error) => return unfit(format!("its architecture cannot be read ({error})")),
        };
        let all = [sizes.hidden, sizes.heads, sizes.head_size, sizes.window, sizes.every];
        if all.iter().any(|size| !(1..=LARGEST).contains(size)) {
            return unfit(format!("a size of its architecture is outside 1 to {LARGEST}"));
        }
        if sizes.attention().size() > LARGEST {
            return unfit(format!("its attention is wider than {LARGEST}"));
        }
        Ok(sizes)
    }

    const fn attention(&self) -> AttentionShape {
        AttentionShape { heads: self.heads, head_size: self.head_size, window: self.window, every: self.every }
    }
}

/// The network's layers with their state, and a buffer for each place where streams are joined.
#[derive(Debug, Clone)]
pub(super) struct Layers {
    encoder: Linear<SONGS>,
    norm: LayerNorm,
    gru1: Gru<SONGS>,
    own: WindowAttention<SONGS>,
    other: WindowAttention<SONGS>,
    mix: Linear<SONGS>,
    gru2: Gru<SONGS>,
    shares: Linear<SONGS>,
    lead: Linear<SONGS>,
    arch: pulp::Arch,
    parameters: usize,
    features: [Vec<f32>; SONGS],
    encoded: [Vec<f32>; SONGS],
    /// Own and other context.
    context: [Vec<f32>; SONGS],
    mixed: [Vec<f32>; SONGS],
    /// What the decisions are made of: the second GRU with its input added, then the encoder's output.
    state: [Vec<f32>; SONGS],
}

/// Reads and verifies a weight file.
pub(super) fn read(bytes: &[u8], device: &Device) -> Result<(Layers, Metadata, String), WeightError> {
    let mut file = WeightFile::parse(bytes, KIND, device)?;
    check(file.metadata())?;
    let sizes = Architecture::read(file.metadata())?;
    let layers = Layers::read(&mut file, sizes)?;
    let (metadata, digest) = file.finish()?;
    Ok((layers, metadata, digest))
}

/// Whether the facts fit what this build hears and plays.
fn check(metadata: &Metadata) -> Result<(), WeightError> {
    let unfit = |reason: String| Err(WeightError::Unfit(reason));
    let bands = &metadata.bands_hz;
    if bands.len() != BANDS || !bands.is_sorted_by(|low, high| low < high) || !bands.iter().all(|hz| hz.is_finite()) {
        return unfit(format!("{BANDS} ascending band centres are needed"));
    }
    if metadata.parts != PART_NAMES {
        return unfit(format!("its parts are {:?}, {PART_NAMES:?} are needed", metadata.parts));
    }
    if metadata.features != FEATURES {
        return unfit(format!("it hears {} features per song, there are {FEATURES}", metadata.features));
    }
    if metadata.lookahead_hops != 0 {
        return unfit(format!("it looks {} hops ahead, it must not", metadata.lookahead_hops));
    }
    Ok(())
}

/// Takes the tensors of a file and counts them.
struct Reader<'f, 'b> {
    file: &'f mut WeightFile<'b>,
    parameters: usize,
}

impl Reader<'_, '_> {
    fn take(&mut self, name: &str, shape: &[usize]) -> Result<Tensor, WeightError> {
        self.parameters += shape.iter().product::<usize>();
        self.file.take(name, shape)
    }

    /// Weight `[out][in]` and bias `[out]` of one linear map.
    fn pair(&mut self, weight: &str, bias: &str, out: usize, inputs: usize) -> Result<(Tensor, Tensor), WeightError> {
        Ok((self.take(weight, &[out, inputs])?, self.take(bias, &[out])?))
    }

    fn linear(&mut self, name: &str, out: usize, inputs: usize) -> Result<Linear<SONGS>, WeightError> {
        let (weight, bias) = self.pair(&format!("{name}.weight"), &format!("{name}.bias"), out, inputs)?;
        Ok(Linear::new(weight, Some(bias))?)
    }

    fn gru(&mut self, name: &str, hidden: usize) -> Result<Gru<SONGS>, WeightError> {
        let mut product = |which: &str| {
            let (weight, bias) = (format!("{name}.weight_{which}_l0"), format!("{name}.bias_{which}_l0"));
            self.pair(&weight, &bias, 3 * hidden, hidden)
        };
        Ok(Gru::new(product("ih")?, product("hh")?)?)
    }

    fn attention(
        &mut self,
        name: &str,
        sizes: Architecture,
        reads: [usize; SONGS],
    ) -> Result<WindowAttention<SONGS>, WeightError> {
        let shape = sizes.attention();
        let (weight, bias) = (format!("{name}.project.weight"), format!("{name}.project.bias"));
        let project = self.pair(&weight, &bias, 3 * shape.size(), sizes.hidden)?;
        let age = self.take(&format!("{name}.age"), &[shape.heads, shape.window])?;
        Ok(WindowAttention::new(shape, reads, project, age)?)
    }
}

impl Layers {
    fn read(file: &mut WeightFile, sizes: Architecture) -> Result<Self, WeightError> {
        let (hidden, context) = (sizes.hidden, 2 * sizes.attention().size());
        let mut reader = Reader { file, parameters: 0 };
        let buffer = |length: usize| std::array::from_fn(|_| vec![0.0; length]);
        Ok(Self {
            encoder: reader.linear("encoder", hidden, FEATURES)?,
            norm: LayerNorm::new(reader.take("norm.weight", &[hidden])?, reader.take("norm.bias", &[hidden])?)?,
            gru1: reader.gru("gru1", hidden)?,
            own: reader.attention("own", sizes, [0, 1])?,
            other: reader.attention("other", sizes, [1, 0])?,
            mix: reader.linear("mix", hidden, context)?,
            gru2: reader.gru("gru2", hidden)?,
            shares: reader.linear("shares", PARTS * BANDS, 2 * hidden)?,
            lead: Linear::new(reader.take("lead.weight", &[PARTS, 2 * hidden])?, None)?,
            arch: pulp::Arch::new(),
            parameters: reader.parameters,
            features: buffer(FEATURES),
            encoded: buffer(hidden),
            context: buffer(context),
            mixed: buffer(hidden),
            state: buffer(2 * hidden),
        })
    }

    pub(super) const fn parameters(&self) -> usize {
        self.parameters
    }

    pub(super) fn reset(&mut self) {
        self.gru1.reset();
        self.own.reset();
        self.other.reset();
        self.gru2.reset();
    }

    /// One hop; the features are finite.
    pub(super) fn step(&mut self, features: &[[f32; FEATURES]; SONGS], out: &mut MashOutput) {
        self.encode(features);
        self.mix_context();
        self.join_state();
        let logits = self.shares.step(slices(&self.state));
        for (logits, shares) in logits.into_iter().zip(&mut out.shares) {
            self.arch.dispatch(|| shares_of(logits, shares));
        }
        let [a, b] = self.lead.step(slices(&self.state));
        for (lead, (a, b)) in out.lead.iter_mut().zip(a.iter().zip(b)) {
            *lead = sigmoid(b - a);
        }
    }

    fn encode(&mut self, features: &[[f32; FEATURES]; SONGS]) {
        for (clamped, features) in self.features.iter_mut().zip(features) {
            clamped.copy_from_slice(features);
            clamped.iter_mut().for_each(|feature| *feature = feature.clamp(-FEATURE_LIMIT, FEATURE_LIMIT));
        }
        let linear = self.encoder.step(slices(&self.features));
        for (encoded, linear) in self.encoded.iter_mut().zip(linear) {
            encoded.copy_from_slice(linear);
            self.arch.dispatch(|| {
                self.norm.step(encoded);
                encoded.iter_mut().for_each(|value| *value = silu(*value));
            });
        }
    }

    /// First GRU, and what attention adds to it.
    fn mix_context(&mut self) {
        let heard = self.gru1.step(slices(&self.encoded));
        let (own, other) = (self.own.step(heard), self.other.step(heard));
        for (context, (own, other)) in self.context.iter_mut().zip(own.into_iter().zip(other)) {
            let (first, second) = context.split_at_mut(own.len());
            first.copy_from_slice(own);
            second.copy_from_slice(other);
        }
        let added = self.mix.step(slices(&self.context));
        for (mixed, (heard, added)) in self.mixed.iter_mut().zip(heard.into_iter().zip(added)) {
            mixed.iter_mut().zip(heard.iter().zip(added)).for_each(|(mixed, (heard, added))| *mixed = heard + added);
        }
    }

    /// Second GRU, and everything that the decisions are made of.
    fn join_state(&mut self) {
        let decided = self.gru2.step(slices(&self.mixed));
        for (song, decided) in decided.into_iter().enumerate() {
            let (first, second) = self.state[song].split_at_mut(decided.len());
            first.iter_mut().zip(decided.iter().zip(&self.mixed[song])).for_each(|(out, (a, b))| *out = a + b);
            second.copy_from_slice(&self.encoded[song]);
        }
    }
}

fn slices(buffers: &[Vec<f32>; SONGS]) -> [&[f32]; SONGS] {
    buffers.each_ref().map(Vec::as_slice)
}

/// Softmax over the parts of each band: logits `[part * band]` to shares `[part][band]`.
#[inline(always)]
fn shares_of(logits: &[f32], shares: &mut [[f32; BANDS]; PARTS]) {
    let mut highest = [f32::NEG_INFINITY; BANDS];
    for logits in logits.chunks_exact(BANDS) {
        highest.iter_mut().zip(logits).for_each(|(highest, logit)| *highest = highest.max(*logit));
    }
    let mut sum = [0.0; BANDS];
    for (shares, logits) in shares.iter_mut().zip(logits.chunks_exact(BANDS)) {
        for band in 0..BANDS {
            shares[band] = flush(exp(logits[band] - highest[band]));
            sum[band] += shares[band];
        }
    }
    for shares in shares {
        shares.iter_mut().zip(&sum).for_each(|(share, sum)| *share = flush(*share / sum));
    }
}
