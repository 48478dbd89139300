"""detect-secrets (Yelp) with all plugins at their defaults: texts as JSON lines come in, found strings go out.

python -m venv env && env/bin/pip install detect-secrets && env/bin/python benchmarks/peers/with_detect_secrets.py < texts
"""

import json
import sys
import tempfile
from pathlib import Path

from detect_secrets.core.scan import scan_file
from detect_secrets.settings import default_settings


def main() -> None:
    """A file for each text, for that is what it scans; `.txt`, so that every plugin looks at it."""
    with tempfile.TemporaryDirectory() as folder, default_settings():
        file = Path(folder) / "text.txt"
        for line in sys.stdin:
            file.write_text(json.loads(line), "utf-8")
            print(json.dumps(sorted({secret.secret_value for secret in scan_file(str(file))})))


if __name__ == "__main__":
    main()
