#!/usr/bin/env bash
# Makes the secrets of a deployment in .deploy/, once: a password for each service in PostgreSQL and in Redis, and the URLs
# that services read. What is there already stays. Nobody but the owner gets into the folder; the files themselves can be
# read by all, since containers read them as a user of their own.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p .deploy
chmod 700 .deploy
umask 022

password() { head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n'; }
secret() { [ -s ".deploy/$1" ] || printf '%s' "$2" >".deploy/$1"; }

secret postgres-password "$(password)"
secret api-key "$(password)"
secret grafana-password "$(password)"
secret owner.database-url "postgres://coordinator:$(cat .deploy/postgres-password)@postgres:5432/coordinator"
for service in feed-data-worker predict-worker score-worker checkpoint-worker report-worker operator; do
  secret "$service.redis-password" "$(password)"
  secret "$service.redis-url" "redis://$service:$(cat ".deploy/$service.redis-password")@redis:6379/0"
  [ "$service" = operator ] && continue
  secret "$service.database-password" "$(password)"
  secret "$service.database-url" \
    "postgres://$service:$(cat ".deploy/$service.database-password")@postgres:5432/coordinator"
done
