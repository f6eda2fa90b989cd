"""Starts Cutline with the validator's reference picture and runs all tests of version 3.0 up to level 2, and those
beyond it that Cutline's information document declares.

The picture is made from the colours that the validator looks for. One request of one test is left out, see `SizesUp`;
whatever else fails makes the command fail. Usage: validate.py PROGRAM
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import traceback

from iiif_validator.validator import ImageAPI, TestSuite, ValidationInfo
from PIL import Image

VERSION, LEVEL = "3.0", 2
GALLERY, PICTURE = "validator", "67352ccc-d1b0-11e1-89ae-279075081939.png"
# Beyond level 2. Not among them: size_up, which takes it that ^max never scales up (it does, section 4.2); format_webp,
# which is written for Python 2; angles between quarters and formats that Cutline does not declare.
DECLARED = ["linkheader_canonical", "linkheader_profile", "rot_mirror", "rot_mirror_180"]
SQUARE_SIDE = 100


def reference_picture(path):
    """Ten by ten squares: the first number counts columns, the second rows."""
    colours = ValidationInfo().colorInfo
    picture = Image.new("RGB", (10 * SQUARE_SIDE, 10 * SQUARE_SIDE))
    for column, rows in enumerate(colours):
        for row, colour in enumerate(rows):
            left, top = column * SQUARE_SIDE, row * SQUARE_SIDE
            picture.paste(colour, (left, top, left + SQUARE_SIDE, top + SQUARE_SIDE))
    picture.save(path)


def without_contradiction(suite):
    """Section 4.2: `!w,h` gives what is "as large as possible but not larger than the extracted region". The test
    size_noup wants an error instead for `!2000,3000`; its other four requests stay."""

    class SizesUp(suite.all_tests["size_noup"]):
        def checkSize(self, result, size):  # noqa: N802, the validator's name
            if size != "!2000,3000":
                super().checkSize(result, size)

    suite.all_tests["size_noup"] = SizesUp
    return suite


def run(suite, name, server):
    """Runs one test; answers what went wrong, or nothing."""
    result = ImageAPI(f"{GALLERY}:{PICTURE}", server, "iiif/3", "http", "", VERSION, debug=False)
    try:
        suite.run_test(name, result)
    except Exception:  # noqa: BLE001, the validator's tests raise whatever they meet
        return f"{result.urls}\n{traceback.format_exc()}"
    wrong = result.exception
    return wrong and f"{result.urls}\n{wrong.type}: got {wrong.got}, expected {wrong.expected}. {wrong.message}"


def start(program, folder):
    """Starts Cutline on a free port; answers the process and its host and port."""
    os.mkdir(os.path.join(folder, "pictures"))
    reference_picture(os.path.join(folder, "pictures", PICTURE))
    config = os.path.join(folder, "cutline.toml")
    with open(config, "w", encoding="utf-8") as file:
        file.write(f'[[galleries]]\nslug = "{GALLERY}"\nfolder = "./pictures"\n')
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CUTLINE_")}
    environment |= {"CUTLINE_LISTEN": "127.0.0.1:0", "CUTLINE_DATA_DIR": os.path.join(folder, "data")}
    server = subprocess.Popen(
        [os.path.abspath(program), "serve", "--config", config],
        cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )
    said = []
    for line in server.stdout:
        said.append(line)
        if address := re.search(r"Cutline is at http://(\S+)", line):
            return server, address[1]
    sys.exit(f"cutline did not start:\n{''.join(said)}")


def main(program):
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        server, address = start(program, folder)
        try:
            suite = without_contradiction(TestSuite(ValidationInfo()))
            listed = suite.list_tests(VERSION)
            names = [name for name in listed if listed[name]["level"] <= LEVEL or name in DECLARED]
            for name in names:
                wrong = run(suite, name, address)
                failed += bool(wrong)
                print(f"{'FAILED' if wrong else 'passed'}  {name} (level {listed[name]['level']}): {listed[name]['label']}")
                if wrong:
                    print(wrong)
        finally:
            server.send_signal(signal.SIGTERM)
            server.communicate()
    print(f"{len(names) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
