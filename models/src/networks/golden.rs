//! Answers that `PyTorch` gave: the golden files beside the weights.
#![allow(clippy::unwrap_used)]

use std::collections::HashMap;

use candle_core::{DType, Device, Tensor};

use crate::{Architecture, Network};

/// The tensors of a golden file.
pub(crate) struct Golden(HashMap<String, Tensor>);

impl Golden {
    /// The shape of a tensor.
    pub(crate) fn shape(&self, name: &str) -> &[usize] {
        self.0[name].dims()
    }

    /// All numbers of a tensor.
    pub(crate) fn numbers(&self, name: &str) -> Vec<f32> {
        self.0[name].to_dtype(DType::F32).unwrap().flatten_all().unwrap().to_vec1().unwrap()
    }

    /// The numbers of a tensor by its first index.
    pub(crate) fn rows(&self, name: &str) -> Vec<Vec<f32>> {
        self.0[name].to_dtype(DType::F32).unwrap().flatten_from(1).unwrap().to_vec2().unwrap()
    }
}

/// A network that can be asked what `PyTorch` was asked.
pub(crate) trait Replay: Architecture {
    /// The golden file.
    const GOLDEN: &'static [u8];

    /// Asks what the file says was asked. The answers, by the names of the tensors that they are compared with.
    fn replay(network: &mut Network<Self>, golden: &Golden) -> Vec<(&'static str, Vec<f32>)>;

    /// How far an answer may be from `PyTorch`'s.
    fn tolerance(_theirs: f32) -> f32 {
        1e-5
    }
}

/// Holds a network with the weights in the binary to its golden file.
pub(crate) fn assert_golden<A: Replay>() {
    let golden = Golden(candle_core::safetensors::load_buffer(A::GOLDEN, &Device::Cpu).unwrap());
    for (name, ours) in A::replay(&mut Network::embedded().unwrap(), &golden) {
        let theirs = golden.numbers(name);
        assert_eq!(ours.len(), theirs.len(), "{}: {name}", A::KIND);
        let distances = ours.iter().zip(&theirs).map(|(ours, theirs)| distance(*ours, *theirs) / A::tolerance(*theirs));
        let worst = distances.fold(0.0, f32::max);
        println!("{}, {name}: the largest of {} differences is {worst} of the tolerance", A::KIND, ours.len());
        assert!(worst < 1.0, "{}: {name}", A::KIND);
    }
}

/// Where we say minus infinity `PyTorch`'s masks say a very low number.
fn distance(ours: f32, theirs: f32) -> f32 {
    if ours == f32::NEG_INFINITY && theirs < -1e8 { 0.0 } else { (ours - theirs).abs() }
}
