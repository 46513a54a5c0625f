//! Convolutions with fewer multiplications along the frequencies: Winograd's minimal filtering F(4, 3), six products for
//! four sums of three (Lavin and Gray, "Fast algorithms for convolutional neural networks", 2016).
//!
//! A stride of two parts the columns into odd and even ones: five weights are three and two, both seen as three. Two of
//! three are a polynomial that is zero at one of the six points, and nothing is multiplied there.

mod down;
mod up;

use super::LANES;

pub(super) use down::Down;
pub(super) use up::Up;

/// Products of a tile.
const POINTS: usize = 6;
/// Places of a tile.
pub(super) const TILE: usize = 4;

/// What each of three weights counts at a point.
const AT_POINTS: [[f64; 3]; POINTS] = [
    [1.0 / 4.0, 0.0, 0.0],
    [-1.0 / 6.0, -1.0 / 6.0, -1.0 / 6.0],
    [-1.0 / 6.0, 1.0 / 6.0, -1.0 / 6.0],
    [1.0 / 24.0, 1.0 / 12.0, 1.0 / 6.0],
    [1.0 / 24.0, -1.0 / 12.0, 1.0 / 6.0],
    [0.0, 0.0, 1.0],
];

/// Three weights at a point, for many places.
fn weights_at<'a>(point: usize, [a, b, c]: [&'a [f32]; 3]) -> impl Iterator<Item = f32> + use<'a> {
    let [of_a, of_b, of_c] = AT_POINTS[point];
    let sum =
        move |((a, b), c): ((&f32, &f32), &f32)| of_a * f64::from(*a) + of_b * f64::from(*b) + of_c * f64::from(*c);
    a.iter().zip(b).zip(c).map(sum).map(|sum| sum as f32)
}

/// `L` neighbouring numbers.
#[inline(always)]
fn take<const L: usize>(from: &[f32], at: usize) -> [f32; L] {
    let from = &from[at..at + L];
    std::array::from_fn(|lane| from[lane])
}

/// The same sum of products in every lane.
#[inline(always)]
fn sum<const L: usize, const N: usize>(terms: [(f32, &[f32; L]); N]) -> [f32; L] {
    std::array::from_fn(|lane| {
        let mut sum = terms[0].0 * terms[0].1[lane];
        for (factor, numbers) in &terms[1..] {
            sum += factor * numbers[lane];
        }
        sum
    })
}

/// What six neighbouring places are at the points.
#[inline(always)]
fn at_points<const L: usize>([a, b, c, d, e, f]: &[[f32; L]; POINTS]) -> [[f32; L]; POINTS] {
    [
        sum([(4.0, a), (-5.0, c), (1.0, e)]),
        sum([(-4.0, b), (-4.0, c), (1.0, d), (1.0, e)]),
        sum([(4.0, b), (-4.0, c), (-1.0, d), (1.0, e)]),
        sum([(-2.0, b), (-1.0, c), (2.0, d), (1.0, e)]),
        sum([(2.0, b), (-1.0, c), (-2.0, d), (1.0, e)]),
        sum([(4.0, b), (-5.0, d), (1.0, f)]),
    ]
}

/// The four places whose products at the points these are.
#[inline(always)]
fn from_points<const L: usize>([a, b, c, d, e, f]: &[[f32; L]; POINTS]) -> [[f32; L]; TILE] {
    [
        sum([(1.0, a), (1.0, b), (1.0, c), (1.0, d), (1.0, e)]),
        sum([(1.0, b), (-1.0, c), (2.0, d), (-2.0, e)]),
        sum([(1.0, b), (1.0, c), (4.0, d), (4.0, e)]),
        sum([(1.0, b), (-1.0, c), (8.0, d), (-8.0, e), (1.0, f)]),
    ]
}

/// Takes six neighbouring places of `channels` numbers, `stride` apart from `from` on, to the points: each writes its
/// numbers at `to[point]`, and nothing where that is `None`.
#[inline(always)]
fn spread(from: &[f32], stride: usize, channels: usize, points: &mut [Vec<f32>; POINTS], to: [Option<usize>; POINTS]) {
    let whole = channels / LANES * LANES;
    (0..whole).step_by(LANES).for_each(|channel| spread_lanes::<LANES>(from, stride, channel, points, to));
    (whole..channels).for_each(|channel| spread_lanes::<1>(from, stride, channel, points, to));
}

#[inline(always)]
fn spread_lanes<const L: usize>(
    from: &[f32],
    stride: usize,
    channel: usize,
    points: &mut [Vec<f32>; POINTS],
    to: [Option<usize>; POINTS],
) {
    let places = std::array::from_fn(|place| take::<L>(from, place * stride + channel));
    for ((point, to), numbers) in points.iter_mut().zip(to).zip(at_points(&places)) {
        if let Some(to) = to {
            point[to + channel..to + channel + L].copy_from_slice(&numbers);
        }
    }
}

/// Brings `channels` products at the points back to four places, `stride` apart in `out`, with the bias added. Those of a
/// point lie at `from[point]`; they are zero where that is `None`.
#[inline(always)]
fn gather(products: &[Vec<f32>; POINTS], from: [Option<usize>; POINTS], start: &[f32], out: &mut [f32], stride: usize) {
    let whole = start.len() / LANES * LANES;
    (0..whole).step_by(LANES).for_each(|channel| gather_lanes::<LANES>(products, from, start, out, stride, channel));
    (whole..start.len()).for_each(|channel| gather_lanes::<1>(products, from, start, out, stride, channel));
}

#[inline(always)]
fn gather_lanes<const L: usize>(
    products: &[Vec<f32>; POINTS],
    from: [Option<usize>; POINTS],
    start: &[f32],
    out: &mut [f32],
    stride: usize,
    channel: usize,
) {
    let product = |point: usize| from[point].map_or([0.0; L], |from| take(&products[point], from + channel));
    let bias = take::<L>(start, channel);
    for (place, numbers) in from_points(&std::array::from_fn(product)).iter().enumerate() {
        let at = place * stride + channel;
        out[at..at + L].copy_from_slice(&sum([(1.0, numbers), (1.0, &bias)]));
    }
}
