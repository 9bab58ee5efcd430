#!/bin/sh
# Makes the roles of the services and sets their passwords, as the owner of the schema (PGHOST, PGUSER, PGDATABASE, PGPORT).
#   SECRETS (/run/secrets)   postgres-password, and SERVICE.database-password for each role
set -eu
secrets=${SECRETS:-/run/secrets}
here=$(dirname "$0")
if [ -f "$secrets/postgres-password" ]; then PGPASSWORD=$(cat "$secrets/postgres-password"); export PGPASSWORD; fi
psql -X -q -f "$here/roles.sql"
# The passwords reach psql by its standard input: they are in no process list, and the server does not log statements.
for service in feed-data-worker predict-worker score-worker checkpoint-worker report-worker; do
  printf "ALTER ROLE \"%s\" PASSWORD '%s';\n" "$service" "$(cat "$secrets/$service.database-password")"
done | psql -X -q -v ON_ERROR_STOP=1
echo "roles and their rights are set"
