"""Training of the chord network of whole songs, on sets of `cargo xtask dataset band --whole-songs`."""

import torch
import torch.nn.functional as F
from torch import Tensor

from songweave_training.chords.data import IGNORED, Batch
from songweave_training.chords.trainer import ChordTrainer, agreement, entropy
from songweave_training.song_chords.net import FEATURES, SongChordNet

WEIGHTS = {"chord": 1.0, "bass": 0.3, "key": 0.2, "change": 0.3}


def changes(chords: Tensor) -> Tensor:
    """Whether a chord begins at a beat, `[song][beat]`, from the chords `[song][beat]`; IGNORED where it is not known."""
    before = torch.cat([chords[:, :1], chords[:, :-1]], 1)
    known = (chords != IGNORED) & (before != IGNORED)
    return torch.where(known, (chords != before).long(), IGNORED)


class SongChordTrainer(ChordTrainer):
    """A run of the network that knows the whole song."""

    kind = "song-chords"
    features = FEATURES

    def _network(self) -> torch.nn.Module:
        return SongChordNet(**self.config["network"])

    def _losses(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        return self._judge(self.net(batch.features), batch)

    def _judged(self, batch: Batch) -> dict[str, Tensor]:
        found = self.average(batch.features)
        loss, terms = self._judge(found, batch)
        return {"loss": loss, "agreement": agreement(found["chords"], batch.chords[:, :, 0])} | terms

    @staticmethod
    def _judge(found: dict[str, Tensor], batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss and its terms, in nats."""
        chords = batch.chords[:, :, 0]
        change = changes(chords)
        known = change != IGNORED
        begins = F.binary_cross_entropy_with_logits(found["change"], change.clamp(min=0).float(), reduction="none")
        terms = {
            "chord": entropy(found["chords"], chords),
            "bass": entropy(found["bass"], batch.bass),
            "key": entropy(found["keys"], batch.keys),
            "change": (begins * known).sum() / known.sum().clamp(min=1),
        }
        return sum(WEIGHTS[name] * term for name, term in terms.items()), terms
