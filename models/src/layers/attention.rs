//! Attention over a window of the recent past: a stream's own, or another stream's.

use std::ops::Range;

use candle_core::{D, Device, Result, Tensor};
use pulp::Arch;

use super::{activation::softmax, linear::Linear, memory::Remembered};

/// Sizes of a [`WindowAttention`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttentionShape {
    /// Attention heads.
    pub heads: usize,
    /// Numbers per head.
    pub head_size: usize,
    /// Memory slots that are seen.
    pub window: usize,
    /// Hops between two memory slots.
    pub every: usize,
}

impl AttentionShape {
    /// Numbers per query, key, value and answer.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.heads * self.head_size
    }
}

/// What one stream remembers: a ring of `window` slots.
#[derive(Debug, Clone)]
struct Memory {
    /// `[size][slot]`: a query is held against all slots at once.
    keys: Vec<f32>,
    /// `[slot][size]`
    values: Vec<f32>,
}

/// Attention for `STREAMS` streams that share its weights. Each stream asks the memory of the stream that `reads` names.
///
/// Every `every`-th hop of each stream, the first one included, fills a memory slot; the newest `window` slots are seen. A
/// bias per head and age of a slot is learned. State: the memories, empty after [`Self::reset`].
#[derive(Debug, Clone)]
pub struct WindowAttention<const STREAMS: usize> {
    arch: Arch,
    shape: AttentionShape,
    reads: [usize; STREAMS],
    project: Linear<STREAMS>,
    age: Tensor,
    /// `[head][2 * window]`: the ages from the oldest to the newest, twice. Whichever slot of the ring is the newest, the
    /// biases of all slots in their order are one slice of it.
    age_bias: Vec<f32>,
    memories: [Memory; STREAMS],
    hop: usize,
    slots: usize,
    scores: Vec<f32>,
    out: [Vec<f32>; STREAMS],
}

impl<const STREAMS: usize> WindowAttention<STREAMS> {
    /// A layer from its projection `[3 * size][in]` (rows: query, key, value), its age bias `[heads][window]`, and the
    /// stream whose memory each stream reads.
    ///
    /// # Errors
    /// When the shapes do not fit or the device fails.
    pub fn new(shape: AttentionShape, reads: [usize; STREAMS], project: (Tensor, Tensor), age: Tensor) -> Result<Self> {
        let room = vec![0.0; shape.window * shape.size()];
        let ages = age.to_vec2::<f32>()?;
        let twice = |ages: &Vec<f32>| [ages.as_slice(), ages].concat().into_iter().rev();
        let age_bias = ages.iter().flat_map(twice).collect();
        Ok(Self {
            arch: Arch::new(),
            shape,
            reads,
            project: Linear::new(project.0, Some(project.1))?,
            age,
            age_bias,
            memories: std::array::from_fn(|_| Memory { keys: room.clone(), values: room.clone() }),
            hop: 0,
            slots: 0,
            scores: vec![0.0; shape.window],
            out: std::array::from_fn(|_| vec![0.0; shape.size()]),
        })
    }

    /// Forgets everything.
    pub fn reset(&mut self) {
        (self.hop, self.slots) = (0, 0);
    }

    /// One hop: `x[stream]` `[in]` to `[stream]` `[size]`.
    pub fn step(&mut self, x: [&[f32]; STREAMS]) -> [&[f32]; STREAMS] {
        let (size, window) = (self.shape.size(), self.shape.window);
        let projected = self.project.step(x);
        if self.hop == 0 {
            let slot = self.slots % window;
            for (memory, projected) in self.memories.iter_mut().zip(projected) {
                let keys = memory.keys[slot..].iter_mut().step_by(window);
                keys.zip(&projected[size..2 * size]).for_each(|(kept, key)| *kept = *key);
                memory.values[slot * size..][..size].copy_from_slice(&projected[2 * size..]);
            }
            self.slots += 1;
        }
        self.hop = (self.hop + 1) % self.shape.every;
        let view = View { shape: self.shape, slots: self.slots, age_bias: &self.age_bias };
        for (stream, out) in self.out.iter_mut().enumerate() {
            let (query, memory) = (&projected[stream][..size], &self.memories[self.reads[stream]]);
            self.arch.dispatch(|| view.answer(query, memory, &mut self.scores, out));
        }
        self.out.each_ref().map(Vec::as_slice)
    }

    /// Many hops, going on from what is remembered: what some streams ask, `[batch][time][in]`, of what others (or the same)
    /// are, `[batch][time][in]`, to `[batch][time][size]`.
    ///
    /// # Errors
    /// When a shape does not fit or the device fails.
    pub fn forward(&self, asking: &Tensor, asked: &Tensor, kept: &mut Remembered) -> Result<Tensor> {
        let (batch, hops, _) = asking.dims3()?;
        let size = self.shape.size();
        let queries = self.project.forward(asking)?.narrow(2, 0, size)?;
        let past = self.past(asked, kept)?;
        let (queries, keys) = (self.heads(&queries)?, self.heads(&past.narrow(2, 0, size)?)?);
        let values = self.heads(&past.narrow(2, size, size)?)?;
        let scale = 1.0 / (self.shape.head_size as f64).sqrt();
        let scores = (queries.matmul(&keys.transpose(2, 3)?.contiguous()?)? * scale)?;
        let scores =
            scores.broadcast_add(&self.forward_bias(kept.hops..kept.hops + hops, past.dim(1)?, asking.device())?)?;
        kept.hops += hops;
        let weights = scores.broadcast_sub(&scores.max_keepdim(D::Minus1)?)?.exp()?;
        let weights = weights.broadcast_div(&weights.sum_keepdim(D::Minus1)?)?;
        weights.matmul(&values)?.transpose(1, 2)?.reshape((batch, hops, size))
    }

    /// Keys and values `[batch][slot][2 * size]` of the slots that any of the hops sees, the oldest first. What later hops
    /// can see of them is kept.
    fn past(&self, asked: &Tensor, kept: &mut Remembered) -> Result<Tensor> {
        let AttentionShape { every, window, .. } = self.shape;
        let hops = asked.dim(1)?;
        let slots: Vec<u32> =
            (0..hops as u32).filter(|hop| (kept.hops + *hop as usize).is_multiple_of(every)).collect();
        if !slots.is_empty() {
            let slots = Tensor::new(slots, asked.device())?;
            let projected = self.project.forward(&asked.contiguous()?.index_select(&slots, 1)?)?;
            let size = self.shape.size();
            kept.tensors.push(projected.narrow(2, size, 2 * size)?.contiguous()?);
        }
        let past = Tensor::cat(&kept.tensors, 1)?;
        let seen = past.dim(1)?.min(window);
        kept.tensors = vec![past.narrow(1, past.dim(1)? - seen, seen)?.contiguous()?];
        Ok(past)
    }

    /// `[batch][time][size]` as `[batch][head][time][head_size]`.
    fn heads(&self, x: &Tensor) -> Result<Tensor> {
        let (batch, time, _) = x.dims3()?;
        x.reshape((batch, time, self.shape.heads, self.shape.head_size))?.transpose(1, 2)?.contiguous()
    }

    /// `[head][time][slot]` of some hops and the newest slots: the bias of a slot's age, next to minus infinity for slots that
    /// are not seen.
    fn forward_bias(&self, hops: Range<usize>, slots: usize, device: &Device) -> Result<Tensor> {
        let ages = self.age.to_vec2::<f32>()?;
        let every = self.shape.every;
        let oldest = (hops.end - 1) / every + 1 - slots;
        let mut bias = Vec::with_capacity(self.shape.heads * hops.len() * slots);
        for ages in &ages {
            for hop in hops.clone() {
                let age = |slot: usize| (hop / every).checked_sub(oldest + slot);
                let of_slot = |slot| age(slot).and_then(|age| ages.get(age)).copied().unwrap_or(-1e30);
                bias.extend((0..slots).map(of_slot));
            }
        }
        Tensor::from_vec(bias, (self.shape.heads, hops.len(), slots), device)
    }
}

/// What can be seen at one hop.
struct View<'a> {
    shape: AttentionShape,
    slots: usize,
    age_bias: &'a [f32],
}

impl View<'_> {
    /// The answer of a memory to a query `[size]`; `scores` has room for the window.
    #[inline(always)]
    fn answer(&self, query: &[f32], memory: &Memory, scores: &mut [f32], out: &mut [f32]) {
        let AttentionShape { heads, head_size, window, .. } = self.shape;
        let scale = 1.0 / (head_size as f32).sqrt();
        let scores = &mut scores[..self.slots.min(window)];
        for head in 0..heads {
            let place = head * head_size..(head + 1) * head_size;
            let keys = memory.keys[place.start * window..].chunks_exact(window);
            scores.fill(0.0);
            for (query, keys) in query[place.clone()].iter().zip(keys) {
                scores.iter_mut().zip(keys).for_each(|(score, key)| *score += query * key);
            }
            let newest = (self.slots - 1) % window;
            let ages = &self.age_bias[head * 2 * window + window - 1 - newest..];
            scores.iter_mut().zip(ages).for_each(|(score, age)| *score = *score * scale + age);
            softmax(scores);
            let out = &mut out[place.clone()];
            out.fill(0.0);
            for (weight, values) in scores.iter().zip(memory.values.chunks_exact(self.shape.size())) {
                out.iter_mut().zip(&values[place.clone()]).for_each(|(out, value)| *out += weight * value);
            }
        }
    }
}
