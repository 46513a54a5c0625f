//! The buses of both plugins. They can never change: hosts wire projects to them.

use nice_plug::prelude::*;

/// What distinguishes the two plugins of the bundle.
pub trait Ports: Send + 'static {
    /// The plugin's name.
    const NAME: &'static str;
    /// Its CLAP id.
    const CLAP_ID: &'static str;
    /// Its VST3 class id.
    const VST3_CLASS_ID: [u8; 16];
    /// What it is, in one sentence.
    const DESCRIPTION: &'static str;
    /// Its layouts, the default first.
    const LAYOUTS: &'static [AudioIOLayout];
}

/// One stereo output.
pub struct Stereo;

impl Ports for Stereo {
    const NAME: &'static str = "Songweave";
    const CLAP_ID: &'static str = "org.songweave.songweave";
    const VST3_CLASS_ID: [u8; 16] = *b"SongweaveMash001";
    const DESCRIPTION: &'static str = "Mashes two songs through a learned mask, or accompanies a voice with a band";
    const LAYOUTS: &'static [AudioIOLayout] = &[layout(2, 2, &[]), layout(1, 2, &[]), layout(1, 1, &[])];
}

/// One stereo output, and four more: in Accompany the instruments of the band, in Mash the parts of what is heard (drums, bass,
/// other, vocals).
pub struct MultiOut;

impl Ports for MultiOut {
    const NAME: &'static str = "Songweave Multi-Out";
    const CLAP_ID: &'static str = "org.songweave.songweave-multi-out";
    const VST3_CLASS_ID: [u8; 16] = *b"SongweaveMulti01";
    const DESCRIPTION: &'static str =
        "Songweave with the band's instruments, or the parts of a mash, on outputs of their own";
    const LAYOUTS: &'static [AudioIOLayout] =
        &[layout(2, 2, INSTRUMENTS), layout(1, 2, INSTRUMENTS), layout(1, 1, INSTRUMENTS)];
}

const INSTRUMENTS: &[&str] = &["Drums", "Bass", "Keys", "Pad"];
const STEREO: NonZeroU32 = new_nonzero_u32(2);

const fn layout(inputs: u32, outputs: u32, instruments: &'static [&'static str]) -> AudioIOLayout {
    AudioIOLayout {
        main_input_channels: NonZeroU32::new(inputs),
        main_output_channels: NonZeroU32::new(outputs),
        aux_input_ports: &[STEREO],
        aux_output_ports: if instruments.is_empty() { &[] } else { &[STEREO; 4] },
        names: PortNames {
            layout: Some(match (inputs, outputs) {
                (2, _) => "Stereo",
                (_, 2) => "Mono to stereo",
                _ => "Mono",
            }),
            // nice-plug 0.4 names the main output after the main input, so neither gets a name of its own.
            main_input: None,
            main_output: None,
            aux_inputs: &["Song B"],
            aux_outputs: instruments,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channels(layouts: &[AudioIOLayout]) -> Vec<(u32, u32, usize, usize)> {
        let count = |channels: Option<NonZeroU32>| channels.map_or(0, NonZeroU32::get);
        layouts
            .iter()
            .map(|layout| {
                let (aux_in, aux_out) = (layout.aux_input_ports, layout.aux_output_ports);
                assert!(aux_in.iter().chain(aux_out).all(|channels| channels.get() == 2));
                assert_eq!(aux_out.len(), layout.names.aux_outputs.len());
                (count(layout.main_input_channels), count(layout.main_output_channels), aux_in.len(), aux_out.len())
            })
            .collect()
    }

    #[test]
    fn the_buses_are_those_of_the_first_release() {
        assert_eq!(channels(Stereo::LAYOUTS), [(2, 2, 1, 0), (1, 2, 1, 0), (1, 1, 1, 0)]);
        assert_eq!(channels(MultiOut::LAYOUTS), [(2, 2, 1, 4), (1, 2, 1, 4), (1, 1, 1, 4)]);
        let ids = [(Stereo::CLAP_ID, Stereo::VST3_CLASS_ID), (MultiOut::CLAP_ID, MultiOut::VST3_CLASS_ID)];
        assert_eq!(
            ids,
            [
                ("org.songweave.songweave", *b"SongweaveMash001"),
                ("org.songweave.songweave-multi-out", *b"SongweaveMulti01"),
            ],
            "ids are permanent"
        );
    }
}
