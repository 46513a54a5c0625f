//! Attention over a window of the recent past: a stream's own, or another stream's.

use candle_core::{D, Device, Result, Tensor};

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
    /// `[slot][size]`
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
    shape: AttentionShape,
    reads: [usize; STREAMS],
    project: Linear<STREAMS>,
    age: Tensor,
    /// `[head][age]`
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
        let age_bias = age.flatten_all()?.to_vec1()?;
        Ok(Self {
            shape,
            reads,
            project: Linear::new(project.0, Some(project.1))?,
            age,
            age_bias,
            memories: std::array::from_fn(|_| Memory { keys: room.clone(), values: room.clone() }),
            hop: 0,
            slots: 0,
            scores: Vec::with_capacity(shape.window),
            out: std::array::from_fn(|_| vec![0.0; shape.size()]),
        })
    }

    /// Forgets everything.
    pub fn reset(&mut self) {
        (self.hop, self.slots) = (0, 0);
    }

    /// One hop: `x[stream]` `[in]` to `[stream]` `[size]`.
    pub fn step(&mut self, x: [&[f32]; STREAMS]) -> [&[f32]; STREAMS] {
        let size = self.shape.size();
        let projected = self.project.step(x);
        if self.hop == 0 {
            let start = self.slots % self.shape.window * size;
            for (memory, projected) in self.memories.iter_mut().zip(projected) {
                memory.keys[start..start + size].copy_from_slice(&projected[size..2 * size]);
                memory.values[start..start + size].copy_from_slice(&projected[2 * size..]);
            }
            self.slots += 1;
        }
        self.hop = (self.hop + 1) % self.shape.every;
        let view = View { shape: self.shape, slots: self.slots, age_bias: &self.age_bias };
        for (stream, out) in self.out.iter_mut().enumerate() {
            view.answer(&projected[stream][..size], &self.memories[self.reads[stream]], &mut self.scores, out);
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
    /// The answer of a memory `[slot][size]` to a query `[size]`.
    fn answer(&self, query: &[f32], memory: &Memory, scores: &mut Vec<f32>, out: &mut [f32]) {
        let AttentionShape { heads, head_size, window, .. } = self.shape;
        let size = self.shape.size();
        let scale = 1.0 / (head_size as f32).sqrt();
        for head in 0..heads {
            let place = head * head_size..(head + 1) * head_size;
            let ages = &self.age_bias[head * window..][..self.slots.min(window)];
            let slot = |age: usize| (self.slots - 1 - age) % window * size;
            scores.clear();
            scores.extend(ages.iter().enumerate().map(|(age, bias)| {
                let key = &memory.keys[slot(age)..][place.clone()];
                query[place.clone()].iter().zip(key).map(|(a, b)| a * b).sum::<f32>() * scale + bias
            }));
            softmax(scores);
            let out = &mut out[place.clone()];
            out.fill(0.0);
            for (age, weight) in scores.iter().enumerate() {
                let value = &memory.values[slot(age)..][place.clone()];
                out.iter_mut().zip(value).for_each(|(out, value)| *out += weight * value);
            }
        }
    }
}
