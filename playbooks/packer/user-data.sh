#!/bin/sh
# User data of an instance that configures itself: it fetches windlass and the playbooks, and runs them on itself.
# A builder of images names image.yml, runs it without `exec`, and ends in `systemctl poweroff; sleep infinity`: then nothing
# of this boot goes on writing into the image.
set -eu
for program in curl git; do
    command -v $program >/dev/null || { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y install $program; }
done
curl -fsSLo /usr/local/bin/windlass.new https://artifacts.example.org/windlass
echo '0000000000000000000000000000000000000000000000000000000000000000  /usr/local/bin/windlass.new' | sha256sum --check --quiet
chmod 755 /usr/local/bin/windlass.new
mv /usr/local/bin/windlass.new /usr/local/bin/windlass
exec windlass pull -U https://git.example.org/infrastructure.git -C main -d /var/lib/windlass/pull -i localhost, playbooks/base.yml
