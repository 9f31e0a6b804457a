"""Renders with Jinja2 what `templates.rs` renders, and says how long it took and what came out."""

import json
import sys
import time

import jinja2


def shortest(run):
    times, begin = [], time.perf_counter()
    while not times or time.perf_counter() - begin < 2:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def main():
    with open(sys.argv[1]) as file:
        given = json.load(file)
    environment = jinja2.Environment(trim_blocks=True, keep_trailing_newline=True, cache_size=0)
    configuration = environment.from_string(given["configuration"])
    variables = given["variables"]
    out = {"times": {}, "rendered": configuration.render(variables)}
    out["times"]["configuration"] = shortest(lambda: configuration.render(variables))
    start = time.perf_counter()
    compiled = [environment.from_string(text) for text in given["expressions"]]
    out["results"] = [template.render(variables) for template in compiled]
    out["times"]["expressions"] = time.perf_counter() - start
    out["times"]["expressions, compiled before"] = shortest(lambda: [template.render(variables) for template in compiled])
    out["files"] = [environment.from_string(text).render(variables) for text in given["files"]]
    run = lambda: [environment.from_string(text).render(variables) for text in given["files"]]
    out["times"]["small files, read and rendered"] = shortest(run)
    json.dump(out, sys.stdout)


main()
