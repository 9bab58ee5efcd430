#!/bin/sh
# Fills users.acl in and starts Redis with it. Passwords come from files, and are hashed: they are in no process list.
#   SECRETS (/run/secrets)   SERVICE.redis-password for each user    ACL (/tmp/users.acl)   where the result goes
set -eu
here=$(dirname "$0")
acl=${ACL:-/tmp/users.acl}
edits="s|@PREFIX@|${REDIS_KEY_PREFIX:-}|g"
for service in feed-data-worker predict-worker score-worker checkpoint-worker report-worker operator; do
  hash=$(sha256sum <"${SECRETS:-/run/secrets}/$service.redis-password" | cut -d' ' -f1)
  edits="$edits;s|#@$service@|#$hash|"
done
umask 077
# Who does not log in may PING and nothing else: protected mode, which then refuses other machines, has nothing to protect.
sed -e '/^#/d' -e '/^$/d' -e "$edits" "$here/users.acl" >"$acl"
exec redis-server --aclfile "$acl" --appendonly yes --appendfsync everysec --maxmemory-policy noeviction --save '' --protected-mode no "$@"
