"""The baseline that the band is measured against: from a voice's spectrogram to an accompaniment's. Nothing of it ships."""
