#!/bin/bash
# Succeeds when the process of this container answers on its health port; needs nothing but bash.
exec 3<>"/dev/tcp/127.0.0.1/${HEALTH_PORT:-8080}" || exit 1
printf 'GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n' "${1:-/healthz}" >&3
read -r -t 2 _ status _ <&3
[ "$status" = 200 ]
