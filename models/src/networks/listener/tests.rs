#![allow(clippy::unwrap_used)]

use candle_core::Device;

use super::*;
use crate::networks::golden::{Golden, Replay, assert_golden};

impl Replay for Ears {
    const GOLDEN: &'static [u8] = include_bytes!("../../../weights/listener.golden.safetensors");

    fn replay(network: &mut Network<Self>, golden: &Golden) -> Vec<(&'static str, Vec<f32>)> {
        let pictures = golden.rows("log_mel");
        vec![("hidden", pictures.iter().flat_map(|picture| network.hidden(picture)).collect())]
    }

    /// The original has all filters and weights in single precision, ours are stored in half precision.
    fn tolerance(_theirs: f32) -> f32 {
        0.02
    }
}

#[test]
fn the_hidden_layers_are_the_originals() {
    assert_golden::<Ears>();
}

/// A picture that looks like nothing.
fn picture() -> Vec<f32> {
    (0..FRAMES * BANDS).map(|index| ((index * 7_919) % 1_013) as f32 / 400.0).collect()
}

#[test]
fn our_layers_are_those_of_candle() {
    let mut network = ListenerNetwork::embedded().unwrap();
    let picture = picture();
    let tensor = Tensor::from_slice(&picture, (1, 1, FRAMES * BANDS), &Device::Cpu).unwrap();
    let batch = network
        .layers
        .forward(&tensor, &mut Memory::default())
        .unwrap()
        .flatten_all()
        .unwrap()
        .to_vec1::<f32>()
        .unwrap();
    for (ours, theirs) in network.hidden(&picture).iter().zip(batch) {
        assert!((ours - theirs).abs() < 2e-5 * theirs.abs().max(1.0), "{ours} {theirs}");
    }
}

#[test]
fn a_slice_is_a_unit_vector_and_probabilities_with_the_same_bits_every_time() {
    let mut network = ListenerNetwork::embedded().unwrap();
    let slice = network.hear(&picture());
    assert!((slice.vector.iter().map(|number| number * number).sum::<f32>() - 1.0).abs() < 1e-4);
    assert!((slice.genres.iter().sum::<f32>() - 1.0).abs() < 1e-4);
    network.hear(&vec![0.0; FRAMES * BANDS]);
    assert_eq!(network.hear(&picture()), slice);
}
