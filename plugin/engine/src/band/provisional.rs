#![allow(missing_docs, clippy::missing_errors_doc)]
//! Provisional tones, until the networks are here.
use songweave_dsp::tone::Tone;
pub struct NoteQuery {
    pub key: u8,
    pub velocity: u8,
    pub age: f32,
    pub released: Option<f32>,
}
impl Clone for NoteQuery {
    fn clone(&self) -> Self {
        *self
    }
}
impl Copy for NoteQuery {}
pub const PROGRAMS: [u8; 13] = [0; 13];
pub struct InstrumentNetwork;
impl InstrumentNetwork {
    pub fn tones(&mut self, program: usize, notes: &[NoteQuery], out: &mut [Tone]) -> Result<(), String> {
        for (q, t) in notes.iter().zip(out) {
            *t = Tone::SILENT;
            let v = (f32::from(q.velocity) / 127.0).powf(1.5);
            let r = q.released.map_or(1.0, |r| (-r / 0.05).exp());
            if program < 3 {
                t.hz[0] = 52.0;
                let (a, n) = if q.key < 38 { (0.5, 0.001) } else { (0.02, 0.03) };
                let d = (-q.age / 0.08).exp() * v;
                t.partials = [[0.0; 64]; 2];
                t.partials[0][0] = a * d;
                t.partials[1][0] = a * d;
                t.noise = [[n * d; 24]; 2];
            } else {
                let hz = 440.0 * ((f32::from(q.key) - 69.0) / 12.0).exp2();
                for p in 0..12 {
                    t.hz[p] = hz * (p + 1) as f32;
                    let a = 0.12 * v * r * (-q.age * (1.0 + p as f32)).exp() / (p + 1) as f32;
                    t.partials[0][p] = a;
                    t.partials[1][p] = a;
                }
            }
        }
        Ok(())
    }
}
