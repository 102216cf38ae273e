#!/bin/sh
# The agent of the bench: reads its prompt, changes one file, and is done. Its only argument is how many seconds it works.
# An empty file beside E2E_LOG, named after the issue, says when it started.
: >"${E2E_LOG%/*}/$LOCUS_TASK.start"
cat >/dev/null
[ "${1:-0}" = 0 ] || sleep "$1"
echo "work on issue $LOCUS_TASK" >"issue-$LOCUS_TASK.txt"
