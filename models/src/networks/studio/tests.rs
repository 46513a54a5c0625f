#![allow(clippy::unwrap_used)]

use std::collections::HashMap;

use candle_core::{DType, Device, Tensor};

use super::*;
use crate::{WeightError, format::Architecture};

/// Weights of a small network that look like nothing.
fn weights() -> Vec<u8> {
    let channels = [2_usize, 3, 4, 3, 4, 5];
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

fn window() -> Planes {
    let mut window = Planes::zeros(CHANNELS, FRAMES, BINS);
    for (index, value) in window.data.iter_mut().enumerate() {
        *value = ((index * 7_919) % 1_013) as f32 / 100.0;
    }
    window
}

#[test]
fn the_newest_frames_are_those_of_the_whole_window_on_candle() {
    let mut network = StudioNetwork::from_bytes(&weights()).unwrap();
    let window = window();
    let tensor = Tensor::from_slice(&window.data, (CHANNELS, FRAMES, BINS), &Device::Cpu).unwrap();
    let whole = network.layers.forward(&tensor).unwrap();
    for newest in [1, 4, 12, 16, 37, FRAMES] {
        let wanted = whole.narrow(1, FRAMES - newest, newest).unwrap();
        let wanted = wanted.contiguous().unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let mask = network.decide(&window, newest);
        assert_eq!([mask.channels, mask.rows, mask.columns], [CHANNELS, newest, BINS]);
        let worst = mask.data.iter().zip(&wanted).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < 1e-4, "{newest} frames: {worst}");
        let (least, most) = mask.data.iter().fold((1.0_f32, 0.0_f32), |(a, b), value| (a.min(*value), b.max(*value)));
        assert!(most - least > 0.05, "it says the same everywhere: {least} to {most}");
    }
}

#[test]
fn a_window_is_forgotten_with_the_next() {
    let (mut used, mut fresh) = [(); 2].map(|()| StudioNetwork::from_bytes(&weights()).unwrap()).into();
    let window = window();
    used.decide(&Planes { data: window.data.iter().map(|value| 50.0 - value).collect(), ..window.clone() }, FRAMES);
    assert_eq!(used.decide(&window, 12), fresh.decide(&window, 12));
}

#[test]
fn other_files_are_refused() {
    let refused = StudioNetwork::from_bytes(crate::mash::EMBEDDED).unwrap_err();
    assert_eq!(refused, WeightError::OtherKind { found: "mash".to_owned(), wanted: Unet::KIND });
}
