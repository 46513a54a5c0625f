#![allow(clippy::unwrap_used)]

use candle_core::Device;

use super::*;

/// A weight `[out][in]` of values that half precision holds, subnormal ones, both zeros and the largest among them.
fn weight(outputs: usize, inputs: usize) -> Tensor {
    let special = [1.0, 0.0, -0.0, 6e-8, -3e-5, 65_504.0, -65_504.0, 6.1e-5];
    let value = |i: usize| special.get(i % 97).copied().unwrap_or(((i * 7919) % 2003) as f32 * 1e-3 - 1.0);
    let values: Vec<f32> = (0..outputs * inputs).map(|i| ::half::f16::from_f32(value(i)).to_f32()).collect();
    Tensor::from_vec(values, (outputs, inputs), &Device::Cpu).unwrap()
}

fn bits(out: &[Vec<f32>; 2]) -> Vec<u32> {
    out.iter().flatten().map(|value| value.to_bits()).collect()
}

#[cfg(target_arch = "x86_64")]
#[test]
fn halves_and_singles_give_the_same_bits() {
    for (outputs, inputs) in [(1, 1), (4, 9), (64, 20), (100, 33), (768, 256)] {
        let matrix = Matrix::new(&weight(outputs, inputs), Some(&weight(1, outputs).flatten_all().unwrap())).unwrap();
        let Weights::Half(_, halves) = &matrix.weights else { return };
        let panels = halves.iter().map(|half| ::half::f16::from_bits(*half).to_f32()).collect();
        let single = Matrix { weights: Weights::Single(Arch::new(), panels), ..matrix.clone() };
        let x = [1.0, -0.3].map(|scale: f32| (0..inputs).map(|i| (i as f32 + 0.7).sin() * scale).collect::<Vec<_>>());
        let [mut ours, mut theirs] = [0.0, 1.0].map(|value| [(); 2].map(|()| vec![value; matrix.padded()]));
        matrix.multiply(x.each_ref().map(Vec::as_slice), &mut ours);
        single.multiply(x.each_ref().map(Vec::as_slice), &mut theirs);
        assert!(bits(&ours) == bits(&theirs), "{outputs} of {inputs}");
        assert!(ours.iter().flatten().any(|value| *value != 0.0));
    }
}

#[cfg(target_arch = "x86_64")]
#[test]
fn weights_that_half_precision_rounds_stay_single() {
    let halves = |value: f32| half::halves(&[1.0, value]).is_some();
    assert!(halves(0.5) && halves(-0.0) && halves(65_504.0));
    assert!(!halves(0.1) && !halves(1e-9) && !halves(70_000.0));
}
