#![allow(clippy::unwrap_used)]
use super::*;

mod orders;

pub(super) use orders::interleave;

fn decision(generation: u32, hop: u64) -> Decision {
    Decision { position: Position { generation, hop }, ..Decision::UNDECIDED }
}

#[test]
fn decisions_are_found_by_number_and_old_ones_dropped() {
    let (mut audio, mut inference) = link();
    for (generation, hop) in [(0, 0), (0, 1), (0, 3), (1, 0)] {
        inference.send(decision(generation, hop), &[]);
    }
    let mut get =
        |generation, hop| audio.receive(Position { generation, hop }, 0, &mut NeverWait).map(|d| d.position.hop);
    assert_eq!(get(0, 1), Some(1));
    assert_eq!(get(0, 2), None, "hop 2 is missing, hop 3 stays");
    assert_eq!(get(0, 3), Some(3));
    assert_eq!(get(1, 0), Some(0));
    assert_eq!(get(1, 1), None);
}

#[test]
fn patience_is_asked_until_it_runs_out() {
    struct Asked(u32);
    impl WaitPolicy for Asked {
        fn wait(&mut self, _done: usize) -> bool {
            self.0 += 1;
            self.0 < 5
        }
    }
    let (mut audio, _inference) = link();
    let mut asked = Asked(0);
    assert!(audio.receive(Position::default(), 0, &mut asked).is_none());
    assert_eq!(asked.0, 5);
}
