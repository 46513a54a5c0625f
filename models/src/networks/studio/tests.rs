#![allow(clippy::unwrap_used)]

use std::collections::HashMap;

use candle_core::{DType, Device, Tensor};

use super::*;
use crate::{WeightError, format::Architecture};

/// So that some layers are in tiles and others are not.
const CHANNELS_OF_LEVELS: [usize; 6] = [8, 9, 8, 4, 10, 9];

/// Weights of a small network that look like nothing.
fn weights() -> Vec<u8> {
    let channels = CHANNELS_OF_LEVELS;
    let above = |level: usize| if level == 0 { CHANNELS } else { channels[level - 1] };
    let mut tensors = HashMap::new();
    let mut seed = 0_usize;
    let mut put = |name: String, shape: &[usize]| {
        let count = shape.iter().product();
        seed += 101;
        let number = |index: usize| ((index * 7_919 + seed * 31) % 1_009) as f32 / 1_009.0 - 0.45;
        let values: Vec<f32> = (0..count).map(number).collect();
        let tensor = Tensor::from_vec(values, shape, &Device::Cpu).unwrap().to_dtype(DType::F16).unwrap();
        tensors.insert(name, tensor);
    };
    for level in 0..6 {
        let name = format!("down{}", level + 1);
        put(format!("{name}.weight"), &[channels[level], above(level), 5, 5]);
        put(format!("{name}.bias"), &[channels[level]]);
        if level < 5 {
            put(format!("{name}.scale"), &[channels[level]]);
            put(format!("{name}.shift"), &[channels[level]]);
        }
        let below = 5 - level;
        let inputs = if level == 0 { channels[below] } else { 2 * channels[below] };
        let outputs = if below == 0 { 1 } else { channels[below - 1] };
        let name = format!("up{}", level + 1);
        put(format!("{name}.weight"), &[inputs, outputs, 5, 5]);
        ["bias", "scale", "shift"].into_iter().for_each(|part| put(format!("{name}.{part}"), &[outputs]));
    }
    put("last.weight".to_owned(), &[CHANNELS, 1, 4, 4]);
    put("last.bias".to_owned(), &[CHANNELS]);
    let facts = serde_json::json!({
        "format": 1, "kind": "studio", "name": "a test", "bands_hz": [], "parts": ["vocals", "rest"],
        "features": CHANNELS * BINS, "lookahead_hops": 0, "hop_seconds": [FRAME_SECONDS], "seed": 0,
        "architecture": {"channels": channels}, "training": {},
    });
    let header = HashMap::from([("songweave".to_owned(), facts.to_string())]);
    let views: Vec<(String, Tensor)> = tensors.into_iter().collect();
    safetensors::serialize(views.iter().map(|(name, tensor)| (name.as_str(), tensor)), Some(header)).unwrap()
}

/// Frames from a first one on.
fn window_from(first: usize) -> Planes {
    let mut window = Planes::zeros(CHANNELS, FRAMES, BINS);
    for (channel, frame) in (0..CHANNELS).flat_map(|channel| (0..FRAMES).map(move |frame| (channel, frame))) {
        for (bin, value) in window.row_mut(channel, frame).iter_mut().enumerate() {
            let index = (channel * 10_000 + first + frame) * BINS + bin;
            *value = ((index * 7_919) % 1_013) as f32 / 100.0;
        }
    }
    window
}

/// The mask of all frames on candle's operations: `[channel][frame][bin]` to the same.
fn on_candle(file: &[u8], window: &Planes) -> Tensor {
    let tensors = Network::<UnetTensors>::from_bytes(file).unwrap();
    let window = Tensor::from_slice(&window.data, (1, CHANNELS, window.rows, BINS), &Device::Cpu).unwrap();
    tensors.layers.mask(&window).unwrap().squeeze(0).unwrap()
}

#[test]
fn frames_are_those_of_the_whole_window_on_candle() {
    let file = weights();
    let mut network = StudioNetwork::from_bytes(&file).unwrap();
    let window = window_from(0);
    let whole = on_candle(&file, &window);
    for wanted in [63..64, 60..64, 52..60, 48..64, 27..29, 0..FRAMES] {
        let theirs = whole.narrow(1, wanted.start, wanted.len()).unwrap();
        let theirs = theirs.contiguous().unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let mask = network.decide(&window, wanted.clone());
        assert_eq!([mask.channels, mask.rows, mask.columns], [CHANNELS, wanted.len(), BINS]);
        let worst = mask.data.iter().zip(&theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < 1e-4, "frames {wanted:?}: {worst}");
        let (least, most) = mask.data.iter().fold((1.0_f32, 0.0_f32), |(a, b), value| (a.min(*value), b.max(*value)));
        assert!(most - least > 0.05, "it says the same everywhere: {least} to {most}");
    }
}

#[test]
fn a_window_is_decided_with_the_same_bits_whatever_came_before() {
    let file = weights();
    let mut network = StudioNetwork::from_bytes(&file).unwrap();
    let decides_as_a_fresh_one = |network: &mut StudioNetwork, first: usize| {
        let mut fresh = StudioNetwork::from_bytes(&file).unwrap();
        let window = window_from(first);
        assert!(network.decide(&window, 52..60) == fresh.decide(&window, 52..60), "window {first}");
    };
    // Two songs take turns; one jumps, one goes back, one is heard again.
    let windows = [0, 5_000, 8, 5_008, 16, 5_016, 100, 5_024, 108, 5_000, 116, 116, 124, 5_008];
    windows.into_iter().for_each(|first| decides_as_a_fresh_one(&mut network, first));
    // One that was begun and given up says nothing of the next.
    network.begin(&[&window_from(1_000)], 52..60);
    decides_as_a_fresh_one(&mut network, 1_008);
    network.reset();
    decides_as_a_fresh_one(&mut network, 1_016);
}

#[test]
fn two_windows_together_have_the_bits_of_each_by_itself() {
    let file = weights();
    let mut network = StudioNetwork::from_bytes(&file).unwrap();
    // The second pauses, comes back where it would be and goes on; then the first jumps.
    let heard: [(usize, Option<usize>); 6] =
        [(0, Some(5_000)), (8, Some(5_008)), (16, None), (24, Some(5_024)), (32, Some(5_032)), (900, Some(5_040))];
    for (first, second) in heard {
        let windows: Vec<_> = [Some(first), second].into_iter().flatten().map(window_from).collect();
        network.begin(&windows.iter().collect::<Vec<_>>(), 52..60);
        network.finish();
        for (place, window) in windows.iter().enumerate() {
            let mut fresh = StudioNetwork::from_bytes(&file).unwrap();
            assert!(network.decided(place) == (window, fresh.decide(window, 52..60)), "{first}, {second:?}: {place}");
        }
    }
}

#[test]
fn other_files_are_refused() {
    let refused = StudioNetwork::from_bytes(crate::mash::EMBEDDED).unwrap_err();
    assert_eq!(refused, WeightError::OtherKind { found: "mash".to_owned(), wanted: Unet::KIND });
}
