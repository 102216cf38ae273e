#!/usr/bin/env bash
# Some times a second the same small piece of work, until its stdin is closed. Prints after each: the time in seconds since
# the epoch, the pieces so far, and the processor time that they have taken, in hundredths of a second.
# Elsewhere the time may have a comma.
export LC_ALL=C
for ((pieces = 1; ; pieces++)); do
  for ((i = 0; i < 3000; i++)); do :; done
  git --version >/dev/null
  git --version >/dev/null
  read -r stat <"/proc/$$/stat"
  # The first of what follows the name is the 3rd field of proc(5).
  set -- ${stat##*) }
  echo "$EPOCHREALTIME $pieces $((${12} + ${13} + ${14} + ${15}))"
  read -rt 0.2 || [ $? -gt 128 ] || exit 0
done
