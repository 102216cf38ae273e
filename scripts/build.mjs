// Builds dist/ from src/, and does nothing when nothing has changed since the last build.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const src = path.join(root, 'src');
const dist = path.join(root, 'dist');
const stampFile = path.join(dist, '.stamp');
const bin = 'bin';
const assetExtensions = ['.sh'];

const began = Date.now();
const sources = filesUnder(src);
const command = 'cli.ts';
const stamp = stampOf(['package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'scripts/build.mjs'], sources);
if (isBuilt()) {
  console.log('dist/ is up to date');
} else {
  await build();
  console.log(`built dist/ in ${((Date.now() - began) / 1000).toFixed(1)} s`);
}

async function build() {
  // Without its stamp, a build that was interrupted is done again.
  rmSync(stampFile, { force: true });
  mkdirSync(dist, { recursive: true });
  const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url));
  const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
  for (const file of sources.filter((name) => assetExtensions.includes(path.extname(name)))) {
    cpSync(path.join(src, file), path.join(dist, file));
  }
  removeLeftovers();
  await bundleWorkflows();
  await bundleCommand();
  writeFileSync(stampFile, stamp);
}

/** What the worker runs workflows from; made here once, because webpack takes a second at every start. */
async function bundleWorkflows() {
  const workflowsPath = path.join(dist, 'workflows', 'index.js');
  if (!existsSync(workflowsPath)) return;
  const { bundleWorkflowCode, DefaultLogger } = await import('@temporalio/worker');
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('WARN') });
  writeFileSync(path.join(dist, 'workflow-bundle.cjs'), code);
}

/** `locus` itself: some thirty files for a thousand modules, because each one that is looked for costs a start time. */
async function bundleCommand() {
  const entry = path.join(src, command);
  if (!existsSync(entry)) return;
  const { build: bundle } = await import('esbuild');
  // What it is made of requires Node's own modules.
  const require = `import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);`;
  await bundle({
    entryPoints: [entry],
    outdir: path.join(dist, bin),
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    banner: { js: require },
    logLevel: 'warning',
  });
  chmodSync(path.join(dist, bin, 'cli.js'), 0o755);
}

function removeLeftovers() {
  const expected = new Set(
    sources
      .filter((file) => file !== command)
      .flatMap((file) => (file.endsWith('.ts') ? [file.replace(/ts$/, 'js'), file.replace(/ts$/, 'js.map')] : file)),
  );
  for (const file of filesUnder(dist)) {
    if (!expected.has(file) && file !== 'workflow-bundle.cjs') rmSync(path.join(dist, file));
  }
}

function isBuilt() {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp;
}

function stampOf(settings, files) {
  const hash = createHash('sha256');
  const all = [...settings, ...files.map((file) => path.join('src', file))];
  for (const file of all)
    hash
      .update(`${file}\0`)
      .update(readFileSync(path.join(root, file)))
      .update('\0');
  return hash.digest('hex');
}

/** Paths relative to `dir`, sorted, without the source maps' and compiler's own bookkeeping. */
function filesUnder(dir) {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(dir, path.join(entry.parentPath, entry.name)))
    .sort();
}
