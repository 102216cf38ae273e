#!/bin/sh
# Owns one attempt: runs the agent, keeps its deadline and its lease, and writes exit.json after the agent has ended.
# usage: sh host.sh <attempt folder> <deadline, epoch s> <ticks without a lease> <tick, s> <first tick, s> <agent> [argument…]
# In braces, so that the shell has read all of it before a newer Locus replaces the file.
{
dir=$1 deadline=$2 orphan_ticks=$3 tick=$4
shift 4
# A worker that was started before this file was replaced does not tell it.
case $1 in
'' | *[!0-9.]*) left=$tick ;;
*) left=$1 && shift ;;
esac
# Hardly a command but the agent's own that is not the shell's: each other one costs a millisecond.
# Caught, not ignored: an ignored signal would stay ignored in the agent.
trap : HUP INT TERM

if read -r stat 2>/dev/null <"/proc/$$/stat"; then
  read -r boot </proc/sys/kernel/random/boot_id
  start=${stat##*) }
  # The 20th word of what follows the name.
  for word in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19; do start=${start#* }; done
  start=${start%% *}
else
  boot=$(sysctl -n kern.boottime | sed 's/^{ sec = \([0-9]*\).*/\1/')
  start=$(LC_ALL=C ps -o lstart= -p $$ | sed 's/ *$//')
fi
printf '{"pid":%d,"startTime":"%s","bootId":"%s"}\n' $$ "$start" "$boot" >"$dir/started.$$"
ln "$dir/started.$$" "$dir/started" 2>/dev/null
won=$?
[ "$won" -eq 0 ] || { rm -f "$dir/started.$$"; exit 0; }

end_agent() {
  echo "$1" >"$dir/reason"
  kill -TERM 0
  sleep 2
  kill -KILL "$(cat "$dir/agent")"
  exit
}

# Counts ticks, not wall time: a suspended machine is not an abandoned one.
keep() {
  trap : HUP INT TERM
  idle=0
  while :; do
    sleep "$left"
    idle=$((idle + 1))
    if [ -e "$dir/lease" ]; then
      rm -f "$dir/lease"
      idle=0
    fi
    [ "$idle" -lt "$orphan_ticks" ] || end_agent orphaned
    left=$((deadline - $(date +%s)))
    [ "$left" -gt 0 ] || end_agent deadline
    [ "$left" -lt "$tick" ] || left=$tick
  done
}
keep &
keeper=$!

# In the foreground: a background command of a shell without job control ignores SIGINT, and so would all its children.
sh -c 'echo $$ >"$0" && exec "$@"' "$dir/agent" "$@" <"$dir/prompt" >>"$dir/events.ndjson" 2>>"$dir/stderr.log"
code=$?
kill -KILL "$keeper"
reason=
[ ! -e "$dir/reason" ] || read -r reason <"$dir/reason"
# Whoever reads it half written takes it for not written yet.
printf '{"code":%d,"reason":"%s"}\n' "$code" "${reason:-exited}" >"$dir/exit.json"
# What the agent left behind in its group.
kill -TERM 0
exit 0
}
