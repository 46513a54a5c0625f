//! Attention over a window of the recent past: a stream's own, or another stream's.

use candle_core::{D, Device, Result, Tensor};
use pulp::Arch;

use super::{activation::softmax, linear::Linear};

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

    /// Many hops from empty memories: what one stream asks, `[time][in]`, of what another (or the same) remembers,
    /// `[time][in]`, to `[time][size]`.
    ///
    /// # Errors
    /// When a shape does not fit or the device fails.
    pub fn forward(&self, asking: &Tensor, remembered: &Tensor) -> Result<Tensor> {
        let (hops, size, every) = (asking.dim(0)?, self.shape.size(), self.shape.every);
        let queries = self.project.forward(asking)?.narrow(1, 0, size)?;
        let slots: Vec<u32> = (0..hops).step_by(every).map(|hop| hop as u32).collect();
        let slots = Tensor::new(slots, asking.device())?;
        let past = self.project.forward(&remembered.index_select(&slots, 0)?)?;
        let (queries, keys) = (self.heads(&queries)?, self.heads(&past.narrow(1, size, size)?)?);
        let values = self.heads(&past.narrow(1, 2 * size, size)?)?;
        let scale = 1.0 / (self.shape.head_size as f64).sqrt();
        let scores = (queries.matmul(&keys.transpose(1, 2)?.contiguous()?)? * scale)?;
        let scores = (scores + self.forward_bias(hops, slots.dim(0)?, asking.device())?)?;
        let weights = scores.broadcast_sub(&scores.max_keepdim(D::Minus1)?)?.exp()?;
        let weights = weights.broadcast_div(&weights.sum_keepdim(D::Minus1)?)?;
        weights.matmul(&values)?.transpose(0, 1)?.reshape((hops, size))
    }

    /// `[time][size]` as `[head][time][head_size]`.
    fn heads(&self, x: &Tensor) -> Result<Tensor> {
        x.reshape((x.dim(0)?, self.shape.heads, self.shape.head_size))?.transpose(0, 1)?.contiguous()
    }

    /// `[head][time][slot]`: the bias of a slot's age, next to minus infinity for slots that are not seen.
    fn forward_bias(&self, hops: usize, slots: usize, device: &Device) -> Result<Tensor> {
        let ages = self.age.to_vec2::<f32>()?;
        let mut bias = Vec::with_capacity(self.shape.heads * hops * slots);
        for ages in &ages {
            for hop in 0..hops {
                let age = |slot: usize| (hop / self.shape.every).checked_sub(slot);
                let of_slot = |slot| age(slot).and_then(|age| ages.get(age)).copied().unwrap_or(-1e30);
                bias.extend((0..slots).map(of_slot));
            }
        }
        Tensor::from_vec(bias, (self.shape.heads, hops, slots), device)
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
