//! temporary
fn main() {
    for f in std::env::args().skip(1) {
        let a = songweave_studio::decode::decode(std::path::Path::new(&f)).unwrap();
        println!("{} rate {} ch {} samples {} sec {:.3}", f.rsplit('/').next().unwrap(), a.rate, a.channels.len(), a.samples(), a.seconds());
    }
}
