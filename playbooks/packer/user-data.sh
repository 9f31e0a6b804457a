#!/bin/sh
# User data of an instance that configures itself: it fetches windlass and the playbooks, and runs them on itself.
# A builder of images names image.yml instead, and powers itself off for the snapshot.
set -eu
curl -fsSLo /usr/local/bin/windlass https://artifacts.example.org/windlass
echo '0000000000000000000000000000000000000000000000000000000000000000  /usr/local/bin/windlass' | sha256sum --check --quiet
chmod 755 /usr/local/bin/windlass
exec windlass pull -U https://git.example.org/infrastructure.git -C main -d /var/lib/windlass/pull -i localhost, playbooks/base.yml
