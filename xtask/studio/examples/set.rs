//! temporary
use songweave_studio::{decode::Audio, feature_set::Plan, material::*, random::Random, write::write_wav};
use std::path::Path;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let start = std::time::Instant::now();
    let material = Material::open(Path::new("/work/shared/data"), Path::new("/usr/share/sounds/sf2/FluidR3_GM.sf2")).unwrap();
    eprintln!("material {:?}", start.elapsed());
    if args[1] == "songs" {
        for (i, kind) in [Kind::Real, Kind::Pop, Kind::Game, Kind::Electronic, Kind::Pop, Kind::Electronic].into_iter().enumerate() {
            let start = std::time::Instant::now();
            let song = material.song(kind, Split::Train, 20.0, 44100, &mut Random::new(i as u64 + 7)).unwrap();
            eprintln!("{kind:?} {} {:?}", song.name, start.elapsed());
            for (p, part) in song.parts.iter().enumerate() {
                write_wav(Path::new(&format!("/work/aux/studio/song{i}-{kind:?}-{p}.wav")), &Audio { rate: 44100, channels: part.to_vec() }).unwrap();
            }
        }
    } else {
        let hours: f64 = args[2].parse().unwrap();
        let plan = Plan { out: args[1].clone().into(), hours, seed: 1, threads: 2 };
        plan.write(&material).unwrap();
        eprintln!("all {:?}", start.elapsed());
    }
}
