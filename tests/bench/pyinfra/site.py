"""site.yml as pyinfra would have it: the same thirty steps."""

import os
from io import StringIO

from pyinfra import host
from pyinfra.facts.server import LinuxDistribution
from pyinfra.operations import apt, files, server, systemd

here = os.path.dirname(os.path.abspath(__file__)) + "/../workloads"
root = "/srv/bench"
services = {"api": 8001, "web": 8002, "jobs": 8003}
distribution = host.get_fact(LinuxDistribution)
settings = f"[host]\nname = {host.name}\nsystem = {distribution['name']} {distribution['major']}\n" + "".join(
    f"\n[{name}]\nport = {port}\nurl = http://localhost:{port}/\n" for name, port in services.items())
site = f"server {{\n    listen 8080;\n    root {root}/current;\n" + "".join(
    f"    location /{name}/ {{\n        proxy_pass http://127.0.0.1:{port}/;\n    }}\n"
    for name, port in services.items()) + "}\n"
page = f"<!doctype html>\n<title>{host.name}</title>\n<ul>\n" + "".join(
    f"  <li>{name.upper()}</li>\n" for name in sorted(services)) + "</ul>\n"

server.group(name="Group of the operators", group="operators")
server.group(name="Group of the application", group="app", system=True)
server.user(name="The application's user", user="app", group="app", system=True, home=root, create_home=False,
            shell="/usr/sbin/nologin")
server.user(name="First operator", user="ada", groups=["operators"], append=True, shell="/bin/bash")
server.user(name="Second operator", user="grace", groups=["operators"], append=True, shell="/bin/bash")

files.directory(name="Folder", path=root, user="app", group="app", mode="755")
files.directory(name="Folder of settings", path="/etc/bench", mode="755")
files.directory(name="Folder of releases", path=f"{root}/releases/1", user="app", group="app", mode="755")
files.directory(name="Folder of what releases share", path=f"{root}/shared", user="app", group="app", mode="750")
files.link(name="Current release", path=f"{root}/current", target=f"{root}/releases/1")
files.directory(name="Folder of logs", path="/var/log/bench", user="app", group="operators", mode="750")

apt.packages(name="Packages", packages=["cron", "jq", "nginx", "rsync", "tree"], no_recommends=True)

written = files.put(name="Settings", src=StringIO(settings), dest="/etc/bench/settings.ini", mode="644")
files.put(name="Services", src=StringIO(str(services)), dest="/etc/bench/services.json", mode="644")
described = files.put(name="Site", src=StringIO(site), dest="/etc/nginx/sites-available/bench", mode="644")
files.put(name="Page", src=StringIO(page), dest=f"{root}/releases/1/index.html", user="app", group="app", mode="644")
files.put(name="Schedule", src=StringIO(f"17 4 * * * app {root}/current/clean >/dev/null\n"), dest="/etc/cron.d/bench",
          mode="644")
enabled = files.link(name="Site is enabled", path="/etc/nginx/sites-enabled/bench", target="../sites-available/bench")

files.put(name="Rotation of logs", src=f"{here}/files/logrotate", dest="/etc/bench/logrotate", mode="644")
files.put(name="Licence", src=f"{here}/files/notice", dest=f"{root}/notice", mode="644")
files.put(name="Version", src=StringIO("1.0\n"), dest=f"{root}/version", mode="644")
files.put(name="Rules for robots", src=StringIO("User-agent: *\nDisallow: /\n"), dest=f"{root}/releases/1/robots.txt",
          user="app", group="app", mode="644")
files.put(name="Shell's settings", src=StringIO(f"export PAGES={root}/current\n"), dest="/etc/profile.d/bench.sh", mode="644")
files.put(name="Script", src=f"{here}/files/report", dest="/usr/local/bin/report", mode="755")
files.line(name="Path of the pages", path="/etc/environment", line=f"PAGES={root}/current")
files.line(name="Limit of open files", path="/etc/security/limits.conf", line=r"^app\s+-\s+nofile.*",
           replace="app - nofile 65536")
server.shell(name="Report", commands=["/usr/local/bin/report"])

systemd.service(name="Web server runs", service="nginx", running=True, enabled=True)
systemd.service(name="Scheduler runs", service="cron", running=True, enabled=True)
server.shell(name="Folder is as it should be", commands=[f"test -L {root}/current"])

systemd.service(name="Reload nginx", service="nginx", reloaded=True,
                _if=lambda: described.did_change() or enabled.did_change())
systemd.service(name="Restart cron", service="cron", restarted=True, _if=written.did_change)
