//! Products with weights in half precision, widened by the processor on the way: half the memory is read, and nearly all
//! time of a product is reading. The one place of this crate with `unsafe`: intrinsics need a processor that has them.
#![allow(unsafe_code)]

use std::arch::x86_64::{
    __m128i, __m256, _MM_HINT_T0, _mm_prefetch, _mm256_cvtph_ps, _mm256_fmadd_ps, _mm256_set1_ps, _mm256_setzero_ps,
};

use half::f16;
use pulp::bytemuck::cast;

use super::{PANEL, Product};

/// Numbers in a vector register, and registers per panel.
const LANES: usize = 8;
const REGISTERS: usize = PANEL / LANES;
/// How far ahead weights are fetched, in weights: one page, where the processor's own prefetching stops. Measured: a hop
/// with cold caches takes half the time.
const AHEAD: usize = 2048;

/// Proof that the processor has AVX2, FMA and F16C.
#[derive(Debug, Clone, Copy)]
pub(super) struct Widening(());

impl Widening {
    /// The proof, if this processor has all three.
    pub(super) fn detect() -> Option<Self> {
        let present =
            is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") && is_x86_feature_detected!("f16c");
        present.then_some(Self(()))
    }

    /// All panels.
    pub(super) fn multiply<const STREAMS: usize>(self, product: Product<'_, u16, STREAMS>) {
        // SAFETY: a `Widening` exists only where the three features were found.
        unsafe { multiply(product) }
    }
}

/// Weights in half precision when all of them fit without loss, as those of weight files do.
pub(super) fn halves(weights: &[f32]) -> Option<Vec<u16>> {
    let exact = |weight: &f32| {
        let half = f16::from_f32(*weight);
        (half.to_f32().to_bits() == weight.to_bits()).then_some(half.to_bits())
    };
    weights.iter().map(exact).collect()
}

#[target_feature(enable = "avx2,fma,f16c")]
fn multiply<const STREAMS: usize>(product: Product<'_, u16, STREAMS>) {
    let Product { inputs, panels, bias, x, out } = product;
    let x = x.map(|x| &x[..inputs]);
    for (number, panel) in panels.chunks_exact(PANEL * inputs).enumerate() {
        let outputs = number * PANEL..(number + 1) * PANEL;
        let mut sums = [load(&bias[outputs.clone()]); STREAMS];
        for (input, row) in panel.as_chunks::<PANEL>().0.iter().enumerate() {
            _mm_prefetch::<_MM_HINT_T0>(row.as_ptr().wrapping_add(AHEAD).cast()); // any address will do, also one after the end
            let x = x.map(|x| _mm256_set1_ps(x[input]));
            for (register, weights) in row.as_chunks::<LANES>().0.iter().enumerate() {
                let weights = _mm256_cvtph_ps(cast::<[u16; LANES], __m128i>(*weights));
                for (sums, x) in sums.iter_mut().zip(x) {
                    sums[register] = _mm256_fmadd_ps(weights, x, sums[register]);
                }
            }
        }
        for (out, sums) in out.iter_mut().zip(sums) {
            out[outputs.clone()].copy_from_slice(&cast::<_, [f32; PANEL]>(sums));
        }
    }
}

/// A panel of numbers in registers.
#[target_feature(enable = "avx2")]
fn load(values: &[f32]) -> [__m256; REGISTERS] {
    let mut registers = [_mm256_setzero_ps(); REGISTERS];
    for (register, values) in registers.iter_mut().zip(values.as_chunks::<LANES>().0) {
        *register = cast(*values);
    }
    registers
}
