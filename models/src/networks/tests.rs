#![allow(clippy::unwrap_used)]

use candle_core::{Device, Tensor};

use super::{
    chords::ChordNetwork, golden::assert_golden, groove::GrooveNetwork, mash::MashNetwork, melody::MelodyNetwork,
};
use crate::{Sequence, WeightError, layers::Memory};

const STEPS: usize = 120;

#[test]
fn answers_are_those_of_pytorch() {
    assert_golden::<super::mash::Mash>();
    assert_golden::<super::chords::Chords>();
    assert_golden::<super::chords::song::SongChords>();
    assert_golden::<super::groove::Groove>();
    assert_golden::<super::melody::Melody>();
    assert_golden::<super::instruments::Instruments>();
}

/// Feeds layers step by step and all at once.
fn assert_streams_as_in_batch(name: &str, layers: &mut impl Sequence) {
    let numbers = |index: usize| ((index * 7_919) % 1_009) as f32 / 1_009.0 - 0.3;
    let heard: Vec<f32> = (0..STEPS * layers.inputs()).map(numbers).collect();
    let tensor = Tensor::from_slice(&heard, (1, STEPS, layers.inputs()), &Device::Cpu).unwrap();
    let batch = layers.forward(&tensor, &mut Memory::default()).unwrap();
    assert_eq!(batch.dims(), [1, STEPS, layers.outputs()], "{name}");
    let batch = batch.get(0).unwrap().to_vec2::<f32>().unwrap();
    let mut worst = 0.0_f32;
    for (heard, batch) in heard.chunks_exact(layers.inputs()).zip(&batch) {
        let answer = layers.step(heard);
        assert_eq!(answer.len(), batch.len(), "{name}");
        worst = answer.iter().zip(batch).map(|(a, b)| (a - b).abs()).fold(worst, f32::max);
    }
    println!("{name}: largest difference between steps and batch {worst:e}");
    assert!(worst < 5e-5, "{name}: {worst}");
    assert!(batch[STEPS - 1] != batch[0], "{name} always says the same");
}

#[test]
fn every_sequence_streams_as_in_batch() {
    assert_streams_as_in_batch("mash", &mut MashNetwork::embedded().unwrap().layers);
    assert_streams_as_in_batch("chords", &mut ChordNetwork::embedded().unwrap().layers);
    let mut groove = GrooveNetwork::embedded().unwrap();
    assert_streams_as_in_batch("drums", &mut groove.layers.drums.before);
    assert_streams_as_in_batch("hands", &mut groove.layers.hands.before);
    let mut melody = MelodyNetwork::embedded().unwrap();
    assert_streams_as_in_batch("melody", &mut melody.layers.recurrent);
    assert_streams_as_in_batch("lengths", &mut melody.layers.lengths);
}

#[test]
fn weights_of_another_kind_are_refused() {
    let refused = MelodyNetwork::from_bytes(super::chords::EMBEDDED).unwrap_err();
    assert_eq!(refused, WeightError::OtherKind { found: "chords".to_owned(), wanted: "melody" });
}
