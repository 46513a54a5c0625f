#![allow(clippy::unwrap_used)]

use candle_core::{Device, Tensor};

use super::*;

fn numbers(length: usize) -> Vec<f32> {
    (0..length).map(|index| ((index * 7_919 + 13) % 1_009) as f32 / 1_009.0 - 0.5).collect()
}

fn tensor(shape: &[usize]) -> Tensor {
    Tensor::from_vec(numbers(shape.iter().product()), shape, &Device::Cpu).unwrap()
}

fn map(x: &Tensor) -> FeatureMap {
    let (_, channels, rows, columns) = x.dims4().unwrap();
    FeatureMap {
        rows,
        columns,
        channels,
        data: x.permute((0, 2, 3, 1)).unwrap().flatten_all().unwrap().to_vec1().unwrap(),
    }
}

fn affine(channels: usize) -> Affine {
    Affine { scale: numbers(channels).iter().map(|x| x + 1.0).collect(), shift: numbers(channels) }
}

fn assert_rows_agree(ours: &FeatureMap, theirs: &FeatureMap, rows: std::ops::Range<usize>) {
    for row in rows {
        for (ours, theirs) in ours.row(row).iter().zip(theirs.row(row)) {
            assert!((ours - theirs).abs() < 1e-4, "{ours} {theirs} in row {row}");
        }
    }
}

/// The transposed convolution that candle has.
fn transposed(x: &Tensor, weight: &Tensor, bias: &Tensor) -> Tensor {
    let (_, _, rows, columns) = x.dims4().unwrap();
    let whole = x.conv_transpose2d(weight, 0, 0, 2, 1).unwrap();
    let within = whole.narrow(2, 1, 2 * rows).unwrap().narrow(3, 1, 2 * columns).unwrap();
    within.broadcast_add(&tensors::along(bias).unwrap()).unwrap()
}

#[test]
fn a_transposed_convolution_in_phases_is_that_of_candle() {
    let (x, weight, bias) = (tensor(&[2, 7, 6, 8]), tensor(&[7, 3, 5, 5]), tensor(&[3]));
    let ours = tensors::up(&x, &tensors::phases(&weight).unwrap(), &bias).unwrap();
    let theirs = transposed(&x, &weight, &bias);
    assert_eq!(ours.dims(), theirs.dims());
    let distance = (ours - theirs).unwrap().abs().unwrap().max_all().unwrap().to_scalar::<f32>().unwrap();
    assert!(distance < 1e-5, "{distance}");
}

/// A convolution in both forms.
fn both_down(weight: &Tensor, bias: &Tensor) -> [Convolution; 2] {
    [
        down::Form::Direct(direct::Down::new(weight, bias).unwrap()).into(),
        down::Form::Winograd(Box::new(winograd::Down::new(weight, bias).unwrap())).into(),
    ]
}

/// A transposed convolution in all forms that are possible.
fn forms_up(weight: &Tensor, bias: &Tensor) -> Vec<TransposedConvolution> {
    let mut forms = vec![
        up::Form::Direct(direct::Up::new(weight, bias).unwrap()).into(),
        up::Form::Winograd(Box::new(winograd::Up::new(weight, bias).unwrap())).into(),
    ];
    if bias.elem_count() == 1 {
        forms.push(up::Form::Single(direct::SingleUp::new(weight, bias).unwrap()).into());
    }
    forms
}

#[test]
fn some_rows_of_a_convolution_are_those_of_candle() {
    for (inputs, outputs) in [(3, 4), (9, 10), (16, 24)] {
        let (x, weight, bias) = (tensor(&[1, inputs, 12, 16]), tensor(&[outputs, inputs, 5, 5]), tensor(&[outputs]));
        let theirs = map(&tensors::down(&x, &weight, &bias).unwrap());
        for mut layer in both_down(&weight, &bias) {
            let mut whole = FeatureMap::zeros(6, 8, outputs);
            layer.apply(&[&map(&x)], None, &mut [&mut whole], 0..6);
            for rows in [0..6, 0..1, 2..5, 5..6] {
                let mut ours = FeatureMap::zeros(6, 8, outputs);
                layer.apply(&[&map(&x)], None, &mut [&mut ours], rows.clone());
                assert_rows_agree(&ours, &theirs, rows.clone());
                rows.for_each(|row| assert_eq!(ours.row(row), whole.row(row), "bits depend on what else is computed"));
            }
        }
    }
}

#[test]
fn what_comes_before_a_convolution_happens_to_its_input() {
    let (x, norm) = (tensor(&[1, 8, 12, 16]), affine(8));
    let mut changed = map(&x);
    let leaky = Leaky { norm: &norm, slope: 0.2 };
    for place in changed.data.chunks_exact_mut(8) {
        for (value, (scale, shift)) in place.iter_mut().zip(norm.scale.iter().zip(&norm.shift)) {
            let normal = *value * scale + shift;
            *value = if normal > 0.0 { normal } else { 0.2 * normal };
        }
    }
    for mut layer in both_down(&tensor(&[8, 8, 5, 5]), &tensor(&[8])) {
        let [mut ours, mut wanted] = [(); 2].map(|()| FeatureMap::zeros(6, 8, 8));
        layer.apply(&[&map(&x)], Some(leaky), &mut [&mut ours], 0..6);
        layer.apply(&[&changed], None, &mut [&mut wanted], 0..6);
        assert_eq!(ours, wanted);
    }
}

#[test]
fn some_rows_of_a_transposed_convolution_of_joined_inputs_are_those_of_candle() {
    for (inputs, outputs) in [(5, 4), (16, 8), (19, 1), (5, 10)] {
        let (x, weight, bias) = (tensor(&[1, inputs, 6, 8]), tensor(&[inputs, outputs, 5, 5]), tensor(&[outputs]));
        let norm = affine(outputs);
        let [scale, shift] =
            [&norm.scale, &norm.shift].map(|values| Tensor::new(values.as_slice(), &Device::Cpu).unwrap());
        let theirs = transposed(&x, &weight, &bias).relu().unwrap();
        let theirs = theirs.broadcast_mul(&tensors::along(&scale).unwrap()).unwrap();
        let theirs = map(&theirs.broadcast_add(&tensors::along(&shift).unwrap()).unwrap());
        let parts = [(0, 2), (2, inputs - 2)].map(|(first, count)| map(&x.narrow(1, first, count).unwrap()));
        for mut layer in forms_up(&weight, &bias) {
            let mut whole = FeatureMap::zeros(12, 16, outputs);
            layer.apply(&[Joined(&parts[0], Some(&parts[1]))], &norm, &mut [&mut whole], 0..12);
            for rows in [0..12, 0..1, 3..8, 11..12] {
                let mut ours = FeatureMap::zeros(12, 16, outputs);
                layer.apply(&[Joined(&parts[0], Some(&parts[1]))], &norm, &mut [&mut ours], rows.clone());
                assert_rows_agree(&ours, &theirs, rows.clone());
                rows.for_each(|row| assert_eq!(ours.row(row), whole.row(row), "bits depend on what else is computed"));
            }
        }
    }
}

#[test]
fn a_transposed_convolution_needs_no_other_rows_than_it_says() {
    for mut layer in forms_up(&tensor(&[2, 2, 5, 5]), &tensor(&[2])) {
        let whole = map(&tensor(&[1, 2, 8, 8]));
        for wanted in [3..5, 0..2, 13..16] {
            let mut partly = whole.clone();
            let needed = TransposedConvolution::needed(&wanted, 8);
            (0..8).filter(|row| !needed.contains(row)).for_each(|row| partly.row_mut(row).fill(f32::NAN));
            let (mut from_whole, mut from_part) = (FeatureMap::zeros(16, 16, 2), FeatureMap::zeros(16, 16, 2));
            layer.apply(&[Joined(&whole, None)], &affine(2), &mut [&mut from_whole], wanted.clone());
            layer.apply(&[Joined(&partly, None)], &affine(2), &mut [&mut from_part], wanted);
            assert_eq!(from_whole, from_part);
        }
    }
}

#[test]
fn a_map_has_the_same_bits_whatever_is_computed_beside_it() {
    let x = [0.0, 1.0, -3.0].map(|add| map(&(tensor(&[1, 9, 12, 16]) + add).unwrap()));
    for mut layer in both_down(&tensor(&[10, 9, 5, 5]), &tensor(&[10])) {
        let [mut alone, mut first, mut second, mut third] = [(); 4].map(|()| FeatureMap::zeros(6, 8, 10));
        layer.apply(&[&x[1]], None, &mut [&mut alone], 1..4);
        layer.apply(&x.each_ref(), None, &mut [&mut first, &mut second, &mut third], 1..4);
        assert_eq!(alone, second);
        assert_ne!(alone, first);
    }
    for mut layer in forms_up(&tensor(&[9, 1, 5, 5]), &tensor(&[1])) {
        let [mut alone, mut first, mut second, mut third] = [(); 4].map(|()| FeatureMap::zeros(24, 32, 1));
        layer.apply(&[Joined(&x[1], None)], &affine(1), &mut [&mut alone], 3..8);
        let joined = x.each_ref().map(|x| Joined(x, None));
        layer.apply(&joined, &affine(1), &mut [&mut first, &mut second, &mut third], 3..8);
        assert_eq!(alone, second);
        assert_ne!(alone, third);
    }
}
