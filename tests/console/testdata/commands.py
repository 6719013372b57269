"""Has the stock aws command parse lines, without a call: what it understood is written, or why it does not understand.

It reads the argv of one command a line, as JSON, and writes a line for each: {"command": ..., "trouble": ...}.
"""
import contextlib
import io
import json
import sys

import awscli.clidriver
from awscli.botocore import xform_name
from awscli.botocore.validate import ParamValidator

understood = {}


def take(call_parameters, **kwargs):
    """Takes the place of the call."""
    understood["parameters"] = call_parameters
    return 0


def main():
    driver = awscli.clidriver.create_clidriver()
    driver.session.register("calling-command.*", take)
    for line in sys.stdin:
        argv = json.loads(line)
        understood.clear()
        said = io.StringIO()
        try:
            with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
                status = driver.main(argv)
        except SystemExit as error:
            status = error.code
        trouble = said.getvalue() if status or not understood else check(driver.session, argv)
        print(json.dumps({"command": " ".join(argv[:2]), "trouble": trouble}), flush=True)


def check(session, argv):
    """Why the parameters are not those of the operation, which the client would find when it calls."""
    model = session.get_service_model(argv[0])
    names = {xform_name(n, "-"): n for n in model.operation_names}
    shape = model.operation_model(names[argv[1]]).input_shape
    return ParamValidator().validate(understood["parameters"], shape).generate_report() if shape else ""


main()
