#!/bin/sh
# The scripted agent of `locus demo`: takes its task from a prompt on stdin, works in its current folder, says what it does.
set -eu
prompt=$(cat)
took=${LOCUS_DEMO_STEP:-1}

say() {
  echo "$1"
  sleep "$took"
}

tick() {
  sed "s/^- \[ \] \($1\)/- [x] \1/" README.md >README.new
  mv README.new README.md
}

make_slugs() {
  say "looking for a place for the function"
  cat >slug.mjs <<'END'
/** A title as a name for files and addresses: `Hello, World` becomes `hello-world`. */
export function slug(title) {
  return title.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
}
END
  tick 'Turn'
  say "wrote slug.mjs"
}

keep_accented_letters() {
  say "tried slug('Crème Brûlée'): it gives cr-me-br-l-e"
  say "the accents have to come off before the letters are looked at"
  say "looking at how Unicode takes a letter apart"
  cat >slug.mjs <<'END'
/** A title as a name for files and addresses: `Crème Brûlée` becomes `creme-brulee`. */
export function slug(title) {
  const plain = title.normalize('NFKD').replace(/\p{M}/gu, '');
  return plain.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
}
END
  say "changed slug.mjs: NFKD, and the marks are dropped"
  say "writing a test for it"
  cat >slug.test.mjs <<'END'
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slug } from './slug.mjs';

test('words are joined by dashes', () => assert.equal(slug('Hello, World'), 'hello-world'));
test('accented letters stay letters', () => assert.equal(slug('Crème Brûlée'), 'creme-brulee'));
END
  say "wrote slug.test.mjs"
  check
  tick 'Accented'
  say "looking over the change once more"
  say "nothing else calls slug: no other file has to change"
}

check() {
  if ! command -v node >/dev/null; then
    say "there is no node here: the tests were not run"
  elif node --test slug.test.mjs >test.log 2>&1; then
    say "ran the tests: they pass"
  else
    cat test.log >&2
    exit 1
  fi
  rm -f test.log
}

explain_usage() {
  say "reading slug.mjs and its test"
  tick 'Say'
  cat >>README.md <<'END'

## Usage

```js
import { slug } from './slug.mjs';

slug('Crème Brûlée'); // creme-brulee
```
END
  say "added how to use it to README.md"
}

say "read the prompt: ${#prompt} characters, issue #$LOCUS_TASK"
case $LOCUS_TASK in
  1) make_slugs ;;
  2) keep_accented_letters ;;
  3) explain_usage ;;
  *)
    echo "this agent knows only the issues of the demo" >&2
    exit 1
    ;;
esac
echo "done with issue #$LOCUS_TASK"
