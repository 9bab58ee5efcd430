#!/usr/bin/env bash
# Makes the secrets of a deployment in .deploy/, once: a password for each service in PostgreSQL and in Redis, and the URLs
# that services read. What is there already stays. Nobody but the owner gets into the folder; the files themselves can be
# read by all, since containers read them as a user of their own.
#
# MANAGED=1 is for servers that somebody else runs: write the owner's password into .deploy/postgres-password first. Then
#   POSTGRES_HOST, POSTGRES_PORT (5432), POSTGRES_OWNER and POSTGRES_DB (coordinator) say where PostgreSQL is, and
#   REDIS_URL (redis://user:password@redis:6379/0, `redis` being the tunnel) is for a Redis that has one user for all services.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p .deploy
chmod 700 .deploy
umask 022

password() { head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n'; }
secret() { [ -s ".deploy/$1" ] || printf '%s' "$2" >".deploy/$1"; }

secret api-key "$(password)"
secret grafana-password "$(password)"
[ "${MANAGED:-}" = 1 ] || unset POSTGRES_HOST POSTGRES_PORT POSTGRES_OWNER POSTGRES_DB REDIS_URL
[ "${MANAGED:-}" != 1 ] || [ -s .deploy/postgres-password ] || { echo "secrets: write the password of the owner of the managed database into .deploy/postgres-password" >&2; exit 1; }
secret postgres-password "$(password)"
database=${POSTGRES_HOST:-postgres}:${POSTGRES_PORT:-5432}/${POSTGRES_DB:-coordinator}
secret owner.database-url "postgres://${POSTGRES_OWNER:-coordinator}:$(cat .deploy/postgres-password)@$database"
for service in feed-data-worker predict-worker score-worker checkpoint-worker report-worker operator; do
  secret "$service.redis-password" "$(password)"
  secret "$service.redis-url" "${REDIS_URL:-redis://$service:$(cat ".deploy/$service.redis-password")@redis:6379/0}"
  [ "$service" = operator ] && continue
  secret "$service.database-password" "$(password)"
  secret "$service.database-url" "postgres://$service:$(cat ".deploy/$service.database-password")@$database"
done
