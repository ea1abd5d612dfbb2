#!/usr/bin/env bash
# machine.sh NAME FOLDER AGENT ENROLL-OPTION... <ENROLMENT-TOKEN
#
# A rented server, played by namespaces of this machine that machine.mjs has made: it has its own name, users, PAM, /run and
# processes. It is no prison: files and network are this machine's. From "as root" on it does what docs/servers.md says.
set -euo pipefail
name=$1 folder=$2 agent=$3
shift 3

hostname "$name"
for place in /run /usr/local/sbin /var/lib; do
    mount -t tmpfs -o mode=0755 none "$place"
done
for file in passwd group shadow; do
    mount --bind "$folder/$file" "/etc/$file"
done
mount --bind "$folder/pam.d" /etc/pam.d
mkdir -m 0755 /run/sshd
install -m 0755 "$agent" /usr/local/sbin/keystead-sshd

# As root, on the server: enroll it, keep the agent running, start sshd.
keystead-sshd enroll "$@" >&2
keystead-sshd run &
until [[ -S /run/keystead-sshd/socket ]]; do sleep 0.1; done
/usr/sbin/sshd -D -e -f "$folder/sshd_config" &
wait -n # Either of the two gone: so is the server.
