#!/bin/sh
# The main program of a container that does the work of one host: starts `locus worker` again whenever it ends, so that
# a new version, a crash or a kill of the worker leaves its agents alone. SIGTERM (`docker stop`) ends both.
#   docker run --init --volume locus:/var/lib/locus --env LOCUS_STATE_DIR=/var/lib/locus/state … worker.sh
stopping=
trap 'stopping=1; kill -TERM "$worker" 2>/dev/null' TERM INT
while [ -z "$stopping" ]; do
  locus worker "$@" &
  worker=$!
  wait "$worker"
  if [ -n "$stopping" ]; then
    # The signal has ended the first `wait` at once.
    wait "$worker"
  else
    sleep 1
  fi
done
