#![allow(clippy::unwrap_used)]

use candle_core::{Device, Tensor};

use super::*;

fn numbers(length: usize) -> Vec<f32> {
    (0..length).map(|index| ((index * 7_919 + 13) % 1_009) as f32 / 1_009.0 - 0.5).collect()
}

fn tensor(shape: &[usize]) -> Tensor {
    Tensor::from_vec(numbers(shape.iter().product()), shape, &Device::Cpu).unwrap()
}

fn planes(x: &Tensor) -> Planes {
    let (_, channels, rows, columns) = x.dims4().unwrap();
    Planes { channels, rows, columns, data: x.flatten_all().unwrap().to_vec1().unwrap() }
}

fn assert_rows_agree(ours: &Planes, theirs: &Planes, rows: std::ops::Range<usize>) {
    for channel in 0..ours.channels {
        for row in rows.clone() {
            for (ours, theirs) in ours.row(channel, row).iter().zip(theirs.row(channel, row)) {
                assert!((ours - theirs).abs() < 1e-4, "{ours} {theirs} in row {row}");
            }
        }
    }
}

#[test]
fn some_rows_of_a_convolution_are_those_of_candle() {
    let x = tensor(&[1, 3, 12, 16]);
    let mut layer = Convolution::new(&tensor(&[4, 3, 5, 5]), &tensor(&[4])).unwrap();
    let theirs = planes(&layer.forward(&x).unwrap());
    for rows in [0..6, 0..1, 2..5, 5..6] {
        let mut ours = Planes::zeros(4, 6, 8);
        layer.apply(&planes(&x), &mut ours, rows.clone());
        assert_rows_agree(&ours, &theirs, rows);
    }
}

#[test]
fn some_rows_of_a_transposed_convolution_of_joined_inputs_are_those_of_candle() {
    let x = tensor(&[1, 5, 6, 8]);
    let mut layer = TransposedConvolution::new(&tensor(&[5, 4, 5, 5]), &tensor(&[4])).unwrap();
    let theirs = planes(&layer.forward(&x).unwrap());
    let parts = [(0, 2), (2, 3)].map(|(first, count)| planes(&x.narrow(1, first, count).unwrap()));
    for rows in [0..12, 0..1, 3..8, 11..12] {
        let mut ours = Planes::zeros(4, 12, 16);
        layer.apply(&[&parts[0], &parts[1]], &mut ours, rows.clone());
        assert_rows_agree(&ours, &theirs, rows);
    }
}

#[test]
fn a_transposed_convolution_needs_no_other_rows_than_it_says() {
    let mut layer = TransposedConvolution::new(&tensor(&[2, 2, 5, 5]), &tensor(&[2])).unwrap();
    let whole = planes(&tensor(&[1, 2, 8, 8]));
    for wanted in [3..5, 0..2, 13..16] {
        let mut partly = whole.clone();
        let needed = TransposedConvolution::needed(&wanted, 8);
        for channel in 0..2 {
            (0..8).filter(|row| !needed.contains(row)).for_each(|row| partly.row_mut(channel, row).fill(f32::NAN));
        }
        let (mut from_whole, mut from_part) = (Planes::zeros(2, 16, 16), Planes::zeros(2, 16, 16));
        layer.apply(&[&whole], &mut from_whole, wanted.clone());
        layer.apply(&[&partly], &mut from_part, wanted);
        assert_eq!(from_whole, from_part);
    }
}
