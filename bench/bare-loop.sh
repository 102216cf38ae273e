#!/usr/bin/env bash
# What Locus is measured against: the shortest honest loop that does the same visible work for the issues of a sprint, with
# no durability at all. usage: bare-loop.sh BRANCH AGENT ISSUE...; needs GITHUB_API_URL, GITHUB_TOKEN and REPO (owner/name).
set -euo pipefail
branch=$1 agent=$2
shift 2

call() {
  curl -sSf -X "$1" -H "Authorization: Bearer $GITHUB_TOKEN" "${@:3}" "$GITHUB_API_URL/repos/$REPO/$2"
}

git checkout -q -b "$branch"
for issue in "$@"; do
  task=$(call GET "issues/$issue")
  call POST "issues/$issue/labels" -d '{"labels":["in progress"]}' >/dev/null
  LOCUS_TASK=$issue sh "$agent" 0 <<<"$task"
  git add -A
  git commit -q -m "feat: issue $issue"
  git push -q origin "HEAD:refs/heads/$branch"
  call POST "issues/$issue/comments" -d "{\"body\":\"Done in $(git rev-parse HEAD).\"}" >/dev/null
  call POST "issues/$issue/labels" -d '{"labels":["done"]}' >/dev/null
  call DELETE "issues/$issue/labels/in%20progress" >/dev/null
done
call POST pulls -d "{\"title\":\"Sprint\",\"head\":\"$branch\",\"base\":\"main\",\"body\":\"$*\"}" >/dev/null
