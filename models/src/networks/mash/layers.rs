//! The layers of the mash network and how they are wired. `songweave_training/mash/net.py` trains the same.
//!
//! Per song: encoder (linear, normalised) -> GRU -> attention to its own past and to the other song's -> GRU -> shares.
//! Both songs go through the same weights; only attention and the lead look across.

use candle_core::Tensor;
use pulp::Arch;
use serde::Deserialize;

use super::{BANDS, EMBEDDED, FEATURES, MashOutput, PART_NAMES, PARTS, SONGS};
use crate::{
    format::{Architecture, Divide, Forward, Metadata, Sequence, Subnetwork, WeightError, WeightFile, check_sizes},
    layers::{AttentionShape, Gru, LayerNorm, Linear, Memory, WindowAttention, exp, flush, sigmoid, silu},
};

/// Features are clamped to this range, as in training.
const FEATURE_LIMIT: f32 = 4.0;
/// The largest size of anything in a weight file: keeps a hostile file from asking for all memory.
const LARGEST: usize = 4096;

/// Sizes of the layers, from the weight file.
#[derive(Debug, Clone, Copy, Deserialize)]
struct Sizes {
    hidden: usize,
    heads: usize,
    head_size: usize,
    window: usize,
    every: usize,
}

impl Sizes {
    fn read(file: &WeightFile<'_>) -> Result<Self, WeightError> {
        let sizes: Self = file.architecture()?;
        let Self { hidden, heads, head_size, window, every } = sizes;
        check_sizes(&[hidden, heads, head_size, window, every], &(1..=LARGEST))?;
        if sizes.attention().size() > LARGEST {
            return Err(WeightError::Unfit(format!("its attention is wider than {LARGEST}")));
        }
        Ok(sizes)
    }

    const fn attention(&self) -> AttentionShape {
        AttentionShape { heads: self.heads, head_size: self.head_size, window: self.window, every: self.every }
    }
}

/// The layers of the mash network with their state, and a buffer for each place where streams are joined.
///
/// As a [`Sequence`] they hear `[song][feature]` and answer the logits of the shares, `[song][part][band]`, and of the
/// leads, `[part]`.
#[derive(Debug, Clone)]
pub struct Mash {
    encoder: Linear<SONGS>,
    norm: LayerNorm,
    gru1: Gru<SONGS>,
    own: WindowAttention<SONGS>,
    other: WindowAttention<SONGS>,
    mix: Linear<SONGS>,
    gru2: Gru<SONGS>,
    shares: Linear<SONGS>,
    lead: Linear<SONGS>,
    pub(super) arch: Arch,
    features: [Vec<f32>; SONGS],
    encoded: [Vec<f32>; SONGS],
    /// Own and other context.
    context: [Vec<f32>; SONGS],
    mixed: [Vec<f32>; SONGS],
    /// What the decisions are made of: the second GRU with its input added, then the encoder's output.
    state: [Vec<f32>; SONGS],
    logits: Vec<f32>,
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

fn attention(
    file: &mut WeightFile<'_>,
    name: &str,
    sizes: Sizes,
    reads: [usize; SONGS],
) -> Result<WindowAttention<SONGS>, WeightError> {
    let (shape, project) = (sizes.attention(), format!("{name}.project"));
    let rows = 3 * shape.size();
    let weight = file.take(&format!("{project}.weight"), &[rows, sizes.hidden])?;
    let bias = file.take(&format!("{project}.bias"), &[rows])?;
    let age = file.take(&format!("{name}.age"), &[shape.heads, shape.window])?;
    Ok(WindowAttention::new(shape, reads, (weight, bias), age)?)
}

impl Divide for Mash {
    fn divide(self) -> Vec<Subnetwork> {
        vec![Subnetwork::new("songs", self)]
    }
}

impl Architecture for Mash {
    const KIND: &'static str = "mash";
    const EMBEDDED: &'static [u8] = EMBEDDED;

    fn read(file: &mut WeightFile<'_>) -> Result<Self, WeightError> {
        check(file.metadata())?;
        let sizes = Sizes::read(file)?;
        let (hidden, context) = (sizes.hidden, 2 * sizes.attention().size());
        let buffer = |length: usize| std::array::from_fn(|_| vec![0.0; length]);
        Ok(Self {
            encoder: file.take_linear("encoder", hidden, FEATURES)?,
            norm: LayerNorm::new(file.take("norm.weight", &[hidden])?, file.take("norm.bias", &[hidden])?)?,
            gru1: file.take_gru("gru1", hidden, hidden)?,
            own: attention(file, "own", sizes, [0, 1])?,
            other: attention(file, "other", sizes, [1, 0])?,
            mix: file.take_linear("mix", hidden, context)?,
            gru2: file.take_gru("gru2", hidden, hidden)?,
            shares: file.take_linear("shares", PARTS * BANDS, 2 * hidden)?,
            lead: Linear::new(file.take("lead.weight", &[PARTS, 2 * hidden])?, None)?,
            arch: Arch::new(),
            features: buffer(FEATURES),
            encoded: buffer(hidden),
            context: buffer(context),
            mixed: buffer(hidden),
            state: buffer(2 * hidden),
            logits: vec![0.0; SONGS * PARTS * BANDS + PARTS],
        })
    }

    fn reset(&mut self) {
        self.gru1.reset();
        self.own.reset();
        self.other.reset();
        self.gru2.reset();
    }
}

impl Sequence for Mash {
    fn step(&mut self, features: &[f32]) -> &[f32] {
        self.encode(features);
        self.mix_context();
        self.join_state();
        let (shares, lead) = self.logits.split_at_mut(SONGS * PARTS * BANDS);
        let logits = self.shares.step(slices(&self.state));
        shares.chunks_exact_mut(PARTS * BANDS).zip(logits).for_each(|(shares, logits)| shares.copy_from_slice(logits));
        let [a, b] = self.lead.step(slices(&self.state));
        lead.iter_mut().zip(a.iter().zip(b)).for_each(|(lead, (a, b))| *lead = b - a);
        &self.logits
    }
}

impl Forward for Mash {
    fn inputs(&self) -> usize {
        SONGS * FEATURES
    }

    fn outputs(&self) -> usize {
        SONGS * PARTS * BANDS + PARTS
    }

    /// All songs A of the batch, then all songs B, go through the layers together.
    fn forward(&self, features: &Tensor, memory: &mut Memory) -> candle_core::Result<Tensor> {
        let limit = f64::from(FEATURE_LIMIT);
        let songs = Tensor::cat(&features.clamp(-limit, limit)?.chunk(SONGS, 2)?, 0)?;
        let encoded = self.norm.forward(&self.encoder.forward(&songs)?)?.silu()?;
        let heard = self.gru1.forward(&encoded, memory.of("gru1"))?;
        let [a, b] = songs_of(&heard)?;
        let other = self.other.forward(&heard, &Tensor::cat(&[b, a], 0)?, memory.of("other"))?;
        let context = Tensor::cat(&[self.own.forward(&heard, &heard, memory.of("own"))?, other], 2)?;
        let mixed = (heard + self.mix.forward(&context)?)?;
        let state = Tensor::cat(&[(self.gru2.forward(&mixed, memory.of("gru2"))? + mixed)?, encoded], 2)?;
        let [a, b] = songs_of(&self.shares.forward(&state)?)?;
        let [lead_a, lead_b] = songs_of(&self.lead.forward(&state)?)?;
        Tensor::cat(&[a, b, (lead_b - lead_a)?], 2)
    }
}

/// Songs A and songs B of a batch of both.
fn songs_of(both: &Tensor) -> candle_core::Result<[Tensor; SONGS]> {
    let batch = both.dim(0)? / SONGS;
    Ok([both.narrow(0, 0, batch)?, both.narrow(0, batch, batch)?])
}

impl Mash {
    fn encode(&mut self, features: &[f32]) {
        for (clamped, features) in self.features.iter_mut().zip(features.chunks_exact(FEATURES)) {
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

/// The answer of logits as [`Mash`] gives them.
pub(super) fn write(arch: Arch, logits: &[f32], out: &mut MashOutput) {
    let (shares, lead) = logits.split_at(SONGS * PARTS * BANDS);
    for (logits, shares) in shares.chunks_exact(PARTS * BANDS).zip(&mut out.shares) {
        arch.dispatch(|| shares_of(logits, shares));
    }
    out.lead.iter_mut().zip(lead).for_each(|(lead, logit)| *lead = sigmoid(*logit));
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
