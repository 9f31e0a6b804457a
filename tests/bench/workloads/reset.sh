# Undoes site.yml, loop.yml and trees.yml on a host, for their first run; leaves the fetched packages.
export DEBIAN_FRONTEND=noninteractive
packages=$(dpkg-query -Wf '${db:Status-Status} ${Package}\n' jq tree 2>/dev/null | sed -n 's/^installed //p')
[ -z "$packages" ] || apt-get -qq -y purge --auto-remove $packages >/dev/null 2>&1
for user in app ada grace; do ! id -u "$user" >/dev/null 2>&1 || userdel -r "$user" 2>/dev/null; done
for group in app operators; do ! getent group "$group" >/dev/null || groupdel "$group"; done
sed -i '/^PAGES=/d' /etc/environment
sed -i '/^app - nofile/d' /etc/security/limits.conf
rm -rf /srv/bench /etc/bench /var/log/bench /etc/cron.d/bench /usr/local/bin/report /etc/profile.d/bench.sh /etc/nginx/sites-*/bench /var/tmp/bench-*
