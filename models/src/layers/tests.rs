#![allow(clippy::unwrap_used)]

use candle_core::{Device, Tensor};

use super::*;

const HOPS: usize = 150;

/// Numbers between -scale and scale, the same for the same seed.
fn numbers(seed: u32, count: usize, scale: f32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state as f32 / u32::MAX as f32 * 2.0 - 1.0) * scale
    };
    (0..count).map(|_| next()).collect()
}

fn tensor(seed: u32, shape: &[usize], scale: f32) -> Tensor {
    Tensor::from_vec(numbers(seed, shape.iter().product(), scale), shape, &Device::Cpu).unwrap()
}

fn pair(seed: u32, out: usize, inputs: usize) -> (Tensor, Tensor) {
    (tensor(seed, &[out, inputs], 0.4), tensor(seed + 1, &[out], 0.4))
}

/// Two streams `[time][in]`.
fn streams(inputs: usize) -> [Tensor; 2] {
    [tensor(91, &[HOPS, inputs], 1.0), tensor(92, &[HOPS, inputs], 1.0)]
}

fn rows(x: &Tensor) -> Vec<Vec<f32>> {
    x.to_vec2().unwrap()
}

/// Runs `step` hop by hop over both streams and compares every answer with the batch.
fn assert_equal(x: &[Tensor; 2], batch: &[Tensor; 2], mut step: impl FnMut([&[f32]; 2]) -> [Vec<f32>; 2]) {
    let (x, batch) = (x.each_ref().map(rows), batch.each_ref().map(rows));
    for hop in 0..HOPS {
        let answers = step([&x[0][hop], &x[1][hop]]);
        for (stream, answer) in answers.iter().enumerate() {
            assert_eq!(answer.len(), batch[stream][hop].len());
            for (ours, theirs) in answer.iter().zip(&batch[stream][hop]) {
                assert!((ours - theirs).abs() < 5e-6, "stream {stream}, hop {hop}: {ours} {theirs}");
            }
        }
    }
}

fn owned(answers: [&[f32]; 2]) -> [Vec<f32>; 2] {
    answers.map(<[f32]>::to_vec)
}

#[test]
fn linear_streams_as_in_batch() {
    for (out, inputs) in [(1, 1), (4, 9), (64, 20), (100, 33)] {
        let (weight, bias) = pair(1, out, inputs);
        let x = streams(inputs);
        for bias in [Some(bias), None] {
            let mut layer = Linear::<2>::new(weight.clone(), bias).unwrap();
            let batch = x.each_ref().map(|x| layer.forward(x).unwrap());
            assert_equal(&x, &batch, |x| owned(layer.step(x)));
        }
    }
}

/// Both streams as one batch `[stream][time][in]` in pieces of all lengths, one after the other.
fn in_pieces(x: &[Tensor; 2], mut forward: impl FnMut(&Tensor) -> candle_core::Result<Tensor>) -> [Tensor; 2] {
    let (x, mut answers, mut first) = (Tensor::stack(x, 0).unwrap(), Vec::new(), 0);
    for piece in [1, 2, 3, 50, 1, HOPS - 57] {
        answers.push(forward(&x.narrow(1, first, piece).unwrap()).unwrap());
        first += piece;
    }
    let whole = Tensor::cat(&answers, 1).unwrap();
    [0, 1].map(|stream| whole.get(stream).unwrap())
}

#[test]
fn norm_streams_as_in_batch() {
    let layer = LayerNorm::new(tensor(3, &[40], 1.0), tensor(4, &[40], 1.0)).unwrap();
    let x = streams(40);
    let batch = x.each_ref().map(|x| layer.forward(x).unwrap());
    assert_equal(&x, &batch, |x| {
        let mut answers = owned(x);
        answers.iter_mut().for_each(|answer| layer.step(answer));
        answers
    });
}

#[test]
fn gru_streams_as_in_batch_also_after_a_reset() {
    let mut layer = Gru::<2>::new(pair(5, 3 * 24, 17), pair(7, 3 * 24, 24)).unwrap();
    let x = streams(17);
    let mut kept = Remembered::default();
    let batch = in_pieces(&x, |x| layer.forward(x, &mut kept));
    for _ in 0..2 {
        assert_equal(&x, &batch, |x| owned(layer.step(x)));
        layer.reset();
    }
}

#[test]
fn lstm_streams_as_in_batch_also_after_a_reset() {
    let mut layer = Lstm::<2>::new(pair(9, 4 * 24, 17), pair(11, 4 * 24, 24)).unwrap();
    let x = streams(17);
    let mut kept = Remembered::default();
    let batch = in_pieces(&x, |x| layer.forward(x, &mut kept));
    for _ in 0..2 {
        assert_equal(&x, &batch, |x| owned(layer.step(x)));
        layer.reset();
    }
}

#[test]
fn attention_streams_as_in_batch_also_after_a_reset() {
    for (every, window) in [(1, 8), (4, 5), (3, 64)] {
        let shape = AttentionShape { heads: 3, head_size: 5, window, every };
        let age = tensor(15, &[3, window], 1.0);
        for reads in [[0, 1], [1, 0]] {
            let project = pair(13, 3 * shape.size(), 20);
            let mut layer = WindowAttention::<2>::new(shape, reads, project, age.clone()).unwrap();
            let x = streams(20);
            let asked = Tensor::new(reads.map(|stream| stream as u32).as_slice(), &Device::Cpu).unwrap();
            let mut kept = Remembered::default();
            let batch = in_pieces(&x, |x| layer.forward(x, &x.contiguous()?.index_select(&asked, 0)?, &mut kept));
            for _ in 0..2 {
                assert_equal(&x, &batch, |x| owned(layer.step(x)));
                layer.reset();
            }
        }
    }
}
