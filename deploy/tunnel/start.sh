#!/bin/sh
# A tunnel to a Redis with TLS: workers speak plainly to it, on a network that nobody else is on, and it makes sure whom it
# speaks to. Needs stunnel.
#   REDIS_TLS_HOST   the server, by the name in its certificate      REDIS_TLS_PORT (6379)
#   REDIS_TLS_CA (/etc/ssl/certs/ca-certificates.crt)   PEM file of the authorities that may vouch for it
#   REDIS_TLS_CERT, REDIS_TLS_KEY   PEM files of our own certificate and its key, where the server asks for one
#   TUNNEL_LISTEN (0.0.0.0:6379)    TUNNEL_SETTINGS (/tmp/stunnel.conf)   where what follows from these is written
set -eu
host=${REDIS_TLS_HOST:?is not set: name the Redis with TLS}
ca=${REDIS_TLS_CA:-/etc/ssl/certs/ca-certificates.crt}
settings=${TUNNEL_SETTINGS:-/tmp/stunnel.conf}
[ -r "$ca" ] || { echo "tunnel: cannot read $ca (REDIS_TLS_CA)" >&2; exit 78; }
case $host in *[!0-9.]*) check=checkHost ;; *) check=checkIP ;; esac
umask 077
{
  # The name is looked up for each connection: a managed Redis moves to another address when it fails over.
  printf '%s\n' 'foreground = yes' 'pid =' 'syslog = no' 'debug = notice' 'socket = l:TCP_NODELAY=1' 'socket = r:TCP_NODELAY=1' \
    '[redis]' 'client = yes' 'delay = yes' "accept = ${TUNNEL_LISTEN:-0.0.0.0:6379}" "connect = $host:${REDIS_TLS_PORT:-6379}" \
    "sni = $host" 'verifyChain = yes' "$check = $host" "CAfile = $ca" 'sslVersionMin = TLSv1.2' 'TIMEOUTclose = 0'
  [ -z "${REDIS_TLS_CERT:-}" ] || printf '%s\n' "cert = $REDIS_TLS_CERT" "key = ${REDIS_TLS_KEY:?goes with REDIS_TLS_CERT}"
} >"$settings"
exec "$(command -v stunnel4 || command -v stunnel)" "$settings"
