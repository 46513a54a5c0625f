//! Numbers as bytes of a store: little-endian, vectors and prints behind each other.

use half::f16;

use crate::track::{NUMBERS, Vector};

/// Numbers as they are.
pub(super) fn pack(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

/// The numbers of [`pack`]; `None` unless there are just as many as wanted, all of them finite.
pub(super) fn unpack<const N: usize>(bytes: &[u8]) -> Option<[f32; N]> {
    let (fours, rest) = bytes.as_chunks::<4>();
    if fours.len() != N || !rest.is_empty() {
        return None;
    }
    let numbers: [f32; N] = std::array::from_fn(|at| f32::from_le_bytes(fours[at]));
    numbers.iter().all(|number| number.is_finite()).then_some(numbers)
}

/// Slices with half the digits, which are as many as their similarity has meaning for.
pub(super) fn pack_slices(slices: &[Vector]) -> Vec<u8> {
    slices.iter().flatten().flat_map(|number| f16::from_f32(*number).to_le_bytes()).collect()
}

/// The slices of [`pack_slices`]; those with numbers that are none are left out.
pub(super) fn unpack_slices(bytes: &[u8]) -> Vec<Vector> {
    let slice = |bytes: &[u8]| -> Vector {
        std::array::from_fn(|at| f16::from_le_bytes([bytes[2 * at], bytes[2 * at + 1]]).to_f32())
    };
    let slices = bytes.chunks_exact(2 * NUMBERS).map(slice);
    slices.filter(|slice| slice.iter().all(|number| number.is_finite())).collect()
}

/// Fingerprints, each behind its length.
pub(super) fn pack_prints(prints: &[Vec<u32>]) -> Vec<u8> {
    let one = |print: &Vec<u32>| std::iter::once(print.len() as u32).chain(print.iter().copied()).collect::<Vec<_>>();
    prints.iter().flat_map(one).flat_map(u32::to_le_bytes).collect()
}

/// The fingerprints of [`pack_prints`].
pub(super) fn unpack_prints(bytes: &[u8]) -> Vec<Vec<u32>> {
    let mut words = bytes.as_chunks::<4>().0.iter().map(|bytes| u32::from_le_bytes(*bytes));
    let mut prints = Vec::new();
    while let Some(length) = words.next() {
        prints.push(words.by_ref().take(length as usize).collect());
    }
    prints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_comes_back_and_numbers_that_are_none_do_not() {
        assert_eq!(unpack(&pack(&[1.0, -2.5])), Some([1.0, -2.5]));
        assert_eq!(unpack::<2>(&pack(&[1.0])), None);
        assert_eq!(unpack::<2>(&pack(&[1.0, f32::NAN])), None);
        let mut slices = vec![[0.5; NUMBERS], [-0.25; NUMBERS]];
        assert_eq!(unpack_slices(&pack_slices(&slices)), slices);
        slices[0][7] = f32::INFINITY;
        assert_eq!(unpack_slices(&pack_slices(&slices)), slices[1..]);
        let prints = vec![vec![1, 2, 3], vec![], vec![u32::MAX]];
        assert_eq!(unpack_prints(&pack_prints(&prints)), prints);
    }
}
