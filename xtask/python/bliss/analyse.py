"""What bliss (Polochon-street, "bliss: automatic music playlists", GPL) makes of recordings.

usage: analyse.py FILE…   (prints a line of JSON for each: its numbers and the seconds it took, or null where it fails)"""

import json
import sys
import time

from bliss_audio import Song

for path in sys.argv[1:]:
    began = time.monotonic()
    try:
        analysis = list(Song(path).analysis)
        print(json.dumps({"numbers": analysis, "seconds": time.monotonic() - began}), flush=True)
    except Exception:  # bliss has no kind of its own for what it cannot decode
        print("null", flush=True)
